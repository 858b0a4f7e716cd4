"""How many frames per second the camera panel paints: from Chromium's fake camera through JupyterLab and back into the page.

    python benchmarks/camera.py [--seconds S] [--size PX] [--models tiny] [--json FILE]

Opens a camera panel in JupyterLab in Chromium, starts it, and counts the frames that the page has shown. It measures
and asserts no time: what is fast enough depends on the machine. It says how busy the machine was before and after.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.jupyter import NotebookPage, running_chromium, running_lab  # noqa: E402
from panel_latency import machine  # noqa: E402

CELL = (
    "from adain_lab.widgets import CameraPanel\n"
    "panel = CameraPanel('kilim', stylizer={model!r}, size={size}, source='camera')\npanel"
)
SHOWN = """() => ({
  frames: Number(document.querySelector(".al-camera-panel").dataset.frames ?? 0),
  at: performance.now(),
  words: document.querySelector(".al-camera-panel .al-status").textContent,
})"""
#: Frames before the count begins, and how often the page is asked what it shows, seconds.
WARM_UP, INTERVAL = 10, 0.5


def measure(context, lab, model: str, size: int, seconds: float) -> dict:
    """Let one camera panel run for ``seconds``."""
    notebook = NotebookPage(context, lab, lab.write_notebook(f"{model}.ipynb", [CELL.format(model=model, size=size)]))
    page = notebook.page
    context.grant_permissions(["camera"])
    notebook.run_all()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function(f"({SHOWN})().frames >= {WARM_UP}", timeout=120_000)
    kernel, trip = [], []
    first = last = page.evaluate(SHOWN)
    while last["at"] - first["at"] < 1000 * seconds:
        page.wait_for_timeout(1000 * INTERVAL)
        last = page.evaluate(SHOWN)
        *_, times = last["words"].split(" · ")  # "12 ms in the kernel, 34 ms there and back"
        kernel.append(float(times.split()[0]))
        trip.append(float(times.split(", ")[1].split()[0]))
    facts = json.loads(
        notebook.python("import json, torch; print(json.dumps([panel.error, panel.source, torch.get_num_threads()]))")
    )
    picture = json.loads(notebook.python("print([*panel.images.shape[:1:-1]])"))
    page.close()
    if facts[0] or facts[1] != "camera":
        raise SystemExit(f"the camera did not run: {facts[0]}")
    return {
        "model": model,
        "picture": picture,
        "threads": facts[2],
        "seconds": round((last["at"] - first["at"]) / 1000, 1),
        "frames_per_second": round(1000 * (last["frames"] - first["frames"]) / (last["at"] - first["at"]), 2),
        "kernel_median_ms": statistics.median(kernel),
        "round_trip_median_ms": statistics.median(trip),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--size", type=int, default=192, help="shorter side of a frame, pixels; the camera's are 4 : 3")
    parser.add_argument("--models", nargs="+", default=["tiny"])
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "camera.json")
    parser.add_argument(
        "--note", default="", help="what else is worth knowing about this run, such as what ran beside it"
    )
    options = parser.parse_args()
    with running_lab() as lab, running_chromium() as context:
        report = {"machine": machine(context), "note": options.note, "results": []}
        for model in options.models:
            row = measure(context, lab, model, options.size, options.seconds)
            report["results"].append(row)
            print(
                f"{model}, {row['picture'][0]} x {row['picture'][1]}: {row['frames_per_second']} frames per second; "
                f"{row['kernel_median_ms']:.0f} ms in the kernel, {row['round_trip_median_ms']:.0f} ms there and back"
            )
        report["machine"]["load_at_end"] = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
