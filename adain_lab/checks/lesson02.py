"""Checks of lesson 02: content loss, Gram matrix, style loss, the optimiser's closure, and a transfer of one's own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import torch

from adain_lab import functional, losses
from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson02 import CONTENT_MISTAKES, GRAM_MISTAKES, STYLE_MISTAKES
from adain_lab.checks.probe import Failed, NotAttempted, Student, close, compared, expect_tensor, name_mistake, random

__all__ = ["closure", "content_loss", "gram_matrix", "my_transfer", "style_loss"]


def _expect_number(value, what: str) -> torch.Tensor:
    if isinstance(value, (int, float)):
        raise Failed(
            f"{what} is a plain number: `.item()` and `float()` cut it off from the picture, so return the tensor"
        )
    return expect_tensor(value, (), what, "one number: take the mean over all elements")


def _expect_gradient(loss: torch.Tensor, pixels: torch.Tensor, what: str) -> None:
    gradient = torch.autograd.grad(loss, pixels, allow_unused=True)[0] if loss.requires_grad else None
    if gradient is None:
        raise Failed(
            f"{what} has the right value, but no gradient reaches the picture: leave out `.detach()` and `torch.no_grad()`"
        )


@exercise("content_loss", "02", points=1)
def content_loss(student: Student):
    """Check ``content_loss(features, target) -> loss`` (Gatys Eq. 1, as a mean).

    Example:
        >>> from adain_lab import checks
        >>> result = checks.content_loss(lambda features, target: (features - target).square().sum())
        ✗ content_loss: not right yet
          You summed the squares: a sum grows with the picture's size, so take the mean over all elements.
    """
    f, target = random(1, 4, 5, 6, seed=201).requires_grad_(True), random(1, 4, 5, 6, seed=202)
    loss = _expect_number(student(f, target), "the loss")
    if float(student(f, f.detach().clone()).detach()) != 0:
        raise Failed("the loss of features with themselves must be 0")
    otherwise = "the mean of the squared differences is another number"
    name_mistake(loss, losses.content_loss(f, target), (f, target), CONTENT_MISTAKES, otherwise)
    _expect_gradient(loss, f, "the loss")
    return "0 for the same features, the mean squared difference otherwise, and its gradient reaches the picture"


@exercise("gram_matrix", "02", points=2)
def gram_matrix(student: Student):
    """Check ``gram_matrix(features) -> (B, C, C)`` (Gatys Eq. 3, divided by H·W).

    Example:
        >>> from adain_lab import checks, gram_matrix
        >>> result = checks.gram_matrix(lambda features: gram_matrix(features) / features.shape[1])
        ✗ gram_matrix: not right yet
          You divided by C·H·W, as many programs do: here it is H·W, the number of places that are averaged over.
    """
    f = random(2, 3, 4, 5, seed=211)
    result = student(f)
    if isinstance(result, torch.Tensor) and result.shape == (2, 20, 20):
        raise Failed(
            "your matrix has an entry per pair of places: transpose the other factor, F·Fᵀ, for one per pair of channels"
        )
    if isinstance(result, torch.Tensor) and result.shape == (3, 3):
        raise Failed(
            "your matrix is one for the whole batch: every picture has its own, (B, C, C); `@` multiplies the last two dimensions"
        )
    if isinstance(result, torch.Tensor) and result.shape == f.shape:
        raise Failed("you multiplied element by element: `@` is the matrix product, `*` is not")
    expect_tensor(result, (2, 3, 3), "the output", "one C × C matrix per picture")
    # The property first: moving the places about changes nothing.
    shuffled = f.flatten(2)[..., torch.randperm(20, generator=torch.Generator().manual_seed(1))].view_as(f)
    if close(student(shuffled), result):
        otherwise = "entry (i, j) must be the mean over all places of channel i times channel j"
    else:
        otherwise = "where things are must not matter, but shuffling the places changes your matrix"
    name_mistake(result, functional.gram_matrix(f), (f,), GRAM_MISTAKES, otherwise)
    return "symmetric, one per picture, and blind to where things are"


@exercise("style_loss", "02", points=2)
def style_loss(student: Student):
    """Check ``style_loss(features, style_features, weights) -> loss`` (Gatys Eq. 4 and 5, as means).

    Example:
        >>> from adain_lab import checks, gram_matrix
        >>> def unweighted(features, style_features, weights):
        ...     return sum((gram_matrix(features[k]) - gram_matrix(style_features[k])).square().mean() for k in weights)
        >>> result = checks.style_loss(unweighted)
        ✗ style_loss: not right yet
          The layers' weights are not used: multiply each layer's term with `weights[layer]`.
    """
    f = {
        "relu1_1": random(1, 3, 8, 8, seed=221).requires_grad_(True),
        "relu2_1": random(1, 5, 4, 4, seed=222).requires_grad_(True),
        "relu3_1": random(1, 4, 3, 3, seed=225).requires_grad_(True),
    }
    s = {  # of other sizes, and neither always weaker nor always stronger
        "relu1_1": random(1, 3, 6, 9, seed=223) ** 2,
        "relu2_1": 2 * random(1, 5, 3, 5, seed=224) ** 2,
        "relu3_1": random(1, 4, 2, 5, seed=226) ** 3,
    }
    weights = {"relu1_1": 0.5, "relu2_1": 3.0, "relu3_1": 2.0}
    loss = _expect_number(student(f, s, weights), "the loss")
    if abs(float(student(s, s, weights).detach())) > 1e-12:
        raise Failed("the loss of a picture with itself must be 0")
    expected = functional.total(
        w * (functional.gram_matrix(f[k]) - functional.gram_matrix(s[k])).square().mean() for k, w in weights.items()
    )
    name_mistake(loss, expected, (f, s, weights), STYLE_MISTAKES, compared("the loss", loss, expected))
    _expect_gradient(loss, f["relu1_1"], "the loss")
    return "a weighted sum over layers of how far the Gram matrices are apart, whatever the pictures' sizes"


_DETACHED = (
    "your closure gives a detached copy to `loss_of`, or computes the loss under `torch.no_grad()`, so that no gradient comes back: give "
    "`image` itself"
)


class _Spy(torch.optim.SGD):
    """An optimiser that notes what is done with it."""

    def __init__(self, parameters: Iterable[torch.Tensor]) -> None:
        super().__init__(parameters, lr=0.1)
        self.calls: list[str] = []

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.calls.append("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure=None):
        self.calls.append("step")


@exercise("closure", "02", points=2)
def closure(student: Student):
    """Check ``make_closure(optimizer, image, loss_of) -> closure``: what L-BFGS calls to learn the loss and its
    gradient.

    Example:
        >>> from adain_lab import checks
        >>> def forgetful(optimizer, image, loss_of):
        ...     def closure():
        ...         loss = loss_of(image)
        ...         loss.backward()
        ...         return loss
        ...     return closure
        >>> result = checks.closure(forgetful)
        ✗ closure: not right yet
          The gradient of the second call contains that of the first: PyTorch adds gradients up, so begin with
          `optimizer.zero_grad()`.
    """
    image = (2 * random(1, 3, 4, 4, seed=231) - 0.5).requires_grad_(
        True
    )  # also outside [0, 1], where a clamp would show
    before = image.detach().clone()
    optimizer, asked = _Spy([image]), []

    def loss_of(picture):
        asked.append(picture)
        return (picture - 0.25).square().sum()

    call = student(optimizer, image, loss_of)
    if isinstance(call, torch.Tensor):
        raise Failed("you computed a loss: return the *function* that computes it, `return closure`, without brackets")
    if not callable(call):
        raise Failed(
            f"`make_closure` should return a function, but it returned a {type(call).__name__}: end it with `return closure`"
        )
    outside = len(asked)
    inner = Student(call)
    try:
        loss = inner()
    except NotAttempted as error:
        raise Failed(
            "your closure returns nothing: L-BFGS needs the value of the loss, so end it with `return loss`"
        ) from error
    except Failed as failure:
        if "does not require grad" in failure.message:
            raise Failed(_DETACHED) from failure
        raise
    if not asked:
        raise Failed("your closure never asks for the loss: call `loss_of(image)` in it")
    if len(asked) == outside:
        raise Failed(
            "your loss is computed once, outside of the closure, so that every call gives the old value and the old gradient: L-BFGS "
            "moves the picture and asks again, so call `loss_of(image)` *inside*"
        )
    if asked[-1] is not image and not asked[-1].requires_grad:
        raise Failed(_DETACHED)
    if "step" in optimizer.calls:
        raise Failed("your closure calls `optimizer.step()`, but it is the step that calls the closure: leave it out")
    if (
        image.grad is None
        and optimizer.calls
        and optimizer.calls[-1] == "zero_grad"
        and getattr(loss, "requires_grad", False)
    ):
        raise Failed(
            "after your closure the picture has no gradient: `loss.backward()` is missing, or `zero_grad` stands after it"
        )
    if image.grad is None:
        raise Failed("after your closure the picture has no gradient: call `loss.backward()` in it")
    if torch.equal(image.detach(), before.clamp(0, 1)):
        raise Failed(
            "your closure clamps the picture, behind the optimiser's back: L-BFGS calls it several times in one step and counts on the "
            "picture to stay where it put it, so clamp after `optimizer.step(closure)`"
        )
    if asked[-1] is not image and torch.equal(asked[-1].detach(), before.clamp(0, 1)):
        raise Failed(
            "your closure gives a clamped copy to `loss_of`: where the picture leaves [0, 1] no gradient can bring it back, so give "
            "`image` itself, and clamp after `optimizer.step(closure)`"
        )
    if not torch.equal(image.detach(), before):
        raise Failed("your closure changes the picture: only the optimiser may do that")
    if not isinstance(loss, (torch.Tensor, float)) or not close(torch.as_tensor(loss), loss_of(image)):
        raise Failed("your closure must return the loss: L-BFGS needs its value")
    gradient = 2 * (before - 0.25)
    if image.grad.eq(0).all():
        raise Failed("`optimizer.zero_grad()` stands after `backward` and wipes the gradient out: begin with it")
    if not close(image.grad, gradient):
        raise Failed("the gradient after one call is not that of the loss: call `backward` once, on the loss itself")
    inner()
    if not close(image.grad, gradient):
        raise Failed(
            "the gradient of the second call contains that of the first: PyTorch adds gradients up, so begin with "
            "`optimizer.zero_grad()`"
        )
    with torch.no_grad():  # as a step of the optimiser does
        image.sub_(0.125)
    moved = inner()
    if not close(torch.as_tensor(moved), loss_of(image)) or not close(image.grad, 2 * (image.detach() - 0.25)):
        raise Failed(
            "after the optimiser has moved the picture your closure still gives the old loss or gradient: compute `loss_of(image)` and "
            "its gradient anew in every call"
        )
    return "each call gives the loss and leaves exactly its gradient behind"


@exercise("my_transfer", "02", points=1, keep=False)
def my_transfer(student: Student):
    """Check ``my_transfer() -> settings`` softly: a dictionary of settings with which a transfer runs and ends better
    than it began.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_transfer(lambda: {"style_layers": {"relu6_1": 1.0}})
        ✗ my_transfer: not right yet
          These settings cannot be used: unknown layer 'relu6_1': choose from relu1_1, relu1_2, relu2_1, relu2_2,
          relu3_1, relu3_2, relu3_3, relu3_4, relu4_1, relu4_2, relu4_3, relu4_4, relu5_1.
    """
    from adain_lab.optimize.gatys import GatysConfig, run, transfer

    settings = student()
    if not isinstance(settings, dict):
        raise Failed(
            f"return a dictionary of settings, such as {{'style_weight': 20.0}}, not a {type(settings).__name__}"
        )
    unknown = [name for name in settings if name not in GatysConfig.__dataclass_fields__]
    if unknown:
        raise Failed(f"there is no setting {unknown[0]!r}: choose from {', '.join(GatysConfig.__dataclass_fields__)}")
    try:
        config = GatysConfig(**settings)
        content, style = random(1, 3, 32, 32, seed=241).float(), random(1, 3, 32, 32, seed=242).float() ** 3
        small = replace(config, size=32, style_size=0, steps=12, coarse=0)
        result = run(transfer(content, style, small, encoder="tiny", device="cpu"))
    except (ValueError, TypeError) as error:
        raise Failed(f"these settings cannot be used: {error}") from error
    if result.stopped != "finished":
        raise Failed(f"a transfer with these settings breaks off: {result.stopped}")
    if config == GatysConfig():
        raise Failed("these are the defaults: change a layer, a weight, or where it starts")
    totals = [sum(step.values()) for step in result.losses]
    if not min(totals) < totals[0] or math.isnan(totals[-1]):
        raise Failed("in twelve steps on a small picture the loss does not fall: try a smaller learning rate")
    changed = [name for name in settings if getattr(config, name) != getattr(GatysConfig(), name)]
    if changed == ["seed"] and config.init != "noise":
        raise Failed("only the seed is another, and a search that begins from the content draws no random numbers")
    return "it runs, and it is yours; look at the picture to see what it does", [f"changed: {', '.join(changed)}"]


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (content_loss, gram_matrix, style_loss, closure, my_transfer)}
