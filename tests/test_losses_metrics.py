"""Losses and metrics: zero where they must be, right on known numbers, in agreement with each other."""

import math

import pytest
import torch

import adain_lab
from adain_lab.functional import adain
from adain_lab.losses import (
    content_loss,
    gram_style_loss,
    layer_scales,
    range_penalty,
    scale_features,
    statistics_style_loss,
)
from adain_lab.metrics import content_distance, psnr, residual_style, style_distance
from adain_lab.networks.encoder import STYLE_LAYERS


def features(seed, size=6):
    generator = torch.Generator().manual_seed(seed)
    return {
        layer: torch.rand(1, c, size, size, generator=generator, dtype=torch.float64)
        for layer, c in (("relu1_1", 2), ("relu2_1", 4))
    }


@pytest.mark.parametrize("loss", [statistics_style_loss, gram_style_loss])
def test_a_style_loss_is_zero_for_itself_and_positive_otherwise(loss):
    f, g = features(0), features(1)
    assert float(loss(f, f)) == 0
    assert float(loss(f, g)) > 0
    assert float(loss(f, g)) == pytest.approx(float(loss(g, f)))


@pytest.mark.parametrize("loss", [statistics_style_loss, gram_style_loss])
def test_a_style_loss_does_not_see_where_things_are(loss):
    f, g = features(0), features(1)
    shuffle = torch.randperm(36)
    moved = {layer: x.flatten(2)[:, :, shuffle].reshape(x.shape) for layer, x in f.items()}
    assert float(loss(moved, g)) == pytest.approx(float(loss(f, g)))


def test_content_loss_does_see_where_things_are():
    f = features(0)["relu1_1"]
    assert float(content_loss(f, f)) == 0
    assert float(content_loss(f, f.flip(3))) > 0


def test_statistics_style_loss_on_known_numbers():
    """One channel with mean 1, std 1 against mean 3, std 2: (1-3)^2 + (1-2)^2 = 5."""
    a = torch.tensor([0.0, 2.0], dtype=torch.float64).view(1, 1, 1, 2)
    b = torch.tensor([1.0, 5.0], dtype=torch.float64).view(1, 1, 1, 2)
    assert float(statistics_style_loss({"relu1_1": a}, {"relu1_1": b})) == pytest.approx(5, abs=1e-4)


def test_after_adain_the_style_loss_at_that_layer_is_almost_zero():
    x, y = torch.rand(1, 8, 9, 9, dtype=torch.float64), torch.rand(1, 8, 7, 5, dtype=torch.float64)
    assert float(statistics_style_loss({"relu4_1": adain(x, y)}, {"relu4_1": y})) < 1e-8


def test_scales_bring_layers_to_mean_one(stylizer, content):
    scales = layer_scales(stylizer.encoder, content, STYLE_LAYERS)
    scaled = scale_features(stylizer.encoder(content, STYLE_LAYERS), scales)
    for layer in STYLE_LAYERS:
        assert float(scaled[layer].mean()) == pytest.approx(1, rel=1e-4)


def test_range_penalty():
    assert float(range_penalty(torch.rand(1, 3, 4, 4))) == 0
    assert float(range_penalty(torch.full((1, 3, 4, 4), 1.5))) == pytest.approx(0.25)


def test_bad_input_gets_a_sentence():
    with pytest.raises(ValueError, match="same shape"):
        content_loss(torch.rand(1, 2, 3, 3), torch.rand(1, 2, 4, 4))
    with pytest.raises(ValueError, match="lack relu2_1"):
        gram_style_loss(features(0), {"relu1_1": features(0)["relu1_1"]})
    with pytest.raises(ValueError, match="at least one layer"):
        statistics_style_loss({}, {})


def test_metrics_of_equal_pictures(stylizer, content, style):
    assert style_distance(stylizer.encoder, content, content) == 0
    assert content_distance(stylizer.encoder, content, content) == 0
    assert residual_style(stylizer.encoder, content, content, style) == 1
    assert residual_style(stylizer.encoder, style, content, style) == 0
    assert psnr(content, content) == math.inf
    assert psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.1)) == pytest.approx(20)
    with pytest.raises(ValueError, match="already has"):
        residual_style(stylizer.encoder, content, style, style)


def test_content_distance_ignores_style_and_is_large_for_unrelated_pictures(stylizer, content):
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(5))
    assert content_distance(stylizer.encoder, noise, content) > 1
    assert content_distance(stylizer.encoder, (content * 0.8 + 0.1), content) < 0.5


def test_alpha_moves_the_style_distance_down(stylizer):
    photo, painting = (
        adain_lab.resize(adain_lab.to_tensor(adain_lab.sample(name)), 128) for name in ("coffee", "night_village")
    )
    distances = [
        style_distance(stylizer.encoder, stylizer(photo, painting, alpha), painting, ("relu3_1", "relu4_1"))
        for alpha in (0, 0.5, 1)
    ]
    assert distances[0] > distances[1] > distances[2]
