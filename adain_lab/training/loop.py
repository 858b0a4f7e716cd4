"""Training the decoder (Sec. 6.2): an iterator of steps that can stop and resume anywhere.

The loop owns no display, no file names but its checkpoint's, and no global state: batch number i is
drawn from a generator seeded with (seed, i), so a run that is stopped and resumed sees the very pictures an
unbroken one would, and several processes (see :mod:`adain_lab.training.distributed`) share the batches of one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adain_lab.devices import choose_training_precision, in_precision
from adain_lab.errors import InputError
from adain_lab.losses import layer_scales
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.training import distributed
from adain_lab.training.checkpoints import load_checkpoint, save_checkpoint, weights_digest
from adain_lab.training.config import TrainingConfig, learning_rate
from adain_lab.training.datasets import Pictures, batches
from adain_lab.training.objective import Objective, training_loss
from adain_lab.training.state import TrainingState, read_state

__all__ = [
    "LoopOptions",
    "TrainingConfig",
    "TrainingStep",
    "learning_rate",
    "load_checkpoint",
    "save_checkpoint",
    "train_decoder",
    "training_loss",
]


@dataclass(frozen=True)
class TrainingStep:
    """One step, for whoever watches: ``losses`` are plain floats by name, of all processes together.

    ``decoder`` is the live network, ``average`` the one of averaged weights where ``config.ema`` > 0,
    ``images`` are this process's pictures g(t), (B, 3, H, W).
    """

    iteration: int
    iterations: int
    losses: dict[str, float]
    learning_rate: float
    decoder: nn.Module
    images: torch.Tensor
    average: nn.Module | None = None


@dataclass(frozen=True)
class LoopOptions:
    """How a run is carried out, as far as it is no matter of its recipe.

    Attributes:
        judge: network of the style loss; None for the encoder itself.
        style_layers: layers of the style loss.
        normalize_layers: divide every layer by its mean activation, measured on the first batches. Not needed
            for an encoder whose weights are normalised, such as the paper's.
        checkpoint: a file written every ``checkpoint_every`` steps and at the end. When it exists the run
            goes on from it, and takes the same steps as if it had never stopped.
        workers: processes that read contents, and as many that read styles; 0 reads in this one.
        device: where to train.
        precision: "float32", or "bfloat16" for the networks' passes alone (AdaIN, losses and weights stay in float32),
            or "auto".
        origin: plain values to keep in the checkpoint: what the run is made of (see
            :mod:`~adain_lab.training.checkpoints`).
        stop: asked after every step; when it says yes on any process the checkpoint is written and that step is the
            last.
    """

    judge: nn.Module | None = None
    style_layers: Sequence[str] = STYLE_LAYERS
    normalize_layers: bool = False
    checkpoint: str | os.PathLike | None = None
    checkpoint_every: int = 500
    workers: int = 0
    device: str | torch.device = "cpu"
    precision: str = "float32"
    origin: Mapping[str, Any] | None = None
    stop: Callable[[], bool] | None = None

    def saves_at(self, state: TrainingState, stopped: bool) -> bool:
        """Whether this process writes a checkpoint now."""
        due = stopped or state.iteration % self.checkpoint_every == 0 or state.finished
        return bool(self.checkpoint) and distributed.is_first() and due


def train_decoder(
    encoder: nn.Module,
    decoder: nn.Module,
    contents: Pictures,
    styles: Pictures,
    config: TrainingConfig | None = None,
    **options: Any,
) -> Iterator[TrainingStep]:
    """Train ``decoder`` in place, yielding after every step.

    Args:
        encoder: f; it is frozen here.
        decoder: g; its weights are changed while you iterate. At the end it holds the averaged weights if
            ``config.ema`` > 0.
        contents, styles: datasets of pictures (see :class:`~adain_lab.training.datasets.Pictures`).
        config: see :class:`~adain_lab.training.config.TrainingConfig`; the paper's recipe when None. Of several
            processes each takes an equal share of ``config.batch_size``.
        options: fields of :class:`LoopOptions`, by name.

    Yields:
        A :class:`TrainingStep` per iteration. Stop whenever you like.

    Raises:
        ValueError: the checkpoint is damaged or another run's, or the loss is not finite.
    """
    config, how = config or TrainingConfig(), LoopOptions(**options)
    device = torch.device(how.device)
    encoder.to(device).eval().requires_grad_(False)
    decoder.to(device)
    precision = choose_training_precision(device, how.precision)
    origin = {**(how.origin or {}), "encoder_sha256": weights_digest(encoder)}
    # On the first process: the others may be on machines without the file.
    saved = distributed.share(lambda: _begin(encoder, decoder, styles, config, how, origin))
    state = TrainingState(decoder, config, saved)
    if "decoder" in saved:
        state.settle()  # of a run that is over, of which nothing is left to do
    distributed.share_weights(decoder)
    objective = Objective(
        in_precision(encoder, device, precision),
        in_precision(decoder, device, precision),
        None if how.judge is None else in_precision(how.judge, device, precision),
        how.style_layers,
        state.content_scale,
        state.style_scales,
    )
    for content, style in _pairs_of_batches(contents, styles, config, state.iteration, how.workers):
        step = take_step(state, objective, content.to(device), style.to(device))
        stopped = how.stop is not None and distributed.any_of(how.stop())
        if how.checkpoint and how.saves_at(state, stopped):
            entries = state.entries(origin=origin, losses=step.losses, learning_rate=step.learning_rate)
            save_checkpoint(how.checkpoint, entries)
        state.settle()
        yield step
        if stopped:
            return


def take_step(state: TrainingState, objective: Objective, content: torch.Tensor, style: torch.Tensor) -> TrainingStep:
    """One step of Adam on this process's share of a batch, (B, 3, H, W) each in [0, 1].

    Raises:
        ValueError: the loss is not finite; nothing of the step reaches the weights.
    """
    config, rate = state.config, state.begin_step()
    if state.iteration < config.autoencoder_iterations:
        losses, images = objective.autoencoder(content)
    else:
        pairs = _identity_pairs(config, state.iteration)
        same = pairs[distributed.rank() :: distributed.world()].to(content.device)
        losses, images = objective.transfer(content, style, same, pixel=bool(pairs.any()))
    losses |= objective.penalties(images)
    total = sum(getattr(config, f"{name}_weight") * loss for name, loss in losses.items())
    values = _means(losses | {"total": total})
    if not math.isfinite(values["total"]):
        raise InputError(
            f"the loss is not finite at iteration {state.iteration}: try a lower learning rate than "
            f"{config.learning_rate}"
        )
    state.optimizer.zero_grad(set_to_none=True)
    total.backward()
    distributed.average_gradients(state.decoder.parameters())
    state.end_step()
    return TrainingStep(state.iteration, config.iterations, values, rate, state.decoder, images.detach(), state.average)


def _begin(
    encoder: nn.Module,
    decoder: nn.Module,
    styles: Pictures,
    config: TrainingConfig,
    how: LoopOptions,
    origin: Mapping[str, Any],
) -> dict[str, Any]:
    """The checkpoint's entries where there is one, else the scales of a new run."""
    if how.checkpoint and Path(how.checkpoint).exists():
        return read_state(Path(how.checkpoint), decoder, config, origin)
    if not how.normalize_layers:
        return {}
    first = batches(styles, config.batch_size, 4, config.crop, config.size, config.seed + 2)
    sample = torch.cat([batch.to(how.device) for batch in first])
    scale = layer_scales(encoder, sample, ("relu4_1",))["relu4_1"]
    return {"content_scale": scale, "style_scales": layer_scales(how.judge or encoder, sample, how.style_layers)}


def _means(losses: Mapping[str, torch.Tensor]) -> dict[str, float]:
    """The losses as numbers: means over all processes."""
    means = distributed.average(torch.stack([*losses.values()]).detach()).tolist()
    return dict(zip(losses, means, strict=True))


def _identity_pairs(config: TrainingConfig, iteration: int) -> torch.Tensor:
    """Which pairs of this batch take their own content as style, (B,) bool; the same at every run."""
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + iteration)
    return torch.rand(config.batch_size, generator=generator) < config.identity


def _pairs_of_batches(
    contents: Pictures, styles: Pictures, config: TrainingConfig, start: int, workers: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """This process's share of the batches that are left after ``start`` steps."""

    def share(pictures: Pictures, seed: int, augment: bool = False) -> Iterator[torch.Tensor]:
        return batches(
            pictures,
            config.batch_size,
            config.iterations,
            config.crop,
            config.size,
            seed,
            start=start,
            workers=workers,
            augment=augment,
            part=distributed.rank(),
            parts=distributed.world(),
        )

    return zip(share(contents, config.seed), share(styles, config.seed + 1, config.augment), strict=True)
