"""The checks of lesson 09: a solution passes, a stub is "not attempted", every mistake has its name."""

import pytest
import torch
from exercises import ExerciseTests, said

from adain_lab import adain, checks
from adain_lab.checks.mistakes import lesson09 as mistakes09
from adain_lab.functional import apply_statistics, channel_mean_std
from adain_lab.whitening import whiten_color

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_variation(content_features, style_features):
    mean, std = channel_mean_std(style_features)
    _, content_std = channel_mean_std(content_features)
    return apply_statistics(content_features, mean, (std * content_std).sqrt())


SOLUTIONS = {
    "every_level": mistakes09.exact_levels,
    "whiten_color": whiten_color,
    "repair": lambda: dict(mistakes09.REPAIRED),
    "my_variation": solved_variation,
}
MISTAKES = {
    "every_level": mistakes09.LEVEL_MISTAKES,
    "whiten_color": mistakes09.WHITENING_MISTAKES,
    "repair": mistakes09.REPAIR_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("09",), SOLUTIONS, MISTAKES


def test_whitening_may_take_any_root():
    def with_cholesky(content_features, style_features):
        def moments(features):
            x = features[0].flatten(1)
            mean = x.mean(1, keepdim=True)
            return x - mean, mean, (x - mean) @ (x - mean).T / x.shape[1] + 1e-5 * torch.eye(len(x), dtype=x.dtype)

        x, _, covariance = moments(content_features)
        _, mean, style_covariance = moments(style_features)
        whitened = torch.linalg.solve_triangular(torch.linalg.cholesky(covariance), x, upper=False)
        return (torch.linalg.cholesky(style_covariance) @ whitened + mean).view(content_features.shape)

    assert checks.whiten_color(with_cholesky).passed


def test_whitening_must_keep_the_pattern_and_stand_flat_channels():
    def noise(content_features, style_features):
        g = torch.Generator().manual_seed(1)
        return whiten_color(torch.randn(content_features.shape, generator=g, dtype=torch.float64), style_features)

    assert "where is its pattern" in said(checks.whiten_color, noise)

    def without_eps(content_features, style_features):
        return mistakes09._whitened(eps=0.0)(content_features, style_features)

    assert "add eps" in said(checks.whiten_color, without_eps)


def test_whitening_reaches_the_covariance_and_adain_only_its_diagonal():
    g = torch.Generator().manual_seed(2)
    mix = torch.rand(4, 4, generator=g, dtype=torch.float64)
    content = torch.rand(1, 4, 12, 10, generator=g, dtype=torch.float64)
    style = torch.einsum("dc,bchw->bdhw", mix, torch.rand(1, 4, 9, 14, generator=g, dtype=torch.float64))

    def covariance(features):
        return torch.cov(features[0].flatten(1), correction=0)

    wanted = covariance(style)
    assert torch.allclose(covariance(whiten_color(content, style)), wanted, atol=1e-4)
    assert torch.allclose(covariance(adain(content, style)).diag(), wanted.diag(), atol=1e-4)
    assert not torch.allclose(covariance(adain(content, style)), wanted, atol=1e-2)


def test_repairs_are_counted_and_named_one_by_one():
    result = checks.repair(lambda: {**mistakes09.REPAIRED, "to_pixels": None, "with_alpha": lambda c, s, alpha: c})
    assert result.message.startswith("`with_alpha`") and result.details == ("3 of 5 are repaired.",)
    assert "to_pixels` should be a function" in said(checks.repair, lambda: {**mistakes09.REPAIRED, "to_pixels": 3})
    assert "raises ZeroDivisionError" in said(
        checks.repair, lambda: {**mistakes09.REPAIRED, "with_alpha": lambda *_: 1 / 0}
    )
    assert "is missing" in said(
        checks.repair, lambda: {k: v for k, v in mistakes09.REPAIRED.items() if k != "mean_std"}
    )


@pytest.mark.parametrize("cut", [lambda x: x, torch.round])
def test_pixels_may_be_rounded_or_cut_off(cut):
    programs = {
        **mistakes09.REPAIRED,
        "to_pixels": lambda images: cut(images[0].clamp(0, 1) * 255).byte().permute(1, 2, 0),
    }
    assert checks.repair(lambda: programs).passed


@pytest.mark.parametrize(
    "variation, words",
    [
        (adain, "AdaIN itself"),
        (lambda c, s: c, "unchanged"),
        (lambda c, s: c / 0, "NaN or infinity"),
        (lambda c, s: 2 * c, "another style must have a say"),
        (lambda c, s: s, "the content's size"),
    ],
)
def test_a_variation_is_none_if_nothing_varies(variation, words):
    assert words in said(checks.my_variation, variation)
