"""The checks of lesson 06: a solution passes, a stub is "not attempted", every mistake has its name."""

import pytest
import torch
from exercises import ExerciseTests, said
from torch.nn import functional as F

import adain_lab
from adain_lab import checks
from adain_lab.checks.mistakes import lesson06 as mistakes06
from adain_lab.controls import color, masks, regions
from adain_lab.functional import channel_mean_std

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_interpolate(content_features, style_features, weights):
    return sum(
        w / sum(weights) * adain_lab.adain(content_features, s) for w, s in zip(weights, style_features, strict=True)
    )


def solved_masked(content_features, styles, region_masks):
    cells = masks.to_features(region_masks, *content_features.shape[2:])
    return regions.masked_adain(content_features, styles, cells, [1.0] * len(styles))


def solved_control(content_features, styles):
    ramp = torch.linspace(0, 1, content_features.shape[3])
    (m, s), (n, r) = styles
    mean, std = channel_mean_std(content_features)
    return ((1 - ramp) * s + ramp * r) * (content_features - mean) / std + (1 - ramp) * m + ramp * n


SOLUTIONS = {
    "interpolate": solved_interpolate,
    "match_color": color.match_color,
    "masked_adain": solved_masked,
    "my_control": solved_control,
}
MISTAKES = {
    "interpolate": mistakes06.INTERPOLATE_MISTAKES,
    "match_color": mistakes06.MATCH_MISTAKES,
    "masked_adain": mistakes06.MASKED_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("06",), SOLUTIONS, MISTAKES


# ---- as people write them, independently of the tables ---------------------------------------------------------------


def test_interpolation_by_mixed_statistics_passes_too():
    def mine(content_features, style_features, weights):
        total = sum(weights)
        pairs = [channel_mean_std(s) for s in style_features]
        mean = sum(w / total * m for w, (m, _) in zip(weights, pairs, strict=True))
        std = sum(w / total * s for w, (_, s) in zip(weights, pairs, strict=True))
        content_mean, content_std = (
            content_features.mean((2, 3), keepdim=True),
            content_features.std((2, 3), correction=0, keepdim=True),
        )
        return std * (content_features - content_mean) / content_std + mean

    assert checks.interpolate(mine).passed


def test_averaged_maps_are_recognised():
    def mine(content_features, style_features, weights):
        total = sum(weights)
        return adain_lab.adain(
            content_features, sum(w / total * s for w, s in zip(weights, style_features, strict=True))
        )

    assert "averaged the styles' feature maps" in said(checks.interpolate, mine)


def moments(images):
    pixels = images[0].flatten(1)
    return pixels, pixels.mean(1, keepdim=True), torch.cov(pixels) + 1e-5 * torch.eye(3, dtype=pixels.dtype)


def matching(transform):
    def mine(style, content):
        pixels, style_mean, style_covariance = moments(style)
        _, content_mean, content_covariance = moments(content)
        return (transform(style_covariance, content_covariance) @ (pixels - style_mean) + content_mean).reshape(
            style.shape
        )

    return mine


def test_every_map_to_the_covariance_passes_and_is_named():
    lower = torch.linalg.cholesky
    assert "Cholesky" in str(checks.match_color(matching(lambda s, c: lower(c) @ torch.linalg.inv(lower(s)))))

    def transport(s, c):
        root, back = mistakes06.power(s, 0.5), mistakes06.power(s, -0.5)
        return back @ mistakes06.power(root @ c @ root, 0.5) @ back

    assert "optimal transport" in str(checks.match_color(matching(transport)))
    turn = torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]], dtype=torch.float64)
    result = checks.match_color(matching(lambda s, c: lower(c) @ turn @ torch.linalg.inv(lower(s))))
    assert result.passed and "many others" in str(result)


def test_clamping_is_no_mistake():
    assert checks.match_color(lambda style, content: color.match_color(style, content).clamp(0, 1)).passed


def test_cholesky_in_the_wrong_order_is_recognised():
    lower = torch.linalg.cholesky
    assert "wrong order" in said(checks.match_color, matching(lambda s, c: torch.linalg.inv(lower(s)) @ lower(c)))


def test_a_grey_picture_without_eps():
    def mine(style, content):
        pixels, other = style[0].flatten(1), content[0].flatten(1)
        lower = torch.linalg.cholesky
        matrix = lower(torch.cov(other)) @ torch.linalg.inv(lower(torch.cov(pixels)))
        return (matrix @ (pixels - pixels.mean(1, keepdim=True)) + other.mean(1, keepdim=True)).reshape(style.shape)

    assert "grey style" in said(checks.match_color, mine)


def test_pixels_of_the_content_in_the_style_are_noticed():
    def mine(style, content):  # the content itself has the right moments, too
        return content.clone() if content.shape == style.shape else F.interpolate(content, size=style.shape[2:])

    assert "no longer the style picture" in said(checks.match_color, mine)


def test_masks_of_the_picture_s_size_are_named():
    def mine(content_features, styles, region_masks):
        return sum(m * (s * content_features + n) for (n, s), m in zip(styles, region_masks, strict=True))

    assert "an eighth of it" in said(checks.masked_adain, mine)


def test_masks_are_made_smaller_by_the_mean_of_a_block():
    def by(mode):
        def mine(content_features, styles, region_masks):
            size = content_features.shape[2:]
            cells = F.interpolate(region_masks[None], size=size, mode=mode)[0]
            return regions.masked_adain(content_features, styles, cells, [1.0] * len(styles))

        return mine

    assert checks.masked_adain(by("area")).passed
    assert "nearest neighbour" in said(checks.masked_adain, by("nearest"))
    assert "bilinear interpolation" in said(checks.masked_adain, by("bilinear"))


def test_masked_adain_cell_by_cell_of_hard_regions_fails_on_soft_ones():
    def mine(content_features, styles, region_masks):
        cells = masks.to_features(region_masks, *content_features.shape[2:])
        result = content_features.clone()
        for (style_mean, style_std), cell in zip(styles, cells, strict=True):
            inside = content_features[..., cell > 0.5]
            if inside.numel():
                mean, std = inside.mean(2, keepdim=True), (inside.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
                result[..., cell > 0.5] = style_std[..., 0] * (inside - mean) / std + style_mean[..., 0]
        return result

    assert "cut to 0 and 1" in said(checks.masked_adain, mine)


def test_my_control_must_be_new():
    assert "1.00 second style" in said(
        checks.my_control, lambda x, styles: adain_lab.functional.apply_statistics(x, *styles[1])
    )
    assert "0.50 content, 0.50 first style" in said(
        checks.my_control, lambda x, styles: 0.5 * x + 0.5 * adain_lab.functional.apply_statistics(x, *styles[0])
    )
    assert checks.my_control(
        lambda x, styles: adain_lab.functional.apply_statistics(x, styles[0][0], styles[1][1])
    ).passed
