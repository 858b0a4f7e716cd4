"""The ``adain-lab`` command. Heavy imports wait inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from adain_lab import __version__

__all__ = ["main"]

#: Errors that are the user's to mend: one sentence on stderr, exit 2. Anything else is a bug and keeps its traceback.
USER_ERRORS = (ValueError, TypeError, FileNotFoundError, ConnectionError)


class _Parser(argparse.ArgumentParser):
    """argparse with one line on stderr instead of the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see `{self.prog} --help`)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status (0, or 2 on bad input)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except USER_ERRORS as error:
        print(f"adain-lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("adain-lab: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="adain-lab", description="Style transfer from Gatys to AdaIN: a course lab and a tool.")
    parser.add_argument("--version", action="version", version=f"adain-lab {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    lab = commands.add_parser("lab", help="open the course in JupyterLab")
    lab.add_argument("folder", nargs="?", type=Path, help="where the lessons go when there is no clone (default: adain_lab_course)")
    lab.add_argument("--no-browser", action="store_true", help="start the server only, and print its address")
    lab.add_argument("--port", type=int, help="port of the server")
    lab.set_defaults(command=_lab)

    stylize = commands.add_parser("stylize", help="paint a picture in the manner of another, or of several")
    stylize.add_argument("content", metavar="CONTENT", help="the picture to paint: a file, or the name of a sample")
    stylize.add_argument("styles", metavar="STYLE", nargs="+", help="the picture to take the style from; several are interpolated")
    stylize.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write; a PNG carries its recipe")
    stylize.add_argument("--alpha", type=float, default=1.0, help="0 = content, 1 = style, above 1 extrapolates (default: 1)")
    stylize.add_argument("--weights", type=float, nargs="+", metavar="W", help="one per style (default: equal)")
    stylize.add_argument("--preserve-color", metavar="METHOD", help="keep the content's colours: match (before) or luminance (after)")
    stylize.add_argument("--size", type=int, default=0, metavar="PX", help="shorter side of the content (default: 0, as it is)")
    stylize.add_argument(
        "--style-size", type=int, default=0, metavar="PX", help="shorter side of the styles: smaller is finer (default: 0)"
    )
    stylize.add_argument("--seed", type=int, default=0, help="recorded in the recipe; AdaIN draws no random numbers")
    _add_model_options(stylize)
    stylize.set_defaults(command=_stylize)

    train = commands.add_parser("train", help="train a decoder on your own pictures")
    train.add_argument("content_folder", metavar="CONTENT_DIR", type=Path)
    train.add_argument("style_folder", metavar="STYLE_DIR", type=Path)
    train.add_argument("-o", "--output", metavar="RUN_DIR", type=Path, required=True, help="checkpoint, weights, loss curves and samples")
    train.add_argument("--encoder", default="slim", help="the encoder to invert (default: slim)")
    train.add_argument("--start", metavar="MODEL", help="begin with this model's decoder instead of random weights")
    train.add_argument("--resume", action="store_true", help="go on from RUN_DIR's checkpoint")
    train.add_argument("--iterations", type=int, default=160_000)
    train.add_argument("--batch-size", type=int, default=8)
    train.add_argument("--size", type=int, default=512, metavar="PX", help="shorter side before cropping (default: 512)")
    train.add_argument("--crop", type=int, default=256, metavar="PX", help="side of the crops (default: 256)")
    train.add_argument("--style-weight", type=float, default=10.0, help="lambda of Eq. 11 (default: 10)")
    train.add_argument("--learning-rate", type=float, default=1e-4)
    train.add_argument("--autoencoder-iterations", type=int, default=0, help="first steps without style, against grey starts (default: 0)")
    train.add_argument("--every", type=int, default=500, metavar="N", help="checkpoint and sample every N iterations (default: 500)")
    train.add_argument("--workers", type=int, default=0, help="processes that read pictures (default: 0)")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    train.set_defaults(command=_train)

    bench = commands.add_parser("bench", help="measure the speed of the models on this machine")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    bench.add_argument("--size", type=int, default=256, metavar="PX", help="side of the square test picture (default: 256)")
    bench.add_argument("--rounds", type=int, default=10, help="repetitions; the median counts (default: 10)")
    bench.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    bench.set_defaults(command=_bench)

    download = commands.add_parser("download", help="fetch weights that are not in the package")
    download.add_argument("name", metavar="NAME", help="paper (the published AdaIN model) or vgg19 (torchvision's)")
    download.add_argument("--url", help="fetch from this folder instead: a mirror in your own network")
    download.set_defaults(command=_download)
    return parser


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="slim", metavar="NAME", help="slim, tiny, or paper after a download (default: slim)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")


