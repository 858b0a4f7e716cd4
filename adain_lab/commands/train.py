"""``adain-lab train``: train a decoder."""

from __future__ import annotations

import argparse
import math
import sys

from adain_lab.commands.common import MODEL_NAMES, Subcommands, a_path, tell
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.settings import add_settings, given

__all__ = ["add", "run"]

_MORE = """\
It is for an encoder of your choice (Sec. 6 of the paper); without options, training is the paper's recipe.

Started again with --resume it goes on from RUN_DIR's checkpoint, and takes the steps that it would have taken.
Ctrl+C finishes the step, writes a checkpoint and exits with 130.
"""
_EXAMPLES = """\
adain-lab train photos paintings -o run --start-from slim --iterations 2000
adain-lab train photos paintings -o run --start-from slim --iterations 2000 --resume

several processes, on the GPUs of a machine or on several machines, by PyTorch's torchrun:
  torchrun --nproc-per-node 4 -m adain_lab train CONTENT_DIR STYLE_DIR -o RUN_DIR --batch-size 2
  torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint HOST:29500 -m adain_lab train …
P processes with --batch-size B take the steps of one with P*B: 4 processes with 2 each are the paper's 8.

the decoder paints with: adain-lab stylize CONTENT STYLE -o OUT --model ENCODER --decoder RUN_DIR/decoder.safetensors
"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "train", "train a decoder on your own pictures", examples=_EXAMPLES, more=_MORE)
    parser.add_argument("content_folder", metavar="CONTENT_DIR", type=a_path, help="photographs; subfolders count")
    parser.add_argument("style_folder", metavar="STYLE_DIR", type=a_path, help="paintings")
    parser.add_argument(
        "-o",
        "--output",
        metavar="RUN_DIR",
        type=a_path,
        required=True,
        help="checkpoint, weights, loss curves and samples",
    )
    parser.add_argument(
        "--encoder", default="slim", metavar="NAME", help=f"{', '.join(MODEL_NAMES)} or vgg19 (default: slim)"
    )
    parser.add_argument(
        "--judge", metavar="NAME", help="the encoder that measures the style loss (default: --encoder, as in the paper)"
    )
    # Not --start, which works as its abbreviation: torchrun would take that for its own --start-method.
    parser.add_argument(
        "--start-from", metavar="MODEL", help="begin with this model's decoder (default: random weights)"
    )
    parser.add_argument("--resume", action="store_true", help="go on from RUN_DIR's checkpoint")
    parser.add_argument(
        "--every", type=int, default=500, metavar="N", help="checkpoint, curves and sample every N steps (default: 500)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="reading processes, each for contents and styles (default: 0)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument(
        "--precision",
        default="auto",
        help="auto, float32 or bfloat16; auto takes bfloat16 where the hardware has it (default: auto)",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="curves and samples for TensorBoard too, in RUN_DIR/tensorboard"
    )
    add_result_options(parser)
    from adain_lab.training.config import TrainingConfig

    add_settings(parser.add_argument_group("recipe (the defaults are the paper's)"), TrainingConfig)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from adain_lab.devices import choose_device
    from adain_lab.training import distributed
    from adain_lab.training.loop import TrainingConfig
    from adain_lab.training.run import TrainingRun

    with distributed.together(choose_device(options.device)) as device:
        recipe = given(options, TrainingConfig)
        recipe["batch_size"] *= distributed.world()
        training = TrainingRun(
            options.output,
            options.encoder,
            TrainingConfig(**recipe),
            judge=options.judge,
            start=options.start_from,
            device=device,
            every=options.every,
            workers=options.workers,
            precision=options.precision,
            tensorboard=options.tensorboard,
            quiet=options.quiet,
            # What was skipped is said in any case, and never into the JSON.
            summary=sys.stderr if options.json or options.quiet else None,
        )
        try:
            done = training.train(options.content_folder, options.style_folder, resume=options.resume)
        except distributed.SaidElsewhere:
            raise SystemExit(2) from None
        finished = done == training.config.iterations
        if distributed.is_first():
            if not finished:
                tell(
                    f"{done} of {training.config.iterations} iterations are in the checkpoint; "
                    "the same command with --resume goes on from there"
                )
            with Results(options) as results:
                results.add(
                    *([f"wrote {options.output / 'decoder.safetensors'}"] if finished else []),
                    output=str(options.output),
                    iterations=done,
                    of=training.config.iterations,
                    # JSON has no word for what is no number.
                    losses={name: loss if math.isfinite(loss) else None for name, loss in training.losses.items()},
                    stopped=not finished,
                )
        if not finished:  # it was stopped; the first process says so
            raise KeyboardInterrupt if distributed.is_first() else SystemExit(130)
