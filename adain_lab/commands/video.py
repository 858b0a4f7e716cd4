"""``adain-lab video``: paint a video or an animation."""

from __future__ import annotations

import argparse
from pathlib import Path

from adain_lab.commands.common import Subcommands, a_path, add_model_options, check_output, find, fresh
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.style_options import add_style_options
from adain_lab.files import open_file
from adain_lab.progress import Progress
from adain_lab.stopping import StopSignals

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab video clip.mp4 night_village -o out.mp4 --smoothing 0.8
adain-lab video clip.gif kilim marbled --weights 2 1 --size 256"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(commands, "video", "paint a video, or a GIF or WebP animation", examples=_EXAMPLES)
    parser.add_argument(
        "source", metavar="IN", type=a_path, help="a video (needs the extra adain_lab[video]), or an animation"
    )
    parser.add_argument(
        "styles", metavar="STYLE", nargs="+", help="the picture to take the style from; several are interpolated"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        type=a_path,
        help="its ending says what is written (default: IN_STYLE with IN's ending)",
    )
    parser.add_argument("--weights", type=float, nargs="+", metavar="W", help="one per style (default: equal)")
    add_style_options(parser, of="the frames")
    parser.add_argument(
        "--smoothing",
        type=float,
        default=0.0,
        metavar="S",
        help="average the content's statistics over time, 0 to below 1: keeps colours still where nothing moves (default: 0)",
    )
    add_model_options(parser)
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    styles = [find(style) for style in options.styles]
    open_file(options.source, "a video").close()  # says what it is, if it is none

    from adain_lab.video.files import ANIMATIONS, VIDEOS

    names = "_".join(path.stem for path in (options.source, *styles))
    output = options.output or fresh(Path(names + options.source.suffix.lower()))
    check_output(output, [options.source, *styles], endings=(*ANIMATIONS, *VIDEOS))

    from adain_lab import load
    from adain_lab.video.stylize import stylize_video

    # The first Ctrl+C finishes the file with the frames that are done; the second one gives up.
    with StopSignals() as stop, Progress("frame", quiet=options.quiet) as progress:
        painted = stylize_video(
            load(options.model, options.device, decoder=options.decoder),
            options.source,
            styles,
            output,
            options.alpha,
            weights=options.weights,
            color=options.color,
            size=options.size,
            style_size=options.style_size,
            smoothing=options.smoothing,
            progress=progress,
            should_stop=lambda: stop.asked,
        )
    sentence = f"wrote {output}: {painted.frames} frames" + ", stopped before the end" * painted.stopped
    facts = {"frames": painted.frames, "stopped": painted.stopped, "note": painted.note}
    with Results(options) as results:
        results.add(*filter(None, [sentence, painted.note]), output=str(output), **facts)
