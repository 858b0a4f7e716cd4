"""Styles as numbers: mixing, saving, loading."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from adain_lab.functional import adain
from adain_lab.statistics import Statistics, mix, normalize_weights

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=6).filter(lambda w: sum(w) > 1e-3)


@given(weights)
def test_weights_become_a_convex_combination(values):
    shares = normalize_weights(values, len(values))
    assert sum(shares) == pytest.approx(1)
    assert all(share >= 0 for share in shares)
    assert shares == pytest.approx(normalize_weights([7 * v for v in values], len(values)))


def test_weights_whose_sum_is_no_number_keep_their_shares():
    assert normalize_weights([1e308, 1e308], 2) == [0.5, 0.5]
    assert normalize_weights([1.5e308, 0, 0.5e308], 3) == pytest.approx([0.75, 0, 0.25])


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
    mixed = mix([Statistics(*({"relu4_1": v} for v in _double(style))) for style in styles], values)
    n = adain(content, content)
    mean, std = _double(n)
    assert torch.allclose(mixed.std["relu4_1"] * (content - mean) / std + mixed.mean["relu4_1"], expected, atol=1e-9)


def _double(features):
    from adain_lab.functional import channel_mean_std

    return channel_mean_std(features)


def test_one_hot_weights_and_order():
    styles = [Statistics.of(style) for style in random_styles(3)]
    assert torch.equal(mix(styles, [0, 1, 0]).mean["relu4_1"], styles[1].mean["relu4_1"])
    there, back = mix(styles, [1, 2, 3]), mix(styles[::-1], [3, 2, 1])
    for one, other in ((there.mean, back.mean), (there.std, back.std)):
        assert torch.allclose(one["relu4_1"], other["relu4_1"])


def test_styles_of_different_models_do_not_mix():
    style = torch.rand(1, 4, 5, 5)
    with pytest.raises(ValueError, match="slim, tiny"):
        mix([Statistics.of(style, "slim"), Statistics.of(style, "tiny")])
    with pytest.raises(ValueError, match="at least one"):
        mix([])


def test_save_and_load(tmp_path):
    statistics = Statistics.of({"relu3_1": torch.rand(1, 8, 9, 9), "relu4_1": torch.rand(1, 16, 5, 5)}, "tiny")
    loaded = Statistics.load(statistics.save(tmp_path / "night.safetensors"))
    assert loaded.model == "tiny" and loaded.layers == statistics.layers and loaded.numbers == 2 * (8 + 16)
    for layer in loaded.layers:
        assert torch.equal(loaded.mean[layer], statistics.mean[layer])
        assert torch.equal(loaded.std[layer], statistics.std[layer])
    assert (tmp_path / "night.safetensors").stat().st_size < 2000
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="does not hold"):
        Statistics.load(tmp_path / "bad.safetensors")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        Statistics.load(tmp_path / "none.safetensors")


def test_a_file_of_version_0_1_knew_one_layer(tmp_path):
    mean, std = torch.rand(2, 1, 8, 1, 1)
    save_file({"mean": mean, "std": std}, tmp_path / "old.safetensors", metadata={"model": "slim"})
    loaded = Statistics.load(tmp_path / "old.safetensors")
    assert loaded.model == "slim" and torch.equal(loaded.mean["relu4_1"], mean)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"relu4_1.mean": torch.ones(1, 4, 1, 1)}, "its names are"),
        ({"relu4_1.mean": torch.ones(1, 4, 1, 1), "relu4_1.std": torch.ones(1, 5, 1, 1)}, "shape"),
        ({"relu4_1.mean": torch.ones(1, 4, 1, 1), "relu4_1.std": -torch.ones(1, 4, 1, 1)}, "negative"),
        ({"mean": torch.full((1, 4, 1, 1), torch.nan), "std": torch.ones(1, 4, 1, 1)}, "not finite"),
    ],
)
def test_what_is_no_statistics_is_refused(tmp_path, tensors, message):
    save_file(tensors, tmp_path / "bad.safetensors")
    with pytest.raises(ValueError, match=message):
        Statistics.load(tmp_path / "bad.safetensors")


def test_styles_of_different_layers_do_not_mix():
    features = torch.rand(1, 4, 5, 5)
    with pytest.raises(ValueError, match="different layers"):
        mix([Statistics.of(features), Statistics.of({"relu3_1": features, "relu4_1": features})])


@pytest.mark.parametrize("offset", [0.0, 1.0, 300.0])
def test_the_quick_way_to_measure_is_as_exact_as_the_plain_one(offset):
    """Channels that lie last in memory are summed; where that would cancel, as with a large offset, they are not."""
    features = torch.relu(torch.randn(2, 8, 40, 56)) + offset
    mean, std = _double(features)
    quick = Statistics.of(features.contiguous(memory_format=torch.channels_last))
    assert torch.allclose(quick.mean["relu4_1"], mean, rtol=1e-5)
    assert torch.allclose(quick.std["relu4_1"], std, rtol=1e-4)
