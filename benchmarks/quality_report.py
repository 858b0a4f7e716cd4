"""What ``quality.py`` measured, in a few numbers and as the paper's Fig. 3: losses over Gatys' iterations, with AdaIN's
as levels.

    python benchmarks/quality_report.py [--json FILE] [--plot FILE]

The numbers are written into the record under ``summary``. Style is told as a residue: the style loss divided by the
untouched content's, pair by pair, so that no pair outweighs the others.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from pathlib import Path
from typing import Any

from adain_lab.files import write_whole
from adain_lab.lessons.plots import COLOURS

ROOT = Path(__file__).resolve().parent.parent
RECORD, PLOT = ROOT / "benchmarks" / "results" / "quality_gatys.json", ROOT / "docs" / "images" / "quality.png"
LINES = {
    "Gatys": (COLOURS["blue"], "-", "o"),
    "slim": (COLOURS["vermilion"], "--", "s"),
    "tiny": (COLOURS["green"], "-.", "^"),
}


def residues(pairs: list[dict], measured, key: str = "style") -> list[float]:
    """``measured(pair)[key]`` relative to the untouched content's, for every pair."""
    return [measured(pair)[key] / pair["adain"]["untouched"][key] for pair in pairs]


def figures(pairs: list[dict], measured) -> dict[str, float]:
    """The means over all pairs of one way to paint."""
    return {
        "residual_style": _mean(residues(pairs, measured)),
        "residual_style_vgg": _mean(residues(pairs, measured, "style_vgg")),
        "content_distance": _mean([measured(pair)["content_distance"] for pair in pairs]),
    }


def crossing(curve: dict[str, dict[str, float]], level: float, key: str = "residual_style") -> float | None:
    """The iteration at which a falling curve reaches ``level``, between two marks by the logarithm; None where it
    never does.
    """
    marks = sorted(map(int, curve))
    for before, after in zip(marks, marks[1:], strict=False):
        high, low = curve[str(before)][key], curve[str(after)][key]
        if low <= level <= high:
            share = (high - level) / (high - low) if high > low else 1.0
            return round(
                math.exp(math.log(max(before, 0.5)) + share * (math.log(after) - math.log(max(before, 0.5)))), 1
            )
    return None


def summary(record: dict[str, Any]) -> dict[str, Any]:
    """All that is said elsewhere, from the pairs of a record."""
    pairs = record["pairs"]
    marks, models = pairs[0]["gatys"]["curve"], pairs[0]["adain"]["alpha"]
    gatys = {mark: figures(pairs, lambda p, mark=mark: p["gatys"]["curve"][mark]) for mark in marks}
    alpha = {
        model: {a: figures(pairs, lambda p, model=model, a=a: p["adain"]["alpha"][model][a]) for a in models[model]}
        for model in models
    }
    mixtures = {}
    for count in pairs[0]["adain"]["mixture"]:
        rows = [pair["adain"]["mixture"][count] for pair in pairs]
        mixtures[count] = {
            "residual_style": _mean([row["style"] / row["untouched"] for row in rows]),
            "content_distance": _mean([row["content_distance"] for row in rows]),
        }
    tiled = [abs(pair["adain"]["tiling"]["style"] - pair["adain"]["alpha"]["slim"]["1.0"]["style"]) for pair in pairs]
    return {
        "pairs": len(pairs),
        "adain": {model: alpha[model]["1.0"] for model in models},
        "gatys": gatys,
        "gatys_iterations_to_the_same_style": {
            model: crossing(gatys, alpha[model]["1.0"]["residual_style"]) for model in models
        },
        "gatys_iterations_by_vgg_alone": {
            model: crossing(gatys, alpha[model]["1.0"]["residual_style_vgg"], "residual_style_vgg") for model in models
        },
        "alpha": alpha,
        "styles_mixed": mixtures,
        "tiling": {
            "largest_difference": max(pair["adain"]["tiling"]["largest_difference"] for pair in pairs),
            "largest_change_of_style_loss": float(f"{max(tiled):.2g}"),
        },
    }


