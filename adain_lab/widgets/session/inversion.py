"""What the inversion panel computes: a picture with the same features, or textures with the same statistics of features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from adain_lab.metrics import psnr
from adain_lab.networks.encoder import LAYERS, Encoder
from adain_lab.optimize.inversion import KINDS, Step, invert, texture

__all__ = ["MODES", "Found", "search", "texture_layers"]

#: What is looked for: a picture with the same features, or textures with the same statistics of features.
MODES = ("features", "texture")


@dataclass(frozen=True)
class Found:
    """What a search has found so far.

    Attributes:
        images: one reconstruction, or one texture for each of :data:`~adain_lab.optimize.inversion.KINDS`; each (1, 3,
            H, W) in [0, 1].
        progress: 0 to 1.
        words: how far it is, for people.
    """

    images: tuple[torch.Tensor, ...]
    progress: float
    words: str


def search(mode: str, images: torch.Tensor, layer: str, encoder: Encoder, steps: int, seed: int) -> Iterator[Found]:
    """What is found, step by step.

    Args:
        mode: one of :data:`MODES`.
        images: the picture, (1, 3, H, W).
        layer: whose features; for textures the deepest of :func:`texture_layers`.
    """
    if mode == "features":
        searches = [invert(images, layer, encoder, steps=steps, seed=seed)]
    else:
        searches = [texture(images, texture_layers(layer), kind, encoder, steps=steps, seed=seed) for kind in KINDS]
    for found in zip(*searches, strict=True):
        done = found[0].iteration
        yield Found(
            tuple(step.image for step in found), done / steps, f"step {done} of {steps} · {_words(mode, images, found)}"
        )


def _words(mode: str, images: torch.Tensor, found: tuple[Step, ...]) -> str:
    if mode == "features":
        return f"feature loss {found[0].losses['features']:.4f} · pixels {psnr(found[0].image, images.cpu()):.1f} dB"
    off = (
        sum(v for name, v in step.losses.items() if name in LAYERS) / len(step.losses.keys() & set(LAYERS))
        for step in found
    )
    return " · ".join(f"{name} loss {value:.4f}" for name, value in zip(KINDS, off, strict=True))


def texture_layers(layer: str) -> list[str]:
    """The first layer of every block up to the one of ``layer``, which itself is the last.

    Example:
        >>> texture_layers("relu3_2")
        ['relu1_1', 'relu2_1', 'relu3_2']
    """
    return [name for name in LAYERS[: LAYERS.index(layer)] if name.endswith("_1") and name[4] != layer[4]] + [layer]
