"""Whitening and colouring: AdaIN's place taken by whole covariances (Li et al. 2017; the outlook of Sec. 8,
"correlation alignment").
"""

from __future__ import annotations

import torch

from adain_lab.errors import InputError
from adain_lab.functional import EPS

__all__ = ["whiten_color"]


def whiten_color(content_features: torch.Tensor, style_features: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Give the content's features the style's channel means and the covariances between channels.

    AdaIN (Eq. 8) matches the diagonal of the covariance alone. Here ``Σ_s^(1/2) Σ_c^(-1/2) (x - mean_c) + mean_s``,
    with symmetric roots, matches all of it (Li et al., *Universal Style Transfer via Feature Transforms*, NeurIPS 2017,
    Eq. 1 to 3, who take the same roots). Computed in double precision, as eigenvalues of covariances of hundreds of
    channels span many orders.

    Args:
        content_features: (B, C, H, W).
        style_features: (B, C, H', W') or (1, C, H', W').
        eps: added to the diagonals of both covariances, so that channels that never vary do not blow up.

    Returns:
        (B, C, H, W).

    Raises:
        ValueError: the shapes do not fit together.

    Example:
        >>> t = whiten_color(torch.rand(1, 8, 12, 10), 3 * torch.rand(1, 8, 9, 9))
        >>> t.shape
        torch.Size([1, 8, 12, 10])
    """
    b, c = content_features.shape[:2]
    if (
        content_features.ndim != 4
        or style_features.ndim != 4
        or style_features.shape[1] != c
        or style_features.shape[0] not in (1, b)
    ):
        raise InputError(
            f"features must have shapes (B, C, H, W) and (B or 1, C, H', W'), got {tuple(content_features.shape)} and "
            f"{tuple(style_features.shape)}"
        )
    x, _, covariance = _moments(content_features, eps)
    _, style_mean, style_covariance = _moments(style_features, eps)
    t = _power(style_covariance, 0.5) @ (_power(covariance, -0.5) @ x) + style_mean
    return t.reshape(content_features.shape).to(content_features.dtype)


def _moments(features: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Centred cells (B, C, N), their mean (B, C, 1) and covariance (B, C, C)."""
    x = features.double().flatten(2)
    mean = x.mean(2, keepdim=True)
    x = x - mean
    identity = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    return x, mean, x @ x.transpose(1, 2) / x.shape[2] + eps * identity


def _power(matrices: torch.Tensor, exponent: float) -> torch.Tensor:
    """Power of symmetric matrices (B, C, C) by their eigenvalues."""
    values, vectors = torch.linalg.eigh(matrices)
    smallest = torch.finfo(values.dtype).eps * values[..., -1:]  # rounding can leave a tiny negative one
    return (vectors * values.clamp_min(smallest).pow(exponent).unsqueeze(-2)) @ vectors.transpose(-1, -2)
