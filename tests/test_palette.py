"""The level "pixels": AdaIN on the picture itself, in opponent colours."""

import numpy as np
import pytest
import torch
from pictures import scene

import adain_lab
from adain_lab.controls.palette import Palette
from adain_lab.controls.regions import region_mean_std, with_rest
from adain_lab.functional import adain, channel_mean_std
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import STYLE_LAYERS, Encoder
from adain_lab.networks.palette import LIMIT, PIXELS, opponent, palette_map, recolor
from adain_lab.statistics import mix
from adain_lab.stylizer import Stylizer
from adain_lab.tiling import stylize_tiled
from adain_lab.video.stylize import Smoother

LEVELS = (PIXELS, *STYLE_LAYERS)


@pytest.fixture(scope="module")
def stylizer():
    """Small and untrained, but with every part of the default model."""
    torch.manual_seed(4)
    decoder = Decoder(4, LEVELS, refinements=(1,), conditioning=8)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return Stylizer(Encoder(4, last="relu4_1"), decoder, device="cpu", precision="float32")


@pytest.fixture(scope="module")
def content():
    return adain_lab.to_tensor(scene(61, 83, 5))


@pytest.fixture(scope="module")
def styles():
    """Of little contrast, so that hardly a colour is clamped."""
    return [0.3 + 0.3 * adain_lab.to_tensor(scene(48, 56, seed)) for seed in (1, 2)]


# ---- opponent colours ---------------------------------------------------------------------------------------------


def test_the_axes_are_orthonormal_and_grey_has_no_hue():
    axes = opponent(torch.eye(3).view(3, 3, 1, 1)).flatten(1).T
    torch.testing.assert_close(axes @ axes.T, torch.eye(3))
    _, red_green, yellow_blue = opponent(torch.rand(1, 1, 4, 5).expand(1, 3, 4, 5))[0]
    assert red_green.abs().max() < 1e-6 and yellow_blue.abs().max() < 1e-6
    red, yellow = opponent(torch.tensor([[1.0, 0, 0], [1, 1, 0]]).view(2, 3, 1, 1)).flatten(1)
    assert red[1] > 0 and abs(yellow[1]) < 1e-6 and yellow[2] > 0


def test_the_encoder_gives_them_with_or_without_layers():
    images = torch.rand(1, 3, 24, 32)
    assert torch.equal(Encoder(4)(images, [PIXELS])[PIXELS], opponent(images))
    assert list(Encoder(4)(images, [PIXELS, "relu2_1"])) == [PIXELS, "relu2_1"]
    with pytest.raises(ValueError, match="unknown layer 'relu9_1'"):
        Encoder(4)(images, [PIXELS, "relu9_1"])
    with pytest.raises(ValueError, match="images must have shape"):
        Encoder(4)(torch.rand(1, 4, 24, 32), [PIXELS])


def test_recoloring_is_adain_of_the_opponent_channels():
    images, style = torch.rand(2, 3, 9, 11).double(), torch.rand(2, 3, 8, 8).double()
    maps = palette_map(channel_mean_std(opponent(images)), channel_mean_std(opponent(style)))
    painted = recolor(images, *maps)
    torch.testing.assert_close(opponent(painted), adain(opponent(images), opponent(style)))
    everywhere = [part.expand(2, 3, 9, 11) for part in maps]
    torch.testing.assert_close(recolor(images, *everywhere), painted)


def test_almost_one_colour_is_not_blown_up_and_no_contrast_is_turned_round():
    flat, style = 0.5 + 1e-5 * torch.rand(1, 3, 9, 9), torch.rand(1, 3, 8, 8)
    scale, _ = palette_map(channel_mean_std(opponent(flat)), channel_mean_std(opponent(style)))
    assert torch.equal(scale, torch.full((1, 3, 1, 1), LIMIT))
    mean, std = channel_mean_std(opponent(style))
    scale, shift = palette_map((mean, std), (mean, -std))  # what strong extrapolation may ask for
    assert torch.equal(scale, torch.zeros(1, 3, 1, 1)) and torch.equal(shift, mean)


# ---- painting -----------------------------------------------------------------------------------------------------


def colours(images):
    return [part.flatten() for part in channel_mean_std(opponent(images))]


def test_a_picture_has_the_styles_colours(stylizer, content, styles):
    (mean, std), (wanted_mean, wanted_std) = colours(stylizer(content, styles[0])), colours(styles[0])
    assert torch.allclose(mean, wanted_mean, atol=0.01)
    images, _ = stylizer.draw(stylizer.encode_content(content), stylizer.encode_style(styles[0]), 1.0)
    reached = wanted_std < LIMIT * colours(images)[1]  # an untrained decoder paints almost one colour
    assert reached.sum() >= 2 and torch.allclose(std[reached], wanted_std[reached], atol=0.01)
    half = stylizer(content, styles, weights=[1, 3])
    wanted = mix([stylizer.encode_style(s) for s in styles], [1, 3])
    assert torch.allclose(colours(half)[0], wanted.mean[PIXELS].flatten(), atol=0.01)


