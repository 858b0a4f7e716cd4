"""Where tiles lie, and how far the networks look beyond them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adain_lab.errors import InputError
from adain_lab.networks.encoder import BLOCKS
from adain_lab.networks.palette import PIXELS

if TYPE_CHECKING:
    from adain_lab.stylizer import Stylizer

__all__ = [
    "DECODER_MARGIN",
    "ENCODER_MARGIN",
    "Tile",
    "check_tile",
    "cut",
    "decoder_margin",
    "encoder_margin",
    "margins",
    "pixels_per_cell",
]

#: Pixels per cell of the features at relu4_1: three poolings.
CELL = 8


def encoder_margin(blocks: Sequence[int] = BLOCKS) -> int:
    """How many pixels beyond its own a cell of relu4_1 sees: from the cell outwards, each pooling doubles and each
    convolution adds 1. Rounded up to whole cells.

    Example:
        >>> encoder_margin()  # 2·(2·(2·1 + 4) + 2) + 2 = 30
        32
    """
    margin = 0
    for count in reversed((*blocks[:3], 1)):
        margin = 2 * margin + count
    return -(-margin // CELL) * CELL


def decoder_margin(blocks: Sequence[int] = BLOCKS, refinements: Sequence[int] = ()) -> int:
    """How many cells of relu4_1 beyond its own an 8 × 8 block of the picture depends on: from the pixels inwards,
    halving at each up-sampling; then two convolutions for each dilation of ``refinements``.
    """
    margin = 0
    for count in blocks[:3]:
        margin = -(-(margin + count) // 2)
    return margin + 1 + 2 * sum(refinements)


def pixels_per_cell(layer: str) -> int:
    """Pixels per cell of a layer."""
    if layer == PIXELS:
        return 1
    return 2 ** (int(layer[4]) - 1)


def margins(stylizer: Stylizer) -> tuple[int, int]:
    """The encoder's and the decoder's margin in pixels."""
    decoder = stylizer.decoder
    return encoder_margin(decoder.blocks), CELL * decoder_margin(decoder.blocks, decoder.refinements)


#: Of VGG-19's shape: in pixels, and in cells.
ENCODER_MARGIN, DECODER_MARGIN = encoder_margin(), decoder_margin()


def check_tile(tile: int) -> None:
    """Refuse a tile's side that the networks' grid does not fit."""
    if isinstance(tile, bool) or not isinstance(tile, int) or tile < 64 or tile % CELL:
        raise InputError(f"tile must be a multiple of {CELL} pixels, at least 64, got {tile!r}")


@dataclass(frozen=True)
class Tile:
    """A rectangle of the picture, without margins; its upper left corner is on the grid of cells."""

    top: int
    left: int
    height: int
    width: int

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.width)

    def pixels(self, margin: int, height: int, width: int) -> tuple[slice, slice]:
        """The rectangle with its margin, cut off at the picture's border."""
        return (
            slice(max(0, self.top - margin), min(height, self.top + self.height + margin)),
            slice(max(0, self.left - margin), min(width, self.left + self.width + margin)),
        )

    def cells(self, size: int = CELL) -> tuple[slice, slice]:
        """Its own cells in a layer with ``size`` pixels per cell."""

        def span(start: int, side: int) -> slice:
            return slice(start // size, -(-(start + side) // size))

        return span(self.top, self.height), span(self.left, self.width)

    def widened(self, margin: int, height: int, width: int) -> Tile:
        """The tile with its margin, cut off at the picture's border."""
        rows, columns = self.pixels(margin, height, width)
        return Tile(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)

    def inside(self, other: Tile, size: int = 1) -> tuple[slice, slice]:
        """Where its cells are among those of a tile that holds it."""
        rows, columns = self.cells(size)
        top, left = other.top // size, other.left // size
        return slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)


def cut(height: int, width: int, side: int) -> list[Tile]:
    """A picture's tiles, row by row; those at the right and at the bottom may be smaller."""
    corners = [(top, left) for top in range(0, height, side) for left in range(0, width, side)]
    return [Tile(top, left, min(side, height - top), min(side, width - left)) for top, left in corners]
