"""Whitening and colouring: the style's whole covariance, the content's pattern."""

import pytest
import torch

from adain_lab.functional import adain
from adain_lab.whitening import whiten_color


def features(*shape, seed):
    g = torch.Generator().manual_seed(seed)
    mixing = torch.randn(shape[1], shape[1], generator=g, dtype=torch.float64)
    return torch.einsum("dc,bchw->bdhw", mixing, torch.rand(shape, generator=g, dtype=torch.float64)) + seed


def covariance(x):
    return torch.stack([torch.cov(one.flatten(1), correction=0) for one in x])


def test_mean_and_covariance_are_the_styles():
    content, style = features(2, 6, 9, 11, seed=1), features(2, 6, 12, 7, seed=2)
    t = whiten_color(content, style, eps=1e-10)
    assert torch.allclose(t.mean((2, 3)), style.mean((2, 3)), atol=1e-6)
    assert torch.allclose(covariance(t), covariance(style), atol=1e-5)


def test_it_is_one_affine_map_of_the_content():
    content, style = features(1, 4, 10, 10, seed=3), features(1, 4, 8, 8, seed=4)
    x = torch.cat([content[0].flatten(1).T, torch.ones(100, 1, dtype=torch.float64)], 1)
    y = whiten_color(content, style)[0].flatten(1).T
    assert torch.allclose(x @ torch.linalg.lstsq(x, y).solution, y, atol=1e-6)


def test_the_content_as_style_gives_the_content():
    content = features(1, 5, 9, 9, seed=5)
    assert torch.allclose(whiten_color(content, content), content, atol=1e-6)


def test_one_channel_is_adain():
    content, style = features(3, 1, 6, 7, seed=6), features(1, 1, 9, 4, seed=7)
    assert torch.allclose(whiten_color(content, style), adain(content, style), atol=1e-6)


def test_one_style_for_a_batch():
    content, style = features(2, 3, 6, 6, seed=8), features(1, 3, 5, 5, seed=9)
    each = torch.cat([whiten_color(one[None], style) for one in content])
    assert torch.allclose(whiten_color(content, style), each, atol=1e-9)


def test_more_channels_than_cells_and_flat_channels_stay_finite():
    content, style = features(1, 40, 3, 4, seed=10), features(1, 40, 5, 5, seed=11)
    content[:, 7] = 2.0
    t = whiten_color(content.float(), style.float())
    assert t.dtype == torch.float32 and torch.isfinite(t).all()


def test_bad_shapes_are_a_sentence():
    with pytest.raises(ValueError, match=r"got \(1, 4, 5, 5\) and \(1, 3, 5, 5\)"):
        whiten_color(torch.rand(1, 4, 5, 5), torch.rand(1, 3, 5, 5))
    with pytest.raises(ValueError, match="features must have shapes"):
        whiten_color(torch.rand(2, 4, 5, 5), torch.rand(3, 4, 5, 5))
