"""The checks of lesson 07: a solution passes, a stub is "not attempted", every mistake has its name."""

import math
import statistics

import pytest
import torch
from exercises import ExerciseTests, said

from adain_lab import checks
from adain_lab.checks.mistakes import lesson07 as mistakes07

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_measurement(stylizer, content, style):
    code, known = stylizer.encode_content(content), stylizer.encode_style(style)
    plain = stylizer.render(code, known, 0.0)
    return {
        f"alpha {alpha:g}": float((stylizer.render(code, known, alpha) - plain).abs().mean()) for alpha in (0, 0.5, 1)
    }


SOLUTIONS = {
    "time_it": mistakes07.exact_time,
    "crossover": mistakes07.exact_crossover,
    "pareto": mistakes07.exact_pareto,
    "my_measurement": solved_measurement,
}
MISTAKES = {
    "time_it": mistakes07.TIMING_MISTAKES,
    "crossover": mistakes07.CROSSOVER_MISTAKES,
    "pareto": mistakes07.PARETO_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("07",), SOLUTIONS, MISTAKES


def test_a_timer_may_be_written_in_other_ways():
    def with_arrays(work, wait, clock, rounds):
        work()
        wait()
        readings = [clock()]
        for _ in range(rounds):
            work()
            wait()
            readings.append(clock())
        return torch.tensor(readings, dtype=torch.float64).diff().quantile(0.5)

    assert checks.time_it(with_arrays).passed


def test_a_timer_that_calls_too_often_is_counted():
    def twice(work, wait, clock, rounds):
        times = []
        for _ in range(rounds + 2):
            wait()
            began = clock()
            work()
            wait()
            times.append(clock() - began)
        return statistics.median(times[1:])

    assert "you call `work()` 7 times; for rounds = 5 it must be called 6 times" in said(checks.time_it, twice).replace(
        "You", "you"
    )


def test_a_front_may_come_in_any_order_and_type():
    assert checks.pareto(lambda points: set(mistakes07.exact_pareto(points))).passed
    assert checks.pareto(lambda points: tuple(reversed(mistakes07.exact_pareto(points)))).passed
    assert checks.pareto(lambda points: {name: points[name] for name in mistakes07.exact_pareto(points)}).passed
    assert "not the name of a point" in said(checks.pareto, lambda points: [0, 1])
    assert "nobody beats" in said(checks.pareto, lambda points: mistakes07.exact_pareto(points)[:-1])


def test_what_never_pays_is_infinite():
    for wrong in (0, -5, None, "never", 10**9):

        def crossover(training, network, optimisation, wrong=wrong):
            return mistakes07.exact_crossover(training, network, optimisation) if network < optimisation else wrong

        assert checks.crossover(crossover).status == "failed"

    def divides(training, network, optimisation):
        return math.ceil(training / (optimisation - network))

    assert "ZeroDivisionError" in said(checks.crossover, divides)


def test_the_reference_crossover_is_the_first_picture_at_which_training_is_no_dearer():
    for training in range(0, 40, 3):
        for network in (0, 1, 2, 5):
            for optimisation in (1, 2, 5, 7):
                n = mistakes07.exact_crossover(training, network, optimisation)
                pays = [k for k in range(200) if training + k * network <= k * optimisation]
                assert n == (pays[0] if pays else math.inf)


def test_the_reference_front_is_beaten_by_nobody():
    points = {
        str(i): tuple(row)
        for i, row in enumerate(torch.rand(40, 2, generator=torch.Generator().manual_seed(3)).tolist())
    }
    front = mistakes07.exact_pareto(points)
    assert 1 < len(front) < 20
    for name, (x, y) in points.items():
        beaten = any(a <= x and b <= y and (a, b) != (x, y) for a, b in points.values())
        assert beaten == (name not in front)


@pytest.mark.parametrize(
    "values, words",
    [
        ([1, 2, 3], "a dictionary"),
        ({"a": 1.0, "b": 2.0}, "three settings or more: you have 2"),
        ({"a": 1.0, "b": "two", "c": 3.0}, "should be a number, not a str"),
        ({"a": 1.0, "b": math.nan, "c": 3.0}, "not NaN"),
        ({"a": 1.0, "b": 1.0, "c": 1.0}, "all 3 values are 1"),
    ],
)
def test_a_measurement_has_several_numbers_that_differ(values, words):
    assert words.casefold() in said(checks.my_measurement, lambda *_: values).casefold()
