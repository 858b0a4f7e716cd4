"""The wrong implementations that people write in lesson 02, each with the sentence that helps."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab import functional
from adain_lab.checks.probe import Mistake

__all__ = ["CONTENT_MISTAKES", "GRAM_MISTAKES", "STYLE_MISTAKES"]

# ---- content_loss(features, target) ------------------------------------------------------------------------------

CONTENT_MISTAKES = (
    Mistake(
        lambda f, target: (f - target).square().sum(),
        "you summed the squares: a sum grows with the picture's size, so take the mean over all elements",
    ),
    Mistake(
        lambda f, target: 0.5 * (f - target).square().sum(),
        "that is Gatys' Eq. 1 as printed, half the sum of squares: right, but it grows with the picture's size, so take the mean here",
    ),
    Mistake(
        lambda f, target: 0.5 * (f - target).square().mean(),
        "the mean of squares is right, and there is a factor ½ too much",
    ),
    Mistake(
        lambda f, target: (f - target).mean(), "the differences are not squared, so that plus and minus cancel out"
    ),
    Mistake(lambda f, target: (f - target).abs().mean(), "you took absolute differences: square them (Gatys Eq. 1)"),
    Mistake(
        lambda f, target: (f - target).square().mean().sqrt(),
        "you took the root of the mean square: leave the root out",
    ),
    Mistake(
        lambda f, target: (f - target).norm(),
        "you took the norm, the root of the sum of squares: take the mean of the squares, without a root",
    ),
    Mistake(
        lambda f, target: (f - target).square().sum() / f.shape[1],
        "you divided by the number of channels only: take the mean over all elements, `.mean()`",
    ),
    Mistake(
        lambda f, target: (f - target).square().sum(1).mean(),
        "you summed over the channels and averaged over the places: take the mean over all elements, `.mean()`",
    ),
    Mistake(
        lambda f, target: (f - target).square().sum() / 4 / f[0].numel() ** 2,
        "the factor ¼ and the squared sizes belong to the Gram matrices' loss (Gatys Eq. 4): here take the mean of the squares",
    ),
    Mistake(
        lambda f, target: F.mse_loss(f, target) / target.square().mean(),
        "you divided by the target's mean square: a relative error comes in lesson 03, here it is the plain mean of squares",
    ),
    Mistake(
        lambda f, target: (functional.gram_matrix(f) - functional.gram_matrix(target)).square().mean(),
        "you compare Gram matrices, which know no places: that is the style; compare the features element by element",
    ),
    Mistake(
        lambda f, target: (f.mean((2, 3)) - target.mean((2, 3))).square().mean(),
        "you compare the channels' means: the content is in the places, so compare the features element by element",
    ),
)

# ---- gram_matrix(features) ---------------------------------------------------------------------------------------


def _gram(features, *, divide=lambda b, c, h, w: h * w, centre=False, change=lambda f: f):
    b, c, h, w = features.shape
    f = change(features.flatten(2))
    if centre:
        f = f - f.mean(2, keepdim=True)
    return f @ f.transpose(1, 2) / divide(b, c, h, w)


def _mixed_up(features):
    b, c, h, w = features.shape
    f = features.permute(0, 2, 3, 1).reshape(b, c, h * w)
    return f @ f.transpose(1, 2) / (h * w)


def _over_the_batch(features):
    b, c, h, w = features.shape
    f = features.transpose(0, 1).flatten(1)
    return (f @ f.T / (h * w)).expand(b, c, c)


GRAM_MISTAKES = (
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: c),
        "you divided by the number of channels: divide by H·W, the number of places that are averaged over",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: h * w - 1),
        "you divided by H·W − 1, as for an unbiased covariance: a Gram matrix is the plain mean over H·W places",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: (h * w) ** 2),
        "you divided by (H·W)²: every entry is a mean over H·W places, so divide once",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: h),
        "you divided by the height only: there are H·W places",
    ),
    Mistake(
        lambda f: f.mean((2, 3))[:, :, None] * f.mean((2, 3))[:, None, :],
        "you multiplied the channels' means: multiply at every place first, and average the products",
    ),
    Mistake(
        lambda f: _gram(f).abs().sqrt(),
        "there is a root too many: an entry is the mean of products, as it is",
    ),
    Mistake(
        lambda f: torch.triu(_gram(f)),
        "one half of your matrix is empty: it is symmetric, channel i with j is channel j with i",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: 1),
        "the products are not divided by H·W: without that a larger picture has larger Gram matrices and cannot be compared",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: c * h * w),
        "you divided by C·H·W, as many programs do: here it is H·W, the number of places that are averaged over",
    ),
    Mistake(
        lambda f: _gram(f, divide=lambda b, c, h, w: b * c * h * w),
        "you divided by B·C·H·W, as PyTorch's tutorial does: divide by H·W",
    ),
    Mistake(
        lambda f: _gram(f, centre=True),
        "you took the means out first: that is the covariance; a Gram matrix keeps the means, and colours are in them",
    ),
    Mistake(
        lambda f: _gram(f, change=lambda x: F.normalize(x, dim=2)) * f.shape[2] * f.shape[3],
        "you normalised every channel: that is the correlation; how strong a channel is belongs to the style",
    ),
    Mistake(
        _over_the_batch,
        "your sum runs over the batch too: every picture has a Gram matrix of its own; keep the first dimension and use `@` on the rest",
    ),
    Mistake(
        _mixed_up,
        "the values got mixed up on the way to (B, C, H·W): `features.flatten(2)` keeps the channels together",
    ),
)

# ---- style_loss(features, style_features, weights) ---------------------------------------------------------------


def _style(
    features,
    style_features,
    weights,
    *,
    gram=functional.gram_matrix,
    weigh=lambda w, n: w,
    reduce=torch.mean,
    layers=None,
):
    names = layers(list(weights)) if layers else list(weights)
    return sum(
        weigh(weights[name], len(weights)) * reduce((gram(features[name]) - gram(style_features[name])).square())
        for name in names
    )


def _variation(**options):
    return lambda *args: _style(*args, **options)


STYLE_MISTAKES = (
    Mistake(
        lambda f, s, w: sum(w[k] * F.mse_loss(f[k], F.interpolate(s[k], f[k].shape[2:])) for k in w),
        "you compare the features themselves, and with them the places: compare their Gram matrices",
    ),
    Mistake(
        _variation(weigh=lambda w, n: 1.0),
        "the layers' weights are not used: multiply each layer's term with `weights[layer]`",
    ),
    Mistake(
        lambda f, s, w: _style(f, s, w) / sum(w.values()),
        "you divided by the sum of the weights: Gatys' Eq. 5 is the weighted sum",
    ),
    Mistake(
        _variation(gram=lambda f: functional.gram_matrix(f) / f.shape[1]),
        "your Gram matrices are divided by C·H·W: here it is H·W, as `adain_lab.gram_matrix` has it",
    ),
    Mistake(
        _variation(reduce=lambda square: square.sum().sqrt()),
        "you took the norm of each difference: take the mean of the squares, without a root",
    ),
    Mistake(
        lambda f, s, w: sum(
            w[k] * (functional.gram_matrix(f[k]) - functional.gram_matrix(s[k])).abs().mean() for k in w
        ),
        "you took absolute differences: square them (Gatys Eq. 4)",
    ),
    Mistake(
        lambda f, s, w: sum(w[k] * (functional.gram_matrix(f[k]) - functional.gram_matrix(s[k])).mean() for k in w),
        "the differences are not squared, so that plus and minus cancel out",
    ),
    Mistake(lambda f, s, w: 0.5 * _style(f, s, w), "there is a factor ½ too much in front of your sum"),
    Mistake(
        lambda f, s, w: sum(_style(f, s, {k: 1.0}) for k in w) * sum(w.values()) / len(w),
        "every layer counts with the mean of the weights: multiply each layer's term with its own, `weights[layer]`",
    ),
    Mistake(_variation(weigh=lambda w, n: w / n), "you averaged over the layers: Gatys' Eq. 5 is the weighted sum"),
    Mistake(_variation(weigh=lambda w, n: w**2), "the weights are squared: multiply them after the square, not before"),
    Mistake(_variation(reduce=torch.sum), "you summed over the entries of the matrices: take their mean"),
    Mistake(
        lambda f, s, w: _style(f, s, w, reduce=lambda d: d.sum() / 4 / d.shape[-1] ** 2),
        "the factor ¼ of Gatys' Eq. 4 is right on paper: here the squares' mean is asked for, without it",
    ),
    Mistake(
        _variation(layers=lambda names: names[-1:]),
        "only the last layer counts in your loss: `return` may stand inside the loop",
    ),
    Mistake(
        _variation(layers=lambda names: names[:1]),
        "only the first layer counts in your loss: `return` may stand inside the loop",
    ),
    Mistake(
        _variation(gram=lambda f: f.flatten(2) @ f.flatten(2).transpose(1, 2)),
        "your Gram matrices are not divided by H·W: pictures of different sizes cannot be compared then",
    ),
    Mistake(
        _variation(gram=lambda f: f.mean((2, 3))),
        "you compare the channels' means: Gram matrices hold how channels appear together (lesson 04 comes back to means)",
    ),
)
