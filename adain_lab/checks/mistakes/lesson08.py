"""The wrong implementations that people write in lesson 08, each with the sentence that helps."""

from __future__ import annotations

import torch

from adain_lab.checks.probe import Mistake
from adain_lab.functional import EPS

__all__ = ["HALO_MISTAKES", "SMOOTH_MISTAKES", "TILE_MISTAKES", "exact_halo", "exact_smooth", "exact_statistics"]

# ---- tile_statistics(means, variances, counts) -----------------------------------------------------------------


def exact_statistics(means, variances, counts, eps=EPS):
    """Mean and standard deviation of all cells of all tiles, (1, C, 1, 1) each."""
    share = _shares(counts)
    mean = (share * means).sum(0, keepdim=True)
    return mean, ((share * (variances + (means - mean) ** 2)).sum(0, keepdim=True) + eps).sqrt()


def _shares(counts):
    return (counts / counts.sum()).view(-1, 1, 1, 1)


def _unweighted(means, variances, counts, eps=EPS):
    return exact_statistics(means, variances, torch.ones_like(counts), eps)


def _with_std(std):
    """The right mean, and ``std(share, means, variances, mean, counts)``."""

    def wrong(means, variances, counts, eps=EPS):
        share, (mean, _) = _shares(counts), exact_statistics(means, variances, counts, eps)
        return mean, std(share, means, variances, mean, counts)

    return wrong


def _mean_of_stds(share, means, variances, mean, counts):
    return (share * (variances + EPS).sqrt()).sum(0, keepdim=True)


def _within(share, means, variances, mean, counts):
    return ((share * variances).sum(0, keepdim=True) + EPS).sqrt()


def _between(share, means, variances, mean, counts):
    return ((share * (means - mean) ** 2).sum(0, keepdim=True) + EPS).sqrt()


def _variance(share, means, variances, mean, counts):
    return (share * (variances + (means - mean) ** 2)).sum(0, keepdim=True)


def _scaled(factor):
    return lambda share, means, variances, mean, counts: (
        factor(counts) * _variance(share, means, variances, mean, counts) + EPS
    ).sqrt()


def _second_moment(share, means, variances, mean, counts):
    return ((share * (variances + means**2)).sum(0, keepdim=True) + EPS).sqrt()


def _equal_between(correction):
    def std(share, means, variances, mean, counts):
        return (
            (share * variances).sum(0, keepdim=True) + means.var(0, correction=correction, keepdim=True) + EPS
        ).sqrt()

    return std


def _plain_distance(share, means, variances, mean, counts):
    return ((share * (variances + (means - mean).abs())).sum(0, keepdim=True) + EPS).sqrt()


def _stds_within(share, means, variances, mean, counts):
    return ((share * (variances.sqrt() + (means - mean) ** 2)).sum(0, keepdim=True) + EPS).sqrt()


def _divided_by(number, means, variances, counts):
    """The weighted sums over the tiles, divided by something else than the number of cells."""
    factor, (mean, _) = counts.sum() / number, exact_statistics(means, variances, counts)
    return factor * mean, (factor * _variance(_shares(counts), means, variances, mean, counts) + EPS).sqrt()


_BETWEEN_EQUAL = "inside the tiles you weighted by the counts, but between them every tile counts the same: weight (μᵢ − μ)² by nᵢ too"

TILE_MISTAKES = (
    Mistake(
        lambda means, variances, counts, eps=EPS: exact_statistics(means, variances, counts)[::-1],
        "you returned the standard deviation first: `return mean, std`",
    ),
    Mistake(
        _unweighted,
        "every tile counts the same in yours: tiles at the right and at the bottom are smaller, so weight each by its number of cells",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: (
            _unweighted(means, variances, counts)[0],
            exact_statistics(means, variances, counts)[1],
        ),
        "your mean of the means counts every tile the same: weight each by its number of cells",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: _divided_by(1, means, variances, counts),
        "you weighted by the counts and did not divide by their sum: μ is the sum of nᵢ μᵢ, divided by the sum of nᵢ",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: _divided_by(len(counts), means, variances, counts),
        "you divided by the number of tiles: divide by the number of all cells, the sum of the counts",
    ),
    Mistake(
        _with_std(_within),
        "the term between the tiles is missing: cells also differ because their tiles' means do, by (μᵢ − μ)²",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: (
            _unweighted(means, variances, counts)[0],
            (variances.mean(0, keepdim=True) + EPS).sqrt(),
        ),
        "you took plain means, of the means and of the variances: weight each tile by its number of cells, and add what differs between "
        "the tiles, (μᵢ − μ)²",
    ),
    Mistake(
        _with_std(_mean_of_stds),
        "you averaged the tiles' standard deviations: they do not add up. Variances do, together with (μᵢ − μ)²; take the root at the end",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: (
            _unweighted(means, variances, counts)[0],
            (variances + EPS).sqrt().mean(0, keepdim=True),
        ),
        "you averaged the tiles' standard deviations, and every tile counts the same: weight by the counts, add variances and (μᵢ − μ)²",
    ),
    Mistake(_with_std(_between), "you kept only what differs between the tiles: the variances inside them are missing"),
    Mistake(
        _with_std(_second_moment),
        "vᵢ + μᵢ² is the mean *square* of a tile: subtract μ² once at the end, or add (μᵢ − μ)² in the place of μᵢ²",
    ),
    Mistake(_with_std(_equal_between(0)), _BETWEEN_EQUAL),
    Mistake(_with_std(_equal_between(1)), _BETWEEN_EQUAL),
    Mistake(
        _with_std(_plain_distance), "the distance between a tile's mean and the whole's is not squared: add (μᵢ − μ)²"
    ),
    Mistake(
        _with_std(_stds_within),
        "inside the tiles you added up standard deviations: the variances come as they are, only the sum gets a root",
    ),
    Mistake(_with_std(_variance), "that is the variance: add eps and take the root, as Eq. 6 does"),
    Mistake(
        _with_std(_scaled(lambda counts: counts.sum() / (counts.sum() - 1))),
        "your variance is the unbiased one, divided by the number of cells − 1: Eq. 6 divides by their number, as the tiles' variances do",
    ),
    Mistake(
        lambda means, variances, counts, eps=EPS: exact_statistics(means, variances, counts, 0.0),
        "eps is missing, or stands outside the root: add it to the variance, as Eq. 6 does, or a flat channel is divided by almost zero",
    ),
)

