"""The decoder g: the mirror of the encoder, from features at relu4_1 back to a picture (Sec. 6.1)."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.errors import InputError
from adain_lab.networks.encoder import CONVOLUTIONS, channels

__all__ = ["DECODER_CONVOLUTIONS", "UPSAMPLE_BEFORE", "Decoder"]

#: The encoder's convolutions up to relu4_1 in reverse: conv4_1, conv3_4, ... conv1_1.
DECODER_CONVOLUTIONS = tuple(reversed(CONVOLUTIONS[: CONVOLUTIONS.index("conv4_1") + 1]))
#: Before these, where the encoder pooled, the decoder doubles the size.
UPSAMPLE_BEFORE = ("conv3_4", "conv2_2", "conv1_2")


class Decoder(nn.Module):
    """Mirror of :class:`~adain_lab.networks.encoder.Encoder` up to relu4_1.

    As in Sec. 6.1: pooling is replaced by nearest-neighbour up-sampling, which
    avoids checkerboards; padding is by reflection; and there is no
    normalisation layer, because instance normalisation would send every output
    to one style, and batch normalisation towards a common one (Sec. 7.2).
    There is no ReLU after the last convolution, and its output is not clamped here.

    Args:
        width: the encoder's width; 64 for the paper's model.

    Example:
        >>> Decoder(width=4)(torch.rand(1, 32, 4, 6)).shape
        torch.Size([1, 3, 32, 48])
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.width = width
        for name in DECODER_CONVOLUTIONS:
            index = CONVOLUTIONS.index(name)
            in_channels = channels(name, width)
            out_channels = channels(CONVOLUTIONS[index - 1], width) if index else 3
            self.add_module(name, nn.Conv2d(in_channels, out_channels, 3, padding=1, padding_mode="reflect"))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """A picture from features at relu4_1.

        Args:
            features: (B, 8·width, H, W), with H, W >= 2.

        Returns:
            RGB, (B, 3, 8·H, 8·W), around [0, 1] but not clamped.
        """
        if features.ndim != 4 or features.shape[1] != 8 * self.width:
            raise InputError(f"features must have shape (B, {8 * self.width}, H, W), got {tuple(features.shape)}")
        x = features
        for name in DECODER_CONVOLUTIONS:
            if name in UPSAMPLE_BEFORE:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = self.get_submodule(name)(x)
            if name != "conv1_1":
                x = F.relu(x)
        return x
