"""How long a reader waits after moving the alpha slider: from the slider's change to the new picture in the page.

    python benchmarks/panel_latency.py [--rounds N] [--size PX] [--models tiny slim] [--json FILE]

Opens a panel in JupyterLab in Chromium, moves its slider, and waits until the page has loaded the new picture; the
computation is included, and reported beside it. It measures and asserts no time: what is fast enough depends on the
machine.
"""

import argparse
import json
import os
import platform
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.jupyter import NotebookPage, running_chromium, running_lab  # noqa: E402

CELL = "from adain_lab.widgets import AlphaPanel\npanel = AlphaPanel(stylizer={model!r}, size={size})\npanel"
# Move the slider, wait for the picture: [milliseconds, ...], one per value.
ROUNDS = """async (values) => {
  const slider = document.querySelector(".al-panel input[type=range]");
  const image = document.querySelector(".al-panel .al-after");
  const times = [];
  for (const value of values) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    const loaded = new Promise((resolve, reject) => {
      image.addEventListener("load", () => resolve(performance.now()), { once: true });
      setTimeout(() => reject(new Error("no picture after 20 s")), 20000);
    });
    slider.value = value;
    const start = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push((await loaded) - start);
  }
  return times;
}"""


def measure(context, lab, model: str, size: int, rounds: int) -> dict:
    """Open a notebook with one panel and move its slider ``rounds`` times, after three to warm up."""
    notebook = NotebookPage(context, lab, lab.write_notebook(f"{model}.ipynb", [CELL.format(model=model, size=size)]))
    notebook.run_all()
    notebook.page.wait_for_function("document.querySelector('.al-panel .al-after')?.naturalWidth > 0")
    notebook.python("computed = []; panel.observe(lambda change: computed.append(change['new']), 'milliseconds')")
    values = [
        round((37 * k % 97 + 1) / 100, 2) for k in range(rounds + 3)
    ]  # far apart, all different from their neighbours
    times = notebook.page.evaluate(ROUNDS, values)[3:]
    computed = json.loads(notebook.python("print(computed)"))[3:]
    picture = json.loads(notebook.python("print([*panel.images.shape[:1:-1]])"))
    threads = json.loads(notebook.python("import torch; print(torch.get_num_threads())"))
    notebook.page.close()
    return {
        "model": model,
        "picture": picture,
        "rounds": rounds,
        "threads": threads,
        "shown": summary(times),
        "computed": summary(computed),
    }


def summary(milliseconds: list[float]) -> dict[str, float]:
    """Median and 90th percentile."""
    return {
        "median_ms": round(statistics.median(milliseconds), 1),
        "p90_ms": round(statistics.quantiles(milliseconds, n=10)[-1], 1),
    }


def machine(context) -> dict[str, str | int]:
    """What it was measured on: nothing that names the machine or its folders."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        cpu = next(
            (line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")),
            cpu,
        )
    browser = context.pages[0].evaluate("navigator.userAgent.match(/Chrom\\w*\\/[\\d.]+/)?.[0] ?? 'unknown'")
    packages = ("torch", "jupyterlab", "ipywidgets", "anywidget", "ipykernel")
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu,
        "cores": os.cpu_count() or 0,
        "load_at_start": load,
        "python": platform.python_version(),
        "browser": browser,
        **{name: version(name) for name in packages},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--size", type=int, default=256, help="shorter side of the picture, pixels")
    parser.add_argument("--models", nargs="+", default=["tiny", "slim"])
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "panel_latency.json")
    parser.add_argument("--note", default="", help="what else is worth knowing about this run")
    options = parser.parse_args()
    with running_lab() as lab, running_chromium() as context:
        report = {"machine": machine(context), "note": options.note, "results": []}
        for model in options.models:
            row = measure(context, lab, model, options.size, options.rounds)
            report["results"].append(row)
            shown, computed = row["shown"], row["computed"]
            print(
                f"{model}, {row['picture'][0]} x {row['picture'][1]}: shown after {shown['median_ms']:.0f} ms (p90 {shown['p90_ms']:.0f}), "
                f"computed in {computed['median_ms']:.0f} ms (p90 {computed['p90_ms']:.0f}); n = {row['rounds']}"
            )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
