"""The decoder with its up-sampling folded into the convolutions: the same pictures with a quarter less arithmetic.

Nearest-neighbour up-sampling repeats every value in a 2 × 2 block, and a 3 × 3
convolution that follows it reads each block several times. Along one axis, with x
the values before and w the kernel,

    y[2i]     = w[0]·x[i−1] + (w[1] + w[2])·x[i]
    y[2i + 1] = (w[0] + w[1])·x[i] + w[2]·x[i+1]

so each of the four positions in a block is a 2 × 2 convolution of the small
picture: 4 · 4 products in the place of 4 · 9. All four are computed as one
convolution with four times the channels, and interleaved. Reflection at the border of the large
picture, which repeats its second row, is repetition of the first row of the small one.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.errors import InputError
from adain_lab.networks.decoder import DECODER_CONVOLUTIONS, UPSAMPLE_BEFORE, Decoder

__all__ = ["FoldedDecoder", "fold_upsampling", "upsampled_convolution"]


class FoldedDecoder(nn.Module):
    """What a trained :class:`~adain_lab.networks.decoder.Decoder` computes, faster; for inference only.

    Args:
        decoder: the trained network. Its weights are copied: later changes to it are not seen.

    Example:
        >>> decoder, features = Decoder(width=4), torch.rand(1, 32, 4, 6)
        >>> torch.allclose(FoldedDecoder(decoder)(features), decoder(features), atol=1e-5)
        True
    """

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.width = decoder.width
        for name in DECODER_CONVOLUTIONS:
            convolution = decoder.get_submodule(name)
            weight, bias = convolution.weight.detach(), convolution.bias.detach()
            if name in UPSAMPLE_BEFORE:
                weight, bias = fold_upsampling(weight), bias.repeat(4)
            self.register_buffer(f"{name}_weight", weight.clone(memory_format=torch.channels_last))
            self.register_buffer(f"{name}_bias", bias.clone())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """As :meth:`Decoder.forward`: (B, 8·width, H, W) with H, W >= 2 to (B, 3, 8·H, 8·W)."""
        if features.ndim != 4 or features.shape[1] != 8 * self.width:
            raise InputError(f"features must have shape (B, {8 * self.width}, H, W), got {tuple(features.shape)}")
        x = features.contiguous(memory_format=torch.channels_last)
        for name in DECODER_CONVOLUTIONS:
            weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
            if name in UPSAMPLE_BEFORE:
                x = upsampled_convolution(x, weight, bias)
            else:
                x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, bias)
            if name != "conv1_1":
                x = x.relu_()
        return x


def fold_upsampling(weight: torch.Tensor) -> torch.Tensor:
    """Four 2 × 2 kernels, one per position in a block, that do what up-sampling and one 3 × 3 kernel do.

    Args:
        weight: (C_out, C_in, 3, 3).

    Returns:
        (4·C_out, C_in, 2, 2): for the positions (0, 0), (0, 1), (1, 0), (1, 1) one after the other.
    """

    def halves(kernel: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
        first, middle, last = kernel.unbind(axis)
        return torch.stack([first, middle + last], axis), torch.stack([first + middle, last], axis)

    return torch.cat([kernel for rows in halves(weight, 2) for kernel in halves(rows, 3)])


def upsampled_convolution(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Up-sampling, reflection padding and a 3 × 3 convolution in one.

    Args:
        x: (B, C_in, H, W).
        weight: from :func:`fold_upsampling`, (4·C_out, C_in, 2, 2).
        bias: (4·C_out,).

    Returns:
        (B, C_out, 2·H, 2·W), in channels-last memory format.
    """
    batch, _, height, width = x.shape
    # (H + 1) x (W + 1) corners where four pixels meet; position (dy, dx) of the block of pixel (i, j) belongs to corner
    # (i + dy, j + dx).
    corners = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight, bias).permute(0, 2, 3, 1)
    out_channels = weight.shape[0] // 4
    blocks = corners.new_empty(batch, height, 2, width, 2, out_channels)
    for position in range(4):
        dy, dx = divmod(position, 2)
        of_position = slice(position * out_channels, (position + 1) * out_channels)
        blocks[:, :, dy, :, dx] = corners[:, dy : dy + height, dx : dx + width, of_position]
    return blocks.view(batch, 2 * height, 2 * width, out_channels).permute(0, 3, 1, 2)
