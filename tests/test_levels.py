"""AdaIN at every level: the model whose decoder is given four layers does everything that one with relu4_1 does."""

import numpy as np
import pytest
import torch
from pictures import scene
from safetensors.torch import save_file

import adain_lab
from adain_lab.controls.masks import to_features
from adain_lab.controls.regions import masked_adain
from adain_lab.controls.style_space import fit_style_space
from adain_lab.functional import adain, adain_map, blend, channel_mean_std
from adain_lab.metrics import psnr
from adain_lab.networks.decoder import Decoder
from adain_lab.networks.encoder import STYLE_LAYERS, Encoder
from adain_lab.networks.folded_decoder import FoldedDecoder
from adain_lab.networks.palette import PIXELS
from adain_lab.recipes.packing import pack_statistics, unpack_statistics
from adain_lab.statistics import Statistics, mix
from adain_lab.stylizer import Stylizer
from adain_lab.tiling import decoder_margin, stylize_tiled
from adain_lab.training.datasets import Pictures
from adain_lab.training.loop import TrainingConfig, train_decoder, training_loss

#: The bundled model's levels: the picture itself, and four layers.
LEVELS = (PIXELS, *STYLE_LAYERS)


@pytest.fixture(scope="module")
def levels():
    return adain_lab.load("levels", device="cpu", precision="float32")


@pytest.fixture(scope="module")
def odd():
    """A content with odd sides, which pooling rounds up at every level."""
    return adain_lab.to_tensor(scene(61, 83, 5))


def by_hand(stylizer, content, change):
    """The plain networks with one function of (layer, features) in between."""
    features = stylizer.encoder(content, stylizer.layers)
    images = stylizer.decoder({layer: change(layer, f) for layer, f in features.items()})
    return images[..., : content.shape[2], : content.shape[3]].clamp(0, 1)


def test_a_style_is_a_mean_and_a_deviation_per_channel_of_every_level(levels, style):
    statistics = levels.encode_style(style)
    assert statistics.layers == LEVELS == levels.layers
    assert statistics.numbers == 2 * (3 + 16 + 32 + 64 + 128)
    mean, std = channel_mean_std(levels.encoder(style, ["relu2_1"])["relu2_1"])
    assert torch.allclose(statistics.mean["relu2_1"], mean) and torch.allclose(statistics.std["relu2_1"], std)


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0, 1.5])
def test_it_is_eq_8_and_14_at_every_level(levels, odd, style, alpha):
    own, known = levels.encoder(odd, LEVELS), levels.encoder(style, LEVELS)
    restyled = {layer: blend(f, adain(f, known[layer]), alpha) for layer, f in own.items()}
    # The decoder is told what the statistics are to be. A channel that is flat in the content cannot take them on, so
    # measuring them in what was restyled would give less.
    pairs = {layer: zip(channel_mean_std(own[layer]), channel_mean_std(known[layer]), strict=True) for layer in LEVELS}
    told = {layer: tuple(blend(a, b, alpha) for a, b in pair) for layer, pair in pairs.items()}
    expected = levels.decoder(restyled, levels.decoder.modulation(told), told[PIXELS])
    expected = expected[..., : odd.shape[2], : odd.shape[3]].clamp(0, 1)
    assert torch.allclose(levels(odd, style, alpha), expected, atol=1e-4)


def test_mixtures_and_a_batch(levels, odd, style, other_style):
    a, b = levels.encode_style(style), levels.encode_style(other_style)
    half = mix([a, b])
    assert torch.equal(levels(odd, [style, other_style]), levels(odd, half))
    assert torch.allclose(half.mean["relu1_1"], (a.mean["relu1_1"] + b.mean["relu1_1"]) / 2)
    both = torch.cat([odd, odd.flip(3)])
    together = levels(both, style)  # each picture has statistics of its own
    assert torch.allclose(together[:1], levels(odd, style), atol=1e-4)
    assert torch.allclose(together[1:], levels(odd.flip(3), style), atol=1e-4)


