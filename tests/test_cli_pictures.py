"""``adain-lab stylize`` as people call it: lists of photographs, folders, pipes, default names, answers for programs."""

import io
import json

import numpy as np
import pytest
from PIL import Image

import adain_lab
from adain_lab.recipes.recipe import read_recipe

SMALL = ["--model", "tiny", "--device", "cpu"]


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.fixture
def photos(picture_file):
    """Three photographs, as a shell lists them."""
    return [picture_file(f"photos/{name}", 32, 40, seed=i) for i, name in enumerate(("a.jpg", "b.jpg", "c.png"))]


class Pipe(io.StringIO):
    """stdin or stdout that is a pipe, with its bytes."""

    def __init__(self, data=b""):
        super().__init__()
        self._bytes = io.BytesIO(data)

    @property
    def buffer(self):
        return self._bytes

    def isatty(self):
        return False


# ---- which picture is what


def test_a_list_of_photographs_is_never_taken_for_styles(run, photos, tmp_path):
    status, out, err = run("stylize", *photos, "kilim", "-o", "out.png")
    assert (status, out) == (2, "") and not (tmp_path / "out.png").exists()
    assert "which of these 4 pictures are styles?" in err and "`--style kilim`" in err and err.count("\n") == 1


def test_with_style_every_picture_is_painted_into_a_folder(run, photos, tmp_path):
    status, out, err = run("stylize", *photos, "--style", "kilim", "--style-size", 32, "-o", "painted", *SMALL)
    assert (status, err, out.count("wrote painted")) == (0, "", 3)
    assert names(tmp_path / "painted") == ["a.png", "b.png", "c.png"]
    expected = adain_lab.load("tiny", device="cpu")(photos[1], adain_lab.sample("kilim"), style_size=32)
    assert (pixels(tmp_path / "painted/b.png") == np.asarray(adain_lab.to_pil(expected))).all()


def test_several_styles_are_interpolated(run, photos, picture_file, tmp_path):
    styles = [picture_file("x.png", seed=5), picture_file("y.png", seed=6)]
    options = ["--style", styles[0], "-s", styles[1], *SMALL]
    assert run("stylize", photos[0], *options, "-o", "out.png")[0] == 0
    assert [style["name"] for style in read_recipe(tmp_path / "out.png")["styles"]] == ["x.png", "y.png"]
    # The old form says by its weights, or by its masks, how many of the pictures are styles.
    assert run("stylize", photos[0], *styles, "--weights", 1, 1, "-o", "old.png", *SMALL)[0] == 0
    assert (pixels(tmp_path / "old.png") == pixels(tmp_path / "out.png")).all()


def test_options_may_stand_between_the_pictures(run, photos, picture_file, tmp_path):
    style = picture_file("x.png", seed=5)
    assert run("stylize", photos[0], "--alpha", 0.5, style, *SMALL, "-o", "out.png")[0] == 0
    assert read_recipe(tmp_path / "out.png")["alpha"] == 0.5
    assert run("stylize", "--style", style, photos[0], *SMALL, photos[1], "-o", "two")[0] == 0
    assert names(tmp_path / "two") == ["a.png", "b.png"]


def test_a_folder_is_all_pictures_in_it(run, photos, picture_file, tmp_path):
    style = picture_file("x.png", seed=5)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    for arguments in (["photos", style], ["photos", "--style", style]):
        status, out, err = run("stylize", *arguments, "-o", "photos/painted", *SMALL)
        assert status == 1 and out.count("wrote photos/painted") == 3, "what was painted before is no photograph"
        assert "skipped: photos/broken.jpg is not a picture" in err and err.count("\n") == 1
    assert run("stylize", "photos", style, "--quiet", "-o", "photos/painted", *SMALL) == (1, "", err)
    (tmp_path / "nothing").mkdir()
    assert "holds no pictures" in run("stylize", "nothing", style)[2]
    for photo in photos:
        photo.write_bytes(b"")
    status, _, err = run("stylize", "photos", style, "--quiet", "-o", "photos/painted")
    assert status == 2 and "holds no picture that can be painted" in err


def test_one_picture_of_a_folder_goes_into_a_folder_too(run, picture_file, tmp_path):
    picture_file("photos/a.jpg", 32, 40), picture_file("x.png", seed=5)
    assert "looks like a file" in run("stylize", "photos", "x.png", "-o", "out.png")[2]
    assert run("stylize", "photos", "x.png", *SMALL)[0] == 0
    assert names(tmp_path / "stylized") == ["a_x.png"]


# ---- names that nobody gave


