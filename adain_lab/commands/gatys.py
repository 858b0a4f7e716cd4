"""``adain-lab gatys``: style transfer by optimisation."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from adain_lab.commands.common import Subcommands, a_path, check_output, check_painted, find, fresh
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.errors import InputError
from adain_lab.progress import Progress

__all__ = ["add", "run"]

#: Options that are fields of :class:`~adain_lab.optimize.gatys.GatysConfig`: name, type, default, what it is. The
#: defaults are said here again, since that class needs PyTorch and ``--help`` is to answer at once; a test compares
#: them.
SETTINGS = (
    ("steps", int, 150, "updates of the picture"),
    ("size", int, 256, "shorter side of the result, pixels; 0 keeps the content's own"),
    ("coarse", int, 1, "how many smaller sizes come first"),
    ("style_size", int, 0, "shorter side of the style, pixels; 0 means as large as the result"),
    ("init", str, "content", "where to start: content, noise or style"),
    ("optimizer", str, "lbfgs", "lbfgs or adam"),
    ("learning_rate", float, None, "the optimiser's"),
    ("content_weight", float, 1.0, "weight of the content loss"),
    ("style_weight", float, 5.0, "weight of the style loss"),
    ("tv_weight", float, 4.0, "weight of total variation: more is smoother"),
    ("seed", int, 0, "of the noise"),
)

_EXAMPLES = """\
adain-lab gatys temple wave_print -o out.png
adain-lab gatys photo.jpg painting.jpg --size 512 --coarse 2 --steps 300 --style-weight 20
adain-lab gatys cat marbled --init noise --content-weight 0 --style-layers relu1_1 relu2_1"""

LAYERS = {"content_layers": "relu4_1", "style_layers": "relu1_1 to relu5_1"}


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "gatys", "paint one picture by optimisation, as Gatys et al. did: slow, but good", examples=_EXAMPLES
    )
    parser.add_argument("content", metavar="CONTENT", help="the picture to paint: a file, or the name of a sample")
    parser.add_argument("style", metavar="STYLE", help="the picture to take the style from")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=a_path,
        help="the file to write; a PNG carries its recipe (default: CONTENT_STYLE_gatys.png)",
    )
    for name, kind, default, words in SETTINGS:
        words += f" (default: {'its own' if default is None else default})"
        metavar = {int: "N", float: "X", str: "NAME"}[kind]
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=kind, metavar=metavar, default=argparse.SUPPRESS, help=words
        )
    for name in ("content_layers", "style_layers"):
        words = f"layers, each with a weight if it is not 1, as in relu3_1=0.5 (default: {LAYERS[name]})"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            nargs="+",
            type=_layer,
            metavar="LAYER",
            default=argparse.SUPPRESS,
            help=words,
        )
    parser.add_argument("--encoder", default="slim", help="slim, tiny, paper or vgg19 (default: slim)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    content, style = find(options.content), find(options.style)
    output = options.output or fresh(Path(f"{content.stem}_{style.stem}_gatys.png"))
    check_output(output, [content, style])

    from adain_lab.images import open_image, save_image
    from adain_lab.optimize.gatys import GatysConfig, run, transfer
    from adain_lab.recipes.recipe import identity, new_recipe

    given = {name: value for name, value in vars(options).items() if name in GatysConfig.__dataclass_fields__}
    for name in ("content_layers", "style_layers"):
        if name in given:
            given[name] = dict(given[name])
    config = GatysConfig(**given)
    steps = transfer(content, style, config, encoder=options.encoder, device=options.device)
    with Progress("step", config.steps, quiet=options.quiet) as bar:
        result = run(steps, lambda step: bar(step.iteration, postfix=f"loss {step.loss:.3g}"))
    if result.best is None:  # it ended before the start was judged: there is nothing to write
        _end(result.stopped, "there is no picture yet")
    check_painted(result.image, output, open_image(content), silent=options.quiet or options.json)
    pictures = {"content": identity(content), "style": identity(style)}
    ending = {"iteration": result.best.iteration, "stopped": result.stopped}
    settings = {"device": options.device, "precision": "auto", **asdict(config), **ending}
    save_image(result.image, output, new_recipe("gatys", options.encoder, **pictures, **settings))
    height, width = result.image.shape[2:]
    with Results(options) as results:
        results.add(
            f"wrote {output}: {width} x {height} pixels, the best of {len(result.losses) - 1} steps in "
            f"{result.seconds:.0f} s",
            output=str(output),
            width=width,
            height=height,
            steps=len(result.losses) - 1,
            loss=float(result.best.loss),
            seconds=round(result.seconds, 1),
            stopped=result.stopped,
        )
    if result.stopped != "finished":
        _end(result.stopped, f"the best picture until then is in {output}")


def _end(stopped: str, what_is_left: str) -> NoReturn:
    """Leave with the exit status of what ended the transfer."""
    if stopped == "interrupted":
        raise KeyboardInterrupt
    raise InputError(f"{stopped}; {what_is_left}")


def _layer(text: str) -> tuple[str, float]:
    """relu3_1 or relu3_1=0.5."""
    name, _, weight = text.partition("=")
    try:
        return name, float(weight or 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a layer or layer=weight, got {text!r}") from None
