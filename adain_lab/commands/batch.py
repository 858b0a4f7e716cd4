"""``adain-lab batch``: every content of a folder in every style of another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adain_lab.commands.common import Subcommands, add_model_options, check_folder
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.stylize import add_style_options
from adain_lab.progress import Progress

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab batch photos paintings -o painted
adain-lab batch photos paintings -o painted --size 512 --alpha 0.7 --preserve-color luminance"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "batch", "paint every picture of a folder in every style of another", examples=_EXAMPLES
    )
    parser.add_argument("content_folder", metavar="CONTENT_DIR", type=Path)
    parser.add_argument("style_folder", metavar="STYLE_DIR", type=Path)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT_DIR",
        type=Path,
        required=True,
        help="pictures go to OUT_DIR/CONTENT/STYLE.png; started again, it goes on",
    )
    add_style_options(parser)
    add_model_options(parser)
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    check_folder(options.output)

    from adain_lab.training.pools import list_pictures

    # Pictures of an earlier run are no inputs, wherever they lie.
    contents, styles = (
        [file for file in list_pictures(folder) if options.output.resolve() not in file.resolve().parents]
        for folder in (options.content_folder, options.style_folder)
    )
    if not contents or not styles:
        raise ValueError(
            f"there are {len(contents)} contents and {len(styles)} styles beside what lies in {options.output}"
        )
    batch = _Batch(options, contents, styles)
    try:
        batch.run()
    except KeyboardInterrupt:
        print(f"adain-lab: {batch.summary()}; the same command goes on from here", file=sys.stderr)
        raise
    if not batch.painted and not batch.there:
        raise ValueError(f"nothing could be painted: {'; '.join(batch.skipped.values())}")
    with Results(options) as results:
        counts = {"painted": batch.painted, "already_there": batch.there, "skipped": len(batch.skipped)}
        results.add(f"{options.output}: {batch.summary()}", output=str(options.output), **counts)


class _Batch:
    """Every content, encoded once, in every style, measured once; and what became of them."""

    def __init__(self, options: argparse.Namespace, contents: Sequence[Path], styles: Sequence[Path]):
        from adain_lab import load
        from adain_lab.recipes.painter import Painter

        self.options, self.contents, self.styles = options, contents, styles
        self.files: dict[str, Path] = {}
        self.painter = Painter(
            load(options.model, options.device, decoder=options.decoder), lambda picture: self.files[picture["sha256"]]
        )
        self.painted = self.there = 0
        self.skipped: dict[Path, str] = {}
        self._identities: dict[Path, dict[str, Any]] = {}

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

    def summary(self) -> str:
        """The counts in words."""
        parts = [f"{self.painted} painted"]
        parts += [f"{self.there} already there"] if self.there else []
        parts += [f"{len(self.skipped)} picture{'s' * (len(self.skipped) > 1)} skipped"] if self.skipped else []
        return ", ".join(parts)

    def _pair(self, content: Path, style: Path, output: Path) -> None:
        from adain_lab.images import save_image
        from adain_lab.recipes.painter import BadPicture
        from adain_lab.recipes.recipe import stylize_recipe

        options = self.options
        pictures = [self._described(content, options.size), self._described(style, options.style_size)]
        if None in pictures:
            return
        alpha = options.alpha if len(options.alpha) > 1 else options.alpha[0]
        recipe = stylize_recipe(self.painter.stylizer, pictures[0], pictures[1:], alpha, color=options.preserve_color)
        if _is_there(output, recipe):
            self.there += 1
            return
        try:
            images = self.painter.paint(recipe)
        except BadPicture as error:
            self._skip(self.files[error.picture["sha256"]], error)
            return
        output.parent.mkdir(parents=True, exist_ok=True)
        save_image(images, output, recipe)
        self.painted += 1

    def _described(self, file: Path, size: int) -> dict[str, Any] | None:
        """The file's identity; None when it cannot be used."""
        from adain_lab.recipes.recipe import identity

        if file in self.skipped:
            return None
        if file not in self._identities:
            try:
                self._identities[file] = identity(file)
            except (ValueError, FileNotFoundError) as error:
                return self._skip(file, error)
        picture = self._identities[file]
        self.files[picture["sha256"]] = file
        return {**picture, "size": size}

    def _skip(self, file: Path, error: Exception) -> None:
        from tqdm import tqdm

        self.skipped[file] = str(error)
        what = str(error) if str(file) in str(error) else f"{file}: {error}"
        tqdm.write(f"adain-lab: skipped: {what}", file=sys.stderr)


def _is_there(output: Path, recipe: dict[str, Any]) -> bool:
    """Whether ``output`` was made by this recipe.

    Raises:
        ValueError: it is a file that no adain_lab made, which is not overwritten.
    """
    from adain_lab.recipes.recipe import read_recipe

    if not output.exists():
        return False
    try:
        return read_recipe(output) == recipe
    except ValueError as error:
        raise ValueError(f"{output} is in the way ({error}): move it, or give another output folder") from error


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
