"""The ``adain-lab`` command: its parser, and what happens to errors. The commands are in :mod:`adain_lab.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from adain_lab import __version__
from adain_lab.commands import COMMANDS

__all__ = ["main"]

#: Errors that are the user's to mend: one sentence on stderr, exit 2. Anything else is a bug and keeps its traceback.
USER_ERRORS = (ValueError, TypeError, FileNotFoundError, ConnectionError)


class _Parser(argparse.ArgumentParser):
    """argparse with one line on stderr instead of the usage block."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see `{self.prog} --help`)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status (0, or 2 on bad input)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except USER_ERRORS as error:
        print(f"adain-lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("adain-lab: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="adain-lab", description="Style transfer from Gatys to AdaIN: a course lab and a tool.")
    parser.add_argument("--version", action="version", version=f"adain-lab {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name in COMMANDS:
        import_module(f"adain_lab.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
