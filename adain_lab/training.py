"""Training the decoder (Sec. 6.2): an iterator of steps that can stop and resume anywhere.

The loop owns no display, no file names but its checkpoint's, and no global
state: batch number i is drawn from a generator seeded with (seed, i), so a run
that is stopped and resumed sees the very pictures an unbroken one would.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab import data
from adain_lab.encoder import STYLE_LAYERS
from adain_lab.functional import adain, total_variation
from adain_lab.losses import content_loss, layer_scales, range_penalty, scale_features, statistics_style_loss
from adain_lab.training_config import TrainingConfig, learning_rate

__all__ = ["TrainingConfig", "TrainingStep", "learning_rate", "load_checkpoint", "save_checkpoint", "train_decoder", "training_loss"]


@dataclass(frozen=True)
class TrainingStep:
    """One step, for whoever watches: ``losses`` are plain floats by name, ``decoder`` is the live network."""

    iteration: int
    iterations: int
    losses: dict[str, float]
    learning_rate: float
    decoder: nn.Module
    images: torch.Tensor


def training_loss(
    encoder: nn.Module,
    decoder: nn.Module,
    content: torch.Tensor,
    style: torch.Tensor,
    *,
    judge: Callable[..., dict[str, torch.Tensor]] | None = None,
    style_layers: Sequence[str] = STYLE_LAYERS,
    content_scale: float = 1.0,
    style_scales: dict[str, float] | None = None,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The terms of Eq. 11 for one batch: encode, AdaIN (Eq. 9), decode (Eq. 10), compare (Eq. 12 and 13).

    Args:
        encoder: f; its weights get no gradient if they do not ask for one, the pictures do.
        decoder: g.
        content, style: (B, 3, H, W) in [0, 1].
        judge: network of the style loss; the encoder itself when None, as in the paper.
        style_layers: layers of the style loss.
        content_scale, style_scales: mean activations to divide features by (see :func:`~adain_lab.losses.layer_scales`);
            1 where the encoder is normalised already.

    Returns:
        ``{"content": L_c, "style": L_s}`` as scalars, and the picture g(t), (B, 3, H, W).
    """
    style_scales = style_scales or dict.fromkeys(style_layers, 1.0)
    with torch.no_grad():  # nothing to learn before the decoder
        content_features = encoder(content, ("relu4_1",))["relu4_1"]
        if judge is None:
            style_features = encoder(style, (*style_layers, "relu4_1"))
            style_at_4 = style_features["relu4_1"]
            style_features = {layer: style_features[layer] for layer in style_layers}
        else:
            style_at_4 = encoder(style, ("relu4_1",))["relu4_1"]
            style_features = judge(style, style_layers)
        target_features = adain(content_features, style_at_4)  # t
    images = decoder(target_features)  # g(t)
    images = images[..., : content.shape[2], : content.shape[3]]
    if judge is None:
        features = encoder(images, (*style_layers, "relu4_1"))
        judged = {layer: features[layer] for layer in style_layers}
    else:
        features = encoder(images, ("relu4_1",))
        judged = judge(images, style_layers)
    losses = {
        "content": content_loss(features["relu4_1"] / content_scale, target_features / content_scale),
        "style": statistics_style_loss(scale_features(judged, style_scales), scale_features(style_features, style_scales)),
    }
    return losses, images


