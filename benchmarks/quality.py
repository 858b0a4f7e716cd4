"""Quality: AdaIN against Gatys' optimisation over its iterations, as in the paper's Fig. 3; alpha, mixtures of styles,
and tiling.

    python benchmarks/quality.py PACK [--size PX] [--pairs N] [--minutes M] [--json FILE] [--plot FILE]

Pairs of sample pictures, which no training saw, cut to squares. Gatys' method optimises through the bundled slim
encoder, the network that the package ships for it; the judge is another: VGG-19 itself at relu1_1 to relu3_1, and the
compressed VGG-19 of the training pack at relu4_1 and relu5_1, each layer divided by its mean activation on the sample
styles (as in ``tools/evaluate.py``). An iteration is one evaluation of loss and gradient with one update of L-BFGS; all
of them are at the full size, from the content.

The record is written after every pair, and a further run goes on where it ends: Gatys' curves, which take nearly all of
    the time, are
kept as long as the encoder and the settings are the same, AdaIN's figures as long as the weights are. ``--minutes``
ends a run early, with exit status 3.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from quality_report import PLOT, RECORD, finish  # noqa: E402
from run_course import machine  # noqa: E402
from teachers import JUDGE_LAYERS, MixedTeacher  # noqa: E402

import adain_lab  # noqa: E402
from adain_lab import data  # noqa: E402
from adain_lab.files import write_whole  # noqa: E402
from adain_lab.functional import channel_mean_std  # noqa: E402
from adain_lab.losses import content_loss, layer_scales  # noqa: E402
from adain_lab.metrics import content_distance, style_distance  # noqa: E402
from adain_lab.optimize.gatys import GatysConfig, transfer  # noqa: E402
from adain_lab.tiling import stylize_tiled  # noqa: E402
from adain_lab.weights import MODELS  # noqa: E402
from adain_lab.weights.registry import sha256_of  # noqa: E402

MARKS = (0, 1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500)  # iterations at which Gatys' picture is judged
ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)
MIXTURES = (1, 2, 4)
ADAIN = ("slim", "tiny")
FRESH = JUDGE_LAYERS[:3]  # those of VGG-19 itself: no decoder was trained against them
TILE = 64


class Judge:
    """Measures pictures of one pair; every picture passes through the networks once."""

    def __init__(self, teacher: MixedTeacher, scales: dict[str, float], content: torch.Tensor):
        self.teacher, self.scales, self.content = teacher, scales, content
        self._seen: dict[int, tuple[torch.Tensor, dict[str, torch.Tensor]]] = {}

    @torch.inference_mode()
    def __call__(self, images: torch.Tensor, layers=JUDGE_LAYERS) -> dict[str, torch.Tensor]:
        if id(images) not in self._seen:  # the picture is kept with its features, so that its id stays its own
            self._seen[id(images)] = images, self.teacher(images, JUDGE_LAYERS)
        return {layer: self._seen[id(images)][1][layer] for layer in layers}

    def measure(self, images: torch.Tensor, style: torch.Tensor) -> dict[str, float]:
        """Style loss (Eq. 13) over five layers and over those of VGG-19 alone, content loss and content distance at
        relu4_1.
        """
        scale = self.scales["relu4_1"]
        features, target = (self(x, ("relu4_1",))["relu4_1"] / scale for x in (images, self.content))
        return {
            "style": _short(style_distance(self, images, style, JUDGE_LAYERS, self.scales)),
            "style_vgg": _short(style_distance(self, images, style, FRESH, self.scales)),
            "content": _short(float(content_loss(features, target))),
            "content_distance": _short(content_distance(self, images, self.content)),
        }

    def mixture(self, images: torch.Tensor, styles: list[torch.Tensor]) -> float:
        """Style loss against the mean of the styles' statistics."""
        total = 0.0
        for layer in JUDGE_LAYERS:
            moments = [channel_mean_std(self(x, (layer,))[layer] / self.scales[layer]) for x in (images, *styles)]
            own, rest = moments[0], moments[1:]
            for k in (0, 1):
                total += float((own[k] - torch.stack([m[k] for m in rest]).mean(0)).square().mean())
        return _short(total)


def pairs(count: int) -> list[tuple[str, str]]:
    """Every style once with contents in turn, then every style again with the next content, and so on."""
    contents, styles = (list(data.samples(kind)) for kind in ("content", "style"))
    every = [
        (contents[(2 * i + k) % len(contents)], style) for k in range(len(contents)) for i, style in enumerate(styles)
    ]
    if not 1 <= count <= len(every):
        raise ValueError(f"--pairs must be from 1 to {len(every)}, got {count}")
    return every[:count]


def square(name: str, size: int) -> torch.Tensor:
    """The middle square of a sample picture."""
    image = adain_lab.resize(adain_lab.to_tensor(data.sample(name)), size)
    top, left = (image.shape[2] - size) // 2, (image.shape[3] - size) // 2
    return image[..., top : top + size, left : left + size].contiguous()


