"""What a trained encoder and decoder do with statistics: encode, AdaIN at every level, decode (Eq. 8 to 10).

Tensors in, tensors out, of a whole picture or of a part with the whole's statistics, in one style or one per region.
Pictures, styles and controls become tensors in :mod:`adain_lab.stylizer`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from adain_lab.controls.palette import Palette
from adain_lab.controls.regions import masked_adain, regional_modulation
from adain_lab.devices import choose_device, choose_precision
from adain_lab.functional import adain_map, blend, channel_mean_std
from adain_lab.networks.decoder import Decoder, as_levels
from adain_lab.networks.encoder import Encoder
from adain_lab.networks.folded_decoder import FoldedDecoder
from adain_lab.networks.palette import PIXELS, Pair, opponent
from adain_lab.statistics import Statistics

__all__ = ["ContentCode", "Drawing"]


@dataclass(frozen=True)
class ContentCode:
    """An encoded content picture.

    Attributes:
        features: f(c) by layer, (B, C, H/s, W/s).
        statistics: the means and standard deviations that they are normalised by: their own, or a video's running ones.
        images: the picture itself, (B, 3, H, W), for colour preservation and for the output's size.
        steady: of a video: makes of the colours just painted, and those that are wanted, the running average that counts as
            painted.
    """

    features: Mapping[str, torch.Tensor]
    statistics: Statistics
    images: torch.Tensor
    steady: Callable[[Pair, Pair], Pair] | None = None


class Drawing:
    """A trained encoder and decoder on a device, in a precision.

    Args:
        encoder, decoder: trained networks that belong together. They are moved to ``device`` and frozen.
        model: their name, written into statistics and recipes.
        device: one of :data:`~adain_lab.devices.DEVICES`.
        precision: "auto", "float32", "bfloat16" or "float16". Statistics are always computed in float32.
    """

    def __init__(
        self, encoder: Encoder, decoder: Decoder, model: str = "", device: str = "auto", precision: str = "auto"
    ):
        self.device = choose_device(device)
        self.dtype = choose_precision(self.device, precision)
        self.model = model
        # Differences of statistics stay in float32.
        self._condition = copy.deepcopy(decoder.condition)
        if self._condition is not None:
            self._condition = self._condition.to(self.device, torch.float32).requires_grad_(False)
        # channels_last is what convolutions on CPUs and on tensor cores prefer.
        self.encoder = encoder.to(self.device, self.dtype).to(memory_format=torch.channels_last)
        self.encoder.eval().requires_grad_(False)
        self.decoder = decoder.to(self.device, self.dtype).to(memory_format=torch.channels_last)
        self.decoder.eval().requires_grad_(False)
        #: The layers at which it restyles.
        self.layers = decoder.levels
        # The same picture with less arithmetic. Folding the up-sampling pays in float32 on processors alone.
        on_cpu = self.device.type == "cpu" and self.dtype == torch.float32
        self._decoder = FoldedDecoder(self.decoder, fold=on_cpu)

    @torch.no_grad()
    def draw(self, code: ContentCode, statistics: Statistics, alpha: float) -> tuple[torch.Tensor, Palette | None]:
        """One style everywhere: what the decoder's convolutions make of it, and the colours that the whole is to have.

        Args:
            code: of a content, or of a part with the whole's statistics.
            statistics, alpha: the style's, and how much of it.

        Returns:
            (B, 3, H, W), not clamped, relu1_1's size where the decoder has that level, 8 times relu4_1's otherwise; and the
            palette where "pixels" is among the levels.
        """
        maps = self._maps(code.statistics, statistics, alpha)
        mean, std = code.statistics.mean, code.statistics.std
        restyled = {n: (scale * mean[n] + shift, scale * std[n]) for n, (scale, shift) in maps.items()}
        images = self._decoder.restyle(code.features, maps, self._modulation(restyled)).float()
        return images, Palette([restyled[PIXELS]]) if PIXELS in self.layers else None

    @torch.no_grad()
    def draw_regions(
        self,
        features: Mapping[str, torch.Tensor],
        own: Mapping[str, Sequence[Pair]],
        whole: Statistics,
        styles: Sequence[Statistics],
        shares: Mapping[str, torch.Tensor],
        alphas: Sequence[float],
    ) -> torch.Tensor:
        """A style per region: AdaIN and alpha by masks at every level, and one pass through the decoder's convolutions.

        Args:
            features: the content's or a part's, by layer, float32.
            own: by layer, the content's mean and standard deviation in each region, and last in what no mask covers.
            whole: the whole content's.
            styles: one per region.
            shares: by layer, (R + 1, H, W): the masks (see :func:`~adain_lab.controls.masks.to_features`), and what none
                covers.
            alphas: one per region.

        Returns:
            As :meth:`draw`, without the palette.
        """
        pairs = {n: [(s.mean[n], s.std[n]) for s in styles] for n in self.layers}
        target = {
            n: masked_adain(features[n], pairs[n], shares[n][:-1], alphas, statistics=own[n])
            for n in self.layers
            if n != PIXELS  # of which only the palette is wanted
        }
        if self._condition is None:
            return self._decode(target, {})
        # With alpha 0 a region is as what no mask covers: the whole content's statistics are where alpha starts from.
        rest = {n: (whole.mean[n], whole.std[n]) for n in self.layers}
        blended = [{n: _blended(rest[n], pairs[n][r], alpha) for n in self.layers} for r, alpha in enumerate(alphas)]
        masks = {n: share[:-1] for n, share in shares.items() if n != PIXELS}
        return self._decode(target, regional_modulation([self._modulation(b) for b in (*blended, rest)], masks))

    def regional_palette(
        self,
        own: Mapping[str, Sequence[Pair]],
        styles: Sequence[Statistics],
        shares: Mapping[str, torch.Tensor],
        alphas: Sequence[float],
        everywhere: bool,
    ) -> Palette | None:
        """The colours of each region; None where "pixels" is not among the levels.

        Args:
            own, styles, shares, alphas: as :meth:`draw_regions` takes them.
            everywhere: compare with what was painted in the whole picture.
        """
        if PIXELS not in self.layers:
            return None
        *inside, rest = own[PIXELS]
        reached = [
            _blended(pair, (style.mean[PIXELS], style.std[PIXELS]), alpha)
            for pair, style, alpha in zip(inside, styles, alphas, strict=True)
        ]
        return Palette([*reached, rest], shares[PIXELS], everywhere)

    def _modulation(self, statistics: Mapping[str, Pair]) -> Mapping[str, Pair]:
        """What the restyled features' statistics say to the decoder's convolutions."""
        return {} if self._condition is None else self._condition(statistics)

    def _maps(
        self, content: Statistics, style: Statistics, alpha: float
    ) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """AdaIN and alpha at every level (Eq. 8 and 14), as scale and shift of the content's features."""
        return {n: adain_map(content.mean[n], content.std[n], style.mean[n], style.std[n], alpha) for n in self.layers}

    @torch.no_grad()
    def decode(self, target_features: torch.Tensor | Mapping[str, torch.Tensor]) -> torch.Tensor:
        """g(t), clamped to [0, 1], float32; what the decoder is told of the style is measured in t.

        Args:
            target_features: t by layer, for every level of the decoder; a tensor stands for ``{"relu4_1": tensor}``.

        Returns:
            (B, 3, H, W): relu1_1's size where the decoder has that level, 8 times relu4_1's otherwise.
        """
        t = as_levels(target_features, self.layers, self.decoder.width)
        told = self.layers if self._condition is not None else [n for n in self.layers if n == PIXELS]
        measured = {n: channel_mean_std(t[n].to(self.device, torch.float32)) for n in told}
        images = self._decode(t, self._modulation(measured))
        if PIXELS in self.layers:
            images = Palette([measured[PIXELS]]).apply(images)
        return images.clamp(0, 1)

    def _decode(self, features: Mapping[str, torch.Tensor], modulation: Mapping[str, Pair]) -> torch.Tensor:
        """What the decoder's convolutions make of restyled features, float32, not clamped."""
        features = {
            n: t.to(self.device, self.dtype, memory_format=torch.channels_last)
            for n, t in features.items()
            if n != PIXELS
        }
        return self._decoder(features, modulation).float()

    @torch.no_grad()
    def encode(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """f(images) at the decoder's levels, by layer, in the stylizer's precision: (B, C, ceil(H/s), ceil(W/s)) with
        s = 1, 2, 4, 8 from (B, 3, H, W) in [0, 1].
        """
        images = images.to(self.device)
        features = {PIXELS: opponent(images.float())} if PIXELS in self.layers else {}
        images = images.to(self.dtype, memory_format=torch.channels_last)
        return features | self.encoder(images, [layer for layer in self.layers if layer != PIXELS])


def _blended(content: Pair, style: Pair, alpha: float) -> Pair:
    """Mean and deviation between the content's and the style's: Eq. 14, which is affine in both."""
    return blend(content[0], style[0], alpha), blend(content[1], style[1], alpha)
