"""What else a decoder could be (Sec. 7.2, Fig. 5 and 6): the experiment of lesson 09."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from adain_lab.data import samples
from adain_lab.functional import adain
from adain_lab.images import resize, to_tensor
from adain_lab.lessons.experiments.colours import fresh
from adain_lab.losses import content_loss, layer_scales, scale_features, statistics_style_loss
from adain_lab.networks.decoder import DECODER_CONVOLUTIONS, UPSAMPLE_BEFORE, Decoder
from adain_lab.networks.encoder import STYLE_LAYERS, Encoder

__all__ = ["DECODERS", "DecoderVariant", "train_variant"]


class DecoderVariant(nn.Module):
    """A decoder with normalisation behind each convolution, or one that is given both pictures' features.

    Args:
        width: the encoder's.
        norm: a function of a number of channels that makes a normalisation layer; None for none, as in the paper's
            network.
        concatenate: whether the first convolution takes content and style features side by side (Enc-Concat-Dec)
            instead of AdaIN's output.

    Example:
        >>> DecoderVariant(4, nn.BatchNorm2d)(torch.rand(2, 32, 4, 4)).shape
        torch.Size([2, 3, 32, 32])
        >>> DecoderVariant(4, concatenate=True)(torch.rand(2, 64, 4, 4)).shape
        torch.Size([2, 3, 32, 32])
    """

    def __init__(self, width: int, norm: Callable[[int], nn.Module] | None = None, concatenate: bool = False):
        super().__init__()
        self.decoder = Decoder(width)
        hidden = {n: m.out_channels for n, m in self.decoder.named_children() if isinstance(m, nn.Conv2d)}
        del hidden["conv1_1"]  # which paints
        self.norms = nn.ModuleDict({name: norm(count) for name, count in hidden.items()} if norm else {})
        if concatenate:
            first = self.decoder.conv4_1
            self.decoder.conv4_1 = nn.Conv2d(
                2 * first.in_channels, first.out_channels, 3, padding=1, padding_mode="reflect"
            )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """A picture, (B, 3, 8·H, 8·W), from (B, C, H, W)."""
        x = features
        for name in DECODER_CONVOLUTIONS:
            if name in UPSAMPLE_BEFORE:
                x = F.interpolate(x, scale_factor=2)
            x = self.decoder.get_submodule(name)(x)
            if name in self.norms:
                x = self.norms[name](x)
            if name != "conv1_1":
                x = F.relu(x)
        return x


def _instance_norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


#: The four networks of Sec. 7.2, by name: arguments of :class:`DecoderVariant`.
DECODERS: dict[str, dict[str, Any]] = {
    "no normalisation": {},
    "batch norm": {"norm": nn.BatchNorm2d},
    "instance norm": {"norm": _instance_norm},
    "concatenation": {"concatenate": True},
}


def train_variant(
    name: str, encoder: Encoder, *, seed: int, iterations: int, side: int = 64, batch: int = 4, device: str = "cpu"
) -> tuple[DecoderVariant, list[list[float]]]:
    """Train one of :data:`DECODERS` from random weights.

    Args:
        name: which.
        encoder: f; the losses are measured in it.
        seed: of the weights and the crops; the same seed shows every variant the same crops.
        iterations: steps of Adam.
        side, batch: of the crops, drawn from the sample pictures.
        device: where to train.

    Returns:
        The trained network, in evaluation mode, and its content and style loss at every iteration.
    """
    encoder = encoder.to(device)
    concatenate = DECODERS[name].get("concatenate", False)
    variant = DecoderVariant(encoder.width, **DECODERS[name])
    fresh(variant.decoder, seed)
    variant.to(device).train()
    pictures = {
        kind: [resize(to_tensor(s.path), 96).to(device) for s in samples(kind).values()]
        for kind in ("content", "style")
    }
    generator = torch.Generator().manual_seed(seed)
    scales = layer_scales(encoder, torch.cat([p[..., :96, :96] for p in pictures["style"]]), STYLE_LAYERS)
    optimizer = torch.optim.Adam(variant.parameters(), lr=1e-3)
    curve = []
    for _ in range(iterations):
        content, style = (_crops(pictures[kind], batch, side, generator) for kind in ("content", "style"))
        with torch.no_grad():
            f_c, f_s = encoder(content)["relu4_1"], encoder(style, STYLE_LAYERS)
            t = adain(f_c, f_s["relu4_1"])
        features = encoder(variant(torch.cat([f_c, f_s["relu4_1"]], 1) if concatenate else t), STYLE_LAYERS)
        losses = (
            content_loss(features["relu4_1"] / scales["relu4_1"], t / scales["relu4_1"]),  # Eq. 12
            statistics_style_loss(scale_features(features, scales), scale_features(f_s, scales)),  # Eq. 13
        )
        optimizer.zero_grad()
        (losses[0] + 2 * losses[1]).backward()
        nn.utils.clip_grad_norm_(variant.parameters(), 2.0)
        optimizer.step()
        curve.append([loss.item() for loss in losses])
    return variant.eval(), curve


def _crops(pictures: list[torch.Tensor], count: int, side: int, generator: torch.Generator) -> torch.Tensor:
    found = []
    for _ in range(count):
        picture = pictures[int(torch.randint(len(pictures), (1,), generator=generator))]
        top, left = (int(torch.randint(length - side + 1, (1,), generator=generator)) for length in picture.shape[2:])
        found.append(picture[..., top : top + side, left : left + side])
    return torch.cat(found)
