"""One network per style: any size, its normalisation, its loss, its training, its files."""

import math
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from adain_lab import data, weights
from adain_lab.functional import channel_mean_std, gram_matrix
from adain_lab.networks.feedforward import NORMS, ResidualBlock, TransformerNetwork
from adain_lab.optimize.pixels import NonFiniteLoss
from adain_lab.training.datasets import Pictures
from adain_lab.training.feedforward import FeedForwardConfig, fresh_network, perceptual_loss, style_grams, train
from adain_lab.weights.feedforward import FEEDFORWARD, FeedForwardSpec, load_feedforward, read_feedforward
from adain_lab.weights.registry import sha256_of

SMALL = FeedForwardConfig(iterations=4, crop=32, size=32, style_size=32, width=4, blocks=1)


@pytest.fixture(scope="module")
def encoder():
    return weights.load_encoder("tiny")


@pytest.fixture
def contents(picture_file):
    return Pictures([[picture_file(f"{i}.png", 40, 48, seed=i) for i in range(3)]])


# ---- the network ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("size", [(16, 16), (17, 30), (33, 18), (40, 64)])
def test_the_output_has_the_size_of_the_input(norm, size):
    images = TransformerNetwork(4, 1, norm)(torch.rand(2, 3, *size))
    assert images.shape == (2, 3, *size)
    assert images.min() >= -0.05 and images.max() <= 1.05


def test_black_and_white_can_be_reached():
    network = TransformerNetwork(4, 1)
    for value in (-20.0, 20.0):
        with torch.no_grad():
            network.up1.bias.fill_(value)
        images = network(torch.rand(1, 3, 16, 16)).clamp(0, 1)
        assert bool((images == (value > 0)).all())


def test_a_block_whose_second_normalisation_is_zero_is_the_identity():
    block, x = ResidualBlock(4), torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        block.norm2.weight.zero_()
    assert torch.equal(block(x), x)


def test_a_block_can_lower_values_because_no_relu_follows_the_addition():
    assert ResidualBlock(4)(torch.zeros(1, 4, 8, 8) + torch.rand(1, 4, 8, 8)).min() < 0


def test_with_instance_norm_a_picture_does_not_depend_on_its_batch_and_with_batch_norm_it_does():
    first, second = torch.rand(1, 3, 32, 32), 0.2 * torch.rand(1, 3, 32, 32)
    for norm, same in (("instance", True), ("batch", False)):
        network = TransformerNetwork(4, 1, norm).train()
        alone, together = network(first), network(torch.cat([first, second]))[:1]
        assert torch.allclose(alone, together, atol=1e-4) is same


def test_instance_norm_gives_every_picture_the_learned_statistics():
    network = TransformerNetwork(4, 1)
    seen = []
    network.norm1.register_forward_hook(lambda module, inputs, output: seen.append(channel_mean_std(output)))
    network(torch.rand(2, 3, 32, 32))
    mean, std = seen[0]
    assert torch.allclose(mean, torch.zeros_like(mean), atol=1e-5)
    assert torch.allclose(std, torch.ones_like(std), atol=1e-2)


@pytest.mark.parametrize(
    "arguments, words",
    [({"norm": "layer"}, "choose from instance, batch"), ({"width": 0}, "at least 1"), ({"blocks": 0}, "at least 1")],
)
def test_a_network_that_cannot_be_built(arguments, words):
    with pytest.raises(ValueError, match=words):
        TransformerNetwork(**arguments)


def test_pictures_that_cannot_be_painted():
    network = TransformerNetwork(4, 1)
    with pytest.raises(ValueError, match="40 x 15 pixels is too small: each side needs at least 16"):
        network(torch.rand(1, 3, 15, 40))
    with pytest.raises(ValueError, match="shape"):
        network(torch.rand(3, 32, 32))
    with pytest.raises(TypeError, match="not str"):
        network("cat.jpg")


# ---- the loss ------------------------------------------------------------------------------------------------------


