"""Every kind of picture people have comes in correctly; everything else gets a sentence."""

import io
import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import scene
from PIL import Image

from adain_lab.images import (
    MAX_PIXELS,
    RECIPE_KEY,
    image_grid,
    open_image,
    resize,
    save_image,
    to_bytes,
    to_pil,
    to_tensor,
)


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


SCENE = Image.fromarray(scene(24, 32))


def test_grey_palette_and_cmyk_become_rgb():
    grey = np.asarray(open_image(encoded(SCENE.convert("L"), "PNG")))
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 0] == np.asarray(SCENE.convert("L"))).all()
    palette = open_image(encoded(SCENE.convert("P", palette=Image.Palette.ADAPTIVE, colors=256), "PNG"))
    assert palette.mode == "RGB" and np.abs(np.asarray(palette, int) - np.asarray(SCENE, int)).mean() < 6
    cmyk = open_image(encoded(SCENE.convert("CMYK"), "TIFF"))
    assert np.abs(np.asarray(cmyk, int) - np.asarray(SCENE, int)).max() <= 2
    assert open_image(encoded(SCENE.convert("1"), "PNG")).mode == "RGB"


def test_transparency_is_laid_on_white():
    rgba = SCENE.convert("RGBA")
    rgba.putalpha(Image.new("L", SCENE.size, 0))
    assert (np.asarray(open_image(encoded(rgba, "PNG"))) == 255).all()
    half = SCENE.convert("RGBA")
    half.putalpha(128)
    expected = np.asarray(SCENE, float) * 128 / 255 + 127
    assert np.abs(np.asarray(open_image(half), float) - expected).max() <= 1.5
    transparent_palette = SCENE.convert("P")
    assert open_image(encoded(transparent_palette, "PNG", transparency=0)).mode == "RGB"


def test_sixteen_bit_grey_is_scaled_not_clipped():
    ramp = np.linspace(0, 65535, 24 * 32).reshape(24, 32).astype(np.uint16)
    result = np.asarray(open_image(encoded(Image.fromarray(ramp), "PNG")))[..., 0]
    assert np.abs(result.astype(int) - (ramp / 257).round()).max() <= 1
    assert len(np.unique(result)) > 200


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side
    turned = open_image(encoded(SCENE, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0))
    assert turned.size == (SCENE.height, SCENE.width)
    assert np.abs(np.asarray(turned, int) - np.rot90(np.asarray(SCENE, int), -1)).mean() < 12


def test_an_animation_gives_its_first_frame():
    frames = [Image.fromarray(scene(24, 32, seed)) for seed in (0, 1)]
    for format, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})):
        animated = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
        assert np.abs(np.asarray(open_image(animated), int) - np.asarray(frames[0], int)).mean() < 12, format


def test_arrays_and_tensors():
    array = scene(10, 12)
    tensor = to_tensor(array)
    assert tensor.shape == (1, 3, 10, 12) and tensor.dtype == torch.float32
    assert torch.equal(tensor, to_tensor(Image.fromarray(array)))
    assert torch.allclose(to_tensor(array / 255), tensor)
    assert torch.equal(to_tensor(tensor[0]), tensor)
    assert to_tensor(array[..., 0]).shape == (1, 3, 10, 12)
    assert to_tensor(array[..., :1]).shape == (1, 3, 10, 12)


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_pil_and_tensor_are_inverse(height, width, seed):
    array = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert (np.asarray(to_pil(to_tensor(array))) == array).all()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", "is empty"),
        (b"these are words, not pixels", "is not a picture"),
        (encoded(SCENE, "JPEG")[:300], "damaged"),
        (encoded(SCENE, "PNG")[:200], "damaged"),
        (bomb(20_000, 20_000), "megapixels"),
        (bomb(11_000, 11_000), "megapixels"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path, contents, words):
    path = tmp_path / "picture.jpg"
    path.write_bytes(contents)
    for source in (path, contents):
        with pytest.raises(ValueError, match=words):
            open_image(source)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        open_image(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="is a folder"):
        open_image(tmp_path)
    with pytest.raises(TypeError, match="not int"):
        open_image(3)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (torch.full((1, 3, 4, 4), float("nan")), ValueError, "not finite"),
        (torch.rand(1, 3, 4, 4) * 255, ValueError, r"must be in \[0, 1\]"),
        (torch.rand(1, 3, 4, 4) - 1, ValueError, r"must be in \[0, 1\]"),
        (torch.rand(1, 4, 4, 4), ValueError, r"\(B, 3, H, W\)"),
        (torch.rand(4, 4), ValueError, r"\(B, 3, H, W\)"),
        (torch.zeros(1, 3, 4, 4, dtype=torch.uint8), TypeError, "divide 8-bit"),
        (np.zeros((4, 4, 2), np.uint8), ValueError, "must have shape"),
        (np.full((4, 4, 3), np.nan), ValueError, "finite"),
        (np.full((4, 4, 3), 200.0), ValueError, "divide 8-bit"),
        (np.zeros((4, 4, 3), np.int64), TypeError, "uint8"),
    ],
)
def test_bad_arrays_get_a_sentence(value, error, words):
    with pytest.raises(error, match=words):
        to_tensor(value)


