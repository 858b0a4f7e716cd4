"""docs/api.md: every name that a reader of the lessons meets first, with its call and the first sentence of its docstring.

    python tools/make_api_index.py

A test compares the file with what this gives. The whole reference, module by module, is written by ``make docs``.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import adain_lab
from adain_lab import widgets

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "api.md"
HEAD = """# API

The names at the top of the package and the panels, each with its call and what it is. `make docs` writes the whole
reference, module by module, from the same docstrings into `docs/api`; in a notebook, `adain_lab.load?` shows one of them.
This page is written by `tools/make_api_index.py`.
"""


def first_sentence(thing: Any) -> str:
    """Of a docstring, in one line and as Markdown."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    text = re.sub(r":(?:func|class|mod|data|attr|meth):`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text)[0]


def call_of(name: str, thing: Any) -> str:
    """``name(arguments)``, without types: how it is written in a program."""
    signature = inspect.signature(thing)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    return f"{name}{signature.replace(parameters=bare, return_annotation=signature.empty)}"


def rows(names: list[str], home: Any) -> list[str]:
    """A table's lines, with the file that each name comes from."""
    lines = ["| name | what it is |", "| --- | --- |"]
    for name in names:
        thing = getattr(home, name)
        source = Path(inspect.getsourcefile(thing)).resolve().relative_to(ROOT).as_posix()
        lines.append(f"| [`{call_of(name, thing)}`](../{source}) | {first_sentence(thing)} |".replace("\\", "\\\\"))
    return lines


def text() -> str:
    """The page."""
    names = [name for name in adain_lab.__all__ if not name.startswith("_")]
    top = ["## `import adain_lab`", "", *rows(names, adain_lab)]
    panels = ["## `from adain_lab.widgets import …`", "", *rows(list(widgets.__all__), widgets)]
    return "\n".join([HEAD, *top, "", *panels, ""])


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(FILE)
