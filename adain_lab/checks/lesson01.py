"""Checks of lesson 01: pixels as VGG wants them, features by name, total variation, the inversion loop, a texture loss
of one's own.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from adain_lab import functional, losses
from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson01 import (
    FEATURE_MISTAKES,
    INVERSION_MISTAKES,
    PIXEL_MISTAKES,
    VARIATION_MISTAKES,
    reference_inversion,
)
from adain_lab.checks.probe import Failed, Student, close, compared, expect_tensor, name_mistake, random
from adain_lab.networks.encoder import Encoder

__all__ = ["collect_features", "inversion", "my_texture", "normalize_pixels", "total_variation"]


@exercise("normalize_pixels", "01", points=1)
def normalize_pixels(student: Student):
    """Check ``normalize_pixels(pixels, mean, std) -> (1, 3, H, W)``; pixels are uint8 RGB (H, W, 3), mean and std (3,).

    Example:
        >>> from adain_lab import checks
        >>> def forgetful(pixels, mean, std):
        ...     return (pixels.permute(2, 0, 1)[None] - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
        >>> result = checks.normalize_pixels(forgetful)
        ✗ normalize_pixels: not right yet
          Your pixels go up to 255: mean and std are those of pictures in [0, 1], so divide by 255 first.
    """
    # 3 x 3 pixels, so that mean and std broadcast along the wrong axis in silence, too.
    for height, width in ((4, 6), (3, 3)):
        pixels = (random(height, width, 3, seed=91) * 256).to(torch.uint8)
        mean, std = torch.tensor([0.5, 0.4, 0.3]).double(), torch.tensor([0.2, 0.25, 0.1]).double()
        result = student(pixels, mean, std)
        if isinstance(result, torch.Tensor) and tuple(result.shape) == (3, height, width):
            raise Failed(
                f"the output has shape {tuple(result.shape)}: a network wants a batch, so add an axis in front, `unsqueeze(0)`"
            )
        expect_tensor(result, (1, 3, height, width), "the output", "a batch of one, channels first")
        if not result.is_floating_point():
            raise Failed(
                f"the output holds {result.dtype}, which has no fractions and no negative numbers: convert with `.float()` first"
            )
        expected = ((pixels.double() / 255).permute(2, 0, 1)[None] - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)
        name_mistake(
            result,
            expected,
            (pixels, mean, std),
            PIXEL_MISTAKES,
            "the values differ from (pixels / 255 - mean) / std: have mean and std the shape (1, 3, 1, 1), a number per channel?",
        )
    return "a pixel of the mean colour becomes 0, and the network sees what it saw in training"


def _network() -> nn.Sequential:
    """Two blocks of a small VGG, with ReLUs that work in place, as torchvision's do."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(92)
        parts: dict[str, nn.Module] = {}
        for name, (n, m) in {"1_1": (3, 4), "1_2": (4, 4), "2_1": (4, 4)}.items():
            if name == "2_1":
                parts["pool1"] = nn.MaxPool2d(2)
            parts[f"conv{name}"], parts[f"relu{name}"] = nn.Conv2d(n, m, 3, padding=1), nn.ReLU(inplace=True)
        return nn.Sequential(OrderedDict(parts)).double()


@exercise("collect_features", "01", points=2)
def collect_features(student: Student):
    """Check ``collect_features(network, images, layers) -> {name: features}`` for an ``nn.Sequential`` with named
    modules.

    Example:
        >>> from adain_lab import checks
        >>> def without_copy(network, images, layers):
        ...     features, x = {}, images
        ...     for name, module in network.named_children():
        ...         x = module(x)
        ...         if name in layers:
        ...             features[name] = x
        ...     return features
        >>> result = checks.collect_features(without_copy)
        ✗ collect_features: not right yet
          The ReLU after a convolution overwrote what you had kept: it works in place
          (`nn.ReLU(inplace=True)`, as torchvision's does), so keep a copy, `x.clone()`.
    """
    network, images = _network(), random(2, 3, 8, 10, seed=93)
    for layers in (["relu1_1", "relu2_1"], ["conv1_1", "relu1_1", "conv1_2", "pool1"]):
        expected = _expected_features(network, images, layers)
        got = student(network, images, list(layers))
        if not isinstance(got, dict):
            raise Failed(f"return a dictionary from name to features, `{{'relu1_1': …}}`, not a {type(got).__name__}")
        if missing := [name for name in layers if name not in got]:
            raise Failed(
                f"the features of {', '.join(missing)} are missing: does your loop go on after the first layer that is wanted?"
            )
        if surplus := [name for name in got if name not in layers]:
            raise Failed(
                f"nobody asked for {surplus[0]}: keep only the names in `layers`, or a deep network fills the memory"
            )
        for name in layers:
            expect_tensor(
                got[name],
                expected[name].shape,
                f"the feature map {name}",
                "is each module given the output of the one before, and kept under its own name?",
            )
        name_mistake(
            tuple(got[name] for name in layers),
            tuple(expected.values()),
            (network, images, layers),
            FEATURE_MISTAKES,
            f"the values differ from what the network computes (asked for: {', '.join(layers)})",
        )
    followed = images.clone().requires_grad_(True)
    features = student(network, followed, ["relu2_1"])["relu2_1"]
    if not features.requires_grad:
        raise Failed(
            "the values are right, but no gradient reaches the picture, and the inversion will need it: no `torch.no_grad()`, `.detach()` "
            "or `.data` in here"
        )
    return "every layer under its name, none overwritten, and gradients reach the pixels"


def _expected_features(network, images, layers) -> dict[str, torch.Tensor]:
    x, features = images, {}
    for name, module in network.named_children():
        x = module(x.clone())
        features[name] = x
    return {name: features[name].detach() for name in layers}


@exercise("total_variation", "01", points=1)
def total_variation(student: Student):
    """Check ``total_variation(images) -> scalar``: mean absolute difference of neighbours, vertical plus horizontal.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.total_variation(lambda x: (x - x.roll(1, 2)).abs().mean() + (x - x.roll(1, 3)).abs().mean())
        ✗ total_variation: not right yet
          `torch.roll` wraps around: it compares the right edge with the left and the bottom with the top,
          which are no neighbours; use slices.
    """
    # Brighter to the right and darker below, so that signs matter.
    slopes = torch.linspace(0.2, 2, 8) * torch.linspace(2, 0.2, 5).unsqueeze(1)
    images = (random(2, 3, 5, 8, seed=94) + slopes.double()).requires_grad_(True)
    result = student(images)
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        raise Failed(
            "the result is a plain number: `.item()` and `float()` cut it off from the pixels, so return the tensor"
        )
    expect_tensor(result, (), "the result", "one number: the mean over everything")
    with torch.no_grad():
        expected = functional.total_variation(images)
    name_mistake(result, expected, (images,), VARIATION_MISTAKES, compared("the result", result, expected))
    if not result.requires_grad:
        raise Failed(
            "the value is right, but no gradient reaches the picture: no `.detach()` and no `torch.no_grad()` in here"
        )
    if float(student(torch.full((1, 3, 4, 4), 0.7, dtype=torch.float64))) != 0:
        raise Failed("a flat picture must have a total variation of 0")
    return "0 for a flat picture, 2 for a checkerboard, and the same for a picture of twice the size"


#: What PyTorch says when something was forgotten, and what to say instead.
_COMPLAINTS = {
    "does not require grad": (
        "no gradient reaches your picture: make it a leaf that has one, `image = start.clone().requires_grad_(True)`, and compute the loss "
        "outside of `torch.no_grad()`"
    ),
    "backward through the graph a second time": (
        "your target still hangs on the network's graph, which the first `backward()` used up: compute it under `torch.no_grad()`, or call "
        "`.detach()` on it"
    ),
    "can't optimize a non-leaf": (
        "the optimiser can only change a leaf, and yours is the result of a computation: `start.clone().requires_grad_(True)`, so ordered"
    ),
    "a leaf variable that requires grad": "a leaf is not changed in place while gradients are recorded: let the optimiser do it",
}


@exercise("inversion", "01", points=3)
def inversion(student: Student):
    """Check ``invert(encoder, picture, layer, start, steps, learning_rate, tv_weight) -> image``, with Adam.

    Example:
        >>> from adain_lab import checks, total_variation
        >>> def piling_up(encoder, picture, layer, start, steps, learning_rate, tv_weight):
        ...     target = encoder(picture, [layer])[layer].detach()
        ...     image = start.clone().requires_grad_(True)
        ...     optimizer = torch.optim.Adam([image], lr=learning_rate)
        ...     for _ in range(steps):
        ...         loss = (encoder(image, [layer])[layer] - target).square().mean() + tv_weight * total_variation(image)
        ...         loss.backward()
        ...         optimizer.step()
        ...     return image.detach()
        >>> result = checks.inversion(piling_up)
        ✗ inversion: not right yet
          The gradients of all steps pile up: call `optimizer.zero_grad()` in every step, before `backward()`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(95)
        # Its weights have gradients, as those of a network fresh from the shelf.
        encoder = Encoder(4, last="relu2_1").double()
    weights = [p.detach().clone() for p in encoder.parameters()]
    args = (encoder, random(1, 3, 10, 12, seed=96), "relu2_1", 1.4 * random(1, 3, 10, 12, seed=97) - 0.2, 6, 0.05, 0.2)
    result = _without_jargon(student, *args)
    if isinstance(result, torch.Tensor) and result.shape == (1, 4, 5, 6):
        raise Failed("you returned features: return the picture whose features they are")
    expect_tensor(result, (1, 3, 10, 12), "the result", "the picture")
    if any(not torch.equal(p, w) for p, w in zip(encoder.parameters(), weights, strict=True)):
        raise Failed("the network's weights have changed: give the optimiser `[image]`, the pixels, and nothing else")
    expected = reference_inversion(*args)
    name_mistake(
        result,
        expected,
        args,
        INVERSION_MISTAKES,
        "the picture differs from what Adam finds for `mean((f - target) ** 2) + tv_weight * total_variation(image)`, unclamped, "
        "with the learning rate that is given",
    )
    if result.requires_grad:
        raise Failed("the picture is right, but it still hangs on its gradients: end with `return image.detach()`")
    other = (encoder, *args[1:2], "relu1_2", *args[3:])
    name_mistake(
        _without_jargon(student, *other),
        reference_inversion(*other),
        other,
        INVERSION_MISTAKES,
        "it works for relu2_1 and not for relu1_2: is the layer's name written into your function?",
    )
    return "the pixels follow the gradient, the network stays as it is, and any layer will do"


def _without_jargon(student: Student, *args):
    try:
        return student(*args)
    except Failed as failure:
        for words, message in _COMPLAINTS.items():
            if words in failure.message:
                raise Failed(message) from failure
        raise


@exercise("my_texture", "01", points=1)
def my_texture(student: Student):
    """Check ``my_texture_loss(features, style_features) -> loss``, softly: usable, and neither Gram's nor that of mean
    and std.

    Example:
        >>> from adain_lab import checks, gram_style_loss
        >>> result = checks.my_texture(gram_style_loss)
        ✗ my_texture: not right yet
          That is the Gram loss again: measure something else, for example the mean of products with the
          neighbour to the right.
    """
    shapes = {"relu1_1": (1, 6, 12, 14), "relu2_1": (1, 8, 6, 7)}
    features, style_features = (
        {layer: random(*shape, seed=seed + i) ** power for i, (layer, shape) in enumerate(shapes.items())}
        for seed, power in ((98, 1), (101, 3))
    )
    for f in features.values():
        f.requires_grad_(True)
    loss = expect_tensor(student(features, style_features), (), "the loss", "one number for all layers together")
    if not bool(torch.isfinite(loss)):
        raise Failed("the loss is NaN or infinite: is something divided by zero, or the root of 0 taken?")
    known = {
        "the Gram loss": losses.gram_style_loss,
        "the loss of means and standard deviations": losses.statistics_style_loss,
    }
    for name, reference in known.items():
        with torch.no_grad():
            if close(loss, reference(features, style_features), 1e-3):
                something = "measure something else, for example the mean of products with the neighbour to the right"
                raise Failed(f"that is {name} again: {something}")
    gradients = torch.autograd.grad(loss, list(features.values()), allow_unused=True) if loss.requires_grad else [None]
    if all(g is None or not bool(g.any()) for g in gradients):
        raise Failed(
            "no gradient reaches the features: counting, `argmax` and `round` have none, and `.detach()` takes it away"
        )
    if not all(g is None or bool(torch.isfinite(g).all()) for g in gradients):
        raise Failed("the gradient is not finite: put a small number inside a root, or under a fraction")
    for name, reference in known.items():
        same = torch.autograd.grad(reference(features, style_features), list(features.values()))
        pairs = [(g, s) for g, s in zip(gradients, same, strict=True) if g is not None]
        if len(pairs) == len(same) and _parallel(
            torch.cat([g.flatten() for g, _ in pairs]), torch.cat([s.flatten() for _, s in pairs])
        ):
            raise Failed(f"that is {name} again, only with another factor: the search goes the same way")
    plain = {layer: f.detach() for layer, f in features.items()}
    scale = max(float(loss.detach().abs()), 1e-12)
    if float(student(plain, plain)) > 1e-6 * scale:
        raise Failed("the loss of a picture with itself must be 0: compare the same statistics of both")
    if not float(loss.detach()) > 0 or not float(student(style_features, plain)) > 0:
        raise Failed(
            "the loss of two different pictures must be above 0: square the differences, or take absolute values"
        )
    moved = {layer: f.roll((3, 2), (2, 3)) for layer, f in plain.items()}
    places = float(student(moved, plain)) > 0.02 * scale
    return "a measure of texture that is yours; look at the picture below", [
        "it knows places: a shifted picture is another one to it"
        if places
        else "it knows no places: a shifted picture is the same to it"
    ]


def _parallel(first: torch.Tensor, second: torch.Tensor) -> bool:
    """Whether two vectors point the same way."""
    return float(torch.nn.functional.cosine_similarity(first, second, dim=0)) > 1 - 1e-6


#: Where doctest finds the examples: it does not look into instances.
__test__ = {
    check.name: check.__doc__ for check in (normalize_pixels, collect_features, total_variation, inversion, my_texture)
}
