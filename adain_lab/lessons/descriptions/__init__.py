"""What the pictures and plots show that come after a prediction, in words for those who cannot see them.

The words would answer the prediction for everybody who reads the cell before running it, so they stand here, by the
prediction's name: ``NN.toml`` holds a text, or a text for each of several pictures.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from adain_lab.errors import InputError

__all__ = ["described"]


@cache
def _lesson(number: str) -> dict[str, str | list[str]]:
    path = Path(__file__).with_name(f"{number}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def described(name: str) -> str | list[str]:
    """The alternative text for a plot or a picture, or for each of several pictures.

    Args:
        name: the prediction's, such as "05-flat"; what else is shown after it has a number behind: "02-curves 2".

    Raises:
        ValueError: there is no text of that name.

    Example:
        >>> described("05-flat")[1]
        'A flat grey square.'
    """
    number, _, key = name.partition("-")
    texts = _lesson(number)
    if key not in texts:
        raise InputError(f"there is no description {name!r}")
    found = texts[key]
    return list(found) if isinstance(found, list) else found
