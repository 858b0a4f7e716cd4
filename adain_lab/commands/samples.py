"""``adain-lab samples``: the bundled pictures, whose names every command takes."""

from __future__ import annotations

import argparse
from typing import Any

from adain_lab.commands.common import Subcommands
from adain_lab.commands.parser import add_command
from adain_lab.commands.results import say_json

__all__ = ["add", "run"]

KINDS = ("content", "style", "masks")
_HEADINGS = {
    "content": "photographs, for CONTENT and PICTURE",
    "style": "paintings, for STYLE",
    "masks": "regions, for --mask, each of the photograph of its name",
}
_EXAMPLES = """\
adain-lab samples
adain-lab samples style
adain-lab samples --json | jq -r '.[].path'"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "samples", "list the sample pictures, which can be given by name", examples=_EXAMPLES
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"{', '.join(KINDS)} (default: all)")
    parser.add_argument("--json", action="store_true", help="as JSON, with authors, licences, alt texts and paths")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    from adain_lab.data import samples

    kinds = [options.kind] if options.kind else KINDS
    found = {kind: samples(kind).values() for kind in kinds}
    if options.json:
        from dataclasses import asdict

        rows: list[dict[str, Any]] = [
            {**asdict(sample), "path": str(sample.path)} for kind in found.values() for sample in kind
        ]
        say_json(rows)
        return
    for number, (kind, pictures) in enumerate(found.items()):
        print("\n" * bool(number) + _HEADINGS[kind])
        for sample in pictures:
            print(f"  {sample.name:22}{sample.title:42}{sample.author}, {sample.licence.split(' (')[0]}")
