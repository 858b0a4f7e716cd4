"""``adain-lab reproduce``: make a saved picture again from the recipe that it carries."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from adain_lab.commands.common import Subcommands, a_path, check_output, check_painted, notes
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab reproduce out.png
adain-lab reproduce out.png -o again.png --search photos paintings"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "reproduce", "make a saved picture again from its recipe", examples=_EXAMPLES)
    parser.add_argument("picture", metavar="PICTURE", type=a_path, help="a PNG that adain_lab wrote")
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=a_path, help="the file to write (default: NAME_again.png, here)"
    )
    parser.add_argument(
        "--search",
        metavar="FOLDER",
        type=a_path,
        nargs="+",
        default=[],
        help="where to look for the inputs, too; without it: the samples, the picture's folder, and this one",
    )
    parser.add_argument(
        "--device", help="compute on another device than the picture was made on: auto, cpu, cuda or mps"
    )
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from PIL import Image

    from adain_lab.images import open_image, save_image, to_pil
    from adain_lab.recipes.painter import finder, reproduce
    from adain_lab.recipes.recipe import read_recipe

    output = options.output or Path(f"{options.picture.stem}_again.png")
    check_output(output, [options.picture])
    recipe = read_recipe(options.picture)
    here = recipe | ({"device": options.device, "precision": "auto"} if options.device else {})
    silent = options.quiet or options.json
    with notes(silent):
        images = reproduce(here, finder([options.picture.parent, Path()], options.search))
    check_painted(images, output, lambda: open_image(options.picture), silent)
    images = images if isinstance(images, Image.Image) else to_pil(images)
    save_image(images, output, here)
    with Results(options) as results:
        sentence, difference = _compared(options.picture, images, recipe)
        results.add(f"wrote {output}: {sentence}", output=str(output), of=str(options.picture), difference=difference)


def _compared(original: Path, again: Image.Image, recipe: dict[str, Any]) -> tuple[str, int | None]:
    """How the new picture differs from the old one: in words, and by how many of 255 levels (None: in size)."""
    from PIL import ImageChops

    from adain_lab.images import open_image

    old = open_image(original)
    if old.size != again.size:
        sizes = f"{again.width} x {again.height} pixels, but {original} has {old.width} x {old.height}"
        return f"{sizes}: it was changed since", None
    extrema = cast(tuple[tuple[int, int], ...], ImageChops.difference(old, again).getextrema())
    difference = max(high for _, high in extrema)
    if difference == 0:
        return f"every pixel is that of {original}", 0
    program = f"onnxruntime {recipe['onnxruntime']}" if "onnxruntime" in recipe else f"PyTorch {recipe.get('torch')}"
    made = f"adain_lab {recipe.get('version')}, {program}, {recipe.get('precision')} on {recipe.get('device')}"
    differs = f"it differs from {original} by up to {difference} of 255 levels (made with {made})"
    return f"{differs}: versions and machines round differently", difference
