"""The controls of a transfer in one piece, and what they may be: every refusal in one sentence, before anything is
computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from adain_lab.controls.color import COLOR_METHODS
from adain_lab.controls.masks import feather, read_masks, region_masks
from adain_lab.errors import InputError, InputTypeError
from adain_lab.statistics import Statistics, mix, normalize_weights

__all__ = ["Controls", "check_alpha", "check_alphas", "check_color", "check_weights", "combine"]


@dataclass(frozen=True, eq=False)
class Controls:
    """How a content is to be painted in its styles; handed on whole by all that paints.

    Attributes:
        alpha: 0 = content, 1 = style (Eq. 14); with masks also a list, one per region.
        weights: of an interpolation (Eq. 15), one per style; equal when None.
        color: None, "match" or "luminance".
        masks: which style goes where, see :func:`~adain_lab.controls.masks.region_masks`.
        feather: width of the regions' soft edges, pixels of the content.
        global_statistics: with masks, normalise by the whole content's statistics.
        size, style_size: shorter sides to which content and styles are scaled first, pixels; 0 keeps them.
    """

    alpha: float | Sequence[float] = 1.0
    weights: Sequence[float] | None = None
    color: str | None = None
    masks: Any = None
    feather: float = 0.0
    global_statistics: bool = False
    size: int = 0
    style_size: int = 0

    def checked(self, count: int) -> Controls:
        """The same for ``count`` styles, with masks read.

        Raises:
            FileNotFoundError, TypeError, ValueError: they make no sense, alone or together.
        """
        check_alphas(self.alpha, None if self.masks is None else count)
        check_color(self.color)
        check_weights(self.weights, count, self.masks)
        return self if self.masks is None else replace(self, masks=read_masks(self.masks, count))

    @classmethod
    def of_recipe(cls, recipe: Mapping[str, Any], masks: Any = None) -> Controls:
        """What a recipe of "stylize" says; pictures in it have their sizes with them.

        Args:
            recipe: from :func:`~adain_lab.recipes.recipe.read_recipe`.
            masks: the masks that it names.
        """
        names = ("alpha", "weights", "feather", "global_statistics")
        return cls(color=recipe["preserve_color"], masks=masks, **{name: recipe[name] for name in names})

    def regions(self, count: int, size: tuple[int, int]) -> torch.Tensor | None:
        """Where each of ``count`` styles goes in a content of ``size`` (H, W): (R, H, W) with soft edges, or None."""
        return None if self.masks is None else feather(region_masks(self.masks, count, size), self.feather)


def check_alpha(alpha: object) -> float:
    """``alpha`` as a float, refused when it is not a finite number >= 0."""
    if isinstance(alpha, bool) or not isinstance(alpha, (int, float)):
        raise InputTypeError(f"alpha must be a number, not {type(alpha).__name__}")
    if not math.isfinite(alpha) or alpha < 0:
        raise InputError(f"alpha must be 0 (content) to 1 (style), or above 1 to extrapolate, got {alpha}")
    return float(alpha)


def check_alphas(alpha: float | Sequence[float], regions: int | None = None) -> list[float]:
    """``alpha`` as a list with one number per region, or with one number where ``regions`` is None (there are no
    masks).

    Raises:
        TypeError, ValueError: it is no number >= 0, several without masks, or not as many as regions.
    """
    if not isinstance(alpha, (list, tuple)):
        return [check_alpha(alpha)] * (1 if regions is None else regions)
    if regions is None:
        raise InputTypeError("alpha must be one number: several, one per region, need masks")
    if len(alpha) != regions:
        raise InputError(f"alpha must be one number, or one per region: got {len(alpha)} for {regions}")
    return [check_alpha(a) for a in alpha]


def check_weights(weights: Sequence[float] | None, count: int, masks: Any = None) -> None:
    """Refuse weights that do not fit ``count`` styles, and weights together with masks."""
    if masks is None:
        normalize_weights(weights, count)
    elif weights is not None:
        raise InputError(
            "weights and masks do not go together: a region has one style; to interpolate inside it, give mix([...], weights)"
        )


def check_color(color: str | None) -> None:
    """Refuse a colour method that does not exist."""
    if color is not None and color not in COLOR_METHODS:
        raise InputError(f"unknown colour method {color!r}: choose from {', '.join(COLOR_METHODS)}, or None")


def combine(
    statistics: Sequence[Statistics], weights: Sequence[float] | None = None, masks: Any = None
) -> Statistics | list[Statistics]:
    """What :meth:`Stylizer.render` takes: the styles' mixture, or with masks the styles themselves, one per region."""
    if masks is None:
        return mix(statistics, weights)
    check_weights(weights, len(statistics), masks)
    return list(statistics)
