"""Still pictures of what a panel shows, for readers who cannot run it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PIL import Image, ImageDraw, ImageFont

from adain_lab.sheet import shortened

__all__ = ["captioned_row"]

_PAPER, _INK, _GAP = "white", "#3c4043", 12


def captioned_row(pictures: Sequence[tuple[str, Image.Image]], height: int = 256) -> Image.Image:
    """Pictures side by side at one height, each with its caption below, on white.

    Args:
        pictures: captions and pictures; each keeps its aspect ratio.
        height: of the pictures, pixels.

    Example:
        >>> captioned_row([("left", Image.new("RGB", (20, 10))), ("right", Image.new("RGB", (10, 10)))], height=50).width
        186
    """
    # With a size it is one of FreeType's: only without is it Pillow's own.
    font = cast(ImageFont.FreeTypeFont, ImageFont.load_default(size=max(11, round(height / 18))))
    scaled = [
        (caption, image.resize((max(1, round(image.width * height / image.height)), height)))
        for caption, image in pictures
    ]
    line = sum(font.getmetrics()) + 6
    row = Image.new("RGB", (sum(image.width + _GAP for _, image in scaled) + _GAP, height + 2 * _GAP + line), _PAPER)
    draw = ImageDraw.Draw(row)
    left = _GAP
    for caption, image in scaled:
        row.paste(image, (left, _GAP))
        draw.text(
            (left + image.width / 2, _GAP + height + 6), shortened(caption, font, image.width), _INK, font, anchor="ma"
        )
        left += image.width + _GAP
    return row
