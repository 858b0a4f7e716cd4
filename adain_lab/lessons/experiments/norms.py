"""Batch or instance normalisation (Sec. 4, Fig. 1 of the paper, in small): the experiment of lesson 03."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageOps

from adain_lab.data import sample, samples
from adain_lab.images import resize, save_image, to_pil, to_tensor
from adain_lab.networks.encoder import Encoder
from adain_lab.stylizer import Stylizer
from adain_lab.training.datasets import Pictures
from adain_lab.training.feedforward import FeedForwardConfig, train

__all__ = ["equalised", "norm_curve", "photographs_in_three_ways"]

#: What the sample photographs are brought to by ``photographs_in_three_ways``: no style that the network learns.
_ONE_STYLE = "wave_print"
#: Of the small networks that compare normalisations (Fig. 1 of the paper, in small).
_NORM_RUN = {"batch_size": 4, "crop": 48, "size": 96, "style_size": 96, "width": 8, "blocks": 2}


def equalised(picture: torch.Tensor) -> torch.Tensor:
    """``picture`` with the histogram of its luminance equalised: one and the same contrast for every picture."""
    luminance, blue, red = to_pil(picture).convert("YCbCr").split()
    return to_tensor(Image.merge("YCbCr", (ImageOps.equalize(luminance), blue, red)).convert("RGB"))


def photographs_in_three_ways(stylizer: Stylizer, folder: Path) -> dict[str, list[Path]]:
    """The sample photographs as they are, with equal contrast, and in one and the same style, as small files.

    Args:
        stylizer: what brings them to one style.
        folder: where the files go.

    Returns:
        The files by the set's name: "original", "equal contrast", "equal style".
    """
    one_style = stylizer.encode_style(resize(to_tensor(sample(_ONE_STYLE)), 256))
    changes = {
        "original": lambda picture: picture,
        "equal contrast": equalised,
        "equal style": lambda picture: stylizer.render(stylizer.encode_content(picture), one_style),
    }
    sets: dict[str, list[Path]] = {}
    for name, change in changes.items():
        home = Path(folder) / name.replace(" ", "_")
        home.mkdir()
        sets[name] = []
        for key, photograph in samples("content").items():
            changed = change(resize(to_tensor(photograph.path), 192)).cpu()
            save_image(resize(changed, 96), home / f"{key}.png")
            sets[name].append(home / f"{key}.png")
    return sets


def norm_curve(
    norm: str, files: list[Path], style: str, encoder: Encoder, *, iterations: int, seed: int, device: str = "cpu"
) -> list[float]:
    """The total loss of a small network for one style, iteration by iteration.

    Args:
        norm: "batch" or "instance".
        files: the photographs it learns on.
        style: the sample style it learns.
        encoder: the network of the loss.
        iterations, seed: the same seed gives both normalisations the same first weights and the same crops.
        device: where to train.
    """
    config = FeedForwardConfig(norm=norm, iterations=iterations, seed=seed, **_NORM_RUN)
    steps = train(sample(style), Pictures([files]), config, encoder=encoder, device=device)
    return [step.losses["total"] for step in steps]
