"""Checks of lesson 04: instance normalisation, a style as 2·C numbers, the statistics loss, and a style that no
picture has.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch.nn import functional as F

from adain_lab import functional, losses
from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson04 import INSTANCE_NORM_MISTAKES, LOSS_MISTAKES, STATISTICS_MISTAKES, UNBIASED
from adain_lab.checks.probe import Failed, Student, close, compared, expect_tensor, name_mistake, random, taken_away
from adain_lab.controls.style_space import StyleSpace, fit_style_space
from adain_lab.data import samples
from adain_lab.networks import normalization as reference
from adain_lab.statistics import Statistics

__all__ = ["instance_norm", "my_style", "statistics_loss", "style_statistics"]

#: Large enough to tell where it was added.
_EPS = 0.1
#: What lesson 04's first exercise excludes, with every module that is made of it.
_READY_MADE = (
    *((F, name) for name in ("instance_norm", "group_norm", "batch_norm", "layer_norm")),
    *((torch, name) for name in ("instance_norm", "group_norm", "batch_norm", "layer_norm", "native_group_norm")),
    *((torch, name) for name in ("native_batch_norm", "native_layer_norm")),
    (reference, "instance_norm"),
)


@exercise("instance_norm", "04", points=2)
def instance_norm(student: Student):
    """Check ``instance_norm(features, gamma, beta, eps) -> features`` (Eq. 4 to 6), gamma and beta of shape (C,).

    Example:
        >>> from adain_lab import checks
        >>> def over_the_batch(features, gamma, beta, eps):
        ...     variance, mean = torch.var_mean(features, dim=(0, 2, 3), correction=0, keepdim=True)
        ...     return gamma.view(1, -1, 1, 1) * (features - mean) / (variance + eps).sqrt() + beta.view(1, -1, 1, 1)
        >>> result = checks.instance_norm(over_the_batch)
        ✗ instance_norm: not right yet
          Your statistics are taken over the whole batch: that is batch normalisation (Eq. 1); each picture
          has its own: `dim=(2, 3)`.
    """
    # H × W equals B × C, so that statistics without keepdim broadcast in silence, as they one day will in your own
    # code.
    x = 3 * random(3, 5, 3, 5, seed=61) + torch.arange(3.0, dtype=torch.float64).view(3, 1, 1, 1)
    x[1, 2] = 1.5  # a flat channel
    gamma, beta = random(5, seed=62) + 0.5, random(5, seed=63) - 2
    with taken_away(_READY_MADE, "`{}` does the whole exercise: write it from scratch, with `mean` and `var`"):
        result = student(x, gamma, beta, _EPS)
    expect_tensor(result, x.shape, "the output", "the input's shape")
    expected = reference.instance_norm(x, gamma.view(1, -1, 1, 1), beta.view(1, -1, 1, 1), _EPS)
    name_mistake(
        result,
        expected,
        (x, gamma, beta, _EPS),
        INSTANCE_NORM_MISTAKES,
        "every channel of every picture must get the mean beta and (but for eps) the standard deviation gamma, and yours does not",
    )
    alone = student(x[:1], gamma, beta, _EPS)
    if not close(alone, expected[:1]):
        raise Failed("a picture's result must not depend on the others of its batch, and yours does")
    return "each picture is normalised by itself, and gamma and beta are its new statistics"


@exercise("style_statistics", "04", points=1)
def style_statistics(student: Student):
    """Check ``style_statistics(features, eps) -> (B, 2·C)``: the means, then the standard deviations.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.style_statistics(lambda features, eps: torch.cat([features.mean((2, 3)), features.std((2, 3))], 1))
        ✗ style_statistics: not right yet
          Your variance is the unbiased one, divided by H·W − 1, which is torch's default: Eq. 6 divides by
          H·W, so pass `correction=0`.
          Your eps is missing too: sqrt(variance + eps).
    """
    x = 2 * random(3, 4, 5, 6, seed=64) * (1 + torch.arange(4.0, dtype=torch.float64)).view(4, 1, 1) + random(
        3, 4, 1, 1, seed=65
    )
    result = expect_tensor(
        student(x, _EPS), (3, 8), "the output", "one row per picture: C means, then C standard deviations"
    )
    unbiased = torch.cat([x.mean((2, 3)), x.std((2, 3))], 1)
    if close(result, unbiased):  # the shortest wrong answer makes two mistakes at once
        raise Failed(UNBIASED, "your eps is missing too: sqrt(variance + eps)")
    expected = torch.cat(functional.channel_mean_std(x, _EPS), 1).flatten(1)
    name_mistake(
        result,
        expected,
        (x, _EPS),
        STATISTICS_MISTAKES,
        "the numbers differ from the mean and the standard deviation of each channel over space",
    )
    flat = student(torch.full((1, 2, 3, 3), 0.25, dtype=torch.float64), _EPS)
    if not close(flat, torch.tensor([[0.25, 0.25, _EPS**0.5, _EPS**0.5]])):
        raise Failed("a flat channel of 0.25 has mean 0.25 and standard deviation sqrt(eps), and yours has not")
    return "that is all that AdaIN will ever know of a style: 2·C numbers, whatever the picture's size"


@exercise("statistics_loss", "04", points=2)
def statistics_loss(student: Student):
    """Check ``statistics_loss(features, style_features) -> loss`` (Eq. 13), both ``{layer: (B, C, H, W)}``.

    Example:
        >>> from adain_lab import checks, gram_style_loss
        >>> result = checks.statistics_loss(gram_style_loss)
        ✗ statistics_loss: not right yet
          That is Gatys's loss, on Gram matrices: Eq. 13 compares only the channels' means and standard
          deviations.
    """
    shapes = {"relu1_1": (2, 3, 6, 5), "relu2_1": (2, 5, 3, 4), "relu3_1": (2, 4, 3, 3)}
    features = {layer: random(*shape, seed=66 + i) for i, (layer, shape) in enumerate(shapes.items())}
    style_features = {
        layer: 2 * random(*shape[:2], 4, 7, seed=76 + i) ** 2 for i, (layer, shape) in enumerate(shapes.items())
    }
    for f in features.values():
        f.requires_grad_(True)
    loss = student(features, style_features)
    if isinstance(loss, (int, float)) and not isinstance(loss, bool):
        raise Failed(
            "the loss is a plain number: `.item()` and `float()` cut it off from what could be trained, so return the tensor"
        )
    expect_tensor(loss, (), "the loss", "one number: sum over the layers, mean over batch and channels")
    expected = losses.statistics_style_loss(features, style_features)
    name_mistake(loss, expected, (features, style_features), LOSS_MISTAKES, compared("the loss", loss, expected))
    if not loss.requires_grad:
        raise Failed(
            "the value is right, but no gradient reaches `features`: no `.detach()` and no `torch.no_grad()` on that side"
        )
    shuffled = {layer: f.flatten(2).flip(2).view(f.shape) for layer, f in features.items()}
    if not float(student(features, shuffled).detach()) < 1e-9:
        raise Failed(
            "the loss between a picture and the same pixels in another order must be 0: statistics do not know places"
        )
    return "it is 0 for the same pixels in any order: style, to this loss, has no places"


@lru_cache(maxsize=1)
def _space() -> StyleSpace:
    """A style space with the samples' names, and so with the lesson's components, but with made-up statistics."""
    made = (random(1, 24, 6, 6, seed=80 + k, dtype=torch.float32) * (1 + k % 5) for k in range(1000))
    return fit_style_space(
        {name: Statistics.of(features, "check") for name, features in zip(samples("style"), made, strict=False)}
    )


@exercise("my_style", "04", points=1, keep=False)
def my_style(student: Student):
    """Check ``my_style(space) -> coordinates``, softly: a point of style space where no picture is.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_style(lambda space: space.coordinates[0])
        ✗ my_style: not right yet
          That is a style that a picture has, night_village: go at least 0.5 standard deviations away from
          it.
    """
    space = _space()
    given = student(space)
    if isinstance(given, Statistics):
        raise Failed("return the coordinates, not the statistics: the next cell calls `space.reconstruct` itself")
    try:
        point = space.check(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Failed(f"these are no coordinates: {error}; try `[2.0, -1.0] + [0.0] * (space.count - 2)`") from error
    distances = (space.coordinates - point).norm(dim=1)
    if float(distances.min()) < 0.5:
        name = space.names[int(distances.argmin())]
        raise Failed(f"that is a style that a picture has, {name}: go at least 0.5 standard deviations away from it")
    if float(point.norm()) < 0.5:
        raise Failed("that is nearly the mean style, where everybody starts: move some coordinates further away from 0")
    far = float(point.abs().max())
    if far > 20:
        raise Failed(
            f"{far:.3g} standard deviations are out of this world: pictures lie within about 3, so stay below 20"
        )
    remark = "far out: many standard deviations are cut off there" if far > 4 else "among what pictures have"
    return "a style that no picture has", [f"largest coordinate: {far:.1f} standard deviations, {remark}"]


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (instance_norm, style_statistics, statistics_loss, my_style)}
