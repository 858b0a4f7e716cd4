"""The checks of lesson 01: a solution passes, a stub is "not attempted", every mistake has its name, and nothing
raises.
"""

import pytest
import torch
from exercises import ExerciseTests, said

from adain_lab import checks, functional, losses
from adain_lab.checks.mistakes import lesson01 as mistakes01
from adain_lab.functional import channel_mean_std

pytestmark = pytest.mark.usefixtures("fresh_checks")


def solved_pixels(pixels, mean, std):
    images = pixels.permute(2, 0, 1).unsqueeze(0) / 255
    return (images - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)


def solved_features(network, images, layers):
    x, features = images, {}
    for name, module in network.named_children():
        x = module(x)
        if name in layers:
            features[name] = x.clone()
    return features


def solved_inversion(encoder, picture, layer, start, steps, learning_rate, tv_weight):
    with torch.no_grad():
        target = encoder(picture, [layer])[layer]
    image = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([image], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        features = encoder(image, [layer])[layer]
        loss = (features - target).square().mean() + tv_weight * functional.total_variation(image)
        loss.backward()
        optimizer.step()
    return image.detach()


def solved_texture(features, style_features):
    def neighbours(f):
        return (f[..., 1:] * f[..., :-1]).mean((2, 3)), (f[..., 1:, :] * f[..., :-1, :]).mean((2, 3))

    pairs = (
        (a, b)
        for layer in features
        for a, b in zip(neighbours(features[layer]), neighbours(style_features[layer]), strict=True)
    )
    return sum((a - b).square().mean() for a, b in pairs)


SOLUTIONS = {
    "normalize_pixels": solved_pixels,
    "collect_features": solved_features,
    "total_variation": functional.total_variation,
    "inversion": solved_inversion,
    "my_texture": solved_texture,
}
MISTAKES = {
    "normalize_pixels": mistakes01.PIXEL_MISTAKES,
    "collect_features": mistakes01.FEATURE_MISTAKES,
    "total_variation": mistakes01.VARIATION_MISTAKES,
    "inversion": mistakes01.INVERSION_MISTAKES,
}


class TestExercises(ExerciseTests):
    lessons, solutions, mistakes = ("01",), SOLUTIONS, MISTAKES

    def as_written(self, name, wrong):
        if name != "collect_features":
            return wrong
        return lambda *args: dict(zip(args[2], wrong(*args), strict=True))


# ---- as people write them, independently of the tables ---------------------------------------------------------------


def test_pixels_without_a_batch_and_as_whole_numbers():
    assert "unsqueeze(0)" in said(checks.normalize_pixels, lambda p, m, s: solved_pixels(p, m, s)[0])
    assert "fractions" in said(checks.normalize_pixels, lambda p, m, s: p.permute(2, 0, 1)[None])


def test_pixels_that_broadcast_over_the_width():
    def along_the_width(pixels, mean, std):
        return (
            (pixels.permute(2, 0, 1)[None] / 255 - mean) / std
            if pixels.shape[1] == 3
            else solved_pixels(pixels, mean, std)
        )

    assert "(1, 3, 1, 1)" in said(checks.normalize_pixels, along_the_width)


def test_features_by_hooks_pass():
    def by_hooks(network, images, layers):
        features = {}
        hooks = [
            module.register_forward_hook(lambda m, i, o, name=name: features.update({name: o.clone()}))
            for name, module in network.named_children()
            if name in layers
        ]
        network(images)
        for hook in hooks:
            hook.remove()
        return features

    assert checks.collect_features(by_hooks).passed


def test_features_that_lack_something():
    def with_options(keep=lambda name, layers: name in layers, stop=False, wrap=lambda x: x.clone()):
        def collect(network, images, layers):
            x, features = images, {}
            for name, module in network.named_children():
                x = module(x)
                if keep(name, layers):
                    features[name] = wrap(x)
                    if stop:
                        break
            return features

        return collect

    assert "relu2_1 are missing" in said(checks.collect_features, with_options(stop=True))
    assert "nobody asked for conv1_1" in said(checks.collect_features, with_options(keep=lambda *_: True)).casefold()
    assert "no gradient" in said(checks.collect_features, with_options(wrap=lambda x: x.detach().clone()))
    assert "dictionary" in said(
        checks.collect_features, lambda n, x, layers: list(solved_features(n, x, layers).values())
    )


def test_features_of_the_same_input_again_and_again():
    def always_the_images(network, images, layers):
        return {name: module(images) for name, module in network.named_children() if name in layers}

    assert "RuntimeError" in said(checks.collect_features, always_the_images) or "output of the one before" in said(
        checks.collect_features, always_the_images
    )


def test_total_variation_without_a_gradient():
    assert "plain number" in said(checks.total_variation, lambda x: functional.total_variation(x).item())
    assert "no gradient" in said(checks.total_variation, lambda x: functional.total_variation(x.detach()))
    assert "5 times" in said(checks.total_variation, lambda x: 5 * functional.total_variation(x))


def test_total_variation_by_diff_passes():
    assert checks.total_variation(lambda x: x.diff(dim=2).abs().mean() + x.diff(dim=3).abs().mean()).passed


def own(start):
    return start.clone().requires_grad_(True)


def loop(*, leaf=own, target=torch.Tensor.detach, parameters=None, finish=torch.Tensor.detach):
    """The inversion loop with one thing otherwise."""

    def mine(encoder, picture, layer, start, steps, learning_rate, tv_weight):
        wanted = target(encoder(picture, [layer])[layer])
        image = leaf(start)
        optimizer = torch.optim.Adam(parameters(encoder, image) if parameters else [image], lr=learning_rate)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = (encoder(image, [layer])[layer] - wanted).square().mean() + tv_weight * functional.total_variation(
                image
            )
            loss.backward()
            optimizer.step()
        return finish(image)

    return mine


@pytest.mark.parametrize(
    "options, words",
    [
        ({"target": lambda f: f}, "graph"),
        ({"leaf": lambda start: start.clone().requires_grad_(True) * 1.0}, "leaf"),
        ({"leaf": lambda start: start.requires_grad_(True)}, "in place"),
        ({"parameters": lambda encoder, image: [image, *encoder.parameters()]}, "weights have changed"),
        ({"finish": lambda image: image}, "return image.detach()"),
        ({"finish": lambda image: None}, "None"),
    ],
)
def test_the_loop_with_one_thing_forgotten(options, words):
    assert words in said(checks.inversion, loop(**options))


def test_the_loop_without_requires_grad():
    def frozen(encoder, picture, layer, start, steps, learning_rate, tv_weight):
        image = start.clone()
        loss = functional.total_variation(image)
        loss.backward()
        return image

    assert "requires_grad_(True)" in said(checks.inversion, frozen)


def test_the_loop_with_the_layer_written_into_it():
    def always(encoder, picture, layer, *rest):
        return solved_inversion(encoder, picture, "relu2_1", *rest)

    assert "relu1_2" in said(checks.inversion, always)


@pytest.mark.parametrize(
    "answer, words",
    [
        (losses.gram_style_loss, "Gram loss again"),
        (losses.statistics_style_loss, "means and standard deviations again"),
        (lambda f, s: torch.tensor(float("nan")), "NaN"),
        (lambda f, s: sum((f[x] - s[x].mean()).square().mean() for x in f), "with itself"),
        (lambda f, s: sum((f[x].detach().mean() - s[x].mean()).square() for x in f), "gradient reaches"),
        (lambda f, s: -sum((f[x].mean() - s[x].mean()).square() for x in f), "above 0"),
    ],
)
def test_my_texture_says_what_is_wrong(answer, words):
    assert words in said(checks.my_texture, answer)


def test_my_texture_tells_whether_places_count():
    by_means = checks.my_texture(
        lambda f, s: sum((channel_mean_std(f[x])[0] - channel_mean_std(s[x])[0]).square().mean() for x in f)
    )
    by_places = checks.my_texture(lambda f, s: sum((f[x] - s[x]).square().mean() for x in f))
    assert "no places" in by_means.details[0] and "knows places" in by_places.details[0]


def test_checks_leave_the_random_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    for name, solution in SOLUTIONS.items():
        checks.EXERCISES[name](solution)
    assert torch.equal(torch.rand(3), expected)
