"""Checks of lesson 00: a picture's statistics, a blend, a picture of one's own."""

from __future__ import annotations

from functools import lru_cache

import torch

from adain_lab.checks.core import exercise
from adain_lab.checks.probe import (
    Failed,
    Mistake,
    Student,
    close,
    expect_pair,
    expect_tensor,
    is_noise,
    name_mistake,
    random,
    thumbnail,
)
from adain_lab.data import samples
from adain_lab.functional import EPS
from adain_lab.images import to_tensor

__all__ = ["BLEND_MISTAKES", "STATISTICS_MISTAKES", "blend", "channel_statistics", "my_picture"]


def _statistics(images, dim=(2, 3), correction=0, root=True):
    variance, mean = torch.var_mean(images, dim=dim, correction=correction, keepdim=True)
    shape = (images.shape[0], images.shape[1], 1, 1)
    return mean.expand(shape), (variance.sqrt() if root else variance).expand(shape)


STATISTICS_MISTAKES = (
    Mistake(
        lambda x: _statistics(x)[::-1], "you returned std and mean in the wrong order: end with `return mean, std`"
    ),
    Mistake(
        lambda x: _statistics(x, dim=(0, 2, 3)),
        "your statistics are taken over the whole batch: each picture has its own, so leave dimension 0 alone: `dim=(2, 3)`",
    ),
    Mistake(
        lambda x: _statistics(x, dim=(1, 2, 3)),
        "your statistics mix red, green and blue: leave dimension 1 alone: `dim=(2, 3)`",
    ),
    Mistake(
        lambda x: _statistics(x, correction=1),
        "your variance is the unbiased one, divided by H·W − 1, which is torch's default: this course divides by H·W, so pass "
        "`correction=0`",
    ),
    Mistake(
        lambda x: (x.sum((2, 3), keepdim=True), _statistics(x)[1]),
        "your mean is a sum, which grows with the picture's size: divide by H·W, or call `.mean()`",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], x.square().mean((2, 3), keepdim=True).sqrt()),
        "your standard deviation measures the distance from 0: subtract the mean before squaring",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], (x - _statistics(x)[0]).abs().mean((2, 3), keepdim=True)),
        "you took the mean of the absolute deviations: the standard deviation is the root of their mean square",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], (x - _statistics(x)[0]).square().sum((2, 3), keepdim=True).sqrt()),
        "your squares are summed: the variance is their mean over the H·W pixels",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], x.std(2, correction=0, keepdim=True).mean(3, keepdim=True)),
        "you averaged the columns' standard deviations: take one over all pixels of a channel at once, `dim=(2, 3)`",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], _statistics(x)[1] / (x.shape[2] * x.shape[3]) ** 0.5),
        "that is the standard error of the mean: leave out the division by the root of H·W",
    ),
    Mistake(
        lambda x: (_statistics(x)[0], x.amax((2, 3), keepdim=True) - x.amin((2, 3), keepdim=True)),
        "that is the range from the smallest to the largest value: the standard deviation is the root of the mean square distance from "
        "the mean",
    ),
    Mistake(
        lambda x: _statistics(x, root=False), "you returned the variance: its square root is the standard deviation"
    ),
)


@exercise("channel_statistics", "00", points=1)
def channel_statistics(student: Student):
    """Check ``channel_statistics(images) -> (mean, std)``, each (B, 3, 1, 1).

    Example:
        >>> from adain_lab import checks
        >>> result = checks.channel_statistics(lambda images: (images.mean((2, 3), keepdim=True), images.std((2, 3), keepdim=True)))
        ✗ channel_statistics: not right yet
          Your variance is the unbiased one, divided by H·W − 1, which is torch's default: this course divides
          by H·W, so pass `correction=0`.
    """
    images = random(2, 3, 3, 5, seed=1) * torch.tensor([1.0, 0.5, 0.2]).view(3, 1, 1).double()
    mean, std = expect_pair(student(images), "mean and std")
    for value, name in ((mean, "mean"), (std, "std")):
        expect_tensor(
            value,
            (2, 3, 1, 1),
            name,
            "one number per picture and channel; `keepdim=True` keeps the two last dimensions",
        )
    expected = _statistics(images)
    with_eps = (expected[1] ** 2 + EPS).sqrt()  # as the package's own has it, and lesson 05
    name_mistake(
        (mean, std),
        (expected[0], with_eps if close(std, with_eps) else expected[1]),
        (images,),
        STATISTICS_MISTAKES,
        "the numbers differ from the mean and the standard deviation over each picture's pixels",
    )
    flat_mean, flat_std = expect_pair(student(torch.full((1, 3, 4, 4), 0.25, dtype=torch.float64)), "mean and std")
    if not close(flat_mean, torch.full((1, 3, 1, 1), 0.25)) or not bool((flat_std.abs() < 0.01).all()):
        raise Failed("a picture that is 0.25 everywhere has mean 0.25 and standard deviation 0, and yours has not")
    return "Six numbers per picture: that is its palette, roughly. AdaIN does the same to 256 channels."


