"""The checks of lesson 03: a solution passes, a stub is "not attempted", every mistake has its name."""

import pytest
import torch
from exercises import ExerciseTests, said
from torch import nn
from torch.nn import functional as F

from adain_lab import checks
from adain_lab.checks.mistakes import lesson03 as mistakes03
from adain_lab.checks.mistakes import loops
from adain_lab.functional import gram_matrix
from adain_lab.lessons import experiments
from adain_lab.networks import feedforward
from adain_lab.training import feedforward as feedforward_training

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_block(x, weight1, weight2):
    def convolve(features, weight):
        return F.instance_norm(F.conv2d(F.pad(features, (1, 1, 1, 1), mode="reflect"), weight))

    return x + convolve(F.relu(convolve(x, weight1)), weight2)


def solved_loss(encoder, images, content, grams):
    losses = feedforward_training.perceptual_loss(encoder, images, content, grams)
    return losses["content"], losses["style"]


def solved_count(in_channels, out_channels, kernel, height, width, stride):
    return in_channels * out_channels * kernel**2 * (height // stride) * (width // stride)


SOLUTIONS = {
    "residual_block": solved_block,
    "perceptual_loss": solved_loss,
    "multiplications": solved_count,
    "my_network": lambda: feedforward.TransformerNetwork(width=2, blocks=1),
    "training_step": experiments.training_step,
}
MISTAKES = {
    "residual_block": mistakes03.BLOCK_MISTAKES,
    "perceptual_loss": mistakes03.LOSS_MISTAKES,
    "multiplications": mistakes03.MULTIPLICATION_MISTAKES,
    "training_step": loops.TRAINING_STEP_MISTAKES,
}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("03",), SOLUTIONS, MISTAKES


# ---- mistakes as people write them, independently of the tables above -----------------------------------------------


def test_a_block_without_padding_is_told_how_much_it_loses():
    def mine(x, weight1, weight2):
        y = F.instance_norm(F.conv2d(F.relu(F.instance_norm(F.conv2d(x, weight1))), weight2))
        return x[..., 2:-2, 2:-2] + y

    assert "shrinks, by 4 pixels" in said(checks.residual_block, mine)


def test_a_block_with_the_padding_argument_pads_zeros():
    def mine(x, weight1, weight2):
        y = F.relu(F.instance_norm(F.conv2d(x, weight1, padding=1)))
        return x + F.instance_norm(F.conv2d(y, weight2, padding=1))

    assert "zeros" in said(checks.residual_block, mine)


def test_a_block_that_changes_its_input():
    def mine(x, weight1, weight2):
        x += solved_block(x, weight1, weight2) - x
        return x

    assert "in place" in said(checks.residual_block, mine)


def test_losses_without_gradient_are_noticed():
    def detached(encoder, images, content, grams):
        return solved_loss(encoder, images.detach(), content, grams)

    def numbers(*args):
        return tuple(float(loss.detach()) for loss in solved_loss(*args))

    assert "no gradient" in said(checks.perceptual_loss, detached)
    assert "plain number" in said(checks.perceptual_loss, numbers)


def test_a_loss_of_another_scale_gives_its_factor():
    def doubled(*args):
        content_loss, style_loss = solved_loss(*args)
        return content_loss, 2 * style_loss

    assert "Style_loss is 2 times" in said(checks.perceptual_loss, doubled)


def test_the_style_loss_against_the_mean_of_the_batch():
    def mine(encoder, images, content, grams):
        features = encoder(images, tuple(grams))
        style = sum(
            feedforward_training.relative_error(gram_matrix(features[layer]).mean(0), wanted[0])
            for layer, wanted in grams.items()
        )
        return solved_loss(encoder, images, content, grams)[0], style

    assert "batch" in said(checks.perceptual_loss, mine)


def test_a_network_of_ones_own():
    assert "photograph itself" in said(checks.my_network, nn.Identity)
    assert "whatever it is given" in said(checks.my_network, lambda: lambda images: 0 * images)
    assert "flat colour" in said(checks.my_network, lambda: lambda images: 0.5 + 0.05 * images)
    assert "NaN" in said(checks.my_network, lambda: lambda images: images / 0)
    assert "size of the picture" in said(checks.my_network, lambda: lambda images: images[..., :48, :64])
    assert "not a picture" in said(checks.my_network, lambda: torch.rand(1, 3, 50, 66))


def test_a_training_step_that_judges_its_input():
    def mine(network, optimizer, photographs, loss_of):
        return loss_of(photographs, photographs).item()

    assert "photographs themselves" in said(checks.training_step, mine)
    assert "plain number" in said(checks.training_step, lambda n, o, p, loss_of: loss_of(n(p), p))
