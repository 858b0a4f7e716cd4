"""Gatys' transfer: what its losses say, where it starts, how it stops, and what it refuses."""

import argparse
import itertools
import subprocess
import sys
from dataclasses import fields

import pytest
import torch
from pictures import scene

from adain_lab import cli
from adain_lab.commands.settings import add_settings, given
from adain_lab.images import open_image, to_tensor
from adain_lab.networks.encoder import Encoder
from adain_lab.optimize.gatys import INITS, GatysConfig, objective, run, transfer
from adain_lab.recipes.recipe import read_recipe
from adain_lab.weights import load_encoder

SMALL = {
    "encoder": "tiny",
    "size": 32,
    "coarse": 0,
    "steps": 6,
    "style_layers": {"relu1_1": 1, "relu2_1": 1, "relu3_1": 1},
}


def picture(height, width, seed=0):
    return to_tensor(scene(height, width, seed))


@pytest.fixture
def content():
    return picture(32, 48, 0)


@pytest.fixture
def style():
    return picture(40, 40, 1)


# ---- the loss -------------------------------------------------------------------------------------------------------


def test_the_content_loss_of_the_content_is_zero_and_the_style_loss_of_the_style(content, style):
    terms = objective(load_encoder("tiny"), content, style, GatysConfig())
    assert float(terms(content)["content"]) == pytest.approx(0, abs=1e-10)
    terms = objective(load_encoder("tiny"), style, style, GatysConfig(tv_weight=0))
    assert {name: float(loss) for name, loss in terms(style).items()} == pytest.approx(
        {"content": 0, "style": 0}, abs=1e-8
    )


def test_weights_scale_their_terms(content, style):
    encoder, x = load_encoder("tiny"), picture(32, 48, 2)
    one = objective(encoder, content, style, GatysConfig(content_weight=1, style_weight=1, tv_weight=1))(x)
    many = objective(encoder, content, style, GatysConfig(content_weight=2, style_weight=3, tv_weight=5))(x)
    assert {k: float(many[k] / one[k]) for k in one} == pytest.approx({"content": 2, "style": 3, "tv": 5}, rel=1e-4)


def test_layers_with_weight_zero_are_not_computed(content, style):
    seen = []
    encoder = load_encoder("tiny")
    forward = encoder.forward
    encoder.forward = lambda images, layers=(): seen.append(tuple(layers)) or forward(images, layers)
    config = GatysConfig(content_layers={"relu2_1": 1}, style_layers={"relu1_1": 1, "relu5_1": 0})
    assert set(objective(encoder, content, style, config)(content)) == {"content", "style", "tv"}
    assert not any("relu5_1" in layers for layers in seen)
    assert set(objective(encoder, content, style, GatysConfig(style_weight=0, tv_weight=0))(content)) == {"content"}


def test_the_style_loss_hardly_knows_where_things_are():
    """Moved by a third of its width, a picture keeps its Gram matrices up to the seam, and has quite other features at
    each place.
    """
    style, other = picture(64, 64, 1), picture(64, 64, 2)
    terms = objective(
        load_encoder("tiny"), style, style, GatysConfig(tv_weight=0, style_layers={"relu1_1": 1, "relu2_1": 1})
    )
    moved, strange = terms(style.roll(24, dims=3)), terms(other)
    assert moved["style"] < 0.01 * strange["style"]
    assert moved["content"] > 0.2 * strange["content"]


# ---- the optimisation -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_loss_falls(content, style, optimizer):
    result = run(transfer(content, style, optimizer=optimizer, **{**SMALL, "steps": 25}))
    losses = [sum(step.values()) for step in result.losses]
    assert result.stopped == "finished" and len(losses) == 26
    assert result.best.loss == min(losses) < 0.5 * losses[0]
    assert result.image.shape == (1, 3, 32, 48) and 0 <= result.image.min() and result.image.max() <= 1


@pytest.mark.parametrize("init", INITS)
def test_where_it_starts(content, style, init):
    first = next(transfer(content, style, init=init, **SMALL))
    assert first.iteration == 0 and first.image.shape == content.shape
    assert torch.equal(first.pixels, content) == (init == "content")


def test_noise_comes_from_the_seed(content, style):
    noise = [next(transfer(content, style, init="noise", seed=seed, **SMALL)).pixels for seed in (0, 0, 1)]
    assert torch.equal(noise[0], noise[1]) and not torch.equal(noise[0], noise[2])


def test_two_runs_are_the_same(content, style):
    a, b = (run(transfer(content, style, **SMALL)).losses for _ in range(2))
    assert a == b


