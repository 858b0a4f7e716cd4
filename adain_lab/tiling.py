"""Pictures too large for one pass: the same transfer tile by tile, with the statistics of the whole.

AdaIN needs the mean and standard deviation of the *whole* content, so tiles cannot be stylized one by one: each would
    be
normalised by its own, and the seams would show. Hence two passes: every tile is encoded, and the features, a
sixty-fourth of the pixels, are put together; then the statistics are those of all of them, and every tile is decoded.

A tile brings a margin of neighbours along, as wide as the networks look around, and the margin's result is thrown away.
At the picture's own border there is no margin, and the networks' reflection padding does there what it does for the
whole picture. So the result is not similar to the untiled one but equal, up to rounding: in float32 to the last of 8
bits. In bfloat16, where a product's rounding depends on how the processor blocks it, single pixels differ by a few grey
levels, as two processors would.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from adain_lab.controls.color import color_moments, keep_luminance, match_moments
from adain_lab.controls.controls import check_alphas, check_color, check_weights, combine
from adain_lab.controls.masks import read_masks, region_masks, to_features
from adain_lab.controls.regions import masked_adain, region_mean_std
from adain_lab.errors import InputError
from adain_lab.images import open_image, resize, to_tensor
from adain_lab.networks.encoder import BLOCKS
from adain_lab.statistics import Statistics
from adain_lab.stylizer import Stylizer

__all__ = ["DECODER_MARGIN", "ENCODER_MARGIN", "Estimate", "Stopped", "estimate", "stylize_tiled"]

#: Pixels per cell of the features at relu4_1: three poolings.
CELL = 8
#: Convolutions before the first pooling, between poolings, and after the third, up to relu4_1.
_CONVOLUTIONS = (*BLOCKS[:3], 1)


def _encoder_margin() -> int:
    """How many pixels beyond its own a cell of relu4_1 sees: from the cell outwards, each pooling doubles and each
    convolution adds 1.
    """
    margin = 0
    for count in reversed(_CONVOLUTIONS):
        margin = 2 * margin + count
    return -(-margin // CELL) * CELL  # 2·(2·(2·1 + 4) + 2) + 2 = 30, rounded up to whole cells


def _decoder_margin() -> int:
    """How many cells beyond its own an 8 × 8 block of the picture depends on: from the pixels inwards, halving at each
    up-sampling.
    """
    margin = 0
    for count in _CONVOLUTIONS[:3]:
        margin = -(-(margin + count) // 2)
    return margin + _CONVOLUTIONS[3]


#: In pixels, and in cells.
ENCODER_MARGIN, DECODER_MARGIN = _encoder_margin(), _decoder_margin()


class Stopped(Exception):
    """Somebody asked for the work to stop; there is no picture."""


@dataclass(frozen=True)
class Estimate:
    """What a large picture will take.

    Attributes:
        tiles: how many there are.
        megabytes: of memory beyond the loaded model.
        seconds: on this machine, from the time of one tile.
    """

    tiles: int
    megabytes: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.tiles} tiles, about {self.seconds:.0f} s and {self.megabytes / 1000:.1f} GB of memory"


def stylize_tiled(
    stylizer: Stylizer,
    content: Any,
    style: Any,
    alpha: float | Sequence[float] = 1.0,
    *,
    weights: Sequence[float] | None = None,
    color: str | None = None,
    masks: Any = None,
    global_statistics: bool = False,
    size: int = 0,
    style_size: int = 0,
    tile: int = 512,
    progress: Callable[[int, int], Any] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Image.Image:
    """What :meth:`Stylizer.__call__ <adain_lab.stylizer.Stylizer.__call__>` paints, in bounded memory.

    Args:
        stylizer: what paints.
        content: one picture of any size.
        style, alpha, weights, color, masks, global_statistics, size, style_size: as the stylizer takes them.
        tile: side of a tile without its margins, pixels; a multiple of 8, at least 64. Larger tiles waste less on
            margins.
        progress: called with the tiles done and those in all; each tile counts twice, once encoded and once decoded.
        should_stop: asked before every tile.

    Returns:
        The picture, RGB, 8 bits per channel: a float tensor of it would take as much memory as all the rest.

    Raises:
        Stopped: ``should_stop`` said so.
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence.

    Example:
        >>> from adain_lab import load
        >>> content, style = torch.rand(3, 96, 200), torch.rand(3, 64, 64)
        >>> stylize_tiled(load("tiny"), content, style, tile=64).size
        (200, 96)
    """
    check_tile(tile)
    styles = list(style) if isinstance(style, (list, tuple)) else [style]
    alphas = check_alphas(alpha, None if masks is None else len(styles))
    check_color(color)
    check_weights(weights, len(styles), masks)
    if masks is not None:
        masks = read_masks(masks, len(styles))
    picture = _Pixels(content, size)
    tiles = _tiles(picture.height, picture.width, tile)
    if masks is not None:
        cells = to_features(region_masks(masks, len(styles), (picture.height, picture.width)), *picture.cells)

    reference = color_moments(picture.crop(t) for t in tiles) if color == "match" else None
    statistics = combine([_encode_style(stylizer, s, style_size, reference) for s in styles], weights, masks)

    def steps(names: str) -> Iterator[_Tile]:
        done = 0 if names == "encode" else len(tiles)
        for number, t in enumerate(tiles):
            if should_stop():
                raise Stopped(f"stopped after {done + number} of {2 * len(tiles)} steps")
            yield t
            progress(done + number + 1, 2 * len(tiles))

    with torch.no_grad():
        features = _encode(stylizer, picture, steps("encode"))
        if masks is None:
            mixed = _blended(Statistics.of(features, stylizer.model), statistics, alphas[0])
        else:
            regions = [(s.mean.cpu(), s.std.cpu()) for s in statistics]
            of_content = [None if global_statistics else _region_mean_std(features, cell) for cell in cells]
            everywhere = Statistics.of(features)
            of_content = [pair or (everywhere.mean, everywhere.std) for pair in of_content]
        output = np.empty((picture.height, picture.width, 3), dtype=np.uint8)
        for t in steps("decode"):
            part, inner = t.features(DECODER_MARGIN, *picture.cells)
            f = features[(..., *part)]
            if masks is None:
                target_features = mixed(f)
            else:
                target_features = masked_adain(f, regions, cells[(..., *part)], alphas, statistics=of_content)
            images = stylizer.decode(target_features.to(stylizer.device))[(..., *inner)][
                ..., : t.height, : t.width
            ].cpu()
            if color == "luminance":
                images = keep_luminance(images, picture.crop(t))
            output[t.rows, t.columns] = images[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    return Image.fromarray(output)


def estimate(stylizer: Stylizer, width: int, height: int, tile: int = 512) -> Estimate:
    """Time and memory of a picture, from encoding and decoding a single tile.

    Args:
        stylizer: what will paint it.
        width, height: of the picture, pixels.
        tile: as in :func:`stylize_tiled`.
    """
    check_tile(tile)
    count = len(_tiles(height, width, tile))
    side = tile + 2 * ENCODER_MARGIN
    sample = torch.rand(1, 3, min(side, max(height, 16)), min(side, max(width, 16)), device=stylizer.device)
    stylizer.decode(stylizer.encode(sample[..., :64, :64]))  # the first call of a size is slower
    began = time.perf_counter()
    with torch.no_grad():
        stylizer.decode(stylizer.encode(sample))
    seconds = (time.perf_counter() - began) * count
    channels, bits = 8 * stylizer.decoder.width, 4
    cells = -(-width // CELL) * -(-height // CELL)
    # The picture and the result with 8 bits per channel, the features and one temporary of their size, and the largest
    # layers of one tile.
    total = 6 * width * height + 2 * channels * bits * cells + 4 * stylizer.decoder.width * bits * side * side
    return Estimate(count, round(total / 1e6), seconds)


def check_tile(tile: int) -> None:
    """Refuse a tile's side that the networks' grid does not fit."""
    if isinstance(tile, bool) or not isinstance(tile, int) or tile < 64 or tile % CELL:
        raise InputError(f"tile must be a multiple of {CELL} pixels, at least 64, got {tile!r}")


# ---- the parts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tile:
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

    def cells(self) -> tuple[slice, slice]:
        """Its own cells."""
        return tuple(
            slice(start // CELL, -(-(start + side) // CELL))
            for start, side in ((self.top, self.height), (self.left, self.width))
        )

    def features(self, margin: int, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Its cells with a margin, cut off at the border, and where its own pixels are in what is decoded from them."""
        part, inner = [], []
        for own, limit in zip(self.cells(), (height, width), strict=True):
            start = max(0, own.start - margin)
            part.append(slice(start, min(limit, own.stop + margin)))
            inner.append(slice((own.start - start) * CELL, (own.stop - start) * CELL))
        return tuple(part), tuple(inner)


