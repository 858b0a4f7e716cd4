"""The table of all exercises, for people and for a gradebook."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import adain_lab
from adain_lab.checks.core import EXERCISES, say
from adain_lab.checks.progress import standing
from adain_lab.errors import InputError
from adain_lab.files import write_whole

__all__ = ["report"]


def report(json_path: str | os.PathLike | None = None, lesson: str | None = None) -> None:
    """Print where you stand: every exercise with its status and points, over all kernels where progress is kept.

    Args:
        json_path: also write the table to this file, whole or not at all, for a gradebook.
        lesson: "00" to "09" for one lesson's exercises; all of them when None.

    Raises:
        ValueError: no such lesson, or the file's folder does not exist or cannot be written.

    Example:
        >>> from adain_lab import checks
        >>> checks.reset()
        >>> checks.report(lesson="00")
        lesson  exercise            status              points
        00      channel_statistics  ○ not attempted     0 / 1
        00      blend               ○ not attempted     0 / 1
        00      my_picture          ○ not attempted     0 / 1
        0 of 3 exercises passed, 0 of 3 points.
    """
    lessons = sorted({check.lesson for check in EXERCISES.values()})
    if lesson is not None and lesson not in lessons:
        raise InputError(f"unknown lesson {lesson!r}: choose from {', '.join(lessons)}")
    rows = [(result, EXERCISES[name].points) for name, result in standing().items() if lesson in (None, result.lesson)]
    earned, possible = sum(r.points for r, _ in rows), sum(points for _, points in rows)
    width = max(len(r.name) for r, _ in rows)
    lines = [f"{'lesson':6}  {'exercise':{width}}  {'status':18}  points"]
    lines += [
        f"{r.lesson:6}  {r.name:{width}}  {r.symbol + ' ' + r.status:18}  {r.points} / {points}" for r, points in rows
    ]
    passed = sum(r.passed for r, _ in rows)
    say("\n".join(lines) + f"\n{passed} of {len(rows)} exercises passed, {earned} of {possible} points.")
    if json_path is None:
        return
    table = {
        "schema": 1,
        "adain_lab": adain_lab.__version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "points": earned,
        "possible": possible,
        "exercises": [
            {
                "lesson": r.lesson,
                "name": r.name,
                "status": r.status,
                "points": r.points,
                "possible": points,
                "message": r.message,
                "details": list(r.details),
            }
            for r, points in rows
        ],
    }
    text = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
    write_whole(Path(json_path), lambda temporary: temporary.write_text(text, encoding="utf-8"))
