"""The wrong implementations that people write in lesson 04, each with the sentence that helps."""

from __future__ import annotations

import torch

from adain_lab.checks.probe import Mistake
from adain_lab.functional import gram_matrix

__all__ = ["INSTANCE_NORM_MISTAKES", "LOSS_MISTAKES", "STATISTICS_MISTAKES", "UNBIASED"]

UNBIASED = "your variance is the unbiased one, divided by H·W − 1, which is torch's default: Eq. 6 divides by H·W, so pass `correction=0`"

# ---- instance_norm(features, gamma, beta, eps) -----------------------------------------------------------------------


def _instance_norm(
    x, gamma, beta, eps, *, dim=(2, 3), correction=0, keepdim=True, reshape=True, inside=True, root=True
):
    variance, mean = torch.var_mean(x, dim=dim, correction=correction, keepdim=keepdim)
    std = (variance + eps if inside else variance) ** (0.5 if root else 1)
    if not inside:
        std = std + eps
    if reshape:
        gamma, beta = gamma.view(1, -1, 1, 1), beta.view(1, -1, 1, 1)
    return gamma * (x - mean) / std + beta


def _variation(**options):
    return lambda x, gamma, beta, eps: _instance_norm(x, gamma, beta, eps, **options)


def _with(formula):
    """A wrong version: ``formula(x, mean, variance, gamma, beta, eps)``."""

    def wrong(x, gamma, beta, eps):
        variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
        return formula(x, mean, variance, gamma.view(1, -1, 1, 1), beta.view(1, -1, 1, 1), eps)

    return wrong


INSTANCE_NORM_MISTAKES = (
    Mistake(
        _with(lambda x, m, v, g, b, eps: g * (x - m) / (v + eps**2).sqrt() + b),
        "you squared eps: Eq. 6 adds it to the variance as it is",
    ),
    Mistake(
        _with(lambda x, m, v, g, b, eps: g * (x - m) / ((v + eps).sqrt() + eps) + b),
        "you added eps twice, inside and outside the root: Eq. 6 has it inside only",
    ),
    Mistake(
        _with(lambda x, m, v, g, b, eps: g * ((x - m) / (v + eps).sqrt() + b)),
        "gamma multiplies beta, too, in yours: multiply first, then add beta",
    ),
    Mistake(
        _with(lambda x, m, v, g, b, eps: g**2 * (x - m) / (v + eps).sqrt() + b),
        "gamma acts twice: it is the new standard deviation, so multiply by it once",
    ),
    Mistake(
        _with(lambda x, m, v, g, b, eps: g * x / (v + eps).sqrt() + b),
        "you did not subtract the mean: (x − μ), then divide by the deviation",
    ),
    Mistake(
        _with(lambda x, m, v, g, b, eps: g * (x - m) / (v + eps).sqrt() + b + m),
        "you added the old mean back: beta takes its place",
    ),
    Mistake(_with(lambda x, m, v, g, b, eps: g * (x - m) / (v + eps).sqrt() - b), "you subtract beta: add it"),
    Mistake(
        _with(lambda x, m, v, g, b, eps: (x - m) / (g * (v + eps).sqrt()) + b),
        "you divide by gamma: multiply by it",
    ),
    Mistake(
        _variation(dim=(0, 2, 3)),
        "your statistics are taken over the whole batch: that is batch normalisation (Eq. 1); each picture has its own: `dim=(2, 3)`",
    ),
    Mistake(
        _variation(dim=(1, 2, 3)),
        "your statistics mix the channels: that is layer normalisation; each channel has its own, so use `dim=(2, 3)`",
    ),
    Mistake(
        _variation(keepdim=False),
        "your statistics have shape (B, C), and here H × W happens to be B × C, so they broadcast over the wrong axes without an error: "
        "pass `keepdim=True`",
    ),
    Mistake(
        _variation(reshape=False),
        "gamma and beta have shape (C,), which broadcasts over the width, not over the channels: give them the shape (1, C, 1, 1) first, "
        "`gamma.view(1, -1, 1, 1)`",
    ),
    Mistake(_variation(correction=1), UNBIASED),
    Mistake(
        _variation(inside=False),
        "your eps stands outside the root, std + eps: Eq. 6 has it inside, sqrt(variance + eps)",
    ),
    Mistake(_variation(root=False), "you divided by the variance: divide by its square root, sqrt(variance + eps)"),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, gamma, beta, 0.0),
        "eps is missing: a channel that is the same everywhere has variance 0, and 0 / 0 is NaN; add eps to the variance, inside the root",
    ),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, gamma, beta, 1e-5),
        "your function ignores its argument `eps`: use it instead of a number of your own",
    ),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, beta, gamma, eps),
        "you exchanged gamma and beta: gamma multiplies (the new standard deviation), beta is added (the new mean)",
    ),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, torch.ones_like(gamma), torch.zeros_like(beta), eps),
        "the features are normalised, but gamma and beta are never put in",
    ),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, torch.ones_like(gamma), beta, eps),
        "gamma is missing: multiply by it",
    ),
    Mistake(
        lambda x, gamma, beta, eps: _instance_norm(x, gamma, torch.zeros_like(beta), eps),
        "beta is missing: add it at the end",
    ),
)

