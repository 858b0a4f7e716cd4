"""``adain-lab stylize``: paint one picture in the manner of another, or of several."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adain_lab import __version__
from adain_lab.commands.common import Subcommands, add_model_options, check_output, find

__all__ = ["add", "run"]


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("stylize", help="paint a picture in the manner of another, or of several")
    parser.add_argument("content", metavar="CONTENT", help="the picture to paint: a file, or the name of a sample")
    parser.add_argument("styles", metavar="STYLE", nargs="+", help="the picture to take the style from; several are interpolated")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write; a PNG carries its recipe")
    parser.add_argument("--alpha", type=float, default=1.0, help="0 = content, 1 = style, above 1 extrapolates (default: 1)")
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="one per style (default: equal)")
    parser.add_argument("--preserve-color", metavar="METHOD", help="keep the content's colours: match (before) or luminance (after)")
    parser.add_argument("--size", type=int, default=0, metavar="PX", help="shorter side of the content (default: 0, as it is)")
    parser.add_argument(
        "--style-size", type=int, default=0, metavar="PX", help="shorter side of the styles: smaller is finer (default: 0)"
    )
    parser.add_argument("--seed", type=int, default=0, help="recorded in the recipe; AdaIN draws no random numbers")
    add_model_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from adain_lab.images import save_image

    content = find(options.content)
    styles = [find(style) for style in options.styles]
    check_output(options.output, [content, *styles])

    from adain_lab import load
    from adain_lab.statistics import normalize_weights
    from adain_lab.stylizer import check_alpha, check_color

    # Everything that can be refused is refused before the first second of computing.
    check_alpha(options.alpha)
    normalize_weights(options.weights, len(styles))
    check_color(options.preserve_color)
    stylizer = load(options.model, options.device)
    began = time.perf_counter()
    picture = stylizer(
        content,
        styles,
        options.alpha,
        weights=options.weights,
        color=options.preserve_color,
        size=options.size,
        style_size=options.style_size,
    )
    seconds = time.perf_counter() - began
    save_image(picture, options.output, _recipe(options, content, styles))
    height, width = picture.shape[2:]
    note = " (alpha above 1: extrapolated)" if options.alpha > 1 else ""
    print(f"wrote {options.output}: {width} x {height} pixels, {options.model} on {stylizer.device}, {seconds:.2f} s{note}")


def _recipe(options: argparse.Namespace, content: Path, styles: Sequence[Path]) -> dict[str, Any]:
    """How the picture was made, so that it can be made again."""
    from adain_lab.weights.registry import sha256_of

    def identity(path: Path) -> dict[str, str]:
        return {"name": path.name, "sha256": sha256_of(path)}

    return {
        "command": "stylize",
        "version": __version__,
        "model": options.model,
        "content": identity(content),
        "styles": [identity(style) for style in styles],
        "alpha": options.alpha,
        "weights": options.weights,
        "preserve_color": options.preserve_color,
        "size": options.size,
        "style_size": options.style_size,
        "seed": options.seed,
    }
