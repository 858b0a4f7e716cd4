"""The sample pictures are complete, credited, unchanged, and can be made again."""

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "data" / "samples"
INDEX = json.loads((SAMPLES / "index.json").read_text(encoding="utf-8"))
SOURCES = (SAMPLES / "SOURCES.md").read_text(encoding="utf-8")
ENTRIES = [entry for group in ("content", "style", "masks") for entry in INDEX[group]]
PICTURES = INDEX["content"] + INDEX["style"]


def by_file(entry):
    return entry["file"]


@pytest.fixture(scope="module")
def paint_styles():
    """tools/paint_styles.py as a module (tools/ is no package)."""
    spec = importlib.util.spec_from_file_location("paint_styles", ROOT / "tools" / "paint_styles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_file_is_listed_and_every_listed_file_is_there():
    on_disk = {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*") if path.is_file()}
    assert on_disk - {"SOURCES.md", "index.json"} == {entry["file"] for entry in ENTRIES}


def test_there_are_enough_of_each():
    assert len(INDEX["content"]) >= 6
    assert len(INDEX["style"]) >= 12
    assert len({entry["for"] for entry in INDEX["masks"]}) >= 2


@pytest.mark.parametrize("entry", ENTRIES, ids=by_file)
def test_entry_is_complete_and_matches_its_file(entry):
    data = (SAMPLES / entry["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == entry["sha256"]
    for key in ("name", "title", "author", "licence", "origin", "alt"):
        assert entry[key].strip(), key
    assert entry["alt"].endswith(".")
    row = next(line for line in SOURCES.splitlines() if f"`{entry['file']}`" in line)
    for key in ("title", "author", "licence", "origin", "sha256"):
        assert entry[key] in row, key


@pytest.mark.parametrize("entry", PICTURES, ids=by_file)
def test_picture_opens_as_rgb_and_is_large_enough(entry):
    with Image.open(SAMPLES / entry["file"]) as image:
        image.load()
        assert image.mode == "RGB"
        assert image.size == (entry["width"], entry["height"])
        assert 512 <= min(image.size) <= 768
        assert not image.getexif() and "icc_profile" not in image.info


@pytest.mark.parametrize("entry", INDEX["masks"], ids=by_file)
def test_mask_fits_its_photograph_and_holds_its_regions(entry):
    photo = next(e for e in INDEX["content"] if e["file"] == entry["for"])
    with Image.open(SAMPLES / entry["file"]) as image:
        assert image.mode == "L"
        assert image.size == (photo["width"], photo["height"])
        values = np.asarray(image)
    levels = np.round(np.linspace(255, 0, len(entry["regions"]))).astype(int)
    share = [np.mean(np.abs(values.astype(int) - level) <= 2) for level in levels]
    assert min(share) > 0.05  # every region is there …
    assert sum(share) > 0.97  # … and there is nothing else but thin soft edges


def test_samples_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 5.2e6


def test_styles_are_those_that_the_program_paints(paint_styles):
    assert [entry["name"] for entry in INDEX["style"]] == list(paint_styles.PICTURES)


@pytest.mark.parametrize("name", ["kilim", "lighthouse_woodcut"])
def test_painting_again_gives_the_committed_picture(paint_styles, tmp_path, name):
    paint_styles.main([name, "-o", str(tmp_path)])
    again, committed = (
        np.asarray(Image.open(folder / f"{name}.jpg"), float) for folder in (tmp_path, SAMPLES / "style")
    )
    assert again.shape == committed.shape
    # Other versions of numpy or Pillow may round or compress differently, no more than that.
    assert np.abs(again - committed).mean() < 6


def test_painting_twice_gives_the_same_pixels(paint_styles):
    first, second = paint_styles.paint("lighthouse_woodcut"), paint_styles.paint("lighthouse_woodcut")
    assert first.tobytes() == second.tobytes()


def test_unknown_picture_is_refused_by_name(paint_styles, capsys):
    with pytest.raises(SystemExit) as stop:
        paint_styles.main(["mona_lisa"])
    assert stop.value.code == 2
    assert "mona_lisa" in capsys.readouterr().err
