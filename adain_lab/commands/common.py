"""What several commands share: finding inputs, refusing outputs, the options of a model."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Subcommands", "add_model_options", "check_output", "find"]

Subcommands = argparse._SubParsersAction


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """--model and --device."""
    parser.add_argument("--model", default="slim", metavar="NAME", help="slim, tiny, or paper after a download (default: slim)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")


def find(picture: str) -> Path:
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


def check_output(output: Path, inputs: Sequence[Path], endings: Sequence[str] | None = None) -> None:
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
