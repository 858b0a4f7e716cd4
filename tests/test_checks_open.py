"""What must not fool a check, and what a good student writes and must be let through."""

import numpy as np
import pytest
import torch
from exercises import said
from torch import nn
from torch.nn import functional as F

import adain_lab
from adain_lab import checks
from adain_lab.functional import adain, apply_statistics, channel_mean_std

pytestmark = pytest.mark.usefixtures("fresh_checks")


def made_up(*args):
    return {"a": 1, "b": 2, "c": 3}


def smooth_picture():
    return F.interpolate(torch.rand(1, 3, 12, 8), scale_factor=8, mode="bilinear")


def mean(x):
    return x.mean((2, 3), keepdim=True)


def std(x):
    return x.std((2, 3), correction=0, keepdim=True)


NO_ANSWERS = {
    "my_picture": [
        (lambda: torch.zeros(1, 3, 80, 80), "flat colour"),
        (lambda: torch.rand(1, 3, 80, 80), "noise"),
        (lambda: adain_lab.sample("temple"), "the sample temple as it came"),
        (lambda: adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("wave_print")), 200), "wave_print as it came"),
        (made_up, "cannot be shown"),
    ],
    "my_texture": [
        (lambda f, s: torch.zeros(()), "no gradient"),
        (lambda f, s: 3 * adain_lab.gram_style_loss(f, s), "only with another factor"),
        (lambda f, s: sum(f[k].mean() - s[k].mean() for k in f), "must be above 0"),
        (made_up, "should be a tensor"),
    ],
    "my_transfer": [
        (dict, "the defaults"),
        (made_up, "no setting 'a'"),
        (lambda: {"seed": 5}, "only the seed"),
    ],
    "my_network": [
        (lambda: torch.zeros_like, "whatever it is given"),
        (lambda: torch.rand_like, "differently each time"),
        (lambda: nn.Identity(), "the photograph itself"),
        (made_up, "return the network"),
    ],
    "my_style": [
        (lambda space: [0.0] * space.count, "nearly the mean style"),
        (lambda space: [1e30] * space.count, "out of this world"),
        (made_up, "no coordinates"),
    ],
    "my_adain": [
        (lambda x, y: torch.zeros_like(x), "another content"),
        (lambda x, y: torch.randn_like(x), "another content"),
        (lambda x, y: x + torch.randn_like(x), "another style"),
        (lambda x, y: torch.from_numpy(np.random.default_rng().random(x.shape)), "at each call"),
        (made_up, "should be a tensor"),
    ],
    "my_control": [
        (lambda x, styles: torch.zeros_like(x), "another content"),
        (lambda x, styles: torch.randn_like(x), "another content"),
        (lambda x, styles: x**2, "other styles"),
        (made_up, "should be a tensor"),
    ],
    "my_measurement": [
        (made_up, "nothing was painted"),
        (lambda s, c, y: (s(c, y), made_up())[1], "the very same numbers"),
        (lambda s, c, y: {k: float(torch.rand(())) for k in "abc"}, "nothing was painted"),
    ],
    "my_project": [
        (lambda s, c, y: [torch.zeros(1, 3, 64, 64)], "flat colour"),
        (lambda s, c, y: [torch.rand(1, 3, 64, 64)], "noise"),
        (lambda s, c, y: y[:1], "as they came"),
        (lambda s, c, y: [(1 - t) * c + t * c.flip(3) for t in (0.25, 0.75)], "the stylizer was not used"),
        (made_up, "cannot be shown"),
    ],
    "my_variation": [
        (lambda x, y: torch.zeros_like(x), "another style"),
        (lambda x, y: torch.randn_like(x), "another style"),
        (lambda x, y: mean(y).expand_as(x).clone(), "another content"),
        (made_up, "should be a tensor"),
    ],
}


@pytest.mark.parametrize("name, answer, words", [(name, *pair) for name, pairs in NO_ANSWERS.items() for pair in pairs])
def test_no_answer_passes_for_an_open_question(name, answer, words):
    assert words.casefold() in said(checks.EXERCISES[name], answer).casefold()


def with_scales(eps_inside=0.0, eps_outside=0.0, of_style=True):
    def scale(x):
        return (x.var((2, 3), correction=0, keepdim=True) + eps_inside).sqrt() + eps_outside

    return lambda x, y: (x - mean(x)) / scale(x) * (scale(y) if of_style else std(y)) + mean(y)


@pytest.mark.parametrize("eps", [1e-5, 1e-6, 1e-8])
def test_adain_knows_where_eps_stands(eps):
    for of_style in (True, False):
        assert checks.adain(with_scales(eps_inside=eps, of_style=of_style)).passed
        assert "outside the root" in said(checks.adain, with_scales(eps_outside=eps, of_style=of_style))
    assert "so large" in said(checks.adain, with_scales(eps_inside=1e-3))


@pytest.mark.parametrize(
    "ready_made",
    [
        lambda x, g, b, eps: F.instance_norm(x, weight=g, bias=b, eps=eps),
        lambda x, g, b, eps: F.group_norm(x, 5, g, b, eps),
        lambda x, g, b, eps: g.view(-1, 1, 1) * nn.InstanceNorm2d(5, eps=eps)(x) + b.view(-1, 1, 1),
        lambda x, g, b, eps: torch.group_norm(x, 5, g, b, eps),
        lambda x, g, b, eps: F.layer_norm(x, x.shape[2:], eps=eps) * g.view(-1, 1, 1) + b.view(-1, 1, 1),
    ],
)
def test_ready_made_norms_are_no_instance_norm_from_scratch(ready_made):
    before = F.instance_norm, F.group_norm, torch.group_norm
    assert "does the whole exercise" in said(checks.instance_norm, ready_made)
    assert (F.instance_norm, F.group_norm, torch.group_norm) == before


