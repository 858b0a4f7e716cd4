"""The wrong implementations that people write in lesson 06, each with the sentence that helps."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from adain_lab.checks.probe import Mistake
from adain_lab.controls.color import keep_luminance
from adain_lab.controls.masks import to_features
from adain_lab.controls.regions import region_mean_std
from adain_lab.functional import EPS, adain, apply_statistics, channel_mean_std

__all__ = [
    "INTERPOLATE_MISTAKES",
    "MASKED_MISTAKES",
    "MATCH_MISTAKES",
    "UNRESIZED",
    "color_moments",
    "correlation",
    "power",
    "std",
]

# ---- interpolate(content_features, style_features, weights) ----------------------------------------------------


def _mixed(x, styles, weights, *, share=lambda w: w / w.sum(), combine=None):
    """AdaIN with statistics that ``combine`` makes of the styles' stacked means and standard deviations."""
    shares = share(torch.tensor([float(w) for w in weights], dtype=x.dtype)).view(-1, 1, 1, 1, 1)
    means, stds = (torch.stack(part) for part in zip(*map(channel_mean_std, styles), strict=True))
    mean, std = combine(shares, means, stds) if combine else ((shares * means).sum(0), (shares * stds).sum(0))
    return apply_statistics(x, mean, std)


def _unbiased_adain(x, y):
    (content_mean, content_std), (mean, std) = (
        (f.mean((2, 3), keepdim=True), (f.var((2, 3), keepdim=True) + EPS).sqrt()) for f in (x, y)
    )
    return std * (x - content_mean) / content_std + mean


def _averaged_maps(x, styles, weights):
    shares = [w / sum(weights) for w in weights]
    size = styles[0].shape[2:]
    maps = [s if s.shape[2:] == size else F.interpolate(s, size=size, mode="bilinear") for s in styles]
    return adain(x, sum(share * s for share, s in zip(shares, maps, strict=True)))


def _one_after_another(x, styles, weights):
    for style, weight in zip(styles, weights, strict=True):
        share = weight / sum(weights)
        x = (1 - share) * x + share * adain(x, style)
    return x


def _pooled(shares, means, stds):
    mean = (shares * means).sum(0)
    return mean, ((shares * (stds**2 + means**2)).sum(0) - mean**2).clamp_min(0).sqrt()


INTERPOLATE_MISTAKES = (
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w),
        "your weights do not sum to 1: divide each by their sum first (Eq. 15), or 2, 1, 1 paints four times as strong as one style",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w / len(w)),
        "you divided the weights by the number of styles: divide by the sum of the weights",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w.softmax(0)),
        "you normalised with a softmax, which gives a style of weight 0 a share and changes all proportions: divide by the sum",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w / w.max()),
        "you divided the weights by the largest one: divide by their sum, so that the shares sum to 1",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w / w.norm()),
        "you divided the weights by their norm: divide by their sum, so that the shares sum to 1",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w**2 / (w**2).sum()),
        "your weights are squared before they are normalised: divide them by their sum as they are",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: w.flip(0) / w.sum()),
        "the weights go to the wrong styles: the first weight belongs to the first style",
    ),
    Mistake(
        lambda x, s, w: adain(x, s[list(w).index(max(w))]),
        "only the style with the largest weight is left: every style counts with its share",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=lambda a, m, d: ((a * m).sum(0), (d**a).prod(0))),
        "you averaged the logarithms of the deviations, a geometric mean: Eq. 15 averages the deviations themselves",
    ),
    Mistake(
        lambda x, s, w: sum(weight / sum(w) * _unbiased_adain(x, style) for weight, style in zip(w, s, strict=True)),
        "your deviations are the unbiased ones, divided by H·W − 1, which is torch's default: pass `correction=0`, or take "
        "`channel_mean_std`",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=torch.ones_like),
        "you added the styles up and the weights are not used: each style counts with its share",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, share=lambda w: torch.full_like(w, 1 / len(w))),
        "every style has the same share in your mixture: the weights are not used",
    ),
    Mistake(
        _averaged_maps,
        "you averaged the styles' feature maps, as one would fade pictures into each other, and took the statistics of that: what is "
        "bright in one and dark in the other cancels out, so average the statistics",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=lambda a, m, d: ((a * m).sum(0), (a * d**2).sum(0).sqrt())),
        "you averaged the variances and took the root at the end: Eq. 15 averages the standard deviations themselves",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=lambda a, m, d: ((a * m).sum(0), (a * d**2).sum(0))),
        "you scaled by a variance: average the standard deviations, and scale by that",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=_pooled),
        "those are the statistics of all styles' positions thrown together, which count the differences between the styles' means as "
        "contrast: Eq. 15 averages the standard deviations",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=lambda a, m, d: ((a * m).sum(0), d[0])),
        "the means are mixed and the standard deviation is the first style's: mix both",
    ),
    Mistake(
        lambda x, s, w: _mixed(x, s, w, combine=lambda a, m, d: (m[0], (a * d).sum(0))),
        "the standard deviations are mixed and the mean is the first style's: mix both",
    ),
    Mistake(
        _one_after_another,
        "you applied the styles one after another, so that each washes out those before it: sum AdaIN of the *content* with every style",
    ),
    Mistake(
        lambda x, s, w: adain(x, s[-1]),
        "only the last style is left: does your loop overwrite its result instead of adding to it?",
    ),
)

