"""A content and its regions, of which a stylizer only ever sees a tile."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from adain_lab.controls.masks import to_features
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.tiling.geometry import Tile, margins, pixels_per_cell
from adain_lab.tiling.moments import Moments, Pair
from adain_lab.tiling.pixels import Pixels

__all__ = ["Scene"]


class Scene:
    """The content and its regions, of which a stylizer only ever sees a tile.

    Args:
        stylizer: what paints.
        picture: the content.
        regions: (R, H, W), floats in [0, 1] or whole numbers of 0 to 255; None for one style everywhere.
    """

    def __init__(self, stylizer: Stylizer, picture: Pixels, regions: torch.Tensor | None):
        self.stylizer, self.picture, self.regions = stylizer, picture, regions
        self.encoder_margin, self.decoder_margin = margins(stylizer)

    def features(self, tile: Tile, margin: int = 0) -> tuple[Tile, dict[str, torch.Tensor]]:
        """The tile with its margin, and its features at every level, as the whole picture has them there."""
        size = self.picture.height, self.picture.width
        wanted = tile.widened(margin, *size)
        seen = wanted.widened(self.encoder_margin, *size)
        found = self.stylizer.encode(self.picture.crop(seen))
        return wanted, {layer: f[(..., *wanted.inside(seen, pixels_per_cell(layer)))] for layer, f in found.items()}

    def cells(self, tile: Tile, layer: str, features: torch.Tensor) -> torch.Tensor:
        """How much of each of the tile's cells a region covers, (R, h, w)."""
        assert self.regions is not None
        part = self.regions[..., tile.rows, tile.columns]
        part = part / 255 if part.dtype == torch.uint8 else part
        return to_features(part, *features.shape[2:]).to(features.device)

    def statistics(self, tiles: Iterator[Tile], by_region: bool = True) -> dict[str, list[Pair]]:
        """The content's statistics at every level: of each region, if asked for, and last of the whole."""
        moments: dict[str, list[Moments]] = {}
        for tile in tiles:
            _, features = self.features(tile)
            for layer, f in features.items():
                masks = [*(self.cells(tile, layer, f) if by_region and self.regions is not None else ()), None]
                for moment, mask in zip(moments.setdefault(layer, [Moments() for _ in masks]), masks, strict=True):
                    moment.add(f, mask)
        return {layer: [moment.mean_std() for moment in found] for layer, found in moments.items()}

    def paint(
        self, tile: Tile, content: dict[str, list[Pair]], styles: Statistics | list[Statistics], alphas: list[float]
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
            cells = {n: self.cells(wide, n, f) for n, f in features.items()}
            features = {n: f.float() for n, f in features.items()}
            images = self.stylizer.paint_regions(features, own, whole, each, cells, alphas)
        return images[(..., *tile.inside(wide))].cpu()
