"""What a command made, told in sentences, as JSON for programs, or not at all."""

from __future__ import annotations

import argparse
import json
import sys
from types import TracebackType
from typing import Any

from adain_lab.files import printable
from adain_lab.progress import Progress

__all__ = ["Results", "add_result_options", "say_json"]


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """--json and --quiet."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", action="store_true", help="say what was made as JSON on stdout, and nothing else")
    group.add_argument("--quiet", "-q", action="store_true", help="say nothing but errors")


def say_json(value: Any) -> None:
    """A JSON document on stdout; letters that it cannot say are written as JSON's own escapes."""
    ascii_only = not (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=ascii_only, indent=1), flush=True)


class Results:
    """Collects what was made, and says it: a sentence each at once, or one JSON document at the end.

    Args:
        options: of a command with :func:`add_result_options`.
        many: whether the document is a list; else it is the one thing that was made.
        to_stderr: the result itself goes to stdout, so sentences go to stderr.
    """

    def __init__(self, options: argparse.Namespace, many: bool = False, to_stderr: bool = False):
        self.json, self.quiet, self.many = options.json, options.quiet, many
        self._file = sys.stderr if to_stderr else sys.stdout
        self._facts: list[dict[str, Any]] = []

    @property
    def silent(self) -> bool:
        """Whether sentences are left out."""
        return self.json or self.quiet

    def __enter__(self) -> Results:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """What was made before something failed is said, too: its files are there."""
        if self.json and (self._facts or (self.many and kind is None)):
            say_json(self._facts if self.many else self._facts[-1])

    def add(self, *sentences: str, **facts: Any) -> None:
        """Something was made: in words for people, a line each, and as plain values for programs."""
        self._facts.append(facts)
        for sentence in () if self.silent else sentences:
            print(printable(sentence), file=self._file, flush=True)

    def progress(self, unit: str, total: float | None = None, what: str = "") -> Progress:
        """A bar that is as quiet as the command is asked to be."""
        return Progress(unit, total, what, quiet=self.quiet)
