"""Means and deviations of features that are never all there at once."""

from __future__ import annotations

import torch

from adain_lab.functional import EPS
from adain_lab.networks.palette import Pair

__all__ = ["Moments"]


class Moments:
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

    def mean_std(self) -> Pair:
        """As :func:`~adain_lab.functional.channel_mean_std` of all the parts in one."""
        variance = self.squares / max(self.weight, 1e-30)
        std = (variance + EPS).sqrt()
        return self.mean.float().view(1, -1, 1, 1), std.float().view(1, -1, 1, 1)