def train_decoder(
    encoder: nn.Module,
    decoder: nn.Module,
    contents: data.Pictures,
    styles: data.Pictures,
    config: TrainingConfig | None = None,
    *,
    judge: Callable[..., dict[str, torch.Tensor]] | None = None,
    style_layers: Sequence[str] = STYLE_LAYERS,
    normalize_layers: bool = False,
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: int = 500,
    workers: int = 0,
    device: str | torch.device = "cpu",
) -> Iterator[TrainingStep]:
    """Train ``decoder`` in place, yielding after every step.

    Args:
        encoder: f; it is frozen here.
        decoder: g; its weights are changed while you iterate. At the end it holds the averaged weights if ``config.ema`` > 0.
        contents, styles: pools of pictures (see :class:`~adain_lab.data.Pictures`).
        config: see :class:`~adain_lab.training_config.TrainingConfig`; the paper's recipe when None.
        judge: network of the style loss; None for the encoder itself.
        style_layers: layers of the style loss.
        normalize_layers: divide every layer by its mean activation, measured on the first batches. Not needed
            for an encoder whose weights are normalised, such as the paper's.
        checkpoint: a file written every ``checkpoint_every`` steps and at the end. When it exists the run
            goes on from it, and takes the same steps as if it had never stopped.
        workers: processes that read pictures; 0 reads in this one.
        device: where to train.

    Yields:
        A :class:`TrainingStep` per iteration. Stop whenever you like.

    Raises:
        ValueError: the checkpoint belongs to another configuration, or the loss is not finite.
    """
    config = config or TrainingConfig()
    device = torch.device(device)
    encoder.to(device).eval().requires_grad_(False)
    decoder.to(device).train()
    optimizer = torch.optim.Adam(decoder.parameters(), lr=config.learning_rate)
    average = copy.deepcopy(decoder).requires_grad_(False) if config.ema else None
    content_scale, style_scales, start = 1.0, None, 0
    if checkpoint and Path(checkpoint).exists():
        state = load_checkpoint(checkpoint, config)
        decoder.load_state_dict(state["decoder"])
        optimizer.load_state_dict(state["optimizer"])
        if average is not None:
            average.load_state_dict(state["average"])
        content_scale, style_scales, start = state["content_scale"], state["style_scales"], state["iteration"]
    elif normalize_layers:
        sample = torch.cat([b.to(device) for b in _first_batches(styles, config, 4)])
        content_scale = layer_scales(encoder, sample, ("relu4_1",))["relu4_1"]
        style_scales = layer_scales(judge or encoder, sample, style_layers)

    def state_now(iteration: int) -> dict:
        return {
            "iteration": iteration,
            "config": asdict(config),
            "decoder": decoder.state_dict(),
            "optimizer": optimizer.state_dict(),
            "average": average.state_dict() if average is not None else None,
            "content_scale": content_scale,
            "style_scales": style_scales,
        }

    batches = zip(
        data.batches(contents, config.batch_size, config.iterations, config.crop, config.size, config.seed, start=start, workers=workers),
        data.batches(
            styles,
            config.batch_size,
            config.iterations,
            config.crop,
            config.size,
            config.seed + 1,
            augment=config.augment,
            start=start,
            workers=workers,
        ),
        strict=True,
    )
    for iteration, (content, style) in enumerate(batches, start):
        content, style = content.to(device), style.to(device)
        same = _identity_pairs(len(content), config, iteration).to(device)
        style = torch.where(same.view(-1, 1, 1, 1), content, style)
        lr = learning_rate(config, iteration)
        for group in optimizer.param_groups:
            group["lr"] = lr
        if iteration < config.autoencoder_iterations:
            losses, images = _autoencoder_loss(encoder, decoder, content, content_scale)
        else:
            losses, images = training_loss(
                encoder,
                decoder,
                content,
                style,
                judge=judge,
                style_layers=style_layers,
                content_scale=content_scale,
                style_scales=style_scales,
            )
            if same.any():
                losses["pixel"] = F.l1_loss(images[same], content[same]) * same.float().mean()
        losses["range"], losses["tv"] = range_penalty(images), total_variation(images)
        weights = {
            "content": config.content_weight,
            "style": config.style_weight,
            "pixel": config.pixel_weight,
            "range": config.range_weight,
            "tv": config.tv_weight,
        }
        total = sum(weights[name] * loss for name, loss in losses.items())
        if not torch.isfinite(total):
            raise ValueError(f"the loss is not finite at iteration {iteration}: try a lower learning rate than {config.learning_rate}")
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(decoder.parameters(), 2.0)
        optimizer.step()
        if average is not None:
            _update_average(average, decoder, config.ema, iteration)
        done = iteration + 1
        if checkpoint and (done % checkpoint_every == 0 or done == config.iterations):
            save_checkpoint(checkpoint, state_now(done))
        if done == config.iterations and average is not None:
            decoder.load_state_dict(average.state_dict())
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        yield TrainingStep(done, config.iterations, values | {"total": float(total.detach())}, lr, decoder, images.detach())


def save_checkpoint(path: str | os.PathLike, state: dict) -> None:
    """Write ``state`` whole or not at all: a run killed here leaves the checkpoint before."""
    path = Path(path)
    temporary = path.with_name(path.name + ".partial")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path: str | os.PathLike, config: TrainingConfig | None = None) -> dict:
    """A checkpoint's state; with ``config``, refused when it was written by a run of another configuration."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    if config is not None and state["config"] != asdict(config):
        different = [name for name, value in asdict(config).items() if state["config"].get(name) != value]
        raise ValueError(f"{path} belongs to a run with another {', '.join(different)}: use the same settings or another folder")
    return state


def _autoencoder_loss(encoder, decoder, content, content_scale):
    with torch.no_grad():
        target_features = encoder(content, ("relu4_1",))["relu4_1"]
    images = decoder(target_features)[..., : content.shape[2], : content.shape[3]]
    features = encoder(images, ("relu4_1",))["relu4_1"]
    return {"content": content_loss(features / content_scale, target_features / content_scale), "pixel": F.l1_loss(images, content)}, images


def _identity_pairs(batch_size: int, config: TrainingConfig, iteration: int) -> torch.Tensor:
    """Which pairs of this batch take their own content as style, (B,) bool; the same at every run."""
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + iteration)
    return torch.rand(batch_size, generator=generator) < config.identity


@torch.no_grad()
def _update_average(average: nn.Module, decoder: nn.Module, decay: float, iteration: int) -> None:
    decay = min(decay, (1 + iteration) / (10 + iteration))  # follow closely while there is little to average
    for kept, new in zip(average.parameters(), decoder.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)


def _first_batches(pictures: data.Pictures, config: TrainingConfig, count: int) -> Iterator[torch.Tensor]:
    return data.batches(pictures, config.batch_size, count, config.crop, config.size, config.seed + 2)
