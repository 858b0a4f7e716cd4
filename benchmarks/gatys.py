"""Gatys' optimisation: our step against a plain loop, and the time to a finished picture.

    python benchmarks/gatys.py [--size PX] [--rounds N] [--json FILE]

The plain loop is written as tutorials write it: VGG-19 at full size as an ``nn.Sequential`` with loss layers in it,
    content
at relu4_2, style at relu1_1 to relu5_1, L-BFGS. Its weights are random, which changes nothing for the time. What is
compared is one evaluation of loss and gradient with the optimiser's update: one iteration of ours, and one of the
twenty inner iterations that an L-BFGS step of a tutorial consists of. The contenders take turns in one run. It measures
and asserts no
time: what is fast enough depends on the machine. The plain loop is float32; ours is measured as it comes, in bfloat16
    where the
processor has it, and in float32.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from run_course import machine  # noqa: E402

import adain_lab  # noqa: E402
from adain_lab.optimize.gatys import GatysConfig, run, transfer  # noqa: E402

BLOCKS = (2, 2, 4, 4, 1)


def gram(features: torch.Tensor) -> torch.Tensor:
    b, c, h, w = features.shape
    flat = features.view(b * c, h * w)
    return flat @ flat.t() / (b * c * h * w)


class Loss(nn.Module):
    """A layer that passes its input on and remembers how far it is from a target."""

    def __init__(self, target: torch.Tensor, measure):
        super().__init__()
        self.measure, self.target = measure, measure(target).detach()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.loss = F.mse_loss(self.measure(x), self.target)
        return x


def plain(content: torch.Tensor, style: torch.Tensor):
    """A generator that makes one evaluation and update per ``next``."""
    model, losses, channels = nn.Sequential(), [], 3
    with torch.no_grad():
        f, s = content, style
        for block, count in enumerate(BLOCKS, 1):
            for i in range(1, count + 1):
                layer = nn.Conv2d(channels, channels := 64 * (1, 2, 4, 8, 8)[block - 1], 3, padding=1).requires_grad_(
                    False
                )
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                model.extend([layer, nn.ReLU()])
                f, s = layer(f).relu(), layer(s).relu()
                wanted = [(f, lambda x: x)] * ((block, i) == (4, 2)) + [(s, gram)] * (i == 1)
                for target, measure in wanted:
                    losses.append(Loss(target, measure))
                    model.append(losses[-1])
            if block < 5:
                model.append(nn.MaxPool2d(2))
                f, s = F.max_pool2d(f, 2), F.max_pool2d(s, 2)
    image = content.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([image], max_iter=1, tolerance_grad=0, tolerance_change=0)

    def closure():
        with torch.no_grad():
            image.clamp_(0, 1)
        optimizer.zero_grad()
        model(image)
        loss = sum(layer.loss for layer in losses)
        loss.backward()
        return loss

    while True:
        optimizer.step(closure)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--encoders", nargs="+", default=["slim", "tiny"])
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "gatys.json")
    options = parser.parse_args()
    style = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("wave_print")), options.size)[
        ..., : options.size, : options.size
    ]
    content = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("temple")), options.size)[
        ..., : options.size, : options.size
    ]
    loops = {"plain VGG-19": plain(content, style)}
    for name in options.encoders:
        for precision in ("auto", "float32"):
            label = name if precision == "auto" else f"{name}, {precision}"
            loops[label] = transfer(
                content, style, encoder=name, size=options.size, coarse=0, steps=1000, precision=precision
            )
    times: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(options.rounds + 2):
        for name, loop in loops.items():
            began = time.perf_counter()
            next(loop)
            times[name].append((time.perf_counter() - began) * 1000)
    medians = {name: statistics.median(values[2:]) for name, values in times.items()}
    whole = run(transfer(content, style, size=options.size))
    report = {
        "machine": machine(),
        "size": options.size,
        "rounds": options.rounds,
        "ms_per_iteration": {name: round(value, 1) for name, value in medians.items()},
        "times_faster": {name: round(medians["plain VGG-19"] / medians[name], 1) for name in loops},
        "default_transfer": {"encoder": "slim", "steps": GatysConfig().steps, "seconds": round(whole.seconds, 1)},
    }
    for name, value in medians.items():
        print(
            f"{name:15} {value:7.0f} ms per iteration, {medians['plain VGG-19'] / value:.1f} times as fast as the plain one"
        )
    print(f"a whole transfer with the defaults at {options.size} pixels: {whole.seconds:.0f} s")
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