# ---- match_color(style, content) -------------------------------------------------------------------------------

_TINY = 1e-6


def color_moments(images, centre=True, eps=_TINY):
    """Mean (3, 1) and covariance (3, 3) of the first picture's pixels, and the pixels (3, N)."""
    pixels = images[0].double().flatten(1)
    mean = pixels.mean(1, keepdim=True)
    around = pixels - mean if centre else pixels
    covariance = around @ around.T / pixels.shape[1] + eps * torch.eye(3, dtype=torch.float64)
    return mean, covariance, pixels


def power(matrix, exponent):
    """A power of a symmetric positive matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.T


def _symmetric(s, c):
    return power(c, 0.5) @ power(s, -0.5)


def _lower(matrix):
    return torch.linalg.cholesky(matrix)


def _matched(style, content, *, transform=_symmetric, centre=True, take=True, put="content"):
    style_mean, style_covariance, pixels = color_moments(style, centre)
    content_mean, content_covariance, _ = color_moments(content, centre)
    moved = transform(style_covariance, content_covariance) @ (pixels - (style_mean if take else 0))
    return (moved + {"content": content_mean, "style": style_mean, "nothing": 0}[put]).view(style.shape)


def _by(transform):
    return lambda style, content: _matched(style, content, transform=transform)


def std(covariance):
    """The channels' standard deviations as a diagonal matrix."""
    return torch.diag(covariance.diag().sqrt())


def correlation(covariance):
    """A covariance with the standard deviations divided out."""
    return std(covariance).inverse() @ covariance @ std(covariance).inverse()


def _per_channel(s, c):
    return std(c) @ std(s).inverse()


_SWAPPED = (
    "you matched the content to the style: it is the style picture whose colours change, and the content says to what"
)
_ORDER = (
    "your two roots stand in the wrong order: whiten with the style's first, then colour with the content's, so the content's root "
    "stands at the left"
)

