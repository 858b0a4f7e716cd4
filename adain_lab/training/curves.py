"""Loss curves of a training run: a CSV file that holds every iteration once, and a picture of it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from adain_lab.errors import InputError
from adain_lab.files import reason, write_whole

__all__ = ["COLUMNS", "append_row", "bins", "draw_curves", "keep_rows", "read_rows"]

#: Of the file. The losses are those of Eq. 11, unweighted; ``total`` is their weighted sum.
COLUMNS = ("iteration", "total", "content", "style", "pixel", "range", "tv", "learning_rate")
_TITLES = {"content": "Content loss (Eq. 12)", "style": "Style loss (Eq. 13)"}
#: Blue and vermilion of Okabe and Ito's palette: a colour-blind reader can tell them apart.
_COLOURS = {"content": "#0072B2", "style": "#D55E00"}

#: Of the drawn curves: a longer run's iterations are drawn by their mean and range.
_STRETCHES = 200


def append_row(path: Path, row: Mapping[str, float]) -> None:
    """Add a row; the first one brings the header.

    Raises:
        ValueError: it cannot be written, because the disk is full for instance.
    """
    new = not path.exists()
    try:
        with path.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            if new:
                writer.writerow(COLUMNS)
            writer.writerow([row.get(column, "") for column in COLUMNS])
    except OSError as error:
        raise InputError(f"cannot write {path}: {reason(error)}") from error


def read_rows(path: Path) -> list[dict[str, float]]:
    """The rows, without the losses that an iteration did not have, and without lines that were cut off."""
    if not path.is_file():
        return []
    rows = []
    with path.open(newline="", encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            try:
                row = {name: float(line[name]) for name in COLUMNS if line[name]}
                row["iteration"] = int(line["iteration"])
            except (KeyError, TypeError, ValueError):
                continue
            rows.append(row)
    return rows


def keep_rows(path: Path, last: int, row: Mapping[str, float] | None = None) -> None:
    """Bring the file to where a checkpoint stands.

    What was written after the checkpoint will be written again. And a run that was killed right after it wrote the
    checkpoint has not written that iteration's row, which therefore lies in the checkpoint too.

    Args:
        path: the file.
        last: the checkpoint's iteration; later rows go.
        row: the row of that iteration, added if it is missing.
    """
    rows = {int(r["iteration"]): r for r in read_rows(path) if r["iteration"] <= last}
    if row is not None and last > 0:
        rows.setdefault(last, dict(row))

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([rows[i].get(column, "") for column in COLUMNS] for i in sorted(rows))

    if rows or path.exists():
        write_whole(path, write)


def bins(values: Sequence[float], count: int) -> list[tuple[float, float, float]]:
    """At most ``count`` stretches of a series, each as (smallest, mean, largest): what can be seen of a long noisy
    curve.

    Example:
        >>> bins([1, 3, 5, 5], 2)
        [(1, 2.0, 3), (5, 5.0, 5)]
    """
    size = math.ceil(len(values) / count) if values else 1
    parts = [values[i : i + size] for i in range(0, len(values), size)]
    return [(min(part), sum(part) / len(part), max(part)) for part in parts]


def draw_curves(rows: Sequence[Mapping[str, float]], path: Path, width: float = 9.6, height: float = 3.6) -> None:
    """Content and style loss over the iterations, as a picture file.

    Args:
        rows: from :func:`read_rows`.
        path: where to write it, whole or not at all.
        width, height: inches, at 110 pixels each.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    with matplotlib.rc_context(
        {
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "font.size": 10,
        }
    ):
        figure = Figure(figsize=(width, height), dpi=110, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        for axes, (name, title) in zip(figure.subplots(1, len(_TITLES)), _TITLES.items(), strict=True):
            label = "iteration; line: mean, band: smallest to largest" if len(rows) > _STRETCHES else "iteration"
            points = [(row["iteration"], row[name]) for row in rows if name in row]
            middles = [middle for _, middle, _ in bins([i for i, _ in points], _STRETCHES)]
            low, mean, high = (
                zip(*bins([value for _, value in points], _STRETCHES), strict=True) if points else ((), (), ())
            )
            axes.fill_between(middles, low, high, color=_COLOURS[name], alpha=0.25, linewidth=0)
            axes.plot(
                middles,
                mean,
                color=_COLOURS[name],
                linewidth=1.6,
                marker="o" if len(points) < 2 else None,
                clip_on=len(points) != 1,
            )
            if points and min(low) > 0 and max(high) > 8 * min(low):
                axes.set_yscale("log")
                axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axes.yaxis.set_minor_formatter(
                    FuncFormatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")
                )
            if not points:
                axes.yaxis.set_major_locator(NullLocator())
            axes.set_xlim(0, max((row["iteration"] for row in rows), default=1))
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            axes.set(title=f"{title}, now {mean[-1]:.3g}" if points else f"{title}: none yet", xlabel=label)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    write_whole(path, lambda temporary: temporary.write_bytes(buffer.getbuffer()))
