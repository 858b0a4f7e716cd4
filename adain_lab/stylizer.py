"""Stylizer: encode, AdaIN, decode (Eq. 9 and 10), with every control.

With ``n = (f_c - mean_c) / std_c``, AdaIN is ``std_s * n + mean_s``: an affine
map per channel. Alpha (Eq. 14) mixes the style's statistics with the content's
own, interpolation (Eq. 15) mixes those of several styles, masks make them vary
over the picture. So a content is encoded once, a style is 2·C numbers, and moving
any slider costs one affine map and one pass through the decoder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from adain_lab.controls.color import keep_luminance, match_color
from adain_lab.controls.controls import check_alpha, check_alphas, check_color, check_weights, combine
from adain_lab.controls.masks import read_masks, region_masks, to_features
from adain_lab.controls.regions import masked_adain
from adain_lab.devices import choose_device, choose_precision
from adain_lab.errors import InputError, InputTypeError
from adain_lab.images import resize, to_tensor
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.networks.folded_decoder import FoldedDecoder
from adain_lab.statistics import Statistics
from adain_lab.weights import load_decoder, load_encoder, read_decoder
from adain_lab.weights.registry import sha256_of

__all__ = ["ContentCode", "Stylizer", "check_alpha", "check_color", "load"]


@dataclass(frozen=True)
class ContentCode:
    """An encoded content picture.

    Attributes:
        normalized: n, its features at relu4_1 with mean 0 and standard deviation 1 per channel, (B, C, H/8, W/8).
        statistics: the mean and standard deviation that were taken out.
        images: the picture itself, (B, 3, H, W), for colour preservation and for the output's size.
    """

    normalized: torch.Tensor
    statistics: Statistics
    images: torch.Tensor


class Stylizer:
    """Arbitrary style transfer with a trained encoder and decoder.

    Args:
        encoder, decoder: trained networks that belong together. They are moved to ``device`` and frozen.
        model: their name, written into statistics and recipes.
        device: one of :data:`~adain_lab.devices.DEVICES`.
        precision: "auto", "float32", "bfloat16" or "float16". Statistics are always computed in float32.

    Example:
        >>> import adain_lab
        >>> stylizer = adain_lab.load("tiny")
        >>> stylizer(torch.rand(1, 3, 40, 56), torch.rand(1, 3, 32, 32), alpha=0.8).shape
        torch.Size([1, 3, 40, 56])
    """

    def __init__(
        self, encoder: Encoder, decoder: Decoder, model: str = "", device: str = "auto", precision: str = "auto"
    ):
        self.device = choose_device(device)
        self.dtype = choose_precision(self.device, precision)
        self.model = model
        # channels_last is what convolutions on CPUs and on tensor cores prefer.
        options = {"device": self.device, "dtype": self.dtype, "memory_format": torch.channels_last}
        self.encoder = encoder.to(**options).eval().requires_grad_(False)
        self.decoder = decoder.to(**options).eval().requires_grad_(False)
        # The same picture with less arithmetic. It pays in float32 on processors; bfloat16 units are as fast without
        # it.
        fold = self.device.type == "cpu" and self.dtype == torch.float32
        self._decoder = FoldedDecoder(self.decoder) if fold else self.decoder

    def __repr__(self) -> str:
        return f"Stylizer(model={self.model!r}, device={str(self.device)!r}, precision={str(self.dtype).removeprefix('torch.')!r})"

    def __call__(
        self,
        content: Any,
        style: Any,
        alpha: float | Sequence[float] = 1.0,
        *,
        weights: Sequence[float] | None = None,
        color: str | None = None,
        masks: Any = None,
        global_statistics: bool = False,
        size: int = 0,
        style_size: int = 0,
    ) -> torch.Tensor:
        """Paint ``content`` in the manner of ``style``.

        Args:
            content: a picture (path, Pillow image, array, or tensor (B, 3, H, W) in [0, 1]).
            style: a picture, or a list of pictures: to interpolate between (Eq. 15), or one per region; sizes may
                differ. :class:`~adain_lab.statistics.Statistics` are taken too, where ``color`` is not "match".
            alpha: 0 = content, 1 = style (Eq. 14); values above 1 extrapolate. With masks also a list, one per region.
            weights: one number >= 0 per style, normalised to a sum of 1; equal when None. Not together with masks.
            color: None, or how to keep the content's colours: "match" (before) or "luminance" (after).
            masks: which style goes where, see :func:`~adain_lab.controls.masks.region_masks`. What no mask covers stays
                content.
            global_statistics: with masks, normalise by the whole content's statistics, not by those inside each region.
            size: shorter side to which the content is scaled first, pixels; 0 keeps its size.
            style_size: the same for the styles. A smaller style makes finer strokes.

        Returns:
            (B, 3, H, W) in [0, 1], float32, on the stylizer's device, of the content's exact size.

        Raises:
            FileNotFoundError, TypeError, ValueError: bad input, in one sentence.
        """
        styles = list(style) if isinstance(style, (list, tuple)) else [style]
        check_alphas(alpha, None if masks is None else len(styles))
        check_color(color)
        check_weights(weights, len(styles), masks)
        if masks is not None:  # refused before anything is computed, and read once
            masks = read_masks(masks, len(styles))
        code = self.encode_content(content, size=size)
        reference = code.images if color == "match" else None
        statistics = combine([self.encode_style(s, size=style_size, match=reference) for s in styles], weights, masks)
        return self.render(code, statistics, alpha, color=color, masks=masks, global_statistics=global_statistics)

    @torch.no_grad()  # not inference_mode: what comes back is an ordinary tensor, free to be changed and differentiated
    def encode_content(self, content: Any, *, size: int = 0) -> ContentCode:
        """Encode a content picture once, to render it many times.

        Args:
            content: as in :meth:`__call__`.
            size: shorter side in pixels; 0 keeps the picture's own.
        """
        images = resize(to_tensor(content), size).to(self.device)
        features = self.encode(images)
        statistics = Statistics.of(features, self.model)
        return ContentCode((features - statistics.mean) / statistics.std, statistics, images)

    @torch.no_grad()
    def encode_style(self, style: Any, *, size: int = 0, match: torch.Tensor | None = None) -> Statistics:
        """A style's channel statistics at relu4_1.

        Args:
            style: a picture, or statistics, which are returned as they are after a check.
            size: shorter side in pixels; 0 keeps the picture's own.
            match: pictures (B, 3, H, W) whose colour distribution the style is given first (color="match").
        """
        if isinstance(style, Statistics):
            if match is not None:
                raise InputError(
                    "color='match' changes the style picture before it is encoded: give the picture, not its statistics"
                )
            if style.model != self.model:
                raise InputError(
                    f"these statistics were measured with {style.model!r}, not with {self.model!r}: encode the style again"
                )
            return style.to(self.device)
        images = resize(to_tensor(style), size).to(self.device)
        if match is not None:
            images = match_color(images.cpu(), match.cpu()).to(self.device)
        return Statistics.of(self.encode(images), self.model)

    @torch.no_grad()
    def render(
        self,
        code: ContentCode,
        statistics: Statistics | Sequence[Statistics],
        alpha: float | Sequence[float] = 1.0,
        *,
        color: str | None = None,
        masks: Any = None,
        global_statistics: bool = False,
    ) -> torch.Tensor:
        """Decode a content with given style statistics: the only part that depends on the controls.

        Args:
            code: from :meth:`encode_content`.
            statistics: from :meth:`encode_style` or :func:`~adain_lab.statistics.mix`; with masks a list, one per
                region.
            alpha: 0 = content, 1 = style; above 1 extrapolates. With masks also a list, one per region.
            color: None or "luminance" ("match" acts in :meth:`encode_style`).
            masks, global_statistics: as in :meth:`__call__`.

        Returns:
            As :meth:`__call__`.
        """
        check_color(color)
        height, width = code.images.shape[2:]
        if masks is None:
            if not isinstance(statistics, Statistics):
                raise InputTypeError(
                    "several styles need masks, one per style; to interpolate between them, mix() their statistics first"
                )
            (alpha,) = check_alphas(alpha)
            # Eq. 14: (1 - alpha) f(c) + alpha AdaIN(f(c), f(s)) is again an affine map of n.
            std = (1 - alpha) * code.statistics.std + alpha * statistics.std
            mean = (1 - alpha) * code.statistics.mean + alpha * statistics.mean
            target_features = std * code.normalized + mean  # t, (B, C, H/8, W/8)
        else:
            regions = [statistics] if isinstance(statistics, Statistics) else list(statistics)
            alphas = check_alphas(alpha, len(regions))
            fitted = region_masks(masks, len(regions), (height, width))
            cells = to_features(fitted, *code.normalized.shape[2:]).to(self.device)
            # The affine map differs from place to place: see masked_adain for the equation.
            features = code.statistics.std * code.normalized + code.statistics.mean  # f(c)
            target_features = masked_adain(
                features, [(s.mean, s.std) for s in regions], cells, alphas, global_statistics
            )
        images = self.decode(target_features)
        images = images[..., :height, :width]  # the encoder rounds odd sizes up; the surplus is at the right and below
        return keep_luminance(images, code.images) if color == "luminance" else images

    @torch.no_grad()
    def decode(self, target_features: torch.Tensor) -> torch.Tensor:
        """g(t), clamped to [0, 1], float32: (B, 3, 8·H, 8·W) from (B, C, H, W)."""
        features = target_features.to(self.device, self.dtype, memory_format=torch.channels_last)
        return self._decoder(features).float().clamp(0, 1)

    @torch.no_grad()
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """f(images) at relu4_1, float32: (B, C, ceil(H/8), ceil(W/8)) from (B, 3, H, W) in [0, 1] on the stylizer's
        device.
        """
        images = images.to(self.dtype, memory_format=torch.channels_last)
        return self.encoder(images, ("relu4_1",))["relu4_1"].float()


def load(
    name: str = "slim", device: str = "auto", precision: str = "auto", decoder: str | os.PathLike | None = None
) -> Stylizer:
    """A stylizer with pretrained weights.

    Args:
        name: "slim" (default) or "tiny", both in the package; "paper" after ``adain-lab download paper``.
        device: "auto" (cuda, then mps, then cpu), "cpu", "cuda" or "mps".
        precision: "auto", "float32", "bfloat16" or "float16".
        decoder: the ``decoder.safetensors`` of a training run, in place of the model's own. ``name`` is the encoder
            that it was trained for then, which may be "vgg19" too.

    Raises:
        ValueError: an unknown name, a device that is not here, a damaged file, or a decoder for another encoder.
        FileNotFoundError: the weights are not here; the message says how to get them.
    """
    if decoder is None:
        network = load_decoder(name)  # first: it knows no encoder-only names
        return Stylizer(load_encoder(name), network, name, device, precision)
    network, encoder = read_decoder(decoder, name), load_encoder(name)
    encoder.ceil_mode = True  # VGG-19 drops odd edges; a picture is to come back whole
    return Stylizer(encoder, network, f"{name}+{Path(decoder).name}:{sha256_of(Path(decoder))[:12]}", device, precision)
