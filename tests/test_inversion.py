"""Pictures from features and from statistics: what comes back, what is forgotten, what is refused."""

import pytest
import torch

from adain_lab import load_encoder, total_variation
from adain_lab.functional import channel_mean_std
from adain_lab.metrics import psnr
from adain_lab.networks.encoder import LAYERS, Encoder
from adain_lab.optimize.inversion import KINDS, invert, receptive_box, receptive_field, stride, texture


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("tiny")


@pytest.fixture(scope="module")
def picture(content):
    return content[..., :48, :64]


def last(steps):
    *_, step = steps
    return step


# ---- receptive fields
# -------------------------------------------------------------------------------------------------


def test_receptive_fields_of_vgg_19():
    assert [receptive_field(layer) for layer in LAYERS] == [3, 5, 10, 14, 24, 32, 40, 48, 68, 84, 100, 116, 156]
    assert [stride(layer) for layer in LAYERS] == [1] * 2 + [2] * 2 + [4] * 4 + [8] * 4 + [16]


@pytest.mark.parametrize(
    "layer, position", [("relu1_2", 5), ("relu2_1", 6), ("relu3_1", 6), ("relu3_4", 8), ("relu4_1", 6)]
)
def test_the_gradient_of_one_position_fills_exactly_its_box(layer, position):
    top, left, bottom, right = receptive_box(layer, position, position)
    network = Encoder(2, padding_mode="zeros").double()
    with torch.no_grad():
        for convolution in network.children():  # all weights positive: nothing cancels, no ReLU is closed
            convolution.weight.fill_(0.1)
            convolution.bias.fill_(0.1)
    network.mean.zero_()
    pixels = torch.rand(1, 3, bottom + 5, right + 5, dtype=torch.float64)
    union = torch.zeros(pixels.shape[2:], dtype=torch.bool)
    for i in range(24):  # pooling passes one of four: the union over pictures is the field
        image = pixels.roll((i, 3 * i), (2, 3)).requires_grad_()
        network(image, [layer])[layer][0, 0, position, position].backward()
        seen = image.grad.abs().sum((0, 1)) > 0
        union |= seen
    rows, columns = union.any(1).nonzero(), union.any(0).nonzero()
    assert (int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1) == (
        top,
        left,
        bottom,
        right,
    )
    assert bottom - top == right - left == receptive_field(layer)


def test_neighbours_are_a_stride_apart_and_reach_over_the_edge():
    first, second = receptive_box("relu3_1", 0, 0), receptive_box("relu3_1", 1, 2)
    assert second[0] - first[0] == stride("relu3_1") and second[1] - first[1] == 2 * stride("relu3_1")
    assert first[0] < 0, "where the network pads"


@pytest.mark.parametrize("ask", [receptive_field, stride, lambda layer: receptive_box(layer, 0, 0)])
def test_unknown_layers_are_refused_with_those_that_exist(ask):
    with pytest.raises(ValueError, match=r"'relu6_1'.*relu1_1, relu1_2, .*relu5_1"):
        ask("relu6_1")


# ---- inversion
# -----------------------------------------------------------------------------------------------------------


def test_a_shallow_layer_gives_the_picture_back(encoder, picture):
    step = last(invert(picture, "relu1_1", encoder, steps=60, tv_weight=0))
    assert psnr(step.image, picture) > 35 and step.losses["features"] < 1e-3


def test_deeper_layers_give_back_less_of_the_picture_and_all_of_their_features(encoder, picture):
    layers = ("relu1_1", "relu3_1", "relu4_1")
    steps = {layer: last(invert(picture, layer, encoder, steps=40)) for layer in layers}
    quality = [psnr(steps[layer].image, picture) for layer in layers]
    assert quality == sorted(quality, reverse=True)
    assert all(step.losses["features"] < 0.1 for step in steps.values()), (
        "the layer can hardly tell it from the picture"
    )


def test_steps_are_counted_through_all_scales(encoder, picture):
    steps = list(invert(picture, "relu3_1", encoder, steps=11))
    assert [s.iteration for s in steps] == list(range(12))
    assert all(s.image.shape == picture.shape and 0 <= float(s.image.min()) <= float(s.image.max()) <= 1 for s in steps)
    seconds = [s.seconds for s in steps]
    assert seconds == sorted(seconds)
    assert steps[-1].losses["features"] < steps[0].losses["features"]


def test_the_first_pictures_are_coarse(encoder, picture):
    steps = list(invert(picture, "relu4_1", encoder, steps=12))
    assert float(total_variation(steps[2].image)) < float(total_variation(steps[-1].image))


def test_fewer_steps_than_scales(encoder, picture):
    assert [s.iteration for s in invert(picture, "relu4_1", encoder, steps=2)] == [0, 1, 2]


