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
from adain_lab.controls.masks import check_feather, feather, read_masks, region_masks
from adain_lab.errors import InputError, InputTypeError
from adain_lab.images import check_size
from adain_lab.statistics import Statistics, mix, normalize_weights

__all__ = ["PLAIN", "Controls", "check_alpha", "check_alphas", "check_color"]


@dataclass(frozen=True, eq=False)
class Controls:
    """How a content is to be painted in its styles; handed on whole by all that paints.

    What makes no sense for any number of styles is refused when it is made, the rest by :meth:`checked`.

    Attributes:
        alpha: 0 = content, 1 = style (Eq. 14); with masks also a list, one per region.
        weights: of an interpolation (Eq. 15), one per style; equal when None.
        color: None, "match" or "luminance".
        masks: which style goes where, see :func:`~adain_lab.controls.masks.region_masks`.
        feather: width of the regions' soft edges, pixels of the content.
        global_statistics: with masks, normalise by the whole content's statistics.
        size, style_size: shorter sides to which content and styles are scaled first, pixels; 0 keeps them.

    Raises:
        TypeError, ValueError: a control makes no sense, or two do not go together.

    Example:
        >>> Controls(alpha=0.8, color="luminance").checked(1).alpha
        0.8
        >>> Controls(color="sepia")
        Traceback (most recent call last):
        adain_lab.errors.InputError: unknown colour method 'sepia': choose from match, luminance, or None
    """

    alpha: float | Sequence[float] = 1.0
    weights: Sequence[float] | None = None
    color: str | None = None
    masks: Any = None
    feather: float = 0.0
    global_statistics: bool = False
    size: int = 0
    style_size: int = 0

    def __post_init__(self) -> None:
        one_a_region = len(self.alpha) if isinstance(self.alpha, (list, tuple)) and self.masks is not None else None
        check_alphas(self.alpha, one_a_region)
        check_color(self.color)
        check_feather(self.feather)
        check_size(self.size)
        check_size(self.style_size)
        if self.masks is not None and self.weights is not None:
            raise InputError(
                "weights and masks do not go together: a region has one style; to interpolate inside it, give mix([...], weights)"
            )

    def checked(self, count: int) -> Controls:
        """The same for ``count`` styles, with masks read.

        Raises:
            FileNotFoundError, TypeError, ValueError: they are not made for as many, or a mask cannot be read.
        """
        self.check_count(count)
        return self if self.masks is None else replace(self, masks=read_masks(self.masks, count))

    def check_count(self, count: int) -> None:
        """:meth:`checked` but for what is in the masks."""
        self.alphas(count)
        if self.masks is None:
            normalize_weights(self.weights, count)

    def alphas(self, count: int) -> list[float]:
        """Alpha for each of ``count`` regions; of no masks, the one number that there is."""
        return check_alphas(self.alpha, None if self.masks is None else count)

    @classmethod
    def of_recipe(cls, recipe: Mapping[str, Any], masks: Any = None) -> Controls:
        """What a recipe of "stylize" says; pictures in it have their sizes with them.

        Args:
            recipe: from :func:`~adain_lab.recipes.recipe.read_recipe`.
            masks: the masks that it names.
        """
        names = ("alpha", "weights", "feather", "global_statistics")
        return cls(color=recipe["preserve_color"], masks=masks, **{name: recipe[name] for name in names})

    def combined(self, styles: Sequence[Statistics]) -> Statistics | list[Statistics]:
        """What :meth:`Stylizer.render` takes: the styles' mixture, or with masks the styles themselves, one per region."""
        return mix(styles, self.weights) if self.masks is None else list(styles)

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


def check_color(color: str | None) -> None:
    """Refuse a colour method that does not exist."""
    if color is not None and color not in COLOR_METHODS:
        raise InputError(f"unknown colour method {color!r}: choose from {', '.join(COLOR_METHODS)}, or None")


#: As the paper paints: alpha 1, the whole picture, in the style's own colours.
PLAIN = Controls()
