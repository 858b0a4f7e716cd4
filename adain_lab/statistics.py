"""A style as 2·C numbers: channel means and standard deviations that can be mixed, saved and shared."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from adain_lab.errors import InputError, MissingFileError
from adain_lab.files import write_tensors
from adain_lab.functional import channel_mean_std

__all__ = ["Statistics", "mix", "normalize_weights"]


@dataclass(frozen=True)
class Statistics:
    """The channel statistics of features at relu4_1: all that AdaIN takes from a style (Eq. 8).

    Attributes:
        mean, std: (B, C, 1, 1), float32; ``std`` is positive.
        model: name of the encoder they were measured with. Another encoder's channels mean other things.
    """

    mean: torch.Tensor
    std: torch.Tensor
    model: str = ""

    @classmethod
    def of(cls, features: torch.Tensor, model: str = "") -> Statistics:
        """The statistics of features (B, C, H, W), measured in float32 whatever the features' precision."""
        return cls(*channel_mean_std(features.float()), model)

    def to(self, device: torch.device | str) -> Statistics:
        """The same statistics on another device."""
        return Statistics(self.mean.to(device), self.std.to(device), self.model)

    def save(self, path: str | os.PathLike) -> Path:
        """Write a safetensors file of a few kilobytes, whole or not at all."""
        tensors = {"mean": self.mean.cpu().contiguous(), "std": self.std.cpu().contiguous()}
        write_tensors(path, tensors, {"model": self.model})
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Statistics:
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not a file of statistics.
        """
        from safetensors import SafetensorError, safe_open

        if not Path(path).is_file():
            raise MissingFileError(f"{path} does not exist")
        try:
            with safe_open(path, framework="pt") as file:
                mean, std = file.get_tensor("mean"), file.get_tensor("std")
                model = (file.metadata() or {}).get("model", "")
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} does not hold the statistics of a style: {error}") from error
        good = all(s.is_floating_point() and s.ndim == 4 and s.shape[2:] == (1, 1) for s in (mean, std))
        if not (
            good and mean.shape == std.shape and bool(mean.isfinite().all()) and 0 < std.min() <= std.max() < math.inf
        ):
            raise InputError(
                f"{path} does not hold the statistics of a style: they are finite numbers, the deviations positive"
            )
        return cls(mean.float(), std.float(), model)


def normalize_weights(weights: Sequence[float] | None, count: int) -> list[float]:
    """Weights of an interpolation as a convex combination (Eq. 15): ``count`` numbers >= 0 that sum to 1.

    Args:
        weights: numbers in any unit, or None for equal ones.
        count: how many styles there are.

    Raises:
        ValueError: there is no style, the number of weights differs from ``count``, one is negative or not finite, or
            all are zero.

    Example:
        >>> normalize_weights([2, 1, 1], 3)
        [0.5, 0.25, 0.25]
    """
    if count < 1:
        raise InputError("at least one style is needed")
    if weights is None:
        return [1 / count] * count
    weights = [float(w) for w in weights]
    if len(weights) != count:
        raise InputError(
            f"weights must be one number per style: got {len(weights)} for {count} style{'s' * (count != 1)}"
        )
    if not all(math.isfinite(w) and w >= 0 for w in weights):
        raise InputError(f"weights must be finite and not negative, got {weights}")
    total = sum(weights)
    if total == 0:
        raise InputError("weights must not all be zero")
    return [w / total for w in weights]


def mix(styles: Sequence[Statistics], weights: Sequence[float] | None = None) -> Statistics:
    """Interpolate styles: the weighted mean of their statistics.

    AdaIN is affine in the style's statistics, so this equals Eq. 15's weighted
    sum of AdaIN's outputs, at the price of one.

    Args:
        styles: one or more, all of the same model.
        weights: see :func:`normalize_weights`.
    """
    shares = normalize_weights(weights, len(styles))
    models = sorted({style.model for style in styles})
    if len(models) > 1:
        raise InputError(f"styles measured with different models cannot be mixed: {', '.join(models)}")
    mean = sum(share * style.mean for share, style in zip(shares, styles, strict=True))
    std = sum(share * style.std for share, style in zip(shares, styles, strict=True))
    return Statistics(mean, std, styles[0].model)
