"""What was measured before a lesson: the same experiment for many seeds, as small files beside this module.

``tools/measure_lessons.py`` writes them. A lesson draws them as a cloud of thin lines and its own run over them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adain_lab.errors import MissingFileError

__all__ = ["FOLDER", "cloud", "final", "measured"]

FOLDER = Path(__file__).resolve().parent


def measured(name: str) -> dict[str, Any]:
    """The record of an experiment: what it was made with, its seeds, and its runs.

    Raises:
        FileNotFoundError: nothing of that name was measured.

    Example:
        >>> measured("norms")["runs"].keys()
        dict_keys(['original', 'equal contrast', 'equal style'])
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json")))
        raise MissingFileError(f"nothing called {name!r} was measured: choose from {known}")
    return json.loads(path.read_text(encoding="utf-8"))


def cloud(axes: Any, x: Sequence[float], runs: Sequence[Sequence[float]], colour: str, label: str) -> None:
    """Draw one thin line per run; only the first has a name in the legend.

    Args:
        axes: of matplotlib.
        x: iterations.
        runs: a list of values per run, as long as ``x``.
        colour: of all of them.
        label: for the legend.
    """
    for number, run in enumerate(runs):
        axes.plot(x, run, color=colour, linestyle="-", linewidth=0.8, alpha=0.45, label="" if number else label)


def final(runs: Sequence[Sequence[float]], count: int) -> list[float]:
    """The mean of the last ``count`` values of every run, or of all where there are fewer.

    Example:
        >>> final([[9, 1, 3], [9, 5, 5]], 2)
        [2.0, 5.0]
    """
    return [sum(run[-count:]) / len(run[-count:]) for run in runs]
