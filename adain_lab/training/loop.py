"""Training the decoder (Sec. 6.2): an iterator of steps that can stop and resume anywhere.

The loop owns no display, no file names but its checkpoint's, and no global state: batch number i is
drawn from a generator seeded with (seed, i), so a run that is stopped and resumed sees the very pictures an
unbroken one would, and several processes (see :mod:`adain_lab.training.distributed`) share the batches of one.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.devices import choose_training_precision, in_precision
from adain_lab.errors import InputError
from adain_lab.functional import adain, total_variation
from adain_lab.losses import content_loss, layer_scales, range_penalty, scale_features, statistics_style_loss
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.training import distributed
from adain_lab.training.checkpoints import load_checkpoint, save_checkpoint, weights_digest
from adain_lab.training.config import TrainingConfig, learning_rate
from adain_lab.training.pools import Pictures, batches
from adain_lab.weights.registry import check_shapes

__all__ = [
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
        decoder: g; where it has several levels, AdaIN is applied at each.
        content, style: (B, 3, H, W) in [0, 1].
        judge: network of the style loss; the encoder itself when None, as in the paper.
        style_layers: layers of the style loss.
        content_scale, style_scales: mean activations to divide features by (see
            :func:`~adain_lab.losses.layer_scales`); 1 where the encoder is normalised already.

    Returns:
        ``{"content": L_c, "style": L_s}`` as scalars, and the picture g(t), (B, 3, H, W).
    """
    style_scales = style_scales or dict.fromkeys(style_layers, 1.0)
    levels = levels_of(decoder)
    with torch.no_grad():  # nothing to learn before the decoder
        content_features = encoder(content, levels)
        if judge is None:
            seen = encoder(style, tuple(dict.fromkeys((*style_layers, *levels))))
            style_features = {layer: seen[layer] for layer in style_layers}
        else:
            seen, style_features = encoder(style, levels), judge(style, style_layers)
        target_features = {level: adain(content_features[level], seen[level]) for level in levels}  # t
    images = decode_levels(decoder, target_features)  # g(t)
    images = images[..., : content.shape[2], : content.shape[3]]
    if judge is None:
        features = encoder(images, tuple(dict.fromkeys((*style_layers, "relu4_1"))))
        judged = {layer: features[layer] for layer in style_layers}
    else:
        features = encoder(images, ("relu4_1",))
        judged = judge(images, style_layers)
    losses = {
        "content": content_loss(features["relu4_1"] / content_scale, target_features["relu4_1"] / content_scale),
        "style": statistics_style_loss(
            scale_features(judged, style_scales), scale_features(style_features, style_scales)
        ),
    }
    return losses, images


def levels_of(decoder: nn.Module) -> tuple[str, ...]:
    """The layers whose features a decoder takes: relu4_1 for one that does not say."""
    return tuple(getattr(decoder, "levels", ("relu4_1",)))


