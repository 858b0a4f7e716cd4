"""Stylizer: the controls are what the paper's equations say."""

import math

import pytest
import torch

import adain_lab
from adain_lab.devices import choose_device, choose_precision
from adain_lab.functional import adain
from adain_lab.metrics import content_distance, psnr
from adain_lab.statistics import mix


def test_it_is_encode_adain_decode(stylizer, content, style):
    """Eq. 9 and 10, written out."""
    f = {name: stylizer.encoder(x)["relu4_1"] for name, x in (("c", content), ("s", style))}
    expected = stylizer.decoder(adain(f["c"], f["s"])).clamp(0, 1)
    assert torch.allclose(stylizer(content, style), expected, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 1.5])
def test_alpha_is_equation_14(stylizer, content, style, alpha):
    f_c, f_s = (stylizer.encoder(x)["relu4_1"] for x in (content, style))
    expected = stylizer.decoder((1 - alpha) * f_c + alpha * adain(f_c, f_s)).clamp(0, 1)
    assert torch.allclose(stylizer(content, style, alpha), expected, atol=1e-4)


def test_alpha_zero_is_the_content_through_encoder_and_decoder(stylizer, content, style, other_style):
    assert torch.allclose(stylizer(content, style, 0), stylizer(content, other_style, 0), atol=1e-5)


def test_interpolation_is_equation_15(stylizer, content, style, other_style):
    f_c, f_1, f_2 = (stylizer.encoder(x)["relu4_1"] for x in (content, style, other_style))
    expected = stylizer.decoder(0.75 * adain(f_c, f_1) + 0.25 * adain(f_c, f_2)).clamp(0, 1)
    assert torch.allclose(stylizer(content, [style, other_style], weights=[3, 1]), expected, atol=1e-4)


def test_one_hot_weights_are_a_single_style_and_order_does_not_matter(stylizer, content, style, other_style):
    assert torch.allclose(stylizer(content, [style, other_style], weights=[1, 0]), stylizer(content, style), atol=1e-6)
    there, back = (
        stylizer(content, [style, other_style], weights=[1, 2]),
        stylizer(content, [other_style, style], weights=[2, 1]),
    )
    assert torch.allclose(there, back, atol=1e-6)


def test_cached_codes_give_the_same_picture(stylizer, content, style, other_style, tmp_path):
    code, statistics = stylizer.encode_content(content), stylizer.encode_style(style)
    assert torch.equal(stylizer.render(code, statistics, 0.5), stylizer(content, style, 0.5))
    loaded = adain_lab.Statistics.load(statistics.save(tmp_path / "style.safetensors"))
    assert torch.equal(stylizer(content, loaded, 0.5), stylizer(content, style, 0.5))
    mixed = mix([statistics, stylizer.encode_style(other_style)], [1, 1])
    assert torch.allclose(stylizer.render(code, mixed), stylizer(content, [style, other_style]), atol=1e-6)


@pytest.mark.parametrize(
    ("mean", "std", "words"),
    [
        (torch.ones(1, 64, 1, 1), torch.ones(1, 64, 1, 1), r"shape \(1, 64, 1, 1\) at relu4_1"),
        (torch.ones(1, 128, 1, 1), torch.ones(1, 64, 1, 1), r"shape \(1, 64, 1, 1\) at relu4_1"),
        (torch.full((1, 128, 1, 1), torch.nan), torch.ones(1, 128, 1, 1), "not finite"),
        (torch.ones(1, 128, 1, 1), -torch.ones(1, 128, 1, 1), "negative"),
    ],
)
def test_statistics_that_do_not_fit_the_model_are_refused(stylizer, content, mean, std, words):
    with pytest.raises(ValueError, match=words):
        stylizer(content, adain_lab.Statistics({"relu4_1": mean}, {"relu4_1": std}, "tiny"))


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (41, 64), (9, 100)])
def test_the_output_has_the_contents_exact_size(stylizer, style, size):
    picture = stylizer(torch.rand(1, 3, *size), style)
    assert picture.shape == (1, 3, *size)
    assert 0 <= float(picture.min()) and float(picture.max()) <= 1


def test_size_options(stylizer, content, style):
    assert stylizer(content, style, size=32).shape == (1, 3, 32, 44)
    assert not torch.allclose(stylizer(content, style, style_size=24), stylizer(content, style))


def test_a_batch_equals_its_pictures(stylizer, content, style):
    batch = torch.cat([content, content.flip(3)])
    together = stylizer(batch, style)
    assert torch.allclose(together[:1], stylizer(content, style), atol=1e-5)
    assert torch.allclose(together[1:], stylizer(content.flip(3), style), atol=1e-5)


def test_luminance_keeps_the_contents_chroma(stylizer, content, style):
    picture = stylizer(content, style, color="luminance")
    inside = ((picture > 0) & (picture < 1)).all(1, keepdim=True).expand_as(picture)
    chroma, wanted = (p - p.mean(1, keepdim=True) for p in (picture, content))
    assert (chroma - wanted)[inside].abs().max() < 1e-4


