"""Many studios at once: eight kernels, 500 moves of a slider in each, and whether their memory grows.

    python benchmarks/kernels.py [--kernels 8] [--moves 500] [--cores 2] [--model tiny] [--json FILE]

Each kernel is a process of its own with one thread, as ``adain-lab studio`` starts them, and holds a studio panel of
256 pixels with drafts. All of them move alpha at the same time and without rest; every tenth move is let go, which
paints the final picture. The resident set of each kernel is noted after a tenth of the moves, when everything that is
kept has been made, and after all of them. It asserts nothing: what a machine carries depends on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "benchmarks")]

from run_course import machine  # noqa: E402
from seats import Kernel  # noqa: E402

SETUP = """
import json, os, time
from adain_lab.widgets import StudioPanel
panel = StudioPanel(stylizer={model!r}, size=256)

def resident():
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("VmRSS"))
    return int(status["VmRSS"].split()[0]) / 1000

def work(moves):
    waits, memory = [], []
    for move in range(moves):
        began = time.perf_counter()
        panel.moving = move % 10 < 9
        panel.alpha = (move * 37 % 100) / 100
        waits.append((time.perf_counter() - began) * 1000)
        if move + 1 in (moves // 10, moves):
            memory.append(resident())
    print(json.dumps({{"waits": waits, "mb": memory, "error": panel.error}}))
"""


def measure(kernels: int, moves: int, model: str) -> dict[str, Any]:
    """Run all kernels at once; milliseconds per move over all of them, and megabytes of each at two moments."""
    with ThreadPoolExecutor(kernels) as pool:
        running = list(pool.map(lambda _: Kernel(SETUP.format(model=model), threads=1), range(kernels)))
        try:
            began = time.perf_counter()
            found = [json.loads(text) for text in pool.map(lambda kernel: kernel.run(f"work({moves})"), running)]
            seconds = time.perf_counter() - began
        finally:
            list(pool.map(Kernel.close, running))
    if wrong := [kernel["error"] for kernel in found if kernel["error"]]:
        raise RuntimeError(f"a panel could not paint: {wrong[0]}")
    waits = sorted(wait for kernel in found for wait in kernel["waits"])
    return {
        "kernels": kernels,
        "moves": moves,
        "model": model,
        "seconds": round(seconds, 1),
        "median_ms": round(statistics.median(waits), 1),
        "p95_ms": round(waits[int(0.95 * len(waits))], 1),
        "mb_after_a_tenth": [round(kernel["mb"][0]) for kernel in found],
        "mb_at_the_end": [round(kernel["mb"][1]) for kernel in found],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=8, help="how many at once (default: 8)")
    parser.add_argument("--moves", type=int, default=500, help="of the slider in each (default: 500)")
    parser.add_argument("--cores", type=int, default=2, help="that they share (default: 2)")
    parser.add_argument("--model", default="tiny", help="what paints (default: tiny)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    allowed = sorted(os.sched_getaffinity(0))[: options.cores]
    os.sched_setaffinity(0, allowed)  # the kernels inherit it
    found = {"machine": machine(), "cores": len(allowed), **measure(options.kernels, options.moves, options.model)}
    growth = [late - early for early, late in zip(found["mb_after_a_tenth"], found["mb_at_the_end"], strict=True)]
    print(
        f"{options.kernels} kernels on {len(allowed)} cores, {options.moves} moves each: {found['seconds']:.0f} s, "
        f"median {found['median_ms']:.0f} ms, 95 % below {found['p95_ms']:.0f} ms; "
        f"{max(found['mb_at_the_end'])} MB at most, growth {min(growth)} to {max(growth)} MB"
    )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
