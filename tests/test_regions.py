"""A style per region: the equation, and what it implies for pictures."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain_lab.controls.masks import to_features
from adain_lab.controls.regions import masked_adain, region_mean_std
from adain_lab.functional import channel_mean_std
from adain_lab.statistics import mix


@pytest.fixture(scope="module")
def halves(content):
    """Left and right of the content."""
    masks = torch.zeros(2, *content.shape[2:])
    masks[0, :, :40], masks[1, :, 40:] = 1, 1
    return masks


def same(a, b, tolerance=1e-4):
    return float((a - b).abs().max()) < tolerance


# ---- features
# -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(1, 4), st.booleans())
@settings(deadline=None, max_examples=25)
def test_the_target_is_the_equation(seed, regions, everywhere):
    rng = torch.Generator().manual_seed(seed)
    f = torch.randn(2, 3, 5, 7, generator=rng, dtype=torch.float64)
    masks = torch.rand(regions, 5, 7, generator=rng, dtype=torch.float64) / regions
    alphas = torch.rand(regions, generator=rng).tolist()
    styles = [
        (torch.randn(1, 3, 1, 1, generator=rng).double(), torch.rand(1, 3, 1, 1, generator=rng).double())
        for _ in range(regions)
    ]
    expected = (1 - masks.sum(0)) * f
    for (style_mean, style_std), m, alpha in zip(styles, masks, alphas, strict=True):
        mean, std = channel_mean_std(f) if everywhere else region_mean_std(f, m)
        expected = expected + m * ((1 - alpha) * f + alpha * (style_std * (f - mean) / std + style_mean))
    assert torch.allclose(masked_adain(f, styles, masks, alphas, everywhere), expected)


def test_a_regions_statistics_are_those_of_its_cells():
    f = torch.randn(2, 3, 6, 8)
    hard = torch.zeros(6, 8)
    hard[1:4, 2:7] = 1
    for mine, cut in zip(region_mean_std(f, hard), channel_mean_std(f[:, :, 1:4, 2:7]), strict=True):
        assert torch.allclose(mine, cut, atol=1e-6)
    for mine, whole in zip(region_mean_std(f, torch.full((6, 8), 0.3)), channel_mean_std(f), strict=True):
        assert torch.allclose(mine, whole, atol=1e-6)


def test_inside_a_hard_region_the_features_have_the_styles_statistics(stylizer, content, style, halves):
    f = stylizer.encoder(content)["relu4_1"]
    cells = to_features(halves, *f.shape[2:])
    wanted = channel_mean_std(stylizer.encoder(style)["relu4_1"])
    target = masked_adain(f, [wanted, wanted], cells, [1, 1])
    for half in (target[..., :5], target[..., 5:]):
        assert torch.allclose(channel_mean_std(half)[0], wanted[0], atol=1e-4)


def test_a_region_of_few_cells_is_no_blow_up():
    f = 5 * torch.randn(1, 3, 6, 8)
    style = (torch.ones(1, 3, 1, 1), torch.ones(1, 3, 1, 1))
    for cells in (((2, 3),), ((2, 3), (2, 4)), ()):
        mask = torch.zeros(1, 6, 8)
        for y, x in cells:
            mask[0, y, x] = 1
        mask[0, 0, 0] = 1e-6  # a trace of it elsewhere
        target = masked_adain(f, [style], mask, [1.0])
        assert torch.isfinite(target).all() and target.abs().max() <= f.abs().max() + 2


# ---- pictures
# -----------------------------------------------------------------------------------------------------------


def test_a_full_mask_is_no_mask(stylizer, content, style):
    full = torch.ones(1, *content.shape[2:])
    for options in ({}, {"alpha": 0.6}, {"global_statistics": True}, {"color": "luminance"}, {"color": "match"}):
        assert same(stylizer(content, style, masks=full, **options), stylizer(content, style, **options)), options


def test_regions_with_the_same_style_and_the_contents_statistics_are_no_regions(stylizer, content, style, halves):
    assert same(stylizer(content, [style, style], masks=halves, global_statistics=True), stylizer(content, style))


def test_per_region_and_global_statistics_differ(stylizer, content, style, other_style, halves):
    own, shared = (stylizer(content, [style, other_style], masks=halves, global_statistics=g) for g in (False, True))
    assert not same(own, shared, 0.05)


def test_swapping_masks_and_styles_together_changes_nothing_and_one_of_them_does(
    stylizer, content, style, other_style, halves
):
    picture = stylizer(content, [style, other_style], masks=halves, alpha=[1, 0.5])
    assert same(stylizer(content, [other_style, style], masks=halves.flip(0), alpha=[0.5, 1]), picture)
    assert not same(stylizer(content, [other_style, style], masks=halves, alpha=[0.5, 1]), picture, 0.05)


def test_an_empty_region_has_no_effect(stylizer, content, style, other_style, halves):
    one, empty = halves[:1], torch.zeros_like(halves[:1])
    assert torch.equal(
        stylizer(content, [style, other_style], masks=torch.cat([one, empty])), stylizer(content, style, masks=one)
    )


def test_what_no_region_covers_stays_the_content(stylizer, content, style, halves):
    """Far from the border of a region, beyond the decoder's reach, the picture is the content through encoder and
    decoder.
    """
    wide = torch.cat([content, content.flip(3), content], 3)
    mask = torch.zeros(1, *wide.shape[2:])
    mask[..., :24] = 1
    partly, rebuilt = stylizer(wide, style, masks=mask), stylizer(wide, style, 0)
    assert same(partly[..., 160:], rebuilt[..., 160:])
    assert not same(partly[..., :24], rebuilt[..., :24], 0.05)


def test_alpha_zero_everywhere_is_the_content_through_encoder_and_decoder(
    stylizer, content, style, other_style, halves
):
    rebuilt = stylizer(content, style, 0)
    assert same(stylizer(content, [style, other_style], 0, masks=halves), rebuilt)
    assert same(stylizer(content, [style, other_style], [0, 0], masks=halves), rebuilt)


def test_alpha_zero_in_a_region_is_no_mask_there(stylizer, content, style, other_style, halves):
    assert same(
        stylizer(content, [style, other_style], [1, 0], masks=halves), stylizer(content, style, masks=halves[:1])
    )


def test_a_region_may_hold_a_mixture(stylizer, content, style, other_style, halves):
    a, b = stylizer.encode_style(style), stylizer.encode_style(other_style)
    one_hot = stylizer(content, [mix([a, b], [1, 0]), mix([a, b], [0, 1])], masks=halves)
    assert same(one_hot, stylizer(content, [style, other_style], masks=halves))


@given(st.integers(9, 40), st.integers(9, 40), st.integers(0, 100))
@settings(deadline=None, max_examples=10)
def test_any_size_and_any_regions(stylizer, style, other_style, height, width, seed):
    rng = torch.Generator().manual_seed(seed)
    picture = torch.rand(1, 3, height, width, generator=rng)
    masks = (torch.rand(2, height, width, generator=rng) > 0.5).float()
    masks[0, 0, 0] = 1
    result = stylizer(picture, [style, other_style], masks=masks)
    assert result.shape == picture.shape and torch.isfinite(result).all()
    assert 0 <= float(result.min()) and float(result.max()) <= 1


@pytest.mark.parametrize("color", ["match", "luminance"])
def test_colours_are_kept_with_several_styles_and_with_masks(stylizer, content, style, other_style, halves, color):
    for options in (
        {"weights": [1, 2]},
        {"masks": halves},
        {"masks": halves, "global_statistics": True, "alpha": [0.8, 1.2]},
    ):
        plain, kept = (stylizer(content, [style, other_style], color=c, **options) for c in (None, color))
        chroma, before, wanted = (p - p.mean(1, keepdim=True) for p in (kept, plain, content))
        assert (chroma - wanted).norm() < (before - wanted).norm()


def test_one_decoder_pass_with_masks(stylizer, content, style, other_style, halves, monkeypatch):
    code = stylizer.encode_content(content)
    statistics = [stylizer.encode_style(s) for s in (style, other_style)]
    passes = []
    monkeypatch.setattr(
        stylizer, "_decode", lambda t, m, decode=stylizer._decode: passes.append(t["relu4_1"].shape) or decode(t, m)
    )
    assert torch.equal(
        stylizer.render(code, statistics, masks=halves), stylizer(content, [style, other_style], masks=halves)
    )
    assert passes == [code.features["relu4_1"].shape] * 2


def test_a_batch_shares_its_masks(stylizer, content, style, other_style, halves):
    both = stylizer(torch.cat([content, content.flip(2)]), [style, other_style], masks=halves)
    assert same(both[:1], stylizer(content, [style, other_style], masks=halves))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"masks": "halves", "weights": [1, 1]}, ValueError, "weights and masks do not go together"),
        ({"masks": "halves", "alpha": [1, 0.5, 1]}, ValueError, "one per region: got 3 for 2"),
        ({"masks": "halves", "alpha": [1, -1]}, ValueError, "alpha must be 0"),
        ({"masks": "halves", "alpha": [1, None]}, TypeError, "alpha must be a number"),
        ({"alpha": [1, 0.5]}, TypeError, "several, one per region, need masks"),
        ({"masks": torch.ones(3, 64, 88)}, ValueError, "3 masks were given for 2 styles"),
        ({"masks": torch.zeros(2, 64, 88)}, ValueError, "all masks are empty"),
    ],
)
def test_bad_controls_get_a_sentence(stylizer, content, style, other_style, halves, options, error, words):
    options = {name: halves if isinstance(value, str) else value for name, value in options.items()}
    with pytest.raises(error, match=words):
        stylizer(content, [style, other_style], **options)


def test_several_statistics_need_masks(stylizer, content, style):
    with pytest.raises(TypeError, match="need masks"):
        stylizer.render(stylizer.encode_content(content), [stylizer.encode_style(style)] * 2)
