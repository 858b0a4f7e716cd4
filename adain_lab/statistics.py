"""A style as two numbers per channel: means and standard deviations that can be mixed, saved and shared."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from adain_lab.errors import InputError, MissingFileError
from adain_lab.files import write_tensors
from adain_lab.functional import EPS, channel_mean_std, total

__all__ = ["Statistics", "mix", "normalize_weights"]


@dataclass(frozen=True)
class Statistics:
    """The channel statistics of features: all that AdaIN takes from a style (Eq. 8).

    Attributes:
        mean, std: by layer, each (B, C, 1, 1), float32; ``std`` is not negative. The paper's models have them at relu4_1.
        model: name of the encoder they were measured with. Another encoder's channels mean other things.
    """

    mean: Mapping[str, torch.Tensor]
    std: Mapping[str, torch.Tensor]
    model: str = ""

    @classmethod
    def of(cls, features: torch.Tensor | Mapping[str, torch.Tensor], model: str = "") -> Statistics:
        """The statistics of features (B, C, H, W), by layer, measured in float32 whatever the features' precision.

        A tensor stands for ``{"relu4_1": tensor}``.
        """
        if isinstance(features, torch.Tensor):
            features = {"relu4_1": features}
        pairs = {layer: _mean_std(f.float()) for layer, f in features.items()}
        return cls({n: mean for n, (mean, _) in pairs.items()}, {n: std for n, (_, std) in pairs.items()}, model)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers they were measured at."""
        return tuple(self.mean)

    @property
    def numbers(self) -> int:
        """How many numbers a style is: two per channel."""
        return 2 * sum(mean.shape[1] for mean in self.mean.values())

    def to(self, device: torch.device | str) -> Statistics:
        """The same statistics on another device."""
        mean, std = ({n: values.to(device) for n, values in part.items()} for part in (self.mean, self.std))
        return Statistics(mean, std, self.model)

    def save(self, path: str | os.PathLike) -> Path:
        """Write a safetensors file of a few kilobytes, whole or not at all."""
        parts = {"mean": self.mean, "std": self.std}
        tensors = {f"{layer}.{name}": v.cpu().contiguous() for name, part in parts.items() for layer, v in part.items()}
        write_tensors(path, tensors, {"model": self.model})
        return Path(path)

    @classmethod
    def load(cls, path: str | os.PathLike) -> Statistics:
        """Read what :meth:`save` wrote; files of adain_lab 0.1, which knew one layer, too.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not a file of statistics, or one of them is not finite or a negative deviation.
        """
        from safetensors import SafetensorError, safe_open

        if not Path(path).is_file():
            raise MissingFileError(f"{path} does not exist")
        try:
            with safe_open(path, framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
                model = (file.metadata() or {}).get("model", "")
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path} does not hold the statistics of a style: {error}") from error
        if tensors.keys() == {"mean", "std"}:
            tensors = {f"relu4_1.{name}": values for name, values in tensors.items()}
        layers = [name.removesuffix(".mean") for name in tensors if name.endswith(".mean")]
        if not layers or tensors.keys() != {f"{layer}.{part}" for layer in layers for part in ("mean", "std")}:
            raise InputError(
                f"{path} does not hold the statistics of a style: its names are {', '.join(tensors) or 'none'}"
            )
        made = cls({n: tensors[f"{n}.mean"] for n in layers}, {n: tensors[f"{n}.std"] for n in layers}, model)
        for layer in layers:
            mean, std = made.mean[layer], made.std[layer]
            if mean.ndim != 4 or mean.shape[2:] != (1, 1) or mean.shape != std.shape:
                raise InputError(
                    f"{path} does not hold the statistics of a style: {layer} has shape {tuple(mean.shape)}"
                )
        made.check(str(path))
        return made

    def check(self, where: str) -> None:
        """Refuse numbers that no style has.

        Args:
            where: what holds them, for the message.

        Raises:
            ValueError: a number is not finite, or a deviation is negative.
        """
        parts = (*self.mean.values(), *self.std.values())
        if not (all(torch.isfinite(p).all() for p in parts) and all((std >= 0).all() for std in self.std.values())):
            raise InputError(f"{where} holds statistics that are not finite, or deviations that are negative")

    def check_for(self, model: str, channels: Mapping[str, int]) -> None:
        """Refuse what ``model`` cannot paint with, wherever the statistics come from.

        Args:
            model: its name.
            channels: by layer, how many it restyles.

        Raises:
            ValueError: they were measured with another model, at other layers, or have another number of channels; and
                as :meth:`check`.
        """
        if self.model != model:
            raise InputError(
                f"these statistics were measured with {self.model!r}, not with {model!r}: encode the style again"
            )
        if not set(self.mean) == set(self.std) == set(channels):
            raise InputError(
                f"these statistics were measured at {', '.join(self.layers)}, and {model!r} restyles "
                f"{', '.join(channels)}: encode the style again"
            )
        for layer, count in channels.items():
            for part in (self.mean[layer], self.std[layer]):
                if part.ndim != 4 or part.shape[1:] != (count, 1, 1):
                    raise InputError(
                        f"these statistics have shape {tuple(part.shape)} at {layer}, and {model!r} has {count} channels "
                        "there: encode the style again"
                    )
        self.check("the style")


def _mean_std(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """:func:`~adain_lab.functional.channel_mean_std`, five times as fast where channels lie last in memory.

    There, two sums over rows are quick and PyTorch's ``var_mean`` is not. The variance is a difference of two numbers,
    which is exact enough unless it is much smaller than both: then the slow way is gone.
    """
    if not features.is_contiguous(memory_format=torch.channels_last):
        return channel_mean_std(features)
    rows = features.permute(0, 2, 3, 1).flatten(1, 2)  # (B, H*W, C), without a copy
    mean = rows.sum(1) / rows.shape[1]
    squares = torch.linalg.vector_norm(rows, dim=1).square() / rows.shape[1]
    variance = squares - mean.square()
    if bool((variance < 2e-3 * squares).any()):
        return channel_mean_std(features)
    return mean[..., None, None], (variance + EPS).sqrt()[..., None, None]


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
    largest = max(weights)
    if largest == 0:
        raise InputError("weights must not all be zero")
    weights = [w / largest for w in weights] if math.isinf(sum(weights)) else weights  # else the same numbers as ever
    total = sum(weights)
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
    layers = styles[0].layers
    if any(style.layers != layers for style in styles):
        raise InputError("styles measured at different layers cannot be mixed: encode them with one model")

    def weighted(parts: list[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        return {n: total(share * part[n] for share, part in zip(shares, parts, strict=True)) for n in layers}

    return Statistics(weighted([s.mean for s in styles]), weighted([s.std for s in styles]), styles[0].model)
