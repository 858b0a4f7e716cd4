"""What a student has solved, kept in a small file from one kernel to the next.

The file ``adain_lab_progress.json`` lies in :func:`adain_lab.course.study_folder` and is written whole or not at all.
A tick once earned stays: a later verdict only replaces one that was no pass. To begin anew, delete the file.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import adain_lab
from adain_lab.files import write_whole

__all__ = ["FILE", "load", "remember"]

FILE = "adain_lab_progress.json"
_STATUSES = ("passed", "failed")


def load(folder: Path | None) -> tuple[dict[str, dict[str, Any]], str | None]:
    """The kept verdicts by exercise, and a sentence where the file is damaged; it is then put aside.

    Each verdict has a ``status``, "passed" or "failed", a ``message`` and a list ``details``.
    """
    if folder is None or not (folder / FILE).is_file():
        return {}, None
    file = folder / FILE
    try:
        verdicts = json.loads(file.read_text(encoding="utf-8"))["exercises"]
        if not all(_is_verdict(verdict) for verdict in verdicts.values()):
            raise ValueError
        return verdicts, None
    except OSError as error:
        return {}, f"Your progress in {file} cannot be read ({error.strerror or error}), so it is left out here."
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # the last: brackets without end
        aside = file.with_name(f"{file.stem}.damaged{file.suffix}")
        try:
            file.replace(aside)
        except OSError:
            return {}, f"{FILE} is damaged, so your progress begins anew."
        return {}, f"{FILE} was damaged, so your progress begins anew; the old file is {aside.name} now."


def _is_verdict(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("status") in _STATUSES
        and isinstance(value.get("message"), str)
        and isinstance(value.get("details"), list)
        and all(isinstance(line, str) for line in value["details"])
    )


def remember(folder: Path | None, name: str, lesson: str, status: str, message: str, details: tuple) -> str | None:
    """Keep the verdict on an exercise; a sentence where that was not possible.

    Nothing is written where nothing changes, for an exercise that was not attempted, and over a pass.
    """
    if folder is None or status not in _STATUSES:
        return None
    verdicts, said = load(folder)
    before = verdicts.get(name, {})
    verdict = {"lesson": lesson, "status": status, "message": message, "details": list(details)}
    if before.get("status") == "passed" or all(before.get(key) == value for key, value in verdict.items()):
        return said
    verdicts[name] = verdict | {"when": datetime.now(UTC).isoformat(timespec="seconds")}
    table = {"schema": 1, "adain_lab": adain_lab.__version__, "exercises": verdicts}
    try:
        text = json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        write_whole(folder / FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # what can be read may still be nested too deeply to be written
        return f"Your progress is not kept: {error}."
    return said
