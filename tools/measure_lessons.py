"""Measure what takes longer than a lesson: the same experiment for many seeds.

    python tools/measure_lessons.py                    all of them
    python tools/measure_lessons.py norms --seeds 10   one of them: norms (lesson 03), colours (05), decoders (09)

Writes ``adain_lab/lessons/measured/NAME.json``, which the lesson draws as a cloud under its own run. A file says what it
was made with and by which seeds; at each place of ``runs`` stands a list with a curve per seed, one value for every
``every`` iterations. All of it takes an hour or two on one core.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import adain_lab
from adain_lab.files import write_whole
from adain_lab.images import resize, to_tensor
from adain_lab.lessons import experiments
from adain_lab.lessons.measured import FOLDER
from adain_lab.weights import load_encoder

#: Seed 0 is the lesson's own run.
FIRST_SEED = 1


def norms(iterations: int = 50) -> tuple[dict, Callable]:
    """Batch and instance normalisation on photographs as they are, of equal contrast, of equal style."""
    settings = {"style": "night_village", "iterations": iterations, "every": 5}
    stylizer = adain_lab.load("slim", device="cpu", precision="float32")
    folder = tempfile.TemporaryDirectory()
    sets = experiments.photographs_in_three_ways(stylizer, Path(folder.name))

    def one(seed: int, folder=folder) -> dict:  # the folder lives as long as this function
        curve = functools.partial(
            experiments.norm_curve,
            style=settings["style"],
            encoder=stylizer.encoder,
            iterations=settings["iterations"],
            seed=seed,
        )
        return {
            name: {norm: thinned(curve(norm, files), settings["every"]) for norm in ("instance", "batch")}
            for name, files in sets.items()
        }

    return settings, one


def colours(iterations: int = 300) -> tuple[dict, Callable]:
    """The variety of colours that a decoder paints with, as a share of the styles', over its training."""
    settings = {"iterations": iterations, "every": 20}
    encoder = load_encoder("tiny")
    pairs = [
        tuple(resize(to_tensor(adain_lab.sample(name)), 128) for name in names)
        for names in (("coffee", "stained_glass"), ("temple", "marbled"), ("cat", "night_village"))
    ]

    def one(seed: int) -> dict:
        _, shares, _ = experiments.colour_over_training(encoder, pairs, seed=seed, **settings)
        return {"share": [rounded(value) for value in shares]}

    return settings, one


def decoders(iterations: int = 200) -> tuple[dict, Callable]:
    """The four decoders of Sec. 7.2 from random weights."""
    settings = {"iterations": iterations, "every": 10}
    encoder = load_encoder("tiny")

    def one(seed: int) -> dict:
        runs = {}
        for name in experiments.DECODERS:
            _, curve = experiments.train_variant(name, encoder, seed=seed, iterations=settings["iterations"])
            runs[name] = {
                loss: thinned([row[k] for row in curve], settings["every"])
                for k, loss in enumerate(("content", "style"))
            }
        return runs

    return settings, one


#: What is measured, and for how many seeds.
EXPERIMENTS = {"norms": (norms, 10), "colours": (colours, 5), "decoders": (decoders, 5)}


def merged(runs: dict, new: dict) -> dict:
    """Every list of ``new`` appended to the list of runs at the same place of ``runs``."""
    for key, value in new.items():
        if isinstance(value, dict):
            merged(runs.setdefault(key, {}), value)
        else:
            runs.setdefault(key, []).append(value)
    return runs


def thinned(curve: list[float], every: int) -> list[float]:
    """The mean of each ``every`` values."""
    return [rounded(sum(curve[i : i + every]) / every) for i in range(0, len(curve) - every + 1, every)]


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*EXPERIMENTS, []], help="which; all when none is named")
    parser.add_argument("--seeds", type=int, help="runs of each")
    parser.add_argument("--iterations", type=int, help="of every run, instead of the usual number")
    options = parser.parse_args(arguments)
    for name in options.names or EXPERIMENTS:
        prepare, usual = EXPERIMENTS[name]
        settings, one = prepare(*[options.iterations] * bool(options.iterations))
        record = {
            "what": prepare.__doc__,
            "made_by": f"tools/measure_lessons.py {name}",
            **settings,
            "seeds": [],
            "runs": {},
        }
        for seed in range(FIRST_SEED, FIRST_SEED + (options.seeds or usual)):
            began = time.perf_counter()
            merged(record["runs"], one(seed))
            record["seeds"].append(seed)
            text = json.dumps(record) + "\n"  # after every seed: a run that is stopped keeps what it has
            write_whole(FOLDER / f"{name}.json", lambda path, text=text: path.write_text(text, encoding="utf-8"))
            print(f"{name}, seed {seed}: {time.perf_counter() - began:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
