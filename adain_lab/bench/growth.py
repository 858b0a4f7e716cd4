"""How cost grows: with the number of pixels, of styles, and of regions."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import torch

from adain_lab.bench.contenders import Work, pictures
from adain_lab.bench.timing import Clock, fair_rounds, one_pass, take_turns, tasks_of
from adain_lab.errors import InputError
from adain_lab.statistics import mix
from adain_lab.stylizer import Stylizer

__all__ = ["COUNTS", "controls", "exponent", "line", "pixels"]

#: How many styles or regions.
COUNTS = (1, 2, 4, 8)


def exponent(sizes: Sequence[float], milliseconds: Sequence[float]) -> float:
    """The p of ``time = constant · pixels^p`` that fits best: the slope of a straight line through the logarithms.

    Args:
        sizes: sides in pixels, at least two different ones.
        milliseconds: the time at each.

    Returns:
        1 when twice the pixels take twice the time; less when something does not grow with the picture.

    Example:
        >>> round(exponent([128, 256, 512], [2, 8, 32]), 3)
        1.0
    """
    if len(sizes) != len(milliseconds) or len(set(sizes)) < 2 or min(*sizes, *milliseconds) <= 0:
        raise InputError(
            f"an exponent needs positive times at two sizes or more, got {list(milliseconds)} at {list(sizes)}"
        )
    return line([2 * math.log(size) for size in sizes], [math.log(ms) for ms in milliseconds])[1]


def line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Least squares: the (a, b) of ``y = a + b · x``.

    Example:
        >>> line([1, 2, 4], [5, 7, 11])
        (3.0, 2.0)
    """
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((p - mean_x) * (q - mean_y) for p, q in zip(x, y, strict=True)) / sum((p - mean_x) ** 2 for p in x)
    return mean_y - slope * mean_x, slope


def pixels(
    rows: list[dict[str, Any]], tasks: Sequence[str] = ("stylize", "redraw", "iteration")
) -> list[dict[str, Any]]:
    """The exponent of every contender and task that was measured at two sizes or more."""
    series: dict[tuple[str, ...], list[tuple[int, float]]] = {}
    for row in rows:
        if row["task"] in tasks:
            series.setdefault((row["task"], row["name"], row["device"], row["precision"]), []).append(
                (row["size"], row["milliseconds"])
            )
    return [
        {
            **dict(zip(("task", "name", "device", "precision"), key, strict=True)),
            "exponent": round(exponent(*zip(*points, strict=True)), 2),
        }
        for key, points in series.items()
        if len({size for size, _ in points}) > 1
    ]


def controls(
    stylizer: Stylizer, size: int, rounds: int, clock: Clock = time.perf_counter, counts: Sequence[int] = COUNTS
) -> list[dict[str, Any]]:
    """Milliseconds with 1, 2, 4, 8 styles or regions, and what each further one costs.

    Returns:
        Rows with ``what``, ``milliseconds`` by count, ``fixed`` and ``each``: the line ``fixed + each · count`` through
            them.
    """
    content, style = pictures(size, stylizer.device)
    code, statistics = stylizer.encode_content(content), stylizer.encode_style(style)
    stripes = torch.arange(size).div(size / max(counts), rounding_mode="floor").long()

    def styles(count: int) -> Work:
        return {"stylize": lambda: stylizer(content, [style] * count)}

    def mixture(count: int) -> Work:
        return {"redraw": lambda: stylizer.render(code, mix([statistics] * count), 0.7)}

    def regions(count: int) -> Work:
        masks = [(stripes % count == k).float().expand(size, size).contiguous() for k in range(count)]
        return {"redraw": lambda: stylizer.render(code, [statistics] * count, 0.7, masks=masks)}

    found = []
    for what, make in (
        ("styles, each encoded", styles),
        ("cached styles mixed, redraw", mixture),
        ("regions with cached styles, redraw", regions),
    ):
        works = {count: (make(count), stylizer.device) for count in counts}
        warm = {count: sum(one_pass(work, device, clock).values()) for count, (work, device) in works.items()}
        passes = take_turns(works, {count: fair_rounds(4 * seconds, rounds) for count, seconds in warm.items()}, clock)
        times = {str(count): next(iter(tasks_of("", timed).values())) for count, timed in passes.items()}
        fixed, each = line(list(counts), list(times.values()))
        found.append({"what": what, "milliseconds": times, "fixed": round(fixed, 2), "each": round(each, 3)})
    return found
