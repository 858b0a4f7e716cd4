"""Styles as numbers: mixing, saving, loading."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adain_lab.functional import adain
from adain_lab.statistics import Statistics, mix, normalize_weights

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=6).filter(lambda w: sum(w) > 1e-3)


@given(weights)
def test_weights_become_a_convex_combination(values):
    shares = normalize_weights(values, len(values))
    assert sum(shares) == pytest.approx(1)
    assert all(share >= 0 for share in shares)
    assert shares == pytest.approx(normalize_weights([7 * v for v in values], len(values)))


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [
        ([1, 2], 3, "one number per style"),
        ([-1, 2], 2, "not negative"),
        ([float("nan"), 1], 2, "finite"),
        ([0, 0], 2, "all be zero"),
        ([], 1, "got 0 for 1 style"),
    ],
)
def test_bad_weights_get_a_sentence(values, count, words):
    with pytest.raises(ValueError, match=words):
        normalize_weights(values, count)


def random_styles(count, channels=4):
    generator = torch.Generator().manual_seed(count)
    return [torch.rand(1, channels, 5 + i, 7, generator=generator, dtype=torch.float64) for i in range(count)]


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda w: sum(w) > 0.01))
@settings(deadline=None, max_examples=30)
def test_mixing_statistics_equals_mixing_adains_outputs(values):
    """Eq. 15, at the price of one AdaIN."""
    content, styles = torch.rand(1, 4, 6, 6, dtype=torch.float64), random_styles(3)
    shares = normalize_weights(values, 3)
    expected = sum(share * adain(content, style) for share, style in zip(shares, styles, strict=True))
    mixed = mix([Statistics(*_double(style)) for style in styles], values)
    n = adain(content, content)
    mean, std = _double(n)
    assert torch.allclose(mixed.std * (content - mean) / std + mixed.mean, expected, atol=1e-9)


def _double(features):
    from adain_lab.functional import channel_mean_std

    return channel_mean_std(features)


def test_one_hot_weights_and_order():
    styles = [Statistics.of(style) for style in random_styles(3)]
    assert torch.equal(mix(styles, [0, 1, 0]).mean, styles[1].mean)
    there, back = mix(styles, [1, 2, 3]), mix(styles[::-1], [3, 2, 1])
    assert torch.allclose(there.mean, back.mean) and torch.allclose(there.std, back.std)


def test_styles_of_different_models_do_not_mix():
    style = torch.rand(1, 4, 5, 5)
    with pytest.raises(ValueError, match="slim, tiny"):
        mix([Statistics.of(style, "slim"), Statistics.of(style, "tiny")])
    with pytest.raises(ValueError, match="at least one"):
        mix([])


def test_save_and_load(tmp_path):
    statistics = Statistics.of(torch.rand(1, 16, 5, 5), "tiny")
    loaded = Statistics.load(statistics.save(tmp_path / "night.safetensors"))
    assert (
        loaded.model == "tiny" and torch.equal(loaded.mean, statistics.mean) and torch.equal(loaded.std, statistics.std)
    )
    assert (tmp_path / "night.safetensors").stat().st_size < 2000
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="does not hold"):
        Statistics.load(tmp_path / "bad.safetensors")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        Statistics.load(tmp_path / "none.safetensors")
