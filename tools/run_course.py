"""Run the whole course and say what it costs.

    python tools/run_course.py                 run every lesson, both versions; print a table, record it, and write it
                                               into the README
    python tools/run_course.py --lesson 05     the same for single lessons; the record of the others stays
    python tools/run_course.py --check         only say whether the README's table is what was recorded (exit 1)

A lesson must run to its end; in the solved version every check must pass. Nothing is
saved into the notebooks. Time is from the kernel's start to the last cell; memory is the kernel's largest
resident set. The figures are recorded in ``benchmarks/results/course.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from adain_lab.files import write_whole

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS, README = ROOT / "notebooks", ROOT / "README.md"
RECORD = ROOT / "benchmarks" / "results" / "course.json"
BEGIN, END = "<!-- lessons: written by `make course` -->", "<!-- end of lessons -->"
#: Run as a last cell in the lesson's own kernel.
PROBE = """
import json, resource, sys
from adain_lab import checks as _checks
_unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps({
    "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _unit / 1e6),
    "checks": {name: result.status for name, result in _checks.results().items()},
}))
"""


@dataclass(frozen=True)
class Lesson:
    """What a lesson says of itself.

    Attributes:
        file: its name in ``notebooks``.
        number, title, subtitle: from its heading.
        minutes: to read, run and solve.
        exercises: how many there are.
    """

    file: str
    number: str
    title: str
    subtitle: str
    minutes: tuple[int, int, int]
    exercises: int


@dataclass(frozen=True)
class Cost:
    """What one version of a lesson took."""

    seconds: float
    peak_mb: int
    passed: int


def read_lesson(path: Path) -> Lesson:
    """A lesson's own words about itself."""
    notebook = nbformat.read(path, as_version=4)
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^# (\d\d) · (.+)\n+\*(.+)\*", text, re.MULTILINE)
    times = re.search(r"\*\*Time\*\* read (\d+) minutes · run (\d+) minutes? · solve (\d+) minutes", text)
    if not heading or not times:
        raise SystemExit(f"{path.name} lacks its heading, the line under it, or its times")
    exercises = sum(bool(cell.metadata.get("nbgrader", {}).get("grade")) for cell in notebook.cells)
    return Lesson(path.name, heading[1], heading[2], heading[3], tuple(int(n) for n in times.groups()), exercises)


def lessons() -> list[Lesson]:
    """All lessons in their order."""
    return [read_lesson(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def run(path: Path, timeout: int = 600) -> Cost:
    """Execute a notebook in its folder without saving it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE))
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    started = time.perf_counter()
    client.execute()
    seconds = time.perf_counter() - started
    probe = json.loads(notebook.cells[-1].outputs[0].text)
    passed = sum(status == "passed" for status in probe["checks"].values())
    return Cost(round(seconds, 1), probe["peak_mb"], passed)


def measure(only: list[str] | None = None) -> dict:
    """Run everything, or the lessons with the numbers ``only``; the record. Exits where a lesson fails."""
    rows, failed = [], []
    for lesson in lessons():
        if only and lesson.number not in only:
            continue
        costs = {}
        for version, path in (("student", NOTEBOOKS / lesson.file), ("solved", NOTEBOOKS / "solutions" / lesson.file)):
            print(f"{lesson.number} {lesson.title}, {version} …", end=" ", flush=True)
            try:
                costs[version] = run(path)
            except CellExecutionError as error:
                failed.append(f"{path.relative_to(ROOT)}: {error.ename}: {error.evalue}")
                print("failed")
                continue
            print(f"{costs[version].seconds:.0f} s")
        if len(costs) == 2:
            if costs["solved"].passed < lesson.exercises:
                failed.append(
                    f"{lesson.file}: the solved version passes {costs['solved'].passed} of {lesson.exercises} checks"
                )
            rows.append({**asdict(lesson), **{version: asdict(cost) for version, cost in costs.items()}})
    if failed:
        raise SystemExit("\n".join(failed))
    if only and RECORD.is_file():  # the others as they were recorded
        others = {row["file"]: row for row in json.loads(RECORD.read_text(encoding="utf-8"))["lessons"]}
        run_now = {row["file"]: row for row in rows}
        known = others | run_now
        rows = [{**known[lesson.file], **asdict(lesson)} for lesson in lessons() if lesson.file in known]
    return {"machine": machine(), "lessons": rows}


def machine() -> dict:
    """What it was measured on: nothing that names the machine."""
    import torch

    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        cpu = next(
            (line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")),
            cpu,
        )
    return {"system": f"{platform.system()} {platform.machine()}", "cpu": cpu, "cores": os.cpu_count(), "threads": torch.get_num_threads(),
            "python": platform.python_version(), "torch": torch.__version__}  # fmt: skip


def report(record: dict) -> str:
    """The record as a table for a terminal."""
    lines = [f"{'lesson':34}  {'student':>8}  {'solved':>8}  {'memory':>8}  {'exercises':>9}  {'checks':>6}"]
    for row in record["lessons"]:
        memory = max(row["student"]["peak_mb"], row["solved"]["peak_mb"])
        name, seconds = (
            f"{row['number']} {row['title']}",
            [row[version]["seconds"] for version in ("student", "solved")],
        )
        checks = f"{row['exercises']:9}  {row['solved']['passed']:6}"
        lines.append(f"{name:34}  {seconds[0]:6.0f} s  {seconds[1]:6.0f} s  {memory:5} MB  {checks}")
    student, solved = (sum(row[version]["seconds"] for row in record["lessons"]) for version in ("student", "solved"))
    lines.append(f"{'the whole course':34}  {student:6.0f} s  {solved:6.0f} s")
    return "\n".join(lines)


def readme_table(record: dict) -> str:
    """The record as the README shows it."""
    lines = ["| lesson | what it is about | read + run + solve | runs in | memory |", "| --- | --- | --- | --- | --- |"]
    for row in record["lessons"]:
        read, run_, solve = row["minutes"]
        memory = max(row["student"]["peak_mb"], row["solved"]["peak_mb"]) / 1000
        lines.append(
            f"| [{row['number']} {row['title']}](notebooks/{row['file']}) | {row['subtitle']} | {read} + {run_} + {solve} minutes "
            f"| {row['student']['seconds']:.0f} s | {memory:.1f} GB |"
        )
    total = sum(row["student"]["seconds"] for row in record["lessons"]) / 60
    spec = record["machine"]
    threads = f"{spec['threads']} thread{'s' * (spec['threads'] != 1)} per lesson"
    where = f"on {spec['cores']} cores of an {spec['cpu']}, {threads}"
    note = f"*Run untouched in {total:.1f} minutes in all {where}; memory is a kernel's largest.*"
    return "\n".join(lines) + f"\n\n{note}\n"


def with_table(readme: str, table: str) -> str:
    """The README with the table between its two markers."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END)[1]}"


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the README's table is what was recorded")
    parser.add_argument("--lesson", nargs="+", metavar="NN", help="run only these")
    options = parser.parse_args(arguments)
    readme = README.read_text(encoding="utf-8")
    if options.check:
        current = with_table(readme, readme_table(json.loads(RECORD.read_text(encoding="utf-8"))))
        if readme != current:
            print("README.md: the table of lessons is not what was recorded; run make course", file=sys.stderr)
        return int(readme != current)
    record = measure(options.lesson)
    print(report(record))
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write_whole(RECORD, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    readme = README.read_text(encoding="utf-8")  # it may have been edited meanwhile
    write_whole(
        README, lambda temporary: temporary.write_text(with_table(readme, readme_table(record)), encoding="utf-8")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
