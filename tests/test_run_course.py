"""The table of lessons: what `make course` runs, records, and writes into the README."""

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parent.parent


def _tool():
    spec = importlib.util.spec_from_file_location("run_course", ROOT / "tools" / "run_course.py")
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by name
    import sys

    sys.modules["run_course"] = module
    spec.loader.exec_module(module)
    return module


tool = _tool()
RECORDED = json.loads(tool.RECORD.read_text(encoding="utf-8")) if tool.RECORD.is_file() else {"lessons": []}


def test_the_readme_shows_what_was_recorded():
    assert tool.main(["--check"]) == 0


def test_every_lesson_was_recorded_and_nothing_else():
    words = ("file", "number", "title", "subtitle", "exercises")
    current = [{name: getattr(lesson, name) for name in words} for lesson in tool.lessons()]
    assert [{name: row[name] for name in words} for row in RECORDED["lessons"]] == current, "run make course"
    assert [tuple(row["minutes"]) for row in RECORDED["lessons"]] == [lesson.minutes for lesson in tool.lessons()]


def test_every_solved_lesson_passed_its_checks():
    assert RECORDED["lessons"]
    for row in RECORDED["lessons"]:
        assert row["solved"]["passed"] == row["exercises"] >= 3
        assert row["student"]["passed"] == 0


def notebook(path, *cells):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    return path


def test_a_notebook_is_run_measured_and_not_changed(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "from adain_lab import adain, checks", "checks.adain(adain)")
    before = path.read_bytes()
    cost = tool.run(path)
    assert cost.passed == 1 and 50 < cost.peak_mb < 20_000 and cost.seconds > 0
    assert path.read_bytes() == before


def test_a_notebook_that_fails_is_not_passed_over(tmp_path):
    with pytest.raises(CellExecutionError):
        tool.run(notebook(tmp_path / "a.ipynb", "1 / 0"))


def test_only_the_table_is_replaced():
    readme = f"before\n{tool.BEGIN}\nold\n{tool.END}\nafter\n"
    assert tool.with_table(readme, "new\n") == f"before\n{tool.BEGIN}\nnew\n{tool.END}\nafter\n"
