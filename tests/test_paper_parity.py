"""``load("paper")`` paints what the public PyTorch program paints with the same files.

The program's arithmetic is written out below from its description: unbiased variance plus eps, CORAL on standardised
pixels with singular value decompositions, features mixed after AdaIN. The weights are random, in the published files'
format.
"""

import pytest
import torch
from torch import nn

import adain_lab
from adain_lab.bench import plain_network
from adain_lab.weights.download import download

SIZE = 64


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """The published encoder up to relu4_1 and decoder with random weights, and our model made from their files."""
    folder, cache = tmp_path_factory.mktemp("published"), tmp_path_factory.mktemp("cache")
    torch.manual_seed(0)
    encoder, decoder = plain_network(64)
    deeper = []
    for _ in range(3):  # conv4_2 to conv4_4
        deeper += [nn.ReflectionPad2d(1), nn.Conv2d(512, 512, 3), nn.ReLU()]
    deeper.append(nn.MaxPool2d(2, ceil_mode=True))
    for _ in range(4):
        deeper += [nn.ReflectionPad2d(1), nn.Conv2d(512, 512, 3), nn.ReLU()]
    vgg = nn.Sequential(nn.Conv2d(3, 3, 1), *encoder, *deeper)
    for network in (vgg, decoder):  # weights that keep the signal's size, so that pictures are not flat
        for layer in network:
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    with torch.no_grad():  # pictures with contrast, around grey
        x = picture(0)
        decoder[-1].bias.zero_()
        out = decoder(vgg[:31](x))
        gain = 0.15 / out.std((0, 2, 3))
        decoder[-1].weight *= gain.view(3, 1, 1, 1)
        decoder[-1].bias.copy_(0.5 - out.mean((0, 2, 3)) * gain)
    torch.save(vgg.state_dict(), folder / "vgg_normalised.pth")
    torch.save(decoder.state_dict(), folder / "decoder.pth")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAIN_LAB_CACHE", str(cache))
        download("paper", folder=folder)
        stylizer = adain_lab.load("paper", device="cpu", precision="float32")
    return vgg[:31].eval(), decoder.eval(), stylizer


# ---- the public program's arithmetic --------------------------------------------------------------------------------


def moments(features, eps=1e-5):
    flat = features.flatten(2)
    return flat.mean(2)[..., None, None], (flat.var(2) + eps).sqrt()[..., None, None]


def normalised(content, style):
    (mean, std), (style_mean, style_std) = moments(content), moments(style)
    return (content - mean) / std * style_std + style_mean


def coral(source, target):
    def standardised(picture):
        flat = picture[0].flatten(1)
        mean, std = flat.mean(1, keepdim=True), flat.std(1, keepdim=True)
        values = (flat - mean) / std
        return values, mean, std, values @ values.T + torch.eye(3)

    def root(matrix):
        u, d, v = torch.linalg.svd(matrix)
        return u @ d.sqrt().diag() @ v

    values, _, _, covariance = standardised(source)
    _, mean, std, target_covariance = standardised(target)
    changed = root(target_covariance) @ torch.linalg.inv(root(covariance)) @ values
    return (changed * std + mean).view_as(source)


def program(networks, content, styles, alpha=1.0, weights=None, preserve_color=False):
    encoder, decoder, _ = networks
    if preserve_color:
        styles = [coral(style, content) for style in styles]
    f = encoder(content)
    mixed = sum(w * normalised(f, encoder(style)) for w, style in zip(weights or [1.0], styles, strict=True))
    return decoder(alpha * mixed + (1 - alpha) * f).clamp(0, 1)


# ---- the comparison -------------------------------------------------------------------------------------------------


def picture(seed, size=SIZE):
    """Smooth random colours, well inside [0, 1]: colour matching then needs no clamping, which only we do."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, size // 8, size // 8, generator=generator)
    return 0.35 + 0.3 * nn.functional.interpolate(coarse, (size, size), mode="bilinear", align_corners=False)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"alpha": 0.6},
        {"alpha": 0.0},
        {"weights": [0.5, 0.2, 0.3]},
        {"preserve_color": True},
        {"preserve_color": True, "alpha": 0.7},
    ],
    ids=str,
)
@torch.no_grad()
def test_the_same_pictures(networks, settings):
    content, styles = picture(0), [picture(seed) for seed in range(1, 1 + len(settings.get("weights", [1])))]
    expected = program(networks, content, styles, **settings)
    color = "match" if settings.get("preserve_color") else None
    ours = networks[2](content, styles, settings.get("alpha", 1.0), weights=settings.get("weights"), color=color)
    assert expected.std() > 0.05, "a flat picture would agree with anything"
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_the_biased_variance_is_the_only_difference(networks):
    """With pictures of different sizes the program's N - 1 shows; the paper's N is what we take. It is under one grey
    level.
    """
    content, style = picture(0), picture(1, 96)
    difference = (networks[2](content, style) - program(networks, content, [style])).abs()
    assert 1e-4 < difference.max() < 1 / 255 * 3 and difference.mean() < 1 / 255
