"""The wrong implementations that people write in lesson 01, each with the sentence that helps."""

from __future__ import annotations

import torch

from adain_lab.checks.probe import Mistake
from adain_lab.functional import gram_matrix

__all__ = ["FEATURE_MISTAKES", "INVERSION_MISTAKES", "PIXEL_MISTAKES", "VARIATION_MISTAKES", "reference_inversion"]

# ---- normalize_pixels(pixels, mean, std) ---------------------------------------------------------------------------


def _normalize(pixels, mean, std, *, divisor=255.0, flip=False, formula=lambda x, m, s: (x - m) / s):
    x = pixels.double() / divisor
    x = (x.flip(2) if flip else x).permute(2, 0, 1).unsqueeze(0)
    return formula(x, mean.view(1, 3, 1, 1), std.view(1, 3, 1, 1))


def _pixels(**options):
    return lambda pixels, mean, std: _normalize(pixels, mean, std, **options)


PIXEL_MISTAKES = (
    Mistake(
        _pixels(divisor=1.0),
        "your pixels go up to 255: mean and std are those of pictures in [0, 1], so divide by 255 first",
    ),
    Mistake(
        _pixels(divisor=256.0),
        "you divided by 256: the largest value of a byte is 255, which must become 1",
    ),
    Mistake(
        lambda pixels, mean, std: pixels.double().permute(2, 0, 1)[None] / 127.5 - 1,
        "you scaled to [-1, 1], as other networks want it: VGG wants the given mean subtracted, and division by the given std",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: 255 * (x - m) / s),
        "your numbers are 255 times too large: divide the pixels *and* the mean by the same, so first bring the pixels to [0, 1]",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: (x - m / 255) / s / 255),
        "you divided by 255 at the end, and the mean is that of pictures in [0, 1]: divide the pixels first",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: (255 * x - m) / s / 255),
        "you divided by 255 at the end, and the mean is that of pictures in [0, 1]: divide the pixels first",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: (x.floor() - m) / s),
        "`//` divides whole numbers and throws the rest away, so that nearly all pixels are 0: divide with `/`",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: ((x - m) / s).clamp(0, 1)),
        "you clamped the result to [0, 1]: normalised pixels lie around 0, and half of them are negative",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: (x - m) / s.sqrt()), "you divided by the root of the std: divide by the std"
    ),
    Mistake(
        _pixels(flip=True),
        "your channels are in the order blue, green, red, as OpenCV has them: this VGG expects red, green, blue",
    ),
    Mistake(
        lambda pixels, mean, std: _normalize(pixels, std, mean),
        "you exchanged mean and std: subtract the mean, divide by the std",
    ),
    Mistake(_pixels(formula=lambda x, m, s: x - m), "you subtracted the mean and stopped: divide by the std as well"),
    Mistake(_pixels(formula=lambda x, m, s: x / s), "you divided by the std without subtracting the mean first"),
    Mistake(_pixels(formula=lambda x, m, s: x - m / s), "brackets are missing: x - mean / std is not (x - mean) / std"),
    Mistake(
        _pixels(formula=lambda x, m, s: x * s + m),
        "you undid a normalisation: it is (x - mean) / std, not x * std + mean",
    ),
    Mistake(_pixels(formula=lambda x, m, s: (x - m) * s), "you multiplied by the std: divide by it"),
    Mistake(_pixels(formula=lambda x, m, s: (x - m) / s**2), "you divided by the variance: divide by the std"),
    Mistake(
        _pixels(formula=lambda x, m, s: x),
        "the pixels are in [0, 1], but never normalised: subtract the mean, divide by the std",
    ),
    Mistake(
        _pixels(formula=lambda x, m, s: (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)),
        "you normalised by the picture's own statistics, and a dark picture would look like a bright one: use the mean and std that are "
        "given, those of the pictures that the network was trained on",
    ),
    Mistake(
        lambda pixels, mean, std: (
            (pixels.double() / 255)
            .reshape(1, 3, *pixels.shape[:2])
            .sub(mean.view(1, 3, 1, 1))
            .div(std.view(1, 3, 1, 1))
        ),
        "the shape is right and the pixels are scrambled: `reshape` and `view` keep the order in memory, so move the axis with "
        "`permute(2, 0, 1)`",
    ),
    Mistake(
        lambda pixels, mean, std: _normalize(pixels.transpose(0, 1).reshape(pixels.shape), mean, std),
        "height and width are exchanged: (H, W, 3) becomes (3, H, W) by `permute(2, 0, 1)`",
    ),
)

