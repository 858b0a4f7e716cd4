"""Checks of lesson 09: AdaIN at every level, whitening and colouring, five faulty programs, a variation of one's
own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson09 import (
    LEVEL_MISTAKES,
    REPAIR_MISTAKES,
    REPAIRED,
    WHITENING_MISTAKES,
    exact_levels,
)
from adain_lab.checks.probe import (
    Failed,
    Student,
    close,
    expect_influence,
    expect_pair,
    expect_tensor,
    name_mistake,
    random,
)
from adain_lab.functional import adain, channel_mean_std
from adain_lab.whitening import whiten_color as package_whitening

__all__ = ["every_level", "my_variation", "repair", "whiten_color"]


def _stage(seed: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A small layer with 4 channels in and out, that halves nothing."""
    weight = random(4, 4, 3, 3, seed=seed) - 0.4
    return lambda x: F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight))


@exercise("every_level", "09", points=2)
def every_level(student: Student):
    """Check ``every_level(stages, content, style) -> features``: AdaIN after every stage of an encoder.

    Example:
        >>> from adain_lab import adain, checks
        >>> def at_the_end(stages, content, style):
        ...     for stage in stages:
        ...         content, style = stage(content), stage(style)
        ...     return adain(content, style)
        >>> result = checks.every_level(at_the_end)
        ✗ every_level: not right yet
          AdaIN acts only after the last stage: what it returns after a stage must go into the next one.
    """
    content, style = random(1, 4, 9, 11, seed=901), random(1, 4, 9, 11, seed=902) ** 2
    for stages in ([_stage(seed) for seed in (911, 912, 913)], [_stage(914)]):
        args = (stages, content, style)
        result = expect_tensor(
            student(*args), (1, 4, 9, 11), "the output", "the content's features after the last stage"
        )
        deepest = style
        for stage in stages:
            deepest = stage(deepest)
        right = close(torch.cat(channel_mean_std(result)), torch.cat(channel_mean_std(deepest)), 1e-3)
        otherwise = (
            "the statistics after the last stage are the style's, but not what lies between: AdaIN must act after every stage"
            if right
            else "after the last stage every channel must have the style's mean and standard deviation"
        )
        name_mistake(result, exact_levels(*args), args, LEVEL_MISTAKES, otherwise)
    return "at every level the content takes the style's statistics of that level along into the next"


@exercise("whiten_color", "09", points=3)
def whiten_color(student: Student):
    """Check ``whiten_color(content_features, style_features) -> t``: the style's mean and whole covariance.

    Example:
        >>> from adain_lab import adain, checks
        >>> result = checks.whiten_color(adain)
        ✗ whiten_color: not right yet
          This is AdaIN: every channel has the style's variance, but how the channels vary *together* is
          still the content's. Take whole covariance matrices, not their diagonals.
          The covariances differ by 44.1% of the style's.
    """
    identity = torch.eye(5, dtype=torch.float64)  # no channel is nearly made of the others, so that eps does not count
    mixing, style_mixing = identity + random(5, 5, seed=921) - 0.3, identity + random(5, 5, seed=922) - 0.2
    content = torch.einsum("dc,bchw->bdhw", mixing, random(1, 5, 9, 7, seed=923)) + torch.arange(5.0).double().view(
        1, 5, 1, 1
    )
    style = torch.einsum("dc,bchw->bdhw", style_mixing, random(1, 5, 4, 4, seed=924)) - 0.5  # few cells
    args = (content, style)
    result = expect_tensor(
        student(*args), content.shape, "the output", "the content's size; are content and style swapped?"
    )
    if not torch.isfinite(result).all():
        raise Failed(
            "the output holds NaN or infinity: eigenvalues may come out as tiny negative numbers, so add eps or clamp them"
        )
    got, expected = _moments(result), _moments(package_whitening(*args))
    if not all(close(a, b, 8e-3) for a, b in zip(got, expected, strict=True)):
        off = float((got[1] - expected[1]).norm() / expected[1].norm())
        measured = (
            f"the covariances differ by {off:.1%} of the style's"
            if off > 8e-3
            else "the covariance is right; the mean is not"
        )
        for mistake in WHITENING_MISTAKES:  # by what they reach: there are many roots of a matrix
            wrong = mistake.wrong(*args)
            if wrong.shape == content.shape and all(
                close(a, b, 6e-3) for a, b in zip(got, _moments(wrong), strict=True)
            ):
                raise Failed(mistake.message, measured)
        raise Failed("over all cells the output must have the style's mean and covariance", measured)
    pattern = torch.cat([content[0].flatten(1).T, torch.ones(63, 1, dtype=torch.float64)], 1)  # (N, C + 1)
    values = result[0].flatten(1).T.double()
    fitted = pattern @ torch.linalg.lstsq(pattern, values).solution
    if not close(fitted, values, 1e-2):
        raise Failed(
            "mean and covariance are the style's, but the output is not a matrix times the content plus a shift: where is its pattern?"
        )
    flat = content.clone()
    flat[:, 3] = 2.0
    if not torch.isfinite(student(flat, style)).all():
        raise Failed(
            "with a channel that is flat the covariance has no inverse, and your output holds NaN or infinity: add eps to it first"
        )
    return "mean and covariance are the style's, and it is still the content, seen through one matrix"