def test_without_a_name_it_makes_one_and_overwrites_nothing(run, photos, picture_file, tmp_path):
    x, y = picture_file("x.png", seed=5), picture_file("y.png", seed=6)
    for _ in range(2):
        assert run("stylize", photos[0], x, *SMALL)[0] == 0
    assert run("stylize", photos[0], "-s", x, "-s", y, *SMALL)[0] == 0
    assert {"a_x.png", "a_x-2.png", "a_x_y.png"} <= set(names(tmp_path))
    assert run("stylize", *photos, "--style", x, *SMALL)[0] == 0
    assert run("stylize", photos[0], photos[1], "--style", x, *SMALL)[0] == 0
    assert names(tmp_path / "stylized") == ["a_x-2.png", "a_x.png", "b_x-2.png", "b_x.png", "c_x.png"]


def test_other_commands_make_names_too(run, photos, picture_file, tmp_path):
    x = picture_file("x.png", seed=5)
    assert run("gatys", photos[0], x, "--size", 64, "--steps", 2, "--encoder", "tiny")[0] == 0
    frames = [Image.new("RGB", (32, 32), (v, 0, 0)) for v in (0, 99)]
    frames[0].save(tmp_path / "clip.gif", save_all=True, append_images=frames[1:])
    assert run("video", "clip.gif", x, *SMALL)[0] == 0
    assert {"a_x_gatys.png", "clip_x.gif"} <= set(names(tmp_path))


# ---- pipes


def test_from_stdin_to_stdout(run, photos, picture_file, tmp_path, monkeypatch):
    x = picture_file("x.png", seed=5)
    assert run("stylize", photos[0], x, "-o", "out.png", *SMALL)[0] == 0
    for arguments in (["-", x], ["-", x, "-o", "-"], ["-", "--style", x]):
        stdout = Pipe()
        monkeypatch.setattr("sys.stdin", Pipe(photos[0].read_bytes()))
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stdout)
            status, _, err = run("stylize", *arguments, *SMALL)
        assert status == 0 and err.startswith("wrote stdout: 40 x 32 pixels")
        (tmp_path / "piped.png").write_bytes(stdout.buffer.getvalue())
        assert (pixels(tmp_path / "piped.png") == pixels(tmp_path / "out.png")).all()
        assert stdout.getvalue() == "", "no sentence goes between the bytes"
        assert run("reproduce", "piped.png", "--search", "photos")[0] == 0, "the recipe goes along"
    monkeypatch.setattr("sys.stdin", Pipe(x.read_bytes()))
    assert run("stylize", photos[0], "-", "-o", "style.png", *SMALL)[0] == 0
    assert (pixels(tmp_path / "style.png") == pixels(tmp_path / "out.png")).all()
    assert "stdin" in read_recipe(tmp_path / "style.png")["styles"][0]["name"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "-", "-o", "out.png"], "only one picture can come in through stdin"),
        (["-", "x.png"], "is empty (0 bytes)"),
        (["photos/a.jpg", "photos/b.jpg", "-s", "x.png", "-o", "-"], "stdout takes one picture"),
        (["photos", "x.png", "-o", "-"], "stdout takes one picture"),
        (["photos/a.jpg", "x.png", "-o", "-", "--json"], "cannot both go to stdout"),
    ],
)
def test_what_does_not_fit_into_a_pipe(run, photos, picture_file, monkeypatch, arguments, words):
    picture_file("x.png", seed=5)
    monkeypatch.setattr("sys.stdin", Pipe())
    status, out, err = run("stylize", *arguments)
    assert (status, out) == (2, "") and words in err and err.count("\n") == 1


def test_a_terminal_is_no_pipe(run, photos, picture_file, monkeypatch):
    picture_file("x.png", seed=5)
    monkeypatch.setattr("sys.stdin", Pipe())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert "pipe one in, or name a file" in run("stylize", "-", "x.png", "-o", "out.png")[2]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "not written into a terminal" in run("stylize", "photos/a.jpg", "x.png", "-o", "-")[2]


# ---- answers for programs, and none at all


def test_json_says_what_was_written(run, photos, picture_file, tmp_path):
    x = picture_file("x.png", seed=5)
    status, out, err = run("stylize", *photos[:2], "-s", x, "--json", "-o", "painted", *SMALL)
    assert (status, err) == (0, "")
    first, second = json.loads(out)
    assert first.pop("seconds") > 0
    assert first == {
        "output": "painted/a.png",
        "content": "a.jpg",
        "styles": ["x.png"],
        "width": 40,
        "height": 32,
        "model": "tiny",
        "device": "cpu",
        "engine": "torch",
    }
    assert second["output"] == "painted/b.png"
    status, out, err = run("stylize", "nothing.png", x, "--json")
    assert (status, out) == (2, "") and "does not exist" in err


