"""The loops that students write: optimise a picture (lesson 02), train a network for one style (03) and a decoder (05)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import nn

from adain_lab.networks.encoder import Encoder
from adain_lab.training.loop import training_loss

__all__ = ["pair_of_losses", "pixel_loop", "train", "training_step"]


def pixel_loop(start: torch.Tensor, loss_of: Callable, steps: int, learning_rate: float) -> tuple[torch.Tensor, list]:
    """Adam on the pixels of a picture, kept in [0, 1] (lesson 02).

    Args:
        start: (1, 3, H, W); it stays as it is.
        loss_of: loss_of(picture) is the loss, a scalar tensor.
        steps, learning_rate: of Adam.

    Returns:
        The picture, without gradient, and the loss before each step, as numbers.
    """
    picture = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([picture], lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of(picture)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            picture.clamp_(0, 1)
        losses.append(loss.item())
    return picture.detach(), losses


def training_step(
    network: nn.Module, optimizer: torch.optim.Optimizer, photographs: torch.Tensor, loss_of: Callable
) -> float:
    """One step of training a network that paints (lesson 03).

    Args:
        network: network(photographs) are pictures of the same shape.
        optimizer: of the network's weights.
        photographs: (B, 3, H, W).
        loss_of: loss_of(pictures, photographs) is the loss, a scalar tensor.

    Returns:
        The loss, a number.
    """
    loss = loss_of(network(photographs), photographs)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def pair_of_losses(encoder: Encoder, decoder: nn.Module, content: torch.Tensor, style: torch.Tensor) -> tuple:
    """Content and style loss of a batch (Eq. 12, 13), as lesson 05 asks for them."""
    losses, _ = training_loss(encoder, decoder, content, style)
    return losses["content"], losses["style"]


def train(
    encoder: Encoder,
    decoder: nn.Module,
    pairs: Iterable[tuple[torch.Tensor, torch.Tensor]],
    loss_of: Callable,
    style_weight: float,
    learning_rate: float,
    watch: Callable = lambda number, decoder: None,
) -> list[tuple[float, float]]:
    """The training loop of lesson 05: a step of Adam per pair of batches (Eq. 11).

    Args:
        encoder: f; it stays as it is.
        decoder: g; its weights are changed.
        pairs: batches (content, style), each (B, 3, H, W).
        loss_of: loss_of(encoder, decoder, content, style) gives the content loss and the style loss.
        style_weight: lambda.
        learning_rate: Adam's.
        watch: called after every step with the number of steps so far and the decoder.

    Returns:
        Content and style loss of every step, as numbers.
    """
    optimizer = torch.optim.Adam(decoder.parameters(), lr=learning_rate)
    curve = []
    for number, (content, style) in enumerate(pairs, 1):
        content_loss, style_loss = loss_of(encoder, decoder, content, style)
        optimizer.zero_grad()
        (content_loss + style_weight * style_loss).backward()
        optimizer.step()
        curve.append((content_loss.item(), style_loss.item()))
        watch(number, decoder)
    return curve