def test_coarse_sizes_come_first_and_the_best_is_of_the_full_size(content, style):
    config = {**SMALL, "coarse": 1, "steps": 7}
    steps = list(transfer(content, style, **config))
    assert [step.iteration for step in steps] == list(range(8))
    assert [step.image.shape[2] for step in steps] == [16, 16, 16, 16, 32, 32, 32, 32]
    assert run(iter(steps)).image.shape == (1, 3, 32, 48)


def test_size_zero_keeps_the_contents_own(style):
    assert next(transfer(picture(37, 50), style, **{**SMALL, "size": 0})).image.shape == (1, 3, 37, 50)


def test_stopping_and_interrupting_hand_back_the_best(content, style):
    stopped = run(transfer(content, style, **SMALL), lambda step: step.iteration == 3)
    assert stopped.stopped == "stopped" and len(stopped.losses) == 4 and stopped.image is not None

    def interrupt(step):
        if step.iteration == 2:
            raise KeyboardInterrupt

    interrupted = run(transfer(content, style, **SMALL), interrupt)
    assert interrupted.stopped == "interrupted" and interrupted.best.iteration <= 2


def test_a_loss_that_is_no_number_hands_back_the_best(content, style):
    steps = transfer(content, style, optimizer="adam", learning_rate=1e30, **SMALL)
    result = run(steps)
    assert "the loss is not finite" in result.stopped and torch.equal(result.image, content)


def test_before_the_first_step_there_is_no_picture():
    with pytest.raises(ValueError, match="no picture yet"):
        _ = run(iter(())).image


def test_bfloat16_convolutions_change_the_losses_little(content, style):
    ends = [
        run(transfer(content, style, precision=p, **{**SMALL, "steps": 15})).best.loss for p in ("float32", "bfloat16")
    ]
    assert ends[1] == pytest.approx(ends[0], rel=0.2)


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"steps": 0}, "steps must be a whole number of at least 1"),
        ({"steps": -3}, "at least 1"),
        ({"steps": 1, "coarse": 1}, "steps must be more than the 1 smaller sizes"),
        ({"content_layers": {"relu9_1": 1}}, "unknown layer 'relu9_1': choose from relu1_1, relu1_2"),
        ({"style_layers": {"conv1_1": 1}}, "unknown layer 'conv1_1'"),
        ({"style_weight": -1}, "style_weight must be a finite number >= 0"),
        ({"tv_weight": float("nan")}, "tv_weight"),
        ({"style_layers": {"relu1_1": -2}}, "the weight of relu1_1 in style_layers"),
        ({"content_weight": 0, "style_weight": 0}, "must not all be zero"),
        ({"content_weight": 0, "style_layers": {}}, "must not all be zero"),
        ({"init": "white"}, "choose from content, noise, style"),
        ({"optimizer": "sgd"}, "choose from lbfgs, adam"),
        ({"size": 8}, "too small for relu4_1: each side needs at least 9 pixels"),
        ({"size": 12, "coarse": 2}, "the first of 3 sizes is meant: take a larger size, or coarse=0"),
        ({"encoder": "resnet"}, "choose from"),
        ({"learning_rate": 0}, "learning_rate must be a positive number"),
        ({"learning_rate": "fast"}, "learning_rate must be a positive number, got 'fast'"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
    ],
    ids=str,
)
def test_bad_settings_are_a_sentence_before_anything_is_computed(content, style, settings, words):
    with pytest.raises(ValueError, match=words):
        transfer(content, style, **{**SMALL, **settings})


def test_layers_named_alone_weigh_one():
    assert GatysConfig(style_layers=("relu1_1", "relu2_1")).style_layers == {"relu1_1": 1.0, "relu2_1": 1.0}
    assert GatysConfig(content_layers="relu3_1").content_layers == {"relu3_1": 1.0}
    for layers in (None, 3, ("relu1_1", 2)):
        with pytest.raises(TypeError, match="content_layers must be layers by name"):
            GatysConfig(content_layers=layers)


def test_an_encoder_of_ones_own_is_taken(content, style):
    encoder = Encoder(width=4, last="relu3_1")
    settings = {**SMALL, "encoder": encoder, "content_layers": {"relu3_1": 1}}
    assert len(list(itertools.islice(transfer(content, style, **settings), 3))) == 3
    with pytest.raises(ValueError, match="choose from relu1_1, relu1_2, relu2_1, relu2_2, relu3_1$"):
        transfer(content, style, **{**settings, "content_layers": {"relu4_1": 1}})


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def files(picture_file):
    return str(picture_file("content.png", 32, 48)), str(picture_file("style.png", 40, 40, seed=1))


COMMAND = ["--encoder", "tiny", "--size", "32", "--steps", "4", "--coarse", "0", "--device", "cpu"]


