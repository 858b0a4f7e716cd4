"""How good, in numbers: style and content distances of a stylization, judged by any encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from adain_lab.errors import InputError
from adain_lab.functional import channel_mean_std
from adain_lab.losses import content_loss, scale_features, statistics_style_loss
from adain_lab.networks.encoder import STYLE_LAYERS

__all__ = ["content_distance", "psnr", "residual_style", "style_distance"]

Judge = Callable[..., dict[str, torch.Tensor]]


@torch.inference_mode()
def style_distance(
    judge: Judge,
    images: torch.Tensor,
    style: torch.Tensor,
    layers: Sequence[str] = STYLE_LAYERS,
    scales: dict[str, float] | None = None,
) -> float:
    """Statistics style loss (Eq. 13) between two pictures, in the eyes of ``judge``.

    Args:
        judge: an encoder, or any function (images, layers) -> features. One that was not the training's
            judge says more.
        images, style: (B, 3, H, W) in [0, 1]; sizes may differ.
        layers: which layers.
        scales: mean activation per layer to divide by (:func:`~adain_lab.losses.layer_scales`).

    Returns:
        A number >= 0; 0 for equal pictures.
    """
    scales = scales or dict.fromkeys(layers, 1.0)
    features, style_features = (scale_features(judge(x, layers), scales) for x in (images, style))
    return float(statistics_style_loss(features, style_features))


def residual_style(
    judge: Judge,
    stylized: torch.Tensor,
    content: torch.Tensor,
    style: torch.Tensor,
    layers: Sequence[str] = STYLE_LAYERS,
    scales: dict[str, float] | None = None,
) -> float:
    """How much of the way to the style is left: the output's style distance divided by the untouched content's.

    0 means that the output has the style's statistics, 1 that nothing was gained.
    """
    before = style_distance(judge, content, style, layers, scales)
    if before == 0:
        raise InputError("the content already has the style's statistics: choose another pair")
    return style_distance(judge, stylized, style, layers, scales) / before


@torch.inference_mode()
def content_distance(judge: Judge, stylized: torch.Tensor, content: torch.Tensor, layer: str = "relu4_1") -> float:
    """Root mean squared difference of the two pictures' *normalised* features at ``layer``.

    Each channel's mean and standard deviation are taken out first: they are style (Sec. 4), and content
    is what is left. 0 for equal pictures, about sqrt(2) = 1.41 for unrelated ones.
    """
    normalized = []
    for images in (stylized, content):
        features = judge(images, (layer,))[layer]
        mean, std = channel_mean_std(features)
        normalized.append((features - mean) / std)
    return float(content_loss(*normalized).sqrt())


def psnr(images: torch.Tensor, reference: torch.Tensor) -> float:
    """Peak signal-to-noise ratio in decibels, for pictures in [0, 1]; infinite when they are equal."""
    error = float((images - reference).square().mean())
    return float("inf") if error == 0 else -10 * float(torch.log10(torch.tensor(error)))