def test_with_alpha_0_it_has_its_own(stylizer, content):
    painted = stylizer(content, torch.rand(1, 3, 32, 32), 0.0)
    assert torch.allclose(colours(painted)[0], colours(content)[0], atol=0.03)


def test_a_black_and_white_style_makes_a_black_and_white_picture(content):
    ink = torch.rand(1, 1, 40, 40).round().expand(1, 3, 40, 40)
    painted = adain_lab.load("levels", device="cpu", precision="float32")(content, ink)
    assert (painted.amax(1) - painted.amin(1)).max() < 0.06  # a deviation of sqrt(eps) is left


@pytest.mark.parametrize("everywhere", [False, True])
def test_every_region_has_its_styles_colours(stylizer, content, styles, everywhere):
    left = torch.zeros(61, 83)
    left[:, :40] = 1
    masks = torch.stack([left, 1 - left])
    painted = stylizer(content, styles, masks=masks, global_statistics=everywhere)
    means = [region_mean_std(opponent(painted), mask)[0].flatten() for mask in masks]
    wanted = [colours(style)[0] for style in styles]
    if everywhere:  # the whole is compared with each style: the regions keep what tells them apart
        assert not torch.allclose(means[0], wanted[0], atol=0.01)
    else:
        assert all(torch.allclose(m, w, atol=0.01) for m, w in zip(means, wanted, strict=True))


def test_what_no_mask_covers_has_the_contents_colours(stylizer, content, styles):
    left = torch.zeros(1, 61, 83)
    left[..., :40] = 1
    painted, rest = stylizer(content, styles[:1], masks=left), with_rest(left)[1]
    found, wanted = (region_mean_std(opponent(x), rest)[0] for x in (painted, content))
    assert torch.allclose(found, wanted, atol=0.03)
    other = stylizer(content, styles, [1.0, 0.0], masks=torch.cat([left, rest[None]]))
    assert torch.allclose(painted, other, atol=1e-4)


def test_a_palette_of_a_part_is_that_of_the_whole():
    images, target = torch.rand(1, 3, 20, 30), (torch.rand(1, 3, 1, 1), torch.rand(1, 3, 1, 1))
    shares = with_rest(torch.rand(1, 20, 30))
    palette = Palette([target, target], shares)
    whole = palette.apply(images)
    part = Palette([target, target], shares[..., 5:12]).apply(images[..., 5:12], palette.measure(images))
    torch.testing.assert_close(part, whole[..., 5:12])


@pytest.mark.parametrize("controls", [{}, {"alpha": 0.5}, {"masks": True}, {"masks": True, "global_statistics": True}])
def test_tiles_have_the_colours_of_the_whole(stylizer, styles, controls):
    content, controls = adain_lab.to_tensor(scene(150, 171, 3)), dict(controls)
    if controls.get("masks"):
        controls["masks"] = torch.zeros(2, 150, 171)
        controls["masks"][0, :, :70], controls["masks"][1, 20:90, 90:] = 1, 1
    styles = styles if "masks" in controls else styles[0]
    whole = np.asarray(adain_lab.to_pil(stylizer(content, styles, **controls))).astype(int)
    tiled = np.asarray(stylize_tiled(stylizer, content, styles, tile=64, **controls)).astype(int)
    assert np.abs(whole - tiled).max() <= 1


def test_a_smoothed_clip_follows_the_colours_slowly_and_a_new_style_at_once(stylizer, styles):
    frames = [torch.full((1, 3, 32, 40), 0.4) + 0.1 * torch.rand(1, 3, 32, 40) for _ in range(2)]
    frames[1][..., :8] += 0.2  # something bright comes in
    smooth, measured = Smoother(0.9), [stylizer.encode_style(s) for s in styles]
    codes = [smooth(stylizer.encode_content(frame)) for frame in frames]
    pairs = [stylizer.draw(code, measured[0], 1.0) for code in codes]
    own = [palette.measure(images)[0] for images, palette in pairs]
    wanted = pairs[0][1].targets[0]
    first, second = (codes[i].steady(own[i], wanted) for i in (0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, own[0], strict=True))
    for a, b, c in zip(second, own[0], own[1], strict=True):
        torch.testing.assert_close(a, 0.9 * b + 0.1 * c)
    other = stylizer.draw(codes[1], measured[1], 1.0)[1].targets[0]
    assert torch.equal(codes[1].steady(own[1], other)[0], own[1][0])


def test_a_decoder_by_itself_takes_the_palette_of_the_restyled_pixels(stylizer, content, styles):
    f, s = (stylizer.encoder(x, LEVELS) for x in (content, styles[0]))
    images = stylizer.decoder({n: adain(f[n], s[n]) for n in LEVELS})[..., :61, :83]
    torch.testing.assert_close(images.clamp(0, 1), stylizer(content, styles[0]), rtol=0, atol=2e-3)
    with pytest.raises(ValueError, match="needs features at pixels"):
        stylizer.decoder({n: f[n] for n in STYLE_LAYERS})
