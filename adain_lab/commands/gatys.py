"""``adain-lab gatys``: style transfer by optimisation."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NoReturn

from adain_lab.commands.common import Subcommands, a_path, check_output, check_painted, find, fresh
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.settings import add_settings, given
from adain_lab.errors import InputError
from adain_lab.progress import Progress

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab gatys temple wave_print -o out.png
adain-lab gatys photo.jpg painting.jpg --size 512 --coarse 2 --steps 300 --style-weight 20
adain-lab gatys cat marbled --init noise --content-weight 0 --style-layers relu1_1 relu2_1"""


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
    parser.add_argument("--encoder", default="slim", help="slim, tiny, paper or vgg19 (default: slim)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    add_result_options(parser)
    from adain_lab.optimize.config import GatysConfig

    add_settings(parser.add_argument_group("settings of the optimisation"), GatysConfig)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    content, style = find(options.content), find(options.style)
    output = options.output or fresh(Path(f"{content.stem}_{style.stem}_gatys.png"))
    check_output(output, [content, style])

    from adain_lab.images import save_image
    from adain_lab.optimize.gatys import GatysConfig, run, transfer
    from adain_lab.recipes.ingredients import Ingredients
    from adain_lab.recipes.recipe import new_recipe

    config = GatysConfig(**given(options, GatysConfig))
    ingredients = Ingredients()
    pictures = {"content": ingredients.add(content), "style": ingredients.add(style)}
    inputs = ingredients(pictures["content"]), ingredients(pictures["style"])
    steps = transfer(*inputs, config, encoder=options.encoder, device=options.device)
    with Progress("step", config.steps, quiet=options.quiet) as bar:
        result = run(steps, lambda step: bar(step.iteration, postfix=f"loss {step.loss:.3g}"))
    if result.best is None:  # it ended before the start was judged: there is nothing to write
        _end(result.stopped, "there is no picture yet")
    of_content = partial(ingredients, pictures["content"])
    check_painted(result.image, output, of_content, silent=options.quiet or options.json)
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