@pytest.mark.parametrize("everywhere", [False, True])
def test_masks_are_fitted_to_every_level(odd, style, other_style, everywhere):
    torch.manual_seed(2)
    levels = Stylizer(Encoder(4, last="relu4_1"), Decoder(4, STYLE_LAYERS), device="cpu", precision="float32")
    left = torch.zeros(61, 83)
    left[:, :40] = 1
    masks = torch.stack([left, 1 - left])
    regions = [levels.encode_style(s) for s in (style, other_style)]

    def restyled(layer, f):
        pairs = [(s.mean[layer], s.std[layer]) for s in regions]
        return masked_adain(f, pairs, to_features(masks, *f.shape[2:]), [1.0, 0.5], everywhere)

    painted = levels(odd, [style, other_style], [1.0, 0.5], masks=masks, global_statistics=everywhere)
    assert torch.allclose(painted, by_hand(levels, odd, restyled), atol=1e-4)
    one = levels(odd, style, masks=torch.ones(1, 61, 83))  # one region that is all of it
    assert torch.allclose(one, levels(odd, style), atol=1e-4)


@pytest.mark.parametrize("controls", [{}, {"alpha": 0.5, "color": "luminance"}, {"masks": True}, {"color": "match"}])
def test_tiles_equal_one_pass(levels, style, other_style, controls):
    content, controls = adain_lab.to_tensor(scene(131, 203, 2)), dict(controls)
    styles = [style, other_style] if "masks" in controls else style
    if "masks" in controls:
        left = torch.linspace(1, 0, 203).expand(131, 203)
        controls["masks"] = torch.stack([left, 1 - left])
    whole = np.asarray(adain_lab.to_pil(levels(content, styles, **controls))).astype(int)
    tiled = np.asarray(stylize_tiled(levels, content, styles, tile=64, **controls)).astype(int)
    assert np.abs(whole - tiled).max() <= 1


def test_alpha_0_is_close_to_the_photograph(levels):
    """The paper's decoder guesses what relu4_1 does not hold; this one is given it."""
    photograph = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("cat")), 256)
    style = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample("kilim")), 256)
    slim = adain_lab.load("slim", device="cpu", precision="float32")
    found = {model.model: psnr(model(photograph, style, 0), photograph) for model in (levels, slim)}
    assert found["levels"] >= 24 and found["levels"] > found["slim"] + 3


def test_statistics_survive_files_recipes_and_the_style_space(levels, tmp_path):
    known = {
        name: levels.encode_style(adain_lab.sample(name), size=64) for name in ("kilim", "marbled", "night_village")
    }
    kilim = known["kilim"]
    space = fit_style_space(known)
    for back in (
        Statistics.load(kilim.save(tmp_path / "kilim.safetensors")),
        unpack_statistics(pack_statistics(kilim, "kilim"), "levels"),
        space.reconstruct(space.point("kilim")),
    ):
        assert back.layers == kilim.layers and back.model == "levels"
        for layer in LEVELS:
            assert torch.allclose(back.mean[layer], kilim.mean[layer], atol=2e-4)
            assert torch.allclose(back.std[layer], kilim.std[layer], atol=2e-4)


def test_other_models_statistics_are_refused(levels, stylizer, odd, style):
    with pytest.raises(ValueError, match="measured with 'tiny', not with 'levels'"):
        levels(odd, stylizer.encode_style(style))
    shallow = Statistics.of(torch.rand(1, 128, 4, 4), "levels")
    with pytest.raises(ValueError, match="measured at relu4_1, and 'levels' restyles pixels, relu1_1"):
        levels(odd, shallow)


# ---- the decoder --------------------------------------------------------------------------------------------------


def test_levels_start_at_zero_as_the_papers_decoder():
    deep, four = Decoder(4), Decoder(4, STYLE_LAYERS)
    four.load_state_dict(deep.state_dict(), strict=False)
    features = Encoder(4)(torch.rand(1, 3, 48, 64), STYLE_LAYERS)
    assert torch.equal(four(features), deep(features["relu4_1"]))


