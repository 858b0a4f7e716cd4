"""Write docs/checks.md: every exercise with the mistakes that its check knows by name.

python tools/list_checks.py            write it
python tools/list_checks.py --check    only say whether it is out of date (exit 1)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from adain_lab import checks
from adain_lab.checks.core import Check
from adain_lab.checks.probe import Mistake
from adain_lab.files import write_whole

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "checks.md"
HEAD = """# What the checks can name

A check runs a student's function and looks at, in this order: whether it runs; type and shape; a property that says why; values against
the package's own. Where they differ, it runs the wrong implementations below on the same inputs, and when one of them gives the student's
output, it says the sentence beside it. Beyond these, every check notices untouched stubs, exceptions (with the line), missing `return`s,
inputs that were changed in place, and calls of other stubs that are not solved yet.

This page is written by `tools/list_checks.py`.
"""


def mistakes_of(check: Check) -> list[Mistake]:
    """The named mistakes that a check's function refers to."""
    examine = check._examine
    tables = [
        examine.__globals__[name]
        for name in examine.__code__.co_names
        if isinstance(examine.__globals__.get(name), tuple)
    ]
    return [mistake for table in tables for mistake in table if isinstance(mistake, Mistake)]


def document() -> str:
    """The whole page."""
    parts, lesson = [HEAD], None
    for check in sorted(checks.EXERCISES.values(), key=lambda check: check.lesson):
        if check.lesson != lesson:
            lesson = check.lesson
            parts.append(f"## Lesson {lesson}\n")
        points = f"{check.points} point{'s' * (check.points != 1)}"
        summary = check.__doc__.strip().splitlines()[0].removeprefix("Check ").rstrip(".")
        mistakes = [
            f"- {mistake.message[0].upper()}{mistake.message[1:].removesuffix('.')}." for mistake in mistakes_of(check)
        ]
        named = "\n".join(mistakes) if mistakes else "Judged by properties; its sentences say which one is violated."
        parts.append(f"### `{check.name}` · {points}\n\n{summary}.\n\n{named}\n")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether the page is out of date")
    options = parser.parse_args(arguments)
    if options.check:
        current = DOCUMENT.is_file() and DOCUMENT.read_text(encoding="utf-8") == document()
        if not current:
            print("docs/checks.md is out of date: run python tools/list_checks.py", file=sys.stderr)
        return int(not current)
    write_whole(DOCUMENT, lambda temporary: temporary.write_text(document(), encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