def _moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = features[0].flatten(1).double()
    mean = x.mean(1, keepdim=True)
    return mean, (x - mean) @ (x - mean).T / x.shape[1]


@exercise("repair", "09", points=3, keep=False)
def repair(student: Student):
    """Check ``repair() -> {name: function}``: the lesson's five programs, each without its fault.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.repair(lambda: {"to_tensor": None})
        ✗ repair: not right yet
          Return all five programs: mean_std, with_alpha, style_loss, to_pixels are missing.
    """
    programs = student()
    if not isinstance(programs, Mapping):
        raise Failed(f"return a dictionary {{name: function}}, not a {type(programs).__name__}")
    missing = [name for name in REPAIRED if name not in programs]
    if missing:
        raise Failed(f"return all five programs: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    broken = [name for name in REPAIRED if not _works(name, programs[name])]
    if not broken:
        return "all five do what they are named for"
    name = broken[0]
    done = f"{len(REPAIRED) - len(broken)} of {len(REPAIRED)} are repaired"
    found = _behaviour(name, programs[name])
    for mistake in REPAIR_MISTAKES:
        wrong = mistake.wrong()[name]
        if wrong is not REPAIRED[name] and _same(found, _behaviour(name, wrong)):
            raise Failed(mistake.message, done)
    raise Failed(f"`{name}` {found}" if isinstance(found, str) else f"`{name}` does not yet give what it should", done)


def _inputs(name: str) -> tuple[Any, ...]:
    """What a program is tried on."""
    if name == "to_tensor":
        return (np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3) * 2,)
    if name == "mean_std":
        return (torch.cat([random(1, 3, 4, 5, seed=931), 3 * random(1, 3, 4, 5, seed=932) + 2]),)
    if name == "style_loss":
        return (_stage(933), random(1, 4, 6, 6, seed=934).requires_grad_(), random(1, 4, 7, 5, seed=935) * 2)
    if name == "to_pixels":
        return (random(1, 3, 6, 7, seed=936) * 1.6 - 0.2,)
    return (random(1, 4, 5, 6, seed=937), 2 * random(1, 4, 6, 3, seed=938) + 1)


def _behaviour(name: str, program: Any) -> tuple[torch.Tensor, ...] | str:
    """All that a program does on its inputs, as tensors; or what is wrong, in words."""
    args = _inputs(name)
    try:
        if not callable(program):
            raise Failed(f"should be a function, not a {type(program).__name__}")
        if name == "with_alpha":
            return tuple(
                expect_tensor(program(*args, alpha), args[0].shape, "returns what").detach()
                for alpha in (0.0, 0.3, 1.0)
            )
        value = Student(program)(*args)
        if name == "mean_std":
            return tuple(expect_pair(value, "mean and standard deviation"))
        if name == "style_loss":
            if not isinstance(value, torch.Tensor):
                return (torch.tensor(float(value), dtype=torch.float64),)
            if not value.requires_grad:
                return (value.detach(), torch.zeros(1))
            return (value.detach(), *torch.autograd.grad(value, args[1]))
        if name == "to_pixels":
            value = torch.as_tensor(value)
            return (value.double(), torch.tensor(float(value.dtype == torch.uint8)))
        return (torch.as_tensor(value).double(),)
    except Failed as failure:
        return failure.message
    except Exception as error:
        return f"raises {type(error).__name__}: {error}"


def _works(name: str, program: Any) -> bool:
    found, wanted = _behaviour(name, program), _behaviour(name, REPAIRED[name])
    if isinstance(found, str) or isinstance(wanted, str):
        return False
    if name == "to_pixels" and found[0].shape == wanted[0].shape:
        return bool((found[0] - wanted[0]).abs().max() <= 1) and bool(found[1])  # rounded or cut off, both are in use
    return _same(found, wanted)


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, str) or isinstance(second, str) or len(first) != len(second):
        return False
    return all(a.shape == b.shape and close(a, b, 1e-3) for a, b in zip(first, second, strict=True))


@exercise("my_variation", "09", points=1)
def my_variation(student: Student):
    """Check ``my_variation(content_features, style_features) -> t`` softly: it can be decoded, and AdaIN it is not.

    Example:
        >>> from adain_lab import adain, checks
        >>> result = checks.my_variation(adain)
        ✗ my_variation: not right yet
          This is AdaIN itself: change something.
    """
    content, style, other = (
        2 * random(1, 128, *size, seed=seed, dtype=torch.float32)
        for seed, size in ((941, (6, 7)), (942, (5, 8)), (943, (5, 8)))
    )
    other = other**3
    result = expect_tensor(
        student(content, style), content.shape, "the output", "the decoder takes features of the content's size"
    )
    if not torch.isfinite(result).all():
        raise Failed("the output holds NaN or infinity")
    if close(result, content, 1e-3):
        raise Failed("these are the content's features, unchanged")
    if close(result, adain(content, style), 1e-3):
        raise Failed("this is AdaIN itself: change something")
    expect_influence(
        student, (content, style), {"another style": (content, other), "another content": (content.flip(3) ** 2, style)}
    )
    away = float((result - adain(content, style)).norm() / adain(content, style).norm())
    return "the decoder can take it; look at the picture to see what it is good for", [
        f"it differs from AdaIN by {away:.0%}"
    ]


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (every_level, whiten_color, repair, my_variation)}
