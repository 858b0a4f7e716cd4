"""The ``adain-lab`` command: its parser, and what happens to errors. The commands are in :mod:`adain_lab.commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from adain_lab import __version__
from adain_lab.commands import COMMANDS
from adain_lab.commands.parser import Parser

__all__ = ["main"]

#: Errors that are the user's to mend: one sentence on stderr, exit 2. Anything else is a bug and keeps its traceback.
USER_ERRORS = (ValueError, TypeError, FileNotFoundError, ConnectionError)

_EXAMPLES = """\
examples:
  adain-lab lab                                       the course
  adain-lab stylize photo.jpg painting.jpg -o out.png
  adain-lab sheet photo.jpg                           it in every sample style
`adain-lab COMMAND --help` shows more of each."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status (0, or 2 on bad input)."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read stdout has had enough; nothing is to be flushed into it any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except USER_ERRORS as error:
        print(f"adain-lab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("adain-lab: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="adain-lab",
        description="Style transfer from Gatys to AdaIN: a course lab and a tool.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"adain-lab {__version__}")
    parser.set_defaults(parser=parser)  # for the command that describes all commands to a shell
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name in COMMANDS:
        import_module(f"adain_lab.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