def test_a_seed_is_a_picture(encoder, picture):
    first, again, other = (last(invert(picture, "relu3_1", encoder, steps=4, seed=seed)).pixels for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_total_variation_smooths(encoder, picture):
    rough, smooth = (last(invert(picture, "relu2_1", encoder, steps=20, tv_weight=w)).image for w in (0.0, 10.0))
    assert total_variation(smooth) < 0.7 * total_variation(rough)


def test_the_picture_is_not_used_only_its_features(encoder, picture):
    class Spy:
        mean, asked = encoder.mean, []

        def __call__(self, images, layers):
            self.asked.append(images.detach().clone())
            return encoder(images, layers)

    spy = Spy()
    list(invert(picture, "relu3_1", spy, steps=4))
    assert torch.equal(spy.asked[0], picture)
    assert not any(torch.equal(images, picture) for images in spy.asked[1:])


def test_names_and_files_will_do(picture_file):
    path = picture_file("small.png", 24, 32)
    step = last(invert(path, "relu1_1", "tiny", steps=1, optimizer="adam"))
    assert step.image.shape == (1, 3, 24, 32)


@pytest.mark.parametrize(
    "size, layer, options, words",
    [
        ((32, 32), "relu6_1", {}, "'relu6_1'.*relu1_1, .*relu5_1"),
        ((12, 32), "relu5_1", {}, "32 x 12 pixels is too small for relu5_1: each side needs at least 17"),
        ((32, 32), "relu1_1", {"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ((32, 32), "relu1_1", {"tv_weight": -1}, "tv_weight must be 0 or a positive number, got -1"),
        ((32, 32), "relu1_1", {"tv_weight": float("nan")}, "tv_weight"),
        ((32, 32), "relu1_1", {"optimizer": "sgd"}, "'sgd'.*lbfgs, adam"),
        ((32, 32), "relu1_1", {"encoder": "huge"}, "'huge'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_computed(encoder, size, layer, options, words):
    with pytest.raises(ValueError, match=words):
        invert(torch.rand(1, 3, *size), layer, **{"encoder": encoder, **options})


def test_one_picture_at_a_time(encoder):
    with pytest.raises(ValueError, match="one picture at a time"):
        invert(torch.rand(2, 3, 32, 32), "relu1_1", encoder)


# ---- textures
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gram", "statistics"])
def test_a_texture_has_the_statistics_and_another_place_for_everything(encoder, style, kind):
    layers = ["relu1_1", "relu2_1", "relu3_1"]
    steps = list(texture(style, layers, kind, encoder, steps=60, tv_weight=0))
    assert list(steps[-1].losses) == [*layers, "smoothness", "range"]
    assert all(steps[-1].losses[layer] < 0.1 * steps[0].losses[layer] for layer in layers)
    assert psnr(steps[-1].image, style) < 20, "it is not the picture"


def test_matched_statistics_are_the_style_s(encoder, style):
    image = last(texture(style, ["relu1_1"], "statistics", encoder, steps=60, tv_weight=0)).image
    got, wanted = (torch.cat(channel_mean_std(encoder(x, ["relu1_1"])["relu1_1"]), 1) for x in (image, style))
    assert float((got - wanted).norm() / wanted.norm()) < 0.05


@pytest.mark.parametrize("together, same", [(True, ["gram", "statistics"]), (False, ["statistics"])])
def test_neither_knows_places_and_only_gram_knows_company(together, same):
    """Positions in another order change nothing; an order of its own for each channel changes the Gram matrix alone."""
    torch.manual_seed(0)
    features = torch.rand(1, 4, 6, 7, dtype=torch.float64)
    orders = [torch.randperm(42)] * 4 if together else [torch.randperm(42) for _ in range(4)]
    moved = torch.stack([channel[order] for channel, order in zip(features.flatten(2)[0], orders, strict=True)]).view(
        features.shape
    )
    pairs = {kind: zip(measure(features), measure(moved), strict=True) for kind, measure in KINDS.items()}
    assert [kind for kind, parts in pairs.items() if all(torch.allclose(a, b) for a, b in parts)] == same


def test_a_texture_of_another_size(encoder, style):
    assert last(texture(style, "relu2_1", "gram", encoder, size=(24, 40), steps=2)).image.shape == (1, 3, 24, 40)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"kind": "mean"}, "'mean': choose from gram, statistics"),
        ({"layers": ["relu0_1"]}, "'relu0_1'"),
        ({"layers": []}, "no layer"),
        ({"size": (4, 64)}, "64 x 4 pixels is too small for relu4_1"),
        ({"size": 64}, "height and width"),
        ({"size": (0, 64)}, "height and width"),
        ({"steps": 0}, "steps"),
        ({"tv_weight": -0.1}, "tv_weight"),
    ],
)
def test_textures_that_make_no_sense_are_refused(encoder, style, arguments, words):
    with pytest.raises(ValueError, match=words):
        texture(style, **{"encoder": encoder, **arguments})
