"""Training one network for one style: Johnson's perceptual loss, and the loop that yields after every step."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import nn

from adain_lab.errors import InputError, InputTypeError
from adain_lab.functional import gram_matrix, total, total_variation
from adain_lab.images import resize, to_tensor
from adain_lab.networks.encoder import STYLE_LAYERS, Encoder
from adain_lab.networks.feedforward import NORMS, TransformerNetwork
from adain_lab.optimize.pixels import NonFiniteLoss
from adain_lab.training.datasets import Pictures, batches

__all__ = [
    "CONTENT_LAYER",
    "FeedForwardConfig",
    "FeedForwardStep",
    "fresh_network",
    "perceptual_loss",
    "relative_error",
    "style_grams",
    "train",
]

#: The layer of the content loss. Johnson takes relu3_3 of VGG-16.
CONTENT_LAYER = "relu3_1"


@dataclass(frozen=True)
class FeedForwardConfig:
    """What a training run is made of.

    Attributes:
        iterations: steps.
        batch_size: crops per step.
        crop: side of the random square crop, pixels; at least 32.
        size: shorter side to which the contents are resized before cropping, pixels; 0 leaves them as they are.
        style_size: shorter side of the style picture, pixels; it sets the size of the strokes relative to the crops'.
        width, blocks, norm: of the network, see :class:`~adain_lab.networks.feedforward.TransformerNetwork`.
        content_weight, style_weight, tv_weight: of the three terms.
        learning_rate: Adam's, at the beginning; it falls to 1 % along half a cosine.
        seed: of the network's first weights and of the crops.
    """

    iterations: int = 300
    batch_size: int = 2
    crop: int = 128
    size: int = 192
    style_size: int = 192
    width: int = 16
    blocks: int = 3
    norm: str = "instance"
    content_weight: float = 1.0
    style_weight: float = 0.5
    tv_weight: float = 0.2
    learning_rate: float = 2e-3
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (int, float)) and not (math.isfinite(value) and value >= 0):
                raise InputError(f"{field.name} must be a finite number >= 0, got {value}")
        for name, smallest in (
            ("iterations", 1),
            ("batch_size", 1),
            ("crop", 32),
            ("style_size", 32),
            ("width", 1),
            ("blocks", 1),
        ):
            if getattr(self, name) < smallest:
                raise InputError(f"{name} must be at least {smallest}, got {getattr(self, name)}")
        if self.norm not in NORMS:
            raise InputError(f"unknown norm {self.norm!r}: choose from {', '.join(NORMS)}")


@dataclass(frozen=True)
class FeedForwardStep:
    """One step, for whoever watches: ``losses`` are plain floats by name, ``network`` is the live network.

    ``seconds`` counts from the start of the run.
    """

    iteration: int
    iterations: int
    losses: dict[str, float]
    seconds: float
    network: TransformerNetwork
    images: torch.Tensor


@torch.no_grad()
def style_grams(encoder: Encoder, style: torch.Tensor) -> dict[str, torch.Tensor]:
    """The style's Gram matrices at relu1_1 … relu4_1, (1, C, C) each: all that training needs of the style, computed
    once.
    """
    return {layer: gram_matrix(f) for layer, f in encoder(style, STYLE_LAYERS).items()}


def relative_error(value: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean squared difference divided by the target's mean square: 0 is exact, 1 is as bad as all zeros.

    Example:
        >>> relative_error(torch.tensor([[3.0, 0.0]]), torch.tensor([[2.0, 1.0]])).item()
        0.4000000059604645
    """
    return (value - target).square().mean() / target.square().mean().clamp_min(1e-12)


