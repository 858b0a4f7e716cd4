"""The sources drop into a real nbgrader course: it releases what we release, and grades what students hand in."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from adain_lab import checks

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = ROOT / "notebooks" / "solutions"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder of a course, and a function that runs nbgrader in it."""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed: the sources were not graded with it")
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "deploy" / "nbgrader_config.py", folder)
    private = {
        name: str(folder / name.lower()) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    path = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]

    def nbgrader(*arguments):
        result = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=folder,
            env={**os.environ, **private, "PATH": path},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout + result.stderr

    return folder, nbgrader


def sources_of(path):
    return [(cell.cell_type, cell.source.strip()) for cell in nbformat.read(path, as_version=4).cells]


def test_nbgrader_releases_what_we_release(course):
    folder, nbgrader = course
    (folder / "source" / "all").mkdir(parents=True)
    for source in SOLUTIONS.glob("*.ipynb"):
        shutil.copy(source, folder / "source" / "all")
    nbgrader("generate_assignment", "all", "--create")
    released = sorted((folder / "release" / "all").glob("*.ipynb"))
    assert [p.name for p in released] == sorted(p.name for p in SOLUTIONS.glob("*.ipynb"))
    for path in released:
        ours = sources_of(SOLUTIONS.parent / path.name)
        assert ours[0][1].startswith(
            "> **Your version.**"
        )  # the link to the solved version is no part of an assignment
        theirs = [cell for cell in sources_of(path) if not cell[1].startswith("> **Solved version.**")]
        assert theirs == ours[1:], path.name


def test_the_solution_scores_full_marks_and_the_untouched_lesson_none(course):
    folder, nbgrader = course
    source = SOLUTIONS / "00_start_here.ipynb"
    for student, handed_in in (("solved", source), ("untouched", SOLUTIONS.parent / source.name)):
        (folder / "submitted" / student / "lesson00").mkdir(parents=True)
        shutil.copy(handed_in, folder / "submitted" / student / "lesson00")
    (folder / "source" / "lesson00").mkdir(parents=True, exist_ok=True)
    shutil.copy(source, folder / "source" / "lesson00")
    nbgrader("generate_assignment", "lesson00", "--create")
    nbgrader("autograde", "lesson00", "--create")
    nbgrader("export", "--to", "grades.csv")
    with open(folder / "grades.csv", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == "lesson00"}
    points = sum(check.points for check in checks.EXERCISES.values() if check.lesson == "00")
    assert points > 0
    assert {student: (float(row["score"]), float(row["max_score"])) for student, row in rows.items()} == {
        "solved": (points, points),
        "untouched": (0, points),
    }
