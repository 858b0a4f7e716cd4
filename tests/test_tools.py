"""What serves those who build on the package: the API reference, the shipped type hints, the JavaScript's own tests."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_reference_has_a_page_for_every_module(tmp_path):
    """In a process of its own: pdoc writes into the modules that it reads."""
    built = subprocess.run(
        [sys.executable, ROOT / "tools" / "make_docs.py", tmp_path], cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    pages = {page.relative_to(tmp_path).with_suffix("").as_posix() for page in tmp_path.rglob("*.html")}
    files = [file.relative_to(ROOT).with_suffix("").as_posix() for file in (ROOT / "adain_lab").rglob("*.py")]
    assert {file.removesuffix("/__init__") for file in files} - {"adain_lab/__main__"} <= pages
    stylizer = (tmp_path / "adain_lab" / "stylizer.html").read_text(encoding="utf-8")
    assert "A stylizer with pretrained weights" in stylizer and "Arguments:" in stylizer


def test_type_hints_are_shipped_and_checked_in_every_module():
    assert (ROOT / "adain_lab" / "py.typed").is_file()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["packages"] == ["adain_lab"]
    strict = ("check_untyped_defs", "disallow_untyped_defs", "disallow_incomplete_defs")
    assert all(settings[name] is True for name in strict)
    (override,) = settings["overrides"]  # wrong answers, of which there are hundreds, say no types
    assert override == {"module": ["adain_lab.checks.*"], **dict.fromkeys(strict[1:], False)}


def test_every_program_of_a_page_has_its_types_checked():
    """`make frontend` runs the check, which needs a network once; here, that nothing is left out of it."""
    frontend = ROOT / "tools" / "frontend"
    settings = json.loads((frontend / "tsconfig.json").read_text())
    assert settings["compilerOptions"]["checkJs"] and settings["compilerOptions"]["strict"]
    checked = {path.resolve() for pattern in settings["include"] for path in frontend.glob(pattern)}
    assert checked == set((ROOT / "adain_lab").rglob("*.js")) and len(checked) > 40
    assert all(path.read_text(encoding="utf-8").startswith("// @ts-check\n") for path in checked)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_pure_javascript_does_what_it_says():
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < 20:
        pytest.skip("needs Node 20 or newer")
    result = subprocess.run(
        ["node", "--test", "tests/frontend/"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stdout
