"""The adain-lab command: what it makes, and one sentence with exit status 2 for everything it cannot."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import adain_lab
from adain_lab import cli
from adain_lab.images import RECIPE_KEY


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder: ``run("stylize", ...)`` gives (status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        try:
            status = cli.main([str(a) for a in arguments])
        except SystemExit as stop:
            status = stop.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def pictures_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_stylize_writes_what_the_package_computes(run, picture_file, tmp_path):
    content, style = picture_file("photo.png", 41, 57), picture_file("painting.jpg", 48, 48, seed=1)
    status, out, err = run("stylize", content, style, "-o", "out.png", "--alpha", "0.7", "--model", "tiny", "--device", "cpu")
    assert (status, err) == (0, "")
    assert "out.png: 57 x 41 pixels, tiny on cpu" in out
    expected = adain_lab.to_pil(adain_lab.load("tiny", device="cpu")(content, style, 0.7))
    with Image.open(tmp_path / "out.png") as image:
        assert (np.asarray(image) == np.asarray(expected)).all()
        recipe = json.loads(image.text[RECIPE_KEY])
    assert recipe["alpha"] == 0.7 and recipe["model"] == "tiny" and recipe["version"] == adain_lab.__version__
    assert recipe["content"]["name"] == "photo.png" and len(recipe["content"]["sha256"]) == 64
    assert pictures_in(tmp_path) == ["out.png", "painting.jpg", "photo.png"]


def test_stylize_with_every_control(run, picture_file, tmp_path):
    content, a, b = picture_file("photo.png"), picture_file("a.png", seed=1), picture_file("b.png", seed=2)
    status, _, err = run(
        "stylize",
        content,
        a,
        b,
        "-o",
        "out.jpg",
        "--weights",
        2,
        1,
        "--preserve-color",
        "match",
        "--size",
        32,
        "--style-size",
        40,
        "--alpha",
        1.2,
        "--seed",
        3,
        "--model",
        "tiny",
        "--device",
        "cpu",
    )
    assert (status, err) == (0, "")
    with Image.open(tmp_path / "out.jpg") as image:
        assert min(image.size) == 32


def test_samples_go_by_name(run, tmp_path):
    status, out, _ = run("stylize", "coffee", "night_village", "-o", "out.png", "--size", 64, "--style-size", 64, "--model", "tiny")
    assert status == 0 and (tmp_path / "out.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.png", "style.png"], "nothing.png does not exist"),
        (["photo.png", "style.png", "--alpha", "nan"], "alpha must be 0"),
        (["photo.png", "style.png", "--alpha", "-1"], "alpha must be 0"),
        (["photo.png", "style.png", "--alpha", "much"], "--alpha"),
        (["photo.png", "style.png", "--weights", "1", "2"], "one number per style"),
        (["photo.png", "style.png", "style.png", "--weights", "0", "0"], "must not all be zero"),
        (["photo.png", "style.png", "style.png", "--weights", "-1", "2"], "not negative"),
        (["photo.png", "style.png", "--model", "huge"], "choose from slim, tiny, paper"),
        (["photo.png", "style.png", "--device", "tpu"], "choose from auto, cpu, cuda, mps"),
        (["photo.png", "style.png", "--preserve-color", "sepia"], "choose from match, luminance"),
        (["photo.png", "style.png", "--size", "-5"], "whole number"),
        (["text.jpg", "style.png"], "is not a picture"),
        (["empty.png", "style.png"], "is empty"),
        (["truncated.jpg", "style.png"], "damaged"),
        (["dot.png", "style.png"], "1 x 1 pixels is too small"),
        (["photo.png", "."], "is a folder"),
        (["photo.png"], "required: STYLE"),
        (["photo.png", "style.png", "-o", "missing/out.png"], "folder missing does not exist"),
        (["photo.png", "style.png", "-o", "out.txt"], "must end in .png"),
        (["photo.png", "style.png", "-o", "photo.png"], "is also an input"),
        (["photo.png", "style.png", "-o", "style.png"], "is also an input"),
    ],
)
def test_bad_input_is_one_sentence_exit_2_and_nothing_written(run, picture_file, tmp_path, arguments, words):
    picture_file("photo.png")
    picture_file("style.png", seed=1)
    picture_file("dot.png", 1, 1)
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.png").write_bytes(b"")
    whole = picture_file("whole.jpg", 100, 100).read_bytes()
    (tmp_path / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    output = [] if "-o" in arguments else ["-o", "out.png"]
    status, out, err = run("stylize", *arguments, *output)
    assert status == 2
    assert words in err and err.count("\n") == 1, err
    assert "Traceback" not in err
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(run, picture_file, tmp_path):
    content, style = picture_file("photo.png"), picture_file("style.png", seed=1)
    (tmp_path / "locked").mkdir(mode=0o555)
    status, _, err = run("stylize", content, style, "-o", "locked/out.png")
    assert status == 2 and "cannot write into locked" in err


def test_a_folder_that_cannot_be_written_is_refused_before_computing(run, picture_file, tmp_path, monkeypatch):
    content, style = picture_file("photo.png"), picture_file("style.png", seed=1)
    monkeypatch.setattr("os.access", lambda *_: False)
    status, _, err = run("stylize", content, style, "-o", "out.png")
    assert status == 2 and "permission denied" in err


def test_download_without_a_network(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path / "cache"))
    status, _, err = run("download", "paper", "--url", "http://127.0.0.1:9")
    assert status == 2 and err.count("\n") == 1 and "check the network" in err
    assert run("download", "everything")[0] == 2
    status, _, err = run("stylize", "coffee", "night_village", "-o", "out.png", "--model", "paper")
    assert status == 2 and "adain-lab download paper" in err


def test_train_makes_a_run_and_refuses_to_overwrite_it(run, picture_file, tmp_path):
    for i in range(2):
        picture_file(f"c/{i}.png", 48, 48, seed=i)
        picture_file(f"s/{i}.png", 48, 48, seed=5 + i)
    arguments = [
        "train",
        "c",
        "s",
        "-o",
        "run",
        "--encoder",
        "tiny",
        "--iterations",
        2,
        "--batch-size",
        1,
        "--size",
        0,
        "--crop",
        32,
        "--device",
        "cpu",
    ]
    assert run(*arguments)[0] == 0
    assert (tmp_path / "run" / "decoder.safetensors").is_file()
    status, _, err = run(*arguments)
    assert status == 2 and "add --resume" in err
    assert run("train", "none", "s", "-o", "run2")[0] == 2


def test_bench_prints_a_table_and_writes_json(run, tmp_path):
    status, out, _ = run("bench", "--size", 32, "--rounds", 1, "--json", "bench.json", "--device", "cpu")
    assert status == 0 and "plain full size" in out
    report = json.loads((tmp_path / "bench.json").read_text())
    assert {row["name"] for row in report["results"]} == {"plain full size", "slim", "tiny"}
    assert all(row["milliseconds"] > 0 for row in report["results"])
    assert report["machine"]["torch"]
    assert run("bench", "--size", 3)[0] == 2
    assert run("bench", "--json", "missing/bench.json")[0] == 2


def test_help_version_and_unknown_commands():
    def call(*arguments):
        return subprocess.run([sys.executable, "-m", "adain_lab", *arguments], capture_output=True, text=True)

    for command in ((), ("stylize",), ("lab",), ("train",), ("bench",), ("download",)):
        assert call(*command, "--help").returncode == 0
    assert adain_lab.__version__ in call("--version").stdout
    for arguments in ((), ("paint",), ("stylize", "--colour", "red")):
        result = call(*arguments)
        assert result.returncode == 2 and result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


def test_lab_opens_the_first_lesson(run, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr("os.execv", lambda program, command: commands.append(command))
    status, out, _ = run("lab", "--no-browser", "--port", 9999)
    assert status == 0 and "00_start_here.ipynb" in out
    assert {"--no-browser", "--port=9999"} <= set(commands[0]) and commands[0][-1].endswith("00_start_here.ipynb")
