"""``adain-lab train``: train a decoder."""

from __future__ import annotations

import argparse
from pathlib import Path

from adain_lab.commands.common import Subcommands

__all__ = ["add", "run"]


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("train", help="train a decoder on your own pictures")
    parser.add_argument("content_folder", metavar="CONTENT_DIR", type=Path)
    parser.add_argument("style_folder", metavar="STYLE_DIR", type=Path)
    parser.add_argument("-o", "--output", metavar="RUN_DIR", type=Path, required=True, help="checkpoint, weights, loss curves and samples")
    parser.add_argument("--encoder", default="slim", help="the encoder to invert (default: slim)")
    parser.add_argument("--start", metavar="MODEL", help="begin with this model's decoder instead of random weights")
    parser.add_argument("--resume", action="store_true", help="go on from RUN_DIR's checkpoint")
    parser.add_argument("--iterations", type=int, default=160_000)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--size", type=int, default=512, metavar="PX", help="shorter side before cropping (default: 512)")
    parser.add_argument("--crop", type=int, default=256, metavar="PX", help="side of the crops (default: 256)")
    parser.add_argument("--style-weight", type=float, default=10.0, help="lambda of Eq. 11 (default: 10)")
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--autoencoder-iterations", type=int, default=0, help="first steps without style, against grey starts (default: 0)")
    parser.add_argument("--every", type=int, default=500, metavar="N", help="checkpoint and sample every N iterations (default: 500)")
    parser.add_argument("--workers", type=int, default=0, help="processes that read pictures (default: 0)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from adain_lab.trainer import TrainingRun
    from adain_lab.training import TrainingConfig

    config = TrainingConfig(
        iterations=options.iterations,
        batch_size=options.batch_size,
        size=options.size,
        crop=options.crop,
        style_weight=options.style_weight,
        learning_rate=options.learning_rate,
        autoencoder_iterations=options.autoencoder_iterations,
        seed=options.seed,
    )
    run = TrainingRun(
        options.output, options.encoder, config, start=options.start, device=options.device, every=options.every, workers=options.workers
    )
    run.train(options.content_folder, options.style_folder, resume=options.resume)
