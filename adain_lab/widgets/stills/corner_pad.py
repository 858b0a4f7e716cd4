"""A still picture of the pad with a style in each corner."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

from adain_lab.controls.interpolation import corner_place

__all__ = ["pad_still"]

_FIELD, _LINE, _INK, _MARK = "#f3f4f5", "#dadce0", "#3c4043", "#D55E00"
#: Side of a thumbnail as a share of the pad's side, as in ``controls.css``.
THUMB = 0.3


def pad_still(pictures: Sequence[Image.Image], weights: Sequence[float], side: int = 256) -> Image.Image:
    """Four styles in the corners of a square with their shares, and a mark where their weights belong.

    Args:
        pictures: in the order of :data:`~adain_lab.controls.interpolation.CORNERS`.
        weights: four numbers >= 0, not all zero.
        side: pixels.

    Example:
        >>> pad_still([Image.new("RGB", (40, 30), name) for name in ("teal", "gold", "navy", "pink")], [1, 1, 2, 0]).size
        (256, 256)
    """
    pad = Image.new("RGB", (side, side), _FIELD)
    draw = ImageDraw.Draw(pad)
    thumb, font = round(THUMB * side), ImageFont.load_default(size=max(10, side // 22))
    inset, total = thumb / 2, sum(weights)
    for tick in range(5):
        at = inset + tick / 4 * (side - thumb)
        draw.line([(at, inset), (at, side - inset)], _LINE)
        draw.line([(inset, at), (side - inset, at)], _LINE)
    for index, (picture, weight) in enumerate(zip(pictures, weights, strict=True)):
        left, top = (index % 2) * (side - thumb), (index // 2) * (side - thumb)
        pad.paste(ImageOps.fit(picture.convert("RGB"), (thumb, thumb)), (left, top))
        below = top == 0
        place = (left + thumb / 2, top + thumb + 3 if below else top - 4)
        draw.text(place, f"{weight / total:.0%}", _INK, font, anchor="ma" if below else "md")
    x, y = (inset + share * (side - thumb) for share in corner_place(weights))
    radius = max(5, side // 32)
    for extra, colour, width in ((2, "white", 6), (0, _MARK, 4)):
        draw.ellipse(
            [x - radius - extra, y - radius - extra, x + radius + extra, y + radius + extra],
            outline=colour,
            width=width,
        )
    return pad
