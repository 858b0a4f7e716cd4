"""What changes from step to step of a run, in one object: to save, and to go on from."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adain_lab.errors import InputError
from adain_lab.training.checkpoints import load_checkpoint
from adain_lab.training.config import TrainingConfig, learning_rate
from adain_lab.weights.registry import check_shapes

__all__ = ["TrainingState", "read_state"]


class TrainingState:
    """A decoder on its way.

    Attributes:
        config: of the run.
        decoder: the live network.
        average: the one of averaged weights where ``config.ema`` > 0.
        iteration: steps done.
        content_scale, style_scales: mean activations that features are divided by, measured once at the start.

    Args:
        decoder: g, on its device.
        config: of the run.
        saved: the entries of a checkpoint to go on from, or no more than the scales of a new run.
    """

    def __init__(self, decoder: nn.Module, config: TrainingConfig, saved: Mapping[str, Any]):
        self.config, self.decoder = config, decoder.train()
        self.optimizer = torch.optim.Adam(decoder.parameters(), lr=config.learning_rate)
        self.average = copy.deepcopy(decoder).requires_grad_(False) if config.ema else None
        self.iteration: int = saved.get("iteration", 0)
        self.content_scale: float = saved.get("content_scale", 1.0)
        self.style_scales: dict[str, float] | None = saved.get("style_scales")
        if "decoder" in saved:
            decoder.load_state_dict(saved["decoder"])
            self.optimizer.load_state_dict(saved["optimizer"])
            if self.average is not None:
                self.average.load_state_dict(saved["average"])

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return self.iteration >= self.config.iterations

    def begin_step(self) -> float:
        """Set the learning rate of the step to come, and say it."""
        rate = learning_rate(self.config, self.iteration)
        self.optimizer.param_groups[0]["lr"] = rate
        return rate

    def end_step(self) -> None:
        """Move the weights along their gradients, which are clipped, and count the step."""
        nn.utils.clip_grad_norm_(self.decoder.parameters(), 2.0)
        self.optimizer.step()
        if self.average is not None:
            _update_average(self.average, self.decoder, self.config.ema, self.iteration)
        self.iteration += 1

    def settle(self) -> None:
        """At the end of the run give the decoder the weights that are kept: the averaged ones where there are any."""
        if self.finished and self.average is not None:
            self.decoder.load_state_dict(self.average.state_dict())

    def entries(self, **more: Any) -> dict[str, Any]:
        """What a checkpoint keeps, with ``more``."""
        return more | {
            "iteration": self.iteration,
            "config": asdict(self.config),
            "decoder": self.decoder.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "content_scale": self.content_scale,
            "style_scales": self.style_scales,
        }


def read_state(path: Path, decoder: nn.Module, config: TrainingConfig, origin: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a checkpoint that this run may go on from.

    Args:
        path: the checkpoint.
        decoder: the network that its weights must fit.
        config: of the run.
        origin: what the run is made of; the encoder must be the same.

    Raises:
        ValueError: it is damaged, or another run's.
    """
    saved = load_checkpoint(path, config)
    for part in _networks(config):
        check_shapes(saved[part], decoder.state_dict(), str(path))
    if (saved.get("origin") or origin).get("encoder_sha256") != origin["encoder_sha256"]:
        raise InputError(f"{path} belongs to a run with another encoder: use the same one or another folder")
    return saved


def _networks(config: TrainingConfig) -> Sequence[str]:
    return ("decoder", "average") if config.ema else ("decoder",)


@torch.no_grad()
def _update_average(average: nn.Module, decoder: nn.Module, decay: float, iteration: int) -> None:
    decay = min(decay, (1 + iteration) / (10 + iteration))  # follow closely while there is little to average
    for kept, new in zip(average.parameters(), decoder.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
