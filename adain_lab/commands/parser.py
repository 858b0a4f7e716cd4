"""The parser of all commands: errors in one line, examples under every help, pictures before and after options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from adain_lab.files import printable

__all__ = ["Parser", "add_command"]


class Parser(argparse.ArgumentParser):
    """argparse with one line on stderr instead of the usage block, and with options between the pictures."""

    _inside = False

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)} (see `{self.prog} --help`)\n")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """``stylize photo.jpg --alpha 0.5 kilim`` has two pictures; argparse by itself stops at the first option."""
        given = sys.argv[1:] if args is None else args
        # After -- names may begin with a dash, which the method below forgets.
        if self._inside or self._subparsers is not None or "--" in given:
            return super().parse_known_args(args, namespace)
        self._inside = True  # the method below may call this one
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._inside = False


def add_command(
    commands: argparse._SubParsersAction, name: str, help: str, *, examples: str, more: str = ""
) -> argparse.ArgumentParser:
    """A command whose ``--help`` ends in examples.

    Args:
        commands: where it goes.
        name: of the command.
        help: what it does, in a few words.
        examples: command lines, one a line, and what else is to stand at the end.
        more: sentences for its own ``--help``.
    """
    lines = "\n".join(f"  {line}".rstrip() for line in examples.strip().splitlines())
    return commands.add_parser(
        name,
        help=help,
        description="\n\n".join(filter(None, [f"{help[0].upper()}{help[1:]}.", more.strip()])),
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
