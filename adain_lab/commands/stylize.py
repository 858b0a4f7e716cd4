"""``adain-lab stylize``: paint one picture, or several, in the manner of another, or of several."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adain_lab.commands.common import (
    Subcommands,
    a_name,
    a_path,
    add_model_options,
    check_folder,
    check_output,
    check_painted,
    find_mask,
    notes,
)
from adain_lab.commands.onnx_engine import ENGINES, paint_without_torch
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.style_options import add_style_options, controls_of
from adain_lab.commands.stylize_pictures import (
    STDIN,
    Source,
    check_pipe,
    find_contents,
    found,
    is_folder,
    name_outputs,
    sort_out,
)
from adain_lab.errors import InputError
from adain_lab.files import check_name, exists
from adain_lab.progress import Progress

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from adain_lab.recipes.ingredients import Ingredients
    from adain_lab.tiling import Estimate

__all__ = ["add", "run"]

#: Pixels above which a picture is painted tile by tile unless the user says otherwise.
LARGE = 6_000_000

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
    add_style_options(parser, regions=True)
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


def run(options: argparse.Namespace) -> int:
    from adain_lab.recipes.ingredients import Ingredients

    content_names, style_names = sort_out(options)
    if [*content_names, *style_names].count("-") > 1:
        raise InputError("only one picture can come in through stdin: name files for the others")
    to_stdout = str(options.output) == "-" or (options.output is None and content_names == ["-"])
    if to_stdout:
        check_pipe(options, content_names)
    ingredients = Ingredients()
    styles = [found(style) for style in style_names]
    masks = [find_mask(mask) for mask in options.mask or ()]
    contents, skipped = find_contents(content_names, options.output, ingredients)
    several = len(contents) > 1 or any(is_folder(name) for name in content_names)
    outputs = [] if to_stdout else name_outputs(options.output, contents, styles, several)
    _check_outputs(outputs, options.output, [path for path in (*contents, *styles, *masks) if isinstance(path, Path)])

    def described(source: Source, size: int = 0) -> dict[str, Any]:
        return ingredients.add(source, size, name=STDIN)

    tiles = [_tile(options.tile, described(content), ingredients, options.size) for content in contents]
    began = time.perf_counter()
    made = paint_without_torch(options, contents, styles, any(tiles), described, ingredients)
    if made is not None:
        with Results(options, many=True, to_stderr=to_stdout) as results:
            _deliver(results, None if to_stdout else outputs[0], *made, "cpu", time.perf_counter() - began)
        return 1 if skipped else 0

    from adain_lab import load
    from adain_lab.recipes.painter import Painter
    from adain_lab.recipes.recipe import stylize_recipe

    # Everything that can be refused is refused before the first picture is painted: recipes check their settings.
    controls = controls_of(options, masks)
    stylizer = load(options.model, options.device, decoder=options.decoder)
    recipes = [
        stylize_recipe(
            stylizer,
            described(content, controls.size),
            [described(style, controls.style_size) for style in styles],
            controls,
            masks=[described(mask) for mask in masks] or None,
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
        painter = Painter(stylizer, ingredients, _Tiles(steps))
        for number, recipe in enumerate(recipes):
            began = time.perf_counter()
            with notes(silent=results.silent):
                picture = painter.paint(recipe)
            steps.close()
            seconds = time.perf_counter() - began
            place = "the picture" if to_stdout else str(outputs[number])
            check_painted(picture, place, partial(ingredients, recipe["content"]), silent=results.silent)
            ingredients.forget(contents[number])
            if len(recipes) > 1:
                pictures(number + 1)
            target = None if to_stdout else outputs[number]
            _deliver(results, target, picture, recipe, str(stylizer.device), seconds)
    return 1 if skipped else 0


def _check_outputs(outputs: Sequence[Path], asked: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse, before anything is computed, what could not be written."""
    if not outputs:
        return
    folder, named = outputs[0].parent, outputs == [asked]
    if not named:
        check_folder(folder)  # it is made when the first picture is there to go into it
    for output in outputs:
        check_name(output)
        if exists(folder) or named:
            check_output(output, inputs)


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


def _tile(tile: int | None, content: Mapping[str, Any], ingredients: Ingredients, size: int) -> int:
    """The side of the tiles; 0 for one pass."""
    if tile is None:
        width, height = ingredients.width_height(content)
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