def closure_of(body):
    """``make_closure`` whose closure zeroes the gradient and does the rest by ``body(image, loss_of)``."""

    def make_closure(optimizer, image, loss_of):
        def closure():
            optimizer.zero_grad()
            return body(image, loss_of)

        return closure

    return make_closure


def backward(loss):
    loss.backward()
    return loss


def test_a_closure_asks_for_the_loss_in_every_call():
    def outside(optimizer, image, loss_of):
        loss = loss_of(image)

        def closure():
            optimizer.zero_grad()
            loss.backward(retain_graph=True)
            return loss

        return closure

    def old_value(optimizer, image, loss_of):
        value = loss_of(image)

        def closure():
            optimizer.zero_grad()
            loss_of(image).backward()
            return value

        return closure

    assert "computed once, outside" in said(checks.closure, outside)
    assert "still gives the old loss" in said(checks.closure, old_value)


def test_a_closure_does_not_clamp():
    def clamping(image, loss_of):
        image.data.clamp_(0, 1)
        return backward(loss_of(image))

    def clamping_after(image, loss_of):
        loss = backward(loss_of(image))
        image.data.clamp_(0, 1)
        return loss

    for body in (clamping, clamping_after):
        assert "clamps the picture" in said(checks.closure, closure_of(body))
    assert "clamped copy" in said(checks.closure, closure_of(lambda x, loss_of: backward(loss_of(x.clamp(0, 1)))))
    assert "detached copy" in said(checks.closure, closure_of(lambda x, loss_of: backward(loss_of(x.detach()))))


def test_correct_closures_of_other_makes():
    def by_hand(image, loss_of):
        loss = loss_of(image)
        (image.grad,) = torch.autograd.grad(loss, [image])
        return loss.detach()

    assert checks.closure(closure_of(by_hand)).passed
    assert checks.closure(closure_of(lambda x, loss_of: float(backward(loss_of(x)).detach()))).passed


GOOD = {
    "my_picture": [smooth_picture, lambda: adain_lab.to_pil(smooth_picture())],
    "my_adain": [
        lambda x, y: torch.cat([adain(x, y)[:, :4], x[:, 4:]], 1),
        lambda x, y: adain(x, y) + 0.1 * torch.randn_like(x),  # random, but not only
    ],
    "my_control": [lambda x, styles: apply_statistics(x, styles[0][0], styles[1][1])],
    "my_measurement": [
        lambda s, c, y: {a: float((s(c, y, alpha=a) - c).abs().mean()) for a in (0.1, 0.5, 1.0)},
        lambda s, c, y: {k: float(F.avg_pool2d(c, k).std()) for k in (1, 2, 4)},
    ],
    "my_project": [lambda s, c, y: [s(c, y[:2], weights=[0.5, 0.5])], lambda s, c, y: [s(c, style) for style in y]],
    "my_variation": [lambda x, y: x - mean(x) + mean(y)],
    "my_texture": [lambda f, s: sum((f[k].amax((2, 3)) - s[k].amax((2, 3))).square().mean() for k in f)],
    "channel_statistics": [channel_mean_std, lambda x: torch.std_mean(x, dim=(2, 3), correction=0, keepdim=True)[::-1]],
    "upsample": [
        lambda x: torch.kron(x, torch.ones(1, 1, 2, 2, dtype=x.dtype)),
        lambda x: F.pixel_shuffle(x.repeat_interleave(4, 1), 2),
    ],
    "instance_norm": [
        lambda x, g, b, eps: torch.stack(
            [
                torch.stack(
                    [g[c] * (p[c] - p[c].mean()) / (p[c].var(correction=0) + eps).sqrt() + b[c] for c in range(5)]
                )
                for p in x
            ]
        )
    ],
    "residual_block": [
        lambda x, a, b: (
            x
            + F.instance_norm(
                F.conv2d(nn.ReflectionPad2d(1)(F.relu(nn.InstanceNorm2d(4)(F.conv2d(nn.ReflectionPad2d(1)(x), a)))), b)
            )
        )
    ],
    "halo": [lambda layers: sum(2 ** layers[:i].count("pool") for i, k in enumerate(layers) if k == "conv")],
}


@pytest.mark.parametrize("name, answer", [(name, answer) for name, answers in GOOD.items() for answer in answers])
def test_what_a_good_student_writes_passes(name, answer):
    assert checks.EXERCISES[name](answer).passed


@pytest.mark.parametrize(
    "shrink",
    [
        lambda masks, size: F.interpolate(masks[None], size=size, mode="area")[0],
        lambda masks, size: F.avg_pool2d(masks, 8),
        lambda masks, size: masks.view(len(masks), size[0], 8, size[1], 8).mean((2, 4)),
    ],
)
def test_every_mean_of_a_masks_blocks_is_right(shrink):
    def masked(x, styles, masks, eps=1e-5):
        cells = shrink(masks, tuple(x.shape[2:]))
        result = (1 - cells.sum(0)) * x
        for (style_mean, style_std), cell in zip(styles, cells, strict=True):
            share = cell / cell.sum().clamp_min(1e-8)
            middle = (share * x).sum((2, 3), keepdim=True)
            deviation = ((share * (x - middle) ** 2).sum((2, 3), keepdim=True) + eps).sqrt()
            result = result + cell * (style_std * (x - middle) / deviation + style_mean)
        return result

    assert checks.masked_adain(masked).passed