# ---- collect_features(network, images, layers) -----------------------------------------------------------------------


def _collect(network, images, layers, *, copy=True, before=False):
    x, features = images, {}
    for name, module in network.named_children():
        if before and name in layers:
            features[name] = x.clone()
        x = module(x)
        if not before and name in layers:
            features[name] = x.clone() if copy else x
    return tuple(features[name] for name in layers)


FEATURE_MISTAKES = (
    Mistake(
        lambda *args: _collect(*args, copy=False),
        "the ReLU after a convolution overwrote what you had kept: it works in place (`nn.ReLU(inplace=True)`, as torchvision's does), so "
        "keep a copy, `x.clone()`",
    ),
    Mistake(
        lambda *args: _collect(*args, before=True),
        "you kept what goes into each module: the features `relu1_1` are what comes out of that ReLU, never negative, so keep x after "
        "`x = module(x)`",
    ),
)

# ---- total_variation(images)
# ---------------------------------------------------------------------------------------------


def _differences(x):
    return x[..., 1:, :] - x[..., :-1, :], x[..., :, 1:] - x[..., :, :-1]


def _variation(reduce):
    return lambda x: reduce(*_differences(x))


VARIATION_MISTAKES = (
    Mistake(
        _variation(lambda v, h: v.abs().mean()),
        "you compare only pixels below one another: add the horizontal differences, x[..., :, 1:] - x[..., :, :-1]",
    ),
    Mistake(
        _variation(lambda v, h: h.abs().mean()),
        "you compare only pixels side by side: add the vertical differences, x[..., 1:, :] - x[..., :-1, :]",
    ),
    Mistake(
        _variation(lambda v, h: v.abs().sum() + h.abs().sum()),
        "you take sums, which grow with the picture, so a weight that suits a small picture drowns a large one: take the mean of each "
        "direction",
    ),
    Mistake(
        lambda x: (x - x.roll(1, 2)).abs().mean() + (x - x.roll(1, 3)).abs().mean(),
        "`torch.roll` wraps around: it compares the right edge with the left and the bottom with the top, which are no neighbours; use "
        "slices",
    ),
    Mistake(
        _variation(lambda v, h: v.square().mean() + h.square().mean()),
        "you square the differences, which blurs edges: this lesson takes absolute values (L1)",
    ),
    Mistake(
        _variation(lambda v, h: v.mean() + h.mean()),
        "your differences have signs, and what goes up and comes down again counts as flat: take absolute values before the mean",
    ),
    Mistake(
        _variation(lambda v, h: v.mean().abs() + h.mean().abs()),
        "you took the absolute value of the mean: take the mean of the absolute values",
    ),
    Mistake(
        lambda x: x.std(),
        "that is the standard deviation, which does not know who is whose neighbour: compare neighbours",
    ),
    Mistake(
        _variation(lambda v, h: v.square().mean().sqrt() + h.square().mean().sqrt()),
        "you took roots of mean squares: this lesson takes the mean of absolute values (L1)",
    ),
    Mistake(
        _variation(lambda v, h: v.relu().mean() + h.relu().mean()),
        "only steps upwards count in yours: take absolute values, for steps downwards count as well",
    ),
    Mistake(
        _variation(lambda v, h: v.abs().amax() + h.abs().amax()),
        "you took the largest difference: take the mean over all",
    ),
    Mistake(
        lambda x: (x[..., 2:, :] - x[..., :-2, :]).abs().mean() + (x[..., 2:] - x[..., :-2]).abs().mean(),
        "you compare pixels that are two apart: neighbours are one apart, `1:` and `:-1`",
    ),
    Mistake(
        _variation(lambda v, h: v.abs().sum((1, 2, 3)).mean() + h.abs().sum((1, 2, 3)).mean()),
        "you summed over each picture and averaged over the batch: a sum grows with the picture, so take the mean over everything",
    ),
    Mistake(
        _variation(lambda v, h: (v.abs().mean() + h.abs().mean()) / 2),
        "you average the two directions: this lesson adds them, so a checkerboard of 0 and 1 has 2",
    ),
    Mistake(
        _variation(lambda v, h: torch.cat([v.abs().flatten(), h.abs().flatten()]).mean()),
        "you took one mean over all differences together: take the mean of each direction, and add the two",
    ),
    Mistake(
        lambda x: sum(d.abs().sum() for d in _differences(x)) / x.numel(),
        "you divided by the number of pixels: there is one difference fewer than pixels in each direction, so use `.mean()` of each",
    ),
    Mistake(
        _variation(lambda v, h: v.abs().sum() / v.numel() * v.shape[1] + h.abs().sum() / h.numel() * h.shape[1]),
        "your result is three times too large, as if you summed over the colours: take the mean over them too",
    ),
    Mistake(
        _variation(lambda v, h: (v[..., :, :-1].square() + h[..., :-1, :].square()).sqrt().mean()),
        "you measure the gradient's length (the isotropic form): this lesson adds the absolute differences of the two directions",
    ),
    Mistake(
        lambda x: (x[..., 1:, 1:] - x[..., :-1, :-1]).abs().mean(),
        "you compare diagonal neighbours: shift one axis at a time",
    ),
)

