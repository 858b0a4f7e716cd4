"""Masks: whatever form they come in, they say which share of a pixel belongs to which region."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import adain_lab
from adain_lab.cli import main
from adain_lab.controls.label_maps import label_png
from adain_lab.controls.masks import StretchedMasks, feather, read_masks, region_masks, size_note, to_features
from adain_lab.data import samples
from adain_lab.images import to_pil

#: Left half white, on 6 x 8 pixels.
LEFT = np.zeros((6, 8), np.uint8)
LEFT[:, :4] = 255
SIZE = LEFT.shape
#: Three thirds with a grey level each.
LABELS = np.repeat(np.repeat(np.array([[0, 128, 255]], np.uint8), 24, 0), 8, 1)


def random_masks(seed, regions=3, height=13, width=9):
    return torch.rand(regions, height, width, generator=torch.Generator().manual_seed(seed))


# ---- the forms a mask comes in
# ------------------------------------------------------------------------------------------


def as_file(tmp_path):
    Image.fromarray(LEFT).save(tmp_path / "left.png")
    return tmp_path / "left.png"


def as_bytes(_):
    buffer = io.BytesIO()
    Image.fromarray(LEFT).save(buffer, "PNG")
    return buffer.getvalue()


def as_opacity(_):
    """A red picture whose left half is opaque."""
    picture = Image.new("RGBA", (8, 6), (255, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 4, 6))
    return picture


def as_palette(_):
    picture = Image.fromarray((LEFT > 0).astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 255, 255, 255])
    return picture


ONE_PICTURE = {
    "a file": as_file,
    "the name of a file": lambda folder: str(as_file(folder)),
    "bytes": as_bytes,
    "grey": lambda _: Image.fromarray(LEFT),
    "RGB": lambda _: Image.fromarray(LEFT).convert("RGB"),
    "RGBA, opaque": lambda _: Image.fromarray(LEFT).convert("RGBA"),
    "opacity": as_opacity,
    "palette": as_palette,
    "uint8": lambda _: LEFT,
    "0 and 1": lambda _: LEFT // 255,
    "bool": lambda _: LEFT > 0,
    "int64": lambda _: LEFT.astype(np.int64),
    "floats": lambda _: LEFT / 255,
    "tensor": lambda _: torch.from_numpy(LEFT) / 255,
    "bool tensor": lambda _: torch.from_numpy(LEFT > 0),
    "a list of one": lambda _: [LEFT],
}


@pytest.mark.parametrize("form", ONE_PICTURE)
def test_one_picture_for_two_styles_is_white_the_first_black_the_second(form, tmp_path):
    masks = region_masks(ONE_PICTURE[form](tmp_path), 2, SIZE)
    assert masks.dtype == torch.float32
    assert (masks[0].numpy() == LEFT / 255).all() and (masks[1].numpy() == 1 - LEFT / 255).all()


@pytest.mark.parametrize("form", ONE_PICTURE)
def test_one_picture_for_one_style_leaves_the_rest_uncovered(form, tmp_path):
    (mask,) = region_masks(ONE_PICTURE[form](tmp_path), 1, SIZE)
    assert (mask.numpy() == LEFT / 255).all()


@pytest.mark.parametrize(
    "stack",
    [list, tuple, np.stack, lambda m: torch.from_numpy(np.stack(m)), lambda m: torch.from_numpy(np.stack(m) > 0)],
)
def test_a_mask_per_style(stack):
    masks = region_masks(stack([LEFT, LEFT[:, ::-1].copy(), 0 * LEFT]), 3, SIZE)
    assert masks.mean((1, 2)).tolist() == [0.5, 0.5, 0]
    assert masks[0, 0, 0] == 1 and masks[1, 0, 0] == 0


def test_grey_is_a_soft_edge():
    masks = region_masks([np.full((4, 4), 51, np.uint8), np.full((4, 4), 102, np.uint8)], 2, (4, 4))
    assert torch.allclose(masks[:, 0, 0], torch.tensor([0.2, 0.4]))


@pytest.mark.parametrize("levels", [[0, 128, 255], [0, 1, 2], [10, 11, 200]])
def test_a_label_map_has_a_grey_level_per_style_the_brightest_first(levels):
    labels = np.array(levels, np.uint8)[LABELS // 127]
    masks = region_masks(labels, 3, LABELS.shape)
    assert (masks.sum(0) == 1).all()
    for region, level in zip(masks, sorted(levels, reverse=True), strict=True):
        assert (region.bool().numpy() == (labels == level)).all()


def test_a_label_map_saved_as_jpeg_still_has_its_levels():
    y, x = np.mgrid[:60, :60]
    labels = np.array([0, 128, 255], np.uint8)[(x + y > 40).astype(int) + (x + y > 80)]
    buffer = io.BytesIO()
    Image.fromarray(labels).save(buffer, "JPEG", quality=60)
    assert len(np.unique(np.asarray(Image.open(buffer)))) > 30
    masks = region_masks(buffer.getvalue(), 3, labels.shape)
    assert (masks == region_masks(labels, 3, labels.shape)).float().mean() > 0.98


#: Label maps of a panel: how many styles there were, and which of their regions are painted (0: nothing).
SAVED = {
    "two, gaps": (2, [1, 0, 2]),
    "first and third": (3, [1, 3]),
    "first and third, gaps": (3, [1, 0, 3]),
    "second alone": (2, [0, 2]),
}
SAVED |= {"three, gaps": (3, [1, 2, 3, 0]), "one": (1, [0, 1]), "all of one": (1, [1]), "no second": (4, [1, 3, 4])}


def stripes(labels):
    return np.repeat(np.array([labels], np.uint8), 6, 0).repeat(4, 1)


@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize(
    "form", [bytes, lambda data: [data], lambda data: Image.open(io.BytesIO(data))], ids=["one", "list", "image"]
)
def test_a_label_map_that_a_panel_saved_is_read_as_painted(name, form):
    count, labels = SAVED[name]
    map_ = stripes(labels)
    expected = torch.stack([torch.from_numpy(map_ == region).float() for region in range(1, count + 1)])
    file = label_png(map_, count)
    assert torch.equal(region_masks(form(file), count, map_.shape), expected)
    painted = [region - 1 for region in sorted(set(labels)) if region]
    assert torch.equal(region_masks(form(file), len(painted), map_.shape), expected[painted]), (
        "or a style per painted region"
    )


def test_a_saved_label_map_and_another_number_of_styles():
    with pytest.raises(ValueError, match="saved with 3 regions, 2 of them painted, and there are 4 styles"):
        region_masks(label_png(stripes([1, 0, 3]), 3), 4, (6, 12))
    with pytest.raises(ValueError, match="saved with nothing painted"):
        region_masks(label_png(stripes([0, 0]), 2), 2, (6, 8))


def test_the_command_line_paints_what_the_panel_painted(tmp_path, picture_file):
    content, labels = picture_file("content.png", 48, 64), np.zeros((48, 64), np.uint8)
    labels[:, 44:] = 2
    (tmp_path / "regions.png").write_bytes(label_png(labels, 2))
    options = ["--model", "tiny", "--size", "0", "--style-size", "64", "--mask", str(tmp_path / "regions.png")]
    assert main(["stylize", str(content), "kilim", "marbled", *options, "-o", str(tmp_path / "out.png")]) == 0
    masks = torch.stack([torch.from_numpy(labels == region).float() for region in (1, 2)])
    styles = [adain_lab.sample("kilim"), adain_lab.sample("marbled")]
    expected = adain_lab.load("tiny")(Image.open(content), styles, masks=masks, style_size=64)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out.png")), np.asarray(to_pil(expected)))


@pytest.mark.parametrize("name", ["cat", "temple"])
def test_the_sample_masks_say_what_their_index_says(name):
    count = {"cat": 2, "temple": 3}[name]
    masks = region_masks(samples("masks")[name].path, count, (64, 96))
    assert masks.shape == (count, 64, 96) and torch.allclose(masks.sum(0), torch.ones(64, 96), atol=1e-6)
    assert (masks.mean((1, 2)) > 0.05).all()


# ---- fitting
# ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(2, 40), st.integers(2, 40))
@settings(deadline=None, max_examples=40)
def test_masks_fit_the_content_and_never_claim_more_than_a_pixel(seed, regions, height, width):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        masks = region_masks(random_masks(seed, regions), regions, (height, width))
    assert masks.shape == (regions, height, width)
    assert masks.min() >= 0 and masks.max() <= 1 and masks.sum(0).max() <= 1 + 1e-6


def test_overlapping_regions_share_their_pixels():
    masks = region_masks(np.array([LEFT, LEFT, 0 * LEFT + 255]), 3, SIZE)
    assert torch.allclose(masks[:, 0, 0], torch.full((3,), 1 / 3))
    assert masks[:, 0, 7].tolist() == [0, 0, 1]


def test_masks_that_are_stretched_are_a_warning_and_others_are_not(recwarn):
    region_masks(LEFT, 2, (60, 80))
    region_masks(LEFT, 2, (7, 9))  # the same shape, to the nearest pixel
    assert not recwarn
    with pytest.warns(StretchedMasks, match="8 x 6 pixels and the content 30 x 60: they are stretched"):
        region_masks(LEFT, 2, (60, 30))
    assert size_note(read_masks(LEFT, 2), (6, 8)) == ""


def test_masks_of_several_sizes_come_to_the_first_ones():
    assert read_masks([LEFT, np.zeros((12, 16), np.uint8)], 2).shape == (2, 6, 8)


@given(st.integers(0, 1000), st.floats(0, 13))
@settings(deadline=None, max_examples=30)
def test_soft_edges_leave_a_partition_a_partition(seed, pixels):
    masks = random_masks(seed)
    soft = feather(masks / masks.sum(0), pixels)
    assert soft.shape == masks.shape and torch.allclose(soft.sum(0), torch.ones(13, 9), atol=1e-5)


def test_soft_edges_are_as_wide_as_asked_and_leave_everything_else():
    step = torch.zeros(1, 3, 100)
    step[..., 50:] = 1
    soft = feather(step, 20)[0, 0]
    assert ((soft > 0.02) & (soft < 0.98)).sum() == pytest.approx(20, abs=1)
    assert torch.allclose(soft, 1 - soft.flip(0), atol=1e-6) and soft[:34].max() < 1e-3
    assert feather(step, 0) is step
    assert torch.allclose(feather(torch.ones(1, 4, 4), 4), torch.ones(1, 4, 4))


@pytest.mark.parametrize("size", [(16, 24), (9, 17), (41, 57), (15, 10)])
def test_a_cell_of_the_feature_map_is_covered_as_much_as_its_pixels(size, stylizer):
    """The last cells of odd sizes are averaged over the pixels that they have."""
    masks = random_masks(0, 2, *size)
    height, width = stylizer.encode_content(torch.rand(1, 3, *size)).features["relu4_1"].shape[2:]
    cells = to_features(masks, height, width)
    assert cells.shape == (2, height, width)
    for y in range(height):
        for x in range(width):
            assert torch.allclose(
                cells[:, y, x], masks[:, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8].mean((1, 2)), atol=1e-5
            )


def test_masks_fit_maps_of_any_size():
    masks = random_masks(0, 2, 12, 12)
    assert torch.equal(to_features(masks, 12, 12), masks)
    assert torch.allclose(to_features(masks, 5, 5).mean(), masks.mean(), atol=0.05)


# ---- what is no mask
# ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("masks", "count", "error", "words"),
    [
        ("nothing.png", 1, FileNotFoundError, "nothing.png does not exist"),
        (b"text", 1, ValueError, "is not a picture"),
        (3, 1, TypeError, "a mask must be a picture, an array or a tensor, not int"),
        ([LEFT, LEFT], 3, ValueError, "2 masks were given for 3 styles"),
        (np.stack([LEFT, LEFT]), 1, ValueError, "2 masks were given for 1 style:"),
        ([], 2, ValueError, "0 masks were given"),
        ([LEFT[None]], 2, ValueError, "must have shape"),
        (np.zeros((2, 2, 2, 2)), 2, ValueError, "must have shape"),
        (0 * LEFT, 1, ValueError, "all masks are empty"),
        ([0 * LEFT, 0 * LEFT], 2, ValueError, "all masks are empty"),
        (LEFT / 100, 2, ValueError, r"finite and in \[0, 1\]"),
        (LEFT * float("nan"), 2, ValueError, "finite"),
        (LEFT.astype(int) - 1, 2, ValueError, "0 to 255, got -1 to 254"),
        (LEFT.astype(complex), 2, TypeError, "complex128"),
        (np.zeros((0, 4)), 2, ValueError, "at least one pixel"),
        (LEFT, 3, ValueError, "2 grey levels for 3 styles"),
        (
            np.repeat(LABELS, 2, 0) // 2 + np.tile(np.array([0, 120], np.uint8), 24)[:, None],
            3,
            ValueError,
            "4 grey levels for 3 styles",
        ),
    ],
)
def test_what_is_no_mask_gets_a_sentence(masks, count, error, words):
    with pytest.raises(error, match=words):
        region_masks(masks, count, SIZE)


@pytest.mark.parametrize("pixels", [-1, float("nan"), float("inf"), "wide", True])
def test_soft_edges_of_no_width_get_a_sentence(pixels):
    with pytest.raises(ValueError, match="number of pixels, 0 or more"):
        feather(torch.ones(1, 4, 4), pixels)
    with pytest.raises(ValueError, match="wider than the picture"):
        feather(torch.ones(1, 4, 4), 5)
