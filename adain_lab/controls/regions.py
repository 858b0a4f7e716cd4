"""AdaIN region by region (Sec. 7.3, Fig. 10): statistics of a part of the picture, and transfers blended by masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from adain_lab.functional import EPS, adain_map, channel_mean_std

__all__ = ["masked_adain", "region_mean_std", "regional_modulation", "with_rest"]


def region_mean_std(features: torch.Tensor, mask: torch.Tensor, eps: float = EPS) -> tuple[torch.Tensor, torch.Tensor]:
    """:func:`~adain_lab.functional.channel_mean_std` with every cell counted as much as it belongs to the region.

    Args:
        features: (B, C, H, W).
        mask: (H, W) in [0, 1]. Of an empty one the statistics are 0 and sqrt(eps).
        eps: added to the variance before the root: a region of one cell has no variance at all.

    Returns:
        ``mean`` and ``std``, each (B, C, 1, 1).
    """
    share = (mask / mask.sum().clamp_min(torch.finfo(mask.dtype).tiny)).flatten()  # sums to 1
    flat = features.flatten(2)  # (B, C, H*W)
    mean = (flat @ share)[..., None]
    variance = (flat - mean).square() @ share
    return mean[..., None], (variance + eps).sqrt()[..., None, None]


def masked_adain(
    features: torch.Tensor,
    styles: Sequence[tuple[torch.Tensor, torch.Tensor]],
    masks: torch.Tensor,
    alphas: Sequence[float],
    global_statistics: bool = False,
    statistics: Sequence[tuple[torch.Tensor, torch.Tensor]] | None = None,
) -> torch.Tensor:
    """A style per region: every region's own AdaIN and alpha, blended by the masks.

    ``t = sum_r m_r * [(1 - alpha_r) * f + alpha_r * AdaIN_r(f)] + (1 - sum_r m_r) * f``, where
    ``AdaIN_r(f) = std_r * (f - mean(f)) / std(f) + mean_r``: the content's statistics are those inside the region,
    weighted by its mask (the authors' code, with masks of 0 and 1), or the whole picture's.

    Args:
        features: f, (B, C, H, W).
        styles: (mean, std) per region, each (1 or B, C, 1, 1).
        masks: m, (R, H, W) in [0, 1], with a sum over R of at most 1.
        alphas: one per region.
        global_statistics: take the content's statistics from the whole picture.
        statistics: the content's (mean, std) for each region, where ``features`` are only a part of the picture.

    Returns:
        t, (B, C, H, W).
    """
    everywhere = channel_mean_std(features) if global_statistics else None
    scales, shifts = [], []
    for number, ((style_mean, style_std), mask, alpha) in enumerate(zip(styles, masks, alphas, strict=True)):
        mean, std = statistics[number] if statistics else everywhere or region_mean_std(features, mask)
        scale, shift = adain_map(mean, std, style_mean, style_std, alpha)
        scales.append(scale - 1)  # with f taken out of the sum: what no mask covers stays f
        shifts.append(shift)
    # Blended by the masks, the maps of all regions are one map whose coefficients vary from cell to cell.
    scale, shift = (torch.einsum("rbc,rhw->bchw", torch.stack(maps).flatten(2), masks) for maps in (scales, shifts))
    return features + scale * features + shift


def with_rest(masks: torch.Tensor) -> torch.Tensor:
    """Masks (R, H, W), and last what none of them covers: (R + 1, H, W), with a sum over R + 1 of 1."""
    return torch.cat([masks, 1 - masks.sum(0, keepdim=True)])


def regional_modulation(
    modulations: Sequence[Mapping[str, tuple[torch.Tensor, torch.Tensor]]], masks: Mapping[str, torch.Tensor]
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Every region's scales and shifts of a decoder's convolutions, blended by the masks.

    Args:
        modulations: one per region, and last that of what no mask covers; by name of a convolution, each (B, C, 1, 1).
        masks: by layer, (R, H, W) in [0, 1], with a sum over R of at most 1.

    Returns:
        By name of a convolution: scale and shift, (B, C, H, W) with the size of its block's first layer.
    """
    shares = {layer: with_rest(m) for layer, m in masks.items()}

    def blended(name: str, part: int) -> torch.Tensor:
        maps = torch.stack([modulation[name][part] for modulation in modulations]).flatten(2)
        return torch.einsum("rbc,rhw->bchw", maps, shares[f"relu{name[4]}_1"])

    return {name: (blended(name, 0), blended(name, 1)) for name in modulations[0]}
