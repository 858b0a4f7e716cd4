"""What a style's statistics say to every convolution of a decoder: conditional normalisation without the normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.networks.palette import Pair

__all__ = ["Conditioning"]


class Conditioning(nn.Module):
    """Statistics in, a scale and a shift for each channel of each convolution out.

    A convolution sees a neighbourhood; this tells it the palette of the whole. Conditional instance normalisation learns
    such scales and shifts per style (Dumoulin et al. 2017) or predicts them from a picture (Ghiasi et al. 2017); here they
    come from the means and deviations that AdaIN works with, so that these stay all that a style is. It starts as scale 1
    and shift 0.

    Args:
        layers: whose statistics it is given.
        channels: how many each has.
        outputs: by name of a convolution, its output channels.
        hidden: units of the layer in between.

    Example:
        >>> condition = Conditioning(["relu4_1"], [8], {"conv4_1": 4}, hidden=16)
        >>> scale, shift = condition({"relu4_1": (torch.zeros(1, 8, 1, 1), torch.ones(1, 8, 1, 1))})["conv4_1"]
        >>> scale.shape, scale.unique().tolist(), shift.unique().tolist()
        (torch.Size([1, 4, 1, 1]), [1.0], [0.0])
    """

    usual: torch.Tensor
    spread: torch.Tensor

    def __init__(self, layers: Sequence[str], channels: Sequence[int], outputs: Mapping[str, int], hidden: int):
        super().__init__()
        self.layers, self.outputs = tuple(layers), dict(outputs)
        count = 2 * sum(channels)
        #: What statistics are on average, and how far they differ from picture to picture: set before training.
        self.register_buffer("usual", torch.zeros(count))
        self.register_buffer("spread", torch.ones(count))
        self.inner = nn.Linear(count, hidden)
        self.outer = nn.Linear(hidden, 2 * sum(self.outputs.values()))
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, statistics: Mapping[str, Pair]) -> dict[str, Pair]:
        """Scale and shift by name of a convolution, each (B, C_out, 1, 1), in float32.

        Args:
            statistics: of the restyled features by layer: mean and standard deviation, each (B, C, 1, 1).
        """
        numbers = torch.cat([part for layer in self.layers for part in statistics[layer]], dim=1).flatten(1)
        with torch.autocast(numbers.device.type, enabled=False):  # differences from the usual need float32
            # What no training saw (strong extrapolation) is to be no stronger than what it saw.
            numbers = ((numbers.float() - self.usual.float()) / self.spread.float()).clamp(-4, 4)
            hidden = F.relu(F.linear(numbers, self.inner.weight.float(), self.inner.bias.float()))
            found = F.linear(hidden, self.outer.weight.float(), self.outer.bias.float())[..., None, None]
        pairs, begin = {}, 0
        for (
            name,
            count,
        ) in self.outputs.items():  # a slice each: one split of all is more than graphics cards bind at once
            scale, shift = found[:, begin : begin + count], found[:, begin + count : begin + 2 * count]
            pairs[name] = (1 + scale, shift)
            begin += 2 * count
        return pairs
