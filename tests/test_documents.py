"""Documents that are written from the code agree with it."""

import importlib.util
from pathlib import Path

from adain_lab import checks

ROOT = Path(__file__).resolve().parent.parent


def _tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_of_checks_is_up_to_date():
    assert _tool("list_checks").main(["--check"]) == 0, "run python tools/list_checks.py"


def test_the_list_names_every_exercise_and_finds_their_mistakes():
    tool = _tool("list_checks")
    page = tool.document()
    assert all(f"### `{name}` ·" in page for name in checks.EXERCISES)
    from adain_lab.checks.mistakes.lesson05 import ADAIN_MISTAKES

    assert set(ADAIN_MISTAKES) <= set(tool.mistakes_of(checks.adain))


def test_the_instructors_guide_speaks_of_every_lesson():
    guide = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        assert lesson.name[:2] in guide, lesson.name


def test_the_page_of_the_api_is_current():
    tool = _tool("make_api_index")
    assert tool.FILE.read_text(encoding="utf-8") == tool.text(), "run python tools/make_api_index.py"
