"""Checks of lesson 08: statistics of tiles, how far a tile must look, smoothing over time, and a project of one's
own.
"""

from __future__ import annotations

from typing import Any

import torch

from adain_lab.checks.core import exercise
from adain_lab.checks.mistakes.lesson08 import (
    HALO_MISTAKES,
    SMOOTH_MISTAKES,
    TILE_MISTAKES,
    exact_halo,
    exact_smooth,
)
from adain_lab.checks.probe import (
    Failed,
    Mistake,
    Student,
    close,
    expect_pair,
    expect_tensor,
    is_noise,
    name_mistake,
    random,
    thumbnail,
)
from adain_lab.functional import channel_mean_std
from adain_lab.images import to_tensor
from adain_lab.networks.encoder import BLOCKS

__all__ = ["halo", "my_project", "smooth", "tile_statistics"]


@exercise("tile_statistics", "08", points=2)
def tile_statistics(student: Student):
    """Check ``tile_statistics(means, variances, counts) -> (mean, std)``: those of the whole picture, from those of its
    tiles.

    Example:
        >>> from adain_lab import checks
        >>> def equally(means, variances, counts):
        ...     return means.mean(0, keepdim=True), (variances.mean(0, keepdim=True) + 1e-5).sqrt()
        >>> result = checks.tile_statistics(equally)
        ✗ tile_statistics: not right yet
          You took plain means, of the means and of the variances: weight each tile by its number of cells, and
          add what differs between the tiles, (μᵢ − μ)².
    """
    features = 2 * random(1, 4, 7, 9, seed=801) + torch.linspace(0, 3, 9, dtype=torch.float64)  # brighter to the right
    features[:, 2] = 1.5  # a flat channel
    tiles = [
        band for rows in features.split(4, dim=2) for band in rows.split(4, dim=3)
    ]  # 16, 16, 4, 12, 12 and 3 cells
    variances, means = zip(
        *(torch.var_mean(tile, dim=(2, 3), correction=0, keepdim=True) for tile in tiles), strict=True
    )
    counts = torch.tensor([float(tile[0, 0].numel()) for tile in tiles], dtype=torch.float64)
    inputs = torch.cat(means), torch.cat(variances), counts
    results = expect_pair(student(*inputs), "the mean and the standard deviation")
    for value, what in zip(results, ("the mean", "the standard deviation"), strict=True):
        hint = "one number per channel; `counts.view(-1, 1, 1, 1)` multiplies (T, C, 1, 1), and the sum over the tiles keeps that dimension"
        expect_tensor(value, (1, 4, 1, 1), what, hint)
    expected = channel_mean_std(features)
    wrong = [
        what
        for value, right, what in zip(results, expected, ("mean", "standard deviation"), strict=True)
        if not close(value, right)
    ]
    otherwise = f"the {' and the '.join(wrong)} of {len(tiles)} tiles together differ from those of the whole picture, measured at once"
    mistakes = _as_one(TILE_MISTAKES)
    name_mistake(torch.cat(tuple(results)), torch.cat(expected), inputs, mistakes, otherwise)
    first = [part[:1] for part in inputs]
    alone = expect_pair(student(*first), "the mean and the standard deviation")
    otherwise = "it works for six tiles, but not where one tile is the whole picture"
    name_mistake(torch.cat(tuple(alone)), torch.cat(channel_mean_std(tiles[0])), first, mistakes, otherwise)
    return f"{len(tiles)} tiles of different sizes give the statistics of the whole, to the last digit"


def _as_one(mistakes: tuple[Mistake, ...]) -> list[Mistake]:
    """Mistakes that are only named where mean and standard deviation are both theirs: many have the same mean."""
    return [
        Mistake(lambda *args, wrong=mistake.wrong: torch.cat(tuple(wrong(*args))), mistake.message)
        for mistake in mistakes
    ]