MATCH_MISTAKES = (
    Mistake(lambda style, content: _matched(content, style), _SWAPPED),
    Mistake(
        lambda style, content: keep_luminance(style, content),
        "that is the other method: it takes the colours of the content's pixels one by one, so both pictures must have one size; here the "
        "style's colours change as a whole, by one 3 × 3 matrix",
    ),
    Mistake(
        _by(lambda s, c: torch.eye(3, dtype=s.dtype)),
        "you moved the mean and left the covariance as it was: the matrix between the two means is missing",
    ),
    Mistake(
        _by(_per_channel),
        "you matched red, green and blue one at a time, by their standard deviations: how the channels vary *together*, the covariance, is "
        "still the style's",
    ),
    Mistake(
        lambda style, content: _matched(style, content, centre=False),
        "your covariance is not centred: subtract the mean from the pixels before you multiply them with their transpose",
    ),
    Mistake(_by(lambda s, c: power(s, -0.5) @ power(c, 0.5)), _ORDER),
    Mistake(_by(lambda s, c: torch.linalg.inv(_lower(s)) @ _lower(c)), _ORDER),
    Mistake(
        _by(lambda s, c: std(c) @ power(correlation(s), -0.5) @ power(correlation(c), 0.5) @ std(s).inverse()), _ORDER
    ),
    Mistake(
        _by(lambda s, c: _lower(c).T @ torch.linalg.inv(_lower(s)).T),
        "your Cholesky factors are the transposed ones: with Σ = L Lᵀ the map is L_content L_style⁻¹, both lower triangular",
    ),
    Mistake(
        _by(lambda s, c: c @ torch.linalg.inv(s)),
        "you multiplied with the covariances themselves: a map A turns Σ into A Σ Aᵀ, so A needs their roots",
    ),
    Mistake(
        _by(lambda s, c: c.sqrt() @ torch.linalg.inv(s.sqrt())),
        "`torch.sqrt` takes the root of every entry: the root of a matrix takes the roots of its eigenvalues (`torch.linalg.eigh`)",
    ),
    Mistake(
        _by(lambda s, c: power(c, 0.5) @ power(s, 0.5)),
        "you multiplied with the style's root where you should divide: whitening uses the power −1/2",
    ),
    Mistake(
        _by(lambda s, c: power(s, -0.5)),
        "you whitened the style's colours and did not colour them again: multiply by the content's root",
    ),
    Mistake(
        _by(lambda s, c: power(c, 0.5)),
        "you coloured without whitening first: multiply by the power −1/2 of the style's covariance",
    ),
    Mistake(
        lambda style, content: _matched(style, content, put="nothing"),
        "the covariance is right and the mean is missing: add the content's",
    ),
    Mistake(
        lambda style, content: _matched(style, content, put="style"),
        "the covariance is right, but the mean is still the style's: add the content's instead",
    ),
    Mistake(
        lambda style, content: _matched(style, content, take=False),
        "you multiplied before taking the style's mean out: subtract it first, or the matrix moves it too",
    ),
)

# ---- masked_adain(content_features, styles, masks) -------------------------------------------------------------

#: What people get who leave the masks at the picture's size; it raises, so no output can be compared.
UNRESIZED = (
    "the masks have the picture's size and the features an eighth of it: average the masks down to the features' height and width first, "
    'with `F.adaptive_avg_pool2d` or `F.interpolate(..., mode="area")`'
)


def _masked(features, styles, masks, *, cells=None, statistics=region_mean_std, rest=True, blend=True, hard=False):
    cells = to_features(masks, *features.shape[2:]) if cells is None else cells
    if hard:
        cells = (cells > 0.5).to(features)
    result = (1 - cells.sum(0)) * features if rest else torch.zeros_like(features)
    for (style_mean, style_std), cell in zip(styles, cells, strict=True):
        mean, std = statistics(features, cell)
        stylized = style_std * (features - mean) / std + style_mean
        result = result + (cell * stylized if blend else stylized)
    return result


def _zeros_count(features, cell):
    return channel_mean_std(features * cell)


def _whole_variance(features, cell):
    mean, _ = region_mean_std(features, cell)
    return mean, ((cell * (features - mean) ** 2).mean((2, 3), keepdim=True) + EPS).sqrt()


def _unbiased_region(features, cell):
    mean, _ = region_mean_std(features, cell)
    total = (cell * (features - mean) ** 2).sum((2, 3), keepdim=True)
    return mean, (total / (cell.sum() - 1).clamp_min(1e-8) + EPS).sqrt()


def _square_weights(features, cell):
    return region_mean_std(features, cell**2)


def _cut_out(features, styles, masks):
    """AdaIN of the masked maps, added up: the zeros outside are moved to the style's mean as well."""
    cells = to_features(masks, *features.shape[2:])
    return sum(apply_statistics(features * cell, *style) for style, cell in zip(styles, cells, strict=True))


