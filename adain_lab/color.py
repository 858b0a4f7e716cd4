"""Keeping the content's colours: before the transfer (match) or after it (luminance)."""

from __future__ import annotations

import torch

__all__ = ["COLOR_METHODS", "keep_luminance", "match_color"]

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
    mean, std, correlation = _color_moments(images, eps)
    reference_mean, reference_std, reference_correlation = _color_moments(reference, eps)
    transform = reference_std * (_power(reference_correlation, 0.5) @ _power(correlation, -0.5)) / std.transpose(1, 2)  # (B, 3, 3)
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


def _color_moments(images: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of the three channels, (B, 3, 1), and their correlation matrix, (B, 3, 3)."""
    pixels = images.double().flatten(2)
    mean = pixels.mean(2, keepdim=True)
    std = (pixels.var(2, correction=0, keepdim=True) + eps).sqrt()
    standardized = (pixels - mean) / std
    correlation = standardized @ standardized.transpose(1, 2) / pixels.shape[2]
    return mean, std, correlation + eps * torch.eye(3, dtype=torch.float64, device=images.device)


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag_embed(values.clamp_min(1e-12) ** exponent) @ vectors.transpose(1, 2)
