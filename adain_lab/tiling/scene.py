"""A content and its regions, of which a stylizer only ever sees a tile."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from adain_lab.controls.masks import to_features
from adain_lab.controls.palette import Palette
from adain_lab.controls.regions import with_rest
from adain_lab.networks.palette import Pair
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.tiling.geometry import Tile, margins, pixels_per_cell
from adain_lab.tiling.moments import Moments
from adain_lab.tiling.pixels import Pixels

__all__ = ["Scene"]


class Scene:
    """The content and its regions, of which a stylizer only ever sees a tile.

    Args:
        stylizer: what paints.
        picture: the content.
        regions: (R, H, W), floats in [0, 1] or whole numbers of 0 to 255; None for one style everywhere.
        everywhere: with regions, the statistics of the whole stand for those inside each.
    """

    def __init__(
        self, stylizer: Stylizer, picture: Pixels, regions: torch.Tensor | None = None, everywhere: bool = False
    ):
        self.stylizer, self.picture, self.regions, self.everywhere = stylizer, picture, regions, everywhere
        self.encoder_margin, self.decoder_margin = margins(stylizer)

    def features(self, tile: Tile, margin: int = 0) -> tuple[Tile, dict[str, torch.Tensor]]:
        """The tile with its margin, and its features at every level, as the whole picture has them there."""
        size = self.picture.height, self.picture.width
        wanted = tile.widened(margin, *size)
        seen = wanted.widened(self.encoder_margin, *size)
        found = self.stylizer.encode(self.picture.crop(seen))
        return wanted, {layer: f[(..., *wanted.inside(seen, pixels_per_cell(layer)))] for layer, f in found.items()}

    def shares(self, tile: Tile, height: int, width: int) -> torch.Tensor | None:
        """How much of each of the tile's height × width cells belongs to which region, and to none: (R + 1, h, w)."""
        if self.regions is None:
            return None
        part = self.regions[..., tile.rows, tile.columns]
        return to_features(with_rest(part / 255 if part.dtype == torch.uint8 else part), height, width)

    def statistics(self, tiles: Iterator[Tile]) -> dict[str, list[Pair]]:
        """The content's statistics at every level: of each region and of what none covers, and last of the whole."""
        moments: dict[str, list[Moments]] = {}
        for tile in tiles:
            _, features = self.features(tile)
            for layer, f in features.items():
                shares = None if self.everywhere else self.shares(tile, f.shape[2], f.shape[3])
                masks = [*(() if shares is None else shares.to(f.device)), None]
                for moment, mask in zip(moments.setdefault(layer, [Moments() for _ in masks]), masks, strict=True):
                    moment.add(f, mask)
        return {layer: [moment.mean_std() for moment in found] for layer, found in moments.items()}

    def draw(
        self, tile: Tile, content: dict[str, list[Pair]], styles: Statistics | list[Statistics], alphas: list[float]
    ) -> tuple[torch.Tensor, Palette | None]:
        """The tile, (1, 3, h, w), not clamped, on the CPU; and the colours that the whole is to have, without shares."""
        wide, features = self.features(tile, self.decoder_margin)
        last = {n: pairs[-1] for n, pairs in content.items()}
        whole = Statistics({n: mean for n, (mean, _) in last.items()}, {n: std for n, (_, std) in last.items()})
        inside = tile.inside(wide)
        if isinstance(styles, Statistics):
            images, palette = self.stylizer.draw(
                ContentCode(features, whole, self.picture.crop(wide)), styles, alphas[0]
            )
        else:
            own = {n: pairs[:-1] or pairs * (len(styles) + 1) for n, pairs in content.items()}
            fitted = ((n, f, self.shares(wide, f.shape[2], f.shape[3])) for n, f in features.items())
            shares = {n: share.to(f.device) for n, f, share in fitted if share is not None}
            features = {n: f.float() for n, f in features.items()}
            images = self.stylizer.draw_regions(features, own, whole, styles, shares, alphas)
            palette = self.stylizer.regional_palette(own, styles, shares, alphas, self.everywhere)
        if palette is not None:
            palette = Palette([(mean.cpu(), std.cpu()) for mean, std in palette.targets], None, palette.everywhere)
        return images[(..., *inside)].cpu(), palette
