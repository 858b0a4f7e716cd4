"""The wrong implementations that people write in lesson 07, each with the sentence that helps."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

from adain_lab.checks.probe import Mistake

__all__ = [
    "CROSSOVER_MISTAKES",
    "PARETO_MISTAKES",
    "TIMING_MISTAKES",
    "Device",
    "exact_crossover",
    "exact_pareto",
    "exact_time",
]

# ---- time_it(work, wait, clock, rounds) ------------------------------------------------------------------------


class Device:
    """A device that works on its own, and a clock: what ``time_it`` meets, without any real time.

    A call of :meth:`work` hands over a job and returns at once; only :meth:`wait` lets the device finish what it was
    given. The first job takes longer, and so does one in the middle.

    Args:
        jobs: seconds of each job, in order; later ones take as long as the last.
        launch: seconds for handing over.
    """

    def __init__(self, jobs: tuple[float, ...], launch: float = 0.001):
        self.jobs, self.launch, self.now, self.waiting, self.calls = jobs, launch, 100.0, 0.0, 0

    def work(self) -> None:
        self.now += self.launch
        self.waiting += self.jobs[min(self.calls, len(self.jobs) - 1)]
        self.calls += 1

    def wait(self) -> None:
        self.now += self.waiting
        self.waiting = 0.0

    def clock(self) -> float:
        return self.now


def _timer(
    pick: Callable[[list[float]], float] = statistics.median,
    *,
    warm: int = 1,
    before: bool = True,
    after: bool = True,
    extra: int = 0,
) -> Callable:
    def time_it(work, wait, clock, rounds):
        for _ in range(warm):
            work()
        times = []
        for _ in range(rounds + extra):
            if before:
                wait()
            began = clock()
            work()
            if after:
                wait()
            times.append(clock() - began)
        return pick(times)

    return time_it


exact_time = _timer()


TIMING_MISTAKES = (
    Mistake(
        _timer(after=False),
        "You read the clock before the device is done, and so you time the handing over: `wait()` before each reading.",
    ),
    Mistake(
        _timer(before=False),
        "The first round also pays for what the warm-up left on the device: `wait()` before the first reading, too.",
    ),
    Mistake(
        _timer(warm=0),
        "Your first round is the very first call, which also loads and prepares: make one call that is not counted.",
    ),
    Mistake(
        _timer(statistics.fmean),
        "You take the mean, and one slow round moves it: time each round on its own, and take the median.",
    ),
    Mistake(
        _timer(statistics.fmean, warm=0),
        "You take the mean of all calls, the very first one too: one call that is not counted, then the median.",
    ),
    Mistake(_timer(min), "You take the fastest round: what a user waits for is the median."),
    Mistake(_timer(max), "You take the slowest round: what a user waits for is the median."),
    Mistake(
        _timer(sum),
        "You return the time of all rounds together: read the clock around each round, and take the median.",
    ),
    Mistake(
        _timer(lambda times: times[-1]), "You return the last round alone: collect all of them, and take the median."
    ),
    Mistake(
        _timer(lambda times: times[0]), "You return the first round alone: collect all of them, and take the median."
    ),
    Mistake(
        _timer(lambda times: sorted(times)[len(times) // 2]),
        "With an even number of rounds the median is the mean of the two in the middle: `statistics.median` does that.",
    ),
    Mistake(
        _timer(lambda times: times[len(times) // 2]),
        "You return the round in the middle of the list; the median is the middle of the *sorted* list: `statistics.median` sorts.",
    ),
    Mistake(_timer(lambda times: 1000 * statistics.median(times)), "You return milliseconds: return seconds."),
    Mistake(
        _timer(lambda times: 1 / statistics.median(times)), "You return calls per second: return seconds per call."
    ),
    Mistake(
        _timer(lambda times: -statistics.median(times)),
        "Your time is negative: the later reading minus the earlier one.",
    ),
)

# ---- crossover(training, network, optimisation) ----------------------------------------------------------------


def exact_crossover(training, network, optimisation):
    """The smallest n with ``training + n * network <= n * optimisation``; infinite when there is none."""
    if training == 0 and network == optimisation:
        return 0
    if network >= optimisation:
        return math.inf if training > 0 else 0
    return math.ceil(training / (optimisation - network))


CROSSOVER_MISTAKES = (
    Mistake(
        lambda training, network, optimisation: training / (optimisation - network),
        "This is where the two lines meet; nobody paints a fraction of a picture: round it up.",
    ),
    Mistake(
        lambda training, network, optimisation: math.floor(training / (optimisation - network)),
        "You round down, and with that many pictures optimising is still cheaper: `math.ceil`.",
    ),
    Mistake(
        lambda training, network, optimisation: round(training / (optimisation - network)),
        "You round to the nearest, and sometimes with that many pictures optimising is still cheaper: `math.ceil`.",
    ),
    Mistake(
        lambda training, network, optimisation: math.floor(training / (optimisation - network)) + 1,
        "One too many where the division leaves no rest: at a tie training has paid for itself, so `math.ceil`.",
    ),
    Mistake(
        lambda training, network, optimisation: math.ceil(training / optimisation),
        "You forgot that the network's own pictures cost time, too: every picture saves only the difference.",
    ),
    Mistake(
        lambda training, network, optimisation: math.ceil(training / network),
        "You divide by the network's time per picture: divide by what each picture saves.",
    ),
    Mistake(
        lambda training, network, optimisation: math.ceil(training / (optimisation + network)),
        "You add the two times per picture: each picture saves their difference.",
    ),
    Mistake(
        lambda training, network, optimisation: math.ceil((training + network) / optimisation),
        "You count the network's own time for one picture only: it costs that for every picture, and each one saves the difference.",
    ),
    Mistake(
        lambda training, network, optimisation: training * (optimisation - network),
        "You multiply by the difference: how often must it be saved to make up for training?",
    ),
    Mistake(
        lambda training, network, optimisation: math.ceil(optimisation / network),
        "This is how many times faster the network is: when training is paid for is another question.",
    ),
)

# ---- pareto(points) --------------------------------------------------------------------------------------------


def exact_pareto(points):
    """Names of the points that no other one beats: none is at least as good in both and better in one."""
    return [
        name
        for name, (x, y) in points.items()
        if not any(a <= x and b <= y and (a < x or b < y) for other, (a, b) in points.items() if other != name)
    ]


def _unbeaten(beats: Callable[[tuple, tuple], bool]) -> Callable:
    return lambda points: [
        name
        for name, point in points.items()
        if not any(beats(rival, point) for other, rival in points.items() if other != name)
    ]


def _swept(points):
    """Sorted by time, kept where the loss falls, as an exercise in a hurry: of two with one time only the first
    counts.
    """
    kept, best = [], math.inf
    for name, (_, loss) in sorted(points.items(), key=lambda item: item[1][0]):
        if loss < best:
            kept.append(name)
            best = loss
    return kept


PARETO_MISTAKES = (
    Mistake(
        _unbeaten(lambda a, b: a[0] <= b[0] and a[1] <= b[1]),
        "Two points at one place throw each other out: a rival must be at least as good in both, and *better* in one.",
    ),
    Mistake(
        _unbeaten(lambda a, b: a[0] < b[0] and a[1] < b[1]),
        "You keep a point that is beaten in one and tied in the other: a rival need not be better in both, only at least as good.",
    ),
    Mistake(
        _unbeaten(lambda a, b: a[0] < b[0] or a[1] < b[1]),
        "A point that is beaten in *one* thing may be the best in the other: it goes only where one rival is at least as good in both.",
    ),
    Mistake(
        _unbeaten(lambda a, b: a[0] >= b[0] and a[1] >= b[1] and (a[0] > b[0] or a[1] > b[1])),
        "These are the worst ones: less time and less loss are better, so turn the comparison round.",
    ),
    Mistake(
        lambda points: [name for name in points if name not in exact_pareto(points)],
        "These are the points that are beaten: return the others.",
    ),
    Mistake(
        lambda points: [min(points, key=lambda name: points[name][k]) for k in (0, 1)],
        "You return the fastest and the best: those between them, which nobody beats in both, belong to the front, too.",
    ),
    Mistake(
        lambda points: [min(points, key=lambda name: points[name][0])],
        "You return the fastest one alone: whoever is slower, but better than all that are faster, belongs to the front, too.",
    ),
    Mistake(
        lambda points: [min(points, key=lambda name: points[name][1])],
        "You return the best one alone: whoever is worse, but quicker than all that are better, belongs to the front, too.",
    ),
    Mistake(
        list,
        "You return every point: leave out those that another one beats, at least as good in both and better in one.",
    ),
    Mistake(
        lambda points: [
            name
            for i, name in enumerate(points)
            if name in exact_pareto(points) and points[name] not in list(points.values())[:i]
        ],
        "Of two points at one place you keep the first only: neither beats the other, so both belong to the front.",
    ),
    Mistake(
        lambda points: [min(points, key=lambda name: points[name][0] * points[name][1])],
        "You return one winner: a front has no exchange rate between seconds and loss, and so it has many.",
    ),
    Mistake(
        _swept,
        "You sort by time alone, and where two take the same time the first one stays, even if the second is better or as good: compare "
        "all pairs.",
    ),
)
