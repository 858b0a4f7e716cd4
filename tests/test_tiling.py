"""Tile by tile gives the picture that one pass gives, whatever its size, the tiles and the controls."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import scene
from PIL import Image

from adain_lab import tiling
from adain_lab.controls.controls import Controls
from adain_lab.controls.masks import feather
from adain_lab.images import resize, to_pil, to_tensor
from adain_lab.tiling import Stopped, estimate, stylize_tiled
from adain_lab.tiling.pixels import scaled_part


def picture(height, width, seed=0):
    return to_tensor(scene(height, width, seed))


STYLES = [picture(64, 48, 1), picture(40, 72, 2)]


def difference(tiled, whole):
    """The largest difference of 8-bit values."""
    assert tiled.size == (whole.shape[3], whole.shape[2])
    return int(np.abs(np.asarray(tiled).astype(int) - np.asarray(to_pil(whole)).astype(int)).max())


def test_the_margins_are_what_the_networks_see(stylizer):
    """A pixel beyond the margin changes nothing, one within it does: measured with gradients."""
    assert (tiling.ENCODER_MARGIN, tiling.DECODER_MARGIN) == (32, 4)
    x = torch.rand(1, 3, 144, 144, requires_grad=True)
    stylizer.encoder(x)["relu4_1"][0, :, 9, 9].sum().backward()  # its own pixels are 72 ... 79
    seen = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert 72 - 32 <= seen.min() < 72 - 16 and 79 + 16 < seen.max() <= 79 + 32
    f = torch.rand(1, 128, 18, 18, requires_grad=True)
    stylizer.decoder(f)[0, :, 72:80, 72:80].sum().backward()
    seen = f.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (9 - 4, 9 + 4)


@settings(max_examples=12, deadline=None)
@given(height=st.integers(20, 230), width=st.integers(20, 230), side=st.sampled_from([64, 72, 128]))
def test_any_size_and_any_tiles(stylizer, height, width, side):
    content = picture(height, width)
    assert difference(stylize_tiled(stylizer, content, STYLES[0], tile=side), stylizer(content, STYLES[0])) <= 1


@pytest.mark.parametrize(
    "controls",
    [
        {"alpha": 0.6},
        {"alpha": 0.0},
        {"weights": [1, 3]},
        {"color": "luminance"},
        {"color": "match", "weights": [1, 1]},
        {"size": 100, "style_size": 32},
        {"masks": "halves"},
        {"masks": "halves", "alpha": [1.0, 0.4], "color": "luminance"},
        {"masks": "halves", "global_statistics": True},
        {"masks": "part"},
        {"masks": "soft", "color": "match"},
    ],
    ids=str,
)
def test_every_control(stylizer, controls):
    content, controls = picture(150, 201), dict(controls)
    styles = STYLES if {"weights", "masks"} & set(controls) else STYLES[0]
    if "masks" in controls:
        left = torch.zeros(150, 201)
        left[:, :90] = 1
        if controls["masks"] == "soft":
            left[:, 90:140] = torch.linspace(1, 0, 50)  # no 255ths
        controls["masks"] = torch.stack([left, torch.zeros_like(left) if controls["masks"] == "part" else 1 - left])
    assert (
        difference(stylize_tiled(stylizer, content, styles, tile=64, **controls), stylizer(content, styles, **controls))
        <= 1
    )


def test_statistics_of_each_tile_would_show_seams(stylizer):
    """What tiling must not do, and what the test above would notice: normalise every tile by its own statistics."""
    content = picture(64, 128)
    halves = torch.cat([stylizer(content[..., :64], STYLES[0]), stylizer(content[..., 64:], STYLES[0])], 3)
    assert difference(to_pil(halves), stylizer(content, STYLES[0])) > 20


def test_files_are_read_tile_by_tile_and_agree_with_tensors(stylizer, picture_file):
    path = picture_file("content.png", 130, 90)
    assert difference(stylize_tiled(stylizer, path, STYLES[0], tile=64), stylizer(path, STYLES[0])) <= 1


def pil(height, width, seed=0):
    return Image.fromarray(scene(height, width, seed))


@pytest.mark.parametrize(
    "controls", [{}, {"color": "match"}, {"color": "luminance"}, {"size": 90}, {"size": 160}], ids=str
)
def test_pictures_with_8_bits_agree_with_tensors(stylizer, controls):
    """They stay as they are, and are scaled by parts."""
    content = pil(130, 175)
    tiled = stylize_tiled(stylizer, content, STYLES[0], tile=64, **controls)
    assert difference(tiled, stylizer(content, STYLES[0], **controls)) <= 1
    array = stylize_tiled(stylizer, np.asarray(content), STYLES[0], tile=64, **controls)
    assert (np.asarray(array) == np.asarray(tiled)).all()


def test_soft_edges_agree_with_those_of_one_pass(stylizer):
    content = picture(100, 130)
    left = torch.zeros(100, 130)
    left[:, :60] = 1
    masks = torch.stack([left, 1 - left])
    tiled = stylize_tiled(stylizer, content, STYLES, masks=masks, feather=20.0, tile=64)
    assert difference(tiled, stylizer(content, STYLES, masks=feather(masks, 20))) <= 1
    assert difference(tiled, stylizer(content, STYLES, masks=masks)) > 1


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 90), st.integers(8, 90), st.integers(4, 200), st.data())
def test_a_part_that_is_scaled_is_the_part_of_what_is_scaled(height, width, size, data):
    content = pil(height, width)
    whole = resize(to_tensor(content), size)
    rows, columns = (
        slice(*sorted(data.draw(st.lists(st.integers(0, side), min_size=2, max_size=2, unique=True))))
        for side in whole.shape[2:]
    )
    part = scaled_part(content, tuple(whole.shape[2:]), rows, columns)
    assert part.shape[2:] == whole[..., rows, columns].shape[2:]
    assert (part - whole[..., rows, columns]).abs().max() < 1e-4


def test_no_whole_picture_becomes_floats(stylizer, monkeypatch, picture_file, tmp_path):
    """Neither the content nor the result, with any control: what becomes a tensor is a tile with its margins."""
    from adain_lab.recipes import painter
    from adain_lab.recipes.ingredients import Ingredients
    from adain_lab.recipes.recipe import stylize_recipe

    sides, ingredients = [], Ingredients()
    for module in (tiling.pixels, painter):
        before = module.to_tensor
        monkeypatch.setattr(
            module, "to_tensor", lambda image, before=before: sides.append(max(image.size)) or before(image)
        )
    to_pil = tiling.painting.to_pil
    monkeypatch.setattr(tiling.painting, "to_pil", lambda images: sides.append(max(images.shape[2:])) or to_pil(images))
    content, style = picture_file("content.png", 300, 270), picture_file("style.png", 48, 40, seed=1)
    pictures = ingredients.add(content, 288), [ingredients.add(style), ingredients.add(style)]
    Image.fromarray(np.tile(np.uint8([255, 0]), (300, 135))).save(tmp_path / "mask.png")
    mask = ingredients.add(tmp_path / "mask.png")
    for color in (None, "match", "luminance"):
        for masks in (None, [mask]):
            recipe = stylize_recipe(stylizer, *pictures, Controls(color=color, masks=masks), masks=masks, tile=64)
            painted = painter.Painter(stylizer, ingredients).paint(recipe)
            assert isinstance(painted, Image.Image) and painted.size == (288, 320)
    assert max(sides) <= (64 + 2 * (32 + 32)) * 300 / 288 + 5


def test_regions_take_a_byte_where_nothing_is_lost():
    levels = torch.arange(256).view(1, 16, 16)
    assert tiling.painting._bytes(None) is None
    assert torch.equal(tiling.painting._bytes(levels / 255), levels.byte())
    assert torch.equal(tiling.painting._bytes(1 - levels / 255), (255 - levels).byte())
    soft = torch.rand(1, 16, 16)
    assert tiling.painting._bytes(soft) is soft


def test_numbers_that_overflow_are_refused(stylizer):
    with pytest.raises(ValueError, match="overflowed"):
        stylize_tiled(stylizer, picture(64, 64), STYLES[0], 1e38, tile=64)


def test_no_pass_sees_more_than_a_tile_with_its_margins(stylizer, monkeypatch):
    style, encoded, painted = stylizer.encode_style(STYLES[0]), [], []
    encode, draw = stylizer.encode, stylizer.draw
    monkeypatch.setattr(stylizer, "encode", lambda x: encoded.append(max(x.shape[2:])) or encode(x))
    monkeypatch.setattr(
        stylizer, "draw", lambda code, *more: painted.append(max(code.images.shape[2:])) or draw(code, *more)
    )
    stylize_tiled(stylizer, picture(300, 200), style, tile=64)
    assert max(painted) <= 64 + 2 * 8 * 4 and max(encoded) <= max(painted) + 2 * 32
    assert len(encoded) == 2 * 5 * 4 and len(painted) == 5 * 4


def test_progress_and_stopping(stylizer):
    seen = []
    stylize_tiled(
        stylizer, picture(130, 70), STYLES[0], tile=64, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(i, 12) for i in range(1, 13)]
    calls = iter(range(100))
    with pytest.raises(Stopped, match="after 3 of 12"):
        stylize_tiled(stylizer, picture(130, 70), STYLES[0], tile=64, should_stop=lambda: next(calls) >= 3)


def test_an_estimate_counts_tiles_and_memory(stylizer):
    small, large = estimate(stylizer, 256, 256, tile=64), estimate(stylizer, 1024, 1024, tile=64)
    assert (small.tiles, large.tiles) == (16, 256)
    assert small.megabytes < large.megabytes < 100 and 0 < small.seconds < large.seconds
    assert str(large).startswith("256 tiles, about ")


@pytest.mark.parametrize("side", [0, 60, 65, 100, True, 64.0])
def test_a_tile_that_does_not_fit_the_grid_is_refused(stylizer, side):
    with pytest.raises(ValueError, match="multiple of 8 pixels, at least 64"):
        stylize_tiled(stylizer, picture(64, 64), STYLES[0], tile=side)


def test_bad_input_is_refused_before_anything_is_computed(stylizer):
    with pytest.raises(ValueError, match="one at a time"):
        stylize_tiled(stylizer, torch.rand(2, 3, 64, 64), STYLES[0])
    with pytest.raises(ValueError, match="weights and masks"):
        stylize_tiled(stylizer, picture(64, 64), STYLES, weights=[1, 1], masks=torch.ones(2, 64, 64))
    with pytest.raises(ValueError, match="give the picture, not its statistics"):
        stylize_tiled(stylizer, picture(64, 64), stylizer.encode_style(STYLES[0]), color="match")
    with pytest.raises(FileNotFoundError):
        stylize_tiled(stylizer, "nowhere.png", STYLES[0])
    assert isinstance(stylize_tiled(stylizer, picture(40, 40), STYLES[0]), Image.Image)


# ---- on the command line --------------------------------------------------------------------------------------------


def test_the_command_tiles_what_is_large_and_reproduces_it(picture_file, tmp_path, capsys, monkeypatch):
    from adain_lab import cli, progress
    from adain_lab.commands import stylize
    from adain_lab.recipes.recipe import read_recipe

    content, style = str(picture_file("content.png", 140, 100)), str(picture_file("style.png", 48, 48, seed=1))
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    small = ["--model", "tiny", "--device", "cpu"]
    assert cli.main(["stylize", content, style, "-o", str(out), *small]) == 0
    assert "tile" not in read_recipe(out) and "tiles, about" not in capsys.readouterr().err
    monkeypatch.setattr(stylize, "LARGE", 10_000)
    assert cli.main(["stylize", content, style, "-o", str(out), *small]) == 0
    assert read_recipe(out)["tile"] == 512 and capsys.readouterr().err == "", "stderr is no terminal here"
    monkeypatch.setattr(progress.Progress, "shown", True)
    assert cli.main(["stylize", content, style, "-o", str(out), *small]) == 0
    assert read_recipe(out)["tile"] == 512 and "1 tiles, about" in capsys.readouterr().err
    for color in ("match", "luminance"):
        options = ["--tile", "64", "--preserve-color", color, *small]
        assert cli.main(["stylize", content, style, "-o", str(out), *options]) == 0
        assert "6 tiles, about" in capsys.readouterr().err
        assert cli.main(["reproduce", str(out), "-o", str(again)]) == 0
        assert again.read_bytes() == out.read_bytes()
    assert cli.main(["stylize", content, style, "-o", str(out), "--tile", "50", *small]) == 2
    assert "multiple of 8" in capsys.readouterr().err
