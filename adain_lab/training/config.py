"""What a training run is made of: the paper's recipe (Sec. 6.2) and its variations, and the learning rate over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

from adain_lab.errors import InputError

__all__ = ["SCHEDULES", "TrainingConfig", "learning_rate"]


@dataclass(frozen=True)
class TrainingConfig:
    """What a training run is made of. The defaults are the paper's recipe (Sec. 6.2); the style weight, the learning
    rate and its decay, and the number of iterations, which the paper does not print, are those of public code.

    Attributes:
        iterations: steps in all, counted from 0 also after a resume.
        batch_size: pairs of content and style per step.
        size: shorter side to which pictures are resized before cropping, pixels; 0 leaves them as they are.
        crop: side of the random square crop, pixels.
        content_weight, style_weight: the 1 and lambda of Eq. 11.
        tv_weight, range_weight: total variation and out-of-range penalties, 0 in the paper.
        identity: share of pairs whose style is their own content, 0 in the paper. Their picture must come
            back unchanged, so the L1 distance of the pixels is added for them: edges get cleaner.
        pixel_weight: of that distance, there and in the autoencoder iterations.
        autoencoder_iterations: first steps in which the decoder learns to invert the encoder, without
            style; 0 in the paper. Without them a decoder started from random weights may stay grey.
        learning_rate: Adam's.
        schedule: "inverse" (the authors': lr / (1 + decay·i)) or "cosine" (to 1 % at the end).
        decay: of the inverse schedule.
        warmup: steps over which the learning rate rises from 0.
        ema: decay of the running average of the weights, which is what is kept; 0 keeps the last weights.
        augment: vary colours of the style crops (permuted channels, inverted, contrast): more styles out of few.
        seed: of the batches.
    """

    iterations: int = 160_000
    batch_size: int = 8
    size: int = 512
    crop: int = 256
    content_weight: float = 1.0
    style_weight: float = 10.0
    tv_weight: float = 0.0
    range_weight: float = 0.0
    identity: float = 0.0
    pixel_weight: float = 5.0
    autoencoder_iterations: int = 0
    learning_rate: float = 1e-4
    schedule: str = "inverse"
    decay: float = 5e-5
    warmup: int = 0
    ema: float = 0.0
    augment: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("iterations", "batch_size", "crop"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float)) and not (math.isfinite(value) and value >= 0):
                raise InputError(f"{field.name} must be a finite number >= 0, got {value}")
        if self.identity > 1 or self.ema >= 1:
            raise InputError(f"identity must be at most 1 and ema below 1, got {self.identity} and {self.ema}")
        if self.schedule not in SCHEDULES:
            raise InputError(f"unknown schedule {self.schedule!r}: choose from {', '.join(SCHEDULES)}")


def _inverse(config: TrainingConfig, i: int) -> float:
    return 1 / (1 + config.decay * i)


def _cosine(config: TrainingConfig, i: int) -> float:
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, i / config.iterations)))


SCHEDULES: dict[str, Callable[[TrainingConfig, int], float]] = {"inverse": _inverse, "cosine": _cosine}


def learning_rate(config: TrainingConfig, iteration: int) -> float:
    """The learning rate at ``iteration``."""
    warmup = min(1.0, (iteration + 1) / config.warmup) if config.warmup else 1.0
    return config.learning_rate * warmup * SCHEDULES[config.schedule](config, iteration)
