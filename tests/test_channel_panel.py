"""The channel panel without a browser: one affine map of one channel, seen in three ways."""

import io

import pytest
import torch
from PIL import Image

from adain_lab import load
from adain_lab.widgets import ChannelPanel


@pytest.fixture
def panel(stylizer, content):
    return ChannelPanel(content, stylizer=stylizer, size=48)


def test_it_starts_as_the_photograph_is(panel):
    code = panel._session.code(panel.content)
    assert torch.allclose(panel.images, panel.stylizer.render(code, code.statistics), atol=1e-3)
    assert panel.before == pytest.approx(panel.now) and sum(panel.now) == pytest.approx(1)
    assert panel.channel == int(code.statistics.std[panel.layer].flatten().argmax())


def test_the_two_numbers_change_one_channel_and_the_picture(panel):
    before, picture, grey = panel.images, panel.picture, panel.feature_map
    panel.mean, panel.deviation = panel.mean + 2 * panel.deviation, 0.5 * panel.deviation
    assert not panel.error and panel.picture != picture and panel.feature_map != grey
    assert not torch.equal(panel.images, before) and panel.before != panel.now
    assert sum(panel.now) == pytest.approx(1)
    assert Image.open(io.BytesIO(panel.picture)).size == (panel.images.shape[3], panel.images.shape[2])


def test_the_histogram_has_the_mean_that_was_set(panel):
    panel.mean += panel.deviation
    low, high = panel.mean_range
    width = (high - low) / len(panel.now)
    centres = [low + (k + 0.5) * width for k in range(len(panel.now))]
    assert sum(c * share for c, share in zip(centres, panel.now, strict=True)) == pytest.approx(panel.mean, abs=width)


def test_another_channel_starts_from_its_own_numbers(panel):
    panel.mean += 1
    other = (panel.channel + 1) % panel.channels
    panel.channel = other
    own = panel._own(panel.content, panel.layer, other)
    assert (panel.mean, panel.deviation) == (own["mean"], own["deviation"])


def test_reset_brings_back_the_start(panel):
    start, picture = dict(panel._start), panel.picture
    panel.channel = (panel.channel + 1) % panel.channels
    panel.deviation *= 2
    panel.reset()
    assert panel._shown == start and panel.picture == picture


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("mean", float("nan"), "finite"), ("deviation", float("inf"), "finite"), ("channel", -1, "whole number from 0"),
     ("layer", "relu9_9", "unknown layer"), ("content", "nobody", "nobody")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(panel, name, value, words):
    shown, picture = dict(panel._shown), panel.picture
    setattr(panel, name, value)
    assert words in panel.error and panel._shown == shown and panel.picture == picture
    assert getattr(panel, name) == shown[name]


def test_a_level_can_be_chosen(content):
    panel = ChannelPanel(content, stylizer=load("levels"), size=48)
    before = panel.images
    panel.layer = "relu1_1"
    assert panel.channels == panel._session.code(panel.content).features["relu1_1"].shape[1] and not panel.error
    panel.mean += 2 * panel.deviation
    assert not torch.equal(panel.images, before)


def test_its_still_shows_three_pictures_and_its_words_say_what(panel):
    assert panel.static().height > 240 and panel.static().width > 3 * 200
    assert f"channel {panel.channel} of relu4_1" in panel.alt
