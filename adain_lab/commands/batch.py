"""``adain-lab batch``: every content of a folder in every style of another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from adain_lab.commands.common import (
    Subcommands,
    a_path,
    add_model_options,
    check_folder,
    check_painted,
    lies_in,
    tell,
)
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.style_options import add_style_options, controls_of
from adain_lab.errors import InputError, NoSpaceError, UserError
from adain_lab.files import check_name, exists, printable, reason
from adain_lab.progress import Progress

if TYPE_CHECKING:
    import torch
    from PIL import Image

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab batch photos paintings -o painted
adain-lab batch photos paintings -o painted --size 512 --alpha 0.7 --preserve-color luminance"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "batch", "paint every picture of a folder in every style of another", examples=_EXAMPLES
    )
    parser.add_argument("content_folder", metavar="CONTENT_DIR", type=a_path)
    parser.add_argument("style_folder", metavar="STYLE_DIR", type=a_path)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT_DIR",
        type=a_path,
        required=True,
        help="pictures go to OUT_DIR/CONTENT/STYLE.png; started again, it goes on",
    )
    add_style_options(parser, regions=True)
    add_model_options(parser)
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    check_folder(options.output)

    from adain_lab.training.datasets import list_pictures

    # Pictures of an earlier run are no inputs, wherever they lie.
    contents, styles = (
        [file for file in list_pictures(folder) if not lies_in(file, options.output)]
        for folder in (options.content_folder, options.style_folder)
    )
    if not contents or not styles:
        raise InputError(
            f"there are {len(contents)} contents and {len(styles)} styles beside what lies in {options.output}"
        )
    batch = _Batch(options, contents, styles)
    try:
        batch.run()
    except (KeyboardInterrupt, NoSpaceError):
        tell(f"{batch.summary()}; the same command goes on from here")
        raise
    if not batch.painted and not batch.there:
        raise InputError(f"nothing could be painted: {'; '.join((batch.skipped | batch.failed).values())}")
    with Results(options) as results:
        results.add(f"{options.output}: {batch.summary()}", output=str(options.output), **batch.counts())
    return 1 if batch.skipped or batch.failed else 0


class _Batch:
    """Every content, encoded once, in every style, measured once; and what became of them."""

    def __init__(self, options: argparse.Namespace, contents: Sequence[Path], styles: Sequence[Path]):
        from adain_lab import load
        from adain_lab.recipes.ingredients import ROOM, Ingredients
        from adain_lab.recipes.painter import Painter

        self.options, self.contents, self.styles = options, contents, styles
        self.controls = controls_of(options)
        # A style's statistics do for all contents, unless it takes each one's colours first.
        self.ingredients = Ingredients(room=ROOM if self.controls.color == "match" else 0)
        self.painter = Painter(load(options.model, options.device, decoder=options.decoder), self.ingredients)
        self.painted = self.there = 0
        #: Inputs that cannot be used, and outputs that cannot be written, with the reason.
        self.skipped: dict[Path, str] = {}
        self.failed: dict[Path, str] = {}

    def run(self) -> None:
        options = self.options
        content_names, style_names = (
            _names(self.contents, options.content_folder),
            _names(self.styles, options.style_folder),
        )
        with Progress("picture", len(self.contents) * len(self.styles), quiet=options.quiet) as bar:
            for content in self.contents:
                for style in self.styles:
                    self._pair(content, style, options.output / content_names[content] / f"{style_names[style]}.png")
                    bar.advance()
                self.ingredients.forget(content)

    def counts(self) -> dict[str, int]:
        """Pictures by what became of them."""
        return {
            "painted": self.painted,
            "already_there": self.there,
            "skipped": len(self.skipped),
            "failed": len(self.failed),
        }

    def summary(self) -> str:
        """The counts in words."""
        parts = [f"{self.painted} painted"]
        parts += [f"{self.there} already there"] if self.there else []
        parts += [f"{len(self.skipped)} picture{'s' * (len(self.skipped) > 1)} skipped"] if self.skipped else []
        parts += [f"{len(self.failed)} could not be written"] if self.failed else []
        return ", ".join(parts)

    def _pair(self, content: Path, style: Path, output: Path) -> None:
        from adain_lab.recipes.painter import BadPicture
        from adain_lab.recipes.recipe import stylize_recipe

        controls = self.controls
        painted, manner = self._described(content, controls.size), self._described(style, controls.style_size)
        if painted is None or manner is None:
            return
        recipe = stylize_recipe(self.painter.stylizer, painted, [manner], controls)
        if self._is_there(output, recipe) is not False:
            return
        try:
            images = self.painter.paint(recipe)
        except BadPicture as error:
            self._skip(cast(Path, self.ingredients.source(error.picture)), error)
            return
        self._write(images, output, recipe)

    def _is_there(self, output: Path, recipe: dict[str, Any]) -> bool | None:
        """Whether ``output`` was made by this recipe; None when it can never be, which is said."""
        try:
            check_name(output)
            there = _is_there(output, recipe)
        except InputError as error:
            self._fail(output, error)
            return None
        self.there += there
        return there

    def _write(self, images: torch.Tensor | Image.Image, output: Path, recipe: dict[str, Any]) -> None:
        from adain_lab.images import save_image

        try:
            check_painted(images, output, silent=self.options.quiet or self.options.json)
            output.parent.mkdir(parents=True, exist_ok=True)
            save_image(images, output, recipe)
        except NoSpaceError:
            raise
        except InputError as error:
            return self._fail(output, error)
        except OSError as error:
            return self._fail(output, InputError(f"the folder {output.parent} cannot be made: {reason(error)}"))
        self.painted += 1

    def _described(self, file: Path, size: int) -> dict[str, Any] | None:
        """The file's identity; None when it cannot be used."""
        if file in self.skipped:
            return None
        try:
            # A batch that goes on need not decode what is painted already.
            return self.ingredients.add(file, size, decode=False)
        except UserError as error:
            self._skip(file, error)
            return None

    def _skip(self, file: Path, error: Exception) -> None:
        self.skipped[file] = str(error)
        _tell(f"skipped: {error}" if str(file) in str(error) else f"skipped: {file}: {error}")

    def _fail(self, output: Path, error: Exception) -> None:
        self.failed[output] = str(error)
        _tell(f"not written: {error}")


def _tell(text: str) -> None:
    """A line on stderr, above the bar."""
    from tqdm import tqdm

    tqdm.write(f"adain-lab: {printable(text)}", file=sys.stderr)


def _is_there(output: Path, recipe: dict[str, Any]) -> bool:
    """Whether ``output`` was made by this recipe.

    Raises:
        ValueError: it is a file that no adain_lab made, which is not overwritten.
    """
    from adain_lab.recipes.recipe import read_recipe

    if not exists(output):
        return False
    try:
        return read_recipe(output) == recipe
    except UserError as error:
        raise InputError(f"{output} is in the way ({error}): move it, or give another output folder") from error


def _names(files: Sequence[Path], folder: Path) -> dict[Path, str]:
    """What each file's outputs are called: its name without its ending, with a number where several have the same."""
    names: dict[Path, str] = {}
    for file in files:
        stem = "-".join(file.relative_to(folder).with_suffix("").parts)
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}") in names.values():
            number += 1
        names[file] = name
    return names
