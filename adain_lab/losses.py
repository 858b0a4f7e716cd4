"""Losses between named features: content, Gram style, statistics style.

Features are dictionaries ``{layer: (B, C, H, W)}`` as an encoder returns them.
Squared differences are averaged (mean squared error), as every public
implementation does, where the paper prints Euclidean norms: the minimum is the
same, and the scale does not depend on the size of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch.nn import functional as F

from adain_lab.errors import InputError
from adain_lab.functional import channel_mean_std, gram_matrix, total

__all__ = [
    "content_loss",
    "gram_style_loss",
    "layer_scales",
    "range_penalty",
    "scale_features",
    "statistics_style_loss",
]

Features = Mapping[str, torch.Tensor]


def content_loss(features: torch.Tensor, target_features: torch.Tensor) -> torch.Tensor:
    """Mean squared difference between two feature maps of one layer (Eq. 12).

    Args:
        features: f(g(t)), (B, C, H, W).
        target_features: t, the same shape. In the paper t is AdaIN's output, not the content's features.

    Returns:
        A scalar, 0 when the two are equal.
    """
    if features.shape != target_features.shape:
        raise InputError(
            f"features and target_features must have the same shape, got {tuple(features.shape)} and {tuple(target_features.shape)}"
        )
    return F.mse_loss(features, target_features)


def statistics_style_loss(features: Features, style_features: Features) -> torch.Tensor:
    """Squared differences of channel means and standard deviations, summed over layers (Eq. 13).

    Args:
        features: ``{layer: (B, C, H, W)}`` of the picture that is judged.
        style_features: the style's, with the same layers; sizes in space are free.

    Returns:
        A scalar: for each layer MSE of the means plus MSE of the standard deviations, all layers with weight 1.
    """
    _check_layers(features, style_features)
    terms = []
    for layer, f in features.items():
        mean, std = channel_mean_std(f)
        style_mean, style_std = channel_mean_std(style_features[layer])
        terms += [F.mse_loss(mean, style_mean), F.mse_loss(std, style_std)]
    return total(terms)


def gram_style_loss(features: Features, style_features: Features) -> torch.Tensor:
    """Mean squared differences of Gram matrices divided by H·W, summed over layers (Gatys et al. 2016, Eq. 4 and 5).

    Args:
        features, style_features: as in :func:`statistics_style_loss`.

    Returns:
        A scalar.
    """
    _check_layers(features, style_features)
    return total(F.mse_loss(gram_matrix(f), gram_matrix(style_features[layer])) for layer, f in features.items())


def range_penalty(images: torch.Tensor) -> torch.Tensor:
    """Mean squared distance of pixel values from the interval [0, 1]; 0 for a picture that can be shown as it is."""
    return (images - images.clamp(0, 1)).square().mean()


@torch.no_grad()
def layer_scales(
    encoder: Callable[..., Mapping[str, torch.Tensor]], images: torch.Tensor, layers: Iterable[str]
) -> dict[str, float]:
    """Mean activation of each layer on ``images``: what ``vgg_normalised`` divides VGG's layers by, once and in its
    weights.

    Layers of one network differ in scale by a factor of 100; a sum of losses over
    layers means something only after each is divided by its own.

    Args:
        encoder: a function (images, layers) -> features.
        images: a sample of training pictures, (B, 3, H, W) in [0, 1].
        layers: names of layers.

    Returns:
        ``{layer: positive float}``.
    """
    return {layer: float(f.mean().clamp_min(1e-6)) for layer, f in encoder(images, tuple(layers)).items()}


def scale_features(features: Features, scales: Mapping[str, float]) -> dict[str, torch.Tensor]:
    """Each layer divided by its scale from :func:`layer_scales`."""
    return {layer: f / scales[layer] for layer, f in features.items()}


def _check_layers(features: Features, style_features: Features) -> None:
    if not features:
        raise InputError("features must hold at least one layer")
    missing = [layer for layer in features if layer not in style_features]
    if missing:
        raise InputError(
            f"style_features lack {', '.join(missing)}; they hold {', '.join(style_features) or 'nothing'}"
        )
