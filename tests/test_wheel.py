"""An installed package behaves as a clone: weights, samples and lessons travel in the wheel."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built from a copy of the tree and installed where only PYTHONPATH finds it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignore = shutil.ignore_patterns(".*", "__pycache__", "dist", "build", "runs", "*.egg-info", "node_modules")
    shutil.copytree(ROOT, source, ignore=ignore)
    # The backend is called directly: an isolated build environment would need the network.
    code = "import hatchling.build; print(hatchling.build.build_wheel('..'))"
    name = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    shutil.rmtree(source)
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--target",
        folder / "site",
        folder / name,
    ]
    subprocess.run(install, check=True)
    return folder / "site"


def run(installed, code, cwd):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_wheel_holds_weights_samples_lessons_and_front_ends(installed):
    package = installed / "adain_lab"
    for kind in ("content", "style", "masks"):
        assert len(list((package / "samples" / kind).iterdir())) == len(
            list((ROOT / "data" / "samples" / kind).iterdir())
        )
    assert sorted(p.name for p in (package / "weights").glob("*.safetensors")) == sorted(
        p.name for p in (ROOT / "adain_lab" / "weights").glob("*.safetensors")
    )
    assert (package / "weights" / "MODEL_CARD.md").is_file()
    assert (package / "notebooks" / "00_start_here.ipynb").is_file() and (
        package / "notebooks" / "solutions" / "05_adain.ipynb"
    ).is_file()
    assert list((package / "widgets" / "static").glob("*.js"))
    assert not list(package.rglob("*.pyc")) and not (installed / "tests").exists()


def test_an_installed_package_stylizes_a_sample(installed, tmp_path):
    code = (
        "import adain_lab, sys; from adain_lab.cli import main; print(adain_lab.__file__); "
        "sys.exit(main(['stylize', 'coffee', 'night_village', '-o', 'out.png', '--size', '64', '--style-size', '64']))"
    )
    result = run(installed, code, tmp_path)
    assert result.returncode == 0, result.stderr
    assert str(installed) in result.stdout
    assert (tmp_path / "out.png").is_file()


def test_an_installed_package_puts_the_lessons_into_the_working_folder(installed, tmp_path):
    result = run(installed, "from adain_lab.course import prepare; print(prepare().folder)", tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "adain_lab_course" / "00_start_here.ipynb").is_file()
    assert (tmp_path / "adain_lab_course" / "solutions" / "05_adain.ipynb").is_file()
