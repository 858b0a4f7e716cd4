"""Checks of lesson 06: interpolation, colour matching, masked AdaIN, and a control of one's own."""

from __future__ import annotations

import torch

from adain_lab import functional
from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson06 import (
    INTERPOLATE_MISTAKES,
    MASKED_MISTAKES,
    MATCH_MISTAKES,
    UNRESIZED,
    color_moments,
    correlation,
    power,
    std,
)
from adain_lab.checks.probe import Failed, Student, close, expect_influence, expect_tensor, name_mistake, random
from adain_lab.controls.masks import to_features
from adain_lab.controls.regions import masked_adain as reference_masked
from adain_lab.functional import channel_mean_std

__all__ = ["interpolate", "masked_adain", "match_color", "my_control"]


def _eq15(x, styles, weights):
    return sum(w / sum(weights) * functional.adain(x, s) for w, s in zip(weights, styles, strict=True))


@exercise("interpolate", "06", points=2)
def interpolate(student: Student):
    """Check ``interpolate(content_features, style_features, weights) -> t`` (Eq. 15).

    Example:
        >>> from adain_lab import adain, checks
        >>> def unnormalised(content_features, style_features, weights):
        ...     return sum(w * adain(content_features, s) for w, s in zip(weights, style_features))
        >>> result = checks.interpolate(unnormalised)
        ✗ interpolate: not right yet
          Your weights do not sum to 1: divide each by their sum first (Eq. 15), or 2, 1, 1 paints four times
          as strong as one style.
    """
    x = 3 * random(1, 4, 8, 10, seed=61) + 1
    same = [random(1, 4, 6, 6, seed=62) ** 2, 4 * random(1, 4, 6, 6, seed=63) - 1, random(1, 4, 6, 6, seed=64) ** 3 + 2]
    weights = [2.0, 1.0, 0.0]
    what = "the output", "the content's shape: t is what the decoder gets, once"
    result = expect_tensor(student(x, same, weights), x.shape, *what)
    if all(
        close(a, b, 1e-3)
        for a, b in zip(channel_mean_std(result), channel_mean_std(_eq15(x, same, weights)), strict=True)
    ):
        reason = "the statistics are right, but the pattern is not the content's: each channel may only be scaled and shifted"
    else:
        reason = "every channel must have the weighted mean of the styles' means, and of their standard deviations"
    name_mistake(result, _eq15(x, same, weights), (x, same, weights), INTERPOLATE_MISTAKES, reason, tolerance=1e-3)
    # Sizes that differ, and weights all different, where a mistake that 2, 1, 0 hides comes out.
    mixed = [same[0], 4 * random(1, 4, 3, 9, seed=65) - 1, random(1, 4, 12, 5, seed=66) ** 3 + 2]
    weights = [0.5, 1.5, 3.0]
    result = expect_tensor(student(x, mixed, weights), x.shape, *what)
    name_mistake(
        result,
        _eq15(x, mixed, weights),
        (x, mixed, weights),
        INTERPOLATE_MISTAKES,
        "it works for styles of one size, but not where they differ: only their statistics are needed",
        tolerance=1e-3,
    )
    alone = student(x, mixed, [0.0, 4.0, 0.0])
    name_mistake(
        alone,
        functional.adain(x, mixed[1]),
        (x, mixed, [0.0, 4.0, 0.0]),
        INTERPOLATE_MISTAKES,
        "with weights 0, 4, 0 the second style must come out alone",
        tolerance=1e-3,
    )
    return "the statistics are mixed, the shares sum to 1, and the styles may have any size"


def _coloured(
    height: int, width: int, seed: int, centre: tuple[float, ...], *spread: tuple[float, ...]
) -> torch.Tensor:
    """A picture whose colours vary together as the three rows of ``spread`` say, well inside [0, 1]."""
    noise = torch.tensor(spread, dtype=torch.float64) @ (random(3, height * width, seed=seed) - 0.5)
    return (torch.tensor(centre, dtype=torch.float64).view(3, 1) + noise).view(1, 3, height, width)


def _solutions(style, content):
    """The maps between the two covariances that people use, by name."""
    _, s, _ = color_moments(style)
    _, c, _ = color_moments(content)
    root, back = power(s, 0.5), power(s, -0.5)
    lower = torch.linalg.cholesky
    return {
        "symmetric roots of the covariances": power(c, 0.5) @ back,
        "symmetric roots of the correlations, as the authors' code": std(c)
        @ power(correlation(c), 0.5)
        @ power(correlation(s), -0.5)
        @ std(s).inverse(),
        "Cholesky factors": lower(c) @ torch.linalg.inv(lower(s)),
        "the map that moves colours least (optimal transport)": back @ power(root @ c @ root, 0.5) @ back,
    }


