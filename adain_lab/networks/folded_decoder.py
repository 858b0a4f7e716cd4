"""The decoder with all that is linear folded into its convolutions: the same pictures with less arithmetic.

**AdaIN before a convolution.** Once its statistics are known, AdaIN is ``t = scale · f + shift`` per channel. A
convolution that reads t can take the scale into its weights and the shift into its bias, and read the content's own
features: no level costs a pass over its pixels. (Reflection padding repeats values of t, so it repeats the map too.)

**Up-sampling before a convolution.** Nearest-neighbour up-sampling repeats every value in a 2 × 2 block, and a 3 × 3
convolution that follows it reads each block several times. Along one axis, with x
the values before and w the kernel,

    y[2i]     = w[0]·x[i−1] + (w[1] + w[2])·x[i]
    y[2i + 1] = (w[0] + w[1])·x[i] + w[2]·x[i+1]

so each of the four positions in a block is a 2 × 2 convolution of the small
picture: 4 · 4 products in the place of 4 · 9. All four are computed as one
convolution with four times the channels, and interleaved. Reflection at the border of the large
picture, which repeats its second row, is repetition of the first row of the small one. Where a level is added to what
was up-sampled, this cannot be.

**A style's scale and shift after a convolution** go into its weights and bias, where they are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.networks.decoder import Decoder, as_levels
from adain_lab.networks.palette import PIXELS, Pair

__all__ = ["FoldedDecoder", "fold_affine", "fold_modulation", "fold_upsampling", "upsampled_convolution"]

#: No modulation of any convolution.
NONE: Mapping[str, Pair] = MappingProxyType({})

#: The convolution that reads a level.
_READS = {"relu1_1": "level1_1", "relu2_1": "level2_1", "relu3_1": "level3_1", "relu4_1": "conv4_1"}


class FoldedDecoder(nn.Module):
    """What a trained :class:`~adain_lab.networks.decoder.Decoder` computes up to its last convolution, faster; for
    inference only. The level "pixels" acts on the whole picture, of which this may only see a part.

    Args:
        decoder: the trained network. Its weights are copied: later changes to it are not seen.
        fold: fold the up-sampling, too. It pays in float32 on processors; bfloat16 units are as fast without it.

    Example:
        >>> decoder, features = Decoder(width=4), torch.rand(1, 32, 4, 6)
        >>> torch.allclose(FoldedDecoder(decoder)(features), decoder(features), atol=1e-5)
        True
    """

    conv4_1_weight: torch.Tensor

    def __init__(self, decoder: Decoder, fold: bool = True):
        super().__init__()
        self.width, self.convolutions = decoder.width, decoder.convolutions
        self.levels = tuple(level for level in decoder.levels if level != PIXELS)
        self.upsample_before, self.refinements = dict(decoder.upsample_before), decoder.refinements
        #: The convolutions of which the up-sampling is folded.
        self.folded = {n for n, level in self.upsample_before.items() if fold and level not in self.levels}
        for name, convolution in decoder.named_children():
            if convolution is decoder.condition:
                continue
            weight, bias = (decoder.get_parameter(f"{name}.{part}").detach() for part in ("weight", "bias"))
            if name in self.folded:
                weight, bias = fold_upsampling(weight), bias.repeat(4)
            self.register_buffer(f"{name}_weight", weight.clone(memory_format=torch.channels_last))
            self.register_buffer(f"{name}_bias", bias.clone())

    def forward(
        self, features: torch.Tensor | Mapping[str, torch.Tensor], modulation: Mapping[str, Pair] = NONE
    ) -> torch.Tensor:
        """A picture from restyled features, as :meth:`Decoder.forward`; but a modulation is not measured here."""
        return self._decode(as_levels(features, self.levels, self.width), {}, modulation)

    def restyle(
        self,
        features: Mapping[str, torch.Tensor],
        maps: Mapping[str, Pair],
        modulation: Mapping[str, Pair] = NONE,
    ) -> torch.Tensor:
        """A picture from a content's own features and AdaIN's maps, which are folded into the weights.

        Args:
            features: f(c) by layer, (B, C, H, W).
            maps: by layer ``scale`` and ``shift``, each (1 or B, C, 1, 1): t = scale · f + shift.
            modulation: of t's statistics, from :meth:`Decoder.modulation`.

        Returns:
            What :meth:`forward` makes of t.
        """
        features = as_levels(features, self.levels, self.width)
        if max(len(scale) for scale, _ in maps.values()) > 1:  # weights are the whole batch's
            restyled = {level: maps[level][0] * features[level].float() + maps[level][1] for level in self.levels}
            restyled = {level: t.to(self.conv4_1_weight.dtype) for level, t in restyled.items()}
            return self._decode(restyled, {}, modulation)
        folded = [level for level in self.levels if level != "relu4_1" or not self.refinements]
        readers = {_READS[level]: self._folded(_READS[level], *maps[level]) for level in folded}
        if self.refinements:  # a residual block needs t itself; at an eighth of the size that is little
            scale, shift = maps["relu4_1"]
            t = (scale * features["relu4_1"].float() + shift).to(self.conv4_1_weight.dtype)
            features = {**features, "relu4_1": t}
        return self._decode(features, readers, modulation)

    def _weights(self, name: str) -> Pair:
        return getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")

    def _folded(self, name: str, scale: torch.Tensor, shift: torch.Tensor) -> Pair:
        weight, bias = self._weights(name)
        folded_weight, folded_bias = fold_affine(weight.float(), bias.float(), scale, shift)
        return folded_weight.to(weight.dtype), folded_bias.to(weight.dtype)

    def _refined(self, x: torch.Tensor) -> torch.Tensor:
        for index, dilation in enumerate(self.refinements, 1):
            inner = x
            for part in (1, 2):
                padded = F.pad(inner, (dilation,) * 4, mode="replicate")
                inner = F.conv2d(padded, *self._weights(f"refine{index}_{part}"), dilation=dilation)
                inner = inner.relu_() if part == 1 else inner.add_(x)
            x = inner
        return x

    def _decode(
        self,
        features: Mapping[str, torch.Tensor],
        readers: Mapping[str, Pair],
        modulation: Mapping[str, Pair],
    ) -> torch.Tensor:
        """``readers``: weights in the place of the module's own."""
        x = self._refined(features["relu4_1"].contiguous(memory_format=torch.channels_last))
        for name in self.convolutions:
            weight, bias = readers.get(name) or self._weights(name)
            modulated = modulation.get(name)
            if modulated is not None and modulated[0].numel() == modulated[0].shape[1]:  # one style, everywhere
                weight, bias = fold_modulation(weight, bias, *modulated)
                modulated = None
            level = self.upsample_before.get(name)
            if name in self.folded:
                x = upsampled_convolution(x, weight, bias)
            else:
                if level in self.levels:
                    reader = _READS[level]
                    f = features[level].contiguous(memory_format=torch.channels_last)
                    x = add_upsampled(F.conv2d(f, *(readers.get(reader) or self._weights(reader))), x)
                elif level:
                    x = F.interpolate(x, scale_factor=2, mode="nearest")
                x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, bias)
            if modulated is not None:
                scale, shift = modulated
                x = x * scale.to(x.dtype) + shift.to(x.dtype)
            if name != "conv1_1":
                x = x.relu_()
        return x


