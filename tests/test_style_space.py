"""Style space and the family of normalisations: what they promise about statistics."""

import pytest
import torch
from torch.nn import functional as F

from adain_lab.controls.style_space import MIN_STD, fit_style_space
from adain_lab.functional import adain, channel_mean_std
from adain_lab.networks.normalization import batch_norm, batch_statistics, conditional_instance_norm, instance_norm
from adain_lab.statistics import Statistics, mix


def style(seed, channels=6, model="m"):
    random = torch.Generator().manual_seed(seed)
    gains = torch.rand(1, channels, 1, 1, generator=random) * 3
    return Statistics.of(torch.rand(1, channels, 8, 8, generator=random) * gains, model)


def styles(count=7, **options):
    return {f"s{seed}": style(seed, **options) for seed in range(count)}


def vector(style):
    return torch.cat([style.mean["relu4_1"], style.std["relu4_1"]], 1).flatten()


def close(one, other, tolerance=1e-4):
    pairs = [(a[layer], b[layer]) for a, b in ((one.mean, other.mean), (one.std, other.std)) for layer in one.layers]
    return all(torch.allclose(a, b, atol=tolerance) for a, b in pairs)


@pytest.fixture
def space():
    return fit_style_space(styles())


# ---- style space ---------------------------------------------------------------------------------------------------


def test_with_all_components_every_style_is_reconstructed(space):
    assert space.count == 6 and space.channels == 6
    for name, statistics in styles().items():
        assert close(space.reconstruct(space.point(name)), statistics)
        assert torch.allclose(space.project(statistics), space.point(name), atol=1e-3)


def test_the_origin_is_the_mean_style(space):
    assert close(space.reconstruct([0.0] * 6), mix(list(styles().values())))


def test_coordinates_are_in_standard_deviations_and_uncorrelated(space):
    covariance = space.coordinates.T @ space.coordinates / len(space.names)
    assert torch.allclose(covariance, torch.eye(6), atol=1e-4)
    assert torch.allclose(space.coordinates.mean(0), torch.zeros(6), atol=1e-5)


def test_explained_variance_falls_and_sums_to_one(space):
    assert bool((space.explained.diff() <= 0).all()) and float(space.explained.sum()) == pytest.approx(1, abs=1e-5)
    fewer = fit_style_space(styles(), components=2)
    assert fewer.count == 2 and torch.allclose(fewer.explained, space.explained[:2])
    assert torch.allclose(fewer.coordinates, space.coordinates[:, :2])


def test_a_few_components_are_the_best_approximation_of_their_number(space):
    def error(one):
        return sum(
            float(((vector(a) - vector(b)) / one.scale).square().sum())
            for a, b in ((one.reconstruct(one.point(n)), s) for n, s in styles().items())
        )

    errors = [error(fit_style_space(styles(), components=k)) for k in range(1, 7)]
    assert all(a > b for a, b in zip(errors, errors[1:], strict=False)) and errors[-1] < 1e-4 * errors[0]


def test_means_and_deviations_have_the_same_vote_whatever_their_scale():
    louder = {n: Statistics({n: 1000 * m for n, m in s.mean.items()}, s.std, s.model) for n, s in styles().items()}
    one, other = fit_style_space(styles()), fit_style_space(louder)
    assert torch.allclose(one.explained, other.explained, atol=1e-4)
    assert torch.allclose(one.coordinates.abs(), other.coordinates.abs(), atol=1e-2)


def test_a_straight_line_between_two_points_is_the_interpolation_of_eq_15(space):
    between = 0.25 * space.point("s1") + 0.75 * space.point("s4")
    assert close(space.reconstruct(between), mix([style(1), style(4)], [1, 3]))


def test_standard_deviations_stay_positive_however_far_one_goes(space):
    far = space.reconstruct([50.0, -50.0, 50.0, 0.0, 0.0, 0.0])
    assert float(far.std["relu4_1"].min()) == pytest.approx(MIN_STD) and bool(far.mean["relu4_1"].isfinite().all())


def test_a_style_that_was_not_fitted_has_a_place_too(space):
    point = space.project(style(99))
    assert point.shape == (6,)
    assert torch.allclose(space.project(space.reconstruct(point)), point, atol=1e-3), "projecting twice changes nothing"


def test_walking_reaches_every_style_and_is_smooth(space):
    for name in space.names:
        assert torch.allclose(
            torch.tensor(space.walk(space.point(name)[:2]), dtype=torch.float32), space.point(name), atol=1e-3
        )
    here, there = (torch.tensor(space.walk([0.3 + step, -0.2])) for step in (0, 1e-4))
    assert here[:2].tolist() == pytest.approx([0.3, -0.2])
    assert float((here - there).abs().max()) < 1e-2
    low, high = space.coordinates[:, 2:].min(0).values, space.coordinates[:, 2:].max(0).values
    assert bool(((here[2:] >= low) & (here[2:] <= high)).all()), "between styles, not beyond them"


def test_the_nearest_style(space):
    assert space.nearest(space.point("s3")) == ("s3", 0.0)
    assert space.nearest(space.point("s3") + 0.01)[0] == "s3"
    moved = space.point("s3").clone()
    moved[2:] = 9
    assert space.nearest(moved, dimensions=2) == ("s3", 0.0)


