"""A student's own module: solved functions go into ``my_adain.py`` beside the notebooks, and later lessons use them.

When a check passes, :func:`keep` writes the function there, with the imports, helpers and constants that it needs.
Nothing that a student wrote or edited by hand is ever changed. A lesson asks for a function by its exercise's name:

    >>> from adain_lab import functional
    >>> from adain_lab.lessons import mine
    >>> adain = mine("adain", otherwise=functional.adain)
    adain: the package's

It is the student's where the file has one that loads, and ``otherwise`` everywhere else: where the exercise is not
solved yet, where the file is broken (a sentence says on which line), and where nobody's work is kept
(:func:`adain_lab.course.study_folder`). In a notebook ``import my_adain`` works as well.

What cannot stand in a file of its own is not kept, and a sentence says why: lambdas, functions made inside other
functions, and functions that use a tensor, a network or another object of the notebook instead of an argument.

Each part of the file stands between two marks; the first holds a hash of what was written, by which an edit is known.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib.util
import inspect
import linecache
import re
import symtable
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from adain_lab.course import study_folder
from adain_lab.errors import InputTypeError
from adain_lab.files import write_whole

__all__ = ["MODULE", "keep", "mine"]

MODULE = "my_adain"
_HEAD = '''"""My own AdaIN: each function was written here when its check passed.

Change what you like. A function that you edited is never written over, and what stands between the marks stays.
"""
'''
_BEGIN = re.compile(
    r"# === (?P<name>\w+) \| lesson (?P<lesson>\d\d), (?P<role>exercise|for) (?P<exercise>\w+) \| (?P<digest>\w+)\s*$"
)
_NOTES = ("### BEGIN SOLUTION", "### END SOLUTION", "# YOUR CODE HERE")
#: Where functions are looked for that do not know their module.
_SHELVES = ("torch", "torch.nn.functional", "math", "numpy", "builtins")
_LONGEST_CONSTANT = 2000


class _NotKept(Exception):
    """Why a function cannot stand in a file of its own: half a sentence."""


@dataclass
class _Part:
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

    def renew(self, other: _Part) -> None:
        """Take over another's source and role."""
        self.lesson, self.exercise, self.body, self.helper = other.lesson, other.exercise, other.body, other.helper
        self.written = ""

    def text(self) -> str:
        """As it stands in the file; what is there already is not touched."""
        role = "for" if self.helper else "exercise"
        begin = f"# === {self.name} | lesson {self.lesson}, {role} {self.exercise} | {_digest(self.body)}"
        return self.written or f"{begin}\n{self.body}\n# === end of {self.name}\n"


# ---- reading: what a lesson calls ------------------------------------------------------------------------------------


def mine(name: str, otherwise: Callable, quiet: bool = False) -> Callable:
    """The student's own function for an exercise, or the package's where there is none that loads.

    Args:
        name: the exercise, as in ``checks.adain``; or the name of any function in ``my_adain.py``.
        otherwise: what serves where the student has none.
        quiet: do not print whose function it is.

    Raises:
        TypeError: ``otherwise`` cannot be called.
    """
    if not callable(otherwise):
        raise InputTypeError(
            f"otherwise must be a function that can serve in place of {name}, got a {type(otherwise).__name__}"
        )
    said, function = f"{name}: the package's", otherwise
    folder = study_folder()
    file = folder / f"{MODULE}.py" if folder else None
    if file and file.is_file():
        try:
            text = file.read_text(encoding="utf-8")
            own = _own_name(text, name)
            if own is not None:
                found = getattr(_load(file, text), own, None)
                if callable(found):
                    said, function = f"{name}: yours, from {file.name}", found
                else:
                    said += f", for {file.name} has no function {own} any more"
        except _NotKept as problem:
            said += f", for {file.name} does not load: {problem}"
        except (OSError, UnicodeDecodeError) as error:
            said += f", for {file.name} cannot be read: {error}"
    if not quiet:
        print(said)
    return function