def decode_levels(decoder: nn.Module, features: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """g(t). A decoder of one level, such as a student's own, is given relu4_1 as a tensor."""
    return decoder(features if len(features) > 1 else features["relu4_1"])


def train_decoder(
    encoder: nn.Module,
    decoder: nn.Module,
    contents: Pictures,
    styles: Pictures,
    config: TrainingConfig | None = None,
    *,
    judge: Callable[..., dict[str, torch.Tensor]] | None = None,
    style_layers: Sequence[str] = STYLE_LAYERS,
    normalize_layers: bool = False,
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: int = 500,
    workers: int = 0,
    device: str | torch.device = "cpu",
    precision: str = "float32",
    origin: Mapping[str, Any] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[TrainingStep]:
    """Train ``decoder`` in place, yielding after every step.

    Args:
        encoder: f; it is frozen here.
        decoder: g; its weights are changed while you iterate. At the end it holds the averaged weights if
            ``config.ema`` > 0.
        contents, styles: pools of pictures (see :class:`~adain_lab.training.pools.Pictures`).
        config: see :class:`~adain_lab.training.config.TrainingConfig`; the paper's recipe when None. Of several
            processes each takes an equal share of ``config.batch_size``.
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

    Yields:
        A :class:`TrainingStep` per iteration. Stop whenever you like.

    Raises:
        ValueError: the checkpoint is damaged or another run's, or the loss is not finite.
    """
    config, device = config or TrainingConfig(), torch.device(device)
    encoder.to(device).eval().requires_grad_(False)
    optimizer = torch.optim.Adam(decoder.to(device).train().parameters(), lr=config.learning_rate)
    average = copy.deepcopy(decoder).requires_grad_(False) if config.ema else None
    precision = choose_training_precision(device, precision)
    origin = {**(origin or {}), "encoder_sha256": weights_digest(encoder)}

    def begin() -> dict[str, Any]:  # on the first process: the others may be on machines without the file
        if checkpoint and Path(checkpoint).exists():
            state = load_checkpoint(checkpoint, config)
            for part in ("decoder", "average") if config.ema else ("decoder",):
                check_shapes(state[part], decoder.state_dict(), str(checkpoint))
            if (state.get("origin") or origin).get("encoder_sha256") != origin["encoder_sha256"]:
                raise InputError(
                    f"{checkpoint} belongs to a run with another encoder: use the same one or another folder"
                )
            return state
        if not normalize_layers:
            return {}
        sample = torch.cat([b.to(device) for b in _first_batches(styles, config, 4)])
        scale = layer_scales(encoder, sample, ("relu4_1",))["relu4_1"]
        return {"content_scale": scale, "style_scales": layer_scales(judge or encoder, sample, style_layers)}

    state = distributed.share(begin)
    content_scale, style_scales, start = (
        state.get("content_scale", 1.0),
        state.get("style_scales"),
        state.get("iteration", 0),
    )
    if "decoder" in state:
        decoder.load_state_dict(state["decoder"])
        optimizer.load_state_dict(state["optimizer"])
        if average:
            average.load_state_dict(state["average"])
            if start == config.iterations:  # nothing is left to do
                decoder.load_state_dict(state["average"])
    distributed.share_weights(decoder)
    fast_encoder, fast_decoder, fast_judge = (
        n and in_precision(n, device, precision) for n in (encoder, decoder, judge)
    )
    terms = {
        "judge": fast_judge,
        "style_layers": style_layers,
        "content_scale": content_scale,
        "style_scales": style_scales,
    }
    batches = zip(
        _batches(contents, config, config.seed, start=start, workers=workers),
        _batches(styles, config, config.seed + 1, start=start, workers=workers, augment=config.augment),
        strict=True,
    )
    for iteration, (content, style) in enumerate(batches, start):
        content, style = content.to(device), style.to(device)
        pairs = _identity_pairs(config.batch_size, config, iteration)
        same = pairs[distributed.rank() :: distributed.world()].to(device)
        style = torch.where(same.view(-1, 1, 1, 1), content, style)
        optimizer.param_groups[0]["lr"] = lr = learning_rate(config, iteration)
        if iteration < config.autoencoder_iterations:
            losses, images = _autoencoder_loss(fast_encoder, fast_decoder, content, content_scale)
        else:
            losses, images = training_loss(fast_encoder, fast_decoder, content, style, **terms)
            if pairs.any():
                losses["pixel"] = (
                    (images - content).abs().mean(dim=(1, 2, 3)) * same
                ).mean()  # 0 for a share without such a pair
        losses["range"], losses["tv"] = range_penalty(images), total_variation(images)
        total = sum(getattr(config, f"{name}_weight") * loss for name, loss in losses.items())
        means = distributed.average(torch.stack([*losses.values(), total]).detach()).tolist()
        values = dict(zip((*losses, "total"), means, strict=True))
        if not math.isfinite(values["total"]):
            raise InputError(
                f"the loss is not finite at iteration {iteration}: try a lower learning rate than {config.learning_rate}"
            )
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        distributed.average_gradients(decoder.parameters())
        nn.utils.clip_grad_norm_(decoder.parameters(), 2.0)
        optimizer.step()
        if average:
            _update_average(average, decoder, config.ema, iteration)
        done = iteration + 1
        stopped = stop is not None and distributed.any_of(stop())
        if (
            checkpoint
            and distributed.is_first()
            and (stopped or done % checkpoint_every == 0 or done == config.iterations)
        ):
            state = {
                "iteration": done,
                "config": asdict(config),
                "origin": origin,
                "losses": values,
                "learning_rate": lr,
            }
            state |= {
                "decoder": decoder.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average and average.state_dict(),
            }
            state |= {"content_scale": content_scale, "style_scales": style_scales}
            save_checkpoint(checkpoint, state)
        if done == config.iterations and average:
            decoder.load_state_dict(average.state_dict())
        yield TrainingStep(done, config.iterations, values, lr, decoder, images.detach(), average)
        if stopped:
            return


def _autoencoder_loss(encoder, decoder, content, content_scale):
    with torch.no_grad():
        own = encoder(content, levels_of(decoder))
    images = decode_levels(decoder, own)[..., : content.shape[2], : content.shape[3]]
    features = encoder(images, ("relu4_1",))["relu4_1"]
    return {
        "content": content_loss(features / content_scale, own["relu4_1"] / content_scale),
        "pixel": F.l1_loss(images, content),
    }, images


def _identity_pairs(batch_size: int, config: TrainingConfig, iteration: int) -> torch.Tensor:
    """Which pairs of this batch take their own content as style, (B,) bool; the same at every run."""
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + iteration)
    return torch.rand(batch_size, generator=generator) < config.identity


@torch.no_grad()
def _update_average(average: nn.Module, decoder: nn.Module, decay: float, iteration: int) -> None:
    decay = min(decay, (1 + iteration) / (10 + iteration))  # follow closely while there is little to average
    for kept, new in zip(average.parameters(), decoder.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)


def _batches(pictures: Pictures, config: TrainingConfig, seed: int, **options: Any) -> Iterator[torch.Tensor]:
    """This process's share of the batches."""
    options |= {"part": distributed.rank(), "parts": distributed.world()}
    return batches(pictures, config.batch_size, config.iterations, config.crop, config.size, seed, **options)


def _first_batches(pictures: Pictures, config: TrainingConfig, count: int) -> Iterator[torch.Tensor]:
    return batches(pictures, config.batch_size, count, config.crop, config.size, config.seed + 2)
