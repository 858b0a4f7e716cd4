"""The bundled sample pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from adain_lab.errors import InputError, MissingFileError

__all__ = ["Sample", "sample", "samples", "samples_folder"]


@dataclass(frozen=True)
class Sample:
    """A bundled picture: ``kind`` is content, style or masks; ``alt`` describes it for those who cannot see it."""

    name: str
    kind: str
    path: Path
    title: str
    author: str
    licence: str
    alt: str


def samples_folder() -> Path:
    """Where the sample pictures are: inside an installed package, or in ``data/samples`` of a clone.

    Raises:
        FileNotFoundError: neither exists.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "samples", package.parent / "data" / "samples"):
        if (folder / "index.json").is_file():
            return folder
    raise MissingFileError("the sample pictures are missing: reinstall adain_lab, or run from a complete clone")


@lru_cache(maxsize=1)
def _index() -> dict[str, dict[str, Sample]]:
    folder = samples_folder()
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    keys = ("name", "title", "author", "licence", "alt")
    return {
        kind: {row["name"]: Sample(kind=kind, path=folder / row["file"], **{k: row[k] for k in keys}) for row in rows}
        for kind, rows in index.items()
    }


def samples(kind: str) -> dict[str, Sample]:
    """The bundled samples of a kind ("content", "style" or "masks"), by name."""
    if kind not in _index():
        raise InputError(f"unknown kind of sample {kind!r}: choose from {', '.join(_index())}")
    return dict(_index()[kind])


def sample(name: str) -> Path:
    """The file of the bundled sample ``name``, of any kind but masks, to pass wherever a picture is taken.

    Raises:
        ValueError: there is none of that name; the message lists those that there are.
    """
    found = {**_index()["content"], **_index()["style"]}
    if name not in found:
        raise InputError(f"no sample picture is called {name!r}: choose from {', '.join(sorted(found))}")
    return found[name].path
