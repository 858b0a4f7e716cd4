"""The adain-lab command: what it makes, and one sentence with exit status 2 for everything it cannot."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import adain_lab
from adain_lab.images import RECIPE_KEY, save_image


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def pictures_in(folder):
    return sorted(p.name for p in folder.iterdir())


def test_stylize_writes_what_the_package_computes(run, picture_file, tmp_path):
    content, style = picture_file("photo.png", 41, 57), picture_file("painting.jpg", 48, 48, seed=1)
    status, out, err = run(
        "stylize", content, style, "-o", "out.png", "--alpha", "0.7", "--model", "tiny", "--device", "cpu"
    )
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


def test_a_style_per_region(run, picture_file, tmp_path):
    content, a, b = picture_file("photo.png", 40, 48), picture_file("a.png", seed=1), picture_file("b.png", seed=2)
    halves = np.zeros((40, 48), np.uint8)
    halves[:, :24] = 255
    Image.fromarray(halves).save(tmp_path / "mask.png")
    arguments = [
        "stylize",
        content,
        a,
        b,
        "--mask",
        "mask.png",
        "--alpha",
        "1,0.5",
        "--global-statistics",
        "--model",
        "tiny",
    ]
    assert run(*arguments, "--device", "cpu", "-o", "out.png")[::2] == (0, "")
    stylizer = adain_lab.load("tiny", device="cpu")
    expected = stylizer(content, [a, b], [1, 0.5], masks=halves, global_statistics=True)
    assert (pixels(tmp_path / "out.png") == np.asarray(adain_lab.to_pil(expected))).all()
    assert run(*arguments, "--feather", 8, "-o", "soft.png")[0] == 0
    assert (pixels(tmp_path / "soft.png") != pixels(tmp_path / "out.png")).any()


def test_masks_of_another_shape_are_a_note(run, picture_file, tmp_path):
    content, style = picture_file("photo.png", 40, 48), picture_file("a.png", seed=1)
    Image.new("L", (30, 50), "white").save(tmp_path / "mask.png")
    status, _, err = run("stylize", content, style, "--mask", "mask.png", "-o", "out.png", "--model", "tiny")
    assert status == 0
    assert err == "adain-lab: note: the masks have 30 x 50 pixels and the content 48 x 40: they are stretched to fit\n"


def test_several_contents_go_into_a_folder_under_their_names(run, picture_file, tmp_path):
    a, b, twin = (
        picture_file("a.png", 32, 32),
        picture_file("b.jpg", 32, 40, seed=1),
        picture_file("more/a.jpg", 32, 32, seed=2),
    )
    style = picture_file("style.png", seed=3)
    status, out, err = run(
        "stylize", a, style, "--also", b, twin, "-o", "painted", "--model", "tiny", "--device", "cpu"
    )
    assert (status, err, out.count("wrote painted")) == (0, "", 3)
    assert pictures_in(tmp_path / "painted") == ["a-2.png", "a.png", "b.png"]
    run("stylize", twin, style, "-o", "alone.png", "--model", "tiny", "--device", "cpu")
    assert (pixels(tmp_path / "painted" / "a-2.png") == pixels(tmp_path / "alone.png")).all()
    assert run("stylize", a, style, "-o", "painted", "--model", "tiny")[0] == 0, (
        "a folder that exists takes one picture, too"
    )


def test_samples_go_by_name(run, tmp_path):
    status, out, _ = run(
        "stylize", "coffee", "night_village", "-o", "out.png", "--size", 64, "--style-size", 64, "--model", "tiny"
    )
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
        (["photo.png", "style.png", "--model", "huge"], "choose from levels, levels_light, slim, tiny, paper"),
        (["photo.png", "style.png", "--device", "tpu"], "choose from auto, cpu, cuda, mps"),
        (["photo.png", "style.png", "--preserve-color", "sepia"], "choose from match, luminance"),
        (["photo.png", "style.png", "--size", "-5"], "whole number"),
        (["text.jpg", "style.png"], "is not a picture"),
        (["empty.png", "style.png"], "is empty"),
        (["truncated.jpg", "style.png"], "damaged"),
        (["dot.png", "style.png"], "1 x 1 pixels is too small"),
        (["photo.png", "."], "is a folder"),
        (["photo.png"], "no style was given"),
        ([], "required: PICTURE"),
        (["photo.png", "style.png", "style.png"], "write `--style style.png`"),
        (["photo.png", "style.png", "style.png", "--weights", "1"], "which of these 3 pictures are styles"),
        (["photo.png", "photo.png", "--style", "style.png"], "looks like a file"),
        (["photo.png", "style.png", "style.png", "--mask", "nothing.png"], "nothing.png does not exist"),
        (["photo.png", "style.png", "style.png", "--mask", "nothing"], "one of the samples cat, temple"),
        (["photo.png", "style.png", "style.png", "style.png", "--mask", "cat"], "grey levels for 3 styles"),
        (
            ["photo.png", "style.png", "style.png", "--mask", "style.png", "photo.png", "style.png"],
            "3 masks were given for 2 styles",
        ),
        (["photo.png", "style.png", "--mask", "text.jpg"], "is not a picture"),
        (["photo.png", "style.png", "--mask", "style.png", "--weights", "1"], "do not go together"),
        (["photo.png", "style.png", "--mask", "style.png", "--feather", "-1"], "0 or more"),
        (["photo.png", "style.png", "--alpha", "1,1"], "need masks"),
        (["photo.png", "style.png", "--also", "nothing.png", "-o", "."], "nothing.png does not exist"),
        (["photo.png", "style.png", "--also", "text.jpg", "-o", "new"], "is not a picture"),
        (["photo.png", "style.png", "--also", "style.png"], "looks like a file"),
        (["photo.png", "style.png", "--also", "style.png", "-o", "missing/folder"], "folder missing does not exist"),
        (["photo.png", "style.png", "--also", "style.png", "-o", "."], "is also an input"),
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


# ---- reproduce
# ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_made_again_byte_for_byte(run, picture_file, tmp_path):
    content, a, b = (
        picture_file("photo.png", 41, 57),
        picture_file("in/a.jpg", seed=1),
        picture_file("in/b.png", seed=2),
    )
    halves = np.zeros((41, 57), np.uint8)
    halves[:20] = 255
    Image.fromarray(halves).save(tmp_path / "in" / "mask.png")
    controls = [
        "--mask",
        "in/mask.png",
        "--feather",
        5,
        "--alpha",
        "1,0.7",
        "--preserve-color",
        "match",
        "--size",
        40,
        "--style-size",
        36,
    ]
    assert run("stylize", content, a, b, "-o", "out.png", *controls, "--model", "tiny", "--device", "cpu")[0] == 0
    status, _, err = run("reproduce", "out.png")
    assert (
        status == 2 and "'a.jpg' (sha256" in err and "is missing" in err and "--search" in err and err.count("\n") == 1
    )
    status, out, err = run("reproduce", "out.png", "--search", "in")
    assert (status, err) == (0, "") and "every pixel is that of out.png" in out
    assert (tmp_path / "out_again.png").read_bytes() == (tmp_path / "out.png").read_bytes()


def test_samples_need_no_search_and_another_device_may_be_asked_for(run, tmp_path):
    run(
        "stylize",
        "coffee",
        "night_village",
        "-o",
        "out.png",
        "--size",
        48,
        "--style-size",
        48,
        "--model",
        "tiny",
        "--device",
        "cpu",
    )
    assert run("reproduce", "out.png", "-o", "a.png", "--device", "cpu")[0] == 0
    assert (pixels(tmp_path / "a.png") == pixels(tmp_path / "out.png")).all()


def test_a_picture_that_was_changed_since_is_told(run, tmp_path):
    run(
        "stylize",
        "coffee",
        "night_village",
        "-o",
        "out.png",
        "--size",
        48,
        "--style-size",
        48,
        "--model",
        "tiny",
        "--device",
        "cpu",
    )
    with Image.open(tmp_path / "out.png") as image:
        recipe = json.loads(image.info[RECIPE_KEY])
        save_image(image.point(lambda v: min(255, v + 3)), tmp_path / "brighter.png", recipe)
        save_image(image.crop((0, 0, 20, 20)), tmp_path / "cropped.png", recipe)
    assert "differs from brighter.png by up to 3 of 255 levels" in run("reproduce", "brighter.png")[1]
    assert "it was changed since" in run("reproduce", "cropped.png")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.png"], "does not exist"),
        (["photo.png"], "carries no recipe"),
        (["photo.png", "-o", "photo.png"], "is also an input"),
        (["photo.png", "-o", "x.txt"], "must end in"),
        (["photo.png", "--search", "nowhere"], "carries no recipe"),
    ],
)
def test_what_cannot_be_made_again_gets_one_sentence(run, picture_file, arguments, words):
    picture_file("photo.png")
    status, _, err = run("reproduce", *arguments)
    assert status == 2 and words in err and err.count("\n") == 1


# ---- batch
# --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(picture_file, tmp_path):
    for i, name in enumerate(("one.png", "two.jpg", "deeper/one.png")):
        picture_file(f"contents/{name}", 32, 40, seed=i)
    for i, name in enumerate(("x.png", "y.png")):
        picture_file(f"styles/{name}", 40, 32, seed=5 + i)
    return ["batch", "contents", "styles", "-o", "out", "--model", "tiny", "--device", "cpu"]


def tree(folder):
    return {
        str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()
    }


def test_batch_paints_every_pair_and_then_only_what_is_missing(run, folders, tmp_path):
    status, out, err = run(*folders, "--alpha", 0.8)
    assert (status, err) == (0, "") and "out: 6 painted" in out
    made = tree(tmp_path / "out")
    assert sorted(made) == [f"{content}/{style}.png" for content in ("deeper-one", "one", "two") for style in "xy"]
    expected = adain_lab.load("tiny", device="cpu")(tmp_path / "contents/two.jpg", tmp_path / "styles/x.png", 0.8)
    assert (pixels(tmp_path / "out/two/x.png") == np.asarray(adain_lab.to_pil(expected))).all()
    assert "0 painted, 6 already there" in run(*folders, "--alpha", 0.8)[1]
    assert tree(tmp_path / "out") == made
    (tmp_path / "out/one/y.png").unlink()
    assert "1 painted, 5 already there" in run(*folders, "--alpha", 0.8)[1]
    assert tree(tmp_path / "out")["one/y.png"][0] == made["one/y.png"][0]
    assert "6 painted" in run(*folders, "--alpha", 0.5)[1], "other settings, other pictures"


def test_batch_encodes_each_picture_once(run, folders, monkeypatch):
    calls = []
    for part in ("encode_content", "encode_style"):
        encode = getattr(adain_lab.Stylizer, part)
        monkeypatch.setattr(
            adain_lab.Stylizer,
            part,
            lambda s, x, encode=encode, part=part, **o: calls.append(part) or encode(s, x, **o),
        )
    assert run(*folders)[0] == 0
    assert sorted(calls) == 3 * ["encode_content"] + 2 * ["encode_style"]
    calls.clear()
    assert run(*folders)[0] == 0 and calls == []


def test_batch_passes_over_bad_pictures_and_counts_them(run, folders, tmp_path):
    (tmp_path / "contents" / "bad.png").write_text("no picture")
    (tmp_path / "styles" / "bad.jpg").write_bytes(b"")
    status, out, err = run(*folders)
    assert status == 1 and "6 painted, 2 pictures skipped" in out
    assert (
        err.count("\n") == 2 and "skipped: contents/bad.png is not" in err and "skipped: styles/bad.jpg is empty" in err
    )


def test_batch_fails_where_nothing_can_be_done(run, folders, tmp_path):
    for style in (tmp_path / "styles").iterdir():
        style.write_text("no picture")
    status, _, err = run(*folders)
    assert status == 2 and "nothing could be painted" in err and "Traceback" not in err
    assert not (tmp_path / "out").exists() or not tree(tmp_path / "out")
    for arguments, words in (
        (["batch", "nowhere", "styles", "-o", "out"], "folder nowhere does not exist"),
        (["batch", "contents", "styles", "-o", "missing/out"], "folder missing does not exist"),
        (["batch", "contents", "contents", "-o", "contents/one.png"], "is a file"),
        (["batch", "contents", "contents", "-o", "contents"], "beside what lies in contents"),
        ([*folders, "--alpha", "nan"], "alpha must be 0"),
        ([*folders, "--preserve-color", "sepia"], "choose from match, luminance"),
        ([*folders, "--size", "-2"], "size must be a whole number"),
        ([*folders, "--alpha", "1,1"], "need masks"),
    ):
        status, _, err = run(*arguments)
        assert status == 2 and words in err, err


def test_batch_overwrites_no_picture_of_someone_else(run, folders, picture_file, tmp_path):
    mine = picture_file("out/one/x.png").read_bytes()
    status, out, err = run(*folders)
    assert status == 1 and "out/one/x.png is in the way" in err and "5 painted, 1 could not be written" in out
    assert (tmp_path / "out/one/x.png").read_bytes() == mine


def test_batch_takes_no_pictures_of_its_own_as_inputs(run, folders, tmp_path):
    arguments = [str(a).replace("out", "contents/out") if a == "out" else a for a in folders]
    assert "6 painted" in run(*arguments)[1]
    assert "0 painted, 6 already there" in run(*arguments)[1]


def test_batch_stopped_in_the_middle_goes_on_where_it_was(run, folders, tmp_path, monkeypatch):
    paint, painted = adain_lab.Stylizer.render, []

    def stop_at_four(*args, **options):
        if len(painted) == 3:
            raise KeyboardInterrupt
        painted.append(1)
        return paint(*args, **options)

    monkeypatch.setattr(adain_lab.Stylizer, "render", stop_at_four)
    status, _, err = run(*folders)
    assert status == 130 and "3 painted; the same command goes on from here" in err
    assert len(tree(tmp_path / "out")) == 3 and all(name.endswith(".png") for name in tree(tmp_path / "out"))
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert "3 painted, 3 already there" in run(*folders)[1]


# ---- other commands
# -----------------------------------------------------------------------------------------------------


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
    assert {"plain full size", "slim", "tiny"} < {row["name"] for row in report["results"]}
    assert all(row["milliseconds"] > 0 for row in report["results"])
    assert report["machine"]["torch"]
    assert run("bench", "--size", 3)[0] == 2
    assert run("bench", "--json", "missing/bench.json")[0] == 2


def test_help_version_and_unknown_commands():
    def call(*arguments):
        return subprocess.run([sys.executable, "-m", "adain_lab", *arguments], capture_output=True, text=True)

    assert call("--help").returncode == 0
    assert adain_lab.__version__ in call("--version").stdout
    for arguments in ((), ("paint",), ("stylize", "--colour", "red")):
        result = call(*arguments)
        assert result.returncode == 2 and result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


def test_lab_opens_the_first_lesson(run, monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr("os.execve", lambda program, command, variables: commands.append(command))
    status, out, _ = run("lab", "--no-browser", "--port", 9999)
    assert status == 0 and "00_start_here.ipynb" in out
    assert {"--no-browser", "--port=9999"} <= set(commands[0]) and commands[0][-1].endswith("00_start_here.ipynb")