@given(st.integers(2, 60), st.integers(2, 60), st.integers(1, 40))
@settings(deadline=None, max_examples=40)
def test_resize_sets_the_shorter_side_and_keeps_the_ratio(height, width, size):
    resized = resize(torch.rand(1, 3, height, width), size)
    assert min(resized.shape[2:]) == size
    assert abs(max(resized.shape[2:]) - size * max(height, width) / min(height, width)) <= 0.5
    assert 0 <= float(resized.min()) and float(resized.max()) <= 1


def test_resize_keeps_means_and_refuses_nonsense():
    image = torch.from_numpy(scene(64, 64)).permute(2, 0, 1).unsqueeze(0) / 255
    assert torch.allclose(resize(image, 16).mean((2, 3)), image.mean((2, 3)), atol=0.01)
    assert resize(image, 0) is image
    for size in (-1, 2.5, True):
        with pytest.raises(ValueError, match="whole number"):
            resize(image, size)
    with pytest.raises(ValueError, match="megapixels"):
        resize(image, int(MAX_PIXELS**0.5) + 1)


def test_a_png_carries_its_recipe(tmp_path):
    path = save_image(to_tensor(scene(8, 9)), tmp_path / "out.png", {"alpha": 0.5, "content": "Straße.png"})
    with Image.open(path) as image:
        assert json.loads(image.text[RECIPE_KEY]) == {"alpha": 0.5, "content": "Straße.png"}
        assert (np.asarray(image) == scene(8, 9)).all()


def test_saving_fails_whole(tmp_path, monkeypatch):
    picture = to_tensor(scene(8, 9))
    for path, words in [
        (tmp_path / "a.txt", "must end in"),
        (tmp_path / "no" / "a.png", "does not exist"),
        (tmp_path, "must end in"),
    ]:
        with pytest.raises(ValueError, match=words):
            save_image(picture, path)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        save_image(picture, tmp_path / "folder.png")
    target = tmp_path / "kept.png"
    target.write_bytes(b"before")

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(ValueError, match="no space left"):
        save_image(picture, target)
    assert target.read_bytes() == b"before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.png", "kept.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_saved_files_have_ordinary_permissions(tmp_path):
    old = os.umask(0o022)
    try:
        assert save_image(to_tensor(scene(8, 9)), tmp_path / "a.png").stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(old)


def test_bytes_and_grids():
    picture = to_tensor(scene(20, 30))
    assert Image.open(io.BytesIO(to_bytes(picture))).format == "JPEG"
    assert (np.asarray(Image.open(io.BytesIO(to_bytes(picture, "png")))) == scene(20, 30)).all()
    grid = image_grid([picture, picture[..., :10], picture], columns=2, padding=4)
    assert grid.shape == (1, 3, 2 * 24 + 4, 2 * 34 + 4)
    with pytest.raises(ValueError, match="at least one"):
        image_grid([], columns=2)


def test_a_picture_that_was_turned_is_not_turned_again(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 24)).save(tmp_path / "phone.jpg", exif=exif)
    upright = open_image(tmp_path / "phone.jpg")
    assert upright.size == open_image(upright).size == (24, 40)
    assert to_tensor(upright).shape == (1, 3, 40, 24)
