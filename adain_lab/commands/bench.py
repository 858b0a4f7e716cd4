"""``adain-lab bench``: measure the models on this machine."""

from __future__ import annotations

import argparse

from adain_lab.commands.common import Subcommands, a_path, check_output, say
from adain_lab.commands.parser import add_command
from adain_lab.progress import Progress, duration

__all__ = ["add", "run"]

_EXAMPLES = """\
adain-lab bench
adain-lab bench --size 512 --device cpu --json bench.json
adain-lab bench --full"""


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = add_command(
        commands, "bench", "measure the speed and the memory of the models on this machine", examples=_EXAMPLES
    )
    parser.add_argument("--json", type=a_path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument(
        "--sizes",
        "--size",
        type=int,
        nargs="+",
        default=[256],
        metavar="PX",
        help="sides of the square test pictures (default: 256)",
    )
    parser.add_argument("--rounds", type=int, default=10, help="repetitions at most; the median counts (default: 10)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.add_argument(
        "--full",
        action="store_true",
        help="everything: sizes from 128 to 2048, all precisions, memory, growth, Gatys to equal loss",
    )
    parser.add_argument(
        "--limit",
        type=float,
        default=60.0,
        metavar="S",
        help="leave out what takes longer for one pass (default: 60 s)",
    )
    parser.add_argument(
        "--memory",
        type=float,
        default=0.0,
        metavar="GB",
        help="leave out what needs more (default: 4/5 of what is free)",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    if options.json:
        check_output(options.json, [], endings=(".json",))
    from adain_lab.bench import Plan, full, measure, table, write_json

    plan = Plan(
        sizes=tuple(options.sizes),
        rounds=options.rounds,
        device=options.device,
        limit=options.limit,
        memory_mb=1000 * options.memory,
    )
    with Progress("s") as bar:

        def progress(done: float, total: float, what: str) -> None:
            if bar.total is None:
                bar.total = total
                bar.note(f"this takes about {duration(total)}")
            bar(min(done, total), total, what)

        report = measure(full(plan) if options.full else plan, progress=progress)
    print(table(report))
    if options.json:
        write_json(report, options.json)
        say(f"wrote {options.json}")
