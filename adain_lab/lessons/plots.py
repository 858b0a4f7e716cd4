"""Plots in a lesson: colours that a colour-blind reader can tell apart, on the page's paper, with alt text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from adain_lab.errors import InputError
from adain_lab.lessons.show import HtmlPicture, figure_html

__all__ = ["COLOURS", "plot", "smooth"]

#: Okabe and Ito's palette, in an order that keeps neighbours apart in brightness too.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
}
#: A line is told from its neighbour by its dashes as well as by its colour.
_DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), "-")


@contextmanager
def plot(alt: str, *, columns: int = 1, width: float = 6.4, height: float = 3.2, title: str = "") -> Iterator[Any]:
    """A figure that is displayed with its alt text, and closed, at the end of the block.

    It is drawn on white; dark themes turn its brightness, so no photographs in it: those are for ``show``.

    Args:
        alt: what is to be seen, in a sentence; the text form of the output too.
        columns: axes side by side.
        width, height: inches, of the whole figure.
        title: caption below the figure.

    Yields:
        The axes: one, or an array of ``columns``.

    Raises:
        ValueError: the alt text is empty.

    Example:
        >>> with plot("A rising line.") as axes:
        ...     line = axes.plot([1, 2, 3])
        [plot: A rising line.]
    """
    if not alt.strip():
        raise InputError("alt must say what the plot shows")
    import matplotlib
    from cycler import cycler
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        {
            "axes.prop_cycle": cycler(color=list(COLOURS.values())) + cycler(linestyle=list(_DASHES)),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "axes.axisbelow": True,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "font.size": 10,
        }
    ):
        figure = Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        yield figure.subplots(1, columns)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    pixels = round(width * 110)
    page = figure_html(buffer.getvalue(), "image/png", alt, title, pixels, drawing=True)
    _display(HtmlPicture(page, f"[plot: {alt}]"))


def smooth(values: Iterable[float], window: int = 10) -> list[float]:
    """Mean of each value and up to ``window - 1`` before it: the trend of a noisy loss.

    Example:
        >>> smooth([4, 2, 0], window=2)
        [4.0, 3.0, 1.0]
    """
    values = list(values)
    recent = [values[max(0, i + 1 - window) : i + 1] for i in range(len(values))]
    return [sum(r) / len(r) for r in recent]


def _display(picture: HtmlPicture) -> None:
    from IPython.display import display

    display(picture)