# ---- style_statistics(features, eps)
# -----------------------------------------------------------------------------------


def _parts(x, eps, *, dim=(2, 3), correction=0, inside=True, root=True):
    variance, mean = torch.var_mean(x, dim=dim, correction=correction, keepdim=True)
    std = (variance + eps if inside else variance) ** (0.5 if root else 1)
    shape = (*x.shape[:2], 1, 1)
    return mean.expand(shape).flatten(1), (std if inside else std + eps).expand(shape).flatten(1)


def _statistics(x, eps, **options):
    return torch.cat(_parts(x, eps, **options), 1)


def _vector(**options):
    return lambda x, eps: _statistics(x, eps, **options)


STATISTICS_MISTAKES = (
    Mistake(
        lambda x, eps: torch.cat([x.mean((2, 3)), x.std((2, 3)) + eps], 1),
        f"{UNBIASED}; and eps belongs inside the root, sqrt(variance + eps)",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.mean((2, 3)) + eps, _parts(x, eps)[1]], 1),
        "you added eps to the means as well: it belongs to the variances only",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.mean((2, 3)), (x - x.mean((2, 3), keepdim=True)).abs().mean((2, 3))], 1),
        "you took the mean of the absolute deviations: the standard deviation is the root of their mean square",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.flatten(2).median(2).values, _parts(x, eps)[1]], 1),
        "your first half holds medians: take the means",
    ),
    Mistake(
        lambda x, eps: torch.nn.functional.normalize(_statistics(x, eps)),
        "you scaled every row to length 1: how strong the channels are belongs to the style, so leave the numbers as they are",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.amax((2, 3)), x.amin((2, 3))], 1),
        "those are the largest and the smallest values: take mean and standard deviation",
    ),
    Mistake(
        lambda x, eps: torch.cat(_parts(x, eps)[::-1], 1),
        "the standard deviations stand before the means: the means come first",
    ),
    Mistake(
        lambda x, eps: torch.stack(_parts(x, eps), 2).flatten(1),
        "means and standard deviations alternate: first all C means, then all C standard deviations, `torch.cat([mean, std], dim=1)`",
    ),
    Mistake(_vector(correction=1), UNBIASED),
    Mistake(_vector(root=False), "the second half holds variances: take the root, sqrt(variance + eps)"),
    Mistake(
        _vector(inside=False), "your eps stands outside the root, std + eps: Eq. 6 has it inside, sqrt(variance + eps)"
    ),
    Mistake(
        lambda x, eps: _statistics(x, 0.0),
        "the argument `eps` does not arrive: add it to the variance, inside the root, or a flat channel's standard deviation is 0 and its "
        "gradient infinite",
    ),
    Mistake(
        _vector(dim=(0, 2, 3)),
        "your statistics are taken over the whole batch: each picture is a style of its own, so use `dim=(2, 3)`",
    ),
    Mistake(
        _vector(dim=(1, 2, 3)),
        "your statistics mix the channels, as layer normalisation does: each channel has its own, so use `dim=(2, 3)`",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.mean((2, 3)) / x.shape[1], _parts(x, eps)[1]], 1),
        "your means are divided by C·H·W: each channel has H·W positions, so divide by H·W",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.sum((2, 3)), _parts(x, eps)[1]], 1),
        "your means are sums, which grow with the picture's size: divide by H·W",
    ),
    Mistake(
        lambda x, eps: torch.cat([x.mean((2, 3)), (x.square().mean((2, 3)) + eps).sqrt()], 1),
        "your standard deviation measures the distance from 0: subtract the mean before squaring",
    ),
)

