"""The engine: it finds minima, hands out frozen steps, and stops cleanly."""

import pytest
import torch

from adain_lab.optimize.pixels import OPTIMIZERS, NonFiniteLoss, optimize


def bowl(target=0.6):
    return lambda x: {"distance": (x - target).square().mean()}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_it_finds_the_minimum_of_a_bowl(optimizer):
    start = torch.full((1, 3, 4, 5), 0.1)
    steps = list(optimize(start, bowl(), steps=80, optimizer=optimizer))
    assert [step.iteration for step in steps] == list(range(81))
    assert steps[0].loss == pytest.approx(0.25) and torch.equal(steps[0].pixels, start)
    assert steps[-1].loss < 1e-4
    assert all(a.seconds <= b.seconds for a, b in zip(steps, steps[1:], strict=False))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_losses_of_a_step_are_those_of_its_picture(optimizer):
    for step in optimize(torch.rand(1, 3, 4, 4), bowl(), steps=5, optimizer=optimizer):
        assert step.losses["distance"] == pytest.approx(float((step.pixels - 0.6).square().mean()), rel=1e-5)


def test_steps_are_frozen_and_keep_their_pictures():
    torch.manual_seed(0)  # from some starts it arrives in two steps
    steps = list(optimize(torch.rand(1, 3, 4, 4), bowl(), steps=3))
    assert len({float(step.pixels.sum()) for step in steps}) == 4
    with pytest.raises(AttributeError):
        steps[0].iteration = 7


def test_the_start_is_not_changed():
    start = torch.full((1, 3, 2, 2), 0.2)
    list(optimize(start, bowl(), steps=3))
    assert (start == 0.2).all() and not start.requires_grad


def test_pixels_out_of_range_are_drawn_back_and_can_return():
    """A clamped pixel would have no gradient; these have, and the pictures that are read are within [0, 1]."""
    *_, last = optimize(torch.full((1, 3, 2, 2), 1.5), bowl(0.9), steps=60, optimizer="adam")
    assert last.losses["range"] < 1e-3 and last.image.max() <= 1
    *_, last = optimize(torch.full((1, 3, 2, 2), 0.5), lambda x: {"up": -x.mean()}, steps=40)
    assert last.pixels.max() < 1.1 and last.image.max() == 1


def test_a_loss_that_is_no_number_stops_it_and_says_which():
    calls = []

    def terms(x):
        calls.append(1)
        return {"good": x.mean(), "bad": x.mean() * (float("nan") if len(calls) > 3 else 1)}

    steps = []
    with pytest.raises(NonFiniteLoss, match=r"after 3 iterations \(bad\): try a lower learning rate"):
        for step in optimize(torch.rand(1, 3, 2, 2), terms, steps=9):
            steps.append(step)
    assert [step.iteration for step in steps] == [0, 1, 2]


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"steps": 0}, "at least 1"),
        ({"steps": 2.5}, "whole number"),
        ({"steps": True}, "whole number"),
        ({"steps": 3, "optimizer": "sgd"}, "choose from lbfgs, adam"),
        ({"steps": 3, "learning_rate": 0}, "positive"),
        ({"steps": 3, "learning_rate": float("nan")}, "positive"),
    ],
)
def test_bad_settings_are_refused_at_once(settings, words):
    with pytest.raises(ValueError, match=words):
        optimize(torch.rand(1, 3, 2, 2), bowl(), **settings)