def _map_of(style, result) -> tuple[torch.Tensor, float]:
    """The 3 x 3 matrix that best turns the style's centred pixels into the result's, and the share that it leaves
    unexplained.
    """
    style_mean, covariance, pixels = color_moments(style)
    result_mean, _, moved = color_moments(result)
    around, moved = pixels - style_mean, moved - result_mean
    matrix = (moved @ around.T / pixels.shape[1]) @ torch.linalg.inv(covariance)
    return matrix, float((moved - matrix @ around).square().sum() / moved.square().sum().clamp_min(1e-12))


@exercise("match_color", "06", points=3)
def match_color(student: Student):
    """Check ``match_color(style, content) -> style with the content's colours``: mean and covariance, by one 3 x 3
    matrix.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.controls import color
        >>> checks.match_color(color.match_color).points
        ✓ match_color: passed
          The style has the content's mean colour and covariance; the content's shapes are not in it.
          Your matrix: symmetric roots of the correlations, as the authors' code.
        3
        >>> result = checks.match_color(lambda style, content: color.match_color(content, style))
        ✗ match_color: not right yet
          You matched the content to the style: it is the style picture whose colours change, and the content
          says to what.
    """
    style = _coloured(24, 24, 71, (0.6, 0.4, 0.5), (0.5, 0.1, 0.0), (0.2, 0.3, 0.1), (-0.1, 0.1, 0.4))
    content = _coloured(24, 24, 72, (0.5, 0.45, 0.4), (0.25, 0.15, 0.1), (0.1, 0.3, 0.05), (-0.05, 0.15, 0.25))
    result = expect_tensor(student(style, content), style.shape, "the output", "the style picture's shape")
    _expect_matched(result, style, content)
    wide = _coloured(12, 40, 73, (0.45, 0.5, 0.6), (0.3, 0.1, 0.0), (0.1, 0.25, 0.05), (0.0, -0.1, 0.3))
    result = student(style, wide)
    if isinstance(result, torch.Tensor) and result.shape == wide.shape:
        raise Failed(MATCH_MISTAKES[0].message, f"your output has the content's shape, {tuple(wide.shape)}")
    expect_tensor(result, style.shape, "the output", "the style picture's shape; the content may have another")
    _expect_matched(result, style, wide)
    grey = style.mean(1, keepdim=True).expand(-1, 3, -1, -1).clone()
    for pictures, which in (((grey, content), "style"), ((style, grey), "content")):
        try:
            result = student(*pictures)
        except Failed as failure:
            raise Failed(_GREY.format(which), failure.message) from failure
        if not bool(expect_tensor(result, style.shape, "the output").isfinite().all()):
            raise Failed(_GREY.format(which))
    matrix, _ = _map_of(style, student(style, content))
    known = [name for name, solution in _solutions(style, content).items() if close(matrix, solution, 0.02)]
    return "the style has the content's mean colour and covariance; the content's shapes are not in it", [
        f"your matrix: {known[0] if known else 'one of the many others that reach this covariance'}"
    ]


_GREY = (
    "a grey {} makes it fail: its covariance has no inverse, so add a little, 1e-5, to the diagonal of both covariances"
)


def _expect_matched(result, style, content) -> None:
    mean, covariance, _ = color_moments(content)
    result_mean, result_covariance, _ = color_moments(result)
    matrix, unexplained = _map_of(style, result)
    arrived = close(result_mean, mean, 5e-3) and close(result_covariance, covariance, 0.02)
    if arrived and unexplained < 1e-3:
        return
    style_mean, style_covariance, pixels = color_moments(style)
    if (
        close(result_mean, style_mean, 5e-3)
        and close(result_covariance, style_covariance, 0.02)
        and result.shape == content.shape
    ):
        if _map_of(content, result)[1] < 1e-3:  # whichever of the roots it took
            raise Failed(MATCH_MISTAKES[0].message)
    expected = (next(iter(_solutions(style, content).values())) @ (pixels - style_mean) + mean).view(style.shape)
    if arrived:
        reason = "mean and covariance are right, but it is no longer the style picture: every pixel must go through the same 3 × 3 matrix"
    elif close(result_mean, mean, 5e-3):
        reason = "the mean colour is the content's, the covariance is not: compare `torch.cov` of both pictures' pixels"
    else:
        reason = f"the mean colour should be {_listed(mean)}, the content's, and is {_listed(result_mean)}"
    name_mistake(result.double(), expected, (style, content), MATCH_MISTAKES, reason, tolerance=2e-3)


def _listed(colour: torch.Tensor) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in colour.flatten().tolist()) + ")"


