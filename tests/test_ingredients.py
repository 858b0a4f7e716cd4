"""Inputs are read once: every file is opened, hashed and decoded one time, whoever asks for it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pictures import scene
from PIL import Image

import adain_lab
from adain_lab.files import reading
from adain_lab.images import open_image, opening
from adain_lab.recipes.ingredients import Ingredients
from adain_lab.recipes.recipe import identity, read_recipe

SMALL = ["--model", "tiny", "--device", "cpu"]


@pytest.fixture
def counted(monkeypatch):
    """How often files are opened, and decoded, by their names."""
    opened, decoded = Counter(), Counter()
    decode = opening._decoded

    def counting_open(path, *mode):
        opened[Path(path).name] += 1
        return open(path, *mode)

    def counting_decode(stream, name):
        decoded[Path(name).name] += 1
        return decode(stream, name)

    monkeypatch.setattr(reading, "open", counting_open, raising=False)
    monkeypatch.setattr(opening, "_decoded", counting_decode)
    return opened, decoded


@pytest.fixture
def inputs(picture_file, tmp_path):
    """Two photographs, two paintings and a mask, at half of the photographs' width white."""
    mask = np.zeros((80, 100), np.uint8)
    mask[:, :50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    files = {name: picture_file(name, 80, 100, seed=i) for i, name in enumerate(("a.jpg", "b.png", "x.png", "y.jpg"))}
    return files | {"mask.png": tmp_path / "mask.png"}


@pytest.mark.parametrize(
    "arguments, used",
    [
        (["a.jpg", "x.png"], "a.jpg x.png"),
        (["a.jpg", "x.png", "--tile", "64"], "a.jpg x.png"),
        (["a.jpg", "x.png", "--tile", "64", "--size", "70", "--preserve-color", "match"], "a.jpg x.png"),
        (["a.jpg", "x.png", "y.jpg", "--mask", "mask.png", "--feather", "9"], "a.jpg x.png y.jpg mask.png"),
        (["a.jpg", "x.png", "y.jpg", "--mask", "mask.png", "--tile", "64"], "a.jpg x.png y.jpg mask.png"),
        (["a.jpg", "b.png", "-s", "x.png", "-s", "y.jpg"], "a.jpg b.png x.png y.jpg"),
        (["a.jpg", "b.png", "-s", "x.png", "--preserve-color", "match"], "a.jpg b.png x.png"),
        # A style of one colour makes a picture of one colour, and then the content is looked at, too.
        (["a.jpg", "grey.png", "--alpha", "9", "--preserve-color", "luminance"], "a.jpg grey.png"),
    ],
    ids=" ".join,
)
def test_stylize_opens_and_decodes_every_file_once(run, inputs, counted, tmp_path, arguments, used):
    Image.new("RGB", (48, 48), "grey").save(tmp_path / "grey.png")
    several = "b.png" in arguments
    status, _, err = run("stylize", *arguments, "-o", "out" if several else "out.png", *SMALL)
    opened, decoded = counted
    assert status == 0, err
    assert {name: opened[name] for name in opened if "." in name and name in used.split()} == dict.fromkeys(
        used.split(), 1
    )
    assert decoded == Counter(used.split())


def test_other_commands_decode_every_file_once(run, inputs, counted):
    opened, decoded = counted
    assert run("sheet", "a.jpg", "-s", "x.png", "-s", "y.jpg", "--size", "32", *SMALL)[0] == 0
    assert decoded == Counter(["a.jpg", "x.png", "y.jpg"])
    decoded.clear(), opened.clear()
    gatys = ["--encoder", "tiny", "--size", "32", "--coarse", "0", "--steps", "1", "--style-layers", "relu1_1"]
    assert run("gatys", "a.jpg", "x.png", *gatys, "--content-layers", "relu2_1", "-o", "out.png")[0] == 0
    assert decoded == Counter(["a.jpg", "x.png"]) and opened["a.jpg"] == opened["x.png"] == 1


@pytest.mark.parametrize("color", [[], ["--preserve-color", "match"]], ids=str)
def test_a_batch_decodes_every_file_once_and_nothing_when_it_goes_on(run, picture_file, counted, color):
    names = ["p/a.png", "p/b.png", "q/x.png", "q/y.png"]
    for seed, name in enumerate(names):
        picture_file(name, 32, 40, seed=seed)
    _, decoded = counted
    assert run("batch", "p", "q", "-o", "out", *color, *SMALL)[0] == 0
    assert decoded == Counter(Path(name).name for name in names)
    decoded.clear()
    assert run("batch", "p", "q", "-o", "out", *color, *SMALL)[0] == 0
    assert not decoded


def test_reproduce_decodes_every_file_once(run, inputs, counted):
    assert run("stylize", "a.jpg", "x.png", "--tile", "64", "-o", "out.png", *SMALL)[0] == 0
    counted[1].clear()
    assert run("reproduce", "out.png", "-o", "again.png")[0] == 0
    assert counted[1] == Counter(["a.jpg", "x.png", "out.png"])


def test_what_is_said_about_a_picture_is_its_identity(inputs):
    ingredients, file = Ingredients(), inputs["a.jpg"]
    assert ingredients.add(file, 64) == identity(file, size=64)
    assert ingredients.add(file.read_bytes(), name="stdin") == identity(file.read_bytes(), "stdin")
    assert Ingredients().add(file, 64, decode=False) == identity(file, size=64)


def test_what_has_no_room_is_decoded_when_it_is_asked_for(inputs, counted):
    ingredients, files = Ingredients(room=0), [inputs["a.jpg"], inputs["b.png"]]
    pictures = [ingredients.add(file) for file in files]
    for picture, file in zip(pictures, files, strict=True):
        assert (np.asarray(ingredients(picture)) == np.asarray(open_image(file))).all()
    assert ingredients.width_height(pictures[1]) == (100, 80)
    counted[1].clear()
    ingredients(pictures[0]), ingredients(pictures[1])
    assert counted[1] == Counter(["b.png"]), "one picture is always kept"
    ingredients.forget(files[0])
    ingredients(pictures[1]), ingredients(pictures[1])
    assert counted[1] == Counter({"b.png": 2})


def test_a_picture_that_is_painted_and_a_mask_at_once(run, tmp_path):
    """The mask's opacity counts, the picture's colours do: the file is read once, as it is."""
    pixels = np.dstack([scene(64, 64), np.full((64, 64), 255, np.uint8)])
    pixels[:, 32:, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "both.png")
    assert (
        run("stylize", "both.png", "kilim", "--mask", "both.png", "--style-size", "32", "-o", "out.png", *SMALL)[0] == 0
    )
    path, kilim = tmp_path / "both.png", adain_lab.sample("kilim")
    expected = adain_lab.load("tiny", device="cpu")(path, kilim, masks=[path], style_size=32)
    assert (np.asarray(open_image(tmp_path / "out.png")) == np.asarray(adain_lab.to_pil(expected))).all()
    assert read_recipe(tmp_path / "out.png")["masks"][0]["name"] == "both.png"