# ---- statistics_loss(features, style_features)
# ---------------------------------------------------------------------------


def _moments(f, correction=0):
    return f.mean((2, 3)), (f.var((2, 3), correction=correction) + 1e-5).sqrt()


def _loss(features, style_features, *, statistics=_moments, distance=None, reduce=sum):
    distance = distance or (lambda a, b: (a - b).square().mean())
    terms = []
    for layer, f in features.items():
        pairs = zip(statistics(f), statistics(style_features[layer]), strict=True)
        terms.append(sum(distance(a, b) for a, b in pairs))
    return reduce(terms)


def _loss_variation(**options):
    return lambda features, style_features: _loss(features, style_features, **options)


LOSS_MISTAKES = (
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).square().sum(1).mean()),
        "your squares are summed over the channels: this course takes their mean, so that layers with many channels count no more",
    ),
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).norm(dim=1).mean()),
        "your loss takes Euclidean norms, as Eq. 13 prints: this course, like public code, takes the mean of the squares",
    ),
    Mistake(
        lambda features, style_features: _loss(features, style_features) / 2,
        "you averaged the means' term and the deviations' term: Eq. 13 adds them",
    ),
    Mistake(
        lambda features, style_features: _loss(
            features, style_features, distance=lambda a, b: (a - b).square().mean().sqrt()
        ),
        "you take roots of the mean squares: leave the roots out",
    ),
    Mistake(
        _loss_variation(statistics=lambda f: (f.mean((2, 3)) + f.std((2, 3), correction=0),)),
        "you added mean and deviation before comparing, so that they can make up for each other: compare each with its own",
    ),
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).mean()),
        "you forgot to square: differences of both signs cancel, and a loss below 0 is no loss",
    ),
    Mistake(
        _loss_variation(statistics=lambda f: (gram_matrix(f),)),
        "that is Gatys's loss, on Gram matrices: Eq. 13 compares only the channels' means and standard deviations",
    ),
    Mistake(
        _loss_variation(statistics=lambda f: _moments(f)[:1]),
        "your loss has the means only: add the standard deviations (Eq. 13)",
    ),
    Mistake(
        _loss_variation(statistics=lambda f: _moments(f)[1:]),
        "your loss has the standard deviations only: add the means (Eq. 13)",
    ),
    Mistake(
        _loss_variation(statistics=lambda f: (f.mean((2, 3)), f.var((2, 3), correction=0))),
        "your loss compares variances: Eq. 13 compares standard deviations",
    ),
    Mistake(_loss_variation(statistics=lambda f: _moments(f, correction=1)), UNBIASED),
    Mistake(
        _loss_variation(statistics=lambda f: _moments(f.transpose(0, 1).reshape(1, f.shape[1], -1, f.shape[3]))),
        "your statistics are taken over the whole batch: each picture is compared with its own style, so use `dim=(2, 3)`",
    ),
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).square().sum()),
        "your squares are summed over the channels: this course takes their mean, so that layers with many channels count no more",
    ),
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).abs().mean()),
        "your loss takes absolute differences: square them, so that the gradient falls with the distance",
    ),
    Mistake(
        _loss_variation(distance=lambda a, b: (a - b).norm()),
        "your loss takes Euclidean norms, as Eq. 13 prints: this course, like public code, takes the mean of the squares",
    ),
    Mistake(
        _loss_variation(reduce=lambda terms: sum(terms) / len(terms)),
        "you averaged over the layers: Eq. 13 is their sum",
    ),
    Mistake(
        _loss_variation(reduce=lambda terms: terms[-1]),
        "your loss has the last layer only: sum over all layers of `features`",
    ),
    Mistake(
        _loss_variation(reduce=lambda terms: terms[0]),
        "your loss has the first layer only: is `return` inside the loop?",
    ),
)
