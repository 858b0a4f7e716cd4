"""``adain-lab sheet``: one photograph in every style, in one labelled picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from adain_lab.commands.common import (
    Subcommands,
    a_name,
    a_path,
    add_model_options,
    check_output,
    check_painted,
    find,
    fresh,
)
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import Results, add_result_options
from adain_lab.commands.style_options import add_style_options
from adain_lab.files import what_is_there

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab sheet photo.jpg
adain-lab sheet cat --style kilim --style marbled --style painting.jpg --columns 2 -o styles.png
adain-lab sheet cat --style paintings --alpha 0.7 --preserve-color luminance"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "sheet", "show a photograph in every style, in one labelled picture", examples=_EXAMPLES
    )
    parser.add_argument(
        "content", metavar="PICTURE", type=a_name, help="the photograph: a file, or the name of a sample"
    )
    parser.add_argument(
        "-s",
        "--style",
        metavar="STYLE",
        action="append",
        type=a_name,
        default=[],
        help="a picture or a folder of pictures; several times for several (default: all sample styles)",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=a_path, help="the file to write (default: PICTURE_sheet.png)"
    )
    parser.add_argument(
        "--columns", type=int, default=0, metavar="N", help="pictures in a row (default: as many as fit)"
    )
    add_style_options(parser, of="each picture", size=256)
    add_model_options(parser)
    add_result_options(parser)
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    content = find(options.content)
    styles = _styles(options.style)
    output = options.output or fresh(Path(f"{content.stem}_sheet.png"))
    check_output(output, [content, *styles.values()])

    from adain_lab import load
    from adain_lab.images import open_image, save_image
    from adain_lab.sheet import style_sheet

    photograph = open_image(content)
    stylizer = load(options.model, options.device, decoder=options.decoder)
    with Results(options) as results, results.progress("style", len(styles)) as progress:
        sheet = style_sheet(
            stylizer,
            photograph,
            styles,
            options.alpha,
            color=options.color,
            size=options.size,
            style_size=options.style_size,
            columns=options.columns,
            progress=progress,
            check=lambda images, label: check_painted(
                images, f"{output} ({label})", lambda: photograph, silent=results.silent
            ),
        )
        save_image(sheet, output)
        results.add(
            f"wrote {output}: {sheet.width} x {sheet.height} pixels, {options.content} in {len(styles)} "
            f"style{'s' * (len(styles) > 1)}",
            output=str(output),
            content=options.content,
            styles=list(styles),
            width=sheet.width,
            height=sheet.height,
        )


def _styles(names: list[str]) -> dict[str, Path]:
    """The styles by what is to be written below them: all samples, or those that were named, with folders opened."""
    from adain_lab.data import samples

    if not names:
        return {name: sample.path for name, sample in samples("style").items()}
    from adain_lab.training.datasets import list_pictures

    files = [
        file
        for name in names
        for file in (list_pictures(name) if what_is_there(Path(name)) == "folder" else [find(name)])
    ]
    styles: dict[str, Path] = {}
    for file in files:
        label, number = file.stem, 1
        while label in styles:
            number += 1
            label = f"{file.stem} {number}"
        styles[label] = file
    return styles
