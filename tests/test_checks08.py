"""The checks of lesson 08: a solution passes, a stub is "not attempted", every mistake has its name."""

import pytest
import torch
from exercises import ExerciseTests, said
from torch.nn import functional as F

from adain_lab import checks
from adain_lab.checks.mistakes import lesson08 as mistakes08
from adain_lab.functional import channel_mean_std
from adain_lab.images import to_pil
from adain_lab.statistics import mix
from adain_lab.stylizer import load
from adain_lab.tiling import ENCODER_MARGIN, stylize_tiled
from adain_lab.video.stylize import Smoother

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_project(stylizer, content, styles):
    code, statistics = stylizer.encode_content(content), [stylizer.encode_style(style) for style in styles[:2]]
    return [stylizer.render(code, mix(statistics, [4 - t, t])) for t in range(5)]


def mixed_project(stylizer, content, styles):
    return [stylizer(content, styles[:2], weights=[1, 2], alpha=0.8)]


SOLUTIONS = {
    "tile_statistics": mistakes08.exact_statistics,
    "halo": mistakes08.exact_halo,
    "smooth": mistakes08.exact_smooth,
    "my_project": mixed_project,
}
MISTAKES = {
    "tile_statistics": mistakes08.TILE_MISTAKES,
    "halo": mistakes08.HALO_MISTAKES,
    "smooth": mistakes08.SMOOTH_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("08",), SOLUTIONS, MISTAKES


# ---- the references are what the package computes ------------------------------------------------------------------


def test_the_reference_of_tiles_is_the_whole_picture_s_statistics():
    x = torch.rand(1, 5, 12, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    tiles = [*x[..., :8].split(7, dim=2), x[..., 8:]]
    variances, means = zip(
        *(torch.var_mean(tile, dim=(2, 3), correction=0, keepdim=True) for tile in tiles), strict=True
    )
    counts = torch.tensor([float(tile[0, 0].numel()) for tile in tiles], dtype=torch.float64)
    for ours, whole in zip(
        mistakes08.exact_statistics(torch.cat(means), torch.cat(variances), counts), channel_mean_std(x), strict=True
    ):
        assert torch.allclose(ours, whole, atol=1e-12)


def test_the_reference_halo_is_what_a_network_of_such_layers_sees():
    """Average pooling instead of maxima: every input counts, so the gradient's extent is the field."""
    for layers in (["conv"], ["conv", "pool", "conv"], ["conv", "conv", "pool", "conv", "pool", "conv"]):
        pixels = torch.rand(1, 1, 96, 96, requires_grad=True)
        x = pixels
        for layer in layers:
            x = F.conv2d(x, torch.ones(1, 1, 3, 3), padding=1) if layer == "conv" else F.avg_pool2d(x, 2)
        block, middle = 2 ** layers.count("pool"), x.shape[2] // 2
        x[0, 0, middle, middle].backward()
        seen = pixels.grad[0, 0].sum(0).nonzero().flatten()
        assert middle * block - int(seen.min()) == mistakes08.exact_halo(layers)
        assert int(seen.max()) - (middle + 1) * block + 1 == mistakes08.exact_halo(layers)


def test_the_halo_of_the_encoder_rounded_up_to_whole_cells_is_the_package_s_margin():
    layers = ["conv", "conv", "pool", "conv", "conv", "pool", "conv", "conv", "conv", "conv", "pool", "conv"]
    assert mistakes08.exact_halo(layers) == 30 and -(-30 // 8) * 8 == ENCODER_MARGIN


def test_the_reference_of_smoothing_is_the_package_s():
    stylizer = load("tiny", "cpu", "float32")
    frames = [torch.full((1, 3, 16, 24), 0.2 + 0.01 * t) + 0.05 * torch.rand(1, 3, 16, 24) for t in range(3)]
    frames += [1 - frame for frame in frames]  # a cut
    codes = [stylizer.encode_content(frame) for frame in frames]
    smoother = Smoother(0.75)
    packaged = torch.cat([smoother(code).statistics.mean["relu4_1"] for code in codes])[..., 0, 0]
    ours = mistakes08.exact_smooth(torch.cat([code.statistics.mean["relu4_1"] for code in codes])[..., 0, 0], 0.75, [3])
    assert torch.allclose(ours, packaged, atol=1e-6)


# ---- as people write them, independently of the tables ---------------------------------------------------------------


def test_tile_statistics_from_mean_squares_pass_too():
    def mine(means, variances, counts):
        n = counts.view(-1, 1, 1, 1)
        mean = (n * means).sum(0, keepdim=True) / n.sum()
        square = (n * (variances + means.square())).sum(0, keepdim=True) / n.sum()
        return mean, (square - mean.square() + 1e-5).sqrt()

    assert checks.tile_statistics(mine).passed


def test_tile_statistics_that_torch_s_defaults_spoil():
    def mine(means, variances, counts):
        n = counts.view(-1, 1, 1, 1)
        mean = (n * means).sum(0, keepdim=True) / n.sum()
        return mean, ((n * variances).sum(0, keepdim=True) / n.sum() + means.var(0, keepdim=True) + 1e-5).sqrt()

    assert "between them every tile counts the same" in said(checks.tile_statistics, mine)


def test_tile_statistics_of_another_shape():
    def mine(means, variances, counts):
        return tuple(part[0, :, 0, 0] for part in mistakes08.exact_statistics(means, variances, counts))

    assert "should have shape (1, 4, 1, 1)" in said(checks.tile_statistics, mine)
    assert "counts.view" in said(checks.tile_statistics, lambda means, variances, counts: (counts * means, variances))


def test_halo_from_the_receptive_field_passes_too():
    def mine(layers):
        field = step = 1
        for layer in layers:
            field += (2 if layer == "conv" else 1) * step
            step *= 1 if layer == "conv" else 2
        return (field - step) // 2

    assert checks.halo(mine).passed


def test_halo_of_a_mistake_without_a_name_gives_an_example():
    result = checks.halo(lambda layers: 30)
    assert "for conv, pool, conv you return 30; it is 3" in str(result).casefold()
    assert "return a number of pixels, not a list" in said(checks.halo, lambda layers: layers).casefold()


def test_smoothing_in_a_loop_passes():
    def mine(values, amount, cuts):
        rows = []
        for number, value in enumerate(values):
            rows.append(value if number == 0 or number in cuts else amount * rows[-1] + (1 - amount) * value)
        return torch.stack(rows)

    assert checks.smooth(mine).passed


def test_smoothing_in_place_is_noticed():
    def mine(values, amount, cuts):
        for number in range(1, len(values)):
            if number not in cuts:
                values[number] = amount * values[number - 1] + (1 - amount) * values[number]
        return values

    assert "in place" in said(checks.smooth, mine)


def test_smoothing_returned_as_a_list():
    assert "torch.stack" in said(checks.smooth, lambda values, amount, cuts: list(values))


def test_a_clip_a_tiled_picture_and_pillow_s_pictures_are_projects():
    assert "5 frames" in str(checks.my_project(solved_project))
    assert checks.my_project(
        lambda stylizer, content, styles: stylize_tiled(stylizer, content, styles, 0.7, tile=64)
    ).passed
    assert checks.my_project(
        lambda stylizer, content, styles: [to_pil(stylizer(content, styles[0], alpha=a)) for a in (0.2, 0.9)]
    ).passed


def test_a_project_must_be_shown_and_be_more_than_one_call():
    assert "stylizer(content, styles[1])` and nothing else" in said(
        checks.my_project, lambda s, c, styles: s(c, styles[1])
    )
    assert "the content as it came" in said(checks.my_project, lambda stylizer, content, styles: [content])
    assert "flat colour" in said(checks.my_project, lambda stylizer, content, styles: [torch.zeros(1, 3, 32, 32)])
    assert "same picture" in said(
        checks.my_project, lambda stylizer, content, styles: [stylizer(content, styles[0])] * 3
    )
    assert "one size" in said(checks.my_project, lambda stylizer, content, styles: [content, content[..., :40]])
    assert "umber 1 in your list cannot be shown" in said(
        checks.my_project, lambda stylizer, content, styles: [content, 255 * content]
    )
    assert "1 to 60 pictures, not 0" in said(checks.my_project, lambda stylizer, content, styles: [])
