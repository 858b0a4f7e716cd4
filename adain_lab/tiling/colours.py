"""The last level, "pixels", of a picture in tiles: its colours are the whole's, which are known when all of it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from adain_lab.controls.palette import Palette
from adain_lab.networks.palette import opponent
from adain_lab.tiling.geometry import Tile
from adain_lab.tiling.moments import Moments

__all__ = ["coloured"]


def coloured(
    drawn: Iterator[tuple[Tile, torch.Tensor, Palette | None]], shares_of: Callable[[Tile], torch.Tensor | None]
) -> Iterator[tuple[Tile, torch.Tensor]]:
    """The tiles with their colours, (1, 3, h, w), not clamped. Without a palette they pass as they come; with one they wait,
    in half precision, until all are there.

    Args:
        drawn: tiles, what was drawn there, and the colours that the whole is to have, which are the same for all.
        shares_of: how much of a tile's pixels belongs to which of these, (R + 1, h, w); None where there is one.
    """
    waiting: list[tuple[Tile, torch.Tensor]] = []
    moments: list[Moments] = []
    palette = None
    for tile, images, palette in drawn:
        if palette is None:
            yield tile, images
            continue
        shares = None if palette.everywhere else shares_of(tile)
        masks = [None] if shares is None else list(shares)
        moments = moments or [Moments() for _ in masks]
        for moment, mask in zip(moments, masks, strict=True):
            moment.add(opponent(images), mask)
        waiting.append((tile, images.half()))
    if palette is None:
        return
    own = [moment.mean_std() for moment in moments]
    own = own if len(own) == len(palette.targets) else own * len(palette.targets)
    waiting.reverse()
    while waiting:  # each is given up as it goes
        tile, images = waiting.pop()
        yield tile, replace(palette, shares=shares_of(tile)).apply(images.float(), own)