def test_quiet_says_nothing_but_errors(run, photos, picture_file, tmp_path):
    x = picture_file("x.png", seed=5)
    Image.new("L", (30, 50), "white").save(tmp_path / "mask.png")
    arguments = ["stylize", photos[0], x, "--mask", "mask.png", "-o", "out.png", *SMALL]
    assert run(*arguments, "-q") == (0, "", "")
    assert (tmp_path / "out.png").is_file()
    assert "--quiet" in run(*arguments, "-q", "--json")[2], "one or the other"


def test_export_answers_programs_too(run, tmp_path):
    status, out, err = run("export", "tiny", "-o", "model", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    manifest = json.loads((tmp_path / "model" / "model.json").read_text())
    size = sum(file.stat().st_size for file in (tmp_path / "model").iterdir())
    assert answer == {
        "output": "model",
        "model": "tiny",
        "opset": manifest["opset"],
        "bytes": size,
        "difference": manifest["difference"],
        "web": False,
    }
    assert run("export", "tiny", "-o", "model", "--quiet") == (0, "", "")
    status, out, err = run("export", "giant", "-o", "other", "--json")
    assert (status, out) == (2, "") and "unknown model" in err


def test_the_other_commands_answer_programs_too(run, photos, picture_file, tmp_path):
    x = picture_file("styles/x.png", seed=5)
    run("stylize", photos[0], x, "-o", "photos/out.png", *SMALL)
    answer = json.loads(run("reproduce", "photos/out.png", "--search", "styles", "--json")[1])
    assert answer == {"output": "out_again.png", "of": "photos/out.png", "difference": 0}
    (tmp_path / "photos/out.png").unlink()
    answer = json.loads(run("batch", "photos", "styles", "-o", "all", "--json", *SMALL)[1])
    assert answer == {"output": "all", "painted": 3, "already_there": 0, "skipped": 0, "failed": 0}
    answer = json.loads(run("gatys", photos[0], x, "--size", 64, "--steps", 2, "--encoder", "tiny", "--json")[1])
    assert answer["output"] == "a_x_gatys.png" and answer["steps"] == 2 and answer["loss"] > 0
    frames = [Image.new("RGB", (32, 32), (v, 0, 0)) for v in (0, 99)]
    frames[0].save(tmp_path / "clip.gif", save_all=True, append_images=frames[1:])
    answer = json.loads(run("video", "clip.gif", x, "-o", "out.webp", "--json", *SMALL)[1])
    assert answer == {"output": "out.webp", "frames": 2, "stopped": False, "note": ""}
    for arguments in (["batch", "photos", "styles", "-o", "all"], ["video", "clip.gif", x]):
        assert run(*arguments, "--quiet", *SMALL) == (0, "", "")


# ---- what is wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["stylize", "", "x.png"], ["stylize", "x.png", "--style", ""], ["sheet", ""]])
def test_no_name_at_all_is_not_this_folder(run, picture_file, arguments):
    picture_file("x.png")
    status, out, err = run(*arguments)
    assert status == 2 and out == "" and "expected a name, got nothing" in err


def test_after_two_dashes_names_may_begin_with_one(run, picture_file, tmp_path):
    picture_file("-a.png", 32, 32), picture_file("x.png", seed=5)
    assert run("stylize", *SMALL, "--", "-a.png", "x.png")[0] == 0
    assert (tmp_path / "-a_x.png").exists()


def test_a_sheet_refuses_numbers_that_overflowed(run, picture_file, tmp_path):
    picture_file("x.png", seed=5)
    status, out, err = run("sheet", "x.png", "--style", "x.png", "--alpha", "1e38", "--size", 32, "--model", "tiny")
    assert status == 2 and out == "" and "x_sheet.png (x) was not written: its numbers overflowed" in err
    assert not (tmp_path / "x_sheet.png").exists()


def test_names_with_line_ends_are_written_out(run, picture_file, tmp_path):
    picture_file("a\nb.png")
    status, out, err = run("sheet", "a\nb.png", "--style", "a\nb.png", "--size", 32, "--model", "tiny")
    assert (status, err) == (0, "") and out.startswith("wrote a\\nb_sheet.png: ") and out.count("\n") == 1
    answer = json.loads(run("sheet", "a\nb.png", "--style", "a\nb.png", "--size", 32, "--model", "tiny", "--json")[1])
    assert answer["content"] == "a\nb.png" and answer["output"] == "a\nb_sheet-2.png"