@pytest.mark.parametrize("levels_", [("relu4_1",), ("relu2_1", "relu4_1"), STYLE_LAYERS])
@pytest.mark.parametrize("blocks", [(2, 2, 4, 1), (1, 2, 2, 1)])
@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("refinements", [(), (1, 2)])
def test_folding_changes_nothing(levels_, blocks, fold, refinements):
    torch.manual_seed(0)
    decoder = Decoder(4, levels_, blocks, refinements).double()
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    encoder = Encoder(4, last="relu4_1", blocks=blocks).double()
    content, style = torch.rand(1, 3, 45, 58).double(), torch.rand(1, 3, 32, 40).double()
    f, s = encoder(content, levels_), encoder(style, levels_)
    maps = {n: adain_map(*channel_mean_std(f[n]), *channel_mean_std(s[n]), alpha=0.7) for n in levels_}
    t = {n: scale * f[n] + shift for n, (scale, shift) in maps.items()}
    folded = FoldedDecoder(decoder, fold)
    expected = decoder(t)
    torch.testing.assert_close(folded(t), expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(folded.restyle(f, maps), expected, rtol=0, atol=1e-4)  # its maps are in float32


def test_residual_blocks_start_as_nothing_and_take_the_smallest_picture():
    plain, refined = Decoder(4, STYLE_LAYERS), Decoder(4, STYLE_LAYERS, refinements=(1, 2))
    refined.load_state_dict(plain.state_dict(), strict=False)
    features = Encoder(4)(torch.rand(1, 3, 9, 9), STYLE_LAYERS)
    assert torch.equal(refined(features), plain(features))


def conditioned():
    """A decoder with everything, and weights that make every part count."""
    torch.manual_seed(3)
    decoder = Decoder(4, STYLE_LAYERS, refinements=(1,), conditioning=8)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return decoder


def test_conditioning_starts_as_nothing_and_then_knows_the_style():
    plain, told = Decoder(4, STYLE_LAYERS), Decoder(4, STYLE_LAYERS, conditioning=8)
    told.load_state_dict(plain.state_dict(), strict=False)
    features = Encoder(4)(torch.rand(1, 3, 24, 32), STYLE_LAYERS)
    assert torch.equal(told(features), plain(features))
    decoder = conditioned()
    first, second = (
        decoder.modulation({n: channel_mean_std(factor * f) for n, f in features.items()}) for factor in (1, 2)
    )
    assert list(first) == list(decoder.convolutions)
    assert all(not torch.allclose(first[n][0], second[n][0]) for n in first)
    assert all(first[n][0].shape == (1, decoder.get_submodule(n).out_channels, 1, 1) for n in first)


def test_statistics_beyond_what_training_saw_are_bounded():
    decoder = conditioned()
    f = Encoder(4)(torch.rand(1, 3, 24, 32), STYLE_LAYERS)
    far, farther = (decoder.modulation({n: channel_mean_std(k * x) for n, x in f.items()}) for k in (1e6, 1e9))
    assert all(torch.equal(far[n][i], farther[n][i]) for n in far for i in (0, 1))


def test_conditioning_needs_every_level():
    with pytest.raises(ValueError, match="conditioning needs all levels"):
        Decoder(4, conditioning=8)


def test_a_conditioned_decoder_is_folded_for_one_style_and_told_apart_for_several():
    decoder, encoder = conditioned(), Encoder(4, last="relu4_1")
    f = encoder(torch.rand(2, 3, 45, 58), STYLE_LAYERS)
    folded = FoldedDecoder(decoder)
    for rows in (slice(0, 1), slice(0, 2)):
        t = {n: x[rows] for n, x in f.items()}
        modulation = decoder.modulation({n: channel_mean_std(x) for n, x in t.items()})
        torch.testing.assert_close(folded(t, modulation), decoder(t), rtol=0, atol=1e-4)
        maps = {n: (torch.ones(1, x.shape[1], 1, 1), torch.zeros(1, x.shape[1], 1, 1)) for n, x in t.items()}
        torch.testing.assert_close(folded.restyle(t, maps, modulation), decoder(t), rtol=0, atol=1e-4)


def test_the_stylizer_tells_a_conditioned_decoder_the_restyled_statistics():
    decoder, encoder = conditioned(), Encoder(4, last="relu4_1")
    stylizer = Stylizer(encoder, decoder, device="cpu", precision="float32")
    content, style = torch.rand(1, 3, 41, 56), torch.rand(1, 3, 32, 40)
    f, s = encoder(content, STYLE_LAYERS), encoder(style, STYLE_LAYERS)
    # Up to eps, which is added to the variance before restyling in the one and after it in the other.
    expected = decoder({n: blend(f[n], adain(f[n], s[n]), 0.7) for n in STYLE_LAYERS}).clamp(0, 1)
    torch.testing.assert_close(stylizer(content, style, alpha=0.7), expected, rtol=0, atol=2e-3)
    # One region that covers everything is no region; one with alpha 0 is the content, as what none covers.
    everywhere = torch.ones(1, 41, 56)
    torch.testing.assert_close(stylizer(content, [style], 0.7, masks=everywhere), expected, rtol=0, atol=2e-3)
    plain = stylizer(content, style, alpha=0.0)
    everywhere[..., 30:] = 0
    torch.testing.assert_close(stylizer(content, [style], 0.0, masks=everywhere), plain, rtol=0, atol=2e-3)


@pytest.mark.parametrize("controls", [{}, {"alpha": 0.5}, {"masks": True}, {"masks": True, "global_statistics": True}])
def test_tiles_of_a_conditioned_decoder(controls):
    stylizer = Stylizer(Encoder(4, last="relu4_1"), conditioned(), device="cpu", precision="float32")
    content, styles = torch.rand(1, 3, 150, 171), [torch.rand(1, 3, 40, 48), torch.rand(1, 3, 32, 32)]
    if controls.get("masks"):
        masks = torch.zeros(2, 150, 171)
        masks[0, :, :70], masks[1, 20:90, 90:] = 1, 1  # a part is covered by none
        controls = controls | {"masks": masks}
    whole = stylizer(content, styles, **controls)[0].permute(1, 2, 0).mul(255).round()
    tiled = torch.from_numpy(np.asarray(stylize_tiled(stylizer, content, styles, tile=64, **controls)).copy())
    assert (tiled - whole).abs().max() <= 1


def test_a_tile_has_margin_for_the_residual_blocks():
    torch.manual_seed(1)
    decoder = Decoder(4, STYLE_LAYERS, refinements=(1, 2))
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    f = {n: torch.rand(1, c, s, s) for n, c, s in zip(STYLE_LAYERS, (4, 8, 16, 32), (200, 100, 50, 25), strict=True)}
    f["relu4_1"].requires_grad_(True)
    decoder(f)[0, :, 96:104, 96:104].sum().backward()
    seen = f["relu4_1"].grad.abs().sum((0, 1, 2)).nonzero().flatten()
    margin = decoder_margin(decoder.blocks, decoder.refinements)
    assert margin == 4 + 2 * (1 + 2)
    assert (int(seen.min()), int(seen.max())) == (12 - margin, 12 + margin)


def test_what_a_decoder_cannot_take_is_said():
    with pytest.raises(ValueError, match="levels must be relu4_1 and any others"):
        Decoder(4, ("relu3_1",))
    with pytest.raises(ValueError, match="four numbers"):
        Decoder(4, blocks=(2, 2, 4))
    with pytest.raises(ValueError, match="needs features at relu3_1, relu4_1, got only relu4_1"):
        Decoder(4, ("relu3_1", "relu4_1"))(torch.rand(1, 32, 4, 4))


# ---- training -----------------------------------------------------------------------------------------------------


def test_training_restyles_every_level():
    encoder, decoder = Encoder(4), Decoder(4, STYLE_LAYERS)
    for parameter in decoder.level1_1.parameters():
        torch.nn.init.normal_(parameter)
    content, style = torch.rand(2, 3, 40, 48), torch.rand(2, 3, 40, 48)
    losses, images = training_loss(encoder, decoder, content, style)
    f, s = encoder(content, STYLE_LAYERS), encoder(style, STYLE_LAYERS)
    assert torch.allclose(images, decoder({n: adain(f[n], s[n]) for n in STYLE_LAYERS}), atol=1e-5)
    losses["content"].backward()
    assert float(decoder.level1_1.weight.grad.abs().sum()) > 0


def test_a_decoder_with_levels_is_trained_and_loaded_again(tmp_path, picture_file):
    pool = Pictures([[picture_file(f"{i}.png", 40, 48, seed=i) for i in range(3)]])
    encoder, decoder = adain_lab.load_encoder("tiny"), Decoder(16, STYLE_LAYERS)
    config = TrainingConfig(iterations=3, batch_size=2, size=40, crop=32)
    assert len(list(train_decoder(encoder, decoder, pool, pool, config))) == 3
    save_file(decoder.state_dict(), tmp_path / "decoder.safetensors", metadata={"encoder": "tiny"})
    mine = adain_lab.load("tiny", "cpu", decoder=tmp_path / "decoder.safetensors")
    assert mine.layers == STYLE_LAYERS and mine(torch.rand(1, 3, 32, 40), torch.rand(1, 3, 32, 32)).shape == (
        1,
        3,
        32,
        40,
    )
