"""Checks of lesson 07: timing, when training pays, the front of a trade-off, and a measurement of one's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson07 import (
    CROSSOVER_MISTAKES,
    PARETO_MISTAKES,
    TIMING_MISTAKES,
    Device,
    exact_crossover,
    exact_pareto,
    exact_time,
)
from adain_lab.checks.probe import Failed, Student, random, seeded

__all__ = ["crossover", "my_measurement", "pareto", "time_it"]

#: Seconds of the jobs that a device is given, and how many rounds are asked for.
_JOBS = (
    ((7.1, 2.3, 9.7, 3.2, 2.9, 6.4), 5),
    ((7.3, 4.1, 2.2, 3.7, 8.6), 4),
    ((5.3, 2.6), 1),
)


@exercise("time_it", "07", points=2)
def time_it(student: Student):
    """Check ``time_it(work, wait, clock, rounds) -> seconds``: one call to warm up, then the median of ``rounds``
    calls.

    Example:
        >>> from adain_lab import checks
        >>> def hasty(work, wait, clock, rounds):
        ...     work()
        ...     began = clock()
        ...     work()
        ...     return clock() - began
        >>> result = checks.time_it(hasty)
        ✗ time_it: not right yet
          You read the clock before the device is done, and so you time the handing over: `wait()` before each
          reading.
    """
    devices = [Device(jobs) for jobs, _ in _JOBS]
    found = [
        _number(student(device.work, device.wait, device.clock, rounds), "the seconds of one call")
        for device, (_, rounds) in zip(devices, _JOBS, strict=True)
    ]
    expected = _timed_by(exact_time)
    if not _equal(found, expected):
        for mistake in TIMING_MISTAKES:
            if _equal(found, _timed_by(mistake.wrong)):
                raise Failed(mistake.message)
    for device, (jobs, rounds), got, right in zip(devices, _JOBS, found, expected, strict=True):
        if device.calls != rounds + 1:
            raise Failed(
                f"you call `work()` {device.calls} times; for rounds = {rounds} it must be called {rounds + 1} times: once to warm up, and "
                "once per round"
            )
        if not math.isclose(got, right, rel_tol=1e-6):
            raise Failed(
                f"a device whose calls take {', '.join(f'{seconds:g}' for seconds in jobs)} seconds, the first of them to warm up, "
                f"has a median of {right:.3f} s over {rounds} rounds, but you return {got:.3f}"
            )
    return "it waits for the device, leaves the first call out, and one slow round does not move it"


def _timed_by(timer: Any) -> list[float]:
    """What a timer says of every device."""
    devices = [Device(jobs) for jobs, _ in _JOBS]
    return [timer(d.work, d.wait, d.clock, rounds) for d, (_, rounds) in zip(devices, _JOBS, strict=True)]


def _equal(found: list[float], wanted: list[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(found, wanted, strict=True))


#: Seconds of training, per picture of the network, and per picture of the optimisation.
_COSTS = ((100, 2, 12), (105, 2, 12), (104, 2, 12), (7200, 0.02, 15), (30, 8, 9), (3, 1, 50))


@exercise("crossover", "07", points=2)
def crossover(student: Student):
    """Check ``crossover(training, network, optimisation) -> n``: with n pictures or more, training a network has paid.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.crossover(lambda training, network, optimisation: training / (optimisation - network))
        ✗ crossover: not right yet
          This is where the two lines meet; nobody paints a fraction of a picture: round it up.
          For 105 s of training, 2 s and 12 s per picture you return 10.5; it is 11.
    """
    found = [_number(student(*costs), "a number of pictures") for costs in _COSTS]
    expected = [exact_crossover(*costs) for costs in _COSTS]
    for costs, got, right in zip(_COSTS, found, expected, strict=True):
        if got == right:
            continue
        example = f"for {costs[0]:g} s of training, {costs[1]:g} s and {costs[2]:g} s per picture you return {got:g}; it is {right}"
        for mistake in CROSSOVER_MISTAKES:
            if all(
                math.isclose(value, mistake.wrong(*c), rel_tol=1e-9) for value, c in zip(found, _COSTS, strict=True)
            ):
                raise Failed(mistake.message, example)
        raise Failed(example)
    for costs, words in (((100, 12, 12), "as long per picture as"), ((100, 15, 12), "longer per picture than")):
        value = student(*costs)
        if not isinstance(value, (int, float)) or value != math.inf:
            raise Failed(
                f"a network that takes {words} the optimisation never pays for its training: return `math.inf`, not {value!r}"
            )
    return "training is paid back once the pictures have saved what it cost, and never by a network that is no faster"


#: Plots to read: (seconds, loss) by name.
_PLOTS = (
    {"a": (1.0, 9.0), "b": (2.0, 5.0), "c": (3.0, 6.0), "d": (4.0, 2.0), "e": (9.0, 4.0), "f": (10.0, 1.0)},
    {"quick": (1.0, 4.0), "tied, worse": (3.0, 2.0), "tied, better": (3.0, 1.0), "slow": (8.0, 1.0)},
    {"one": (2.0, 3.0), "the same place": (2.0, 3.0), "beaten": (2.0, 4.0), "slower": (5.0, 3.5)},
    {"alone": (1.0, 1.0)},
)


@exercise("pareto", "07", points=2)
def pareto(student: Student):
    """Check ``pareto(points) -> names`` of those points (seconds, loss) that no other point beats.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.pareto(lambda points: [min(points, key=lambda name: points[name][0])])
        ✗ pareto: not right yet
          You return the fastest one alone: whoever is slower, but better than all that are faster, belongs to
          the front, too.
    """
    found = [_names(student(dict(points)), points) for points in _PLOTS]
    expected = [set(exact_pareto(points)) for points in _PLOTS]
    for points, got, right in zip(_PLOTS, found, expected, strict=True):
        if got == right:
            continue
        for mistake in PARETO_MISTAKES:
            if found == [set(mistake.wrong(p)) for p in _PLOTS]:
                raise Failed(mistake.message)
        listed = ", ".join(f"{name} ({x:g} s, loss {y:g})" for name, (x, y) in points.items())
        wrong = [f"{name} is beaten" for name in got - right] + [f"nobody beats {name}" for name in right - got]
        raise Failed(f"of {listed}: {', '.join(sorted(wrong))}")
    return "for each one that you left out there is another at least as quick and as good; for those on the front there is none"


def _names(value: Any, points: Mapping[str, tuple[float, float]]) -> set[str]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise Failed(f"return a list of names, not a {type(value).__name__}")
    names = list(value)
    strange = [name for name in names if not isinstance(name, str) or name not in points]
    if strange:
        raise Failed(f"{strange[0]!r} is not the name of a point: return the keys of `points`")
    return set(names)


@exercise("my_measurement", "07", points=1, keep=False)
def my_measurement(student: Student):
    """Check ``my_measurement(stylizer, content, style) -> {setting: value}`` softly: three settings or more, and they
    differ.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_measurement(lambda stylizer, content, style: {"alpha 1": 0.2})
        ✗ my_measurement: not right yet
          Measure at three settings or more: you have 1.
    """
    from adain_lab.stylizer import load

    content, style = (
        random(1, 3, 8, 8, seed=s, dtype=torch.float32).repeat_interleave(8, 2).repeat_interleave(8, 3)
        for s in (71, 72)
    )
    stylizer, used = load("tiny", "cpu", "float32"), []
    hooks = [
        network.register_forward_hook(lambda *_: used.append(1)) for network in (stylizer.encoder, stylizer.decoder)
    ]
    try:
        values = seeded(student, stylizer, content, style)
        others = seeded(student, stylizer, content.flip(3) ** 2, style.flip(1) ** 3)
    finally:
        for hook in hooks:
            hook.remove()
    if not isinstance(values, Mapping):
        raise Failed(f"return a dictionary {{setting: value}}, not a {type(values).__name__}")
    if len(values) < 3:
        raise Failed(f"measure at three settings or more: you have {len(values)}")
    numbers = {str(setting): _number(value, f"the value at {setting!r}") for setting, value in values.items()}
    if max(numbers.values()) - min(numbers.values()) <= 1e-9 * max(1e-12, *map(abs, numbers.values())):
        raise Failed(
            f"all {len(numbers)} values are {next(iter(numbers.values())):g}: does what you measure depend on the setting?"
        )
    if not used and isinstance(others, Mapping) and dict(others) == dict(values):
        raise Failed(
            "nothing was painted or encoded for these numbers, and other pictures give the same: measure something"
        )
    if isinstance(others, Mapping) and dict(others) == dict(values):
        raise Failed(
            "for another content and another style you return the very same numbers: are they measured on what is given?"
        )
    lowest, highest = min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)
    measured = f"{len(numbers)} settings, from {numbers[lowest]:.4g} at {lowest} to {numbers[highest]:.4g} at {highest}"
    return "it can be plotted; what does it say, and would you measure the same tomorrow?", [measured]


def _number(value: Any, what: str) -> float:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        said = "NaN" if isinstance(value, float) else f"a {type(value).__name__}"
        raise Failed(f"{what} should be a number, not {said}")
    return value


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (time_it, crossover, pareto, my_measurement)}
