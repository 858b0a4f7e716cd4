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
import importlib.util
import linecache
import re
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from adain_lab.course import study_folder
from adain_lab.errors import InputTypeError
from adain_lab.files import write_whole
from adain_lab.lessons.collect import collect, of_notebook
from adain_lab.lessons.parts import MODULE, NotKept, Part, defined, pieces, renamed, with_parts

__all__ = ["MODULE", "keep", "mine"]

_HEAD = '''"""My own AdaIN: each function was written here when its check passed.

Change what you like. A function that you edited is never written over, and what stands between the marks stays.
"""
'''


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
        except NotKept as problem:
            said += f", for {file.name} does not load: {problem}"
        except (OSError, UnicodeDecodeError) as error:
            said += f", for {file.name} cannot be read: {error}"
    if not quiet:
        print(said)
    return function


def _own_name(text: str, name: str) -> str | None:
    """What a student's module calls the solution of exercise ``name``; None where it has none."""
    parts = [piece for piece in pieces(text) if isinstance(piece, Part)]
    solved = [part.name for part in parts if part.exercise == name and not part.helper]
    if solved:
        return solved[-1]
    try:
        tree = ast.parse(text)
    except SyntaxError:  # whether it is there cannot be known: loading will say what is wrong
        return name if re.search(rf"^(def|class) {re.escape(name)}\b", text, re.MULTILINE) else None
    return name if name in defined(tree) else None


def _load(file: Path, text: str) -> types.ModuleType:
    """The module, run anew, as ``import my_adain`` will find it from now on."""
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None:
        raise NotKept(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(MODULE)
    sys.modules[MODULE] = module
    try:
        _run(text, module, str(file))
    except NotKept:
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
        raise NotKept(f"line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [n for frame, n in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
        place = f"line {lines[0]}: " if lines else ""
        raise NotKept(f"{place}{type(error).__name__}: {error}") from error


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
    if folder is None or not of_notebook(function):
        return None
    file = folder / f"{MODULE}.py"
    try:
        parts = collect(exercise, lesson, function)
        text = file.read_text(encoding="utf-8") if file.is_file() else _HEAD
        new, remark = with_parts(text, renamed(parts, text, reserved))
        if new == text:
            return remark
        _try(new, parts[-1].name, file.name)
        write_whole(file, lambda temporary: temporary.write_text(new, encoding="utf-8"))
    except NotKept as problem:
        return f"Not kept in {file.name}: {problem}."
    except (OSError, UnicodeDecodeError, ValueError) as error:
        return f"Not kept in {file.name}: {error}."
    return remark or f"Kept as `{parts[-1].name}` in {file.name}, for later lessons."


def _try(text: str, name: str, file: str) -> None:
    """Raise :class:`NotKept` unless the module loads with the function in it."""
    module = types.ModuleType(MODULE)
    try:
        _run(text, module, file)
    except NotKept as problem:
        raise NotKept(f"with it the file does not load, {problem}") from problem
    if not callable(getattr(module, name, None)):
        raise NotKept(f"something further down there overwrites `{name}`")
