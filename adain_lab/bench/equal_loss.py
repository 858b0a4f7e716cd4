"""How long Gatys' optimisation takes to as much style as AdaIN's single pass brings."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch

from adain_lab.bench.timing import Clock, one_pass
from adain_lab.data import sample
from adain_lab.images import resize, to_tensor
from adain_lab.losses import layer_scales
from adain_lab.metrics import style_distance
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.optimize.gatys import GatysConfig, transfer
from adain_lab.stylizer import Stylizer
from adain_lab.weights import load_encoder

__all__ = ["to_equal_loss"]


def to_equal_loss(stylizer: Stylizer, size: int, most: int = 200, clock: Clock = time.perf_counter) -> dict[str, Any]:
    """Optimise from the content until the style loss (Eq. 13, as in the paper's Fig. 3) is no larger than that of
    AdaIN's picture.

    One pair of samples, in the eyes of the model's own encoder: enough to set two times side by side. How good the
    pictures are, judged by other networks over many pairs, is what ``benchmarks/quality.py`` measures.

    Args:
        stylizer: a bundled model; its encoder is what Gatys' method optimises through.
        size: side of the two sample pictures, pixels.
        most: iterations after which it gives up.
        clock: seconds.

    Returns:
        ``iterations`` and ``seconds`` of the optimisation (None when it gave up; judging is not counted),
        ``adain_milliseconds`` of a whole stylization, ``times`` between the two, and the style losses of the content
        and of AdaIN's picture.
    """
    device = stylizer.device
    content, style = (_square(name, size).to(device) for name in ("temple", "wave_print"))
    passes = [one_pass({"stylize": lambda: stylizer(content, style)}, device, clock)["stylize"] for _ in range(6)]
    adain_seconds = statistics.median(passes[1:])
    encoder = load_encoder(stylizer.model).to(device).eval().requires_grad_(False)
    scales = layer_scales(encoder, style, STYLE_LAYERS)

    def loss(image: torch.Tensor) -> float:
        return style_distance(encoder, image.to(device), style, STYLE_LAYERS, scales)

    target = loss(stylizer(content, style))
    config = GatysConfig(size=size, coarse=0, steps=most)
    next(
        transfer(content, style, config, encoder=encoder, device=str(device))
    )  # PyTorch loads what optimisers need at the first step
    steps = transfer(content, style, config, encoder=encoder, device=str(device))
    latest: dict[str, Any] = {}
    seconds, reached = 0.0, False
    while not reached and latest.get("iteration", -1) < most:
        seconds += one_pass({"iteration": lambda: latest.update(step=next(steps))}, device, clock)["iteration"]
        latest["iteration"] = latest["step"].iteration
        reached = loss(latest["step"].image) <= target
    return {
        "model": stylizer.model,
        "size": size,
        "iterations": latest["iteration"] if reached else None,
        "seconds": round(seconds, 2) if reached else None,
        "adain_milliseconds": round(1000 * adain_seconds, 2),
        "times": round(seconds / adain_seconds, 1) if reached else None,
        "style_loss": {"content": float(f"{loss(content):.4g}"), "adain": float(f"{target:.4g}")},
    }


def _square(name: str, size: int) -> torch.Tensor:
    return resize(to_tensor(sample(name)), size)[..., :size, :size].contiguous()
