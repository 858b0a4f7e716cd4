"""``adain-lab bench``: measure the models on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from adain_lab.commands.common import Subcommands, check_output

__all__ = ["add", "run"]


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("bench", help="measure the speed of the models on this machine")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument("--size", type=int, default=256, metavar="PX", help="side of the square test picture (default: 256)")
    parser.add_argument("--rounds", type=int, default=10, help="repetitions; the median counts (default: 10)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.json:
        check_output(options.json, [], endings=(".json",))
    from adain_lab.bench import measure, table, write_json

    report = measure(size=options.size, rounds=options.rounds, device=options.device)
    print(table(report))
    if options.json:
        write_json(report, options.json)
        print(f"wrote {options.json}")
