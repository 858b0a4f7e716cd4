"""``adain-lab stylize``: paint one picture, or several, in the manner of another, or of several."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adain_lab.commands.common import (
    Subcommands,
    a_name,
    a_path,
    add_model_options,
    check_folder,
    check_output,
    check_painted,
    find,
    find_mask,
    fresh,
    lies_in,
    notes,
    tell,
)
from adain_lab.commands.onnx_engine import ENGINES, paint_without_torch
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.errors import InputError, UserError
from adain_lab.files import check_name, exists, what_is_there
from adain_lab.progress import Progress

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from adain_lab.tiling import Estimate

__all__ = ["add", "add_style_options", "run"]

#: Pixels above which a picture is painted tile by tile unless the user says otherwise.
LARGE = 6_000_000
#: Where several pictures go when no folder is named.
DEFAULT_FOLDER = Path("stylized")
#: What a picture is called that came in through stdin.
STDIN = "stdin"
#: A picture as it was given: a file, or the bytes of one.
Source = Path | bytes

_MORE = """\
PICTURE STYLE paints one picture, or the pictures of a folder. With --style, every PICTURE is painted: several go into
a folder."""
_EXAMPLES = """\
adain-lab stylize photo.jpg painting.jpg -o out.png
adain-lab stylize photos/*.jpg --style kilim -o painted
adain-lab stylize coffee --style wave_print --style stained_glass --weights 2 1 --alpha 0.8
adain-lab stylize temple night_village kilim autumn_avenue --mask temple --feather 12
curl -s https://example.org/photo.jpg | adain-lab stylize - kilim > out.png"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "stylize", "paint pictures in the manner of another, or of several", examples=_EXAMPLES, more=_MORE
    )
    parser.add_argument(
        "pictures",
        metavar="PICTURE",
        nargs="+",
        type=a_name,
        help="the picture to paint, then the style; with --style all are to be painted: files, names of samples, "
        "folders, or - for stdin",
    )
    parser.add_argument(
        "-s",
        "--style",
        metavar="STYLE",
        action="append",
        type=a_name,
        help="a picture to take the style from; given several times, the styles are interpolated",
    )
    parser.add_argument(
        "--also", metavar="PICTURE", nargs="+", type=a_name, default=[], help="further pictures to paint"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=a_path,
        help="the file to write, the folder for several, or - for stdout; a PNG carries its recipe (default: "
        "PICTURE_STYLE.png, or the folder stylized)",
    )
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="one per style (default: equal)")
    parser.add_argument(
        "--mask",
        metavar="MASK",
        nargs="+",
        type=a_name,
        help="a style per region: one picture per style (white where it goes), or one for two styles (white and black), "
        "or one with a grey level per style, the brightest first",
    )
    parser.add_argument(
        "--feather",
        type=float,
        default=0,
        metavar="PX",
        help="soft edges of the regions, pixels of the output (default: 0)",
    )
    parser.add_argument(
        "--global-statistics", action="store_true", help="normalise regions by the whole content's statistics"
    )
    add_style_options(parser)
    parser.add_argument(
        "--tile",
        type=int,
        metavar="PX",
        help="paint tile by tile, in bounded memory; 0 never (default: 512 for more than 6 megapixels)",
    )
    parser.add_argument("--seed", type=int, default=0, help="recorded in the recipe; AdaIN draws no random numbers")
    add_model_options(parser)
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="auto",
        help="what paints: torch, or onnx, which starts in a fraction of the time, for one picture without masks after "
        "`adain-lab export MODEL --cache`; auto takes onnx where it can (default: auto)",
    )
    add_result_options(parser)
    parser.set_defaults(command=run)


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """The controls that ``stylize`` and ``batch`` share."""
    parser.add_argument(
        "--alpha",
        type=_numbers,
        default=[1.0],
        metavar="A",
        help="0 = content, 1 = style, above 1 extrapolates; with masks also one per region, as 1,0.5 (default: 1)",
    )
    parser.add_argument(
        "--preserve-color", metavar="METHOD", help="keep the content's colours: match (before) or luminance (after)"
    )
    parser.add_argument(
        "--size", type=int, default=0, metavar="PX", help="shorter side of the content (default: 0, as it is)"
    )
    parser.add_argument(
        "--style-size",
        type=int,
        default=0,
        metavar="PX",
        help="shorter side of the styles: smaller is finer (default: 0)",
    )


def run(options: argparse.Namespace) -> int:
    content_names, style_names = _sorted_out(options)
    if [*content_names, *style_names].count("-") > 1:
        raise InputError("only one picture can come in through stdin: name files for the others")
    to_stdout = str(options.output) == "-" or (options.output is None and content_names == ["-"])
    if to_stdout:
        _check_pipe(options, content_names)
    styles = [_found(style) for style in style_names]
    masks = [find_mask(mask) for mask in options.mask or ()]
    contents, skipped = _contents(content_names, options.output)
    several = len(contents) > 1 or any(_is_folder(name) for name in content_names)
    outputs = [] if to_stdout else _outputs(options.output, contents, styles, several)
    folder = outputs[0].parent if outputs else Path()
    if outputs and outputs != [options.output]:
        check_folder(folder)  # it is made when the first picture is there to go into it
    files = [path for path in (*contents, *styles, *masks) if isinstance(path, Path)]
    for output in outputs:
        check_name(output)
        if exists(folder) or outputs == [options.output]:
            check_output(output, files)

    from adain_lab.recipes.recipe import identity

    sources: dict[str, Source] = {}

    def described(source: Source, size: int = 0) -> dict:
        picture = identity(source, name=STDIN if isinstance(source, bytes) else "", size=size)
        sources[picture["sha256"]] = source
        return picture

    tiles = [_tile(options.tile, content, options.size) for content in contents]
    began = time.perf_counter()
    made = paint_without_torch(options, contents, styles, any(tiles), described)
    if made is not None:
        with Results(options, many=True, to_stderr=to_stdout) as results:
            _deliver(results, None if to_stdout else outputs[0], *made, "cpu", time.perf_counter() - began)
        return 1 if skipped else 0

    from adain_lab import load
    from adain_lab.images import open_image
    from adain_lab.recipes.painter import Painter
    from adain_lab.recipes.recipe import stylize_recipe

    # Everything that can be refused is refused before the first picture is painted: recipes check their settings.
    stylizer = load(options.model, options.device, decoder=options.decoder)
    recipes = [
        stylize_recipe(
            stylizer,
            described(content, options.size),
            [described(style, options.style_size) for style in styles],
            options.alpha if len(options.alpha) > 1 else options.alpha[0],
            weights=options.weights,
            color=options.preserve_color,
            masks=[described(mask) for mask in masks] or None,
            feather=options.feather,
            global_statistics=options.global_statistics,
            seed=options.seed,
            **({"tile": tile} if tile else {}),
        )
        for content, tile in zip(contents, tiles, strict=True)
    ]
    with (
        Results(options, many=True, to_stderr=to_stdout) as results,
        results.progress("picture", len(recipes)) as pictures,
        results.progress("step") as steps,
    ):
        painter = Painter(stylizer, lambda picture: sources[picture["sha256"]], _Tiles(steps))
        for number, recipe in enumerate(recipes):
            began = time.perf_counter()
            with notes(silent=results.silent):
                picture = painter.paint(recipe)
            steps.close()
            seconds = time.perf_counter() - began
            place = "-" if to_stdout else str(outputs[number])
            content = open_image(sources[recipe["content"]["sha256"]])
            check_painted(picture, "the picture" if to_stdout else place, content, silent=results.silent)
            if len(recipes) > 1:
                pictures(number + 1)
            target = None if to_stdout else outputs[number]
            _deliver(results, target, picture, recipe, str(stylizer.device), seconds)
    return 1 if skipped else 0


def _deliver(
    results: Results,
    output: Path | None,
    picture: torch.Tensor | Image.Image,
    recipe: dict,
    where: str,
    seconds: float,
) -> None:
    """Write a picture to its file, or to stdout where that is None, and say so."""
    from adain_lab.images import save_image, to_bytes

    if output is None:
        sys.stdout.buffer.write(to_bytes(picture, "png", recipe=recipe))
        sys.stdout.buffer.flush()
    else:
        output.parent.mkdir(exist_ok=True)
        save_image(picture, output, recipe)
    from PIL import Image

    height, width = picture.size[::-1] if isinstance(picture, Image.Image) else picture.shape[2:]
    alphas = recipe["alpha"] if isinstance(recipe["alpha"], list) else [recipe["alpha"]]
    note = " (alpha above 1: extrapolated)" if max(alphas) > 1 else ""
    model = recipe["model"].partition("+")[0]
    engine = "onnx" if "onnxruntime" in recipe else "torch"
    results.add(
        f"wrote {output or 'stdout'}: {width} x {height} pixels, {model} on {where}{' through ONNX' * (engine == 'onnx')}, "
        f"{seconds:.2f} s{note}",
        output="-" if output is None else str(output),
        content=recipe["content"]["name"],
        styles=[style["name"] for style in recipe["styles"]],
        width=width,
        height=height,
        model=recipe["model"],
        device=where,
        engine=engine,
        seconds=round(seconds, 3),
    )


# ---- which picture is what ---------------------------------------------------------------------------------------


def _sorted_out(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Which of the pictures are contents, and which are styles.

    Raises:
        ValueError: it is not said. A list of photographs, as a shell makes it of ``*.jpg``, is never taken for styles.
    """
    if options.style:
        return [*options.pictures, *options.also], options.style
    content, *styles = options.pictures
    if not styles:
        raise InputError(f"no style was given: name one after {content}, or with --style")
    # One weight per style, or a region per style, say how many styles there are.
    if len(styles) > 1 and not options.mask and len(options.weights or ()) != len(styles):
        raise InputError(
            f"which of these {1 + len(styles)} pictures are styles? To paint all but the last in its style, write "
            f"`--style {styles[-1]}`; to paint {content} in several styles, write --style before each of them"
        )
    return [content, *options.also], styles


def _found(picture: str) -> Source:
    """A file, a sample, or what comes in through stdin."""
    return _stdin() if picture == "-" else find(picture)


def _stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("- stands for a picture that comes in through stdin: pipe one in, or name a file")
    from adain_lab.images import MAX_BYTES

    return sys.stdin.buffer.read(MAX_BYTES + 1)  # what has more is refused when it is opened


def _is_folder(name: str | Path) -> bool:
    return what_is_there(Path(name)) == "folder"


def _contents(names: Sequence[str], output: Path | None) -> tuple[list[Source], int]:
    """The pictures to paint, with folders replaced by what is in them, and how many could not be read.

    A file that is named and cannot be read is refused; one that lies in a folder is passed over, with a note.
    """
    from adain_lab.images import open_image

    contents: list[Source] = []
    skipped = 0
    for name in names:
        if not _is_folder(name):
            contents.append(_found(name))
            if len(names) > 1:
                open_image(contents[-1])
            continue
        from adain_lab.training.pools import list_pictures  # only here, for it needs torch

        # Pictures of an earlier run are no inputs, wherever they lie.
        files = [file for file in list_pictures(name) if not lies_in(file, output or DEFAULT_FOLDER)]
        readable: list[Source] = []
        for file in files:
            try:
                open_image(file)
                readable.append(file)
            except UserError as error:
                skipped += 1
                tell(f"skipped: {error}")
        if not readable:
            raise InputError(f"the folder {name} holds no picture that can be painted")
        contents += readable
    return contents, skipped


def _check_pipe(options: argparse.Namespace, contents: Sequence[str]) -> None:
    """Refuse to write to stdout what does not fit there."""
    if len(contents) > 1 or _is_folder(contents[0]):
        raise InputError("stdout takes one picture: give -o FOLDER for several")
    if options.json:
        raise InputError("--json and the picture cannot both go to stdout: give -o FILE")
    if sys.stdout.isatty():
        raise InputError("a picture is not written into a terminal: give -o FILE, or send stdout into a file or a pipe")


# ---- where it goes -----------------------------------------------------------------------------------------------


def _outputs(output: Path | None, contents: Sequence[Source], styles: Sequence[Source], several: bool) -> list[Path]:
    """Where each content's picture goes: into the file ``output``, or into the folder, under the content's own name;
    when None, under a name that says what it is and that no file has.
    """
    if output is None:
        named = "_".join(map(_stem, styles))
        folder = DEFAULT_FOLDER if several else Path()
        names: list[Path] = []
        for content in contents:
            names.append(fresh(folder / f"{_stem(content)}_{named}.png", names))
        return names
    if not several and not _is_folder(output):
        return [output]
    if output.suffix and not _is_folder(output):
        raise InputError(f"several pictures need a folder to go to, and {output} looks like a file: give -o FOLDER")
    outputs: list[Path] = []
    for content in contents:
        numbers = ("", *(f"-{number}" for number in range(2, len(contents) + 1)))
        paths = (output / f"{_stem(content)}{number}.png" for number in numbers)
        outputs.append(next(path for path in paths if path not in outputs))
    return outputs


def _stem(source: Source) -> str:
    return STDIN if isinstance(source, bytes) else source.stem


# ---- how -----------------------------------------------------------------------------------------------------------


def _tile(tile: int | None, content: Source, size: int) -> int:
    """The side of the tiles; 0 for one pass."""
    if tile is None:
        from adain_lab.images import open_image

        width, height = open_image(content).size
        scale = size / min(width, height) if size else 1
        return 512 if width * height * scale**2 > LARGE else 0
    if tile:
        from adain_lab.tiling import check_tile

        check_tile(tile)
    return tile


class _Tiles:
    """What the painter reports about a picture that is painted tile by tile: first what is to be expected."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __call__(self, done: int, total: int, expected: Estimate) -> None:
        if not done:
            self.progress.note(f"{expected}; Ctrl+C stops it and writes nothing")
            total = 2 * expected.tiles
        self.progress(done, total)


def _numbers(text: str) -> list[float]:
    """Numbers separated by commas."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, or several separated by commas, got {text!r}") from None
