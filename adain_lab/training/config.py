"""What a training run is made of: the paper's recipe (Sec. 6.2) and its variations, and the learning rate over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields

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

    iterations: int = field(default=160_000, metadata={"help": "steps in all", "metavar": "N"})
    batch_size: int = field(
        default=8, metadata={"help": "pairs of content and style per step and process", "metavar": "N"}
    )
    size: int = field(
        default=512,
        metadata={"help": "shorter side that pictures are scaled to before cropping; 0 leaves them", "metavar": "PX"},
    )
    crop: int = field(default=256, metadata={"help": "side of the random square crops", "metavar": "PX"})
    content_weight: float = field(default=1.0, metadata={"help": "weight of the content loss (Eq. 12)", "metavar": "W"})
    style_weight: float = field(default=10.0, metadata={"help": "lambda of Eq. 11", "metavar": "W"})
    learning_rate: float = field(default=1e-4, metadata={"help": "Adam's", "metavar": "LR"})
    schedule: str = field(
        default="inverse", metadata={"help": "how the learning rate falls", "choices": ("inverse", "cosine")}
    )
    decay: float = field(
        default=5e-5, metadata={"help": "of the inverse schedule: LR / (1 + D * iteration)", "metavar": "D"}
    )
    warmup: int = field(default=0, metadata={"help": "steps over which the learning rate rises from 0", "metavar": "N"})
    autoencoder_iterations: int = field(
        default=0,
        metadata={
            "help": "first steps without style: without them a decoder that starts from random weights may stay grey",
            "metavar": "N",
        },
    )
    tv_weight: float = field(
        default=0.0, metadata={"help": "weight of the total variation, against noise", "metavar": "W"}
    )
    range_weight: float = field(
        default=0.0, metadata={"help": "weight of a penalty on values outside [0, 1]", "metavar": "W"}
    )
    identity: float = field(
        default=0.0,
        metadata={"help": "share of pairs whose style is their own content, 0 to 1: cleaner edges", "metavar": "SHARE"},
    )
    pixel_weight: float = field(default=5.0, metadata={"help": "weight of those pairs' L1 distance", "metavar": "W"})
    ema: float = field(
        default=0.0,
        metadata={
            "help": "keep a running average of the weights, 0.999 for instance; 0 keeps the last",
            "metavar": "DECAY",
        },
    )
    seed: int = field(default=0, metadata={"help": "of the first weights and of the crops", "metavar": "N"})
    augment: bool = field(
        default=False, metadata={"help": "vary the colours and the scale of the styles: more styles out of few"}
    )

    def __post_init__(self) -> None:
        for name in ("iterations", "batch_size", "crop"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, (int, float)) and not (math.isfinite(value) and value >= 0):
                raise InputError(f"{setting.name} must be a finite number >= 0, got {value}")
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
