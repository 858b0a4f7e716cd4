"""The figures as text for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adain_lab.files import write_whole

__all__ = ["table", "write_json"]

_COLUMNS = ("stylize", "content", "style", "decode", "cached", "redraw")
_COMPARED = ("stylize", "cached", "redraw")
_LEGEND = (
    "stylize = content + style + decode; cached: the style's statistics are known already; redraw: what a moved slider costs.",
    "x: how many times as fast as the full-size network written plainly, which has no shortcut for a slider.",
)


def table(report: dict[str, Any]) -> str:
    """The report in lines."""
    machine = report["machine"]
    about = [machine["device"], machine["cpu"], f"{machine['cores']} cores", f"torch {machine['torch']}"]
    lines = [
        ", ".join(part for part in about if part),
        "Medians, milliseconds. A picture is a square; a style is as large as it.",
    ]
    for device, size in dict.fromkeys((row["device"], row["size"]) for row in report["results"] + report["skipped"]):
        lines += ["", f"{size} x {size} pixels, {device}", *_one_size(report, device, size)]
    lines += ["", *_LEGEND]
    for title, part in (
        ("Growth with the number of pixels (time ~ pixels^p)", _pixels(report["growth"]["pixels"])),
        ("Growth with styles and regions, milliseconds", _controls(report["growth"]["controls"])),
        ("Gatys' optimisation until it has as much style as AdaIN's single pass", _equal_loss(report["equal_loss"])),
        ("Frames per second with a cached style (the paper: full size, Titan X)", _frames(report["frames"])),
        ("Peak resident memory, MB (beyond the loaded model), each in a process of its own", _memory(report["memory"])),
    ):
        rows = list(part)
        if rows:
            lines += ["", title, *rows]
    return "\n".join([*lines, *([""] if report["notes"] else []), *report["notes"]])


def write_json(report: dict[str, Any], path: Path) -> None:
    """The report as JSON, a line for each row, written whole or not at all."""
    rows = {key: value for key, value in report.items() if isinstance(value, list)}
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in report.items() if key not in rows]
    for key, value in rows.items():
        parts.append(
            f" {json.dumps(key)}: [" + ",".join(f"\n  {json.dumps(row)}" for row in value) + ("\n ]" if value else "]")
        )
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _label(row: dict[str, Any]) -> str:
    return f"{row['name']}, {row['precision']}"


def _one_size(report: dict[str, Any], device: str, size: int) -> Iterable[str]:
    rows = [row for row in report["results"] if (row["device"], row["size"]) == (device, size)]
    yield f"{'':36}" + "".join(f"{column:>9}" + (f"{'x':>6}" if column in _COMPARED else "") for column in _COLUMNS)
    for label in dict.fromkeys(map(_label, rows)):
        own = {row["task"]: row for row in rows if _label(row) == label}
        if "iteration" in own:
            yield f"{label:36}{own['iteration']['milliseconds']:9.1f} per iteration"
            continue
        cells = ""
        for column in _COLUMNS:
            cells += f"{own[column]['milliseconds']:9.1f}" if column in own else f"{'':9}"
            faster = own[column]["times_faster"] if column in own else None
            if column in _COMPARED:
                cells += f"{faster:6.1f}" if faster else f"{'':6}"
        yield (f"{label:36}" + cells).rstrip()
    for row in report["skipped"]:
        if (row["device"], row["size"]) == (device, size):
            yield f"{_label(row):36}  left out: {row['why']}"


def _pixels(rows: list[dict[str, Any]]) -> Iterable[str]:
    for label in dict.fromkeys(f"{_label(row)}, {row['device']}" for row in rows):
        own = [f"{row['task']} {row['exponent']:.2f}" for row in rows if f"{_label(row)}, {row['device']}" == label]
        yield f"{label:42}" + ", ".join(own)


def _controls(rows: list[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        times = ", ".join(f"{count}: {ms:.1f}" for count, ms in row["milliseconds"].items())
        yield f"{row['what'] + ' (' + row['model'] + ')':46}{times}; {row['each']:.2f} for each further one"


def _equal_loss(rows: list[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        start = f"{row['model']}, {row['size']} pixels: "
        if row["iterations"] is None:
            yield start + "not reached"
        else:
            spent = f"{row['iterations']} iterations, {row['seconds']:.1f} s"
            yield start + f"{spent}, {row['times']:.0f} times as long as the pass of {row['adain_milliseconds']:.0f} ms"


def _frames(rows: list[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        place = f"{_label(row)}, {row['device']}, {row['size']} pixels"
        yield f"{place:52}{row['frames_per_second']:8.1f}   paper {row['paper']}"


def _memory(rows: list[dict[str, Any]]) -> Iterable[str]:
    for label in dict.fromkeys(f"{_label(row)}, {row['device']}" for row in rows):
        own = [row for row in rows if f"{_label(row)}, {row['device']}" == label]
        sizes = [f"{row['size']}: {row['peak_mb']} ({row['above_mb']})" for row in own]
        gpu = [f"GPU {row['gpu_mb']} at {row['size']}" for row in own if "gpu_mb" in row][-1:]
        yield f"{label:42}" + ", ".join(sizes + gpu)