# ---- commands --------------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace) -> None:
    from adain_lab.course import prepare

    folder = prepare(options.folder)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += ["--no-browser"] if options.no_browser else []
    command += [f"--port={options.port}"] if options.port else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # containers run as root; Jupyter refuses that unless told
        command.append("--allow-root")
    command.append(str(folder / "00_start_here.ipynb"))
    print(f"Opening {folder / '00_start_here.ipynb'}; stop the server with Ctrl+C.", flush=True)
    if os.name == "nt":  # exec on Windows returns to the shell at once
        import subprocess

        raise SystemExit(subprocess.call(command))
    os.execv(sys.executable, command)


def _stylize(options: argparse.Namespace) -> None:
    from adain_lab.images import save_image

    content = _find(options.content)
    styles = [_find(style) for style in options.styles]
    _check_output(options.output, [content, *styles])

    from adain_lab import load
    from adain_lab.statistics import normalize_weights
    from adain_lab.stylizer import check_alpha, check_color

    # Everything that can be refused is refused before the first second of computing.
    check_alpha(options.alpha)
    normalize_weights(options.weights, len(styles))
    check_color(options.preserve_color)
    stylizer = load(options.model, options.device)
    began = time.perf_counter()
    picture = stylizer(
        content,
        styles,
        options.alpha,
        weights=options.weights,
        color=options.preserve_color,
        size=options.size,
        style_size=options.style_size,
    )
    seconds = time.perf_counter() - began
    save_image(picture, options.output, _recipe(options, content, styles))
    height, width = picture.shape[2:]
    note = " (alpha above 1: extrapolated)" if options.alpha > 1 else ""
    print(f"wrote {options.output}: {width} x {height} pixels, {options.model} on {stylizer.device}, {seconds:.2f} s{note}")


def _train(options: argparse.Namespace) -> None:
    from adain_lab.trainer import TrainingRun
    from adain_lab.training import TrainingConfig

    config = TrainingConfig(
        iterations=options.iterations,
        batch_size=options.batch_size,
        size=options.size,
        crop=options.crop,
        style_weight=options.style_weight,
        learning_rate=options.learning_rate,
        autoencoder_iterations=options.autoencoder_iterations,
        seed=options.seed,
    )
    run = TrainingRun(
        options.output, options.encoder, config, start=options.start, device=options.device, every=options.every, workers=options.workers
    )
    run.train(options.content_folder, options.style_folder, resume=options.resume)


def _bench(options: argparse.Namespace) -> None:
    if options.json:
        _check_output(options.json, [], endings=(".json",))
    from adain_lab.bench import measure, table, write_json

    report = measure(size=options.size, rounds=options.rounds, device=options.device)
    print(table(report))
    if options.json:
        write_json(report, options.json)
        print(f"wrote {options.json}")


def _download(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from adain_lab.weights.download import download

    bars: dict[str, Any] = {}

    def progress(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = tqdm(total=total or None, desc=name, unit="B", unit_scale=True)
        bars[name].update(done - bars[name].n)

    try:
        files = download(options.name, url=options.url, progress=progress)
    finally:
        for bar in bars.values():
            bar.close()
    for file in files:
        print(f"{options.name}: {file}")


# ---- helpers ---------------------------------------------------------------------------------------------------


def _find(picture: str) -> Path:
    """A file, or else the sample of that name."""
    path = Path(picture)
    if path.exists():
        return path
    from adain_lab.data import samples

    known = samples("content") | samples("style")
    if picture in known:
        return known[picture].path
    raise FileNotFoundError(
        f"{picture} does not exist (neither a file nor one of the samples {', '.join(sorted(known))})"
        if path.suffix == "" and path.parent == Path()
        else f"{picture} does not exist"
    )


def _check_output(output: Path, inputs: Sequence[Path], endings: Sequence[str] | None = None) -> None:
    """Refuse an output that could not be written, before anything is computed."""
    from adain_lab.images import FORMATS

    endings = endings or tuple(FORMATS)
    if output.suffix.lower() not in endings:
        raise ValueError(f"cannot write {output.name!r}: the name must end in {', '.join(endings)}")
    if not output.parent.is_dir():
        raise ValueError(f"the folder {output.parent} does not exist: create it first or choose another")
    if not os.access(output.parent, os.W_OK):
        raise ValueError(f"cannot write into {output.parent}: permission denied")
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise ValueError(f"the output {output} is also an input: choose another name, so that nothing is lost")


def _recipe(options: argparse.Namespace, content: Path, styles: Sequence[Path]) -> dict[str, Any]:
    """How the picture was made, so that it can be made again."""
    from adain_lab.weights.registry import sha256_of

    def identity(path: Path) -> dict[str, str]:
        return {"name": path.name, "sha256": sha256_of(path)}

    return {
        "command": "stylize",
        "version": __version__,
        "model": options.model,
        "content": identity(content),
        "styles": [identity(style) for style in styles],
        "alpha": options.alpha,
        "weights": options.weights,
        "preserve_color": options.preserve_color,
        "size": options.size,
        "style_size": options.style_size,
        "seed": options.seed,
    }


if __name__ == "__main__":
    sys.exit(main())