def test_a_picture_has_no_loss_against_itself(encoder, content):
    losses = perceptual_loss(encoder, content, content, style_grams(encoder, content))
    assert losses["content"] == 0 and losses["style"] < 1e-8 and losses["tv"] > 0


def test_a_blank_picture_has_nearly_the_error_one_per_layer(encoder, style):
    grams = style_grams(encoder, style)
    losses = perceptual_loss(encoder, torch.full_like(style, 0.45), style, grams)
    assert 0.7 * len(grams) < losses["style"] < 1.05 * len(grams)


def test_the_style_loss_is_each_pictures_own(encoder, content, style):
    """Two pictures whose Gram matrices lie on both sides of the style's do not cancel."""
    grams = style_grams(encoder, style)
    crops = [content[..., :64, :64], F.interpolate(style, (64, 64))]
    both = perceptual_loss(encoder, torch.cat(crops), torch.cat(crops), grams)["style"]
    single = [perceptual_loss(encoder, x, x, grams)["style"] for x in crops]
    assert torch.allclose(both, sum(single) / 2, rtol=1e-4)


def test_the_loss_written_out(encoder, content, style):
    images, grams = content.flip(3), style_grams(encoder, style)
    losses = perceptual_loss(encoder, images, content, grams)
    f, c = (encoder(x, ("relu3_1",))["relu3_1"] for x in (images, content))
    assert torch.allclose(losses["content"], (f - c).square().sum() / c.square().sum(), rtol=1e-4)
    features, wanted = encoder(images, tuple(grams)), encoder(style, tuple(grams))
    expected = 0
    for layer in grams:
        got, target = gram_matrix(features[layer]), gram_matrix(wanted[layer])
        expected += (got - target).square().sum() / target.square().sum()
    assert torch.allclose(losses["style"], expected, rtol=1e-4)


# ---- the training --------------------------------------------------------------------------------------------------


def test_training_lowers_the_loss_and_paints(encoder, contents, style):
    steps = list(train(style, contents, replace(SMALL, iterations=30, learning_rate=5e-3), encoder=encoder))
    assert [s.iteration for s in steps] == list(range(1, 31))
    assert steps[-1].losses["style"] < 0.7 * steps[0].losses["style"]
    assert all(b.seconds >= a.seconds for a, b in zip(steps, steps[1:], strict=False))
    assert steps[-1].images.shape == (2, 3, 32, 32) and not steps[-1].images.requires_grad


def test_the_total_is_the_weighted_sum(encoder, contents, style):
    config = replace(SMALL, content_weight=2.0, style_weight=3.0, tv_weight=5.0)
    losses = next(train(style, contents, config, encoder=encoder)).losses
    assert losses["total"] == pytest.approx(2 * losses["content"] + 3 * losses["style"] + 5 * losses["tv"], rel=1e-5)


def test_the_same_seed_takes_the_same_steps_and_another_one_does_not(encoder, contents, style):
    def losses(seed):
        return [s.losses["total"] for s in train(style, contents, replace(SMALL, seed=seed), encoder=encoder)]

    first = losses(0)
    torch.rand(7)  # whatever the global generator does in between
    assert losses(0) == first != losses(1)


def test_both_norms_start_from_the_same_weights():
    instance, batch = (fresh_network(replace(SMALL, norm=norm)) for norm in NORMS)
    assert torch.equal(instance.down1.weight, batch.down1.weight) and torch.equal(instance.up1.weight, batch.up1.weight)


def test_leaving_the_loop_stops_and_the_network_is_usable(encoder, contents, style):
    for step in train(style, contents, replace(SMALL, iterations=1000), encoder=encoder):
        if step.iteration == 2:
            break
    step.network.eval()
    assert step.network(torch.rand(1, 3, 20, 21)).shape == (1, 3, 20, 21)


