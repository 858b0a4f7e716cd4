"""The checks: a solution passes, a stub is "not attempted", every mistake has its name, and nothing raises."""

import json

import pytest
import torch
from exercises import ExerciseTests, said
from torch.nn import functional as F

import adain_lab
from adain_lab import checks
from adain_lab.checks import core, lesson00
from adain_lab.checks.mistakes import lesson05 as mistakes05
from adain_lab.checks.mistakes import loops
from adain_lab.functional import channel_mean_std
from adain_lab.lessons import experiments
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import STYLE_LAYERS
from adain_lab.training import loop as training

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_loss(encoder, decoder, content, style):
    losses, _ = training.training_loss(encoder, decoder, content, style)
    return losses["content"], losses["style"]


def solved_statistics(images):
    return images.mean((2, 3), keepdim=True), images.std((2, 3), correction=0, keepdim=True)


def solved_alpha(encoder, decoder, content, style, alpha):
    f, s = encoder(content)["relu4_1"], encoder(style)["relu4_1"]
    return decoder((1 - alpha) * f + alpha * adain_lab.adain(f, s)).clamp(0, 1)


SOLUTIONS = {
    "channel_statistics": solved_statistics,
    "blend": lambda first, second, alpha: (1 - alpha) * first + alpha * second,
    "my_picture": lambda: F.interpolate(torch.rand(1, 3, 12, 8), scale_factor=8, mode="bilinear"),
    "adain": lambda x, y: adain_lab.adain(x, y),
    "upsample": lambda x: x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3),
    "training_loss": solved_loss,
    "alpha": solved_alpha,
    "mirror_decoder": Decoder,
    "train": experiments.train,
    "my_adain": lambda x, y: x - channel_mean_std(x)[0] + channel_mean_std(y)[0],
}
MISTAKES = {
    "channel_statistics": lesson00.STATISTICS_MISTAKES,
    "blend": lesson00.BLEND_MISTAKES,
    "adain": mistakes05.ADAIN_MISTAKES,
    "upsample": mistakes05.UPSAMPLE_MISTAKES,
    "training_loss": mistakes05.LOSS_MISTAKES,
    "alpha": mistakes05.ALPHA_MISTAKES,
    "mirror_decoder": loops.MIRROR_MISTAKES,
    "train": loops.TRAIN_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("00", "05"), SOLUTIONS, MISTAKES


def test_every_check_is_called_by_the_name_of_its_exercise():
    assert all(getattr(checks, name) is check for name, check in checks.EXERCISES.items())


# ---- mistakes as people write them, independently of the tables above -----------------------------------------------


def test_adain_with_torch_std_is_recognised_as_unbiased():
    def mine(content, style):
        scale = style.std(dim=(2, 3), keepdim=True) / (content.std(dim=(2, 3), keepdim=True) + 1e-5)
        return (content - content.mean((2, 3), keepdim=True)) * scale + style.mean((2, 3), keepdim=True)

    assert "unbiased" in said(checks.adain, mine)


def test_adain_accepts_any_reasonable_epsilon():
    def mine(content, style, eps=1e-8):
        mean, std = content.mean((2, 3), keepdim=True), content.var((2, 3), correction=0, keepdim=True).add(eps).sqrt()
        return style.std((2, 3), correction=0, keepdim=True) * (content - mean) / std + style.mean((2, 3), keepdim=True)

    assert checks.adain(mine).passed


def test_adain_with_statistics_over_the_batch_or_the_channels():
    def over(dim):
        def mine(content, style):
            normal = (content - content.mean(dim, keepdim=True)) / content.std(dim, correction=0, keepdim=True)
            return normal * style.std(dim, correction=0, keepdim=True) + style.mean(dim, keepdim=True)

        return mine

    assert "batch" in said(checks.adain, over((0, 2, 3)))
    assert "layer normalisation" in said(checks.adain, over((1, 2, 3)))


def test_swapped_arguments_are_named_by_shape_too():
    assert "swapped" in said(checks.adain, lambda x, y: adain_lab.adain(y, x))


def test_changing_the_input_is_noticed():
    def mine(content, style):
        mean, std = channel_mean_std(content)
        style_mean, style_std = channel_mean_std(style)
        content -= mean
        return content / std * style_std + style_mean

    assert "in place" in said(checks.adain, mine)
    assert "in place" in said(checks.blend, lambda first, second, alpha: first.mul_(1 - alpha).add_(alpha * second))


def test_interpolate_is_taken_away_only_while_upsample_is_checked():
    original = F.interpolate
    assert "F.interpolate" in said(checks.upsample, lambda x: F.interpolate(x, scale_factor=2))
    assert "F.interpolate" in said(checks.upsample, torch.nn.Upsample(scale_factor=2))
    assert F.interpolate is original


# ---- a module and a loop, as people write them ------------------------------------------------------------------------


class Convolutions(torch.nn.Module):
    """A decoder whose weights cannot be loaded: ``rename`` says what its convolutions are called."""

    def __init__(self, width, rename=lambda name: name, norm=False, channels=8):
        super().__init__()
        for name, conv in Decoder(width).named_children():
            self.add_module(rename(name), conv)
        if norm:
            self.norm = torch.nn.InstanceNorm2d(4 * width, affine=True)
        if channels != 8:
            self.conv4_1 = torch.nn.Conv2d(channels * width, 4 * width, 3)


def test_a_decoder_that_cannot_take_the_weights_is_told_why():
    assert "no conv4_1 with a weight" in said(checks.mirror_decoder, lambda w: Convolutions(w, lambda n: n.upper()))
    assert "no normalisation layers" in said(checks.mirror_decoder, lambda w: Convolutions(w, norm=True))
    assert "onv4_1.weight should have the shape" in said(checks.mirror_decoder, lambda w: Convolutions(w, channels=4))
    assert "nn.Module" in said(checks.mirror_decoder, lambda width: "a decoder")
    assert "sum" not in said(checks.mirror_decoder, torch.nn.Identity)


def test_a_decoder_with_stubs_is_not_attempted():
    class Stub(torch.nn.Module):
        def __init__(self, width):
            super().__init__()
            raise NotImplementedError()

    class Half(Decoder):
        def forward(self, features):
            raise NotImplementedError()

    assert checks.mirror_decoder(Stub).status == checks.mirror_decoder(Half).status == "not attempted"


def test_a_training_loop_that_moves_the_encoder_or_watches_nothing():
    def silent(encoder, decoder, pairs, loss_of, style_weight, learning_rate, watch):
        return experiments.train(encoder, decoder, pairs, loss_of, style_weight, learning_rate)

    def greedy(encoder, *rest):
        curve = experiments.train(encoder, *rest)
        for weight in encoder.parameters():
            weight.data.add_(0.1)
        return curve

    def heavy(encoder, decoder, pairs, loss_of, *rest):
        return [loss_of(encoder, decoder, *pair) for pair in pairs]

    assert "watch" in said(checks.train, silent)
    assert "encoder's weights have changed" in said(checks.train, greedy)
    assert "plain numbers" in said(checks.train, heavy)
    assert "one entry per step" in said(checks.train, lambda *args: [])


def loss_with(*, target=lambda t: t.detach(), decoded=lambda images: images, finish=lambda loss: loss):
    def mine(encoder, decoder, content, style):
        names = tuple(STYLE_LAYERS)
        f, s = encoder(content, names), encoder(style, names)
        t = target(adain_lab.adain(f["relu4_1"], s["relu4_1"]))
        back = encoder(decoded(decoder(t)), names)
        style_loss = 0
        for name in names:
            for mine, theirs in zip(channel_mean_std(back[name]), channel_mean_std(s[name]), strict=True):
                style_loss = style_loss + (mine - theirs.detach()).pow(2).mean()
        return finish((back["relu4_1"] - t).pow(2).mean()), finish(style_loss)

    return mine


def test_training_loss_gradients():
    assert checks.training_loss(loss_with()).passed
    assert "through the target" in said(checks.training_loss, loss_with(target=lambda t: t))
    assert "no gradient reaches the decoder" in said(
        checks.training_loss, loss_with(decoded=lambda images: images.detach())
    )
    assert "plain number" in said(checks.training_loss, loss_with(finish=lambda loss: loss.item()))
    assert "shape ()" in said(checks.training_loss, loss_with(finish=lambda loss: loss.reshape(1)))


def test_training_loss_of_unknown_scale_gives_the_factor():
    assert "3 times" in said(checks.training_loss, loss_with(finish=lambda loss: 3 * loss))


def test_two_mistakes_at_once_are_named_one_after_the_other():
    def mine(encoder, decoder, content, style):
        f = encoder(content)["relu4_1"]
        t = adain_lab.adain(f, encoder(style)["relu4_1"])
        images = decoder(t)
        means = [
            (encoder(images, [n])[n].mean((2, 3)) - encoder(style, [n])[n].mean((2, 3))).pow(2).mean()
            for n in STYLE_LAYERS
        ]
        return F.mse_loss(encoder(images)["relu4_1"], f), sum(means)

    assert "compares with f(c)" in said(checks.training_loss, mine)


def test_another_stub_that_is_called_is_named():
    def helper(x):
        raise NotImplementedError()

    def mine(content, style):
        return helper(content)

    assert "`helper`" in said(checks.adain, mine)


def test_my_picture_says_what_is_wrong():
    assert "[0, 1]" in said(checks.my_picture, lambda: 255 * torch.rand(1, 3, 80, 80))
    assert "too few" in said(checks.my_picture, lambda: torch.rand(1, 3, 20, 20))
    assert "flat colour" in said(checks.my_picture, lambda: torch.ones(1, 3, 80, 80))


# ---- results and the report -----------------------------------------------------------------------------------------


def test_checks_leave_the_random_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    for name, solution in SOLUTIONS.items():
        checks.EXERCISES[name](solution)
    checks.adain(lambda x, y: x + torch.rand(3)[7])  # draws, then fails
    assert torch.equal(torch.rand(3), expected)


def test_report_prints_every_exercise_and_writes_json(tmp_path, capsys):
    checks.adain(SOLUTIONS["adain"])
    checks.upsample(lambda x: x)
    capsys.readouterr()
    path = tmp_path / "grades.json"
    assert checks.report(path) is None
    out = capsys.readouterr().out
    assert all(name in out for name in checks.EXERCISES)
    table = json.loads(path.read_text(encoding="utf-8"))
    status = {row["name"]: row["status"] for row in table["exercises"]}
    assert status["adain"] == "passed" and status["upsample"] == "failed" and status["alpha"] == "not attempted"
    assert table["points"] == checks.adain.points
    assert table["possible"] == sum(check.points for check in checks.EXERCISES.values())
    assert [p.name for p in tmp_path.iterdir()] == ["grades.json"]


def test_report_of_one_lesson_and_reset(capsys):
    checks.adain(SOLUTIONS["adain"])
    checks.report(lesson="05")
    out = capsys.readouterr().out
    possible = [check.points for check in checks.EXERCISES.values() if check.lesson == "05"]
    summary = f"1 of {len(possible)} exercises passed, {checks.adain.points} of {sum(possible)} points"
    assert summary in out and "blend" not in out
    checks.reset()
    assert all(result.status == "not attempted" for result in checks.results().values())
    with pytest.raises(ValueError, match="choose from 00, .*05"):
        checks.report(lesson="17")


def test_report_refuses_a_missing_folder(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        checks.report(tmp_path / "nowhere" / "grades.json")


def test_a_terminal_without_the_symbols_still_gets_the_words(monkeypatch):
    printed = []

    def narrow(text):
        text.encode("ascii")
        printed.append(text)

    monkeypatch.setattr(core, "print", narrow, raising=False)
    assert checks.blend(SOLUTIONS["blend"]).passed
    assert printed[0].startswith("+ blend: passed")