class _Pixels:
    """The content, with 8 bits per channel where it has them already."""

    def __init__(self, content: Any, size: int):
        if size or isinstance(content, (torch.Tensor, np.ndarray)):
            self._whole = resize(to_tensor(content), size)
            if len(self._whole) != 1:
                raise InputError(f"large pictures are painted one at a time, got a batch of {len(self._whole)}")
            self.height, self.width = self._whole.shape[2:]
        else:
            self._whole = open_image(content)
            self.width, self.height = self._whole.size

    @property
    def cells(self) -> tuple[int, int]:
        return -(-self.height // CELL), -(-self.width // CELL)

    def crop(self, tile: _Tile, margin: int = 0) -> torch.Tensor:
        """(1, 3, h, w) in [0, 1]."""
        rows, columns = tile.pixels(margin, self.height, self.width)
        if isinstance(self._whole, torch.Tensor):
            return self._whole[..., rows, columns]
        return to_tensor(self._whole.crop((columns.start, rows.start, columns.stop, rows.stop)))


def _tiles(height: int, width: int, side: int) -> list[_Tile]:
    corners = [(top, left) for top in range(0, height, side) for left in range(0, width, side)]
    return [_Tile(top, left, min(side, height - top), min(side, width - left)) for top, left in corners]


def _encode(stylizer: Stylizer, picture: _Pixels, tiles: Iterator[_Tile]) -> torch.Tensor:
    """The features of the whole picture, (1, C, ceil(H/8), ceil(W/8)), on the CPU."""
    features = torch.empty(1, 8 * stylizer.decoder.width, *picture.cells)
    for tile in tiles:
        rows, columns = tile.pixels(ENCODER_MARGIN, picture.height, picture.width)
        found = stylizer.encode(picture.crop(tile, ENCODER_MARGIN).to(stylizer.device))
        own = tile.cells()
        inner = [
            slice(o.start - p.start // CELL, o.stop - p.start // CELL)
            for o, p in zip(own, (rows, columns), strict=True)
        ]
        features[(..., *own)] = found[(..., *inner)].cpu()
    return features


def _region_mean_std(features: torch.Tensor, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """:func:`~adain_lab.controls.regions.region_mean_std` a few channels at a time: its temporaries are as large as
    what it is given.
    """
    means, stds = zip(*(region_mean_std(part, cells) for part in features.split(16, dim=1)), strict=True)
    return torch.cat(means, 1), torch.cat(stds, 1)


def _encode_style(stylizer: Stylizer, style: Any, size: int, reference: Any) -> Statistics:
    if reference is not None and not isinstance(style, Statistics):
        return stylizer.encode_style(match_moments(resize(to_tensor(style), size), reference))
    return stylizer.encode_style(
        style, size=size, match=reference
    )  # which refuses statistics where a picture is needed


def _blended(content: Statistics, style: Statistics, alpha: float) -> Callable[[torch.Tensor], torch.Tensor]:
    """Eq. 14 as an affine map of the features."""
    style = style.to("cpu")
    std = (1 - alpha) * content.std + alpha * style.std
    mean = (1 - alpha) * content.mean + alpha * style.mean
    return lambda features: std * ((features - content.mean) / content.std) + mean
