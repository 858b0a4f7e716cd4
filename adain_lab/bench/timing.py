"""Taking turns: contenders run round by round, so that a busy moment of the machine meets all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from adain_lab.bench.contenders import BASELINE, Work

__all__ = ["Clock", "fair_rounds", "one_pass", "ratios", "take_turns", "tasks_of"]

Clock = Callable[[], float]
#: What a contender may use for one size, seconds, beyond its first round.
SECONDS = 3.0


def one_pass(work: Work, device: torch.device, clock: Clock = time.perf_counter) -> dict[str, float]:
    """Every part of the work once, in order.

    Args:
        work: functions by the names of the parts.
        device: waited for before and after each part, where it works on its own.
        clock: seconds that only grow.

    Returns:
        Seconds of each part.
    """
    taken = {}
    for part, function in work.items():
        _wait(device)
        began = clock()
        function()
        _wait(device)
        taken[part] = clock() - began
    return taken


def take_turns(
    works: Mapping[Any, tuple[Work, torch.device]],
    rounds: Mapping[Any, int],
    clock: Clock = time.perf_counter,
    each: Callable[[Any], Any] = lambda key: None,
) -> dict[Any, list[dict[str, float]]]:
    """So many passes of every contender, one after another in each round.

    Args:
        works: by contender, with its device.
        rounds: by contender; those with fewer than the others are spread over all rounds.
        clock: seconds.
        each: called with the contender after each of its passes.

    Returns:
        The seconds of each part, pass by pass, by contender.
    """
    passes: dict[Any, list[dict[str, float]]] = {key: [] for key in works}
    most = max(rounds.values(), default=0)
    for number in range(most):
        for key, (work, device) in works.items():
            if (number + 1) * rounds[key] // most > number * rounds[key] // most:
                passes[key].append(one_pass(work, device, clock))
                each(key)
    return passes


def fair_rounds(seconds: float, rounds: int) -> int:
    """How often something that takes ``seconds`` is repeated: what fits into :data:`SECONDS`, at least once, at most
    ``rounds``.

    Example:
        >>> fair_rounds(0.01, 10), fair_rounds(1.2, 10), fair_rounds(30, 10)
        (10, 2, 1)
    """
    return max(1, min(rounds, int(SECONDS / max(seconds, 1e-9))))


def tasks_of(name: str, passes: list[dict[str, float]]) -> dict[str, float]:
    """Median milliseconds of the tasks that people know, put together from the parts of each pass.

    ``stylize`` is a whole picture; ``content``, ``style`` and ``decode`` are its parts; ``cached`` leaves the style's
    part out; ``redraw`` is what a moved slider costs: the decoder alone, but everything for the plain network, which
    has no shortcut.

    Args:
        name: of the contender.
        passes: seconds of each part, pass by pass.

    Example:
        >>> tasks_of("slim", [{"content": 0.2, "style": 0.3, "decode": 0.1}])
        {'stylize': 600.0, 'content': 200.0, 'style': 300.0, 'decode': 100.0, 'cached': 300.0, 'redraw': 100.0}
    """
    if "decode" not in passes[0]:
        sums = {part: [p[part] for p in passes] for part in passes[0]}
    else:
        sums = {"stylize": [sum(p.values()) for p in passes], **{part: [p[part] for p in passes] for part in passes[0]}}
        sums["cached"] = [p["content"] + p["decode"] for p in passes]
        sums["redraw"] = sums["stylize" if name == BASELINE else "decode"]
    return {task: round(1000 * statistics.median(values), 2) for task, values in sums.items()}


def ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with ``times_faster``: the baseline's time of the same task, device and size divided by theirs; None
    where it has none.

    Example:
        >>> shared = {"task": "redraw", "device": "cpu", "size": 64}
        >>> rows = [{"name": BASELINE, "milliseconds": 90.0, **shared}, {"name": "tiny", "milliseconds": 4.0, **shared}]
        >>> [row["times_faster"] for row in ratios(rows)]
        [1.0, 22.5]
    """

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["task"], row["device"], row["size"]

    baseline = {place(row): row["milliseconds"] for row in rows if row["name"] == BASELINE}
    compared = []
    for row in rows:
        own, other = row["milliseconds"], baseline.get(place(row))
        compared.append({**row, "times_faster": round(other / own, 2) if other and own else None})
    return compared


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