def fold_modulation(weight: torch.Tensor, bias: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> Pair:
    """Weights and bias of a convolution whose output is ``scale`` times that of the given one, plus ``shift``.

    Args:
        weight: (C_out, C_in, k, k), or (4·C_out, C_in, 2, 2) from :func:`fold_upsampling`.
        bias: as many as the weights' rows.
        scale, shift: (1, C_out, 1, 1).
    """
    scale, shift = (part.flatten().repeat(len(weight) // part.numel()) for part in (scale, shift))
    return (weight * scale[:, None, None, None]).to(weight.dtype), (bias * scale + shift).to(bias.dtype)


def fold_affine(weight: torch.Tensor, bias: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> Pair:
    """Weights and bias of a convolution that does to f what the given one does to ``scale · f + shift``.

    Args:
        weight: (C_out, C_in, k, k).
        bias: (C_out,).
        scale, shift: (1, C_in, 1, 1).

    Example:
        >>> convolution, f = nn.Conv2d(2, 3, 1), torch.rand(1, 2, 4, 4)
        >>> scale, shift = torch.rand(2, 1, 2, 1, 1)
        >>> weight, bias = fold_affine(convolution.weight, convolution.bias, scale, shift)
        >>> torch.allclose(F.conv2d(f, weight, bias), convolution(scale * f + shift), atol=1e-5)
        True
    """
    return weight * scale, bias + (weight * shift).sum((1, 2, 3))


def add_upsampled(large: torch.Tensor, small: torch.Tensor) -> torch.Tensor:
    """``large`` plus ``small`` doubled in size, in place; the surplus of ``small`` where sizes are odd is left out.

    Args:
        large: (B, C, H, W), channels last.
        small: (B, C, ceil(H/2), ceil(W/2)).
    """
    batch, count, height, width = large.shape
    if height % 2 or width % 2:
        return large.add_(F.interpolate(small, scale_factor=2, mode="nearest")[..., :height, :width])
    # Every value meets its block of four, and the doubled picture is never made.
    blocks = large.permute(0, 2, 3, 1).view(batch, height // 2, 2, width // 2, 2, count)
    blocks.add_(small.permute(0, 2, 3, 1)[:, :, None, :, None])
    return large


def fold_upsampling(weight: torch.Tensor) -> torch.Tensor:
    """Four 2 × 2 kernels, one per position in a block, that do what up-sampling and one 3 × 3 kernel do.

    Args:
        weight: (C_out, C_in, 3, 3).

    Returns:
        (4·C_out, C_in, 2, 2): for the positions (0, 0), (0, 1), (1, 0), (1, 1) one after the other.
    """

    def halves(kernel: torch.Tensor, axis: int) -> Pair:
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
