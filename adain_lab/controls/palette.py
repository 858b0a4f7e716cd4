"""The colours that a picture is to have, everywhere or region by region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from adain_lab.controls.regions import region_mean_std
from adain_lab.functional import channel_mean_std
from adain_lab.networks.palette import Pair, opponent, palette_map, recolor

__all__ = ["Palette"]


@dataclass(frozen=True)
class Palette:
    """Mean and standard deviation of grey, red against green, and yellow against blue; see
    :mod:`adain_lab.networks.palette`.

    Attributes:
        targets: one pair, each (1 or B, 3, 1, 1); with regions one for each, and last that of what no mask covers.
        shares: how much of every pixel belongs to which, (R + 1, H, W), with a sum over R + 1 of 1; None without regions.
        everywhere: with regions, compare with the whole picture's colours, not with those inside each region.
    """

    targets: Sequence[Pair]
    shares: torch.Tensor | None = None
    everywhere: bool = False

    def measure(self, images: torch.Tensor) -> list[Pair]:
        """What painted pictures (B, 3, H, W) have, in the place of each target."""
        channels = opponent(images)
        if self.shares is None or self.everywhere:
            return [channel_mean_std(channels)] * len(self.targets)
        return [region_mean_std(channels, share) for share in self.shares]

    def apply(self, images: torch.Tensor, own: Sequence[Pair] | None = None) -> torch.Tensor:
        """Painted pictures (B, 3, H, W) with these colours, not clamped.

        Args:
            images: or a part of a picture, with the shares of that part.
            own: from :meth:`measure` of the whole picture; of ``images`` when None.
        """
        pairs = zip(self.measure(images) if own is None else own, self.targets, strict=True)
        maps = [palette_map(measured, target) for measured, target in pairs]
        if self.shares is None:
            return recolor(images, *maps[0])
        scales, shifts = (torch.stack([pair[i] for pair in maps]).flatten(2) for i in (0, 1))
        return recolor(images, *(torch.einsum("rbc,rhw->bchw", part, self.shares) for part in (scales, shifts)))
