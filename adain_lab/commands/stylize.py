"""``adain-lab stylize``: paint one picture, or several, in the manner of another, or of several."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adain_lab.commands.common import (
    Subcommands,
    a_path,
    add_model_options,
    check_folder,
    check_output,
    check_painted,
    find,
    find_mask,
    notes,
    say,
    tell,
)
from adain_lab.errors import InputError
from adain_lab.files import check_name, exists, what_is_there

if TYPE_CHECKING:
    from adain_lab.tiling import Estimate

__all__ = ["add", "add_style_options", "run"]

#: Pixels above which a picture is painted tile by tile unless the user says otherwise.
LARGE = 6_000_000


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("stylize", help="paint pictures in the manner of another, or of several")
    parser.add_argument("content", metavar="CONTENT", help="the picture to paint: a file, or the name of a sample")
    parser.add_argument(
        "styles", metavar="STYLE", nargs="+", help="the picture to take the style from; several are interpolated"
    )
    parser.add_argument(
        "--also", metavar="CONTENT", nargs="+", default=[], help="further pictures to paint; OUT is a folder then"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=a_path,
        required=True,
        help="the file to write, or a folder; a PNG carries its recipe",
    )
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="one per style (default: equal)")
    parser.add_argument(
        "--mask",
        metavar="MASK",
        nargs="+",
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


def run(options: argparse.Namespace) -> None:
    contents = [find(content) for content in (options.content, *options.also)]
    styles = [find(style) for style in options.styles]
    masks = [find_mask(mask) for mask in options.mask or ()]
    outputs = _outputs(options.output, contents)
    folder = outputs[0].parent
    if outputs != [options.output]:
        check_folder(folder)  # it is made when the first picture is there to go into it
    for output in outputs:
        check_name(output)
        if exists(folder) or outputs == [options.output]:
            check_output(output, [*contents, *styles, *masks])

    from adain_lab import load
    from adain_lab.images import open_image, save_image
    from adain_lab.recipes.painter import Painter
    from adain_lab.recipes.recipe import identity, stylize_recipe

    # Everything that can be refused is refused before the first picture is painted: recipes check their settings.
    for path in contents[1:]:
        open_image(path)
    stylizer = load(options.model, options.device, decoder=options.decoder)
    files = {}

    def described(path: Path, size: int = 0) -> dict:
        picture = identity(path, size=size)
        files[picture["sha256"]] = path
        return picture

    tiles = [_tile(options.tile, content, options.size) for content in contents]
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
    progress = _Progress()
    painter = Painter(stylizer, lambda picture: files[picture["sha256"]], progress)
    for recipe, output in zip(recipes, outputs, strict=True):
        began = time.perf_counter()
        with notes(), progress:
            picture = painter.paint(recipe)
        seconds = time.perf_counter() - began
        check_painted(picture, output, open_image(files[recipe["content"]["sha256"]]))
        folder.mkdir(exist_ok=True)
        save_image(picture, output, recipe)
        height, width = picture.shape[2:]
        note = " (alpha above 1: extrapolated)" if max(options.alpha) > 1 else ""
        say(f"wrote {output}: {width} x {height} pixels, {options.model} on {stylizer.device}, {seconds:.2f} s{note}")


def _tile(tile: int | None, content: Path, size: int) -> int:
    """The side of the tiles; 0 for one pass."""
    from adain_lab.images import open_image
    from adain_lab.tiling import check_tile

    if tile is None:
        width, height = open_image(content).size
        scale = size / min(width, height) if size else 1
        return 512 if width * height * scale**2 > LARGE else 0
    if tile:
        check_tile(tile)
    return tile


class _Progress:
    """A bar for pictures that are painted tile by tile, after one line that says what is to be expected."""

    def __init__(self) -> None:
        self.bar = None

    def __call__(self, done: int, total: int, expected: Estimate) -> None:
        from tqdm import tqdm

        if self.bar is None:
            tell(f"{expected}; Ctrl+C stops it and writes nothing")
            self.bar = tqdm(unit="step", leave=False)
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
        self.bar = None


def _outputs(output: Path, contents: Sequence[Path]) -> list[Path]:
    """Where each content's picture goes: into the file ``output``, or into the folder, under the content's own name."""
    if len(contents) == 1 and what_is_there(output) != "folder":
        return [output]
    if output.suffix and what_is_there(output) != "folder":
        raise InputError(f"several pictures need a folder to go to, and {output} looks like a file: give -o FOLDER")
    outputs: list[Path] = []
    for content in contents:
        names = (f"{content.stem}{number}.png" for number in ("", *(f"-{n}" for n in range(2, len(contents) + 1))))
        outputs.append(next(output / name for name in names if output / name not in outputs))
    return outputs


def _numbers(text: str) -> list[float]:
    """Numbers separated by commas."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, or several separated by commas, got {text!r}") from None
