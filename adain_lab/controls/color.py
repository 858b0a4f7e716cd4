"""Keeping the content's colours: before the transfer (match) or after it (luminance)."""

from __future__ import annotations

from collections.abc import Iterable

import torch

__all__ = ["COLOR_METHODS", "color_moments", "keep_luminance", "match_color", "match_moments"]

#: Mean and standard deviation of the channels, (B, 3, 1), and their correlation matrix, (B, 3, 3).
Moments = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

#: Luma of RGB (Rec. 601), as in YIQ and YCbCr.
_LUMA = (0.299, 0.587, 0.114)


def match_color(images: torch.Tensor, reference: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
    """Give ``images`` the colour distribution of ``reference``: its mean and covariance over pixels.

    Used on the style picture, with the content as reference, before an ordinary
    transfer (Sec. 7.3, Fig. 9; Gatys et al. 2016, *Preserving Color in Neural
    Artistic Style Transfer*, Sec. 3.1). Of the linear maps that reach the
    covariance this takes the one of the authors' CORAL: standardise each channel, whiten with the symmetric root of the
    correlation matrix R, colour with the reference's, and undo its standardisation:
    ``D_ref R_ref^(1/2) R^(-1/2) D^(-1)`` with D the diagonal matrix of standard deviations.

    Args:
        images: (B, 3, H, W) in [0, 1].
        reference: (B, 3, H', W') or (1, 3, H', W') in [0, 1].
        eps: added to the variances and to the diagonals of R, so that grey and flat pictures do not blow up.

    Returns:
        (B, 3, H, W), clamped to [0, 1].
    """
    return match_moments(images, color_moments([reference], eps), eps)


def match_moments(images: torch.Tensor, moments: Moments, eps: float = 1e-5) -> torch.Tensor:
    """:func:`match_color` where only the reference's :func:`color_moments` are known."""
    mean, std, correlation = color_moments([images], eps)
    reference_mean, reference_std, reference_correlation = moments
    transform = (
        reference_std * (_power(reference_correlation, 0.5) @ _power(correlation, -0.5)) / std.transpose(1, 2)
    )  # (B, 3, 3)
    pixels = images.double().flatten(2)  # (B, 3, H*W)
    matched = transform @ (pixels - mean) + reference_mean
    return matched.reshape(images.shape).clamp(0, 1).to(images.dtype)


def keep_luminance(stylized: torch.Tensor, content: torch.Tensor) -> torch.Tensor:
    """The content's colours with the stylized picture's luminance (Gatys et al. 2016, Sec. 3.2).

    Only the luma Y of YIQ is taken from ``stylized``; the two colour axes stay
    the content's. In RGB that is one addition: the difference of the lumas on every channel.

    Args:
        stylized, content: (B, 3, H, W) in [0, 1], the same size.

    Returns:
        (B, 3, H, W), clamped to [0, 1].
    """
    luma = stylized.new_tensor(_LUMA).view(1, 3, 1, 1)
    difference = ((stylized - content) * luma).sum(1, keepdim=True)
    return (content + difference).clamp(0, 1)


#: Names for the ``color`` option and ``--preserve-color``.
COLOR_METHODS = ("match", "luminance")


def color_moments(parts: Iterable[torch.Tensor], eps: float = 1e-5) -> Moments:
    """How the colours of a picture are distributed: what :func:`match_color` gives to another.

    Args:
        parts: the picture, or the parts that it consists of, each (B, 3, h, w) in [0, 1].
        eps: see :func:`match_color`.

    Returns:
        Mean and standard deviation of the three channels, each (B, 3, 1), and their correlation matrix, (B, 3, 3);
        float64.
    """
    count = 0
    total, products = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for part in parts:
        pixels = part.double().flatten(2) - 0.5  # near 0, so that squares do not drown their differences
        count += pixels.shape[2]
        total = total + pixels.sum(2, keepdim=True)
        products = products + pixels @ pixels.transpose(1, 2)
    mean = total / count
    covariance = products / count - mean @ mean.transpose(1, 2)
    std = (covariance.diagonal(dim1=1, dim2=2).clamp_min(0).unsqueeze(2) + eps).sqrt()
    correlation = covariance / (std @ std.transpose(1, 2))
    return mean + 0.5, std, correlation + eps * torch.eye(3, dtype=torch.float64, device=mean.device)


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag_embed(values.clamp_min(1e-12) ** exponent) @ vectors.transpose(1, 2)
