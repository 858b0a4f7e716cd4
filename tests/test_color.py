"""Colour preservation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain_lab.controls.color import keep_luminance, match_color


def moments(images):
    pixels = images.double().flatten(2)[0].numpy()
    return pixels.mean(1), np.cov(pixels, bias=True)


def coloured(seed, mean, spread):
    """Pixels that stay inside [0, 1], so that clamping changes nothing."""
    rng = torch.Generator().manual_seed(seed)
    mixing = torch.rand(3, 3, generator=rng, dtype=torch.float64)
    pixels = (torch.rand(1, 3, 400, generator=rng, dtype=torch.float64) - 0.5) * spread
    return (torch.tensor(mean, dtype=torch.float64).view(1, 3, 1) + mixing @ pixels).reshape(1, 3, 20, 20)


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_match_gives_the_references_mean_and_covariance(seed):
    images, reference = coloured(seed, (0.4, 0.5, 0.6), 0.1), coloured(seed + 1, (0.55, 0.5, 0.45), 0.1)
    matched = match_color(images, reference, eps=1e-12)
    for result, wanted in zip(moments(matched), moments(reference), strict=True):
        assert np.allclose(result, wanted, atol=1e-6)


def test_match_with_itself_changes_nothing():
    images = coloured(3, (0.4, 0.5, 0.6), 0.2)
    assert torch.allclose(match_color(images, images), images, atol=1e-9)


@pytest.mark.parametrize("kind", ["flat", "grey", "black"])
def test_degenerate_colours_do_not_blow_up(kind):
    normal = torch.rand(1, 3, 16, 16)
    strange = {
        "flat": torch.full((1, 3, 16, 16), 0.3),
        "grey": torch.rand(1, 1, 16, 16).expand(1, 3, 16, 16),
        "black": torch.zeros(1, 3, 16, 16),
    }[kind]
    for a, b in ((normal, strange), (strange, normal), (strange, strange)):
        matched = match_color(a, b)
        assert torch.isfinite(matched).all() and 0 <= float(matched.min()) and float(matched.max()) <= 1
        assert torch.allclose(matched.mean((2, 3)), b.mean((2, 3)), atol=0.05)


def test_luminance_keeps_chroma_and_takes_luma():
    content, stylized = coloured(0, (0.5, 0.5, 0.5), 0.1), coloured(1, (0.5, 0.55, 0.45), 0.1)
    result = keep_luminance(stylized, content)
    luma = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64).view(1, 3, 1, 1)
    assert torch.allclose((result * luma).sum(1), (stylized * luma).sum(1))
    assert torch.allclose(result[:, 0] - result[:, 1], content[:, 0] - content[:, 1])
    assert torch.allclose(keep_luminance(content, content), content)


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_colours_on_a_line_and_pictures_of_a_few_pixels_do_not_blow_up(seed, height, width):
    """Two colours and their mixtures have a covariance of rank 1, one pixel has none."""
    rng = torch.Generator().manual_seed(seed)
    first, second = torch.rand(2, 1, 3, 1, 1, generator=rng)
    share = torch.rand(1, 1, height, width, generator=rng)
    line, other = share * first + (1 - share) * second, torch.rand(1, 3, 11, 7, generator=rng)
    for images, reference in ((line, other), (other, line), (line, line)):
        matched = match_color(images, reference)
        assert matched.shape == images.shape and torch.isfinite(matched).all()
        assert 0 <= float(matched.min()) and float(matched.max()) <= 1
    assert torch.allclose(match_color(line, line), line, atol=1e-3)


@pytest.mark.parametrize("color", ["match", "luminance"])
@pytest.mark.parametrize("kind", ["grey", "flat", "black", "white"])
def test_a_content_without_colours_stays_without(stylizer, style, other_style, color, kind):
    """Together with interpolation and masks, on an odd size."""
    rng = torch.Generator().manual_seed(0)
    content = {
        "grey": torch.rand(1, 1, 33, 45, generator=rng).expand(1, 3, 33, 45),
        "flat": torch.full((1, 3, 33, 45), 0.4),
        "black": torch.zeros(1, 3, 33, 45),
        "white": torch.ones(1, 3, 33, 45),
    }[kind]
    halves = torch.zeros(2, 33, 45)
    halves[0, :, :20], halves[1, :, 20:] = 1, 1
    for options in ({"weights": [1, 2]}, {"masks": halves}):
        plain, kept = (stylizer(content, [style, other_style], color=c, **options) for c in (None, color))
        assert kept.shape == content.shape and torch.isfinite(kept).all()
        chroma, before = ((p - p.mean(1, keepdim=True)).abs().mean() for p in (kept, plain))
        assert chroma <= before and (chroma < 1e-6 or color == "match")
