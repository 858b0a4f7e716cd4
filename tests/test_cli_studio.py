"""``adain-lab studio`` before a browser opens: the page it serves, and a sentence for everything it cannot do."""

import os
import subprocess
import sys
import tempfile

import nbformat
import pytest

from adain_lab import cli
from adain_lab.commands import studio


@pytest.fixture
def started(monkeypatch):
    """Command lines of servers that would have started, with the page each would serve."""
    seen = []

    class Server:
        def __init__(self, command, env, stdin):
            seen.append((command, env, nbformat.read(command[3], as_version=4)))

        def wait(self, seconds=None):
            return 0

        def terminate(self):
            raise AssertionError("it had ended")

        kill = terminate

        def poll(self):
            return 0

    monkeypatch.setattr(studio.subprocess, "Popen", Server)
    monkeypatch.setattr(studio, "find_spec", lambda name: object())
    return seen


def run(capsys, *arguments):
    try:
        status = cli.main(["studio", *arguments])
    except SystemExit as stop:
        status = stop.code
    return status, capsys.readouterr()


def test_the_page_makes_the_panel_that_was_asked_for(started, capsys, picture_file, monkeypatch):
    photo = picture_file("photo.png", 40, 56)
    monkeypatch.chdir(photo.parent)
    status, said = run(
        capsys, "photo.png", "kilim", "marbled", "--model", "tiny", "--size", "48", "--theme", "dark", "--no-browser"
    )
    assert status == 0 and "Ctrl+C" in said.out
    [(command, env, page)] = started
    nbformat.validate(page)
    source, namespace = page.cells[0].source, {}
    *lines, last = source.splitlines()
    exec("\n".join([*lines, f"panel = {last}"]), namespace)
    panel = namespace["panel"]
    assert (
        panel.style_names == ["kilim", "marbled"]
        and panel.stylizer.model == "tiny"
        and panel.images.shape[2:] == (48, 67)
    )
    assert str(photo.resolve()) in source  # the page lives in another folder
    assert {"--no-browser", "--theme=dark", "--Voila.ip=127.0.0.1"} <= set(command)
    assert env["JUPYTER_PATH"].startswith(str(studio.TEMPLATES))


def test_the_camera_s_tab_takes_the_first_two_styles_and_starts_nothing(started, capsys):
    assert run(capsys, "cat", "kilim", "marbled", "neon_rain", "--model", "tiny", "--size", "48")[0] == 0
    *lines, last = started[0][2].cells[1].source.splitlines()
    namespace = {}
    exec("\n".join([*lines, f"panel = {last}"]), namespace)
    panel = namespace["panel"]
    assert panel.style_names == ["kilim", "marbled"] and panel.stylizer.model == "tiny"
    assert not panel.running and panel.frames == 0 and not panel.recording


@pytest.mark.skipif(os.name == "nt", reason="Windows waits a day")
def test_the_folder_of_a_studio_that_was_killed_is_removed(started, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "adain_lab_studio_x1y2").mkdir()
    (tmp_path / "adain_lab_studio_x1y2" / "studio.ipynb").write_text("{}")
    (tmp_path / "another").mkdir()
    assert run(capsys, "--model", "tiny", "--size", "48")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["another"]


def test_without_arguments_it_opens_a_browser_on_samples(started, capsys):
    assert run(capsys, "--model", "tiny", "--size", "48")[0] == 0
    command, _, page = started[0]
    assert "--no-browser" not in command
    assert "StudioPanel('cat', ['night_village']" in page.cells[0].source


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["no_such_picture"], "no_such_picture does not exist"),
        (["cat", "no_such_style"], "no_such_style does not exist"),
        (["cat", "--size", "4000"], "size must be a whole number of pixels from 32 to 1024, got 4000"),
        (["cat", "--model", "huge"], "unknown model 'huge'"),
        (["cat", "--port", "0"], "--port must be a number from 1 to 65535, got 0"),
        (["cat", *["kilim", "marbled", "night_village"] * 3], "1 to 8"),
    ],
)
def test_bad_input_is_one_sentence_and_no_server(started, capsys, arguments, sentence):
    status, said = run(capsys, *arguments)
    assert status == 2 and sentence in said.err and said.err.count("\n") == 1 and not started


def test_without_voila_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(studio, "find_spec", lambda name: None)
    status, said = run(capsys)
    assert status == 2 and 'pip install "adain_lab[studio]"' in said.err and "lesson 08" in said.err


def test_a_server_that_fails_hands_on_its_status(started, monkeypatch, capsys):
    monkeypatch.setattr(studio.subprocess.Popen, "wait", lambda self, seconds=None: 3)
    assert run(capsys, "--model", "tiny", "--size", "48")[0] == 3


def test_help_needs_neither_torch_nor_voila():
    code = "import sys\nfrom adain_lab.cli import main\ntry: main(['studio', '--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('torch', 'voila', 'ipywidgets') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip().endswith("[]")
