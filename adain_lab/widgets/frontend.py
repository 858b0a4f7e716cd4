"""The front end of a panel: one self-contained ES module and one stylesheet, put together from the files in ``static``.

A notebook's front end gets a module as text and cannot resolve ``import "./parts.js"``. So a line that
imports from a neighbour is replaced by that neighbour's text, once. The files stay valid modules of their own.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["module", "stylesheet"]

_STATIC = Path(__file__).resolve().parent / "static"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)


def module(name: str) -> str:
    """The ES module ``static/name`` with its neighbours in it."""
    return _inlined(name, set())


def _inlined(name: str, done: set[str]) -> str:
    if name in done:
        return ""
    done.add(name)
    text = (_STATIC / name).read_text(encoding="utf-8")
    return _IMPORT.sub(lambda match: _inlined(match[1], done), text)


def stylesheet(root: str, *names: str) -> str:
    """Stylesheets of ``static`` one after the other, for a panel of the class ``root`` alone.

    A page has the stylesheets of all panels that were shown on it, and two of them may call different things the same.
    The scope is the element around the panel, since scoped rules do not match the scope's own element.
    """
    around, *inside = ((_STATIC / name).read_text(encoding="utf-8") for name in ("around.css", *names))
    return "\n".join([around, f"@scope (:has(> .{root})) {{", *inside, "}\n"])
