"""``adain-lab train``: train a decoder."""

from __future__ import annotations

import argparse

from adain_lab.commands.common import Subcommands, a_path, say, tell
from adain_lab.commands.parser import add_command

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
#: Options that are fields of TrainingConfig: name, metavar, what it is.
_RECIPE = {
    "iterations": ("N", "steps in all"),
    "batch_size": ("N", "pairs of content and style per step and process"),
    "size": ("PX", "shorter side that pictures are scaled to before cropping; 0 leaves them"),
    "crop": ("PX", "side of the random square crops"),
    "content_weight": ("W", "weight of the content loss (Eq. 12)"),
    "style_weight": ("W", "lambda of Eq. 11"),
    "learning_rate": ("LR", "Adam's"),
    "schedule": (None, "how the learning rate falls"),
    "decay": ("D", "of the inverse schedule: LR / (1 + D * iteration)"),
    "warmup": ("N", "steps over which the learning rate rises from 0"),
    "autoencoder_iterations": (
        "N",
        "first steps without style: without them a decoder that starts from random weights may stay grey",
    ),
    "tv_weight": ("W", "weight of the total variation, against noise"),
    "range_weight": ("W", "weight of a penalty on values outside [0, 1]"),
    "identity": ("SHARE", "share of pairs whose style is their own content, 0 to 1: cleaner edges"),
    "pixel_weight": ("W", "weight of those pairs' L1 distance"),
    "ema": ("DECAY", "keep a running average of the weights, 0.999 for instance; 0 keeps the last"),
    "seed": ("N", "of the first weights and of the crops"),
}


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
        "--encoder", default="slim", metavar="NAME", help="levels, slim, tiny, paper or vgg19 (default: slim)"
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
    _add_recipe(parser.add_argument_group("recipe (the defaults are the paper's)"))
    parser.set_defaults(command=run)


def _add_recipe(group: argparse._ArgumentGroup) -> None:
    from adain_lab.training.config import SCHEDULES, TrainingConfig

    for name, (metavar, meaning) in _RECIPE.items():
        default = getattr(TrainingConfig, name)
        options = {"choices": SCHEDULES} if metavar is None else {"type": type(default), "metavar": metavar}
        group.add_argument(
            f"--{name.replace('_', '-')}", default=default, help=f"{meaning} (default: {default})", **options
        )
    group.add_argument(
        "--augment", action="store_true", help="vary the colours and the scale of the styles: more styles out of few"
    )


def run(options: argparse.Namespace) -> None:
    from adain_lab.devices import choose_device
    from adain_lab.training import distributed
    from adain_lab.training.loop import TrainingConfig
    from adain_lab.training.run import TrainingRun

    with distributed.together(choose_device(options.device)) as device:
        recipe = {name: getattr(options, name) for name in (*_RECIPE, "augment")}
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
        )
        try:
            done = training.train(options.content_folder, options.style_folder, resume=options.resume)
        except distributed.SaidElsewhere:
            raise SystemExit(2) from None
        finished = done == training.config.iterations
        if distributed.is_first() and finished:
            say(f"wrote {options.output / 'decoder.safetensors'}")
        elif distributed.is_first():
            tell(
                f"{done} of {training.config.iterations} iterations are in the checkpoint; "
                "the same command with --resume goes on from there"
            )
        if not finished:  # it was stopped; the first process says so
            raise KeyboardInterrupt if distributed.is_first() else SystemExit(130)