def perceptual_loss(
    encoder: Encoder, images: torch.Tensor, content: torch.Tensor, grams: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The terms of Johnson's loss for one batch, unweighted.

    Johnson's terms are squared differences divided by the number of features; here each is divided by the target's mean
    square instead (see :func:`relative_error`), so that every layer has the same say whatever the encoder's scale, and
    the same weights serve several encoders.

    Args:
        encoder: the fixed network that compares.
        images: what the network painted, (B, 3, H, W).
        content: the pictures it was given, (B, 3, H, W).
        grams: from :func:`style_grams`.

    Returns:
        ``{"content", "style", "tv"}``, scalars: the error of the features at relu3_1; the errors of each picture's Gram
        matrices against the style's, summed over layers; the total variation of the images.

    Example:
        >>> encoder, images = Encoder(4), torch.rand(1, 3, 32, 32)
        >>> losses = perceptual_loss(encoder, images, images, style_grams(encoder, images))
        >>> losses["content"].item(), round(losses["style"].item(), 6)
        (0.0, 0.0)
    """
    with torch.no_grad():
        target = encoder(content, (CONTENT_LAYER,))[CONTENT_LAYER]
    features = encoder(images, dict.fromkeys((CONTENT_LAYER, *grams)))
    style = total(relative_error(gram_matrix(features[layer]), wanted) for layer, wanted in grams.items())
    return {"content": relative_error(features[CONTENT_LAYER], target), "style": style, "tv": total_variation(images)}


def fresh_network(config: FeedForwardConfig) -> TransformerNetwork:
    """An untrained network; the same weights for the same shape and seed. The global generator is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return TransformerNetwork(config.width, config.blocks, config.norm)


def train(
    style: Any,
    contents: Pictures,
    config: FeedForwardConfig | None = None,
    *,
    encoder: Encoder,
    network: TransformerNetwork | None = None,
    device: str | torch.device = "cpu",
) -> Iterator[FeedForwardStep]:
    """Train a network for ``style``, yielding after every step.

    On one machine, with one number of threads, the same arguments take the same steps.

    Args:
        style: a picture: path, Pillow image, array or tensor.
        contents: the dataset of pictures to learn on.
        config: see :class:`FeedForwardConfig`.
        encoder: the network of the loss; it is frozen here.
        network: to go on with; :func:`fresh_network` when None. It is changed in place.
        device: where to train.

    Yields:
        A :class:`FeedForwardStep` per iteration. Stop by leaving the loop, whenever you like: its network is usable at
        once.

    Raises:
        FileNotFoundError, TypeError, ValueError: bad input, before the first step.
        NonFiniteLoss: the loss is not a number any more; the message says where. Nothing of that step reaches the
            weights.
    """
    config = config or FeedForwardConfig()
    if not isinstance(contents, Pictures):
        raise InputTypeError(f"contents must be a dataset, Pictures([[path, …]]), not {type(contents).__name__}")
    network = fresh_network(config) if network is None else network
    style = resize(to_tensor(style), config.style_size)
    return _train(style, contents, config, encoder, network, torch.device(device))


def _train(
    style: torch.Tensor,
    contents: Pictures,
    config: FeedForwardConfig,
    encoder: Encoder,
    network: TransformerNetwork,
    device: torch.device,
) -> Iterator[FeedForwardStep]:
    encoder = encoder.to(device).eval().requires_grad_(False)
    network = network.to(device).requires_grad_(True)
    grams = style_grams(encoder, style.to(device))
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    weights = {"content": config.content_weight, "style": config.style_weight, "tv": config.tv_weight}
    stream = batches(contents, config.batch_size, config.iterations, config.crop, config.size, config.seed)
    began = time.perf_counter()
    for iteration, content in enumerate(stream, 1):
        content = content.to(device)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * _cosine(iteration, config.iterations)
        images = network.train()(content)
        losses = perceptual_loss(encoder, images, content, grams)
        loss = total(weights[name] * part for name, part in losses.items())
        if not torch.isfinite(loss):
            raise NonFiniteLoss(
                f"the loss is not finite at iteration {iteration}: try a lower learning rate than {config.learning_rate}"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        values = {name: float(part.detach()) for name, part in losses.items()} | {"total": float(loss.detach())}
        yield FeedForwardStep(
            iteration, config.iterations, values, time.perf_counter() - began, network, images.detach()
        )


def _cosine(iteration: int, iterations: int) -> float:
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (iteration - 1) / iterations))
