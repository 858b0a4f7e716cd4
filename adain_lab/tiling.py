"""Pictures too large for one pass: the same transfer tile by tile, with the statistics of the whole.

AdaIN needs the mean and standard deviation of the *whole* content, so tiles cannot be stylized one by one: each would
be normalised by its own, and the seams would show. Hence two passes. In the first every tile is encoded for its moments,
which add up to the whole's at every level; in the second it is encoded again, restyled by the whole's statistics, and
decoded. Features are not kept in between: those of the shallow levels are larger than the picture.

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
from adain_lab.controls.controls import Controls, check_alphas, combine
from adain_lab.controls.masks import to_features
from adain_lab.errors import InputError
from adain_lab.functional import EPS
from adain_lab.images import open_image, resize, to_tensor
from adain_lab.networks.encoder import BLOCKS
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer

__all__ = [
    "DECODER_MARGIN",
    "ENCODER_MARGIN",
    "Estimate",
    "Stopped",
    "decoder_margin",
    "encoder_margin",
    "estimate",
    "stylize_tiled",
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


def _margins(stylizer: Stylizer) -> tuple[int, int]:
    """The encoder's and the decoder's margin in pixels."""
    decoder = stylizer.decoder
    return encoder_margin(decoder.blocks), CELL * decoder_margin(decoder.blocks, decoder.refinements)


#: Of VGG-19's shape: in pixels, and in cells.
ENCODER_MARGIN, DECODER_MARGIN = encoder_margin(), decoder_margin()


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
    controls = Controls(alpha, weights, color, masks, 0.0, global_statistics, size, style_size).checked(len(styles))
    alphas = check_alphas(alpha, None if masks is None else len(styles))
    picture = _Pixels(content, size)
    tiles = _tiles(picture.height, picture.width, tile)
    regions = controls.regions(len(styles), (picture.height, picture.width))

    reference = color_moments(picture.crop(t) for t in tiles) if color == "match" else None
    statistics = combine([_encode_style(stylizer, s, style_size, reference) for s in styles], weights, masks)
    scene = _Scene(stylizer, picture, regions)

    def steps(done: int) -> Iterator[_Tile]:
        for number, t in enumerate(tiles, done):
            if should_stop():
                raise Stopped(f"stopped after {number} of {2 * len(tiles)} steps")
            yield t
            progress(number + 1, 2 * len(tiles))

    with torch.no_grad():
        of_content = scene.statistics(steps(0), None if global_statistics else regions)
        output = np.empty((picture.height, picture.width, 3), dtype=np.uint8)
        for t in steps(len(tiles)):
            images = scene.paint(t, of_content, statistics, alphas)
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
    margin = sum(_margins(stylizer))
    side = tile + 2 * margin
    sample = torch.rand(1, 3, min(side, max(height, 16)), min(side, max(width, 16)), device=stylizer.device)
    stylizer.decode(stylizer.encode(sample[..., :64, :64]))  # the first call of a size is slower
    began = time.perf_counter()
    with torch.no_grad():
        stylizer.decode(stylizer.encode(sample))
        middle = time.perf_counter()
        stylizer.encode(sample)
    seconds = (middle - began + time.perf_counter() - middle) * count
    # The picture and the result with 8 bits per channel, and the largest layers of one tile.
    total = 6 * width * height + 4 * (4 + len(stylizer.layers)) * stylizer.decoder.width * side * side
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

    def cells(self, size: int = CELL) -> tuple[slice, slice]:
        """Its own cells in a layer with ``size`` pixels per cell."""

        def span(start: int, side: int) -> slice:
            return slice(start // size, -(-(start + side) // size))

        return span(self.top, self.height), span(self.left, self.width)

    def widened(self, margin: int, height: int, width: int) -> _Tile:
        """The tile with its margin, cut off at the picture's border."""
        rows, columns = self.pixels(margin, height, width)
        return _Tile(rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)

    def inside(self, other: _Tile, size: int = 1) -> tuple[slice, slice]:
        """Where its cells are among those of a tile that holds it."""
        rows, columns = self.cells(size)
        top, left = other.top // size, other.left // size
        return slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)


class _Pixels:
    """The content, with 8 bits per channel where it has them already."""

    _whole: torch.Tensor | Image.Image

    def __init__(self, content: Any, size: int):
        if size or isinstance(content, (torch.Tensor, np.ndarray)):
            images = resize(to_tensor(content), size)
            if len(images) != 1:
                raise InputError(f"large pictures are painted one at a time, got a batch of {len(images)}")
            self._whole, (self.height, self.width) = images, images.shape[2:]
        else:
            image = open_image(content)
            self._whole, (self.width, self.height) = image, image.size

    def crop(self, tile: _Tile, margin: int = 0) -> torch.Tensor:
        """(1, 3, h, w) in [0, 1]."""
        rows, columns = tile.pixels(margin, self.height, self.width)
        if isinstance(self._whole, torch.Tensor):
            return self._whole[..., rows, columns]
        return to_tensor(self._whole.crop((columns.start, rows.start, columns.stop, rows.stop)))