def test_matching_colours_moves_the_result_towards_the_contents_colours(stylizer, content, style):
    plain, matched = stylizer(content, style), stylizer(content, style, color="match")
    distance = [float((p.mean((2, 3)) - content.mean((2, 3))).abs().sum()) for p in (plain, matched)]
    assert distance[1] < distance[0]
    assert not torch.allclose(plain, matched)


def test_pictures_come_as_files_too(stylizer, picture_file):
    a, b = picture_file("a.png", 40, 48), picture_file("b.jpg", 40, 40, seed=1)
    assert stylizer(a, str(b)).shape == (1, 3, 40, 48)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"alpha": math.nan}, ValueError, "alpha must be 0"),
        ({"alpha": -0.1}, ValueError, "alpha must be 0"),
        ({"alpha": "much"}, TypeError, "alpha must be a number"),
        ({"weights": [1, 2]}, ValueError, "one number per style: got 2 for 1 style"),
        ({"style": []}, ValueError, "at least one style"),
        ({"color": "sepia"}, ValueError, "choose from match, luminance"),
        ({"size": -3}, ValueError, "whole number"),
        ({"size": 4}, ValueError, "too small for relu4_1"),
    ],
)
def test_bad_controls_get_a_sentence(stylizer, content, style, options, error, words):
    with pytest.raises(error, match=words):
        stylizer(content, **{"style": style, **options})


def test_bad_pictures_get_a_sentence(stylizer, content, style):
    with pytest.raises(ValueError, match="1 x 1 pixels is too small"):
        stylizer(torch.rand(1, 3, 1, 1), style)
    with pytest.raises(ValueError, match="not finite"):
        stylizer(content * float("nan"), style)
    with pytest.raises(ValueError, match="measured with 'slim'"):
        statistics = stylizer.encode_style(style)
        stylizer(content, adain_lab.Statistics(statistics.mean, statistics.std, "slim"))
    with pytest.raises(ValueError, match="give the picture"):
        stylizer(content, stylizer.encode_style(style), color="match")


def test_choices_are_listed():
    with pytest.raises(ValueError, match="unknown model 'huge': choose from levels, levels_light, slim, tiny, paper"):
        adain_lab.load("huge")
    with pytest.raises(ValueError, match="unknown model 'vgg19': choose from levels, levels_light, slim"):
        adain_lab.load("vgg19")
    with pytest.raises(ValueError, match="unknown device 'tpu': choose from auto, cpu, cuda, mps"):
        adain_lab.load(device="tpu")
    with pytest.raises(ValueError, match="unknown precision"):
        adain_lab.load(precision="int4")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no cuda device"):
            adain_lab.load(device="cuda")


@pytest.mark.parametrize("model", ["tiny", "slim"])
def test_bfloat16_gives_the_same_picture_within_two_percent(model, content, style):
    exact = adain_lab.load(model, device="cpu", precision="float32")(content, style)
    fast = adain_lab.load(model, device="cpu", precision="bfloat16")(content, style)
    assert float((fast - exact).norm() / exact.norm()) < 0.02


def test_auto_chooses_what_is_there():
    device = choose_device("auto")
    assert device.type == (
        "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    )
    assert choose_precision(torch.device("cuda")) == torch.float16
    assert choose_precision(torch.device("cpu"), "float32") == torch.float32


@pytest.mark.gpu
def test_the_gpu_gives_the_same_picture(content, style):
    if not torch.cuda.is_available():
        pytest.skip("no GPU on this machine: half precision on CUDA is not tested here")
    exact = adain_lab.load("slim", device="cpu", precision="float32")(content, style)
    fast = adain_lab.load("slim", device="cuda")(content, style).cpu()
    assert float((fast - exact).norm() / exact.norm()) < 0.02


@pytest.mark.parametrize("model", ["tiny", "slim"])
def test_the_bundled_models_keep_the_content(model):
    """To slim's encoder a rebuilt photograph (alpha 0) is nearer to itself than the painted one, and that nearer than
    another.
    """
    judge, network = adain_lab.load_encoder("slim"), adain_lab.load(model, device="cpu", precision="float32")
    photo, other, painting = (
        adain_lab.resize(adain_lab.to_tensor(adain_lab.sample(n)), 192) for n in ("cat", "temple", "night_village")
    )
    photo, other = (picture[..., :192, :192] for picture in (photo, other))
    rebuilt, painted = network(photo, painting, 0), network(photo, painting, 1)
    distances = [content_distance(judge, picture, photo) for picture in (rebuilt, painted, other)]
    assert distances == sorted(distances)
    assert distances[1] < 0.9 * distances[2]
    assert psnr(rebuilt, photo) > psnr(painted, photo) + 3
