"""Encoder and decoder as ONNX has them: tensors in, tensors out, by name, with AdaIN between content and style inside."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from adain_lab.functional import adain_map, channel_mean_std
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import Encoder
from adain_lab.networks.palette import PIXELS

__all__ = ["DecoderGraph", "EncoderGraph"]


class EncoderGraph(nn.Module):
    """A picture's features, and their statistics, at every layer.

    Args:
        encoder: a trained encoder.
        layers: what it is to give, in this order.
    """

    def __init__(self, encoder: Encoder, layers: Sequence[str]):
        super().__init__()
        self.encoder, self.layers = encoder, tuple(layers)
        self.inputs = ["picture"]
        self.outputs = [name for layer in self.layers for name in names_at(layer)]

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """For every layer f (B, C, H/s, W/s), mean and std (B, C, 1, 1), from (B, 3, H, W) in [0, 1]."""
        features = self.encoder(picture, self.layers)
        measured = ((layer, features[layer], channel_mean_std(features[layer])) for layer in self.layers)
        return tuple(x for layer, f, pair in measured for x in (pair if layer == PIXELS else (f, *pair)))


class DecoderGraph(nn.Module):
    """A picture from a content's features, its statistics and those of a style: AdaIN (Eq. 8), alpha (Eq. 14), decoder.

    Styles are mixed outside, since a mixture is the mean of their statistics (Eq. 15).

    Args:
        decoder: a trained decoder; its levels are the layers that are restyled.
    """

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.decoder, self.layers = decoder, decoder.levels
        content = [name for layer in self.layers for name in names_at(layer)]
        style = [name for layer in self.layers for name in (f"style_{layer}_mean", f"style_{layer}_std")]
        #: The content's are called as the encoder calls them, so that what it gives can be handed on.
        self.inputs = [*content, *style, "alpha"]
        self.outputs = ["picture"]

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) in [0, 1] from tensors in the order of ``inputs``; alpha has shape (1,)."""
        given = dict(zip(self.inputs, tensors, strict=True))
        restyled, statistics = {}, {}
        for layer in self.layers:
            mean, std = given[f"{layer}_mean"], given[f"{layer}_std"]
            style_mean, style_std = given[f"style_{layer}_mean"], given[f"style_{layer}_std"]
            scale, shift = adain_map(mean, std, style_mean, style_std, given["alpha"])
            if layer != PIXELS:
                restyled[layer] = scale * given[layer] + shift
            statistics[layer] = scale * mean + shift, scale * std
        modulation = self.decoder.modulation(statistics)
        return self.decoder(restyled, modulation, statistics.get(PIXELS)).clamp(0, 1)


def names_at(layer: str) -> tuple[str, ...]:
    """A layer's features, their mean and their deviation; of "pixels" only these two are wanted."""
    measured = f"{layer}_mean", f"{layer}_std"
    return measured if layer == PIXELS else (layer, *measured)