def _tiles(height: int, width: int, side: int) -> list[_Tile]:
    corners = [(top, left) for top in range(0, height, side) for left in range(0, width, side)]
    return [_Tile(top, left, min(side, height - top), min(side, width - left)) for top, left in corners]


#: What a level's features are normalised by: mean and standard deviation, each (1, C, 1, 1).
_Pair = tuple[torch.Tensor, torch.Tensor]


class _Scene:
    """The content and its regions, of which a stylizer only ever sees a tile."""

    def __init__(self, stylizer: Stylizer, picture: _Pixels, regions: torch.Tensor | None):
        self.stylizer, self.picture, self.regions = stylizer, picture, regions
        self.encoder_margin, self.decoder_margin = _margins(stylizer)

    def features(self, tile: _Tile, margin: int = 0) -> tuple[_Tile, dict[str, torch.Tensor]]:
        """The tile with its margin, and its features at every level, as the whole picture has them there."""
        size = self.picture.height, self.picture.width
        wanted = tile.widened(margin, *size)
        seen = wanted.widened(self.encoder_margin, *size)
        found = self.stylizer.encode(self.picture.crop(seen))
        return wanted, {layer: f[(..., *wanted.inside(seen, _cell(layer)))] for layer, f in found.items()}

    def statistics(self, tiles: Iterator[_Tile], regions: torch.Tensor | None) -> dict[str, list[_Pair]]:
        """The content's statistics at every level: of each region, and last of the whole."""
        moments: dict[str, list[_Moments]] = {}
        for tile in tiles:
            _, features = self.features(tile)
            for layer, f in features.items():
                masks = [*(() if regions is None else _cells(regions, tile, f)), None]
                for moment, mask in zip(moments.setdefault(layer, [_Moments() for _ in masks]), masks, strict=True):
                    moment.add(f, mask)
        return {layer: [moment.mean_std() for moment in found] for layer, found in moments.items()}

    def paint(
        self, tile: _Tile, content: dict[str, list[_Pair]], styles: Statistics | list[Statistics], alphas: list[float]
    ) -> torch.Tensor:
        """The tile, (1, 3, h, w) in [0, 1], on the CPU."""
        wide, features = self.features(tile, self.decoder_margin)
        last = {n: pairs[-1] for n, pairs in content.items()}
        whole = Statistics({n: mean for n, (mean, _) in last.items()}, {n: std for n, (_, std) in last.items()})
        if self.regions is None:
            images = self.stylizer.render(ContentCode(features, whole, self.picture.crop(wide)), styles, alphas[0])
        else:
            each = [styles] if isinstance(styles, Statistics) else styles
            own = {n: pairs[:-1] or pairs * len(each) for n, pairs in content.items()}
            cells = {n: _cells(self.regions, wide, f) for n, f in features.items()}
            features = {n: f.float() for n, f in features.items()}
            images = self.stylizer.paint_regions(features, own, whole, each, cells, alphas)
        return images[(..., *tile.inside(wide))].cpu()


def _cells(regions: torch.Tensor, tile: _Tile, features: torch.Tensor) -> torch.Tensor:
    """How much of each of the tile's cells a region covers, (R, h, w)."""
    part = regions[..., tile.rows, tile.columns]
    height, width = features.shape[2:]
    return to_features(part, height, width).to(features.device)


class _Moments:
    """Mean and deviation of features that come in parts, each cell counted as much as a mask says.

    Parts are joined by the formula of Chan et al. (1979), which does not subtract large sums from one another.
    """

    def __init__(self) -> None:
        self.weight, self.mean, self.squares = 0.0, torch.zeros(()), torch.zeros(())

    def add(self, features: torch.Tensor, mask: torch.Tensor | None) -> None:
        """Features (1, C, h, w), and how much each cell counts, (h, w)."""
        flat = features[0].flatten(1).double()  # (C, h·w)
        share = torch.ones_like(flat[0]) if mask is None else mask.flatten().double()
        weight = float(share.sum())
        if not weight:  # a region that is not here
            self.mean, self.squares = (v + torch.zeros_like(flat[:, 0]) for v in (self.mean, self.squares))
            return
        mean = flat @ share / weight
        squares = (flat - mean[:, None]).square() @ share
        between = mean - self.mean
        total = self.weight + weight
        self.squares = self.squares + squares + between.square() * (self.weight * weight / total)
        self.mean = self.mean + between * (weight / total)
        self.weight = total

    def mean_std(self) -> _Pair:
        """As :func:`~adain_lab.functional.channel_mean_std` of all the parts in one."""
        variance = self.squares / max(self.weight, 1e-30)
        std = (variance + EPS).sqrt()
        return self.mean.float().view(1, -1, 1, 1), std.float().view(1, -1, 1, 1)


def _cell(layer: str) -> int:
    """Pixels per cell of a layer."""
    return 2 ** (int(layer[4]) - 1)


def _encode_style(stylizer: Stylizer, style: Any, size: int, reference: Any) -> Statistics:
    if reference is not None and not isinstance(style, Statistics):
        return stylizer.encode_style(match_moments(resize(to_tensor(style), size), reference))
    return stylizer.encode_style(
        style, size=size, match=reference
    )  # which refuses statistics where a picture is needed