def draw(record: dict[str, Any], path: Path) -> None:
    """Style and content over the iterations, and one against the other."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pairs, told = record["pairs"], record["summary"]
    marks = [mark for mark in told["gatys"] if mark != "0"]
    figure = Figure(figsize=(11.5, 3.7), dpi=130, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    style, content, both = figure.subplots(1, 3)
    panels = (
        (style, "residual_style", lambda pair, m: m["style"] / pair["adain"]["untouched"]["style"]),
        (content, "content_distance", lambda pair, m: m["content_distance"]),
    )
    for axes, key, value in panels:
        colour, _, shape = LINES["Gatys"]
        spread = [statistics.quantiles([value(p, p["gatys"]["curve"][mark]) for p in pairs], n=4) for mark in marks]
        x = [int(mark) for mark in marks]
        axes.fill_between(x, [s[0] for s in spread], [s[2] for s in spread], color=colour, alpha=0.18, lw=0)
        axes.plot(
            x,
            [told["gatys"][mark][key] for mark in marks],
            color=colour,
            marker=shape,
            ms=4,
            lw=1.8,
            label="Gatys, through slim",
        )
        for model, found in told["adain"].items():
            colour, dashes, _ = LINES[model]
            axes.axhline(found[key], color=colour, ls=dashes, lw=1.8, label=f"AdaIN, {model}: one pass")
        axes.set(xscale="log", xlabel="iterations of Gatys' optimisation", ylim=(0, None))
        axes.set_xticks([1, 10, 100, 500], ["1", "10", "100", "500"])
        axes.minorticks_off()
    style.axhline(1, color="#555555", ls=":", lw=1.2)
    style.text(500, 1.015, "untouched content", ha="right", va="bottom", fontsize=8, color="#444444")
    style.set(ylabel="style loss, relative to the content's", title="Style that is still missing")
    content.set(ylabel="distance of normalised relu4_1", title="Content that was changed")
    content.axhline(2**0.5, color="#555555", ls=":", lw=1.2)
    content.text(1, 2**0.5 + 0.02, "unrelated pictures", ha="left", va="bottom", fontsize=8, color="#444444")
    content.set_ylim(0, 1.62)
    paths = {"Gatys": {mark: told["gatys"][mark] for mark in told["gatys"]}, **told["alpha"]}
    for name, points in paths.items():
        colour, dashes, shape = LINES[name]
        x, y = ([point[key] for point in points.values()] for key in ("content_distance", "residual_style"))
        both.plot(x, y, color=colour, ls=dashes, marker=shape, ms=4, lw=1.8, label=name)
        shown = ("10", "50", "500") if name == "Gatys" else ("0.0", "1.0")
        for mark in shown:
            text = f"{mark} it." if name == "Gatys" else f"α = {float(mark):g}"
            at = points[mark]["content_distance"], points[mark]["residual_style"]
            left = name == "Gatys"
            both.annotate(
                text, at, xytext=(-6, -4) if left else (6, 1), textcoords="offset points", fontsize=8, color=colour,
                ha="right" if left else "left", va="top" if left else "bottom",
            )  # fmt: skip
    both.set(
        xlabel="distance of normalised relu4_1",
        ylabel="style loss, relative to the content's",
        title="One against the other",
    )
    both.set(xlim=(-0.05, 1.6), ylim=(0, 1.1), xticks=[0, 0.5, 1, 1.5])
    for axes in (style, content, both):
        axes.grid(color="#dddddd", lw=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.title.set_fontsize(11)
    handles, labels = style.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
    write_whole(path, lambda temporary: figure.savefig(temporary, format="png", metadata={"Software": None}))


def finish(file: Path = RECORD, plot: Path = PLOT) -> dict[str, Any]:
    """Write the summary into the record, and draw it."""
    record = json.loads(file.read_text(encoding="utf-8"))
    record = {
        **{key: record[key] for key in record if key != "pairs"},
        "summary": summary(record),
        "pairs": record["pairs"],
    }
    text = json.dumps({key: value for key, value in record.items() if key != "pairs"}, indent=1)[:-2]
    rows = ",\n".join(f"  {json.dumps(pair)}" for pair in record["pairs"])
    whole = f'{text},\n "pairs": [\n{rows}\n ]\n}}\n'
    write_whole(file, lambda temporary: temporary.write_text(whole, encoding="utf-8"))
    draw(record, plot)
    return record["summary"]


def _mean(values: list[float]) -> float:
    return round(statistics.mean(values), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=RECORD)
    parser.add_argument("--plot", type=Path, default=PLOT)
    options = parser.parse_args()
    told = finish(options.json, options.plot)
    print(f"{told['pairs']} pairs: residual style (by VGG-19 alone), content distance")
    rows = {f"AdaIN, {model}": row for model, row in told["adain"].items()} | {
        f"Gatys, {mark}": row for mark, row in told["gatys"].items()
    }
    for name, row in rows.items():
        print(f"{name:14}{row['residual_style']:7.3f} ({row['residual_style_vgg']:.3f}){row['content_distance']:8.3f}")
    for key in (
        "gatys_iterations_to_the_same_style",
        "gatys_iterations_by_vgg_alone",
        "alpha",
        "styles_mixed",
        "tiling",
    ):
        print(key, told[key])


if __name__ == "__main__":
    main()
