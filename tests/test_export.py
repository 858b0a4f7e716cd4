"""Exported models: they paint what PyTorch paints, at any size, and nothing half-made is ever left."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import adain_lab
from adain_lab.cli import main
from adain_lab.export import OnnxModel, browser_runtime, files, web
from adain_lab.export.model import need
from adain_lab.statistics import Statistics, mix

ROOT = Path(__file__).resolve().parent.parent
SIZES = [(64, 88), (65, 88), (64, 87), (75, 61), (9, 10)]


@pytest.fixture(scope="module", params=["levels", "tiny"])
def exported(request, tmp_path_factory):
    """A folder with a model, and PyTorch's stylizer."""
    folder = tmp_path_factory.mktemp("export") / request.param
    stylizer = adain_lab.load(request.param, "cpu", "float32")
    files.export_onnx(stylizer, folder)
    return folder, stylizer


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A package that stands for npm's, with the right hash and small contents."""
    path = tmp_path / "package.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in zip(browser_runtime.FILES, 2 * (b"// a program", b"\0asm"), strict=True):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    monkeypatch.setattr(browser_runtime, "INTEGRITY", browser_runtime.integrity(path))
    return path


def painted(model, picture, style, alpha):
    """Through ONNX, cut to the picture's size."""
    height, width = picture.shape[2:]
    return torch.from_numpy(model.paint(model.encode(picture.numpy()), style, alpha))[..., :height, :width]


@pytest.mark.parametrize("height, width", SIZES)
def test_onnx_paints_what_pytorch_paints(exported, content, style, other_style, height, width):
    folder, stylizer = exported
    model = OnnxModel(folder, threads=1)
    picture = torch.nn.functional.interpolate(content, (height, width))
    first, second = model.encode(style.numpy()), model.encode(other_style.numpy())
    mixed = {name: 0.25 * first[name] + 0.75 * second[name] for name in first if name.endswith(("_mean", "_std"))}
    for alpha in (0, 0.35, 1, 1.4):
        difference = painted(model, picture, first, alpha) - stylizer(picture, style, alpha)
        assert difference.abs().max() < 1e-3, alpha
    theirs = stylizer(picture, [style, other_style], 0.8, weights=[1, 3])
    assert (painted(model, picture, mixed, 0.8) - theirs).abs().max() < 1e-3
    assert (painted(model, picture, second, 1.0) - theirs).abs().max() > 1e-2  # the comparison can fail


def test_the_encoder_gives_features_and_statistics_by_layer(exported, content):
    folder, stylizer = exported
    got = OnnxModel(folder, threads=1).encode(content.numpy())
    code = stylizer.encode_content(content)
    names = {f"{layer}{part}" for layer in stylizer.layers for part in ("", "_mean", "_std")}
    assert set(got) == names - {"pixels"}  # the decoder is told their statistics alone
    for layer in stylizer.layers:
        for name, wanted in (
            (layer, code.features[layer]),
            (f"{layer}_mean", code.statistics.mean[layer]),
            (f"{layer}_std", code.statistics.std[layer]),
        ):
            if name in got:
                np.testing.assert_allclose(got[name], wanted.numpy(), rtol=1e-3, atol=1e-3)


def test_a_batch_has_one_style_or_one_for_each(exported, content, style, other_style):
    folder, stylizer = exported
    model = OnnxModel(folder, threads=1)
    batch = torch.cat([content, content.flip(3)])
    styles = [model.encode(s.numpy()) for s in (style, other_style)]
    each = {name: np.concatenate([s[name] for s in styles]) for name in styles[0] if name.endswith(("_mean", "_std"))}
    for i, picture in enumerate(batch.split(1)):
        wanted = [stylizer(picture, s) for s in (style, (style, other_style)[i])]
        for got, theirs in zip((styles[0], each), wanted, strict=True):
            assert (painted(model, batch, got, 1.0)[i] - theirs[0]).abs().max() < 1e-3


