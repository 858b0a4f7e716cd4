"""Painted regions in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from adain_lab.widgets import MaskPanel, StudioPanel
from adain_lab.widgets.session.mask_codec import pack_labels
from adain_lab.widgets.session.mask_words import painting_in_words, place_in_words, regions_in_words

LABELS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=24), elements=st.integers(0, 4))


def block(rows, columns, size=(30, 40)):
    mask = np.zeros(size, bool)
    mask[rows, columns] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (block(slice(0, 10), slice(0, 12)), "mostly upper left"),
        (block(slice(0, 10), slice(28, 40)), "mostly upper right"),
        (block(slice(22, 30), slice(0, 12)), "mostly lower left"),
        (block(slice(22, 30), slice(28, 40)), "mostly lower right"),
        (block(slice(0, 10), slice(0, 40)), "mostly at the top"),
        (block(slice(20, 30), slice(0, 40)), "mostly at the bottom"),
        (block(slice(0, 30), slice(0, 15)), "mostly on the left"),
        (block(slice(0, 30), slice(25, 40)), "mostly on the right"),
        (block(slice(10, 20), slice(14, 26)), "mostly in the middle"),
        (~block(slice(5, 25), slice(5, 35)), "all over it"),  # a frame: its centre is not where it lies
        (~block(slice(0, 2), slice(0, 5)), "nearly everywhere"),
    ],
)
def test_places(mask, words):
    assert place_in_words(mask) == words


def test_a_middle_row_or_column_belongs_to_neither_half():
    assert place_in_words(block(slice(1, 2), slice(1, 2), (3, 3))) == "mostly in the middle"
    assert place_in_words(block(slice(0, 3), slice(1, 2), (3, 3))) == "all over it"


def test_shares():
    labels = np.zeros((100, 100), np.uint8)
    assert regions_in_words(labels, ["kilim"]) == "nothing is painted"
    labels[:68, :50] = 2
    assert regions_in_words(labels, ["kilim", "marbled"]) == (
        "marbled covers 34 % of the picture, mostly upper left; 66 % is not painted"
    )
    labels[0, 0] = 1
    words = regions_in_words(labels, ["kilim", "marbled"])
    assert words.startswith("kilim covers less than 1 % of the picture, mostly upper left; marbled covers 34 %, mostly")
    labels[:] = 2
    assert regions_in_words(labels, ["kilim", "marbled"]) == "marbled covers the whole picture"
    labels[5, 5] = 0
    words = regions_in_words(labels, ["kilim", "marbled"])
    assert words == "marbled covers more than 99 % of the picture, nearly everywhere; less than 1 % is not painted"


@given(LABELS)
def test_every_region_with_paint_is_named_once_and_no_other(labels):
    titles = ["one", "two", "three", "four"]
    words = regions_in_words(labels, titles)
    for region, title in enumerate(titles, start=1):
        assert words.count(f"{title} covers") == (labels == region).any()
    assert ("not painted" in words) == (0 < (labels == 0).mean() < 1) and ("nothing" in words) == (not labels.any())


@given(LABELS.filter(lambda labels: (labels == 1).any()))
def test_a_mirrored_picture_has_mirrored_words(labels):
    swap = {"left": "right", "right": "left"}
    mirrored = " ".join(swap.get(word, word) for word in place_in_words(labels == 1).split())
    assert place_in_words(labels[:, ::-1] == 1) == mirrored


@given(LABELS)
def test_a_packed_map_has_the_same_words(labels):
    titles = ("a", "b", "c", "d")
    assert painting_in_words(pack_labels(labels), titles) == regions_in_words(labels, titles)
    assert painting_in_words(b"", titles) == "nothing is painted"


def test_the_mask_panel_says_what_is_painted():
    panel = MaskPanel("coffee", ["kilim", "marbled"], stylizer="tiny", size=48)
    assert panel.description == "nothing is painted"
    height, width = panel.masks.shape[1:]
    masks = np.zeros((2, height, width), np.float32)
    masks[0, : height // 2, : width // 2] = 1
    panel.masks = masks
    title = panel._session.styles["kilim"].title
    assert panel.description == f"{title} covers 25 % of the picture, mostly upper left; 75 % is not painted"
    panel.painting = pack_labels(np.full((height, width), 2, np.uint8))  # a stroke from the page
    assert panel.description == f"{panel._session.styles['marbled'].title} covers the whole picture"
    panel.style_names = ["kilim", "neon_rain"]
    assert panel.description == f"{panel._session.styles['neon_rain'].title} covers the whole picture"
    panel.clear()
    assert panel.description == "nothing is painted"


def test_the_studio_says_it_while_there_are_regions():
    panel = StudioPanel("cat", ["kilim", "marbled"], stylizer="tiny", size=48)
    assert panel.description == ""
    panel.regions = True
    assert " % of the picture, " in panel.description
    panel.regions = False
    assert panel.description == ""
    masked = StudioPanel("cat", ["kilim", "marbled"], stylizer="tiny", size=48, masks="cat")
    assert "covers" in masked.description and masked.description in masked.alt
