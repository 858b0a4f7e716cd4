"""The wrong implementations that people write in lesson 05, each with the sentence that helps."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab import functional
from adain_lab.checks.probe import Mistake
from adain_lab.functional import channel_mean_std, gram_matrix
from adain_lab.networks.encoder import STYLE_LAYERS

__all__ = ["ADAIN_MISTAKES", "ALPHA_MISTAKES", "INTERPOLATE", "LOSS_MISTAKES", "UPSAMPLE_MISTAKES", "features_of"]

# ---- adain(x, y) -----------------------------------------------------------------------------------------------


def _adain(x, y, *, dim=(2, 3), correction=0, eps=functional.EPS, use_mean=True, use_std=True, root=True):
    def statistics(f):
        variance, mean = torch.var_mean(f, dim=dim, correction=correction, keepdim=True)
        return mean, (variance + eps).sqrt() if root else variance + eps

    (content_mean, content_std), (style_mean, style_std) = statistics(x), statistics(y)
    centred = x - content_mean
    scaled = centred / content_std * style_std if use_std else centred
    return scaled + (style_mean if use_mean else 0)


def _normalised(x, by):
    mean, std = channel_mean_std(by)
    return (x - mean) / std


def _mean_as_scale(x, y):
    mean, std = channel_mean_std(y)
    return mean * _normalised(x, x) + std


_LARGE_EPS = "your eps is so large that it flattens channels of little contrast: take 1e-5, inside the root"

ADAIN_MISTAKES = (
    Mistake(
        lambda x, y: _adain(y, x),
        "you swapped content and style: the content is what is normalised, the style is where the new statistics come from",
    ),
    Mistake(
        lambda x, y: _adain(x, y, correction=1),
        "your variance is the unbiased one, divided by H·W − 1, which is torch's default; many ports have it too, but Eq. 6 divides "
        "by H·W: pass `correction=0`",
    ),
    Mistake(
        lambda x, y: _adain(x, y, use_std=False),
        "you moved the means and left the standard deviations as they were: divide by σ(x) and multiply by σ(y)",
    ),
    Mistake(
        lambda x, y: _adain(x, y, use_mean=False), "the scale is right and the mean is missing: add μ(y) at the end"
    ),
    Mistake(
        lambda x, y: _adain(x, y, dim=(0, 2, 3)),
        "your statistics are taken over the whole batch, as batch normalisation does: each picture has its own, so use `dim=(2, 3)`",
    ),
    Mistake(
        lambda x, y: _adain(x, y, dim=(1, 2, 3)),
        "your statistics mix the channels, as layer normalisation does: each channel has its own, so use `dim=(2, 3)`",
    ),
    Mistake(
        lambda x, y: _adain(x, y, root=False),
        "you scaled by the variance: take its square root, σ = sqrt(variance + eps)",
    ),
    Mistake(
        lambda x, y: _normalised(x, x),
        "that is instance normalisation: the content is normalised, but the style's σ(y) and μ(y) are never put in",
    ),
    Mistake(
        lambda x, y: _normalised(x, y),
        "you normalised the content with the style's statistics: take out its own, μ(x) and σ(x), first",
    ),
    Mistake(_mean_as_scale, "you exchanged the style's mean and standard deviation: σ(y) multiplies, μ(y) is added"),
    Mistake(
        lambda x, y: _adain(x, y, eps=0.0),
        "a channel that is the same everywhere gives NaN: its σ(x) is 0, so add eps to the variance, inside the root (Eq. 6)",
    ),
    *(Mistake(lambda x, y, eps=eps: _adain(x, y, eps=eps), _LARGE_EPS) for eps in (1e-4, 1e-3, 1e-2, 0.1)),
    Mistake(
        lambda x, y: (x + functional.adain(x, y)) / 2,
        "that is half way between the content and AdaIN, alpha = 0.5: the strength comes later, here it is all of it",
    ),
    Mistake(
        lambda x, y: functional.adain(x, y).relu(),
        "you cut negative values off at the end: leave them, for without them the statistics are others",
    ),
    Mistake(
        lambda x, y: functional.adain(x, y[:1].expand_as(y)),
        "every picture of the batch gets the first one's style: each has its own, so index no picture",
    ),
    Mistake(
        lambda x, y: _adain(x, y, use_mean=False) + x.mean((2, 3), keepdim=True),
        "you added the content's mean back: add the style's, μ(y)",
    ),
)

# ---- upsample(x) -----------------------------------------------------------------------------------------------

#: Kept under another name, because the check of ``upsample`` takes the original away while the student's code runs.
INTERPOLATE = F.interpolate


def _doubled(x):
    return (*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])


def _zeros_between(x):
    result = x.new_zeros(_doubled(x))
    result[..., ::2, ::2] = x
    return result


UPSAMPLE_MISTAKES = (
    Mistake(
        lambda x: x.repeat(1, 1, 2, 2),
        "you tiled the whole map 2 × 2 times: every value must be doubled where it stands, `repeat_interleave` instead of `repeat`",
    ),
    Mistake(
        lambda x: INTERPOLATE(x, scale_factor=2, mode="bilinear", align_corners=False),
        "you interpolate between values: nearest up-sampling repeats each one as it is",
    ),
    Mistake(
        _zeros_between,
        "you put zeros between the values: each must fill its 2 × 2 block, and such gaps are what makes checkerboards",
    ),
    Mistake(
        lambda x: x.transpose(2, 3).repeat_interleave(2, 2).repeat_interleave(2, 3).reshape(_doubled(x)),
        "height and width got mixed up: one of your `reshape`s reads the values in another order",
    ),
    Mistake(
        lambda x: x.repeat_interleave(4, 3).reshape(_doubled(x)),
        "every value is there four times, but in a row instead of in a 2 × 2 block: double the height and the width separately",
    ),
)

# ---- training_loss(encoder, decoder, content, style) -----------------------------------------------------------


def _loss(
    encoder,
    decoder,
    content,
    style,
    *,
    target="t",
    decoded="t",
    swap=False,
    against="style",
    layers=STYLE_LAYERS,
    statistics=channel_mean_std,
    judge_t=False,
    reduce=sum,
    distance=F.mse_loss,
    content_distance=None,
    clamp=False,
):
    names = tuple(dict.fromkeys((*layers, "relu4_1")))
    content_features, style_features = encoder(content, names), encoder(style, names)
    pair = content_features["relu4_1"], style_features["relu4_1"]
    t = functional.adain(*(pair[::-1] if swap else pair))
    images = decoder({"t": t, "content": pair[0]}[decoded])
    images = images.clamp(0, 1) if clamp else images
    content_distance = content_distance or distance
    features = encoder(images, names)
    if target == "pixels":
        content_loss = content_distance(images, content)
    else:
        content_loss = content_distance(features["relu4_1"], {"t": t, "content": pair[0], "style": pair[1]}[target])
    judged = {"relu4_1": t} if judge_t else {layer: features[layer] for layer in layers}
    reference = {"style": style_features, "content": content_features}[against]
    terms = [
        sum(distance(a, b) for a, b in zip(statistics(f), statistics(reference[layer]), strict=True))
        for layer, f in judged.items()
    ]
    return content_loss, reduce(terms)


def _variation(**options):
    return lambda *args: _loss(*args, **options)


def _unbiased(features):
    return features.mean((2, 3)), features.std((2, 3))


def _unbiased_with_eps(features):
    return features.mean((2, 3)), (features.var((2, 3)) + functional.EPS).sqrt()


def _norm(value, target):
    return (value - target).norm()


def _norm_per_picture(value, target):
    return (value - target).flatten(1).norm(dim=1).mean()


def _summed(value, target):
    return F.mse_loss(value, target, reduction="sum")


def _summed_per_picture(value, target):
    return _summed(value, target) / len(value)


_UNBIASED = (
    "your standard deviations are the unbiased ones, divided by H·W − 1, which is torch's default: Eq. 6 divides by H·W, so pass "
    "`correction=0`, or take `channel_mean_std`"
)
_NORMS = "you took norms, as Eq. 12 and 13 print them: this course, like the public code, squares the differences and takes their mean"
_SUMS = "you summed the squares: a sum grows with the picture and with the layer's channels, so take the mean, as `F.mse_loss` does"

LOSS_MISTAKES = (
    Mistake(
        _variation(clamp=True),
        "you clamp g(t) to [0, 1] before you encode it again: where the picture leaves that range no gradient brings it back, so clamp for "
        "showing only",
    ),
    Mistake(_variation(statistics=_unbiased), _UNBIASED),
    Mistake(_variation(statistics=_unbiased_with_eps), _UNBIASED),
    Mistake(_variation(distance=_norm), _NORMS),
    Mistake(_variation(distance=_norm_per_picture), _NORMS),
    Mistake(_variation(distance=_summed), _SUMS),
    Mistake(_variation(distance=_summed_per_picture), _SUMS),
    Mistake(
        _variation(distance=F.l1_loss),
        "you took absolute differences: square them, and take the mean, as `F.mse_loss` does",
    ),
    Mistake(
        _variation(distance=lambda a, b: F.mse_loss(a, b).sqrt()),
        "you took the roots of the mean squares: leave the roots out",
    ),
    Mistake(
        lambda *args: _loss(*args)[::-1],
        "you returned the two losses in the wrong order: end with `return content_loss, style_loss`",
    ),
    Mistake(_variation(swap=True), "content and style are swapped in `adain`: the content's features come first"),
    Mistake(
        _variation(decoded="content"),
        "you decoded f(c): that trains a plain autoencoder; decode t = AdaIN(f(c), f(s)) instead (Eq. 10)",
    ),
    Mistake(
        _variation(target="content"),
        "your content loss compares with f(c): Eq. 12 compares with t, because a decoder that inverts f must give back what it was given",
    ),
    Mistake(_variation(target="style"), "your content loss compares with f(s): Eq. 12 compares with t"),
    Mistake(
        _variation(target="pixels"),
        "your content loss compares pixels with the content picture, which forbids any style: compare features, f(g(t)) with t",
    ),
    Mistake(
        _variation(judge_t=True),
        "your style loss judges t itself, and t has the style's statistics by construction: judge the decoded picture, encoded "
        "again, f(g(t))",
    ),
    Mistake(
        _variation(against="content"),
        "your style loss compares with the content picture: compare with the style picture",
    ),
    Mistake(
        _variation(statistics=lambda f: (gram_matrix(f),)),
        "that is Gatys's style loss, on Gram matrices: Eq. 13 compares only the channels' means and standard deviations",
    ),
    Mistake(
        _variation(statistics=lambda f: channel_mean_std(f)[:1]),
        "your style loss has the means only: add the standard deviations (Eq. 13)",
    ),
    Mistake(
        _variation(statistics=lambda f: channel_mean_std(f)[1:]),
        "your style loss has the standard deviations only: add the means (Eq. 13)",
    ),
    Mistake(
        _variation(statistics=lambda f: (f.mean((2, 3)), f.var((2, 3), correction=0))),
        "your style loss compares variances: Eq. 13 compares standard deviations, `channel_mean_std` gives them",
    ),
    Mistake(
        _variation(layers=("relu4_1",)),
        "your style loss has relu4_1 only: sum over all four layers of `STYLE_LAYERS`, where the strokes' texture lives",
    ),
    Mistake(
        _variation(reduce=lambda terms: sum(terms) / len(terms)), "you averaged over the layers: Eq. 13 is their sum"
    ),
    *(
        Mistake(
            _variation(layers=tuple(layer for layer in STYLE_LAYERS if layer != left_out)),
            f"your style loss leaves {left_out} out: sum over all four layers of `STYLE_LAYERS`",
        )
        for left_out in tuple(STYLE_LAYERS)[:3]
    ),
)

# ---- stylize(encoder, decoder, content, style, alpha) ----------------------------------------------------------


def features_of(encoder, content, style):
    """f(c), f(s) and t at relu4_1."""
    f, s = encoder(content)["relu4_1"], encoder(style)["relu4_1"]
    return f, s, functional.adain(f, s)


def _blended(formula):
    def wrong(encoder, decoder, content, style, alpha):
        return formula(decoder, content, *features_of(encoder, content, style), alpha)

    return wrong


def _of_pictures(formula):
    """The wrong versions that act on pictures before they are encoded."""

    def wrong(encoder, decoder, content, style, alpha):
        def paint(first, second):
            return decoder(features_of(encoder, first, second)[2])

        return formula(lambda images: decoder(encoder(images)["relu4_1"]), paint, content, style, alpha)

    return wrong


_ON_INPUTS = (
    "alpha acts on the input pictures in yours, before they are encoded, which is a double exposure: encode each by itself, and blend the "
    "features f(c) and t (Eq. 14)"
)

ALPHA_MISTAKES = (
    Mistake(_of_pictures(lambda again, paint, c, s, a: again((1 - a) * c + a * s)), _ON_INPUTS),
    Mistake(_of_pictures(lambda again, paint, c, s, a: paint((1 - a) * c + a * s, s)), _ON_INPUTS),
    Mistake(_of_pictures(lambda again, paint, c, s, a: paint(c, (1 - a) * c + a * s)), _ON_INPUTS),
    Mistake(_of_pictures(lambda again, paint, c, s, a: paint(c, a * s)), _ON_INPUTS),
    Mistake(_of_pictures(lambda again, paint, c, s, a: paint((1 - a) * c, a * s)), _ON_INPUTS),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(f + a * (t - f) * a)),
        "alpha acts twice in yours: it is a straight line, `(1 - alpha) * content_features + alpha * t`",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g((1 - a) * s + a * functional.adain(s, f))),
        "content and style are swapped: blend the content's features with AdaIN(f(c), f(s))",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(functional.adain(f, a * s))),
        "you scale the style's features by alpha before AdaIN, which makes a darker style, not a weaker one: blend f(c) with t",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: a * g(t)),
        "alpha makes the finished picture darker in yours: it is the share of t among the features, the rest is the content's",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(functional.adain(f, (1 - a) * f + a * s) if f.shape == s.shape else t)),
        "you mix the two feature maps and take the statistics of the mixture: blend f(c) with AdaIN's output t",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(functional.adain((1 - a) * f + a * t, s))),
        "you apply AdaIN after the blend, which puts the full style back: blend last, then decode",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(a * f + (1 - a) * t)),
        "your alpha runs backwards: 0 is the content, 1 the style",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: (1 - a) * g(f) + a * g(t)),
        "you blend two decoded pictures, that is in pixel space: blend the features and decode once (Eq. 14)",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: (1 - a) * c + a * g(t)),
        "you blend the stylized picture with the photograph, that is in pixel space: blend the features and decode once (Eq. 14)",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(f + a * t)),
        "your shares do not sum to 1: the content's features get `1 - alpha`",
    ),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g(a * t)),
        "the content's share is missing: add `(1 - alpha) * content_features`",
    ),
    Mistake(_blended(lambda g, c, f, s, t, a: g(t)), "your function ignores alpha: it always gives the full style"),
    Mistake(
        _blended(lambda g, c, f, s, t, a: g((1 - a) * f + a * s)),
        "you blend with the style picture's features, whose objects then shine through: blend with AdaIN's output t",
    ),
)
