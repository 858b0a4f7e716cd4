"""The decoder g: the mirror of the encoder, from restyled features back to a picture (Sec. 6.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.errors import InputError
from adain_lab.functional import channel_mean_std
from adain_lab.networks.conditioning import Conditioning
from adain_lab.networks.encoder import BLOCKS, STYLE_LAYERS, channels, convolutions
from adain_lab.networks.palette import PIXELS, Pair, opponent, palette_map, recolor

__all__ = ["DECODER_BLOCKS", "DECODER_CONVOLUTIONS", "UPSAMPLE_BEFORE", "Decoder", "as_levels", "decoder_convolutions"]

#: Convolutions per block of the part of VGG-19 that the paper's decoder mirrors, up to conv4_1.
DECODER_BLOCKS = (*BLOCKS[:3], 1)


def decoder_convolutions(blocks: Sequence[int] = DECODER_BLOCKS) -> tuple[str, ...]:
    """The encoder's convolutions up to conv4_1 in reverse: conv4_1, conv3_4, ... conv1_1."""
    return convolutions(blocks)[::-1]


DECODER_CONVOLUTIONS = decoder_convolutions()
#: Before these, where the encoder pooled, the decoder doubles the size.
UPSAMPLE_BEFORE = ("conv3_4", "conv2_2", "conv1_2")


