"""Regions drawn over their picture, for readers who cannot run the panel."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

__all__ = ["REGION_COLORS", "mask_still", "region_place"]

#: Four of Okabe and Ito's colours, which differ for every kind of colour vision.
REGION_COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")


def mask_still(picture: Image.Image, labels: np.ndarray, height: int = 0) -> Image.Image:
    """A picture with its regions in colour, each with its number.

    Args:
        picture: RGB.
        labels: (H, W), 0 = nothing painted, r = the r-th region; scaled to the picture.
        height: of the result, pixels; 0 keeps the picture's.

    Example:
        >>> mask_still(Image.new("RGB", (40, 30)), np.ones((30, 40), np.uint8)).getpixel((2, 2))
        (0, 62, 97)
    """
    height = height or picture.height
    size = (max(1, round(picture.width * height / picture.height)), height)
    pixels = np.asarray(picture.convert("RGB").resize(size), np.float32)
    labels = np.asarray(Image.fromarray(labels.astype(np.uint8)).resize(size, Image.Resampling.NEAREST))
    colors = np.array([(0, 0, 0), *(ImageColor.getrgb(color) for color in REGION_COLORS)], np.float32)
    share = np.where(labels > 0, 0.55, 0).astype(np.float32)[..., None]
    image = Image.fromarray((pixels * (1 - share) + colors[labels] * share).astype(np.uint8))
    draw, radius = ImageDraw.Draw(image), max(8, height // 22)
    font = ImageFont.load_default(size=round(radius * 1.3))
    for region, color in enumerate(REGION_COLORS, start=1):
        if (place := region_place(labels == region)) is not None:
            x, y = place
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], color, "white", max(1, radius // 8))
            draw.text((x, y), str(region), "white" if region == 1 else "black", font, anchor="mm")
    return image


def region_place(inside: np.ndarray) -> tuple[int, int] | None:
    """(x, y) of a place deep inside a region (H, W), for its number; None where the region is empty.

    Example:
        >>> region_place(np.pad(np.ones((3, 5), bool), 2))
        (4, 3)
    """
    if not inside.any():
        return None
    # Peeled like an onion: what is left before the last layer goes is farthest from the edge.
    left = np.pad(inside, 1)
    while True:
        core = left.copy()
        for axis in (0, 1):
            for step in (-1, 1):
                core &= np.roll(left, step, axis)
        if not core.any():
            break
        left = core
    rows, columns = np.nonzero(left)
    middle = np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2)
    return int(columns[middle]) - 1, int(rows[middle]) - 1