def test_training_goes_on_with_a_network(encoder, contents, style):
    network = fresh_network(SMALL)
    before = network.down1.weight.clone()
    step = next(train(style, contents, SMALL, encoder=encoder, network=network))
    assert step.network is network and not torch.equal(network.down1.weight, before)


def test_the_encoder_is_left_alone(encoder, contents, style):
    before = encoder.conv1_1.weight.clone()
    list(train(style, contents, replace(SMALL, iterations=1), encoder=encoder))
    assert torch.equal(encoder.conv1_1.weight, before) and not encoder.conv1_1.weight.requires_grad


def test_a_loss_that_is_no_number_stops_and_leaves_the_weights(encoder, contents, style):
    network = fresh_network(SMALL)
    with torch.no_grad():
        network.up1.bias[0] = math.nan
    before = network.down1.weight.clone()
    with pytest.raises(NonFiniteLoss, match="not finite at iteration 1: try a lower learning rate than 0.002"):
        list(train(style, contents, SMALL, encoder=encoder, network=network))
    assert torch.equal(network.down1.weight, before)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
        ({"style_weight": -1.0}, "style_weight must be a finite number >= 0, got -1.0"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"crop": 16}, "crop must be at least 32"),
        ({"norm": "group"}, "choose from instance, batch"),
    ],
)
def test_settings_that_make_no_sense(changes, words):
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **changes)


def test_bad_input_is_refused_before_the_first_step(encoder, contents, style, tmp_path):
    with pytest.raises(FileNotFoundError):
        train(tmp_path / "none.jpg", contents, SMALL, encoder=encoder)
    with pytest.raises(TypeError, match="contents must be a dataset"):
        train(style, [style], SMALL, encoder=encoder)


# ---- the files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FEEDFORWARD)
def test_a_bundled_network_paints_in_its_style(name, encoder, content):
    network = load_feedforward(name)
    style = data.sample(name)
    assert FEEDFORWARD[name].file.stat().st_size < 1_500_000
    from adain_lab.images import resize, to_tensor

    grams = style_grams(encoder, resize(to_tensor(style), 64))
    painted = network(content).clamp(0, 1)
    assert painted.shape == content.shape and not painted.requires_grad
    before, after = (perceptual_loss(encoder, x, content, grams)["style"] for x in (content, painted))
    assert after < 0.6 * before


def test_an_unknown_style_lists_those_that_there_are():
    with pytest.raises(ValueError, match="no network is bundled for the style 'kilim': choose from night_village"):
        load_feedforward("kilim")


def test_every_bundled_file_is_listed_with_its_digest():
    sums = (weights.registry.BUNDLED / "SHA256SUMS").read_text().split()
    for spec in FEEDFORWARD.values():
        assert sha256_of(spec.file) in sums and spec.file.name in sums


def test_a_file_comes_back_as_it_was_saved_and_another_shape_is_refused(tmp_path):
    for norm in NORMS:
        network, path = TransformerNetwork(4, 1, norm).eval(), tmp_path / f"{norm}.safetensors"
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, path)
        again = read_feedforward(path, TransformerNetwork(4, 1, norm))
        x = torch.rand(1, 3, 20, 24)
        assert torch.equal(again(x), network(x)) and not again.training
    with pytest.raises(ValueError, match="has shape"):
        read_feedforward(tmp_path / "instance.safetensors", TransformerNetwork(6, 1))
    with pytest.raises(ValueError, match="other weights"):
        read_feedforward(tmp_path / "instance.safetensors", TransformerNetwork(4, 2))
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "batch.safetensors").read_bytes()[:200])
    with pytest.raises(ValueError, match="damaged"):
        read_feedforward(tmp_path / "cut.safetensors", TransformerNetwork(4, 1, "batch"))


def test_a_missing_file_says_what_to_do(monkeypatch):
    monkeypatch.setitem(FEEDFORWARD, "kilim", FeedForwardSpec("kilim", 4, 1))
    with pytest.raises(FileNotFoundError, match="reinstall"):
        load_feedforward("kilim")
