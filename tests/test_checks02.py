"""The checks of lesson 02: solutions pass, stubs are "not attempted", and every mistake has its name."""

import pytest
import torch
from exercises import ExerciseTests
from torch.nn import functional as F

import adain_lab
from adain_lab import checks
from adain_lab.checks.mistakes import lesson02 as mistakes02
from adain_lab.checks.mistakes import loops
from adain_lab.lessons import experiments

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_closure(optimizer, image, loss_of):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(image)
        loss.backward()
        return loss

    return closure


def solved_style(features, style_features, weights):
    return sum(
        w * F.mse_loss(adain_lab.gram_matrix(features[k]), adain_lab.gram_matrix(style_features[k]))
        for k, w in weights.items()
    )


SOLUTIONS = {
    "content_loss": lambda features, target: (features - target).square().mean(),
    "gram_matrix": lambda features: features.flatten(2) @ features.flatten(2).transpose(1, 2) / features[0, 0].numel(),
    "style_loss": solved_style,
    "closure": solved_closure,
    "my_transfer": lambda: {"style_weight": 30.0, "init": "noise"},
    "pixel_loop": experiments.pixel_loop,
}
MISTAKES = {
    "content_loss": mistakes02.CONTENT_MISTAKES,
    "gram_matrix": mistakes02.GRAM_MISTAKES,
    "style_loss": mistakes02.STYLE_MISTAKES,
    "pixel_loop": loops.PIXEL_LOOP_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("02",), SOLUTIONS, MISTAKES


# ---- mistakes as people write them ----------------------------------------------------------------------------------


def said(name, function) -> str:
    result = checks.EXERCISES[name](function)
    assert result.status == "failed", result
    return result.message[0].lower() + result.message[1:]


def test_losses_without_a_gradient():
    assert "no gradient reaches the picture" in said("content_loss", lambda f, t: (f.detach() - t).square().mean())
    assert "plain number" in said("content_loss", lambda f, t: (f - t).square().mean().item())
    assert "mean over all elements" in said("content_loss", lambda f, t: (f - t).square())
    detached = {"no gradient": lambda f, s, w: solved_style({k: v.detach() for k, v in f.items()}, s, w)}
    assert "no gradient reaches the picture" in said("style_loss", detached["no gradient"])


def test_gram_matrices_of_the_wrong_shape():
    def flat(f):
        return f.flatten(2)

    assert "per pair of places" in said("gram_matrix", lambda f: flat(f).transpose(1, 2) @ flat(f))
    assert "one for the whole batch" in said("gram_matrix", lambda f: torch.einsum("bchw,bdhw->cd", f, f) / 20)
    assert "element by element" in said("gram_matrix", lambda f: f * f)
    assert "where things are must not matter" in said(
        "gram_matrix", lambda f: flat(f) @ flat(f).flip(2).transpose(1, 2) / 20
    )


def test_closures():
    def made(*lines):
        def make_closure(optimizer, image, loss_of):
            def closure():
                values = {}
                for line in lines:
                    line(optimizer, image, loss_of, values)
                return values.get("returned")

            return closure

        return make_closure

    def zero(o, i, f, v):
        o.zero_grad()

    def ask(o, i, f, v):
        v["loss"] = f(i)

    def ask_detached(o, i, f, v):
        v["loss"] = f(i.detach())

    def backward(o, i, f, v):
        v["loss"].backward()

    def step(o, i, f, v):
        o.step()

    def clamp(o, i, f, v):
        i.data.clamp_(0.4, 0.6)

    def give(o, i, f, v):
        v["returned"] = v["loss"]

    assert checks.closure(made(zero, ask, backward, give)).passed
    assert "begin with `optimizer.zero_grad()`" in said("closure", made(ask, backward, give))
    assert "`loss.backward()`" in said("closure", made(zero, ask, give))
    assert "returned None" in said("closure", made(zero, ask, backward)) or "returns nothing" in said(
        "closure", made(zero, ask, backward)
    )
    assert "leave it out" in said("closure", made(zero, ask, backward, step, give))
    assert "detached copy" in said("closure", made(zero, ask_detached, give))
    assert "zero_grad` stands after" in said("closure", made(ask, backward, zero, give))
    assert "only the optimiser may" in said("closure", made(zero, ask, backward, clamp, give))
    assert "return the *function*" in said("closure", lambda o, i, f: f(i))

    def no_return(optimizer, image, loss_of):
        def closure():
            optimizer.zero_grad()
            loss_of(image).backward()

        return closure

    assert "returns nothing" in said("closure", no_return)


def test_transfers_of_ones_own():
    assert "there is no setting 'colour'" in said("my_transfer", lambda: {"colour": 1})
    assert "not a list" in said("my_transfer", lambda: [1])
    assert "style_weight must be" in said("my_transfer", lambda: {"style_weight": -1.0})
    assert "these are the defaults" in said("my_transfer", lambda: {"style_weight": 5.0})
