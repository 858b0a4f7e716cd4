"""Painted regions in words, for those who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from adain_lab.widgets.session.mask_codec import unpack_labels

__all__ = ["painting_in_words", "place_in_words", "regions_in_words"]

#: "Mostly" on one side: so much of a region lies in that half of the picture.
MOSTLY = 2 / 3
#: From this share on a region fills the picture, wherever its gaps are.
NEARLY_ALL = 0.9

_PLACES = {
    ("upper", "left"): "mostly upper left",
    ("upper", ""): "mostly at the top",
    ("upper", "right"): "mostly upper right",
    ("", "left"): "mostly on the left",
    ("", "right"): "mostly on the right",
    ("lower", "left"): "mostly lower left",
    ("lower", ""): "mostly at the bottom",
    ("lower", "right"): "mostly lower right",
}


def regions_in_words(labels: np.ndarray, titles: Sequence[str]) -> str:
    """How much of a picture each region covers, and where.

    Args:
        labels: (H, W), 0 = nothing painted, r = the r-th region.
        titles: what each region has, its style's title; regions without paint are left out.

    Example:
        >>> labels = np.zeros((10, 10), np.uint8)
        >>> labels[:4, :5], labels[:, 8:] = 1, 2
        >>> regions_in_words(labels, ["kilim", "marbled"])
        'kilim covers 20 % of the picture, mostly upper left; marbled covers 20 %, mostly on the right; 60 % is not painted'
        >>> regions_in_words(np.ones((4, 4), np.uint8), ["kilim"])
        'kilim covers the whole picture'
    """
    words: list[str] = []
    for region, title in enumerate(titles, start=1):
        mask = labels == region
        if mask.all():
            return f"{title} covers the whole picture"
        if mask.any():
            whole = "" if words else " of the picture"
            words.append(f"{title} covers {_percent(mask.mean())}{whole}, {place_in_words(mask)}")
    if not words:
        return "nothing is painted"
    bare = (labels == 0).mean()
    return "; ".join([*words, f"{_percent(bare)} is not painted"] if bare else words)


def place_in_words(mask: np.ndarray) -> str:
    """Where most of a region lies.

    Args:
        mask: (H, W), true where the region is; somewhere it must be.

    Example:
        >>> place_in_words(np.eye(8, dtype=bool))
        'all over it'
        >>> place_in_words(np.pad(np.ones((2, 2), bool), 3))
        'mostly in the middle'
    """
    height, width = mask.shape
    if mask.mean() >= NEARLY_ALL:
        return "nearly everywhere"
    rows, columns = np.nonzero(mask)
    y, x = (rows + 0.5) / height, (columns + 0.5) / width
    upright, sideways = _side(y, "upper", "lower"), _side(x, "left", "right")
    if upright or sideways:
        return _PLACES[upright, sideways]
    central = (abs(y - 0.5) < 0.25) & (abs(x - 0.5) < 0.25)
    return "mostly in the middle" if central.mean() >= MOSTLY else "all over it"


@lru_cache(maxsize=32)
def painting_in_words(painting: bytes, titles: tuple[str, ...]) -> str:
    """:func:`regions_in_words` of a packed label map; nothing at all stands for one without paint.

    Raises:
        ValueError: the label map is damaged.
    """
    return regions_in_words(unpack_labels(painting), titles) if painting else "nothing is painted"


def _side(places: np.ndarray, low: str, high: str) -> str:
    """The half in which most of ``places``, from 0 to 1, lie; an empty text where neither has enough."""
    share = (places < 0.5).mean() + (places == 0.5).mean() / 2
    return low if share >= MOSTLY else high if share <= 1 - MOSTLY else ""


def _percent(share: float) -> str:
    """A share above 0 in percent; what is left of a rounding is never called nothing, or all."""
    if share < 0.01:
        return "less than 1 %"
    return f"{round(share * 100)} %" if share <= 0.99 else "more than 99 %"