# ---- inversion(encoder, picture, layer, start, steps, learning_rate, tv_weight)
# ------------------------------------------


def _roughness(image):
    return sum(d.abs().mean() for d in _differences(image))


def reference_inversion(
    encoder,
    picture,
    layer,
    start,
    steps,
    learning_rate,
    tv_weight,
    *,
    zero=True,
    tv=1.0,
    update=True,
    distance=None,
    target=None,
    sign=1,
    optimizer=torch.optim.Adam,
    clamp="never",
    roughness=None,
):
    """The loop of the exercise, and with other options its wrong versions."""
    distance = distance or (lambda a, b: (a - b).square().mean())
    target = target or (lambda: encoder(picture, [layer])[layer])
    with torch.no_grad():
        wanted = target()
    with torch.enable_grad():
        image = start.clone().requires_grad_(True)
        descent = optimizer([image], lr=learning_rate)
        for _ in range(steps):
            if zero:
                descent.zero_grad()
            shown = image.clamp(0, 1) if clamp == "inside the loss" else image
            smooth = (roughness or _roughness)(shown)
            loss = distance(encoder(shown, [layer])[layer], wanted) + tv * tv_weight * smooth
            (sign * loss).backward()
            if update:
                descent.step()
            if clamp == "every step":
                image.data.clamp_(0, 1)
    return image.detach().clamp(0, 1) if clamp == "at the end" else image.detach()


def _inversion(**options):
    return lambda *args: reference_inversion(*args, **options)


def _other_steps(change):
    return lambda encoder, picture, layer, start, steps, rate, tv: reference_inversion(
        encoder, picture, layer, start, change(steps), rate, tv
    )


