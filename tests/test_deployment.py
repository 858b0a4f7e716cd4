"""What an instructor deploys agrees with what was measured, and names what exists."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
VALUES = yaml.safe_load((ROOT / "deploy" / "jupyterhub" / "values.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
#: What JupyterLab's own server takes beside the kernel, measured generously.
SERVER_GB = 0.25


def gigabytes(text):
    return float(str(text).removesuffix("G"))


def record(name):
    return json.loads((ROOT / "benchmarks" / "results" / name).read_text())


def test_a_seat_has_the_memory_that_the_largest_lesson_took():
    peak = (
        max(row[version]["peak_mb"] for row in record("course.json")["lessons"] for version in ("student", "solved"))
        / 1000
    )
    memory = VALUES["singleuser"]["memory"]
    assert gigabytes(memory["guarantee"]) < gigabytes(memory["limit"])
    assert peak + SERVER_GB < gigabytes(memory["limit"])
    resident = max(row["resident_mb"] for rows in record("seats.json")["results"].values() for row in rows) / 1000
    assert resident + SERVER_GB < gigabytes(memory["guarantee"])


def test_a_seat_has_the_share_of_a_core_at_which_the_wait_has_not_doubled():
    for rows in record("seats.json")["results"].values():
        carried = max(row["seats"] for row in rows if row["median_ms"] < 2 * rows[0]["median_ms"])
        assert VALUES["singleuser"]["cpu"]["guarantee"] >= record("seats.json")["machine"]["cores"] / carried
    assert VALUES["singleuser"]["extraEnv"]["OMP_NUM_THREADS"] == "1"


def test_the_hook_is_a_command_that_exists():
    command = VALUES["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert command[0] == "adain-lab"
    text = subprocess.run(
        [sys.executable, "-m", "adain_lab", command[1], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(option in text for option in command if option.startswith("--"))
    assert VALUES["singleuser"]["defaultUrl"].removeprefix("/lab/tree/") == "adain_lab_course/00_start_here.ipynb"


def test_the_image_installs_extras_and_runs_a_user_without_rights():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.search(r"/opt/adain_lab\[([\w,]+)\]", DOCKERFILE)[1].split(",")
    assert set(named) <= set(extras)
    # What Binder asks of a Dockerfile: the user's name and number are arguments, and the user is the one who runs.
    assert "ARG NB_USER" in DOCKERFILE and "ARG NB_UID" in DOCKERFILE and "USER ${NB_USER}" in DOCKERFILE
    python = re.search(r"FROM python:(\d+\.\d+)", DOCKERFILE)[1]
    assert (ROOT / "binder" / "runtime.txt").read_text().strip() == f"python-{python}"
    assert (ROOT / "binder" / "requirements.txt").read_text().split() == ["."]


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_scripts_are_valid(name):
    assert subprocess.run(["bash", "-n", ROOT / "binder" / name]).returncode == 0
    assert (ROOT / "binder" / name).stat().st_mode & 0o111


def test_lessons_for_colab_install_the_package_only_where_it_is_missing(tmp_path):
    spec = importlib.util.spec_from_file_location("colab", ROOT / "tools" / "colab.py")
    colab = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(colab)
    assert colab.main(["https://example.org/adain_lab.whl", "-o", str(tmp_path)]) == 0
    names = sorted(p.name for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    first, *rest = nbformat.read(tmp_path / names[0], as_version=4).cells
    assert [cell.source for cell in rest] == [
        cell.source for cell in nbformat.read(ROOT / "notebooks" / names[0], as_version=4).cells
    ]
    assert "'https://example.org/adain_lab.whl'" in first.source
    # Here the package is installed: the cell must not call pip.
    run = (
        "import subprocess\ndef refuse(*a, **k): raise SystemExit('called pip')\nsubprocess.run = refuse\n"
        + first.source
    )
    subprocess.run([sys.executable, "-c", run], check=True, cwd=tmp_path)
    missing = run.replace("import subprocess\n", "import subprocess, importlib.util\n", 1).replace(
        'importlib.util.find_spec("adain_lab")', "None"
    )
    assert (
        subprocess.run([sys.executable, "-c", missing], capture_output=True, text=True).stderr.strip() == "called pip"
    )
