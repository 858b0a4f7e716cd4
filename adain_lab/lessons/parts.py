"""The text of a student's own module: parts between marks, each a function, class or constant with its imports.

Whatever stands between the parts is the student's. The first mark of a part holds a hash of what was written, by which
an edit by hand is known; see :mod:`adain_lab.lessons.own`.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["MODULE", "NotKept", "Part", "defined", "pieces", "renamed", "with_parts"]

MODULE = "my_adain"
_BEGIN = re.compile(
    r"# === (?P<name>\w+) \| lesson (?P<lesson>\d\d), (?P<role>exercise|for) (?P<exercise>\w+) \| (?P<digest>\w+)\s*$"
)


class NotKept(Exception):
    """Why a function cannot stand in a file of its own: half a sentence."""


@dataclass
class Part:
    """One marked part of the module: a function, class or constant, with its imports.

    Attributes:
        name: of what it defines.
        lesson, exercise: where it comes from; a helper serves an exercise that it is not the solution of.
        body: its source.
        written: its text in the file, marks included; empty until it is written.
        edited: whether that text was changed by hand.
    """

    name: str
    lesson: str
    exercise: str
    body: str
    helper: bool = False
    written: str = ""
    edited: bool = False

    def renew(self, other: Part) -> None:
        """Take over another's source and role."""
        self.lesson, self.exercise, self.body, self.helper = other.lesson, other.exercise, other.body, other.helper
        self.written = ""

    def text(self) -> str:
        """As it stands in the file; what is there already is not touched."""
        role = "for" if self.helper else "exercise"
        begin = f"# === {self.name} | lesson {self.lesson}, {role} {self.exercise} | {_digest(self.body)}"
        return self.written or f"{begin}\n{self.body}\n# === end of {self.name}\n"


def renamed(parts: list[Part], text: str, reserved: Mapping[str, str]) -> list[Part]:
    """Helpers whose name belongs to another lesson get theirs at the end: ``content_loss`` becomes ``content_loss_05``.

    Raises:
        NotKept: the name is also that of an argument, so that it cannot be changed safely.
    """
    there = {piece.name: piece for piece in pieces(text) if isinstance(piece, Part)}
    for part in parts:
        old = there.get(part.name)
        foreign = old is not None and old.lesson != part.lesson and old.body != part.body and not old.edited
        if part.helper and (foreign or reserved.get(part.name, part.lesson) != part.lesson):
            before, part.name = part.name, f"{part.name}_{part.lesson}"
            for other in parts:
                other.body = _with_name(other.body, before, part.name)
    return parts


def _with_name(body: str, before: str, after: str) -> str:
    """Source in which a function, class or constant of the module has another name."""
    lines = body.splitlines()
    places = set()
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.arg) and node.arg == before:
            raise NotKept(
                f"`{before}` is a name of another lesson there and an argument here, so give yours a new name"
            )
        if isinstance(node, ast.Name) and node.id == before:
            places.add((node.lineno, len(lines[node.lineno - 1].encode()[: node.col_offset].decode())))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == before:
            line = lines[node.lineno - 1]
            places.add(
                (node.lineno, line.index(before, line.index("def" if isinstance(node, ast.FunctionDef) else "class")))
            )
    for row, column in sorted(places, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + after + line[column + len(before) :]
    return "\n".join(lines)


def with_parts(text: str, parts: list[Part]) -> tuple[str, str | None]:
    """A module's text with parts put in or brought up to date, and what is to be said about it.

    Raises:
        NotKept: a name is taken, or the text cannot be read.
    """
    found, goal = list(pieces(text)), parts[-1]
    there = {piece.name: piece for piece in found if isinstance(piece, Part)}
    try:
        by_hand = defined(ast.parse("".join(piece for piece in found if isinstance(piece, str))))
    except SyntaxError as error:
        raise NotKept(f"what you wrote there yourself has an error, {error.msg}") from error
    before = [part for part in there.values() if part.exercise == goal.exercise and not part.helper]
    for part in (*before, *(part for name, part in there.items() if name == goal.name)):
        if part.edited and part.body != goal.body:
            return text, _left_alone(part.name)
    if goal.name in by_hand:
        return text, _left_alone(goal.name)
    for part in parts:
        part.body = _without_imports(part.body, (there.keys() | by_hand) - {part.name})
        old = there.get(part.name)
        if part.name in by_hand or (old and old.edited):
            continue  # a helper that the student looks after
        _refuse_another_import(part, there.values())
        if old is None:
            there[part.name] = part
            found += ["\n" * (not text.endswith("\n")) + "\n\n", part]
        elif old.body == part.body:
            if old.helper and not part.helper:  # it helped another exercise, and is one itself
                old.renew(part)
        elif old.lesson == part.lesson:
            old.renew(part)
        else:
            raise NotKept(f"it has another `{part.name}` from lesson {old.lesson} already, so give yours a new name")
    outdated = [part for part in before if part.name != goal.name]
    kept = [piece for piece in found if not any(piece is part for part in outdated)]
    return "".join(piece if isinstance(piece, str) else piece.text() for piece in kept), None


def _left_alone(name: str) -> str:
    return f"`{name}` in {MODULE}.py is one that you wrote or edited there by hand, so it was left alone."


def pieces(text: str) -> Iterator[Part | str]:
    """A module's text in order: the marked parts, and what stands between them."""
    lines = text.splitlines(keepends=True)
    free: list[str] = []
    at = 0
    while at < len(lines):
        begin = _BEGIN.match(lines[at])
        if begin is None:
            free.append(lines[at])
            at += 1
            continue
        if free:
            yield "".join(free)
            free = []
        end, closing = at + 1, f"# === end of {begin['name']}"
        while end < len(lines) and lines[end].rstrip() != closing and not _BEGIN.match(lines[end]):
            end += 1
        closed = end < len(lines) and lines[end].rstrip() == closing
        body = "".join(lines[at + 1 : end]).rstrip()
        end += closed
        yield Part(
            begin["name"],
            begin["lesson"],
            begin["exercise"],
            body,
            helper=begin["role"] == "for",
            written="".join(lines[at:end]),
            edited=not closed or _digest(body) != begin["digest"],
        )
        at = end
    if free:
        yield "".join(free)


def _digest(body: str) -> str:
    """A hash of a part's source; spaces at the ends of lines, which editors remove, do not count."""
    text = "\n".join(line.rstrip() for line in body.strip().splitlines())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def defined(tree: ast.Module) -> set[str]:
    """The functions, classes and constants that a module defines by itself."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


def _imports(body: str) -> dict[str, str]:
    """The import statements at the top level of a part, by the name that each binds."""
    try:
        nodes = [node for node in ast.parse(body).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    except SyntaxError:  # a part that its student is in the middle of editing
        return {}
    return {alias.asname or alias.name.split(".")[0]: ast.unparse(node) for node in nodes for alias in node.names}


def _without_imports(body: str, names: set[str]) -> str:
    """A part without the imports of what the module itself defines: there the student's own version serves."""
    unwanted = {statement for name, statement in _imports(body).items() if name in names}
    return "\n".join(line for line in body.splitlines() if line not in unwanted).strip()


def _refuse_another_import(part: Part, others: Iterable[Part]) -> None:
    wanted = _imports(part.body)
    for other in others:
        for name, statement in _imports(other.body).items():
            if other.name != part.name and wanted.get(name, statement) != statement:
                raise NotKept(f"`{name}` is `{statement}` there already, so give another name to `{wanted[name]}`")
