"""The mathematics of style transfer as pure functions on feature tensors.

Every function takes and returns tensors of shape (B, C, H, W) or per-channel
statistics of shape (B, C, 1, 1), is differentiable, and has no state. Equation
numbers are those of Huang & Belongie, ICCV 2017 (arXiv:1703.06868).
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

import torch

from adain_lab.errors import InputError, InputTypeError

__all__ = [
    "EPS",
    "adain",
    "adain_map",
    "apply_statistics",
    "blend",
    "channel_mean_std",
    "gram_matrix",
    "normalize",
    "total",
    "total_variation",
]

#: Added to the variance, inside the root, as in Eq. 6: a flat channel has a standard deviation of sqrt(EPS), not 0.
EPS = 1e-5


def _check_features(features: torch.Tensor, name: str) -> None:
    if not isinstance(features, torch.Tensor):
        raise InputTypeError(f"{name} must be a tensor of shape (B, C, H, W), not {type(features).__name__}")
    if features.ndim != 4:
        raise InputError(f"{name} must have shape (B, C, H, W), got {tuple(features.shape)}")
    if not features.is_floating_point():
        raise InputTypeError(f"{name} must be a floating-point tensor, got {features.dtype}")


def channel_mean_std(features: torch.Tensor, eps: float = EPS) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of every channel of every sample, over space.

    Eq. 5 and 6: the variance is biased (divided by H·W) and ``eps`` sits inside
    the root. The authors' Torch code and most ports divide by H·W - 1 instead;
    for feature maps of a few hundred pixels the difference is under 0.1 %.

    Args:
        features: (B, C, H, W), floating point.
        eps: added to the variance before the root.

    Returns:
        ``mean`` and ``std``, each (B, C, 1, 1).

    Raises:
        TypeError: ``features`` is not a floating-point tensor.
        ValueError: ``features`` is not four-dimensional.

    Example:
        >>> mean, std = channel_mean_std(torch.tensor([[[[1., 3.]]]]))
        >>> mean.item(), round(std.item(), 3)
        (2.0, 1.0)
    """
    _check_features(features, "features")
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def normalize(features: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Every channel of every sample with mean 0 and standard deviation 1: the bracket of Eq. 8.

    Args:
        features: (B, C, H, W).
        eps: as in :func:`channel_mean_std`.

    Returns:
        n = (x - mu(x)) / sigma(x), (B, C, H, W).

    Example:
        >>> normalize(torch.tensor([[[[1., 3.]]]])).round().tolist()
        [[[[-1.0, 1.0]]]]
    """
    mean, std = channel_mean_std(features, eps)
    return (features - mean) / std


def apply_statistics(features: torch.Tensor, mean: torch.Tensor, std: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Give ``features`` the channel statistics ``mean`` and ``std``.

    The right-hand side of Eq. 8 with the style's statistics already known:
    ``std * (x - mean(x)) / std(x) + mean``, an affine map per channel.

    Args:
        features: (B, C, H, W).
        mean, std: broadcastable to (B, C, H, W); usually (B, C, 1, 1) or (1, C, 1, 1).
        eps: as in :func:`channel_mean_std`.

    Returns:
        (B, C, H, W).

    Example:
        >>> x = torch.randn(1, 2, 8, 8)
        >>> y = apply_statistics(x, torch.zeros(1, 2, 1, 1), torch.ones(1, 2, 1, 1))
        >>> bool(y.mean().abs() < 1e-5)
        True
    """
    return std * normalize(features, eps) + mean


def blend(content: torch.Tensor, stylized: torch.Tensor, alpha: float | torch.Tensor) -> torch.Tensor:
    """Between content and style (Eq. 14): ``(1 - alpha) * content + alpha * stylized``.

    Args:
        content: f(c), or any of its statistics: AdaIN is affine in the style's, so both come to the same.
        stylized: AdaIN(f(c), f(s)), or the style's statistics, of the same shape.
        alpha: 0 = content, 1 = style; above 1 extrapolates.

    Example:
        >>> blend(torch.zeros(1), torch.ones(1), 0.25).item()
        0.25
    """
    return (1 - alpha) * content + alpha * stylized


def adain_map(
    content_mean: torch.Tensor,
    content_std: torch.Tensor,
    style_mean: torch.Tensor,
    style_std: torch.Tensor,
    alpha: float | torch.Tensor = 1.0,
) -> tuple[torch.Tensor, torch.Tensor]:
    """AdaIN and alpha as one affine map of the content's features (Eq. 8 and 14).

    Args:
        content_mean, content_std, style_mean, style_std: of the channels, (B, C, 1, 1).
        alpha: as in :func:`blend`.

    Returns:
        ``scale`` and ``shift``, each (B, C, 1, 1): ``scale * f + shift`` is ``blend(f, adain(f, f_s), alpha)``.

    Example:
        >>> f, f_s = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 6, 6) + 1
        >>> scale, shift = adain_map(*channel_mean_std(f), *channel_mean_std(f_s), alpha=0.3)
        >>> torch.allclose(scale * f + shift, blend(f, adain(f, f_s), 0.3), atol=1e-5)
        True
    """
    scale = blend(content_std, style_std, alpha) / content_std
    return scale, blend(content_mean, style_mean, alpha) - scale * content_mean


def adain(content_features: torch.Tensor, style_features: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Adaptive instance normalization (Eq. 8).

    ``AdaIN(x, y) = sigma(y) * (x - mu(x)) / sigma(x) + mu(y)``: the content's
    features with the style's channel statistics. It has no learnable parameters.

    Args:
        content_features: x, (B, C, H, W).
        style_features: y, (B, C, H', W') or (1, C, H', W'); its size in space is free.
        eps: as in :func:`channel_mean_std`.

    Returns:
        (B, C, H, W), where every channel has the style's mean and standard deviation.

    Raises:
        TypeError: an input is not a floating-point tensor.
        ValueError: an input is not four-dimensional, or channels or batches do not match.

    Example:
        >>> x, y = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 6, 10)
        >>> mean, std = channel_mean_std(adain(x, y))
        >>> torch.allclose(mean, channel_mean_std(y)[0], atol=1e-5)
        True
    """
    _check_features(content_features, "content_features")
    _check_features(style_features, "style_features")
    content_shape, style_shape = tuple(content_features.shape), tuple(style_features.shape)
    if content_shape[1] != style_shape[1] or style_shape[0] not in (1, content_shape[0]):
        raise InputError(
            "content_features and style_features must have the same channels and the same batch "
            f"(or a style batch of 1), got {content_shape} and {style_shape}"
        )
    style_mean, style_std = channel_mean_std(style_features, eps)
    return apply_statistics(content_features, style_mean, style_std, eps)


def gram_matrix(features: torch.Tensor, normalize: bool = True) -> torch.Tensor:
    """Gram matrix of the channels: which features occur together, wherever they are.

    ``G_ij = sum over space of F_i * F_j`` (Gatys et al., CVPR 2016, Eq. 3),
    divided by H·W when ``normalize`` is true, so that it does not depend on the
    size of the picture. Gatys divides in the loss instead (by 4·C²·(H·W)²);
    others divide by C·H·W.

    Args:
        features: (B, C, H, W).
        normalize: divide by H·W.

    Returns:
        (B, C, C), symmetric and positive semidefinite.

    Example:
        >>> gram_matrix(torch.ones(1, 2, 4, 4)).tolist()
        [[[1.0, 1.0], [1.0, 1.0]]]
    """
    _check_features(features, "features")
    flat = features.flatten(2)  # (B, C, H*W)
    gram = flat @ flat.transpose(1, 2)  # (B, C, C)
    return gram / flat.shape[2] if normalize else gram


def total(terms: Iterable[torch.Tensor]) -> torch.Tensor:
    """The sum of one or more tensors, added in order; a tensor always, where ``sum`` may give the number 0.

    Example:
        >>> total(torch.tensor(float(n)) for n in (1, 2, 3))
        tensor(6.)
    """
    return reduce(operator.add, terms)


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference between neighbouring pixels, vertical plus horizontal.

    The anisotropic, L1 form; Mahendran & Vedaldi (CVPR 2015) use powers of the
    gradient's length. A flat picture has 0, a one-pixel checkerboard of 0 and 1 has 2.

    Args:
        images: (B, C, H, W) with H, W >= 2.

    Returns:
        A scalar.

    Example:
        >>> total_variation(torch.ones(1, 3, 4, 4)).item()
        0.0
    """
    _check_features(images, "images")
    if min(images.shape[2:]) < 2:
        raise InputError(f"images must be at least 2 x 2 pixels, got {tuple(images.shape)}")
    vertical = (images[..., 1:, :] - images[..., :-1, :]).abs().mean()
    horizontal = (images[..., :, 1:] - images[..., :, :-1]).abs().mean()
    return vertical + horizontal