def test_the_command_writes_the_picture_with_its_recipe(files, tmp_path, capsys):
    out = tmp_path / "out.png"
    layers = ["--style-layers", "relu1_1=0.5", "relu2_1", "--content-layers", "relu3_1"]
    assert cli.main(["gatys", *files, "-o", str(out), *COMMAND, *layers]) == 0
    assert "48 x 32 pixels, the best of 4 steps" in capsys.readouterr().out
    recipe = read_recipe(out)
    assert (
        recipe["command"] == "gatys"
        and recipe["steps"] == 4
        and recipe["style_layers"] == {"relu1_1": 0.5, "relu2_1": 1.0}
    )
    result = run(
        transfer(
            *files,
            encoder="tiny",
            size=32,
            steps=4,
            coarse=0,
            style_layers=recipe["style_layers"],
            content_layers={"relu3_1": 1},
        )
    )
    assert (to_tensor(open_image(out)) - result.image).abs().max() < 1 / 255


def test_the_picture_can_be_made_again(files, tmp_path):
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    assert (
        cli.main(["gatys", *files, "-o", str(out), *COMMAND, "--init", "noise", "--style-layers", "relu1_1", "relu2_1"])
        == 0
    )
    assert cli.main(["reproduce", str(out), "-o", str(again)]) == 0
    assert (to_tensor(open_image(again)) - to_tensor(open_image(out))).abs().max() == 0


def test_an_interrupt_keeps_the_best_so_far(files, tmp_path, monkeypatch):
    import adain_lab.optimize.gatys as gatys

    real = gatys.transfer

    def interrupted(*arguments, **settings):
        yield from itertools.islice(real(*arguments, **settings), 3)
        raise KeyboardInterrupt

    monkeypatch.setattr(gatys, "transfer", interrupted)
    assert cli.main(["gatys", *files, "-o", str(tmp_path / "out.png"), *COMMAND]) == 130
    assert read_recipe(tmp_path / "out.png")["stopped"] == "interrupted"


def test_a_transfer_that_breaks_off_at_once_writes_nothing_and_says_why(files, tmp_path, capsys):
    assert cli.main(["gatys", *files, "-o", str(tmp_path / "out.png"), *COMMAND, "--style-weight", "1e300"]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "not finite after 0 iterations (style)" in error and error.endswith("there is no picture yet")
    assert not (tmp_path / "out.png").exists()


def test_an_interrupt_before_the_first_step_writes_nothing(files, tmp_path, monkeypatch):
    import adain_lab.optimize.gatys as gatys

    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(gatys, "transfer", interrupted)
    assert cli.main(["gatys", *files, "-o", str(tmp_path / "out.png"), *COMMAND]) == 130
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    "options, words",
    [
        (["--steps", "0"], "steps must be"),
        (["--style-layers", "relu7_1"], "unknown layer 'relu7_1'"),
        (["--style-weight", "-1"], "style_weight"),
        (["--init", "white"], "choose from content, noise, style"),
        (["--size", "4"], "too small"),
        (["--encoder", "vgg19"], "adain-lab download vgg19"),
    ],
    ids=str,
)
def test_the_command_refuses_in_one_line(files, tmp_path, capsys, monkeypatch, options, words):
    monkeypatch.setenv("ADAIN_LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "hub"))
    assert cli.main(["gatys", *files, "-o", str(tmp_path / "out.png"), *COMMAND, *options]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in error and not (tmp_path / "out.png").exists()


def test_the_commands_help_names_the_true_defaults(capsys):
    with pytest.raises(SystemExit):
        cli.main(["gatys", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert words.count("(default:") >= len(fields(GatysConfig)) + 2
    for default in ("relu1_1 relu2_1 relu3_1 relu4_1 relu5_1", "its own", "lbfgs", "150"):
        assert f"(default: {default})" in words
    assert "where to start: content, noise or style" in words


def test_the_commands_options_are_the_settings():
    """Without options the defaults; layers with and without a weight; and no PyTorch before something is computed."""
    parser = argparse.ArgumentParser()
    add_settings(parser, GatysConfig)
    assert GatysConfig(**given(parser.parse_args([]), GatysConfig)) == GatysConfig()
    options = parser.parse_args(
        ["--content-layers", "relu3_1=0.5", "relu4_1", "--learning-rate", "0.1", "--steps", "9"]
    )
    assert given(options, GatysConfig) == {
        **vars(GatysConfig()),
        "content_layers": {"relu3_1": 0.5, "relu4_1": 1.0},
        "learning_rate": 0.1,
        "steps": 9,
    }
    code = "import sys, adain_lab.optimize.config, adain_lab.commands.gatys; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