def measure_gatys(judge: Judge, style: torch.Tensor, config: GatysConfig) -> dict:
    """One transfer, judged at :data:`MARKS`; the seconds are those of the optimisation alone."""
    curve, seconds = {}, 0.0
    for step in transfer(judge.content, style, config, encoder="slim"):
        if step.iteration in MARKS:
            curve[str(step.iteration)] = judge.measure(step.image, style)
        seconds = step.seconds
    return {"curve": curve, "seconds": round(seconds, 1)}


def measure_adain(judge: Judge, style: torch.Tensor, others: list[torch.Tensor], stylizers: dict) -> dict:
    """Every model over alpha; mixtures of styles and tiling with slim."""
    record = {"untouched": judge.measure(judge.content, style), "alpha": {}, "mixture": {}}
    for name, stylizer in stylizers.items():
        code, statistics = stylizer.encode_content(judge.content), stylizer.encode_style(style)
        record["alpha"][name] = {str(a): judge.measure(stylizer.render(code, statistics, a), style) for a in ALPHAS}
    slim = stylizers["slim"]
    for count in MIXTURES:
        mixed = [style, *others][:count]
        painted = slim(judge.content, mixed)
        record["mixture"][str(count)] = {
            "style": judge.mixture(painted, mixed),
            "untouched": judge.mixture(judge.content, mixed),
            "content_distance": _short(content_distance(judge, painted, judge.content)),
        }
    whole = np.asarray(adain_lab.to_pil(slim(judge.content, style))).astype(int)
    image = stylize_tiled(slim, judge.content, style, tile=TILE)
    record["tiling"] = {
        "largest_difference": int(np.abs(whole - np.asarray(image).astype(int)).max()),
        **judge.measure(adain_lab.to_tensor(image), style),
    }
    return record


def measure(pack: Path, size: int, count: int, file: Path, minutes: float) -> dict:
    """Complete the record in ``file``, pair by pair."""
    began = time.monotonic()
    config = GatysConfig(steps=MARKS[-1], size=size, coarse=0)
    settings = {
        "size": size,
        "gatys": asdict(config),
        "encoder": _weights("slim", "encoder"),
        "judge_layers": list(JUDGE_LAYERS),
    }
    weights = {name: [_weights(name, part) for part in ("encoder", "decoder")] for name in ADAIN}
    record = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if record and record["settings"] != settings:
        raise ValueError(f"{file} was measured with other settings or another encoder: give another file with --json")
    known = {(row["content"], row["style"]): row for row in record.get("pairs", [])}
    record = {"machine": machine(), "settings": settings, "adain_weights": weights, "pairs": []}
    teacher = MixedTeacher(pack)
    names = list(data.samples("style"))
    scales = layer_scales(teacher, torch.cat([square(name, 160) for name in names]), JUDGE_LAYERS)
    stylizers = {name: adain_lab.load(name, device="cpu", precision="float32") for name in ADAIN}
    for number, (content_name, style_name) in enumerate(pairs(count), 1):
        row = known.get((content_name, style_name), {"content": content_name, "style": style_name})
        stale = row.get("adain_weights") != weights
        late = time.monotonic() - began > 60 * minutes
        if (stale or "gatys" not in row) and not late:
            judge = Judge(teacher, scales, square(content_name, size))
            style = square(style_name, size)
            if "gatys" not in row:
                row["gatys"] = measure_gatys(judge, style, config)
            if stale:
                others = [square(names[(names.index(style_name) + 4 * k) % len(names)], size) for k in (1, 2, 3)]
                row["adain"] = measure_adain(judge, style, others, stylizers)
                row["adain_weights"] = weights
            print(f"{number}/{count} {content_name} in the style of {style_name}", flush=True)
        if "gatys" in row:
            record["pairs"].append(row)
        if not late:
            rest = [r for key, r in known.items() if key not in {(p["content"], p["style"]) for p in record["pairs"]}]
            _write(file, {**record, "pairs": [*record["pairs"], *rest]})
    return json.loads(file.read_text(encoding="utf-8"))


def _weights(model: str, part: str) -> str:
    return sha256_of(MODELS[model].file(part))[:12]


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _write(file: Path, record: dict) -> None:
    write_whole(file, lambda temporary: temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", type=Path, help="the training pack, which holds the judge")
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further pair after that many")
    parser.add_argument("--json", type=Path, default=RECORD)
    parser.add_argument("--plot", type=Path, default=PLOT, help="the figure, drawn when all pairs are measured")
    options = parser.parse_args()
    record = measure(options.pack, options.size, options.pairs, options.json, options.minutes)
    done = sum("gatys" in row for row in record["pairs"])
    print(f"{done} of {options.pairs} pairs are measured")
    if done < options.pairs:
        sys.exit(3)
    finish(options.json, options.plot)
    print(f"wrote {options.json.name} and {options.plot.name}; quality_report.py prints the figures")


if __name__ == "__main__":
    main()
