"""A picture painted tile by tile, and what that will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from adain_lab.controls.color import color_moments, keep_luminance, match_moments
from adain_lab.controls.controls import Controls
from adain_lab.errors import InputError
from adain_lab.images import resize, to_pil, to_tensor
from adain_lab.networks.palette import PIXELS
from adain_lab.statistics import Statistics
from adain_lab.stylizer import Stylizer
from adain_lab.tiling.colours import coloured
from adain_lab.tiling.geometry import Tile, check_tile, cut, margins
from adain_lab.tiling.pixels import Pixels
from adain_lab.tiling.scene import Scene

__all__ = ["Estimate", "Stopped", "estimate", "paint_tiled", "stylize_tiled"]


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
    feather: float = 0.0,
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
        content: one picture of any size. All but a tensor is kept with 8 bits per channel, and scaled by parts.
        style, alpha, weights, color, masks, global_statistics, size, style_size: as the stylizer takes them.
        feather: width of the regions' soft edges, pixels of the content.
        tile: side of a tile without its margins, pixels; a multiple of 8, at least 64. Larger tiles waste less on
            margins.
        progress: called with the tiles done and those in all; each tile counts twice, once encoded and once decoded.
        should_stop: asked before every tile.

    Returns:
        The picture, RGB, 8 bits per channel: a float tensor of it would take as much memory as all the rest. Beside it
        and the content there are only a tile's layers; of every region a byte per pixel, or four where edges are
        soft; and with the level "pixels" six bytes per pixel for what waits for its colours.

    Raises:
        Stopped: ``should_stop`` said so.
        FileNotFoundError, TypeError, ValueError: bad input, in one sentence; or numbers that overflowed.

    Example:
        >>> from adain_lab import load
        >>> content, style = torch.rand(3, 96, 200), torch.rand(3, 64, 64)
        >>> stylize_tiled(load("tiny"), content, style, tile=64).size
        (200, 96)
    """
    styles = list(style) if isinstance(style, (list, tuple)) else [style]
    controls = Controls(alpha, weights, color, masks, feather, global_statistics, size, style_size)
    return paint_tiled(stylizer, content, styles, controls, tile, progress, should_stop)


def paint_tiled(
    stylizer: Stylizer,
    content: Any,
    styles: Sequence[Any],
    controls: Controls,
    tile: int = 512,
    progress: Callable[[int, int], Any] = lambda done, total: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Image.Image:
    """:func:`stylize_tiled` with the controls in one piece.

    Args:
        stylizer, content, tile, progress, should_stop: as there.
        styles: pictures or statistics.
        controls: everything else, their sizes included.
    """
    check_tile(tile)
    controls = controls.checked(len(styles))
    picture = Pixels(content, controls.size)
    tiles = cut(picture.height, picture.width, tile)
    regions = _bytes(controls.regions(len(styles), (picture.height, picture.width)))
    alphas, color = controls.alphas(len(styles)), controls.color

    reference = color_moments(picture.crop(t) for t in tiles) if color == "match" else None
    statistics = controls.combined([_encode_style(stylizer, s, controls.style_size, reference) for s in styles])
    scene = Scene(stylizer, picture, regions, controls.global_statistics)
    del controls  # it has the masks once more

    def steps(done: int) -> Iterator[Tile]:
        for number, t in enumerate(tiles, done):
            if should_stop():
                raise Stopped(f"stopped after {number} of {2 * len(tiles)} steps")
            yield t
            progress(number + 1, 2 * len(tiles))

    with torch.no_grad():
        of_content = scene.statistics(steps(0))
        drawn = ((t, *scene.draw(t, of_content, statistics, alphas)) for t in steps(len(tiles)))
        output = Image.new("RGB", (picture.width, picture.height))
        for t, images in coloured(drawn, lambda t: scene.shares(t, t.height, t.width)):
            if not images.isfinite().all():
                raise InputError(
                    "the picture's numbers overflowed: take a smaller alpha, or another decoder or precision"
                )
            images = images.clamp(0, 1)
            if color == "luminance":
                images = keep_luminance(images, picture.crop(t))
            output.paste(to_pil(images), (t.left, t.top))
    return output


def _bytes(regions: torch.Tensor | None) -> torch.Tensor | None:
    """Regions as whole numbers of 0 to 255 where only rounding is lost, as in all that was painted or came in a file."""
    if regions is None:
        return None
    levels = torch.empty(regions.shape, dtype=torch.uint8)
    for level, region in zip(levels, regions, strict=True):
        level.copy_((region * 255).round_())
        if (level / 255 - region).abs().max() > 1e-6:
            return regions
    return levels


def estimate(stylizer: Stylizer, width: int, height: int, tile: int = 512) -> Estimate:
    """Time and memory of a picture, from encoding and decoding a single tile.

    Args:
        stylizer: what will paint it.
        width, height: of the picture, pixels.
        tile: as in :func:`stylize_tiled`.
    """
    check_tile(tile)
    count = len(cut(height, width, tile))
    margin = sum(margins(stylizer))
    side = tile + 2 * margin
    sample = torch.rand(1, 3, min(side, max(height, 16)), min(side, max(width, 16)), device=stylizer.device)
    stylizer.decode(stylizer.encode(sample[..., :64, :64]))  # the first call of a size is slower
    began = time.perf_counter()
    with torch.no_grad():
        stylizer.decode(stylizer.encode(sample))
        middle = time.perf_counter()
        stylizer.encode(sample)
    seconds = (middle - began + time.perf_counter() - middle) * count
    # The picture and the result, of which Pillow keeps 4 bytes per pixel, what waits for its colours, and the largest layers
    # of one tile.
    kept = 8 + (6 if PIXELS in stylizer.layers else 0)
    total = kept * width * height + 4 * (4 + len(stylizer.layers)) * stylizer.decoder.width * side * side
    return Estimate(count, round(total / 1e6), seconds)


def _encode_style(stylizer: Stylizer, style: Any, size: int, reference: Any) -> Statistics:
    if reference is not None and not isinstance(style, Statistics):
        return stylizer.encode_style(match_moments(resize(to_tensor(style), size), reference))
    return stylizer.encode_style(
        style, size=size, match=reference
    )  # which refuses statistics where a picture is needed
