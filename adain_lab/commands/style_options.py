"""The controls of a stylization, as options: the same words for every command that paints."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adain_lab.controls.controls import Controls

__all__ = ["add_style_options", "controls_of"]


def add_style_options(
    parser: argparse.ArgumentParser, *, regions: bool = False, of: str = "the content", size: int = 0
) -> None:
    """--alpha, --preserve-color, --size and --style-size.

    Args:
        parser: of the command.
        regions: whether alpha may be several numbers, one per region; it is a list then.
        of: what is scaled to --size.
        size: by default, pixels; where it is not 0, styles are as large unless --style-size says otherwise.
    """
    words = "0 = content, 1 = style, above 1 extrapolates"
    if regions:
        words += "; with masks also one per region, as 1,0.5"
    parser.add_argument(
        "--alpha",
        type=_numbers if regions else float,
        default=[1.0] if regions else 1.0,
        metavar="A",
        help=f"{words} (default: 1)",
    )
    parser.add_argument(
        "--preserve-color",
        dest="color",
        metavar="METHOD",
        help="keep the content's colours: match (before) or luminance (after)",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=size,
        metavar="PX",
        help=f"shorter side of {of} (default: {size or '0, as it is'})",
    )
    parser.add_argument(
        "--style-size",
        type=int,
        default=None if size else 0,
        metavar="PX",
        help=f"shorter side of the styles: smaller is finer (default: {'--size' if size else 0})",
    )


def controls_of(options: argparse.Namespace, masks: Sequence[Any] = ()) -> Controls:
    """What the options say, in one piece; a command without an option has that control's usual value.

    Raises:
        TypeError, ValueError: they make no sense, alone or together.
    """
    from adain_lab.controls.controls import Controls

    alpha = options.alpha
    if isinstance(alpha, list) and len(alpha) == 1:
        (alpha,) = alpha
    names = ("weights", "feather", "global_statistics")
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    sizes = {"size": options.size, "style_size": options.style_size or 0}
    return Controls(alpha, color=options.color, masks=list(masks) or None, **sizes, **given)


def _numbers(text: str) -> list[float]:
    """Numbers separated by commas."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, or several separated by commas, got {text!r}") from None
