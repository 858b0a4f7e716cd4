"""A large picture in bounded memory: peak resident memory and time of tiling, and how far it is from one pass.

    python benchmarks/tiling.py [--side PX] [--model slim] [--tile PX] [--json FILE]
    python benchmarks/tiling.py --only-command

The picture is a sample, enlarged. Memory is the process's peak resident set during the transfer minus its resident set
with the model loaded and one small picture painted. Equality is measured at a size where both ways fit. The command
`adain-lab stylize` is measured whole, from a JPEG to a PNG, by the peak resident set that the system reports of a child
process; what it needs for a picture of 96 x 64 pixels is what the picture is not to blame for. It measures and asserts
no time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from run_course import machine  # noqa: E402

import adain_lab  # noqa: E402
from adain_lab.tiling import estimate, stylize_tiled  # noqa: E402
from adain_lab.weights import DEFAULT_MODEL  # noqa: E402


def resident(field: str) -> float:
    """VmRSS (now) or VmHWM (peak) of this process, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(field))


#: What runs the command and says its peak; a small process, for a child begins with its parent's memory.
PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "adain_lab", *sys.argv[1:]], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def measure_command(side: int = 3000) -> dict:
    """Peak resident memory of ``adain-lab stylize``, MB: for a large picture, and for a small one."""

    def peak(content: str, *options: str) -> int:
        command = [sys.executable, "-c", PEAK, "stylize", content, "wave_print", "-o", out, "--device", "cpu", *options]
        return round(int(subprocess.run([*command, "--quiet"], check=True, capture_output=True).stdout) / 1e6)

    photograph = adain_lab.open_image(adain_lab.sample("temple")).resize((side, side))
    with tempfile.TemporaryDirectory() as folder:
        large, out = f"{folder}/large.jpg", f"{folder}/out.png"
        photograph.save(large, quality=92)
        small = peak("temple", "--size", "64", "--tile", "64")
        return {"side": side, "model": DEFAULT_MODEL, "small_mb": small, "large_mb": peak(large)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--same", type=int, default=768, help="side at which tiled and untiled are compared")
    parser.add_argument("--model", default="slim")
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--only-command", action="store_true", help="measure the command alone, and keep the rest")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "tiling.json")
    options = parser.parse_args()
    if options.only_command:
        report = json.loads(options.json.read_text(encoding="utf-8")) | {"command": measure_command()}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        return
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
    report["command"] = measure_command()
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