#: The encoder's layers up to relu4_1, and shorter rows that tell mistakes apart.
_TO_RELU4_1 = [layer for count in BLOCKS[:3] for layer in (*["conv"] * count, "pool")] + ["conv"]
_ROWS = (
    ["conv"],
    ["conv", "conv"],
    ["pool"],
    ["conv", "pool"],
    ["pool", "conv"],
    ["conv", "pool", "conv"],
    ["conv", "conv", "pool", "conv", "pool", "conv"],
    _TO_RELU4_1,
)


@exercise("halo", "08", points=2)
def halo(student: Student):
    """Check ``halo(layers) -> pixels`` beyond its own block that a cell of the features depends on, on each side.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.halo(lambda layers: layers.count("conv"))
        ✗ halo: not right yet
          You added 1 for every convolution wherever it stands: behind a pooling one step is two pixels,
          behind two of them it is four.
          For conv, pool, conv you return 2; it is 3.
    """
    found = [_whole_number(student(list(layers)), layers) for layers in _ROWS]
    expected = [exact_halo(layers) for layers in _ROWS]
    wrong = [(layers, a, b) for layers, a, b in zip(_ROWS, found, expected, strict=True) if a != b]
    if not wrong:
        return f"a cell of relu4_1 sees {expected[-1]} pixels beyond its own 8 × 8, on every side"
    # The shortest row may be a case where the wrong rule only differs by chance; one with a pooling between two
    # convolutions tells more.
    layers, got, right = next((case for case in wrong if case[0] == ["conv", "pool", "conv"]), wrong[0])
    example = f"for {', '.join(layers)} you return {got:g}; it is {right}"
    for mistake in HALO_MISTAKES:
        if found == [mistake.wrong(list(layers)) for layers in _ROWS]:
            raise Failed(mistake.message, example)
    raise Failed(example)


def _whole_number(value: Any, layers: list[str]) -> float:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Failed(
            f"return a number of pixels, not a {type(value).__name__}: for {', '.join(layers)}, for example, {exact_halo(layers)}"
        )
    return value


@exercise("smooth", "08", points=2)
def smooth(student: Student):
    """Check ``smooth(values, amount, cuts) -> (T, C)``: a running average over frames that begins anew at cuts.

    Example:
        >>> from adain_lab import checks
        >>> def from_zero(values, amount, cuts):
        ...     average, rows = 0, []
        ...     for number, value in enumerate(values):
        ...         average = value if number in cuts else amount * average + (1 - amount) * value
        ...         rows.append(average)
        ...     return torch.stack(rows)
        >>> result = checks.smooth(from_zero)
        ✗ smooth: not right yet
          The first frame is blended with zero, so that the clip begins dark and brightens: start with the
          frame's own values.
    """
    values = random(8, 3, seed=821) + 1
    values[5:] += 2  # another scene
    for amount, cuts in ((0.7, [5]), (0.9, [2, 5]), (0.8, [])):
        result = student(values, amount, cuts)
        if (
            isinstance(result, (list, tuple))
            and len(result) == len(values)
            and all(isinstance(row, torch.Tensor) for row in result)
        ):
            raise Failed("return one tensor: `torch.stack(rows)` makes it of a list of rows")
        expect_tensor(result, values.shape, "the output", "a row of smoothed statistics per frame")
        if not close(result[0], values[0]):
            otherwise = "the first frame has no past: its row must be its own values"
        elif cuts and any(not close(result[cut], values[cut]) for cut in cuts):
            otherwise = "the first frame of a new scene has no past either: its row must be its own values"
        else:
            otherwise = "row t must be amount · (row t − 1 of your output) + (1 − amount) · values[t]"
        name_mistake(result, exact_smooth(values, amount, cuts), (values, amount, cuts), SMOOTH_MISTAKES, otherwise)
    if not close(student(values, 0.0, [5]), values):
        raise Failed("with amount = 0 every frame must keep its own values")
    return "the average follows slowly, starts with the first frame, and begins anew at every cut"


