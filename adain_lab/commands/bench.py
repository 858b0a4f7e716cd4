"""``adain-lab bench``: measure the models on this machine."""

from __future__ import annotations

import argparse
import sys

from adain_lab.commands.common import Subcommands, a_path, check_output, say

__all__ = ["add", "run"]


def add(commands: Subcommands) -> None:
    """Describe the command."""
    parser = commands.add_parser("bench", help="measure the speed and the memory of the models on this machine")
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
    with _Bar() as bar:
        report = measure(full(plan) if options.full else plan, progress=bar)
    print(table(report))
    if options.json:
        write_json(report, options.json)
        say(f"wrote {options.json}")


class _Bar:
    """Says at the start how long it will take, and then how far it is: a bar in a terminal, a line per stage in a log
    file.
    """

    def __init__(self) -> None:
        self._bar, self._stage = None, ""

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: float, total: float, what: str) -> None:
        from tqdm import tqdm

        from adain_lab.training.progress import duration

        if self._bar is None:
            print(f"adain-lab: this takes about {duration(total)}", file=sys.stderr, flush=True)
            shape = "{percentage:3.0f}%|{bar}| {n:.0f} of about {total:.0f} s, {desc}"
            self._bar = tqdm(total=total, bar_format=shape, disable=None, dynamic_ncols=True)
        if self._bar.disable and what != self._stage:
            print(f"adain-lab: {done:.0f} of about {total:.0f} s: {what}", file=sys.stderr, flush=True)
        elif not self._bar.disable:
            self._bar.set_description_str(what, refresh=False)
            self._bar.update(min(done, total) - self._bar.n)
        self._stage = what
