"""The published AdaIN weights (an indexed ``nn.Sequential``) in this package's names.

``vgg_normalised.pth`` begins with a 1x1 convolution that maps RGB in [0, 1] to
the BGR range VGG was trained on. A pointwise map commutes with reflection
padding, so it is folded into conv1_1 exactly, and the encoder needs no special case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from adain_lab.errors import InputError
from adain_lab.networks.decoder import DECODER_CONVOLUTIONS
from adain_lab.networks.encoder import CONVOLUTIONS

__all__ = ["convert_decoder", "convert_encoder"]

State = Mapping[str, torch.Tensor]


def convert_encoder(state: State) -> dict[str, torch.Tensor]:
    """``vgg_normalised.pth``'s state dict as conv1_1 ... conv5_1; what lies deeper is left out.

    Raises:
        ValueError: it is not a sequence of convolutions that begins with a 1x1 convolution of 3 channels.
    """
    layers = _convolutions(state, "vgg_normalised.pth")
    (matrix, offset), layers = layers[0], layers[1:]
    if tuple(matrix.shape) != (3, 3, 1, 1) or len(layers) < len(CONVOLUTIONS):
        raise InputError(
            f"vgg_normalised.pth must begin with a 1x1 convolution of 3 channels and hold {len(CONVOLUTIONS)} more"
        )
    converted = _named(CONVOLUTIONS, layers)
    weight = converted["conv1_1.weight"]
    converted["conv1_1.weight"] = torch.einsum("okhw,ki->oihw", weight, matrix[:, :, 0, 0]).contiguous()
    converted["conv1_1.bias"] = converted["conv1_1.bias"] + torch.einsum("okhw,k->o", weight, offset)
    return converted


def convert_decoder(state: State) -> dict[str, torch.Tensor]:
    """``decoder.pth``'s state dict as conv4_1 ... conv1_1.

    Raises:
        ValueError: it does not hold nine convolutions.
    """
    layers = _convolutions(state, "decoder.pth")
    if len(layers) != len(DECODER_CONVOLUTIONS):
        raise InputError(f"decoder.pth must hold {len(DECODER_CONVOLUTIONS)} convolutions, got {len(layers)}")
    return _named(DECODER_CONVOLUTIONS, layers)


def _convolutions(state: State, name: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(weight, bias) of every convolution, in the order of the sequence."""
    try:
        indices = sorted({int(key.split(".")[0]) for key in state})
        layers = [(state[f"{i}.weight"].float(), state[f"{i}.bias"].float()) for i in indices]
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{name} is not the published file: its tensors must be named like '2.weight'") from error
    if not layers or any(weight.ndim != 4 for weight, _ in layers):
        raise InputError(f"{name} is not the published file: it must hold convolutions")
    return layers


def _named(names: Iterable[str], layers: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    named: dict[str, torch.Tensor] = {}
    for name, (weight, bias) in zip(names, layers, strict=False):
        named |= {f"{name}.weight": weight, f"{name}.bias": bias}
    return named
