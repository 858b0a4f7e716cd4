"""Speed of the models on this machine, as ratios to the full-size network written plainly, measured in the same run.

Absolute times say little about another machine; ratios measured side by side,
round by round, travel better. The baseline is VGG-19 up to relu4_1 and its mirror as
public implementations write them: ``nn.Sequential`` of reflection padding, convolution and ReLU, in float32.
Its weights are random, which changes nothing for the time.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from adain_lab import __version__
from adain_lab.devices import choose_device, choose_precision, describe
from adain_lab.functional import adain
from adain_lab.images import write_whole
from adain_lab.stylizer import Stylizer, load
from adain_lab.weights import MODELS

__all__ = ["measure", "plain_network", "table", "write_json"]


def plain_network(width: int = 64) -> tuple[nn.Sequential, nn.Sequential]:
    """The paper's encoder (to relu4_1) and decoder, as a reader would write them down from Sec. 6.1."""

    def layer(i: int, o: int) -> list[nn.Module]:
        return [nn.ReflectionPad2d(1), nn.Conv2d(i, o, 3), nn.ReLU()]

    w = [width * k for k in (1, 2, 4, 8)]
    pool, up = nn.MaxPool2d(2, ceil_mode=True), nn.Upsample(scale_factor=2, mode="nearest")
    encoder = [*layer(3, w[0]), *layer(w[0], w[0]), pool, *layer(w[0], w[1]), *layer(w[1], w[1]), pool, *layer(w[1], w[2])]
    encoder += [module for _ in range(3) for module in layer(w[2], w[2])] + [pool, *layer(w[2], w[3])]
    decoder = [*layer(w[3], w[2]), up] + [module for _ in range(3) for module in layer(w[2], w[2])] + [*layer(w[2], w[1]), up]
    decoder += [*layer(w[1], w[1]), *layer(w[1], w[0]), up, *layer(w[0], w[0]), nn.ReflectionPad2d(1), nn.Conv2d(w[0], 3, 3)]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def measure(size: int = 256, rounds: int = 10, device: str = "auto", models: tuple[str, ...] = ("tiny", "slim")) -> dict[str, Any]:
    """Median times of a whole stylization and of a slider's redraw.

    Args:
        size: side of the square content and style, pixels.
        rounds: repetitions; contenders take turns, so that a busy moment of the machine meets all.
        device: see :data:`~adain_lab.devices.DEVICES`.
        models: bundled models to measure.

    Returns:
        ``{"machine": …, "settings": …, "results": [{"name", "task", "milliseconds", "times_faster"}, …]}``.
    """
    if size < 16 or rounds < 1:
        raise ValueError(f"size must be at least 16 and rounds at least 1, got {size} and {rounds}")
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise ValueError(f"unknown model {unknown[0]!r}: choose from {', '.join(MODELS)}")
    chosen = choose_device(device)
    images = torch.rand(2, 1, 3, size, size, generator=torch.Generator().manual_seed(0)).to(chosen)
    stylizers = {name: load(name, str(chosen)) for name in models}
    tasks = {"plain full size": _plain_tasks(images, chosen)} | {name: _model_tasks(s, images) for name, s in stylizers.items()}
    times: dict[tuple[str, str], list[float]] = {}
    for round_ in range(rounds + 1):
        for name, work in tasks.items():
            for task, function in work.items():
                seconds = _timed(function, chosen)
                if round_:  # the first round warms up
                    times.setdefault((task, name), []).append(seconds)
    results = []
    for task in ("stylize", "redraw"):
        baseline = statistics.median(times[task, "plain full size"])
        for name in tasks:
            median = statistics.median(times[task, name])
            results.append(
                {"task": task, "name": name, "milliseconds": round(1000 * median, 2), "times_faster": round(baseline / median, 2)}
            )
    machine = {
        "device": describe(chosen),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "adain_lab": __version__,
        "precision": str(choose_precision(chosen)).removeprefix("torch."),
    }
    return {"machine": machine, "settings": {"size": size, "rounds": rounds}, "results": results}


def table(report: dict[str, Any]) -> str:
    """The report as text for people."""
    size = report["settings"]["size"]
    lines = [
        f"{report['machine']['device']}, torch {report['machine']['torch']}, {report['machine']['precision']}, {size} x {size} pixels",
        f"{'':10}{'':18}{'ms':>9}{'times faster':>14}",
    ]
    tasks = {"stylize": "whole", "redraw": "redraw"}
    for row in report["results"]:
        lines.append(f"{tasks[row['task']]:10}{row['name']:18}{row['milliseconds']:9.1f}{row['times_faster']:14.1f}")
    lines.append("whole: content + style + decode; redraw: what a moved slider costs (the plain network has no shortcut)")
    return "\n".join(lines)


def write_json(report: dict[str, Any], path: Path) -> None:
    """The report as JSON, written whole or not at all."""
    write_whole(path, lambda temporary: temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8"))


def _plain_tasks(images: torch.Tensor, device: torch.device) -> dict[str, Callable[[], Any]]:
    encoder, decoder = (network.to(device).eval() for network in plain_network())
    content, style = images

    def whole() -> torch.Tensor:
        return decoder(adain(encoder(content), encoder(style)))

    return {"stylize": whole, "redraw": whole}


def _model_tasks(stylizer: Stylizer, images: torch.Tensor) -> dict[str, Callable[[], Any]]:
    content, style = images
    code, statistics_ = stylizer.encode_content(content), stylizer.encode_style(style)
    return {"stylize": lambda: stylizer(content, style), "redraw": lambda: stylizer.render(code, statistics_, 0.7)}


@torch.inference_mode()
def _timed(function: Callable[[], Any], device: torch.device) -> float:
    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    wait()
    began = time.perf_counter()
    function()
    wait()
    return time.perf_counter() - began
