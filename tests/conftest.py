"""Pictures and models that many tests use. Everything here is made, nothing is downloaded."""

import comm
import pytest
import torch
from pictures import scene
from PIL import Image

pytest.register_assert_rewrite("exercises")


@pytest.fixture
def picture_file(tmp_path):
    """Write a scene: ``picture_file("a.jpg", 40, 60)`` gives its path."""

    def make(name="picture.png", height=48, width=64, seed=0, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene(height, width, seed)).save(path, **options)
        return path

    return make


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder: ``run("stylize", ...)`` gives (status, stdout, stderr)."""
    from adain_lab import cli

    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        try:
            status = cli.main([str(a) for a in arguments])
        except SystemExit as stop:
            status = stop.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture(autouse=True)
def outside_a_kernel(monkeypatch):
    """Panels find no kernel, even where a test before this one imported one: such a panel would send nothing."""
    monkeypatch.setattr(comm, "create_comm", comm.DummyComm)


@pytest.fixture
def fresh_checks():
    """No verdict of another test is remembered."""
    from adain_lab import checks

    checks.reset()
    yield
    checks.reset()


@pytest.fixture(scope="session")
def stylizer():
    import adain_lab

    return adain_lab.load("tiny", device="cpu", precision="float32")


@pytest.fixture(scope="session")
def content():
    return torch.from_numpy(scene(64, 88, 1)).permute(2, 0, 1).unsqueeze(0) / 255


@pytest.fixture(scope="session")
def style():
    return torch.from_numpy(scene(72, 56, 2)).permute(2, 0, 1).unsqueeze(0) / 255


@pytest.fixture(scope="session")
def other_style():
    return torch.from_numpy(scene(48, 96, 3)[::-1].copy()).permute(2, 0, 1).unsqueeze(0) / 255
