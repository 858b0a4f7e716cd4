"""The last level, "pixels", of a picture in tiles: its colours are the whole's, which are known when all of it is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from adain_lab.controls.palette import Palette
from adain_lab.networks.palette import opponent
from adain_lab.tiling.geometry import Tile
from adain_lab.tiling.moments import Moments

__all__ = ["coloured"]


def coloured(drawn: Iterator[tuple[Tile, torch.Tensor, Palette | None]]) -> Iterator[tuple[Tile, torch.Tensor]]:
    """The tiles with their colours, (1, 3, h, w), not clamped. Without a palette they pass as they come; with one they wait,
    in half precision, until all are there.

    Args:
        drawn: tiles, what was drawn there, and the colours that the whole is to have, with the tile's own shares.
    """
    waiting: list[tuple[Tile, torch.Tensor, Palette]] = []
    moments: list[Moments] = []
    for tile, images, palette in drawn:
        if palette is None:
            yield tile, images
            continue
        shares = None if palette.everywhere else palette.shares
        masks = [None] if shares is None else list(shares)
        moments = moments or [Moments() for _ in masks]
        for moment, mask in zip(moments, masks, strict=True):
            moment.add(opponent(images), mask)
        waiting.append((tile, images.half(), palette))
    own = [moment.mean_std() for moment in moments]
    waiting.reverse()
    while waiting:  # each is given up as it goes
        tile, images, palette = waiting.pop()
        own_of_each = own if len(own) == len(palette.targets) else own * len(palette.targets)
        yield tile, palette.apply(images.float(), own_of_each)