def test_the_files_say_what_they_are(exported):
    folder, stylizer = exported
    manifest = json.loads((folder / "model.json").read_text())
    assert manifest["model"] == stylizer.model and manifest["adain_lab"] == adain_lab.__version__
    assert manifest["difference"] < 1e-3 and tuple(manifest["layers"]) == stylizer.layers
    for name in ("encoder.onnx", "decoder.onnx"):
        graph = onnx.load(folder / name)
        assert [opset.version for opset in graph.opset_import if not opset.domain] == [manifest["opset"]]
        picture = next(x for x in (*graph.graph.input, *graph.graph.output) if x.name == "picture")
        dimensions = [d.dim_param or d.dim_value for d in picture.type.tensor_type.shape.dim]
        assert dimensions[1] == 3 and all(isinstance(dimensions[i], str) for i in (0, 2, 3)), dimensions


def test_painting_does_not_import_pytorch(exported):
    code = (
        "import sys, numpy as np; from adain_lab.export import OnnxModel; model = OnnxModel(sys.argv[1], threads=1);"
        "code = model.encode(np.zeros((1, 3, 16, 24), np.float32));"
        "print(model.paint(code, code).shape, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(exported[0])], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 3, 16, 24) False"


def test_files_that_paint_something_else_are_not_left(tmp_path, stylizer, monkeypatch):
    monkeypatch.setattr(files, "difference", lambda *_: 0.02)
    with pytest.raises(ValueError, match="paint 0.02 beside PyTorch"):
        files.export_onnx(stylizer, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows waits a day")
def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path, stylizer, published):
    code = (
        "import os, signal, sys, adain_lab; from adain_lab.export import files, web;"
        "web.browser_runtime = lambda package: package;"
        "files.difference = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "web.export_page(adain_lab.load('tiny', 'cpu', 'float32'), sys.argv[1], sys.argv[2])"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "page"), str(published)]
    assert subprocess.run(arguments, env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode == -signal.SIGKILL
    assert len(set(tmp_path.iterdir()) - {published}) == 1, "it was killed with its files half made"
    files.export_onnx(stylizer, tmp_path / "out")
    assert set(tmp_path.iterdir()) == {published, tmp_path / "out"}


def test_folders_that_are_refused(tmp_path, stylizer):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "page").mkdir()
    for name in ("model.json", "index.html"):
        (tmp_path / "page" / name).write_text("")
    for folder, reason in (("file", "is a file"), (".", "other things"), ("a/b", "does not exist"), ("page", "--web")):
        with pytest.raises(ValueError, match=reason):
            files.export_onnx(stylizer, tmp_path / folder)
    assert (tmp_path / "file").read_text() == "mine"
    with pytest.raises(FileNotFoundError, match="adain-lab export"):
        OnnxModel(tmp_path)


def test_an_earlier_export_is_replaced(tmp_path, stylizer):
    for _ in range(2):
        files.export_onnx(stylizer, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["decoder.onnx", "encoder.onnx", "model.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_without_the_extra_one_sentence_says_how(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name.startswith("onnx") else name)
    assert main(["export", "tiny", "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and 'onnx and onnxruntime: pip install "adain_lab[export]"' in error
    with pytest.raises(ValueError, match="onnxruntime"):
        need("onnxruntime")
    assert not (tmp_path / "out").exists()


def test_the_command_line(tmp_path, capsys):
    assert main(["export", "tiny", "-o", str(tmp_path / "out")]) == 0
    assert re.search(r"wrote .*out: tiny as ONNX \(opset 17\), \d+\.\d MB", capsys.readouterr().out)
    assert (tmp_path / "out" / "decoder.onnx").is_file()
    assert main(["export", "tiny", "-o", str(tmp_path / "out"), "--runtime", "x.tgz"]) == 2
    assert "--web" in capsys.readouterr().err
    assert main(["export", "giant", "-o", str(tmp_path / "other")]) == 2
    assert "unknown model" in capsys.readouterr().err
    assert main(["export", "tiny", "-o", str(tmp_path / "other"), "--web", "--runtime", "x.tgz"]) == 2
    assert "x.tgz does not exist" in capsys.readouterr().err and not (tmp_path / "other").exists()


def test_a_page_is_whole_and_asks_no_other_server(tmp_path, stylizer, published):
    folder = tmp_path / "site"
    for _ in range(2):  # an earlier page is replaced
        web.export_page(stylizer, folder, published)
    manifest = json.loads((folder / "model.json").read_text())
    assert {name: (folder / name).stat().st_size for name in manifest["bytes"]} == manifest["bytes"]
    pictures = json.loads((folder / "samples.json").read_text())
    assert all((folder / row["file"]).is_file() and row["alt"] for rows in pictures.values() for row in rows)
    rows = np.frombuffer((folder / "styles.bin").read_bytes(), "<f4").reshape(len(pictures["styles"]), -1)
    kilim = next(i for i, row in enumerate(pictures["styles"]) if row["name"] == "kilim")
    np.testing.assert_array_equal(rows[kilim], web.statistics_row(stylizer.encode_style(adain_lab.sample("kilim"))))
    programs = [folder / "index.html", folder / "page.css", *(folder / "js").glob("*.js")]
    for path in programs:
        text = path.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/)", text), path.name
        wanted = re.findall(
            r'(?:href|src)="([^":]+)"|from "(\.[^"]+)"|new URL\("(\./[^"]+)"|program: "(\.[^"]+)"', text
        )
        assert path.suffix == ".css" or wanted or path.name in ("pictures.js", "camera.js", "strip.js", "elements.js")
        for name in filter(None, (name for names in wanted for name in names)):
            assert (path.parent / name).is_file(), f"{path.name} wants {name}"


def test_the_row_of_a_style_is_means_then_deviations_by_layer():
    mean = {"relu1_1": torch.tensor([1.0, 2.0]), "relu2_1": torch.tensor([5.0])}
    std = {"relu1_1": torch.tensor([3.0, 4.0]), "relu2_1": torch.tensor([6.0])}
    row = web.statistics_row(Statistics(*({n: v.view(1, -1, 1, 1) for n, v in part.items()} for part in (mean, std))))
    assert row.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_mixture_is_the_mean_of_rows(stylizer, style, other_style):
    """What the page computes."""
    styles = [stylizer.encode_style(s) for s in (style, other_style)]
    first, second = map(web.statistics_row, styles)
    np.testing.assert_allclose(0.3 * first + 0.7 * second, web.statistics_row(mix(styles, [3, 7])), atol=1e-5)


def test_another_file_is_not_taken_for_the_package(tmp_path, published):
    assert browser_runtime.browser_runtime(published) == published
    (tmp_path / "other.tgz").write_bytes(b"something else")
    with pytest.raises(ValueError, match="sha512"):
        browser_runtime.browser_runtime(tmp_path / "other.tgz")


@pytest.mark.skipif(sys.platform == "win32", reason="npm is played by a shell script")
def test_the_package_is_fetched_once_by_npm(tmp_path, published, monkeypatch):
    programs, cache = tmp_path / "bin", tmp_path / "cache"
    programs.mkdir()
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(cache))
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(browser_runtime.shutil, "which", lambda name: next(map(str, programs.glob(name)), None))
    with pytest.raises(ConnectionError, match="npm is not here.*--runtime"):
        browser_runtime.browser_runtime()
    npm = programs / "npm"

    def plays(script):
        npm.write_text(f"#!/bin/sh\n{script}\n")
        npm.chmod(0o755)

    plays("exit 1")
    with pytest.raises(ConnectionError, match="npm could not fetch"):
        browser_runtime.browser_runtime()
    plays('for option; do case $option in --pack-destination=*) echo bad > "${option#*=}/x.tgz";; esac; done')
    with pytest.raises(ValueError, match="sha512"):
        browser_runtime.browser_runtime()
    assert list(cache.iterdir()) == []
    plays(f'for option; do case $option in --pack-destination=*) cp "{published}" "${{option#*=}}/x.tgz";; esac; done')
    found = browser_runtime.browser_runtime()
    assert found.parent == cache and found.read_bytes() == published.read_bytes()
    npm.unlink()
    assert browser_runtime.browser_runtime() == found  # from the cache


def test_the_package_has_the_pages_files():
    assert {p.name for p in Path(web.PAGE).iterdir()} == {"index.html", "page.css", "js", "ort"}