INVERSION_MISTAKES = (
    Mistake(
        _inversion(zero=False),
        "the gradients of all steps pile up: call `optimizer.zero_grad()` in every step, before `backward()`",
    ),
    Mistake(
        _inversion(update=False),
        "the picture is still the start: call `optimizer.step()` after `backward()`, with `[image]` as the optimiser's parameters",
    ),
    Mistake(
        _inversion(tv=0.0), "the total variation is missing from your loss: add `tv_weight * total_variation(image)`"
    ),
    Mistake(
        lambda encoder, picture, layer, start, steps, rate, tv: reference_inversion(
            encoder, picture, layer, start, steps, rate, tv, tv=1 / tv
        ),
        "your function ignores `tv_weight`: multiply the total variation by it",
    ),
    Mistake(
        _inversion(distance=lambda a, b: (a - b).square().sum()),
        "your feature loss is a sum, beside which the total variation does not count: take the mean of the squares",
    ),
    Mistake(
        _inversion(distance=lambda a, b: (a - b).abs().mean()),
        "your feature loss takes absolute differences: square them",
    ),
    Mistake(
        _inversion(sign=-1),
        "your loop climbs: the loss grows with every step, so is there a minus in front of it?",
    ),
    Mistake(
        _inversion(clamp="every step"),
        "you clamp the picture after every step: this search is not clamped, for Adam's memory knows nothing of a clamp, so leave it out",
    ),
    Mistake(
        _inversion(clamp="at the end"),
        "you clamp the picture at the end: return it as it was found, whoever shows it will clamp it",
    ),
    Mistake(
        _inversion(clamp="inside the loss"),
        "your loss looks at a clamped copy: where the picture leaves [0, 1] no gradient can bring it back, so give the encoder the picture "
        "itself",
    ),
    Mistake(
        _inversion(optimizer=torch.optim.SGD),
        "that is plain gradient descent, `torch.optim.SGD`: this exercise asks for `torch.optim.Adam`",
    ),
    Mistake(
        _inversion(optimizer=torch.optim.AdamW),
        "`torch.optim.AdamW` also pulls every pixel towards 0, its weight decay: take `torch.optim.Adam`",
    ),
    Mistake(
        _inversion(distance=lambda a, b: (a - b).square().sum() / b.square().sum()),
        "your feature loss is divided by the target's own square, as Mahendran and Vedaldi's is: here it is the plain mean of the squares",
    ),
    Mistake(
        _inversion(distance=lambda a, b: 0.5 * (a - b).square().mean()),
        "there is a factor ½ in front of your feature loss, which doubles the weight of the total variation: leave it out",
    ),
    Mistake(
        _inversion(distance=lambda a, b: (gram_matrix(a) - gram_matrix(b)).square().mean()),
        "you compare Gram matrices, which know no places: compare the features themselves",
    ),
    Mistake(_inversion(tv=-1.0), "you subtract the total variation, which asks for noise: add it"),
    Mistake(
        _inversion(roughness=lambda x: sum(d.square().mean() for d in _differences(x))),
        "your total variation squares the differences, which blurs edges: take absolute values",
    ),
    Mistake(
        _inversion(roughness=lambda x: sum(d.abs().sum() for d in _differences(x))),
        "your total variation is a sum, which drowns the features: take means, as in exercise 3",
    ),
    Mistake(
        lambda encoder, picture, layer, start, *rest: reference_inversion(
            encoder, picture, layer, torch.zeros_like(start), *rest
        ),
        "your search begins from black: begin with `start`",
    ),
    *(
        Mistake(
            _inversion(optimizer=other),
            f"your optimiser is `torch.optim.{other.__name__}`: this exercise asks for `torch.optim.Adam`",
        )
        for other in (torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.NAdam, torch.optim.Adamax)
    ),
    Mistake(
        _inversion(distance=lambda a, b: (a - b).norm()),
        "your feature loss is a norm, the root of a sum of squares: take the mean of the squares, without the root",
    ),
    Mistake(
        _inversion(distance=lambda a, b: (a - b).square().mean().sqrt()),
        "you take the root of the mean square: leave the root out",
    ),
    *(
        Mistake(
            lambda encoder, picture, layer, start, steps, rate, tv, default=default: reference_inversion(
                encoder, picture, layer, start, steps, default, tv
            ),
            f"your function ignores `learning_rate`: yours is {default:g} whatever is asked for",
        )
        for default in (0.001, 0.01, 0.02, 0.03, 0.1)
    ),
    Mistake(_other_steps(lambda n: 1), "your loop takes one step only: is `return` inside the loop?"),
    Mistake(_other_steps(lambda n: n - 1), "your loop takes one step too few: `range(steps)` counts them"),
    Mistake(_other_steps(lambda n: n + 1), "your loop takes one step too many: `range(steps)` counts them"),
    Mistake(
        lambda encoder, picture, layer, start, steps, rate, tv: reference_inversion(
            encoder, picture, layer, picture, steps, rate, tv
        ),
        "you began with the picture itself, so there was nothing to find: begin with `start`",
    ),
    Mistake(
        lambda encoder, picture, layer, start, steps, rate, tv: reference_inversion(
            encoder, start, layer, start, steps, rate, tv
        ),
        "your target are the features of `start`: it must be the features of `picture`",
    ),
)