class Decoder(nn.Module):
    """Mirror of :class:`~adain_lab.networks.encoder.Encoder` up to relu4_1.

    As in Sec. 6.1: pooling is replaced by nearest-neighbour up-sampling, which
    avoids checkerboards; padding is by reflection; and there is no
    normalisation layer, because instance normalisation would send every output
    to one style, and batch normalisation towards a common one (Sec. 7.2).
    There is no ReLU after the last convolution, and its output is not clamped here.

    The paper's decoder sees relu4_1 alone, and has to guess what an eighth of the size cannot hold. One with more
    ``levels`` is also given the restyled features of shallower layers, each where the decoder has that layer's size:
    through a 1 × 1 convolution, ``level3_1``, ``level2_1`` or ``level1_1``, which is added to what was up-sampled.
    These start at zero, so that such a decoder begins as the paper's. With the level "pixels" its last step gives the
    picture the mean and deviation of the restyled pixels (see :mod:`~adain_lab.networks.palette`).

    Args:
        width: the encoder's width; 64 for the paper's model.
        levels: the layers whose features it takes, of :data:`~adain_lab.networks.encoder.STYLE_LAYERS`; always relu4_1; and
            "pixels".
        blocks: convolutions per block, as the encoder's up to conv4_1.
        refinements: dilations of residual blocks (He et al. 2016; two convolutions each) that restyled relu4_1 goes through
            first. There a convolution is cheap and sees far: they are for the style's large forms. The second
            convolution of each starts at zero.
        conditioning: hidden units of the network that tells every convolution the restyled features' statistics, see
            :class:`~adain_lab.networks.conditioning.Conditioning`; 0 for none. With all levels only.

    Example:
        >>> Decoder(width=4)(torch.rand(1, 32, 4, 6)).shape
        torch.Size([1, 3, 32, 48])
        >>> decoder = Decoder(width=4, levels=("relu3_1", "relu4_1"))
        >>> decoder({"relu3_1": torch.rand(1, 16, 7, 12), "relu4_1": torch.rand(1, 32, 4, 6)}).shape
        torch.Size([1, 3, 28, 48])
    """

    conv4_1: nn.Conv2d
    conv1_1: nn.Conv2d

    def __init__(
        self,
        width: int = 64,
        levels: Sequence[str] = ("relu4_1",),
        blocks: Sequence[int] = DECODER_BLOCKS,
        refinements: Sequence[int] = (),
        conditioning: int = 0,
    ):
        super().__init__()
        known = (PIXELS, *STYLE_LAYERS)
        unknown = [level for level in levels if level not in known]
        if unknown or "relu4_1" not in levels:
            raise InputError(
                f"levels must be relu4_1 and any others of {', '.join(STYLE_LAYERS)}, got {', '.join(levels) or 'none'}"
            )
        if len(blocks) != 4 or blocks[3] != 1:
            raise InputError(f"blocks must be four numbers, the last one 1 (conv4_1), got {tuple(blocks)}")
        self.width, self.blocks, self.refinements = width, tuple(blocks), tuple(refinements)
        self.levels = tuple(level for level in known if level in levels)
        self.convolutions = decoder_convolutions(blocks)
        #: Before which convolution the size is doubled, and the layer that has that size.
        self.upsample_before = {f"conv{b}_{blocks[b - 1]}": f"relu{b}_1" for b in (3, 2, 1)}
        names = self.convolutions[::-1]
        outputs = {}
        for index in reversed(range(len(names))):
            outputs[names[index]] = out_channels = channels(names[index - 1], width) if index else 3
            convolution = nn.Conv2d(channels(names[index], width), out_channels, 3, padding=1, padding_mode="reflect")
            self.add_module(names[index], convolution)
        added = [level for level in self.levels if level not in (PIXELS, "relu4_1")]
        for level in added:
            count = channels(level, width)
            self.add_module(level.replace("relu", "level"), _zeros(nn.Conv2d(count, count, 1)))
        count = channels("relu4_1", width)
        for index, dilation in enumerate(self.refinements, 1):
            self.add_module(f"refine{index}_1", _dilated(count, dilation))
            self.add_module(f"refine{index}_2", _zeros(_dilated(count, dilation)))
        self.condition = None
        if conditioning:
            if not set(STYLE_LAYERS) <= set(self.levels):
                raise InputError(f"conditioning needs all levels, {', '.join(STYLE_LAYERS)}")
            counts = [channels(level, width) for level in STYLE_LAYERS]
            self.condition = Conditioning(STYLE_LAYERS, counts, outputs, conditioning)

    def forward(
        self,
        features: torch.Tensor | Mapping[str, torch.Tensor],
        modulation: Mapping[str, Pair] | None = None,
        palette: Pair | None = None,
    ) -> torch.Tensor:
        """A picture from features.

        Args:
            features: by layer, for each of ``levels``: (B, C, H/s, W/s) with s = 1, 2, 4, 8, rounded up, and H, W > 8.
                A tensor stands for ``{"relu4_1": tensor}``.
            modulation: from :meth:`modulation`; when None, of the features' own statistics.
            palette: for a decoder with the level "pixels" the mean and deviation that the picture's opponent channels are to
                have, each (1 or B, 3, 1, 1); when None, those of ``features["pixels"]``, which may be left out otherwise.

        Returns:
            RGB, around [0, 1] but not clamped: (B, 3, 8·H₄, 8·W₄) from relu4_1 alone, and of relu1_1's size with it.
        """
        wanted = self.levels if palette is None else [level for level in self.levels if level != PIXELS]
        features = as_levels(features, wanted, self.width)
        if modulation is None:
            measured = {} if self.condition is None else {n: channel_mean_std(features[n]) for n in STYLE_LAYERS}
            modulation = self.modulation(measured)
        x = self.refine(features["relu4_1"])
        for name in self.convolutions:
            if name in self.upsample_before:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
                level = self.upsample_before[name]
                if level in self.levels:
                    f = features[level]
                    # An odd size was rounded up by pooling: the surplus goes.
                    x = x[..., : f.shape[2], : f.shape[3]] + self.get_submodule(level.replace("relu", "level"))(f)
            x = self.get_submodule(name)(x)
            if name in modulation:
                scale, shift = modulation[name]
                x = x * scale.to(x.dtype) + shift.to(x.dtype)
            if name != "conv1_1":
                x = F.relu(x)
        if PIXELS not in self.levels:
            return x
        with torch.autocast(x.device.type, enabled=False):  # differences of statistics need float32
            x = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
            target = channel_mean_std(features[PIXELS].to(x.dtype)) if palette is None else palette
            return recolor(x, *palette_map(channel_mean_std(opponent(x)), target))

    def modulation(self, statistics: Mapping[str, Pair]) -> dict[str, Pair]:
        """Scale and shift of every convolution's output, by its name; nothing where there is no ``conditioning``.

        Args:
            statistics: of the restyled features by layer: mean and standard deviation, each (B, C, 1, 1).

        Returns:
            By name of a convolution: scale and shift, each (B, C_out, 1, 1).
        """
        return {} if self.condition is None else self.condition(statistics)

    def refine(self, x: torch.Tensor) -> torch.Tensor:
        """Restyled relu4_1 after the residual blocks, (B, C, H, W); itself where there is none."""
        for index in range(1, len(self.refinements) + 1):
            inner = F.relu(self.get_submodule(f"refine{index}_1")(x))
            x = x + self.get_submodule(f"refine{index}_2")(inner)
        return x


def _dilated(count: int, dilation: int) -> nn.Conv2d:
    # The border is repeated, not mirrored: a small picture has fewer cells than the dilation reaches.
    return nn.Conv2d(count, count, 3, padding=dilation, dilation=dilation, padding_mode="replicate")


def _zeros(layer: nn.Module) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def as_levels(
    features: torch.Tensor | Mapping[str, torch.Tensor], levels: Sequence[str], width: int
) -> Mapping[str, torch.Tensor]:
    """``features`` by layer, refused when a layer is missing or has another number of channels than the decoder takes."""
    if isinstance(features, torch.Tensor):
        features = {"relu4_1": features}
    for level in levels:
        if level not in features:
            raise InputError(f"this decoder needs features at {', '.join(levels)}, got only {', '.join(features)}")
        f, wanted = features[level], channels(level, width)
        if f.ndim != 4 or f.shape[1] != wanted:
            where = f"features at {level}" if len(levels) > 1 else "features"
            raise InputError(f"{where} must have shape (B, {wanted}, H, W), got {tuple(f.shape)}")
    return features
