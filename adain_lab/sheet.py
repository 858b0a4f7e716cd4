"""One photograph in many styles, in one labelled picture: a contact sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from PIL import Image, ImageDraw, ImageFont

from adain_lab.controls.controls import Controls
from adain_lab.errors import InputError
from adain_lab.files import printable
from adain_lab.images import open_image, to_pil
from adain_lab.stylizer import Stylizer

__all__ = ["Cell", "contact_sheet", "shortened", "style_sheet"]

_PAPER, _INK = "white", "#3c4043"
#: Sides of an inset and of a whole sheet, relative to a picture's shorter side and to the sheet's height.
_INSET, _SHAPE = 0.3, 1.5


@dataclass(frozen=True)
class Cell:
    """A picture of a sheet, what is written below it, and what is shown small in its corner."""

    label: str
    picture: Image.Image
    inset: Image.Image | None = None


def contact_sheet(cells: Sequence[Cell], columns: int = 0) -> Image.Image:
    """Pictures in rows, each with its label below, on white.

    Args:
        cells: what is shown; smaller pictures are centred in the largest one's place.
        columns: pictures in a row; 0 makes the sheet about half as wide again as it is high.

    Returns:
        RGB.

    Raises:
        ValueError: there is nothing to show, or ``columns`` is negative.

    Example:
        >>> contact_sheet([Cell("black", Image.new("RGB", (60, 40)))] * 6).width
        208
    """
    if not cells:
        raise InputError("a sheet needs at least one picture")
    if isinstance(columns, bool) or not isinstance(columns, int) or columns < 0:
        raise InputError(f"columns must be a whole number, 1 or more, or 0 for as many as fit, got {columns!r}")
    width, height = (max(cell.picture.size[axis] for cell in cells) for axis in (0, 1))
    font = cast(ImageFont.FreeTypeFont, ImageFont.load_default(size=max(11, round(min(width, height) / 16))))
    line = sum(font.getmetrics()) + 4
    gap = max(7, round(min(width, height) / 40))
    columns = columns or math.ceil(math.sqrt(len(cells) * _SHAPE * (height + line) / width))
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    size = columns * (width + gap) + gap, rows * (height + line + gap) + gap
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, cell in enumerate(cells):
        left, top = gap + number % columns * (width + gap), gap + number // columns * (height + line + gap)
        corner = left + (width - cell.picture.width) // 2, top + (height - cell.picture.height) // 2
        sheet.paste(cell.picture, corner)
        if cell.inset is not None:
            _put_inset(sheet, cell, corner)
        draw.text(
            (left + width / 2, top + height + 2),
            shortened(printable(cell.label), font, width),
            _INK,
            font,
            anchor="ma",
        )
    return sheet


def style_sheet(
    stylizer: Stylizer,
    content: Any,
    styles: Mapping[str, Any],
    alpha: float = 1.0,
    *,
    color: str | None = None,
    size: int = 256,
    style_size: int | None = None,
    columns: int = 0,
    progress: Callable[[int, int], Any] = lambda done, total: None,
    check: Callable[[torch.Tensor, str], Any] = lambda images, label: None,
) -> Image.Image:
    """A photograph, and beside it the same in every style, with the style in the corner.

    Args:
        stylizer: what paints.
        content: a picture, as the stylizer takes it.
        styles: pictures by what is to be written below them.
        alpha, color: as the stylizer takes them.
        size: shorter side of each picture, pixels; 0 keeps the content's own.
        style_size: shorter side of the styles; None makes it ``size``.
        columns: as :func:`contact_sheet` takes it.
        progress: called with the pictures done and those in all.
        check: called with every painted picture, (1, 3, H, W), and its label; what it raises ends the sheet.

    Raises:
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence.

    Example:
        >>> from adain_lab import load, sample
        >>> style_sheet(load("tiny"), sample("cat"), {"kilim": sample("kilim")}, size=32, columns=2).width
        117
    """
    controls = Controls(alpha, color=color, size=size, style_size=size if style_size is None else style_size)
    code = stylizer.encode_content(content, size=controls.size)
    match = code.images if color == "match" else None
    cells = [Cell("the photograph", to_pil(code.images))]
    for done, (label, style) in enumerate(styles.items()):
        picture = open_image(style)
        measured = stylizer.encode_style(picture, size=controls.style_size, match=match)
        painted = stylizer.paint(code, [measured], controls)
        check(painted, label)
        cells.append(Cell(label, to_pil(painted), picture))
        progress(done + 1, len(styles))
    return contact_sheet(cells, columns)


def _put_inset(sheet: Image.Image, cell: Cell, corner: tuple[int, int]) -> None:
    """The cell's inset in the lower left corner of its picture, with a thin white frame."""
    assert cell.inset is not None
    side = max(1, round(_INSET * min(cell.picture.size)))
    frame = max(1, side // 24)
    small = cell.inset.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    framed = Image.new("RGB", (small.width + 2 * frame, small.height + 2 * frame), _PAPER)
    framed.paste(small, (frame, frame))
    sheet.paste(framed, (corner[0], corner[1] + cell.picture.height - framed.height))


def shortened(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """``text``, or as much of it as ``width`` pixels hold, and three dots."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"