# ---- halo(layers) ------------------------------------------------------------------------------------------------


def exact_halo(layers):
    """Pixels beyond its own block that a cell sees: from the cell outwards, a pooling doubles, a convolution adds 1."""
    return _walk(reversed(layers))


def _walk(layers, convolution=1, factor=2, pooling=0):
    margin = 0
    for layer in layers:
        margin = margin + convolution if layer == "conv" else factor * margin + pooling
    return margin


def _block(layers):
    return 2 ** layers.count("pool")


HALO_MISTAKES = (
    Mistake(
        lambda layers: layers.count("conv"),
        "you added 1 for every convolution wherever it stands: behind a pooling one step is two pixels, behind two of them it is four",
    ),
    Mistake(
        lambda layers: _walk(layers),
        "you walked from the picture inwards, so the first convolutions are doubled and the last ones are not: go backwards, from the cell "
        "to the pixels, `reversed(layers)`",
    ),
    Mistake(
        lambda layers: 2 * exact_halo(layers) + _block(layers),
        "that is the whole receptive field, from edge to edge: take off the cell's own block, and halve the rest",
    ),
    Mistake(
        lambda layers: 2 * exact_halo(layers),
        "that is both sides together: a convolution sees one neighbour on each side, so it adds 1 to each, and not 2",
    ),
    Mistake(
        lambda layers: exact_halo(layers) + _block(layers) // 2,
        "that is half of the receptive field, counted from the cell's centre: count from the edge of the cell's own block",
    ),
    Mistake(
        lambda layers: (2 * exact_halo(layers) + _block(layers) - 1) / 2,
        "that is (receptive field − 1) / 2, as if the cell were a single pixel in the middle of its field: its own block has 2, 4 or 8 "
        "pixels, so take off that block, (receptive field − block) / 2",
    ),
    Mistake(
        lambda layers: (2 * exact_halo(layers) + _block(layers) - 1) // 2,
        "that is (receptive field − 1) // 2, as if the cell were a single pixel in the middle of its field: its own block has 2, 4 or 8 "
        "pixels, so take off that block, (receptive field − block) // 2",
    ),
    Mistake(
        lambda layers: 2 * exact_halo(layers) + _block(layers) - 1,
        "that is the receptive field − 1: take off the cell's own block instead of 1, and halve the rest, for one side",
    ),
    Mistake(
        lambda layers: 2 * exact_halo(layers) + 1,
        "that is both sides and one pixel in the middle: the answer is one side",
    ),
    Mistake(
        lambda layers: layers.count("conv") * _block(layers),
        "you multiplied every convolution by the whole factor between picture and features: each counts 2 for every pooling *before* it "
        "only",
    ),
    Mistake(
        lambda layers: exact_halo(layers) // _block(layers),
        "that is in cells of the feature map, and rounded down: return pixels of the picture",
    ),
    Mistake(
        lambda layers: exact_halo(layers) + _block(layers),
        "you counted the cell's own block as halo: those pixels belong to the tile already",
    ),
    Mistake(
        lambda layers: -(-exact_halo(layers) // _block(layers)) * _block(layers),
        "you rounded up to whole cells, as a program that cuts tiles must: here, return the exact number of pixels",
    ),
    Mistake(
        lambda layers: -(-exact_halo(layers) // _block(layers)),
        "that is the halo in cells of the feature map: return pixels of the picture",
    ),
    Mistake(
        lambda layers: _walk(reversed(layers), 3),
        "you added 3 for every convolution, its whole kernel: beyond its own place it sees one neighbour on each side",
    ),
    Mistake(
        lambda layers: _walk(reversed(layers), 1, 2, 1),
        "your pooling adds 1 besides doubling: its 2 × 2 windows do not overlap, so it sees nothing beyond its own block",
    ),
    Mistake(
        lambda layers: _walk(reversed(layers), 1, 1, 1),
        "your pooling adds a step as a convolution does: it doubles what lies behind it, since one cell after it is two before",
    ),
    Mistake(
        lambda layers: _walk(reversed(layers), 1, 4),
        "your pooling multiplies by 4, as it divides the *number* of cells: along one side it is a factor of 2",
    ),
    Mistake(
        lambda layers: _block(layers),
        "that is the cell's own block, the factor between picture and features: the convolutions look beyond it",
    ),
)

# ---- smooth(values, amount, cuts) --------------------------------------------------------------------------------


def exact_smooth(values, amount, cuts=()):
    """A running average over the rows of (T, C) that begins anew where a scene does."""
    return _running(values, cuts, lambda before, value: amount * before + (1 - amount) * value)


def _running(values, cuts, blend, first=lambda value: value, at_cut=lambda average, value: value):
    average = first(values[0])
    rows = [average]
    for number, value in enumerate(values[1:], start=1):
        average = at_cut(average, value) if number in cuts else blend(average, value)
        rows.append(average)
    return torch.stack(rows)


def _blend(amount):
    return lambda before, value: amount * before + (1 - amount) * value


def _with_frame_before(values, amount, cuts=()):
    rows = [values[0]]
    for number in range(1, len(values)):
        rows.append(values[number] if number in cuts else amount * values[number - 1] + (1 - amount) * values[number])
    return torch.stack(rows)


def _window(values, amount, cuts=()):
    begin, rows = 0, []
    for number in range(len(values)):
        begin = number if number in cuts else begin
        rows.append(values[begin : number + 1].mean(0))
    return torch.stack(rows)


def _late(values, amount, cuts=()):
    return exact_smooth(values, amount, [cut + 1 for cut in cuts])


def _early(values, amount, cuts=()):
    return exact_smooth(values, amount, [cut - 1 for cut in cuts])


def _fading_out(values, amount, cuts=()):
    """Only the newest value after a cut, and the average before the cut goes on afterwards."""
    average, rows = values[0], [values[0]]
    for number, value in enumerate(values[1:], start=1):
        if number in cuts:
            rows.append(value)
        else:
            average = amount * average + (1 - amount) * value
            rows.append(average)
    return torch.stack(rows)


SMOOTH_MISTAKES = (
    Mistake(
        lambda values, amount, cuts=(): exact_smooth(values, 1 - amount, cuts),
        "the two shares are swapped: `amount` is what stays of the average, the new frame gets 1 − amount",
    ),
    Mistake(
        lambda values, amount, cuts=(): _running(
            values,
            cuts,
            _blend(amount),
            lambda value: (1 - amount) * value,
            lambda average, value: (1 - amount) * value,
        ),
        "a scene's first frame is blended with zero, so that it begins dark and brightens: start with the frame's own values",
    ),
    Mistake(
        lambda values, amount, cuts=(): _running(values, cuts, _blend(amount), lambda value: (1 - amount) * value),
        "the first frame is blended with zero, so that the clip begins dark and brightens: start with the frame's own values",
    ),
    Mistake(
        lambda values, amount, cuts=(): _running(
            values, cuts, _blend(amount), at_cut=lambda average, value: (1 - amount) * value
        ),
        "at a cut you put the average back to zero: put it to the new frame's own values",
    ),
    Mistake(
        lambda values, amount, cuts=(): exact_smooth(values, amount),
        "your average runs on through the cuts, so that a new scene is painted with the old one's statistics: begin anew there",
    ),
    Mistake(
        _with_frame_before,
        "you blended with the frame before, not with the average before: keep a running average, and only two frames count otherwise",
    ),
    Mistake(
        _late, "you begin anew one frame too late: the numbers in `cuts` are those of the *first* frames of scenes"
    ),
    Mistake(
        _early, "you begin anew one frame too early: the numbers in `cuts` are those of the *first* frames of scenes"
    ),
    Mistake(
        _fading_out,
        "at a cut you return the frame's own values and keep the old average, which comes back one frame later: put the average to the new "
        "values",
    ),
    Mistake(
        _window,
        "that is the plain mean of all frames of the scene until now, in which old frames never fade: m = s · m + (1 − s) · value",
    ),
    Mistake(
        lambda values, amount, cuts=(): values.mean(0).expand_as(values),
        "every frame has the mean of the whole clip: that needs frames which are not there yet, and knows no cuts",
    ),
    Mistake(
        lambda values, amount, cuts=(): _running(values, cuts, lambda before, value: amount * before + value),
        "your two shares do not sum to 1, so the statistics grow: the new frame gets 1 − amount",
    ),
    Mistake(lambda values, amount, cuts=(): values.clone(), "nothing is smoothed: the output is the input"),
)