@exercise("my_project", "08", points=1)
def my_project(student: Student):
    """Check ``my_project(stylizer, content, styles) -> pictures`` softly: they can be shown, and one call could not
    make them.

    Example:
        >>> from adain_lab import checks
        >>> result = checks.my_project(lambda stylizer, content, styles: [stylizer(content, styles[0])])
        ✗ my_project: not right yet
          This is `stylizer(content, styles[0])` and nothing else: use a control, several styles, tiles or frames.
    """
    from adain_lab.stylizer import load

    stylizer = load("tiny", "cpu", "float32")
    content = random(1, 3, 9, 12, seed=841, dtype=torch.float32).repeat_interleave(8, 2).repeat_interleave(8, 3)
    styles = [
        random(1, 3, 64, 56, seed=seed, dtype=torch.float32) ** power
        for seed, power in ((842, 1), (843, 3), (844, 0.5))
    ]
    used: list[int] = []
    hooks = [
        network.register_forward_hook(lambda *_: used.append(1)) for network in (stylizer.encoder, stylizer.decoder)
    ]
    try:
        pictures = _pictures(student(stylizer, content, styles))
    finally:
        for hook in hooks:
            hook.remove()
    height, width = pictures[0].shape[2:]
    if len(pictures) > 1 and all(close(picture, pictures[0], 2e-3) for picture in pictures):
        raise Failed(
            f"all {len(pictures)} frames are the same picture: let something change over time, or return a single one"
        )
    for picture in pictures:
        if float(picture.std()) < 0.01:
            raise Failed("a picture of yours is one flat colour: is it the output of the stylizer?")
    if all(close(picture, content, 2e-3) for picture in pictures):
        raise Failed("that is the content as it came: nothing has been painted")
    given = [thumbnail(picture) for picture in (content, *styles)]
    if all(min(float((thumbnail(p) - known).abs().mean()) for known in given) < 2e-3 for p in pictures):
        raise Failed("these are the pictures that were given, as they came: nothing has been painted")
    if all(is_noise(picture) for picture in pictures):
        raise Failed("that is noise, pixel by pixel: show what the stylizer paints")
    if not used:
        raise Failed(
            "the stylizer was not used: paint with it, with its encoder and decoder, or with what the package makes of them"
        )
    if len(pictures) == 1:
        for number, style in enumerate(styles):
            if close(pictures[0], stylizer(content, style), 8e-3):
                call = f"`stylizer(content, styles[{number}])`"
                raise Failed(f"this is {call} and nothing else: use a control, several styles, tiles or frames")
        return "it can be shown, and it is yours; look at it to see what it says", [
            f"one picture of {width} x {height} pixels"
        ]
    change = (
        255
        * sum(float((b - a).abs().mean()) for a, b in zip(pictures, pictures[1:], strict=False))
        / (len(pictures) - 1)
    )
    measured = f"{len(pictures)} frames of {width} x {height} pixels; from one to the next they change by {change:.1f} grey levels"
    return "it can be shown, and it is yours; look at it to see what it says", [measured]


def _pictures(value: Any) -> list[torch.Tensor]:
    """What a student returned, as pictures of one size."""
    found = list(value) if isinstance(value, (list, tuple)) else [value]
    if not 1 <= len(found) <= 60:
        raise Failed(f"return 1 to 60 pictures, not {len(found)}: with more, the clip takes too long to make")
    pictures = []
    for number, picture in enumerate(found):
        try:
            images = to_tensor(picture)
        except (TypeError, ValueError, FileNotFoundError) as error:
            raise Failed(f"number {number} in your list cannot be shown: {error}") from error
        if len(images) != 1:
            raise Failed(
                f"number {number} in your list is a batch of {len(images)}: put the pictures into the list one by one"
            )
        pictures.append(images)
    sizes = {tuple(picture.shape[2:]) for picture in pictures}
    if len(sizes) > 1:
        raise Failed(
            f"the frames of a clip must have one size, but yours have {len(sizes)}: {', '.join(map(str, sorted(sizes)[:3]))}"
        )
    return pictures


#: Where doctest finds the examples: it does not look into instances.
__test__ = {check.name: check.__doc__ for check in (tile_statistics, halo, smooth, my_project)}