@exercise("masked_adain", "06", points=3)
def masked_adain(student: Student):
    """Check ``masked_adain(content_features, styles, masks) -> t``: an AdaIN per region, with the region's own
    statistics.

    Example:
        >>> from adain_lab import checks
        >>> from adain_lab.controls import masks
        >>> from adain_lab.controls import regions
        >>> def everywhere(content_features, styles, masks_):
        ...     cells = masks.to_features(masks_, *content_features.shape[2:])
        ...     return regions.masked_adain(content_features, styles, cells, [1] * len(styles), global_statistics=True)
        >>> result = checks.masked_adain(everywhere)
        ✗ masked_adain: not right yet
          Your content statistics are those of the whole picture: that is the other convention,
          `global_statistics=True`; here they come from inside the region.
    """
    x = 3 * random(1, 4, 6, 8, seed=81) + torch.linspace(0, 4, 8, dtype=torch.float64)  # the two halves differ
    styles = [channel_mean_std(random(1, 4, 5, 5, seed=82) ** 2), channel_mean_std(5 * random(1, 4, 5, 5, seed=83) - 2)]
    cells = torch.zeros(2, 6, 8, dtype=torch.float64)
    cells[0, :, :4] = 1
    cells[1, 2:, 5:] = 1  # some cells belong to nobody
    empty = torch.stack([cells[0], torch.zeros_like(cells[0])])
    soft = torch.stack([torch.linspace(1, 0, 8).double().expand(6, 8), torch.linspace(0, 0.8, 8).double().expand(6, 8)])
    fine = torch.zeros(2, 48, 64, dtype=torch.float64)  # edges that run through the cells
    fine[0, :28, :37] = 1
    fine[1, 5:, 42:] = 0.9
    for region, otherwise in (
        (cells, "inside a region the statistics must be its style's, outside all regions the content stays as it was"),
        (
            fine,
            "it works where every cell is covered by one value, but not where a mask's edge runs through it: a cell's share is the mean of "
            "its 8 × 8 pixels",
        ),
        (
            soft,
            "it works for masks of 0 and 1, but not for soft ones: weight the sums with the mask, and blend with it",
        ),
        (empty, "it works where every region has cells, but not where one has none: such a region changes nothing"),
    ):
        masks = region if region is fine else region.repeat_interleave(8, 1).repeat_interleave(8, 2)
        try:
            result = student(x, styles, masks)
        except Failed as failure:
            if "RuntimeError" in failure.message and "size" in failure.message and "match" in failure.message:
                raise Failed(UNRESIZED, failure.message) from failure
            raise
        expect_tensor(result, x.shape, "the output", "the content features' shape")
        expected = reference_masked(x, styles, to_features(masks, 6, 8), [1.0, 1.0])
        name_mistake(result, expected, (x, styles, masks), MASKED_MISTAKES, otherwise, tolerance=1e-3)
    return "every region has its style's statistics, soft edges blend, and what no mask covers stays content"


@exercise("my_control", "06", points=1)
def my_control(student: Student):
    """Check ``my_control(content_features, styles) -> features``, softly: it must be usable, and none of the four
    controls.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_control(lambda content_features, styles: content_features)
        ✗ my_control: not right yet
          The output is the content's features: nothing of the styles arrives.
    """
    x = random(1, 8, 12, 16, seed=91, dtype=torch.float32)
    pictures = (
        random(1, 8, 9, 7, seed=92, dtype=torch.float32) ** 2,
        3 * random(1, 8, 5, 9, seed=93, dtype=torch.float32),
    )
    styles = [channel_mean_std(picture) for picture in pictures]
    result = expect_tensor(
        student(x, styles), x.shape, "the output", "the content's shape, so that the decoder can take it"
    )
    if not bool(torch.isfinite(result).all()):
        raise Failed("the output holds NaN or infinity: is something divided by zero?")
    if close(result, x, 1e-3):
        raise Failed("the output is the content's features: nothing of the styles arrives")
    swapped = [channel_mean_std(picture**3 + 1) for picture in pictures]
    expect_influence(student, (x, styles), {"another content": (x.flip(3) ** 3, styles), "other styles": (x, swapped)})
    # Alpha and interpolation span three pictures: the content and two full styles. Is it one of their mixtures?
    corners = torch.stack([x, *(functional.apply_statistics(x, *style) for style in styles)]).flatten(1).double()
    target = result.flatten().double()
    shares = torch.linalg.lstsq(corners.T, target[:, None]).solution
    left = float((corners.T @ shares - target[:, None]).norm() / target.norm())
    if left < 1e-3:
        names = ("content", "first style", "second style")
        words = ", ".join(f"{float(share):.2f} {name}" for share, name in zip(shares, names, strict=True))
        raise Failed(
            f"that is a mixture you had already, {words}: let the shares differ from place to place, or from channel to channel"
        )
    return "it runs, and it is yours; look at the pictures to see what it does", [
        f"no mixture of content and styles comes nearer than {left:.0%} of its length"
    ]


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (interpolate, match_color, masked_adain, my_control)}
