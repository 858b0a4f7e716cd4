"""Regions in one grey picture that says what its grey levels mean: what the panels save, and everything here reads back
exactly.

A grey level alone can be the second region, a soft edge, or nothing painted. A note in the PNG file says which.
"""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adain_lab.errors import InputError
from adain_lab.images import open_image, open_picture

__all__ = ["label_png", "read_labels", "saved_regions"]

#: The key under which a PNG says how many regions its grey levels stand for, and whether the darkest is "nothing".
_KEY = "adain_lab_regions"
#: With more regions than these, grey levels would be too near to each other.
_MOST = 64


def label_png(labels: np.ndarray, count: int) -> bytes:
    """A label map as a grey PNG, the first region the brightest; what is not painted is black below all regions.

    Args:
        labels: (H, W), 0 = nothing, r = the r-th region.
        count: how many regions there are, painted or not.

    Example:
        >>> labels = np.array([[0, 1, 2, 2]])
        >>> np.asarray(Image.open(io.BytesIO(label_png(labels, 2)))).tolist()
        [[0, 255, 128, 128]]
    """
    gaps = bool((labels == 0).any())
    note, buffer = PngInfo(), io.BytesIO()
    note.add_text(_KEY, f"{count} {'gaps' if gaps else 'full'}")
    Image.fromarray(_levels(count, gaps)[labels]).save(buffer, "PNG", pnginfo=note)
    return buffer.getvalue()


def read_labels(picture: Any) -> tuple[np.ndarray, int] | None:
    """The label map in a picture of :func:`label_png`, and how many regions there are; None of anything else.

    Args:
        picture: a path, the bytes of a file, or a Pillow image.

    Example:
        >>> read_labels(label_png(np.array([[0, 3, 1]], np.uint8), 3))
        (array([[0, 3, 1]], dtype=uint8), 3)
        >>> read_labels(b"words") is None
        True
    """
    try:
        words = _note(picture).split()
        if len(words) != 2 or words[1] not in ("gaps", "full") or not 1 <= int(words[0]) <= _MOST:
            return None
        grey = np.asarray(open_image(picture).convert("L"))
    except Exception:  # whoever reads it next says what is wrong with it
        return None
    count, gaps = int(words[0]), words[1] == "gaps"
    first = 0 if gaps else 1
    levels = _levels(count, gaps)[first:].astype(np.int16)
    nearest = np.abs(np.arange(256)[:, None] - levels).argmin(-1) + first
    return nearest.astype(np.uint8)[grey], count


def saved_regions(picture: Any, count: int) -> np.ndarray | None:
    """The regions in a picture of :func:`label_png` as masks; None of anything else.

    Args:
        picture: as :func:`read_labels` takes it.
        count: how many styles there are: one per region, or one per region that has paint.

    Returns:
        (``count``, H, W), float32, 0 or 1.

    Raises:
        ValueError: nothing is painted, or there are more or fewer styles.

    Example:
        >>> saved_regions(label_png(np.array([[0, 3, 1]], np.uint8), 3), 2).tolist()
        [[[0.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]]]
    """
    found = read_labels(picture)
    if found is None:
        return None
    labels, regions = found
    painted = [region for region in range(1, regions + 1) if (labels == region).any()]
    if not painted:
        raise InputError("the mask was saved with nothing painted: paint at least one region")
    if count not in (regions, len(painted)):
        saved = f"{regions} region{'s' * (regions != 1)}" + f", {len(painted)} of them painted" * (
            len(painted) < regions
        )
        raise InputError(
            f"the mask was saved with {saved}, and there {'are' if count != 1 else 'is'} {count} style{'s' * (count != 1)}"
        )
    wanted = np.arange(1, regions + 1) if count == regions else np.array(painted)
    return (labels == wanted[:, None, None]).astype(np.float32)


def _levels(count: int, gaps: bool) -> np.ndarray:
    """The grey level of each label, 0 first."""
    steps = max(1, count if gaps else count - 1)
    return np.array([0, *(round(255 * (steps - region) / steps) for region in range(count))], np.uint8)


def _note(picture: Any) -> str:
    """What a picture says about its grey levels."""
    if isinstance(picture, Image.Image):
        return str(picture.info.get(_KEY, ""))
    if not isinstance(picture, (str, os.PathLike, bytes, bytearray, memoryview)):
        return ""
    with open_picture(picture) as image:
        return str(image.info.get(_KEY, ""))
