"""A large picture in bounded memory: peak resident memory and time of tiling, and how far it is from one pass.

    python benchmarks/tiling.py [--side PX] [--model slim] [--tile PX] [--json FILE]

The picture is a sample, enlarged. Memory is the process's peak resident set during the transfer minus its resident set
with the model loaded and one small picture painted. Equality is measured at a size where both ways fit. It measures and
asserts no time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from run_course import machine  # noqa: E402

import adain_lab  # noqa: E402
from adain_lab.tiling import estimate, stylize_tiled  # noqa: E402


def resident(field: str) -> float:
    """VmRSS (now) or VmHWM (peak) of this process, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(field))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--same", type=int, default=768, help="side at which tiled and untiled are compared")
    parser.add_argument("--model", default="slim")
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "tiling.json")
    options = parser.parse_args()
    report = {"machine": machine(), "model": options.model, "tile": options.tile, "runs": []}
    photograph, style = adain_lab.open_image(adain_lab.sample("temple")), adain_lab.sample("wave_print")
    for precision in ("auto", "float32"):
        stylizer = adain_lab.load(options.model, precision=precision)
        content = photograph.resize((options.same, options.same))
        whole = np.asarray(adain_lab.to_pil(stylizer(content, style))).astype(int)
        tiled = np.asarray(stylize_tiled(stylizer, content, style, tile=256)).astype(int)
        distance = np.abs(whole - tiled)
        report["runs"].append(
            {
                "precision": str(stylizer.dtype).removeprefix("torch."),
                "equal_at": options.same,
                "largest_difference": int(distance.max()),
                "share_different": round(float((distance > 0).mean()), 6),
            }
        )
        print(report["runs"][-1])
    stylizer = adain_lab.load(options.model)
    del whole, tiled, distance
    large = photograph.resize((options.side, options.side))
    expected = estimate(stylizer, options.side, options.side, options.tile)
    print("estimated:", expected)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    began = time.perf_counter()
    stylize_tiled(stylizer, large, style, tile=options.tile)
    report["large"] = {
        "side": options.side,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb_above_model": round(resident("VmHWM") - before),
        "estimated_mb": expected.megabytes,
        "estimated_seconds": round(expected.seconds, 1),
        "precision": str(stylizer.dtype).removeprefix("torch."),
    }
    print(report["large"])
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
