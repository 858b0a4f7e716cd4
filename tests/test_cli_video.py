"""``adain-lab video``: what it writes, what it refuses, and that Ctrl+C keeps what is done."""

import signal

import pytest
from pictures import scene
from PIL import Image

from adain_lab import cli
from adain_lab.stylizer import Stylizer


@pytest.fixture
def gif(tmp_path):
    frames = [Image.fromarray(scene(48, 64, seed)) for seed in range(5)]
    frames[0].save(tmp_path / "clip.gif", save_all=True, append_images=frames[1:], duration=80)
    return str(tmp_path / "clip.gif")


def run(*arguments):
    return cli.main(["video", *map(str, arguments), "--model", "tiny", "--device", "cpu"])


def test_it_writes_a_clip_and_says_so(gif, tmp_path, capsys, picture_file):
    styles = [picture_file("a.png", seed=1), picture_file("b.png", seed=2)]
    options = [
        "--weights",
        2,
        1,
        "--preserve-color",
        "luminance",
        "--smoothing",
        0.5,
        "--size",
        40,
        "--style-size",
        32,
        "--alpha",
        0.8,
    ]
    assert run(gif, *styles, "-o", tmp_path / "out.webp", *options) == 0
    assert "out.webp: 5 frames" in capsys.readouterr().out
    with Image.open(tmp_path / "out.webp") as image:
        assert (image.n_frames, image.size) == (5, (53, 40))


def test_ctrl_c_keeps_the_frames_that_are_done(gif, tmp_path, capsys, picture_file, monkeypatch):
    painted, render = [], Stylizer.render

    def interrupted(*arguments, **options):
        painted.append(1)
        if len(painted) == 2:
            signal.raise_signal(signal.SIGINT)
        return render(*arguments, **options)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Stylizer, "render", interrupted)
    assert run(gif, picture_file("a.png"), "-o", tmp_path / "out.gif") == 0
    assert "2 frames, stopped before the end" in capsys.readouterr().out
    with Image.open(tmp_path / "out.gif") as image:
        assert image.n_frames == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_what_it_cannot_do_is_one_sentence_and_no_file(gif, tmp_path, capsys, picture_file):
    style, out = picture_file("style.png"), tmp_path / "out.gif"
    for arguments, words in (
        ([gif, style, "-o", tmp_path / "out.txt"], "must end in .gif, .webp, .png, .mp4"),
        ([gif, style, "-o", tmp_path / "nowhere" / "out.gif"], "does not exist"),
        ([gif, style, "-o", gif], "also an input"),
        ([tmp_path / "none.gif", style, "-o", out], "does not exist"),
        ([gif, "no_such_sample", "-o", out], "does not exist"),
        ([style, style, "-o", out], "single frame"),
        ([gif, style, "-o", out, "--alpha", "-1"], "alpha must be"),
        ([gif, style, "-o", out, "--smoothing", "1"], "smoothing must be"),
        ([gif, style, "-o", out, "--preserve-color", "no"], "match"),
    ):
        assert run(*arguments) == 2
        error = capsys.readouterr().err.strip()
        assert words in error and len(error.splitlines()) == 1
        assert not out.exists()
