"""Stylizer: encode, AdaIN, decode (Eq. 9 and 10), with every control.

With ``n = (f_c - mean_c) / std_c``, AdaIN is ``std_s * n + mean_s``: an affine
map per channel. Alpha (Eq. 14) mixes the style's statistics with the content's
own, interpolation (Eq. 15) mixes those of several styles, masks make them vary
over the picture. So a content is encoded once, a style is two numbers per channel, and moving
any slider costs one affine map and one pass through the decoder. The paper does this at relu4_1; a model whose decoder
has more levels does the same at each of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from adain_lab.controls.color import keep_luminance, match_color
from adain_lab.controls.controls import Controls, check_alpha, check_alphas, check_color
from adain_lab.controls.masks import region_masks, to_features
from adain_lab.controls.regions import region_mean_std, with_rest
from adain_lab.drawing import ContentCode, Drawing
from adain_lab.errors import InputError, InputTypeError
from adain_lab.functional import channel_mean_std
from adain_lab.images import resize, to_tensor
from adain_lab.networks.encoder import channels
from adain_lab.statistics import Statistics
from adain_lab.weights import DEFAULT_MODEL, load_decoder, load_encoder, read_decoder
from adain_lab.weights.registry import sha256_of

__all__ = ["ContentCode", "Stylizer", "check_alpha", "check_color", "load"]


class Stylizer(Drawing):
    """Arbitrary style transfer with a trained encoder and decoder.

    Made as :class:`~adain_lab.drawing.Drawing` is.

    Example:
        >>> import adain_lab
        >>> stylizer = adain_lab.load("tiny")
        >>> stylizer(torch.rand(1, 3, 40, 56), torch.rand(1, 3, 32, 32), alpha=0.8).shape
        torch.Size([1, 3, 40, 56])
    """

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
        controls = Controls(alpha, weights, color, masks, 0.0, global_statistics, size, style_size)
        controls = controls.checked(len(styles))  # refused before anything is computed
        code = self.encode_content(content, size=size)
        reference = code.images if color == "match" else None
        return self.paint(code, [self.encode_style(s, size=style_size, match=reference) for s in styles], controls)

    def paint(self, code: ContentCode, styles: Sequence[Statistics], controls: Controls) -> torch.Tensor:
        """An encoded content in measured styles: what every picture of the lab comes down to.

        Args:
            code: from :meth:`encode_content`.
            styles: from :meth:`encode_style`; to interpolate between, or with masks one per region.
            controls: everything else; their sizes acted when content and styles were encoded.

        Returns:
            As :meth:`__call__`.
        """
        height, width = code.images.shape[2:]
        return self.render(
            code,
            controls.combined(styles),
            controls.alpha,
            color=controls.color,
            masks=controls.regions(len(styles), (height, width)),
            global_statistics=controls.global_statistics,
        )

    @torch.no_grad()  # not inference_mode: what comes back is an ordinary tensor, free to be changed and differentiated
    def encode_content(self, content: Any, *, size: int = 0) -> ContentCode:
        """Encode a content picture once, to render it many times.

        Args:
            content: as in :meth:`__call__`.
            size: shorter side in pixels; 0 keeps the picture's own.
        """
        images = resize(to_tensor(content), size).to(self.device)
        features = self.encode(images)
        return ContentCode(features, Statistics.of(features, self.model), images)

    @torch.no_grad()
    def encode_style(self, style: Any, *, size: int = 0, match: torch.Tensor | None = None) -> Statistics:
        """A style's channel statistics.

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
            style.check_for(self.model, {layer: channels(layer, self.decoder.width) for layer in self.layers})
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
            images, palette = self.draw(code, statistics, alpha)
        else:
            regions = [statistics] if isinstance(statistics, Statistics) else list(statistics)
            alphas = check_alphas(alpha, len(regions))
            fitted = region_masks(masks, len(regions), (height, width))
            shares = {n: with_rest(to_features(fitted, *f.shape[2:]).to(self.device)) for n, f in code.features.items()}
            features = {n: f.float() for n, f in code.features.items()}
            own = {
                n: [channel_mean_std(f)] * len(shares[n])
                if global_statistics
                else [region_mean_std(f, share) for share in shares[n]]
                for n, f in features.items()
            }
            images = self.draw_regions(features, own, code.statistics, regions, shares, alphas)
            palette = self.regional_palette(own, regions, shares, alphas, global_statistics)
        images = images[..., :height, :width]  # the encoder rounds odd sizes up; the surplus is at the right and below
        if palette is not None:
            painted = palette.measure(images)
            if code.steady is not None and masks is None:
                painted = [code.steady(painted[0], palette.targets[0])]
            images = palette.apply(images, painted)
        images = images.clamp(0, 1)
        return keep_luminance(images, code.images) if color == "luminance" else images


def load(
    name: str = DEFAULT_MODEL, device: str = "auto", precision: str = "auto", decoder: str | os.PathLike | None = None
) -> Stylizer:
    """A stylizer with pretrained weights.

    Args:
        name: one of :data:`~adain_lab.weights.MODELS`: "levels" (default), "slim" or "tiny", which are in the package, or
            "paper" after ``adain-lab download paper``.
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
