"""Four normalisations as one family: whose statistics are taken out, over which axes, and where the new ones come from.

Every member is ``gamma * (x - mu) / sigma + beta``, an affine map per channel. Equation numbers are those of Huang &
Belongie, ICCV 2017 (arXiv:1703.06868); the last member, AdaIN (Eq. 8), is :func:`adain_lab.functional.adain`.

=========================  ==========================  =======================================
member                     mu, sigma over              gamma, beta
=========================  ==========================  =======================================
batch norm (Eq. 1-3)       batch and space (N, H, W)   learned, one pair
instance norm (Eq. 4-6)    space (H, W)                learned, one pair
conditional IN (Eq. 7)     space (H, W)                learned, one pair per style of a table
AdaIN (Eq. 8)              space (H, W)                measured on a style picture
=========================  ==========================  =======================================
"""

from __future__ import annotations

import torch

from adain_lab.errors import InputError, InputTypeError
from adain_lab.functional import EPS, apply_statistics

__all__ = ["batch_norm", "batch_statistics", "conditional_instance_norm", "instance_norm"]


def batch_statistics(features: torch.Tensor, eps: float = EPS) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of every channel over the whole batch and space (Eq. 2 and 3).

    Args:
        features: (B, C, H, W).
        eps: added to the biased variance, inside the root.

    Returns:
        ``mean`` and ``std``, each (1, C, 1, 1).

    Example:
        >>> mean, std = batch_statistics(torch.tensor([[[[1.]]], [[[3.]]]]))
        >>> mean.item(), round(std.item(), 3)
        (2.0, 1.0)
    """
    _check(features)
    variance, mean = torch.var_mean(features, dim=(0, 2, 3), correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def batch_norm(
    features: torch.Tensor,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    population: tuple[torch.Tensor, torch.Tensor] | None = None,
    eps: float = EPS,
) -> torch.Tensor:
    """Batch normalisation (Eq. 1): ``gamma * (x - mu) / sigma + beta`` with the batch's statistics.

    Args:
        features: x, (B, C, H, W).
        gamma, beta: the new standard deviation and mean of each channel, broadcastable to (1, C, 1, 1).
        population: mean and std to use in place of the batch's own, as after training; None while training.
        eps: as in :func:`batch_statistics`.

    Returns:
        (B, C, H, W). One picture's result depends on the others of its batch.

    Example:
        >>> x = torch.tensor([[[[1.]]], [[[3.]]]])
        >>> batch_norm(x, torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)).flatten().round().tolist()
        [-1.0, 1.0]
    """
    mean, std = batch_statistics(features, eps) if population is None else population
    return gamma * ((features - mean) / std) + beta


def instance_norm(features: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Instance normalisation (Eq. 4): as :func:`batch_norm`, with each sample's own statistics (Eq. 5 and 6).

    Args:
        features: x, (B, C, H, W).
        gamma, beta: broadcastable to (B, C, 1, 1).
        eps: added to the biased variance, inside the root.

    Returns:
        (B, C, H, W), where every channel of every sample has mean ``beta`` and standard deviation ``gamma``.

    Example:
        >>> x = torch.tensor([[[[1., 3.]]], [[[10., 30.]]]])
        >>> instance_norm(x, torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)).flatten().round().tolist()
        [-1.0, 1.0, -1.0, 1.0]
    """
    return apply_statistics(features, beta, gamma, eps)


def conditional_instance_norm(
    features: torch.Tensor, gammas: torch.Tensor, betas: torch.Tensor, style: int, eps: float = EPS
) -> torch.Tensor:
    """Conditional instance normalisation (Eq. 7): instance norm with the affine parameters of style number ``style``.

    Args:
        features: x, (B, C, H, W).
        gammas, betas: the table, (S, C): one row per style that was learned.
        style: which row.
        eps: as in :func:`instance_norm`.

    Raises:
        ValueError: the table has no such row. That is the layer's limit: a style it has not learned, it cannot paint.

    Example:
        >>> x, table = torch.rand(1, 2, 4, 4), torch.ones(3, 2)
        >>> conditional_instance_norm(x, table, table, style=2).mean().round().item()
        1.0
    """
    _check(features)
    shape = (gammas.shape[0], features.shape[1])
    if tuple(gammas.shape) != shape or tuple(betas.shape) != shape:
        raise InputError(
            f"gammas and betas must have shape (styles, {features.shape[1]}), got {tuple(gammas.shape)} and {tuple(betas.shape)}"
        )
    if not 0 <= style < shape[0]:
        raise InputError(f"style must be a row of the table, 0 to {shape[0] - 1}, got {style}")
    return instance_norm(features, gammas[style].view(1, -1, 1, 1), betas[style].view(1, -1, 1, 1), eps)


def _check(features: torch.Tensor) -> None:
    if not isinstance(features, torch.Tensor):
        raise InputTypeError(f"features must be a tensor of shape (B, C, H, W), not {type(features).__name__}")
    if features.ndim != 4:
        raise InputError(f"features must have shape (B, C, H, W), got {tuple(features.shape)}")
