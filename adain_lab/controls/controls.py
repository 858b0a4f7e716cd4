"""What the controls of a transfer may be: every refusal in one sentence, before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from adain_lab.controls.color import COLOR_METHODS
from adain_lab.errors import InputError, InputTypeError
from adain_lab.statistics import Statistics, mix, normalize_weights

__all__ = ["check_alpha", "check_alphas", "check_color", "check_weights", "combine"]


def check_alpha(alpha: float) -> float:
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
