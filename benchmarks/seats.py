"""How many students a machine carries: the wait after a slider's move, with more and more of them at it.

    python benchmarks/seats.py [--seats 1 2 4 8 16] [--models tiny slim] [--threads 1] [--seconds S] [--json FILE]

Each seat is a kernel of its own, as in JupyterLab, with an alpha panel of 256 pixels. All of them move their sliders at
the same time and without rest: one move, then a pause, random, a tenth of a second on average. The wait is from the
    move until
the kernel has the new picture; what the browser adds does not depend on the neighbours, who have browsers of
their own. Memory is a kernel's resident set after that. It measures and asserts no time: what is fast enough depends on
the machine.
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

from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from run_course import machine  # noqa: E402

#: Mean seconds between two moves of one hand.
PAUSE = 0.1

SETUP = """
import json, os, random, time
from adain_lab.widgets import AlphaPanel
panel = AlphaPanel(stylizer={model!r}, size=256)
def seat(number, start, seconds, pause={pause}):
    random.seed(number)
    time.sleep(max(0, start - time.time()))
    waits = []
    while time.time() < start + seconds:
        time.sleep(random.expovariate(1 / pause))
        began = time.perf_counter()
        panel.alpha = random.random()
        waits.append((time.perf_counter() - began) * 1000)
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("VmRSS"))
    print(json.dumps({{"waits": waits, "mb": int(status["VmRSS"].split()[0]) / 1000}}))
panel.alpha = 0.5
"""


#: Seconds that code may take in a kernel.
PATIENCE_S = 1800


class Kernel:
    """A kernel of its own that has executed ``setup``."""

    def __init__(self, setup: str, threads: int):
        self.manager, self.client = start_new_kernel(env={**os.environ, "OMP_NUM_THREADS": str(threads)})
        self.run(setup)

    def run(self, code: str) -> str:
        """Execute ``code``; what it printed."""
        printed = []
        reply = self.client.execute_interactive(
            code, timeout=PATIENCE_S, output_hook=lambda m: printed.append(m["content"].get("text", ""))
        )
        if reply["content"]["status"] != "ok":
            raise SystemExit(f"{reply['content']['ename']}: {reply['content']['evalue']}")
        return "".join(printed)

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


class Seat(Kernel):
    """A kernel with a panel."""

    def __init__(self, number: int, model: str, threads: int):
        self.number = number
        super().__init__(SETUP.format(model=model, pause=PAUSE), threads)


def measure(count: int, model: str, threads: int, seconds: float) -> dict:
    """The waits of ``count`` seats that work at the same time."""
    with ThreadPoolExecutor(count) as pool:
        seats = list(pool.map(lambda number: Seat(number, model, threads), range(count)))
        try:
            start = time.time() + 1
            texts = list(pool.map(lambda seat: seat.run(f"seat({seat.number}, {start}, {seconds})"), seats))
        finally:
            for seat in seats:
                seat.close()
    results = [json.loads(text) for text in texts]
    waits = sorted(wait for result in results for wait in result["waits"])
    return {
        "seats": count,
        "moves": len(waits),
        "median_ms": round(statistics.median(waits), 1),
        "p90_ms": round(waits[int(0.9 * len(waits))], 1),
        "resident_mb": round(statistics.mean(result["mb"] for result in results)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seats", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--models", nargs="+", default=["tiny", "slim"])
    parser.add_argument("--threads", type=int, default=1, help="PyTorch threads per kernel (default: 1)")
    parser.add_argument("--seconds", type=float, default=8, help="how long everybody works (default: 8)")
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "seats.json")
    options = parser.parse_args()
    report = {"machine": {**machine(), "threads": options.threads}, "pause_s": PAUSE, "results": {}}
    for model in options.models:
        rows = report["results"][model] = []
        for count in options.seats:
            rows.append(measure(count, model, options.threads, options.seconds))
            print(f"{model}, {count} seats: {rows[-1]['median_ms']:.0f} ms (p90 {rows[-1]['p90_ms']:.0f}), "
                  f"{rows[-1]['resident_mb']} MB each, {rows[-1]['moves']} moves", flush=True)  # fmt: skip
        alone = rows[0]["median_ms"]
        carried = [row["seats"] for row in rows if row["median_ms"] < 2 * alone]
        print(
            f"{model}: {max(carried)} seats before the median wait doubles"
            + ("" if carried[-1] != options.seats[-1] else ", or more")
        )
    options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