def _own_name(text: str, name: str) -> str | None:
    """What a student's module calls the solution of exercise ``name``; None where it has none."""
    parts = [piece for piece in _pieces(text) if isinstance(piece, _Part)]
    solved = [part.name for part in parts if part.exercise == name and not part.helper]
    if solved:
        return solved[-1]
    try:
        tree = ast.parse(text)
    except SyntaxError:  # whether it is there cannot be known: loading will say what is wrong
        return name if re.search(rf"^(def|class) {re.escape(name)}\b", text, re.MULTILINE) else None
    return name if name in _defined(tree) else None


def _load(file: Path, text: str) -> types.ModuleType:
    """The module, run anew, as ``import my_adain`` will find it from now on."""
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None:
        raise _NotKept(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(MODULE)
    sys.modules[MODULE] = module
    try:
        _run(text, module, str(file))
    except _NotKept:
        sys.modules.pop(MODULE)
        if before is not None:
            sys.modules[MODULE] = before
        raise
    linecache.checkcache(str(file))  # an error's message must show today's lines
    return module


def _run(text: str, module: types.ModuleType, file: str) -> None:
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except SyntaxError as error:
        raise _NotKept(f"line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
        place = f"line {lines[0]}: " if lines else ""
        raise _NotKept(f"{place}{type(error).__name__}: {error}") from error


# ---- writing: what a check calls -------------------------------------------------------------------------------------


def keep(
    exercise: str, lesson: str, function: Callable, reserved: Mapping[str, str] = MappingProxyType({})
) -> str | None:
    """Write a solved function into the student's module; a sentence for the student, or None where nothing is to say.

    Args:
        exercise: its name among the checks.
        lesson: "00" to "09".
        function: a function or class that was written in the notebook; others are no student's and are not kept.
        reserved: names of exercises and their lessons; a helper that has one of another lesson is kept under a longer name.
    """
    folder = study_folder()
    if folder is None or not _of_notebook(function):
        return None
    file = folder / f"{MODULE}.py"
    try:
        parts = _collect(exercise, lesson, function)
        text = file.read_text(encoding="utf-8") if file.is_file() else _HEAD
        new, remark = _with_parts(text, _renamed(parts, text, reserved))
        if new == text:
            return remark
        _try(new, parts[-1].name, file.name)
        write_whole(file, lambda temporary: temporary.write_text(new, encoding="utf-8"))
    except _NotKept as problem:
        return f"Not kept in {file.name}: {problem}."
    except (OSError, UnicodeDecodeError, ValueError) as error:
        return f"Not kept in {file.name}: {error}."
    return remark or f"Kept as `{parts[-1].name}` in {file.name}, for later lessons."


def _renamed(parts: list[_Part], text: str, reserved: Mapping[str, str]) -> list[_Part]:
    """Helpers whose name belongs to another lesson get theirs at the end: ``content_loss`` becomes ``content_loss_05``.

    Raises:
        _NotKept: the name is also that of an argument, so that it cannot be changed safely.
    """
    there = {piece.name: piece for piece in _pieces(text) if isinstance(piece, _Part)}
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
            raise _NotKept(
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


def _try(text: str, name: str, file: str) -> None:
    """Raise :class:`_NotKept` unless the module loads with the function in it."""
    module = types.ModuleType(MODULE)
    try:
        _run(text, module, file)
    except _NotKept as problem:
        raise _NotKept(f"with it the file does not load, {problem}") from problem
    if not callable(getattr(module, name, None)):
        raise _NotKept(f"something further down there overwrites `{name}`")


def _with_parts(text: str, parts: list[_Part]) -> tuple[str, str | None]:
    """A module's text with parts put in or brought up to date, and what is to be said about it.

    Raises:
        _NotKept: a name is taken, or the text cannot be read.
    """
    pieces, goal = list(_pieces(text)), parts[-1]
    there = {piece.name: piece for piece in pieces if isinstance(piece, _Part)}
    try:
        by_hand = _defined(ast.parse("".join(piece for piece in pieces if isinstance(piece, str))))
    except SyntaxError as error:
        raise _NotKept(f"what you wrote there yourself has an error, {error.msg}") from error
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
            pieces += ["\n" * (not text.endswith("\n")) + "\n\n", part]
        elif old.body == part.body:
            if old.helper and not part.helper:  # it helped another exercise, and is one itself
                old.renew(part)
        elif old.lesson == part.lesson:
            old.renew(part)
        else:
            raise _NotKept(f"it has another `{part.name}` from lesson {old.lesson} already, so give yours a new name")
    outdated = [part for part in before if part.name != goal.name]
    kept = [piece for piece in pieces if not any(piece is part for part in outdated)]
    return "".join(piece if isinstance(piece, str) else piece.text() for piece in kept), None


def _left_alone(name: str) -> str:
    return f"`{name}` in {MODULE}.py is one that you wrote or edited there by hand, so it was left alone."


def _pieces(text: str) -> Iterator[_Part | str]:
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
        yield _Part(
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


def _defined(tree: ast.Module) -> set[str]:
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


def _refuse_another_import(part: _Part, others: Iterable[_Part]) -> None:
    wanted = _imports(part.body)
    for other in others:
        for name, statement in _imports(other.body).items():
            if other.name != part.name and wanted.get(name, statement) != statement:
                raise _NotKept(f"`{name}` is `{statement}` there already, so give another name to `{wanted[name]}`")


# ---- collecting what a function needs --------------------------------------------------------------------------------


def _of_notebook(function: Any) -> bool:
    return getattr(inspect.unwrap(function) if callable(function) else function, "__module__", None) == "__main__"


def _collect(exercise: str, lesson: str, function: Callable) -> list[_Part]:
    """The parts of a function's helpers and constants, each after those that it needs, and its own at the end.

    Raises:
        _NotKept: something cannot stand in a file.
    """
    if not isinstance(inspect.unwrap(function), (types.FunctionType, type)):
        raise _NotKept(f"a {type(function).__name__} has no source of its own, so write a function with `def`")
    parts: dict[str, _Part] = {}
    _add(function, _name_of(function), parts, exercise, lesson, set())
    goal = parts.pop(_name_of(function))
    goal.helper = False
    return [*parts.values(), goal]


def _name_of(function: Callable) -> str:
    name = inspect.unwrap(function).__name__
    return "it" if name == "<lambda>" else name


def _add(value: Callable, name: str, parts: dict[str, _Part], exercise: str, lesson: str, open_: set[str]) -> None:
    """Add the part of a notebook's function or class under ``name``, after what it needs."""
    if name in parts or name in open_:
        return
    open_.add(name)
    inner = inspect.unwrap(value)
    if inner.__name__ == "<lambda>":
        raise _NotKept(f"`{name}` is a lambda, so write it with `def`" if name != "it" else "write it with `def`")
    if "<locals>" in inner.__qualname__:
        raise _NotKept(f"`{name}` is made inside another function, whose variables a file does not have")
    source = _source(inner)
    imports, space = [], _globals(inner)
    for needed in sorted(_needed(source)):
        if needed == inner.__name__ or (needed not in space and hasattr(builtins, needed)):
            continue
        if needed not in space:
            raise _NotKept(f"`{name}` uses `{needed}`, which the notebook does not have")
        if needed == "get_ipython":
            raise _NotKept(f"`{name}` uses a command of the notebook, one that begins with % or !")
        thing = space[needed]
        statement = _import_of(thing, needed)
        if statement is not None:
            imports += [statement] * bool(statement)
        elif isinstance(inspect.unwrap(thing) if callable(thing) else thing, (types.FunctionType, type)):
            _add(thing, inspect.unwrap(thing).__name__, parts, exercise, lesson, open_)
            if inspect.unwrap(thing).__name__ != needed:
                parts[needed] = _Part(needed, lesson, exercise, f"{needed} = {inspect.unwrap(thing).__name__}", True)
        elif _is_literal(thing):
            parts[needed] = _Part(needed, lesson, exercise, f"{needed} = {thing!r}", True)
        else:
            raise _NotKept(
                f"`{name}` uses the notebook's `{needed}`, a {type(thing).__name__}: make it an argument, or create it inside"
            )
    parts[name] = _Part(name, lesson, exercise, "\n".join([*imports, "\n", source] if imports else [source]), True)


def _source(value: Callable) -> str:
    """The source of a function or class as it stands in its cell, decorators included.

    Raises:
        _NotKept: it cannot be found.
    """
    codes = [value.__code__] if isinstance(value, types.FunctionType) else [m.__code__ for m in _methods(value)]
    for code in codes:
        cell = "".join(linecache.getlines(code.co_filename))
        try:
            nodes = ast.parse(cell).body
        except SyntaxError:
            continue
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == value.__name__:
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                if node.lineno <= code.co_firstlineno <= (node.end_lineno or 0) or first == code.co_firstlineno:
                    lines = cell.splitlines()[first - 1 : node.end_lineno]
                    return "\n".join(line.rstrip() for line in lines if line.strip() not in _NOTES)
    raise _NotKept(
        f"the source of `{value.__name__}` was not found: does it stand at the left edge of a cell of its own?"
    )


def _methods(value: Callable) -> list[types.FunctionType]:
    methods = (inspect.unwrap(method) for method in vars(value).values() if isinstance(method, types.FunctionType))
    return [method for method in methods if method.__module__ == value.__module__]


def _globals(value: Callable) -> dict[str, Any]:
    """The notebook's variables, as a function or a class's methods see them."""
    functions = [value] if isinstance(value, types.FunctionType) else _methods(value)
    return functions[0].__globals__


def _needed(source: str) -> set[str]:
    """The names that a definition takes from the module around it, those of decorators and defaults among them.

    Raises:
        _NotKept: it assigns to one of them.
    """
    top = symtable.symtable(source, "<cell>", "exec")
    names = {s.get_name() for s in top.get_symbols() if s.is_referenced() and not s.is_assigned()}
    scopes = list(top.get_children())
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                raise _NotKept(f"it changes the notebook's variable `{symbol.get_name()}`, so return the value instead")
            if symbol.is_global() and symbol.is_referenced():
                names.add(symbol.get_name())
    return names


def _import_of(value: Any, name: str) -> str | None:
    """The statement that imports a value under a name; empty where the module defines it itself, None where none does."""
    if isinstance(value, types.ModuleType):
        if value.__name__ in ("__main__", MODULE):
            raise _NotKept(f"it uses the module `{name}` itself: import the function from it, `from {MODULE} import …`")
        return (
            f"import {value.__name__}" if value.__name__ == name else _from(*value.__name__.rpartition(".")[::2], name)
        )
    if not callable(value):
        return None
    if getattr(value, "__module__", None) == MODULE:
        own = value.__name__
        return "" if own == name else f"{name} = {own}"
    own = getattr(value, "__name__", name)
    for module in dict.fromkeys((getattr(value, "__module__", None), *_SHELVES)):
        if module in (None, "__main__") or module not in sys.modules:
            continue
        if getattr(sys.modules[module], own, None) is value:
            return _from(module, own, name)
    return None


def _from(module: str, own: str, name: str) -> str:
    alias = f" as {name}" if own != name else ""
    return f"from {module} import {own}{alias}" if module else f"import {own}{alias}"


def _is_literal(value: Any) -> bool:
    """Whether a constant can be written down as it is."""
    try:
        text = repr(value)
        return len(text) <= _LONGEST_CONSTANT and ast.literal_eval(text) == value
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
