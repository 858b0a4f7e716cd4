"""Which pictures ``adain-lab stylize`` is to paint in which styles, and where they go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adain_lab.commands.common import find, fresh, lies_in, tell
from adain_lab.errors import InputError, UserError
from adain_lab.files import what_is_there

if TYPE_CHECKING:
    from adain_lab.recipes.ingredients import Ingredients

__all__ = [
    "STDIN",
    "Source",
    "check_pipe",
    "find_contents",
    "found",
    "is_folder",
    "name_outputs",
    "sort_out",
]

#: Where several pictures go when no folder is named.
DEFAULT_FOLDER = Path("stylized")
#: What a picture is called that came in through stdin.
STDIN = "stdin"
#: A picture as it was given: a file, or the bytes of one.
Source = Path | bytes


# ---- which picture is what ---------------------------------------------------------------------------------------


def sort_out(options: argparse.Namespace) -> tuple[list[str], list[str]]:
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


def found(picture: str) -> Source:
    """A file, a sample, or what comes in through stdin."""
    return _stdin() if picture == "-" else find(picture)


def _stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("- stands for a picture that comes in through stdin: pipe one in, or name a file")
    from adain_lab.images import MAX_BYTES

    return sys.stdin.buffer.read(MAX_BYTES + 1)  # what has more is refused when it is opened


def is_folder(name: str | Path) -> bool:
    """Whether a name leads to a folder."""
    return what_is_there(Path(name)) == "folder"


def find_contents(names: Sequence[str], output: Path | None, ingredients: Ingredients) -> tuple[list[Source], int]:
    """The pictures to paint, with folders replaced by what is in them, and how many could not be read.

    Of several, one that is named and cannot be read is refused, before the first is painted; one that lies in a folder
    is passed over, with a note.
    """
    contents: list[Source] = []
    skipped = 0
    for name in names:
        if not is_folder(name):
            contents.append(found(name))
            if len(names) > 1:
                ingredients.add(contents[-1], name=STDIN)
            continue
        from adain_lab.training.datasets import list_pictures  # only here, for it needs torch

        # Pictures of an earlier run are no inputs, wherever they lie.
        files = [file for file in list_pictures(name) if not lies_in(file, output or DEFAULT_FOLDER)]
        readable: list[Source] = []
        for file in files:
            try:
                ingredients.add(file)
                readable.append(file)
            except UserError as error:
                skipped += 1
                tell(f"skipped: {error}")
        if not readable:
            raise InputError(f"the folder {name} holds no picture that can be painted")
        contents += readable
    return contents, skipped


def check_pipe(options: argparse.Namespace, contents: Sequence[str]) -> None:
    """Refuse to write to stdout what does not fit there."""
    if len(contents) > 1 or is_folder(contents[0]):
        raise InputError("stdout takes one picture: give -o FOLDER for several")
    if options.json:
        raise InputError("--json and the picture cannot both go to stdout: give -o FILE")
    if sys.stdout.isatty():
        raise InputError("a picture is not written into a terminal: give -o FILE, or send stdout into a file or a pipe")


# ---- where it goes -----------------------------------------------------------------------------------------------


def name_outputs(
    output: Path | None, contents: Sequence[Source], styles: Sequence[Source], several: bool
) -> list[Path]:
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
    if not several and not is_folder(output):
        return [output]
    if output.suffix and not is_folder(output):
        raise InputError(f"several pictures need a folder to go to, and {output} looks like a file: give -o FOLDER")
    outputs: list[Path] = []
    for content in contents:
        numbers = ("", *(f"-{number}" for number in range(2, len(contents) + 1)))
        paths = (output / f"{_stem(content)}{number}.png" for number in numbers)
        outputs.append(next(path for path in paths if path not in outputs))
    return outputs


def _stem(source: Source) -> str:
    return STDIN if isinstance(source, bytes) else source.stem
