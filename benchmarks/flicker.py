"""What smoothing over time does to a painted video: frame-to-frame differences of a still scene, with and without it.

    python benchmarks/flicker.py [--model slim] [--size PX] [--json FILE]

Four clips of a photograph that does not move: with a camera's noise, under light that flickers, with a bright ball that
    rolls
through it, with a lamp below that is switched on and off. The figure is the mean absolute difference of frames that
follow each other, in grey levels of 255; for the ball and the lamp only in the part above, whose own pixels never
change.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import adain_lab
from adain_lab.images import resize, to_tensor
from adain_lab.video.stylize import Smoother

ROOT = Path(__file__).resolve().parent.parent
AMOUNTS = (0.0, 0.5, 0.8, 0.9, 0.95)


def clips(photograph: np.ndarray, count: int = 20) -> Iterator[tuple[str, list[np.ndarray], slice]]:
    """Name, frames (H, W, 3) in [0, 1], and the rows in which differences count."""
    rng = np.random.default_rng(0)
    height, width, _ = photograph.shape
    y, x = np.mgrid[:height, :width]
    yield (
        "noise of 4 grey levels",
        [photograph + rng.normal(0, 4 / 255, photograph.shape) for _ in range(count)],
        slice(None),
    )
    yield "light flickers by 15 %", [photograph * light for light in rng.uniform(0.85, 1.15, count)], slice(None)
    radius = 0.22 * height
    centres = np.linspace(-radius, width + radius, count)
    rolling = [
        np.where(((x - centre) ** 2 + (y - 0.75 * height) ** 2 < radius**2)[..., None], 0.95, photograph)
        for centre in centres
    ]
    yield "a bright ball rolls by", rolling, slice(0, int(0.75 * height - radius - 40))
    lamp = photograph.copy()
    lamp[int(0.6 * height) :, int(0.3 * width) : int(0.7 * width)] = 0.98
    yield (
        "a lamp goes on and off",
        [lamp if on else photograph for on in rng.random(count) < 0.5],
        slice(0, int(0.6 * height) - 48),
    )


def difference(frames: list[np.ndarray], rows: slice) -> float:
    """Mean absolute difference of frames that follow each other, grey levels."""
    return round(
        float(np.mean([np.abs(b - a)[rows].mean() for a, b in zip(frames, frames[1:], strict=False)])) * 255, 2
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="slim")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "flicker.json")
    options = parser.parse_args()
    stylizer = adain_lab.load(options.model, precision="float32")
    statistics = stylizer.encode_style(adain_lab.sample("wave_print"))
    report = {"model": options.model, "size": options.size, "style": "wave_print", "runs": []}
    for name in ("cat", "temple"):
        photograph = resize(to_tensor(adain_lab.sample(name)), options.size)[0].permute(1, 2, 0).numpy()
        for what, frames, rows in clips(photograph):
            frames = [frame.clip(0, 1).astype(np.float32) for frame in frames]
            codes = [stylizer.encode_content(frame) for frame in frames]
            run = {"photograph": name, "clip": what, "source": difference(frames, rows)}
            for amount in AMOUNTS:
                smooth = Smoother(amount)
                painted = [stylizer.render(smooth(code), statistics)[0].permute(1, 2, 0).numpy() for code in codes]
                run[f"smoothing {amount}"] = difference(painted, rows)
            report["runs"].append(run)
            print(run, flush=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
