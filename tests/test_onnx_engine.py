"""``adain-lab stylize`` through an exported model: the same picture without PyTorch, and never from old weights."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from adain_lab.cli import main
from adain_lab.controls import color
from adain_lab.export import cached, painting
from adain_lab.images import resize, to_pil, to_tensor
from adain_lab.recipes.recipe import read_recipe, weights_sha256


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache with an export of tiny."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAIN_LAB_CACHE", str(folder))
        assert main(["export", "tiny", "--cache"]) == 0
    return folder


@pytest.fixture
def here(cache, tmp_path, monkeypatch):
    """A copy of it that may be spoiled."""
    folder = tmp_path / "cache"
    shutil.copytree(cache, folder)
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(folder))
    return folder / "onnx" / "tiny"


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture).astype(int)


CASES = [
    (),
    ("--alpha", 0.6),
    ("--alpha", 1.3, "--size", 40),
    ("--size", 100, "--style-size", 33),
    ("--preserve-color", "match"),
    ("--preserve-color", "luminance", "--size", 30),
    ("--style", "kilim", "--weights", 3, 1, "--style-size", 64),
]


@pytest.mark.parametrize("options", CASES, ids=lambda options: " ".join(map(str, options)) or "plain")
def test_it_paints_what_pytorch_paints(run, here, picture_file, options):
    photo, painting_ = picture_file("photo.png", 51, 66), picture_file("painting.png", 48, 70, seed=2)
    common = ("stylize", photo, "--style", painting_, *options, "--model", "tiny", "--device", "cpu", "--json")
    engines = {}
    for engine in ("auto", "onnx", "torch"):
        status, out, err = run(*common, "--engine", engine, "-o", f"{engine}.png")
        assert (status, err) == (0, "")
        engines[engine] = json.loads(out)[0]["engine"]
    assert engines == {"auto": "onnx", "onnx": "onnx", "torch": "torch"}
    assert (pixels("auto.png") == pixels("onnx.png")).all()
    ours, theirs = read_recipe("auto.png"), read_recipe("torch.png")
    assert "onnxruntime" in ours and "torch" not in ours
    # PyTorch may compute in bfloat16, which is farther from float32 than ONNX is.
    own = {"onnxruntime", "torch", "precision"}
    assert {k: v for k, v in ours.items() if k not in own} == {k: v for k, v in theirs.items() if k not in own}
    assert abs(pixels("auto.png") - pixels("torch.png")).max() <= 16
    status, _, err = run("reproduce", "auto.png", "-o", "again.png", "--search", photo.parent)
    assert status == 0, err  # by PyTorch, in float32, as the recipe says
    assert abs(pixels("again.png") - pixels("auto.png")).max() <= 2


def test_pytorch_is_not_imported(here, picture_file, tmp_path):
    arguments = ["stylize", str(picture_file()), "kilim", "-o", str(tmp_path / "out.png"), "--model", "tiny"]
    code = "import sys; from adain_lab.cli import main; assert main(sys.argv[1:]) == 0; print('torch' in sys.modules)"
    for engine, torch_is_there in (("auto", "False"), ("torch", "True")):
        command = [sys.executable, "-c", code, *arguments, "--engine", engine]
        result = subprocess.run(command, capture_output=True, text=True, env=os.environ)
        assert result.stdout.splitlines()[-1] == torch_is_there, result.stderr


def engine_of(run, *options):
    status, out, err = run("stylize", *options, "--model", "tiny", "--device", "cpu", "--json", "-o", "out.png")
    assert status == 0, err
    return json.loads(out)[0]["engine"]


@pytest.mark.parametrize("entry", ["weights_sha256", "adain_lab"])
def test_a_stale_export_is_not_used(run, here, picture_file, entry):
    photo = picture_file()
    assert engine_of(run, photo, "kilim") == "onnx"
    manifest = json.loads((here / "model.json").read_text())
    (here / "model.json").write_text(json.dumps(manifest | {entry: "0" * 64}))
    assert engine_of(run, photo, "kilim") == "torch"
    status, _, err = run("stylize", photo, "kilim", "--model", "tiny", "--engine", "onnx")
    assert status == 2 and "adain-lab export tiny --cache" in err


@pytest.mark.parametrize(
    "spoil", ["no manifest", "no JSON", "brackets without end", "a list", "no decoder", "half a model"]
)
def test_a_damaged_export_is_not_used(run, here, picture_file, spoil):
    match spoil:
        case "no manifest":
            (here / "model.json").unlink()
        case "no JSON":
            (here / "model.json").write_text("{")
        case "brackets without end":
            (here / "model.json").write_text("[" * 100_000)
        case "a list":
            (here / "model.json").write_text("[]")
        case "no decoder":
            (here / "decoder.onnx").unlink()
        case "half a model":
            data = (here / "decoder.onnx").read_bytes()
            (here / "decoder.onnx").write_bytes(data[: len(data) // 2])
    photo = picture_file()
    assert engine_of(run, photo, "kilim") == "torch"
    status, _, err = run("stylize", photo, "kilim", "--model", "tiny", "--engine", "onnx")
    assert status == 2 and "adain-lab export tiny --cache" in err


@pytest.mark.parametrize(
    "options, obstacle",
    [
        (("--mask", "temple"), "masks"),
        (("--also", "cat"), "several pictures"),
        (("--tile", "256"), "tile by tile"),
        (("--device", "cuda"), "--device cuda"),
        (("--decoder", "mine.safetensors"), "decoder of your own"),
    ],
)
def test_what_onnx_cannot_do_is_left_to_pytorch_or_refused(run, here, options, obstacle):
    status, _, err = run("stylize", "coffee", "--style", "kilim", *options, "--model", "tiny", "--engine", "onnx")
    assert status == 2 and obstacle in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--alpha", "nan"),
        ("--alpha", "-1"),
        ("--alpha", "1,2"),
        ("--weights", "1", "2"),
        ("--weights", "0"),
        ("--preserve-color", "hue"),
        ("--size", "-3"),
        ("--size", "4"),
        ("--style-size", "90000"),
    ],
)
def test_bad_input_is_refused_in_the_same_words(run, here, picture_file, options):
    call = ("stylize", picture_file(), "--style", "kilim", *options, "--model", "tiny", "-o", "out.png", "--engine")
    engines = {engine: run(*call, engine) for engine in ("auto", "torch", "onnx")}
    assert engines["auto"] == engines["torch"] == engines["onnx"] and engines["auto"][0] == 2


def test_the_digest_is_the_one_in_recipes(monkeypatch, tmp_path):
    for model in ("tiny", "slim", "levels"):
        assert cached.weights_digest(model) == weights_sha256(model) is not None
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path))
    for model in ("paper", "", "..", "../tiny", "tiny+mine:123"):
        assert cached.weights_digest(model) is None and not cached.is_current(model)


def test_the_cache_takes_a_model_alone(run, tmp_path):
    for options in (("--web",), ("--decoder", tmp_path / "d.safetensors")):
        status, _, err = run("export", "tiny", "--cache", *options)
        assert status == 2 and "--cache" in err


@pytest.mark.parametrize("size", [0, 20, 31, 90])
def test_numpy_scales_and_colours_as_pytorch_does(content, style, size):
    as_array = lambda images: images[0].permute(1, 2, 0).numpy()  # noqa: E731
    scaled = painting.scaled(to_pil(content), size)
    np.testing.assert_allclose(scaled, as_array(resize(to_tensor(to_pil(content)), size)), atol=2e-3)
    for ours, theirs in ((painting.match_color, color.match_color), (painting.keep_luminance, color.keep_luminance)):
        other = torch.nn.functional.interpolate(style, content.shape[2:])
        np.testing.assert_allclose(
            ours(as_array(other), as_array(content)), as_array(theirs(other, content)), atol=1e-4
        )
