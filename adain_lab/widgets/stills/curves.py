"""Loss curves: few enough points for a page, and a still picture for readers."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from adain_lab.images import open_image
from adain_lab.lessons.plots import COLOURS

__all__ = ["curve_picture", "loss_curves"]

#: Points of a curve that are sent to the page at most.
POINTS = 300
#: What is smaller than the largest loss by more powers of ten than these is not drawn; in curves.js too.
DECADES = 4
#: Terms that are drawn, with colour and dashes; "sum" is what is minimised, with the small penalty on the range of the
#: pixels.
TERMS = {
    "sum": (COLOURS["black"], "-"),
    "content": (COLOURS["blue"], (0, (5, 2))),
    "style": (COLOURS["vermilion"], (0, (7, 2, 1.5, 2))),
    "tv": (COLOURS["green"], (0, (1.5, 1.5))),
}


def loss_curves(
    losses: Sequence[Mapping[str, float]], total: int, sizes: Sequence[Sequence[int]] = ()
) -> dict[str, Any]:
    """Losses by name, at most :data:`POINTS` of them, evenly spaced, with the last one.

    Args:
        losses: the terms of every iteration, from 0.
        total: how many updates there will be.
        sizes: iterations where the picture's size changed, and the size.

    Returns:
        Plain values: ``iterations``, ``terms`` (a list for each name), ``total`` and ``sizes``.

    Example:
        >>> loss_curves([{"content": 0.0, "style": 2.0}, {"content": 0.5, "style": 1.0}], total=10)["terms"]
        {'sum': [2.0, 1.5], 'content': [0.0, 0.5], 'style': [2.0, 1.0]}
    """
    losses = list(losses)
    stride = max(1, math.ceil(len(losses) / (POINTS - 1)))
    chosen = sorted({*range(0, len(losses), stride), len(losses) - 1}) if losses else []
    names = [name for name in TERMS if name == "sum" or (losses and name in losses[0])]
    terms = {
        name: [_rounded(sum(losses[i].values()) if name == "sum" else losses[i][name]) for i in chosen]
        for name in names
    }
    return {"iterations": chosen, "terms": terms, "total": total, "sizes": [list(size) for size in sizes]}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def curve_picture(curves: Mapping[str, Any], width: int = 480, height: int = 360) -> Image.Image:
    """The curves as a picture on white.

    Args:
        curves: from :func:`loss_curves`.
        width, height: pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    size = height / 26
    for name, values in curves["terms"].items():
        colour, dashes = TERMS[name]
        points = [(i, v) for i, v in zip(curves["iterations"], values, strict=True) if v > 0]  # a logarithm has no zero
        axes.plot(
            *zip(*points, strict=True) if points else ([], []),
            color=colour,
            linestyle=dashes,
            linewidth=height / 150,
            label=name,
        )
    axes.set(yscale="log", xlim=(0, max(1, curves["total"])))
    highest = max((v for values in curves["terms"].values() for v in values), default=1.0)
    axes.set_ylim(bottom=max(axes.get_ylim()[0], highest / 10**DECADES))
    axes.set_xlabel("iteration", fontsize=size)
    axes.set_ylabel("weighted loss", fontsize=size)
    axes.tick_params(labelsize=size * 0.9)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=size * 0.9, frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return open_image(buffer.getvalue())