BLEND_MISTAKES = (
    Mistake(
        lambda first, second, alpha: first + alpha * (first - second),
        "your line goes away from the second picture: the way from the first to the second is `second - first`",
    ),
    Mistake(
        lambda first, second, alpha: first + second,
        "you added the two pictures, which gets too bright: each has a share, `1 - alpha` and `alpha`",
    ),
    Mistake(
        lambda first, second, alpha: first if alpha < 0.5 else second,
        "you return one picture or the other: between 0 and 1 both must show, each with its share",
    ),
    *(
        Mistake(
            lambda first, second, alpha, power=power: (1 - alpha) ** power * first + alpha**power * second,
            f"your shares are {words}, so that they do not sum to 1: the shares are `1 - alpha` and `alpha` themselves",
        )
        for power, words in ((2, "squared"), (0.5, "roots"))
    ),
    Mistake(
        lambda first, second, alpha: alpha * first + (1 - alpha) * second,
        "your alpha runs backwards: 0 must give the first picture and 1 the second",
    ),
    Mistake(
        lambda first, second, alpha: first + alpha * second,
        "your shares do not sum to 1, so the picture gets brighter: the first one's share is `1 - alpha`",
    ),
    Mistake(
        lambda first, second, alpha: (first + second) / 2, "you took the plain average: alpha must change the result"
    ),
    Mistake(
        lambda first, second, alpha: (1 - alpha) * first,
        "the second picture's share is missing: add `alpha * second`",
    ),
    Mistake(
        lambda first, second, alpha: (1 - alpha) * first + second,
        "the second picture's share is missing its factor `alpha`, so the picture gets brighter",
    ),
    Mistake(
        lambda first, second, alpha: first ** (1 - alpha) * second**alpha,
        "you multiply powers, which is a geometric mean: a straight line adds shares, `(1 - alpha) * first + alpha * second`",
    ),
    Mistake(
        lambda first, second, alpha: alpha * second, "the first picture's share is missing: add `(1 - alpha) * first`"
    ),
)


@exercise("blend", "00", points=1)
def blend(student: Student):
    """Check ``blend(first, second, alpha) -> (1 - alpha) * first + alpha * second``.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.blend(lambda first, second, alpha: first + alpha * (second - first))  # doctest: +ELLIPSIS
        ✓ blend: passed
          A straight line from one picture to the other. ...
    """
    first, second = random(2, 3, 4, 6, seed=2), random(2, 3, 4, 6, seed=3)
    result = expect_tensor(student(first, second, 0.3), (2, 3, 4, 6), "the blend", "as each of the two pictures")
    expected = 0.7 * first + 0.3 * second
    name_mistake(
        result,
        expected,
        (first, second, 0.3),
        BLEND_MISTAKES,
        "the values differ from (1 − alpha) · first + alpha · second",
    )
    for alpha, picture, which in ((0.0, first, "first"), (1.0, second, "second")):
        if not close(student(first, second, alpha), picture):
            raise Failed(f"alpha = {alpha:g} must give exactly the {which} picture")
    return "A straight line from one picture to the other. Lesson 05 draws the same line between features instead of pixels."


@exercise("my_picture", "00", points=1, keep=False)
def my_picture(student: Student):
    """Check ``my_picture() -> (1, 3, H, W)`` in [0, 1], softly: any picture that is one will do.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_picture(lambda: 255 * torch.rand(1, 3, 40, 60))  # doctest: +ELLIPSIS
        ✗ my_picture: not right yet
          This cannot be shown as a picture: the picture must be in [0, 1], got values from ...
    """
    try:
        images = to_tensor(student())
    except (TypeError, ValueError, FileNotFoundError) as error:
        raise Failed(f"this cannot be shown as a picture: {error}") from error
    height, width = images.shape[2:]
    if min(height, width) < 64:
        raise Failed(f"{width} x {height} pixels are too few to see brush strokes in: try `size=256`")
    if float(images.std()) < 0.01:
        raise Failed("your picture is one flat colour: is it the output of `stylizer(…)`?")
    if is_noise(images):
        raise Failed("that is noise, pixel by pixel: is it the output of `stylizer(…)`?")
    small = thumbnail(images)
    for name, known in _samples().items():
        if float((small - known).abs().mean()) < 0.01:
            raise Failed(f"that is the sample {name} as it came: nothing has been painted")
    measured = f"{width} x {height} pixels, mean brightness {float(images.mean()):.2f}"
    return "that is a picture; whether it is a good one, you decide", [measured]


@lru_cache(maxsize=1)
def _samples() -> dict[str, torch.Tensor]:
    """The pictures that come with the course, small."""
    return {
        name: thumbnail(to_tensor(known.path)) for kind in ("content", "style") for name, known in samples(kind).items()
    }


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (channel_statistics, blend, my_picture)}
