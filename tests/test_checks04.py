"""The checks of lesson 04: a solution passes, a stub is "not attempted", every mistake has its name, and nothing
raises.
"""

import pytest
import torch
from exercises import ExerciseTests, said

from adain_lab import checks, losses
from adain_lab.checks.mistakes import lesson04 as mistakes04
from adain_lab.functional import channel_mean_std
from adain_lab.networks import normalization

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_instance_norm(features, gamma, beta, eps=1e-5):
    mean, std = channel_mean_std(features, eps)
    return gamma.view(1, -1, 1, 1) * (features - mean) / std + beta.view(1, -1, 1, 1)


def solved_style(space):
    return [2.0, -2.0, *[0.0] * (space.count - 2)]


SOLUTIONS = {
    "instance_norm": solved_instance_norm,
    "style_statistics": lambda x, eps: torch.cat(channel_mean_std(x, eps), 1).flatten(1),
    "statistics_loss": losses.statistics_style_loss,
    "my_style": solved_style,
}
MISTAKES = {
    "instance_norm": mistakes04.INSTANCE_NORM_MISTAKES,
    "style_statistics": mistakes04.STATISTICS_MISTAKES,
    "statistics_loss": mistakes04.LOSS_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("04",), SOLUTIONS, MISTAKES


# ---- as people write them, independently of the tables ---------------------------------------------------------------


def test_norms_of_pytorch_are_refused_and_those_written_out_are_named():
    def with_torch(x, gamma, beta, eps):
        return torch.nn.functional.instance_norm(x, weight=gamma, bias=beta, eps=eps)

    def with_batch_norm(x, gamma, beta, eps):
        return torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)

    def over(dim):
        def mine(x, gamma, beta, eps):
            mean, variance = x.mean(dim, keepdim=True), x.var(dim, correction=0, keepdim=True)
            return gamma[:, None, None] * (x - mean) * torch.rsqrt(variance + eps) + beta[:, None, None]

        return mine

    assert "`F.instance_norm` does the whole exercise" in said(checks.instance_norm, with_torch)
    assert "`F.batch_norm` does the whole exercise" in said(checks.instance_norm, with_batch_norm)
    assert "`normalization.instance_norm` does the whole exercise" in said(
        checks.instance_norm, lambda x, g, b, eps: normalization.instance_norm(x, 1, 0, eps)
    )
    assert checks.instance_norm(over((2, 3))).passed
    assert "batch normalisation" in said(checks.instance_norm, over((0, 2, 3)))
    assert "layer normalisation" in said(checks.instance_norm, over((1, 2, 3)))


def test_instance_norm_with_silent_broadcasting():
    def without_keepdim(x, gamma, beta, eps):
        return gamma.view(-1, 1, 1) * (x - x.mean((2, 3))) / (x.var((2, 3), correction=0) + eps).sqrt() + beta.view(
            -1, 1, 1
        )

    def without_view(x, gamma, beta, eps):
        mean, std = channel_mean_std(x, eps)
        return gamma * (x - mean) / std + beta

    assert "keepdim" in said(checks.instance_norm, without_keepdim)
    assert "(1, C, 1, 1)" in said(checks.instance_norm, without_view)


def test_instance_norm_in_place_is_noticed():
    def mine(x, gamma, beta, eps):
        mean, std = channel_mean_std(x, eps)
        x -= mean
        return gamma.view(1, -1, 1, 1) * x / std + beta.view(1, -1, 1, 1)

    assert "in place" in said(checks.instance_norm, mine)


def test_style_statistics_of_the_wrong_shape():
    assert "(3, 8)" in said(checks.style_statistics, lambda x, eps: torch.cat(channel_mean_std(x, eps), 1))
    assert "tuple" in said(checks.style_statistics, lambda x, eps: channel_mean_std(x, eps))


def test_two_mistakes_at_once_are_both_told():
    result = checks.style_statistics(lambda x, eps: torch.cat([x.mean((2, 3)), x.std((2, 3))], 1))
    assert "unbiased" in result.message and "eps is missing too" in result.details[0]


def test_statistics_loss_without_a_gradient():
    assert "plain number" in said(checks.statistics_loss, lambda f, s: losses.statistics_style_loss(f, s).item())
    assert "no gradient" in said(checks.statistics_loss, lambda f, s: losses.statistics_style_loss(f, s).detach())
    assert "shape ()" in said(checks.statistics_loss, lambda f, s: losses.statistics_style_loss(f, s)[None])
    assert "2 times" in said(checks.statistics_loss, lambda f, s: 2 * losses.statistics_style_loss(f, s))


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda space: space.point("kilim") + 0.01, "has, kilim"),
        (lambda space: [0.1] + [0.0] * (space.count - 1), "mean style"),
        (lambda space: [1.0, 2.0], "16 coordinates, got 2"),
        (lambda space: [float("inf")] * space.count, "finite"),
        (lambda space: space.reconstruct([1.0] * space.count), "not the statistics"),
        (lambda space: "blue", "no coordinates"),
    ],
)
def test_my_style_says_what_is_wrong(answer, words):
    assert words in said(checks.my_style, answer)


def test_my_style_takes_tensors_and_warns_of_going_far():
    result = checks.my_style(lambda space: 0.5 * space.point("marbled") - 3 * space.point("de_stijl"))
    assert result.passed and "far out" in result.details[0]
    assert "out of this world" in said(checks.my_style, lambda space: -9 * space.point("de_stijl"))


def test_checks_leave_the_random_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    for name, solution in SOLUTIONS.items():
        checks.EXERCISES[name](solution)
    assert torch.equal(torch.rand(3), expected)