def test_a_mixture_among_the_styles_adds_no_component():
    group = styles(4)
    group["mixture"] = mix([group["s0"], group["s1"]])
    space = fit_style_space(group)
    assert space.count == 3
    assert close(space.reconstruct(space.point("mixture")), group["mixture"])


def test_it_does_not_depend_on_the_order_of_the_styles():
    one, other = fit_style_space(styles()), fit_style_space(dict(reversed(styles().items())))
    assert torch.allclose(one.point("s2"), other.point("s2"), atol=1e-3)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: fit_style_space(styles(2)), "at least 3 styles, got 2"),
        (lambda: fit_style_space({**styles(3), "x": style(8, model="other")}), "different models"),
        (lambda: fit_style_space({**styles(3), "x": style(8, channels=4)}), "different numbers of channels"),
        (lambda: fit_style_space({name: style(1) for name in "abc"}), "all the same"),
        (lambda: fit_style_space(styles(4), components=4), "0 \\(all\\) to 3"),
        (lambda: fit_style_space(styles(4), components=True), "0 \\(all\\) to 3"),
        (lambda: fit_style_space({**styles(3), "x": Statistics.of(torch.rand(2, 6, 4, 4), "m")}), "one picture"),
        (lambda: fit_style_space(styles()).reconstruct([0.0] * 5), "6 coordinates, got 5"),
        (lambda: fit_style_space(styles()).reconstruct([float("nan")] * 6), "finite"),
        (lambda: fit_style_space(styles()).project(style(1, model="other")), "encode the style again"),
        (lambda: fit_style_space(styles()).project(style(1, channels=4)), "has 6 channels"),
        (lambda: fit_style_space(styles()).point("s77"), "choose from s0, s1"),
        (lambda: fit_style_space(styles()).walk([1.0]), "two finite numbers"),
    ],
)
def test_bad_input_gets_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_point_can_be_painted(stylizer, content):
    space = fit_style_space({str(k): stylizer.encode_style(torch.rand(1, 3, 32, 32) ** (k + 1)) for k in range(4)})
    code = stylizer.encode_content(content)
    picture = stylizer.render(code, stylizer.encode_style(space.reconstruct([1.0, -1.0, 0.5])))
    assert picture.shape == content.shape and bool(picture.isfinite().all())


# ---- the family of normalisations -----------------------------------------------------------------------------------


@pytest.fixture
def features():
    random = torch.Generator().manual_seed(0)
    return torch.rand(3, 4, 6, 5, generator=random) * torch.tensor([1.0, 5.0, 9.0]).view(3, 1, 1, 1)


@pytest.fixture
def affine():
    return torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1), torch.tensor([-1.0, 0.0, 1.0, 2.0]).view(1, 4, 1, 1)


def test_batch_and_instance_norm_are_torch_s(features, affine):
    gamma, beta = affine
    flat = gamma.flatten(), beta.flatten()
    assert torch.allclose(
        batch_norm(features, gamma, beta), F.batch_norm(features, None, None, *flat, training=True), atol=1e-5
    )
    assert torch.allclose(
        instance_norm(features, gamma, beta), F.instance_norm(features, weight=flat[0], bias=flat[1]), atol=1e-5
    )


def test_for_a_batch_of_one_batch_norm_is_instance_norm(features, affine):
    one = features[:1]
    assert torch.allclose(batch_norm(one, *affine), instance_norm(one, *affine), atol=1e-5)
    assert not torch.allclose(batch_norm(features, *affine), instance_norm(features, *affine), atol=0.1)


def test_after_training_batch_norm_is_one_fixed_map(features, affine):
    population = batch_statistics(features)
    together = batch_norm(features, *affine, population)
    alone = torch.cat([batch_norm(sample[None], *affine, population) for sample in features])
    assert torch.allclose(together, alone, atol=1e-5)


def test_instance_norm_gives_each_sample_the_affine_parameters_as_statistics(features, affine):
    mean, std = channel_mean_std(instance_norm(features, *affine))
    assert torch.allclose(mean, affine[1].expand_as(mean), atol=1e-3) and torch.allclose(
        std, affine[0].expand_as(std), atol=1e-2
    )


def test_conditional_instance_norm_with_measured_parameters_is_adain(features):
    style_features = torch.rand(2, 4, 7, 7, generator=torch.Generator().manual_seed(1))
    mean, std = channel_mean_std(style_features)
    for number in range(2):
        ours = conditional_instance_norm(features, std.flatten(1), mean.flatten(1), number)
        assert torch.allclose(ours, adain(features, style_features[number : number + 1]), atol=1e-5)


@pytest.mark.parametrize("number", [-1, 2])
def test_a_style_that_is_not_in_the_table(features, number):
    with pytest.raises(ValueError, match="0 to 1"):
        conditional_instance_norm(features, torch.ones(2, 4), torch.ones(2, 4), number)


def test_shapes_are_checked(features):
    with pytest.raises(ValueError, match="\\(styles, 4\\)"):
        conditional_instance_norm(features, torch.ones(2, 3), torch.ones(2, 3), 0)
    with pytest.raises(ValueError, match="\\(B, C, H, W\\)"):
        batch_statistics(features[0])
    with pytest.raises(TypeError, match="tensor"):
        batch_statistics([1, 2])