def _without_guard(features, cell):
    share = cell / cell.sum()
    mean = (share * features).sum((2, 3), keepdim=True)
    return mean, ((share * (features - mean) ** 2).sum((2, 3), keepdim=True) + EPS).sqrt()


def _shrunk(mode):
    def wrong(features, styles, masks):
        size = tuple(features.shape[2:])
        if mode == "max":
            cells = F.adaptive_max_pool2d(masks[None], size)[0]
        elif mode == "smooth":
            cells = F.interpolate(masks[None], size=size, mode="bilinear", antialias=True)[0]
        elif mode == "corner":
            cells = masks[:, 7::8, 7::8]
        else:
            cells = F.interpolate(masks[None], size=size, mode=mode)[0]
        return _masked(features, styles, masks, cells=cells)

    return wrong


_NEAREST = (
    "your masks are made smaller by taking one pixel of each 8 × 8 block (nearest neighbour), so that edges are hard and can miss a cell: "
    'take the mean of the block, with `F.adaptive_avg_pool2d` or `mode="area"`'
)
_BILINEAR = (
    "your masks are made smaller by bilinear interpolation, which looks at the pixels in the middle of each 8 × 8 block and at no others: "
    'take the mean of the whole block, with `F.adaptive_avg_pool2d` or `mode="area"`'
)

MASKED_MISTAKES = (
    Mistake(_shrunk("nearest"), _NEAREST),
    Mistake(_shrunk("nearest-exact"), _NEAREST),
    Mistake(_shrunk("corner"), _NEAREST),
    Mistake(_shrunk("bilinear"), _BILINEAR),
    Mistake(_shrunk("bicubic"), _BILINEAR.replace("bilinear", "bicubic")),
    Mistake(
        _shrunk("smooth"),
        "your masks are made smaller with `antialias=True`, which also looks into the neighbouring blocks: take the mean of each block "
        "alone, with `F.adaptive_avg_pool2d`",
    ),
    Mistake(
        _shrunk("max"),
        "your masks are made smaller by their maximum, so that one pixel claims a whole cell, and two regions can claim the same one: take "
        "the mean, with `F.adaptive_avg_pool2d`",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=_unbiased_region),
        "your region's variance is the unbiased one, divided by the sum of the mask − 1: divide by the sum of the mask",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=_square_weights),
        "the mask weighs twice in your statistics, as if you had multiplied the features by it before: weigh each square once",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, (m > 0).to(x)),
        "every cell that a mask touches belongs to it whole in yours: a cell may belong to a region in part",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, cells=m[:, : x.shape[2], : x.shape[3]]),
        "you cut the masks' upper left corner out instead of making them smaller: average them down to the features' size",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=lambda features, cell: channel_mean_std(features)),
        "your content statistics are those of the whole picture: that is the other convention, `global_statistics=True`; here they come "
        "from inside the region",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=_zeros_count),
        "you multiplied by the mask and then took the statistics over everything, so the zeros outside count as features: weight the sums "
        "by the mask and divide by the sum of the mask",
    ),
    Mistake(
        _cut_out,
        "you added up AdaINs of the masked maps, in which the zeros outside count as features and turn into the style's mean: take the "
        "statistics inside the region, and multiply by the mask at the end",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=_whole_variance),
        "your mean is the region's, but the variance is divided by the number of all cells: divide by the sum of the mask",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, rest=False),
        "what no mask covers comes out as 0: there the content stays, so add `(1 - masks.sum(0)) * content_features`",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, blend=False),
        "your parts are added up over the whole picture: multiply each region's result by its mask before you add it",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s[::-1], m),
        "the styles are in the wrong regions: the first mask belongs to the first style",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, hard=True),
        "your masks are cut to 0 and 1: a cell may belong to two regions in part, which is what makes soft edges",
    ),
    Mistake(
        lambda x, s, m: _masked(x, s, m, statistics=_without_guard),
        "a region without a single cell gives NaN, because its statistics divide 0 by 0: divide by `mask.sum().clamp_min(...)` with a tiny "
        "number, or leave the region out",
    ),
)
