"""The command line under fire: whatever it is given, it says one sentence and exits with 2, or goes on and exits with 1.

Nothing hangs, no input changes, no output is half-written, nothing is left behind. ``tools/fuzz.py`` goes on from here.
"""

import contextlib
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from campaign import bad_pictures, encoded, good_pictures, run_forked, tree
from pictures import scene
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.torch import load_file, save_file

import adain_lab
from adain_lab import cli
from adain_lab.files import MAX_NAME
from adain_lab.images import RECIPE_KEY
from adain_lab.optimize import gatys
from adain_lab.stylizer import Stylizer
from adain_lab.training.curves import draw_curves
from adain_lab.weights.registry import MODELS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

TINY = ("--model", "tiny", "--device", "cpu")
FAST = ("--encoder", "tiny", "--device", "cpu", "--steps", "2", "--size", "40")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Folders of good and of bad pictures; what a command needs is imported before the first process forks."""
    cli._parser()
    adain_lab.load("tiny", device="cpu")
    from adain_lab.recipes import painter  # noqa: F401
    from adain_lab.training import run  # noqa: F401
    from adain_lab.video import files  # noqa: F401
    from adain_lab.widgets import studio  # noqa: F401
    from adain_lab.widgets.session.worker import load_optimizers

    load_optimizers()
    importlib.import_module("torchvision.models")
    importlib.import_module("torchvision.transforms.v2")
    importlib.import_module("adain_lab.bench")
    draw_curves([], tmp_path_factory.mktemp("curves") / "curves.png")

    folder = tmp_path_factory.mktemp("inputs")
    good_pictures(folder / "good")
    bad_pictures(folder / "bad")
    return folder


def signature(folder):
    """What would change with any change, without reading what cannot be read."""
    found = {}
    for path in folder.rglob("*"):
        info = path.lstat()
        found[str(path)] = (info.st_ino, info.st_size, info.st_mtime_ns, info.st_mode)
    return found


class Fire:
    """Runs cases in folders of their own and gathers what does not hold."""

    def __init__(self, inputs, tmp_path):
        self.good, self.bad, self.root = inputs / "good", inputs / "bad", tmp_path
        self.inputs, self.before, self.count, self.wrong = inputs, signature(inputs), 0, []

    def folder(self):
        self.count += 1
        folder = self.root / f"case{self.count}"
        folder.mkdir()
        return folder

    def run(self, *arguments, folder=None, **options):
        folder = folder or self.folder()
        return run_forked([str(a) for a in arguments], folder, **options), folder

    def refused(self, *arguments, words="", folder=None, status=2, **options):
        """One sentence, and everything as it was."""
        folder = folder or self.folder()
        before = tree(folder)
        outcome, _ = self.run(*arguments, folder=folder, **options)
        said = outcome.said
        good = outcome.status == status and said.count("\n") == 0 and said.startswith("adain-lab") and words in said
        if not good or "Traceback" in outcome.err or tree(folder) != before or not said.isprintable():
            self.wrong.append(f"{[str(a)[-60:] for a in arguments]}: {outcome.status} {outcome.err[-600:]!r}")
        return outcome

    def done(self):
        assert signature(self.inputs) == self.before, "an input was changed"
        assert not self.wrong, f"{len(self.wrong)} of {self.count} cases:\n" + "\n".join(self.wrong)


@pytest.fixture
def fire(inputs, tmp_path):
    fire = Fire(inputs, tmp_path)
    yield fire
    fire.done()


# ---- pictures that are none ----------------------------------------------------------------------------------------


def bad(fire):
    return [*sorted(fire.bad.iterdir()), fire.bad / "missing.png", fire.bad / ("x" * 300 + ".png")]


PLACES = {
    "content": lambda good, it: ["stylize", it, good / "style.png", "-o", "out.png", *TINY],
    "style": lambda good, it: ["stylize", good / "photo.png", it, "-o", "out.png", *TINY],
    "mask": lambda good, it: ["stylize", good / "photo.png", good / "style.png", "--mask", it, "-o", "out.png", *TINY],
    "also": lambda good, it: ["stylize", good / "photo.png", good / "style.png", "--also", it, "-o", "new", *TINY],
    "recipe": lambda good, it: ["reproduce", it, "-o", "out.png"],
    "gatys": lambda good, it: ["gatys", it, good / "style.png", "-o", "out.png", *FAST],
    "clip": lambda good, it: ["video", it, good / "style.png", "-o", "out.gif", *TINY],
    "studio": lambda good, it: ["studio", it, "--model", "tiny", "--size", "32", "--no-browser"],
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_picture(fire, place):
    # All pictures go through one function: a part of them is enough where the others have been before.
    for it in bad(fire)[:: 4 if place in ("also", "gatys", "style") else 1]:
        fire.refused(*PLACES[place](fire.good, it))


def test_a_batch_goes_on_past_all_of_them(fire):
    contents = fire.root / "contents"
    contents.mkdir()
    for it in fire.bad.iterdir():
        os.symlink(it, contents / it.name)
    for name in ("photo.png", "cut_exif.jpg"):
        os.symlink(fire.good / name, contents / name)
    styles = fire.root / "styles"
    styles.mkdir()
    for number, name in enumerate(("a.png", "b.png")):
        Image.new("RGB", (40, 40), (40 * number, 90, 200)).save(styles / name)
    folder = fire.folder()
    (folder / "out").mkdir()
    (folder / "out" / "cut_exif").write_text("a file where a folder is needed")
    arguments = ["batch", contents, styles, "-o", "out", *TINY]
    outcome, _ = fire.run(*arguments, folder=folder)
    lines = outcome.err.splitlines()
    skipped = [line for line in lines if "skipped: " in line]
    assert outcome.status == 1 and "Traceback" not in outcome.err, outcome.err
    assert "2 painted" in outcome.out and f"{len(skipped)} pictures skipped, 2 could not be written" in outcome.out
    assert len(skipped) >= 20 and sum("not written: " in line for line in lines) == 2 and outcome.err.isascii()
    assert sorted(tree(folder / "out")) == ["cut_exif", "photo", "photo/a.png", "photo/b.png"]
    again, _ = fire.run(*arguments, folder=folder)
    assert again.status == 1 and "0 painted, 2 already there" in again.out


def test_pictures_with_something_odd_are_painted(fire):
    for name in ("cut_exif.jpg", "escape.png"):
        outcome, folder = fire.run("stylize", fire.good / name, fire.good / "style.png", "-o", "out.png", *TINY)
        assert (outcome.status, outcome.err) == (0, ""), outcome.err
        assert list(tree(folder)) == ["out.png"]


def test_names_cannot_speak_to_the_terminal(fire):
    folder = fire.folder()
    name = "a\x1b[2J\x1b]0;owned\x07\nb\u202e.png"
    fire.refused("stylize", folder / name, fire.good / "style.png", "-o", "out.png", *TINY, words="does not exist")
    (folder / name).write_bytes(encoded("PNG"))
    outcome, _ = fire.run("stylize", name, fire.good / "style.png", "-o", f"o{name}", *TINY, folder=folder)
    assert outcome.status == 0 and outcome.out.count("\n") == 1 and "\x1b" not in outcome.out + outcome.err
    fire.refused("stylize", "cat", "kilim", "-o", "out.png", "--\x1b[2J", *TINY)


# ---- options -------------------------------------------------------------------------------------------------------

NUMBERS = ("nan", "-1", "", "x", "1e400", "--", "9" * 5000)
OPTIONS = {
    "stylize": ("--alpha", "--size", "--style-size", "--tile", "--weights", "--model", "--device", "--preserve-color"),
    "gatys": ("--steps", "--size", "--coarse", "--style-size", "--learning-rate", "--content-weight", "--style-layers"),
    "video": ("--alpha", "--size", "--smoothing", "--weights"),
}


@pytest.mark.parametrize("command", OPTIONS)
def test_options_that_make_no_sense(fire, command):
    first = "clip.gif" if command == "video" else "photo.png"
    fixed = FAST[:4] if command == "gatys" else TINY
    for option in OPTIONS[command]:
        for value in NUMBERS:
            output = "out.gif" if command == "video" else "out.png"
            given = [command, fire.good / first, fire.good / "style.png", "-o", output, *fixed, f"{option}={value}"]
            fire.refused(*given)


def test_sizes_without_bounds(fire):
    Image.new("RGB", (5000, 1), "teal").save(fire.root / "line.png")
    line, style = fire.root / "line.png", fire.good / "style.png"
    fire.refused("gatys", line, style, "-o", "out.png", "--encoder", "tiny", words="megapixels that are optimised")
    fire.refused("gatys", fire.good / "photo.png", line, "-o", "out.png", "--encoder", "tiny", words="megapixels")
    for size in ("100000", "99999999999"):
        fire.refused(
            "stylize", fire.good / "photo.png", style, "-o", "out.png", "--size", size, *TINY, words="megapixels"
        )
        fire.refused(
            "gatys", fire.good / "photo.png", style, "-o", "out.png", *FAST[:4], "--size", size, words="megapixels"
        )


# ---- outputs -------------------------------------------------------------------------------------------------------


def test_outputs_that_cannot_be_written(fire):
    content, style = fire.good / "photo.png", fire.good / "style.png"
    commands = {
        "stylize": ["stylize", content, style, *TINY],
        "gatys": ["gatys", content, style, *FAST],
        "video": ["video", fire.good / "clip.gif", style, *TINY],
    }
    for command, arguments in commands.items():
        ending = ".gif" if command == "video" else ".png"
        folder = fire.folder()
        (folder / f"folder{ending}").mkdir()
        (folder / "file").write_text("mine")
        os.mkfifo(folder / f"pipe{ending}")
        (folder / f"circle{ending}").symlink_to(f"circle{ending}")
        (folder / f"device{ending}").symlink_to("/dev/full")
        long = "x" * (MAX_NAME - len(ending) + 1) + ending
        outputs = ["", ".", ending, f"missing/out{ending}", f"file/out{ending}", "out", "out.txt", f"circle{ending}"]
        outputs += [
            f"folder{ending}",
            f"pipe{ending}",
            f"device{ending}",
            long,
            "x" * 5000 + ending,
            f"/dev/null/o{ending}",
        ]
        if command != "stylize":
            outputs += ["file"]
        for output in outputs:
            if command == "stylize" and output in (".", f"folder{ending}"):
                continue  # a folder takes a picture
            fire.refused(*arguments, "-o", output, folder=folder)
        fire.refused(*arguments, "-o", arguments[1], words="input", folder=folder)


def test_the_longest_name_that_there_is(fire):
    name = "x" * (MAX_NAME - 4) + ".png"
    outcome, folder = fire.run("stylize", fire.good / "photo.png", fire.good / "style.png", "-o", name, *TINY)
    assert outcome.status == 0 and list(tree(folder)) == [name], outcome.err


def training_folders(fire):
    for kind in ("contents", "styles"):
        (fire.root / kind).mkdir(exist_ok=True)
        for number in range(2):
            Image.fromarray(np.full((40, 40, 3), 60 * number + 20, np.uint8)).save(fire.root / kind / f"{number}.png")
    return [
        "train",
        fire.root / "contents",
        fire.root / "styles",
        "--encoder",
        "tiny",
        "--device",
        "cpu",
        "--crop",
        "32",
    ] + [
        *("--size", "0", "--batch-size", "1", "--iterations", "2"),
    ]


def test_a_full_disk(fire):
    content, style = fire.good / "photo.png", fire.good / "style.png"
    for arguments in (
        ["stylize", content, style, "-o", "out.png", *TINY],
        ["stylize", content, style, "-o", "out.tif", *TINY],
        ["gatys", content, style, "-o", "out.png", *FAST],
        ["video", fire.good / "clip.gif", style, "-o", "out.gif", *TINY],
        ["bench", "--size", "32", "--rounds", "1", "--device", "cpu", "--json", "bench.json"],
        ["lab", "course", "--copy-only"],
    ):
        folder = fire.folder()
        outcome, _ = fire.run(*arguments, folder=folder, largest=1500)
        left = [name for name in tree(folder) if name != "course"]
        assert outcome.status == 2 and "larger than is allowed" in outcome.said.splitlines()[-1], outcome.err
        assert "Traceback" not in outcome.err and not left, left
    outcome, folder = fire.run(*training_folders(fire), "-o", "run", largest=20_000)
    assert outcome.status == 2 and "larger than is allowed" in outcome.said.splitlines()[-1], outcome.err
    assert "Traceback" not in outcome.err and set(tree(folder / "run")) <= {"losses.csv"}


def test_what_says_no_space_and_no_permission(fire):
    """As root nothing is forbidden, and a disk is never full: the system is made to say so."""
    for number, words in (
        (28, "no space left on the disk"),
        (13, "permission denied"),
        (30, "read-only"),
        (122, "quota"),
    ):

        def before(number=number):
            make = os.open

            def refuse(path, flags, *more, **options):
                if flags & os.O_CREAT and ".adain_lab-" in os.fspath(path):
                    raise OSError(number, os.strerror(number), path)
                return make(path, flags, *more, **options)

            os.open = refuse

        arguments = ["stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", *TINY]
        fire.refused(*arguments, before=before, words=words)


def test_a_folder_that_may_not_be_entered(fire):
    locked = fire.root / "locked"
    locked.mkdir()
    (locked / "x.png").write_bytes(encoded("PNG"))

    def before():
        look = os.stat

        def refuse(path, *more, **options):
            if isinstance(path, (str, os.PathLike)) and f"{os.sep}locked{os.sep}" in os.fspath(path):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return look(path, *more, **options)

        os.stat = refuse

    it, good = locked / "x.png", fire.good
    for arguments in [make(good, it) for make in PLACES.values()] + [
        ["stylize", good / "photo.png", good / "style.png", "-o", locked / "inner" / "out.png", *TINY],
        ["stylize", good / "photo.png", good / "style.png", "-o", "out.png", "--decoder", it, *TINY],
        ["batch", locked / "inner", good, "-o", "out", *TINY],
        ["batch", good, locked / "inner", "-o", "out", *TINY],
        ["train", locked / "inner", good, "-o", "run", "--encoder", "tiny"],
        ["lab", locked / "inner", "--copy-only"],
        ["bench", "--json", locked / "inner" / "x.json"],
        ["download", "paper", "--from", locked / "inner"],
    ]:
        cache = fire.root / "cache"
        environment = {"ADAIN_LAB_CACHE": str(cache)}
        fire.refused(
            *arguments, before=lambda e=environment: (os.environ.update(e), before()), words="permission denied"
        )


# ---- what was written before ---------------------------------------------------------------------------------------


def recipe_of(fire):
    outcome, folder = fire.run("stylize", "cat", "kilim", "-o", "out.png", "--size", 32, "--style-size", 32, *TINY)
    assert outcome.status == 0, outcome.err
    with Image.open(folder / "out.png") as image:
        return json.loads(image.text[RECIPE_KEY])


def with_recipe(path, text):
    note = PngInfo()
    note.add_itxt(RECIPE_KEY, text)
    Image.new("RGB", (48, 32), "teal").save(path, pnginfo=note)
    return path


DAMAGE = {
    "model": (None, 3, "../../x", "x" * 5000, "slim"),
    "content": (None, [], {}, "cat", {"name": "x"}),
    "styles": (None, [], "kilim", [[]], [{}], [None] * 3, [{"name": "x", "statistics": [1]}], [{}] * 1000),
    "alpha": (None, True, -1, 1e400, "1", [], [None], {}, 10**400),
    "weights": ({}, ["a"], [-1], [float("nan")], [1, 2, 3], "1"),
    "preserve_color": (3, "sepia", []),
    "masks": (3, "x", [None], {"form": "labels"}, {"form": "levels", "shape": [9**9] * 3, "data": "eA=="}),
    "feather": (None, -1, float("inf"), "1", 1e300),
    "global_statistics": (None, 1, "yes"),
    "device": (None, "tpu", 'cpu"); import os #', "cuda:99999"),
    "precision": (None, "int8", "float32\n"),
    "tile": ("x", -1, 10**12),
    "form": (None, 2, "1", []),
    "command": (None, "", "lab", []),
}


def test_recipes_that_were_forged(fire):
    recipe = recipe_of(fire)
    for name, values in DAMAGE.items():
        for number, value in enumerate(values):
            path = with_recipe(fire.root / f"{name}{number}.png", json.dumps({**recipe, name: value}))
            fire.refused("reproduce", path, "-o", "out.png")
    for picture in ("content", "styles"):
        for name, values in {
            "sha256": (3, "x", "0" * 64),
            "size": (-1, 1e9, "x", 10**9),
            "bytes": ("x", -1),
            "name": (3, None),
            "at_most": ("x", -5),
        }.items():
            for number, value in enumerate(values):
                entry = recipe["content"] if picture == "content" else recipe["styles"][0]
                changed = {**entry, name: value}
                changed = {**recipe, picture: changed if picture == "content" else [changed]}
                path = with_recipe(fire.root / f"{picture}-{name}{number}.png", json.dumps(changed))
                fire.refused("reproduce", path, "-o", "out.png")
    for number, text in enumerate(
        ("", "{", "[]", "null", "[" * 100_000, '{"command": "stylize"}', "9" * 6000, "\ud800")
    ):
        path = with_recipe(fire.root / f"text{number}.png", text.encode("utf-8", "replace").decode())
        fire.refused("reproduce", path, "-o", "out.png")


def test_decoders_that_are_none(fire):
    good = load_file(MODELS["tiny"].file("decoder"))
    first = next(iter(good))
    metadata = {"encoder": "tiny"}
    folder = fire.root / "decoders"
    folder.mkdir()
    for name, tensors in {
        "whole": {key: value.to(torch.int64) for key, value in good.items()},
        "nan": {**good, first: torch.full_like(good[first], float("nan"))},
        "shape": {**good, first: good[first][:1].clone()},
        "less": {first: good[first].clone()},
        "more": {**good, "x": torch.zeros(1)},
    }.items():
        save_file(tensors, folder / f"{name}.safetensors", metadata)
    save_file(good, folder / "other.safetensors", {"encoder": "slim"})
    (folder / "text.safetensors").write_text("no tensors")
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "long.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")
    (folder / "nested.safetensors").write_bytes((50_000).to_bytes(8, "little") + b"[" * 50_000)
    os.mkfifo(folder / "pipe.safetensors")
    (folder / "folder.safetensors").mkdir()
    paint = ["stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", *TINY, "--decoder"]
    for decoder in (*sorted(folder.iterdir()), folder / "missing"):
        fire.refused(*paint, decoder)
    save_file({key: torch.full_like(value.float(), 3e38) for key, value in good.items()}, folder / "huge", metadata)
    outcome, _ = fire.run(*paint, folder / "huge")
    assert outcome.said.count("\n") == 0 and ("of one colour only" in outcome.said or "overflowed" in outcome.said)


def test_alpha_without_bounds_is_said(fire):
    outcome, folder = fire.run(
        "stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "o.png", "--alpha=1e38", *TINY
    )
    assert outcome.said.count("\n") == 0 and ("of one colour only" in outcome.said or "overflowed" in outcome.said)
    assert (outcome.status == 0) == bool(tree(folder))


class Program:
    """What a pickle runs when it is read by one who trusts it."""

    def __reduce__(self):
        return os.mkdir, ("it_ran",)


def test_checkpoints_that_were_forged(fire):
    arguments = training_folders(fire)
    outcome, folder = fire.run(*arguments, "-o", "run")
    assert outcome.status == 0, outcome.err
    checkpoint = folder / "run" / "checkpoint.pt"
    good = torch.load(checkpoint, weights_only=True)
    adam = good["optimizer"]
    changes = [{"iteration": value} for value in (-1, True, "2", None, 10**30)]
    changes += [{"config": value} for value in ([], {1: 2}, {}, {**good["config"], "crop": "x"}, {"unknown": 1})]
    changes += [{"decoder": value} for value in ({}, [], {"x": torch.zeros(1)}, dict.fromkeys(good["decoder"], 1))]
    changes += [{"decoder": {name: tensor.to(torch.int64) for name, tensor in good["decoder"].items()}}]
    changes += [{"decoder": {name: tensor * float("nan") for name, tensor in good["decoder"].items()}}]
    changes += [{"optimizer": value} for value in ({}, [], {**adam, "param_groups": []}, {**adam, "state": {0: {}}})]
    changes += [{"losses": "x"}, {"learning_rate": None}, {"origin": 3}, {"style_scales": 3}, {"content_scale": "x"}]
    for change in changes:
        torch.save({**good, **change}, checkpoint)
        fire.refused(*arguments, "-o", "run", "--resume", folder=folder)
    for data in (b"", b"PK\3\4" + bytes(100), b"\x80\4N.", bytes(1000)):
        checkpoint.write_bytes(data)
        fire.refused(*arguments, "-o", "run", "--resume", folder=folder)
    torch.save({**good, "origin": Program()}, checkpoint)
    fire.refused(*arguments, "-o", "run", "--resume", folder=folder)
    checkpoint.unlink()
    os.mkfifo(checkpoint)
    fire.refused(*arguments, "-o", "run", "--resume", folder=folder)


def test_caches_that_are_none(fire):
    (fire.root / "file").write_text("mine")
    os.mkfifo(fire.root / "pipe")
    for cache in ("~nosuchuser/cache", fire.root / "file", fire.root / "pipe", "/dev/null/x", "x" * 300):
        for arguments in (
            ["stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", "--model", "paper"],
            ["gatys", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", "--encoder", "vgg19"],
            ["download", "paper", "--url", "http://127.0.0.1:9"],
        ):
            fire.refused(*arguments, before=lambda cache=cache: os.environ.update(ADAIN_LAB_CACHE=str(cache)))
    for url in ("file:///etc/passwd", "ftp://x", "x", "http://", "http://[", "http://127.0.0.1:99999"):
        cache = fire.root / "cache"
        fire.refused(
            "download", "paper", "--url", url, before=lambda c=cache: os.environ.update(ADAIN_LAB_CACHE=str(c))
        )


def test_lessons_that_are_none(fire):
    outcome, folder = fire.run("lab", "course", "--copy-only", "--no-solutions")
    assert outcome.status == 0, outcome.err
    lesson, manifest = folder / "course" / "00_start_here.ipynb", folder / "course" / ".adain_lab.json"
    nested = "[" * 100_000
    for path, text in (
        (lesson, nested),
        (manifest, nested),
        (lesson, ""),
        (manifest, "[]"),
        (lesson, "{}"),
        (manifest, ""),
    ):
        path.write_text(text)
        outcome, _ = fire.run("lab", "course", "--copy-only", "--no-solutions", folder=folder)
        assert outcome.status == 0 and outcome.err == "" and path is manifest or lesson.read_text() == text, outcome.err
    lesson.unlink()
    lesson.symlink_to("/dev/zero")
    fire.refused("lab", "course", "--copy-only", "--no-solutions", folder=folder)
    lesson.unlink()
    os.mkfifo(lesson)
    fire.refused("lab", "course", "--copy-only", "--no-solutions", folder=folder)
    (folder / "circle").symlink_to("circle")
    for copy in ("circle", "course/02_gatys.ipynb", "x" * 300, "/dev/null"):
        fire.refused("lab", copy, "--copy-only", folder=folder)


def test_playlists_read_no_other_files(fire):
    pytest.importorskip("av")
    secret = fire.root / "secret.gif"
    secret.write_bytes((fire.good / "clip.gif").read_bytes())
    for name, text in {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{secret}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "list.txt": f"ffconcat version 1.0\nfile '{secret}'\n",
        "list.mpd": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'></MPD>",
        "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
    }.items():
        (fire.root / name).write_text(text)
        fire.refused("video", fire.root / name, fire.good / "style.png", "-o", "out.gif", *TINY)


# ---- being stopped -------------------------------------------------------------------------------------------------


def test_stopped_in_the_middle_of_writing(fire):
    content, style = fire.good / "photo.png", fire.good / "style.png"
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):

        def before(number=number):
            write = Path.write_bytes

            def stopped(path, data):
                write(path, data[:100])
                os.kill(os.getpid(), number)

            Path.write_bytes = stopped

        fire.refused("stylize", content, style, "-o", "out.png", *TINY, before=before, status=status, words="stopped")


def test_killed_in_the_middle_of_writing_and_started_again(fire):
    arguments = ["stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", *TINY]

    def before():
        write = Path.write_bytes

        def killed(path, data):
            write(path, data[:100])
            os.kill(os.getpid(), signal.SIGKILL)

        Path.write_bytes = killed

    folder = fire.folder()
    (folder / "out.png").write_bytes(b"of before")
    outcome, _ = fire.run(*arguments, folder=folder, before=before)
    left = set(tree(folder)) - {"out.png"}
    assert outcome.status == -signal.SIGKILL and (folder / "out.png").read_bytes() == b"of before"
    assert len(left) == 1 and left.pop().startswith(".adain_lab-")
    outcome, _ = fire.run(*arguments, folder=folder)
    assert outcome.status == 0 and list(tree(folder)) == ["out.png"]


def test_what_somebody_is_writing_is_not_swept_away(fire):
    """A run beside this one keeps its temporary file."""
    from adain_lab.files import sweep, write_whole

    folder = fire.folder()

    def write(temporary: Path):
        temporary.write_text("half")
        arguments = ["stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", *TINY]
        assert fire.run(*arguments, folder=folder)[0].status == 0
        sweep(folder)
        temporary.write_text("whole")

    write_whole(folder / "notes.txt", write)
    assert sorted(tree(folder)) == ["notes.txt", "out.png"] and (folder / "notes.txt").read_text() == "whole"


@pytest.mark.skipif(os.name == "nt", reason="Windows waits a day")
@pytest.mark.parametrize("prefix", [".adain_lab-", "adain_lab_studio_", "adain_lab_recording_"])
def test_folders_of_killed_runs_are_swept_away_and_others_stay(tmp_path, prefix):
    from adain_lab.files import temporary_folder

    code = (
        "import os, pathlib, signal\n"
        "from adain_lab.files import temporary_folder\n"
        f"with temporary_folder(pathlib.Path({str(tmp_path)!r}), {prefix!r}) as folder:\n"
        "    (folder / 'page').mkdir()\n"
        "    (folder / 'page' / 'half').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work").write_text("of days")
    (tmp_path / f"{prefix}link").symlink_to(tmp_path / "mine")
    kept = {"mine", f"{prefix}link"}
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert len({path.name for path in tmp_path.iterdir()} - kept) == 1, "it was killed"
    with temporary_folder(tmp_path, prefix) as first, temporary_folder(tmp_path, prefix) as second:
        assert {path.name for path in tmp_path.iterdir()} == kept | {first.name, second.name}
    assert {path.name for path in tmp_path.iterdir()} == kept and (tmp_path / "mine" / "work").exists()


def test_nobody_reads_the_output_any_more(fire):
    def before():
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)

    outcome, _ = fire.run(
        "stylize", fire.good / "photo.png", fire.good / "style.png", "-o", "o.png", *TINY, before=before
    )
    assert outcome.status == 141 and outcome.err == ""
    outcome, _ = fire.run("bench", "--help", before=lambda: time.sleep(0))
    assert outcome.status == 0


# ---- what others print -------------------------------------------------------------------------------------------------


def test_a_picture_of_one_colour_is_said_by_every_command(fire):
    optimize = ["gatys", fire.good / "photo.png", fire.good / "style.png", "-o", "out.png", *FAST]
    run, render, value = gatys.run, Stylizer.render, 0.5

    def flat_picture(*arguments):
        result = run(*arguments)
        result.image.fill_(value)
        return result

    def flat():
        gatys.run = flat_picture
        Stylizer.render = lambda *arguments, **options: torch.full_like(render(*arguments, **options), value)

    outcome, _ = fire.run(*optimize, before=flat)
    assert outcome.status == 0 and outcome.said.startswith("adain-lab: note: out.png is of one colour only")
    outcome, _ = fire.run(*optimize, "--quiet", before=flat)
    assert outcome.status == 0 and outcome.said == ""

    clip, grey = fire.root / "clip.gif", fire.root / "grey.gif"
    for path, frames in (
        (clip, [Image.fromarray(scene(40, 56, seed)) for seed in range(3)]),
        (grey, [Image.new("RGB", (56, 40), color) for color in ("red", "navy")]),
    ):
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)
    outcome, _ = fire.run("video", clip, fire.good / "style.png", "-o", "out.gif", *TINY, before=flat)
    assert outcome.status == 0 and "3 of 3 frames are of one colour only" in outcome.out
    outcome, _ = fire.run("video", grey, fire.good / "style.png", "-o", "out.gif", *TINY, before=flat)
    assert outcome.status == 0 and "one colour" not in outcome.out, "the clip has no more itself"
    outcome, _ = fire.run("video", clip, fire.good / "style.png", "-o", "out.gif", *TINY)
    assert outcome.status == 0 and "one colour" not in outcome.out

    value = float("nan")
    fire.refused(*optimize, before=flat, words="overflowed")
    fire.refused("video", clip, fire.good / "style.png", "-o", "out.gif", *TINY, before=flat, words="overflowed")


def noisy_tiffs(folder):
    """Damaged TIFF files of which libtiff itself, which is not Python, has something to say."""
    rng = random.Random(3)
    folder.mkdir()
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        good = bytearray(encoded("TIFF", compression=compression))
        for number in range(6):
            data = bytearray(good)
            for _ in range(12):
                data[rng.randrange(8, len(data))] = rng.randrange(256)
            (folder / f"{compression}{number}.tif").write_bytes(data)
    return sorted(folder.iterdir())


def test_what_libtiff_prints_itself_reaches_nobody(fire):
    def decode(path):
        with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            image.load()

    files = noisy_tiffs(fire.root / "tiffs")
    heard = fire.root / "heard"
    kept, log = os.dup(2), os.open(heard, os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 2)
    try:
        for path in files:
            decode(path)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(log)
    assert heard.stat().st_size, "libtiff has something to say of these"
    for path in files:
        outcome, _ = fire.run("stylize", path, fire.good / "style.png", "-o", "out.png", *TINY)
        lines = outcome.err.splitlines()
        assert all(line.startswith("adain-lab: ") for line in lines) and len(lines) == (outcome.status != 0), (
            outcome.err
        )
    mask = ["stylize", fire.good / "photo.png", fire.good / "style.png", "--also", fire.good / "style.png", "-o", "new"]
    for path in files[:6]:
        outcome, _ = fire.run(*mask[:3], "--mask", path, "-o", "out.png", *TINY)
        assert all(line.startswith("adain-lab: ") for line in outcome.err.splitlines()), outcome.err


def test_what_pillow_logs_reaches_nobody(fire):
    data = bytearray(encoded("TIFF"))
    at = data.index(b"\x15\x01\x03\x00")  # SamplesPerPixel
    data[at + 8 : at + 10] = b"\x00\x16"
    (fire.root / "many.tif").write_bytes(data)
    outcome = fire.refused("stylize", fire.root / "many.tif", fire.good / "style.png", "-o", "out.png", *TINY)
    assert len(outcome.err.splitlines()) == 1


def test_torch_is_told_to_keep_its_warnings(tmp_path):
    """In a process of its own, since torch reads this when it is imported."""
    code = (
        "import os, sys; from adain_lab import cli; assert 'torch' not in sys.modules; cli.main(['info', '--json'])\n"
        "import torch; sys.stderr.flush()\n"
        "assert os.environ['TORCH_CPP_LOG_LEVEL'] == 'ERROR'"
    )
    environment = {key: value for key, value in os.environ.items() if key != "TORCH_CPP_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
