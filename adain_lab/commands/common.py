"""What several commands share: finding inputs, refusing outputs, the options of a model."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from adain_lab.errors import InputError, MissingFileError
from adain_lab.files import a_kind, check_name, exists, printable, what_is_there

if TYPE_CHECKING:
    import torch
    from PIL import Image

__all__ = [
    "MODEL_HELP",
    "MODEL_NAMES",
    "Subcommands",
    "a_name",
    "a_path",
    "add_model_options",
    "check_folder",
    "check_output",
    "check_painted",
    "find",
    "find_mask",
    "fresh",
    "lies_in",
    "notes",
    "say",
    "tell",
]

Subcommands = argparse._SubParsersAction
#: The names of :data:`adain_lab.weights.MODELS`, without the import of PyTorch that this would cost every help text.
MODEL_NAMES = ("levels", "levels_light", "slim", "tiny", "paper")
MODEL_HELP = f"{', '.join(MODEL_NAMES[:-1])}, or {MODEL_NAMES[-1]} after a download (default: {MODEL_NAMES[0]})"


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """--model, --decoder and --device."""
    parser.add_argument(
        "--model",
        default=MODEL_NAMES[0],
        metavar="NAME",
        help=MODEL_HELP,
    )
    parser.add_argument(
        "--decoder",
        metavar="FILE",
        type=a_path,
        help="a decoder of your own (RUN_DIR/decoder.safetensors), trained for --model's encoder",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")


def a_name(text: str) -> str:
    """The name of a file, a folder or a sample, for argparse; nothing at all would be this folder."""
    if not text:
        raise argparse.ArgumentTypeError("expected a name, got nothing")
    return text


def a_path(text: str) -> Path:
    """As :func:`a_name`, where it is no sample's."""
    return Path(a_name(text))


def find(picture: str, kinds: Sequence[str] = ("content", "style")) -> Path:
    """A file, or else the sample of that name."""
    path = Path(picture)
    if exists(path):
        return path
    from adain_lab.data import samples

    known = {name: sample for kind in kinds for name, sample in samples(kind).items()}
    if picture in known:
        return known[picture].path
    raise MissingFileError(
        f"{picture} does not exist (neither a file nor one of the samples {', '.join(sorted(known))})"
        if path.suffix == "" and path.parent == Path()
        else f"{picture} does not exist"
    )


def fresh(path: Path, taken: Container[Path] = ()) -> Path:
    """``path``, or where that name is taken or a file has it, the name with a number."""
    number, free = 1, path
    while free in taken or exists(free):
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def lies_in(file: Path, folder: Path) -> bool:
    """Whether a file is in a folder, or in one of its folders, whatever links lead there."""
    return Path(os.path.realpath(folder)) in Path(os.path.realpath(file)).parents


def find_mask(mask: str) -> Path:
    """A file, or else the sample mask of that name."""
    return find(mask, ("masks",))


@contextmanager
def notes(silent: bool = False) -> Iterator[None]:
    """What the package warns of is one line on stderr, without the line of code that caused it; or nothing."""
    from adain_lab.controls.masks import StretchedMasks

    with warnings.catch_warnings():
        show = warnings.showwarning

        def note(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, StretchedMasks):
                if not silent:
                    tell(f"note: {message}")
            else:
                show(message, category, filename, lineno, file, line)

        warnings.simplefilter("always", StretchedMasks)
        warnings.showwarning = note
        yield


def say(text: str) -> None:
    """A line on stdout."""
    print(printable(text), flush=True)


def tell(text: str) -> None:
    """A line on stderr."""
    print(f"adain-lab: {printable(text)}", file=sys.stderr, flush=True)


def check_painted(
    picture: torch.Tensor | Image.Image,
    output: Path | str,
    content: Callable[[], Image.Image] | None = None,
    silent: bool = False,
) -> None:
    """Refuse a picture of numbers that are none, and say so where one of a single colour came of one with several.

    Args:
        picture: (1, 3, H, W), or a Pillow image, which has numbers.
        output: where it is to go, or how it is called.
        content: gives what was painted, if that matters; None for what certainly had several colours.
        silent: say nothing, but refuse.
    """
    from PIL import Image

    from adain_lab.images import of_one_colour

    if not isinstance(picture, Image.Image) and not bool(picture.isfinite().all()):
        raise InputError(
            f"{output} was not written: its numbers overflowed; take a smaller alpha, or another decoder or precision"
        )
    if not silent and of_one_colour(picture) and (content is None or not of_one_colour(content())):
        tell(f"note: {output} is of one colour only: the style is, or alpha is too large, or the decoder does not fit")


def check_folder(folder: Path) -> None:
    """Refuse an output folder that is not there and cannot be made, or cannot be written."""
    check_name(folder)
    there = what_is_there(folder)
    if there not in ("", "folder"):
        raise InputError(f"{folder} is {a_kind(there)}: give the name of a folder")
    parent = folder if there else folder.parent
    if what_is_there(parent) != "folder":
        raise InputError(f"the folder {parent} does not exist: create it first or choose another")
    if not os.access(parent, os.W_OK):
        raise InputError(f"cannot write into {parent}: permission denied")


def check_output(output: Path, inputs: Sequence[Path], endings: Sequence[str] | None = None) -> None:
    """Refuse an output that could not be written, before anything is computed."""
    from adain_lab.images import FORMATS

    endings = endings or tuple(FORMATS)
    if output.suffix.lower() not in endings:
        raise InputError(f"cannot write {output.name!r}: the name must end in {', '.join(endings)}")
    check_name(output)
    if what_is_there(output.parent) == "":
        raise InputError(f"the folder {output.parent} does not exist: create it first or choose another")
    check_folder(output.parent)
    if what_is_there(output) not in ("", "file"):
        raise InputError(f"{output} is {a_kind(what_is_there(output))}: give the name of a file")
    for path in inputs:
        if exists(output) and exists(path) and output.samefile(path):
            raise InputError(f"the output {output} is also an input: choose another name, so that nothing is lost")
