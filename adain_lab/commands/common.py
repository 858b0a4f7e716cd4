"""What several commands share: finding inputs, refusing outputs, the options of a model."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = [
    "Subcommands",
    "add_model_options",
    "check_folder",
    "check_output",
    "find",
    "find_mask",
    "fresh",
    "notes",
]

Subcommands = argparse._SubParsersAction


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """--model, --decoder and --device."""
    parser.add_argument(
        "--model", default="slim", metavar="NAME", help="slim, tiny, or paper after a download (default: slim)"
    )
    parser.add_argument(
        "--decoder",
        metavar="FILE",
        type=Path,
        help="a decoder of your own (RUN_DIR/decoder.safetensors), trained for --model's encoder",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")


def find(picture: str, kinds: Sequence[str] = ("content", "style")) -> Path:
    """A file, or else the sample of that name."""
    path = Path(picture)
    if path.exists():
        return path
    from adain_lab.data import samples

    known = {name: sample for kind in kinds for name, sample in samples(kind).items()}
    if picture in known:
        return known[picture].path
    raise FileNotFoundError(
        f"{picture} does not exist (neither a file nor one of the samples {', '.join(sorted(known))})"
        if path.suffix == "" and path.parent == Path()
        else f"{picture} does not exist"
    )


def fresh(path: Path, taken: Container[Path] = ()) -> Path:
    """``path``, or where that name is taken or a file has it, the name with a number."""
    number, free = 1, path
    while free in taken or free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


def find_mask(mask: str) -> Path:
    """A file, or else the sample mask of that name."""
    return find(mask, ("masks",))


@contextmanager
def notes(silent: bool = False) -> Iterator[None]:
    """What the package warns of is one line on stderr, without the line of code that caused it; or nothing."""
    from adain_lab.controls.masks import StretchedMasks

    with warnings.catch_warnings():
        show = warnings.showwarning

        def tell(message: Warning, category: type[Warning], *place: object) -> None:
            if issubclass(category, StretchedMasks):
                if silent:
                    return
                print(f"adain-lab: note: {message}", file=sys.stderr)
            else:
                show(message, category, *place)

        warnings.simplefilter("always", StretchedMasks)
        warnings.showwarning = tell
        yield


def check_folder(folder: Path) -> None:
    """Refuse an output folder that is not there and cannot be made, or cannot be written."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: give the name of a folder")
    parent = folder if folder.is_dir() else folder.parent
    if not parent.is_dir():
        raise ValueError(f"the folder {parent} does not exist: create it first or choose another")
    if not os.access(parent, os.W_OK):
        raise ValueError(f"cannot write into {parent}: permission denied")


def check_output(output: Path, inputs: Sequence[Path], endings: Sequence[str] | None = None) -> None:
    """Refuse an output that could not be written, before anything is computed."""
    from adain_lab.images import FORMATS

    endings = endings or tuple(FORMATS)
    if output.suffix.lower() not in endings:
        raise ValueError(f"cannot write {output.name!r}: the name must end in {', '.join(endings)}")
    if not output.parent.is_dir():
        raise ValueError(f"the folder {output.parent} does not exist: create it first or choose another")
    check_folder(output.parent)
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise ValueError(f"the output {output} is also an input: choose another name, so that nothing is lost")
