"""``adain-lab export``: a model as ONNX files, and a page that paints in the browser."""

from __future__ import annotations

import argparse
from pathlib import Path

from adain_lab.commands.common import MODEL_HELP, MODEL_NAMES, Subcommands, a_path
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.errors import InputError
from adain_lab.files import reason

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab export -o model
adain-lab export --web -o page
adain-lab export slim -o slim_onnx
adain-lab export levels --cache"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "export",
        "write a model as ONNX, and with --web a page that paints in the browser without Python",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "model",
        nargs="?",
        default=MODEL_NAMES[0],
        metavar="MODEL",
        help=MODEL_HELP,
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("-o", "--output", metavar="FOLDER", type=a_path, help="the folder to write")
    place.add_argument(
        "--cache", action="store_true", help="keep it for `adain-lab stylize`, which paints with it without PyTorch"
    )
    parser.add_argument("--web", action="store_true", help="write a static page around the model, too")
    parser.add_argument(
        "--runtime",
        metavar="FILE",
        type=a_path,
        help="with --web: onnxruntime-web's npm package as a file, where npm cannot fetch it",
    )
    parser.add_argument(
        "--decoder",
        metavar="FILE",
        type=a_path,
        help="a decoder of your own (RUN_DIR/decoder.safetensors), trained for MODEL's encoder",
    )
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.runtime and not options.web:
        raise InputError("--runtime is for the page: give --web too, or leave it out")
    if options.cache and (options.web or options.decoder):
        raise InputError("--cache is for a model alone, with its own decoder: give -o FOLDER for a page or a decoder")

    from adain_lab.export.model import need

    need("onnx", "onnxruntime")  # before PyTorch is imported

    from adain_lab import load

    stylizer = load(options.model, "cpu", "float32", decoder=options.decoder)
    folder = _in_cache(options.model) if options.cache else options.output
    if options.web:
        from adain_lab.export.web import export_page

        manifest = export_page(stylizer, folder, options.runtime)
    else:
        from adain_lab.export.files import export_onnx

        manifest = export_onnx(stylizer, folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    look = f"look at it with: python -m http.server -d {options.output}  (then http://localhost:8000)"
    with Results(options) as results:
        results.add(
            f"wrote {folder}: {stylizer.model} as ONNX (opset {manifest['opset']}), {size / 1e6:.1f} MB; "
            f"it paints what PyTorch paints to {manifest['difference']:.0e}",
            *([look] if options.web else []),
            output=str(folder),
            model=stylizer.model,
            opset=manifest["opset"],
            bytes=size,
            difference=manifest["difference"],
            web=options.web,
        )


def _in_cache(model: str) -> Path:
    """Where the cache keeps a model, with the folder above it made."""
    from adain_lab.export.cached import cached_folder

    folder = cached_folder(model)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write into the cache {folder.parent}: {reason(error)}") from error
    return folder
