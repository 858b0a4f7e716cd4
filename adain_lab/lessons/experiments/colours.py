"""How colours come while a decoder is trained from random weights: the experiment of lesson 05."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.data import samples
from adain_lab.functional import adain
from adain_lab.lessons.experiments.loops import pair_of_losses, train
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.training.datasets import Pictures, batches

__all__ = ["colour_over_training", "crops_in_pairs", "fresh", "variety"]


def fresh(decoder: nn.Module, seed: int) -> nn.Module:
    """New first weights for a decoder's convolutions: medium grey, and signals that keep their size (He et al.)."""
    convolutions = [module for module in decoder.modules() if isinstance(module, nn.Conv2d)]
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for conv in convolutions:
            fan_in = conv.weight[0].numel()
            conv.weight.copy_(torch.randn(conv.weight.shape, generator=generator) * (2 / fan_in) ** 0.5)
        biases = [conv.bias for conv in convolutions if conv.bias is not None]
        for bias in biases:
            bias.zero_()
        convolutions[-1].weight.mul_(0.3)
        biases[-1].fill_(0.45)
    return decoder


def variety(images: torch.Tensor) -> float:
    """How varied a picture's colours are: 0 for grey and for any single hue.

    From a distance: the picture is averaged over blocks of 8 x 8 pixels first, so that coloured fringes do not count.

    Example:
        >>> variety(torch.full((1, 3, 16, 16), 0.3))
        0.0
    """
    red, green, blue = F.avg_pool2d(images, 8).unbind(1)
    return float(((red - green).var() + ((red + green) / 2 - blue).var()).sqrt())


def crops_in_pairs(count: int, seed: int, *, batch: int = 4, crop: int = 80, size: int = 128) -> Iterator[tuple]:
    """``count`` pairs of batches: random crops of the sample photographs and of the sample styles.

    Args:
        count: pairs.
        seed: of the crops.
        batch: crops in a batch.
        crop: their side, pixels.
        size: shorter side to which the pictures are brought first.
    """
    streams = [
        batches(Pictures([[s.path for s in samples(kind).values()]]), batch, count, crop, size, 2 * seed + number)
        for number, kind in enumerate(("content", "style"))
    ]
    yield from zip(*streams, strict=True)


def colour_over_training(
    encoder: Encoder,
    pairs: list[tuple[torch.Tensor, torch.Tensor]],
    *,
    seed: int,
    iterations: int,
    every: int,
    loop: Callable = train,
    loss_of: Callable = pair_of_losses,
    decoder: nn.Module | None = None,
) -> tuple[list[int], list[float], list[tuple[float, float]]]:
    """Train a decoder from random weights with the paper's loss, and look at the colours it paints with on the way.

    Args:
        encoder: f.
        pairs: (content, style) pictures, each (1, 3, H, W), that are painted at every look.
        seed: of weights and crops.
        iterations, every: how many steps, and how many from look to look.
        loop, loss_of: the training loop and the loss, such as a student's.
        decoder: what is trained, a :class:`Decoder` when None; its weights begin anew.

    Returns:
        The iterations of the looks; the variety of the painted pictures' colours as a share of their styles', the mean
        over the pairs; and the losses of every step.
    """
    device = pairs[0][0].device
    decoder = fresh(decoder or Decoder(encoder.width), seed).to(device)
    with torch.no_grad():
        targets = [(adain(encoder(c)["relu4_1"], encoder(s)["relu4_1"]), variety(s)) for c, s in pairs]
    at, shares = [], []

    def watch(number: int, decoder: nn.Module) -> None:
        if number % every == 0:
            with torch.no_grad():
                painted = [variety(decoder(t).clamp(0, 1)) / of_style for t, of_style in targets]
            at.append(number)
            shares.append(sum(painted) / len(painted))

    batches_ = ((c.to(device), s.to(device)) for c, s in crops_in_pairs(iterations, seed))
    curve = loop(encoder, decoder, batches_, loss_of, 2.0, 5e-4, watch)
    return at, shares, curve
