"""Small networks with seeded weights, on which the checks try students' losses and loops."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder

__all__ = ["painter", "small_encoder", "small_networks"]


def small_encoder() -> Encoder:
    """An encoder up to relu4_1, float64 and frozen, whose features are large enough to tell right from wrong."""
    (encoder,) = _seeded(lambda: Encoder(4, last="relu4_1"))
    return encoder.requires_grad_(False)


def small_networks(contrast: float = 0.6) -> tuple[Encoder, Decoder]:
    """An encoder as :func:`small_encoder`'s, and a decoder for it whose weights can be trained.

    Args:
        contrast: of what the decoder paints, around 0.5; from about 1.5 on it leaves [0, 1], where a clamp would show.
    """
    encoder, decoder = _seeded(lambda: Encoder(4, last="relu4_1"), lambda: Decoder(4))
    with torch.no_grad():
        decoder.conv1_1.weight.mul_(contrast)
        decoder.get_parameter("conv1_1.bias").fill_(0.5)
    return encoder.requires_grad_(False), decoder


def painter() -> nn.Conv2d:
    """The smallest network that paints: every pixel through one matrix, float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(33)
        return nn.Conv2d(3, 3, 1).double()


def _seeded(*makers: Callable[[], nn.Module]) -> list:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(31)
        networks = [make().double() for make in makers]
        for network in networks:
            for module in network.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return networks
