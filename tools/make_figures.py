"""Draw the pictures of the README and of the model card from the bundled weights and samples.

    python tools/make_figures.py [--runs FOLDER]

``docs/images/`` receives: ``hero.jpg`` (README), ``grid_levels_*.jpg`` and those of ``slim`` and ``tiny`` (model card),
``alpha.jpg`` (README), and, with ``--runs``, ``training.png``: the loss curves of the CSV files in that folder.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import torch
from PIL import Image

import adain_lab
from adain_lab.bench.contenders import BUNDLED_MODELS
from adain_lab.images import to_bytes

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
CONTENTS = ("astronaut", "cat", "temple")
HERO = (("temple", "harbour_dots"), ("cat", "wave_print"), ("dahlia", "night_village"), ("coffee", "kilim"))


def square(name: str, side: int) -> torch.Tensor:
    """The middle square of a sample picture, ``side`` pixels."""
    image = adain_lab.resize(adain_lab.to_tensor(adain_lab.sample(name)), side)
    top, left = (image.shape[2] - side) // 2, (image.shape[3] - side) // 2
    return image[..., top : top + side, left : left + side]


def save(image: torch.Tensor, name: str, quality: int = 88) -> None:
    path = IMAGES / name
    path.write_bytes(to_bytes(image, "jpeg", quality))
    print(path.name, f"{image.shape[3]} x {image.shape[2]}", f"{path.stat().st_size / 1000:.0f} kB")


def grid(model: str) -> None:
    """Contents down, all sample styles across, at 512 px, shown at half that size."""
    stylizer = adain_lab.load(model)
    styles = list(adain_lab.samples("style"))
    half = len(styles) // 2 + 1
    for part, names in enumerate((styles[:half], styles[half:]), 1):
        cells = [torch.ones(1, 3, 256, 256), *(square(name, 256) for name in names)]
        for content in CONTENTS:
            picture = square(content, 512)
            results = [stylizer(picture, adain_lab.sample(name), style_size=512).cpu() for name in names]
            cells += [adain_lab.resize(x, 256) for x in (picture, *results)]
        save(adain_lab.image_grid(cells, columns=len(names) + 1), f"grid_{model}_{part}.jpg", 82)


def hero() -> None:
    """Four photographs, their styles in the corner, and what becomes of them."""
    stylizer = adain_lab.load()
    cells = []
    for content, style in HERO:
        picture = stylizer(square(content, 512), adain_lab.sample(style), style_size=512).cpu()[0]
        inset = torch.nn.functional.pad(square(style, 120)[0], (4, 4, 4, 4), value=1.0)
        before = torch.nn.functional.pad(square(content, 120)[0], (4, 4, 4, 4), value=1.0)
        picture[:, -136:-8, 8:136] = before
        picture[:, -136:-8, 144:272] = inset
        cells.append(picture)
    save(adain_lab.image_grid(cells, columns=len(cells), padding=8), "hero.jpg", 85)


def alpha_row() -> None:
    """One pair at five values of alpha."""
    stylizer = adain_lab.load()
    code, statistics = (
        stylizer.encode_content(square("cat", 384)),
        stylizer.encode_style(adain_lab.sample("wave_print"), size=512),
    )
    save(
        adain_lab.image_grid([stylizer.render(code, statistics, a).cpu() for a in (0, 0.25, 0.5, 0.75, 1)], columns=5),
        "alpha.jpg",
        85,
    )


def curves(runs: Path) -> None:
    """Loss against iteration for every CSV file of a training run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    files = sorted(runs.rglob("*_decoder.csv"))
    figure, axes = pyplot.subplots(1, len(files), figsize=(5.2 * len(files), 3.4), squeeze=False, layout="constrained")
    for axis, file in zip(axes[0], files, strict=True):
        with file.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        steps = [int(row["iteration"]) for row in rows]
        for name, colour in (("content", "#0072B2"), ("style", "#D55E00")):
            axis.plot(steps, [float(row[name]) for row in rows], color=colour, lw=1.0, alpha=0.35)
            values, smooth = [float(row[name]) for row in rows], []
            for value in values:
                smooth.append(value if not smooth else 0.8 * smooth[-1] + 0.2 * value)
            axis.plot(steps, smooth, color=colour, lw=2, label=f"{name} loss")
        axis.set(
            title=file.stem.replace("_", " "),
            xlabel="iteration",
            ylabel="loss (layers scaled to mean 1)",
            ylim=(0, None),
        )
        axis.legend(frameon=False)
    figure.savefig(IMAGES / "training.png", dpi=110)
    plot = Image.open(IMAGES / "training.png").convert("RGB")
    plot.convert("P", palette=Image.Palette.ADAPTIVE).save(IMAGES / "training.png", optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="folder of training runs with loss curves as CSV")
    args = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    hero()
    alpha_row()
    for model in BUNDLED_MODELS:
        grid(model)
    if args.runs:
        curves(args.runs)


if __name__ == "__main__":
    main()
