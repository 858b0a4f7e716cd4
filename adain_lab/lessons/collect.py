"""What a function of a notebook needs to stand in a file of its own: its source, and its imports, helpers and constants.

Lambdas, functions made inside other functions, and functions that use a tensor, a network or another object of the
notebook instead of an argument cannot; :class:`~adain_lab.lessons.parts.NotKept` says why.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
import symtable
import sys
import types
from collections.abc import Callable
from typing import Any

from adain_lab.lessons.parts import MODULE, NotKept, Part

__all__ = ["collect", "of_notebook"]

_NOTES = ("### BEGIN SOLUTION", "### END SOLUTION", "# YOUR CODE HERE")
#: Where functions are looked for that do not know their module.
_SHELVES = ("torch", "torch.nn.functional", "math", "numpy", "builtins")
_LONGEST_CONSTANT = 2000


def of_notebook(function: Any) -> bool:
    return getattr(inspect.unwrap(function) if callable(function) else function, "__module__", None) == "__main__"


def collect(exercise: str, lesson: str, function: Callable) -> list[Part]:
    """The parts of a function's helpers and constants, each after those that it needs, and its own at the end.

    Raises:
        NotKept: something cannot stand in a file.
    """
    if not isinstance(inspect.unwrap(function), (types.FunctionType, type)):
        raise NotKept(f"a {type(function).__name__} has no source of its own, so write a function with `def`")
    parts: dict[str, Part] = {}
    _add(function, _name_of(function), parts, exercise, lesson, set())
    goal = parts.pop(_name_of(function))
    goal.helper = False
    return [*parts.values(), goal]


def _name_of(function: Callable) -> str:
    name = inspect.unwrap(function).__name__
    return "it" if name == "<lambda>" else name


def _add(value: Callable, name: str, parts: dict[str, Part], exercise: str, lesson: str, open_: set[str]) -> None:
    """Add the part of a notebook's function or class under ``name``, after what it needs."""
    if name in parts or name in open_:
        return
    open_.add(name)
    inner = inspect.unwrap(value)
    if inner.__name__ == "<lambda>":
        raise NotKept(f"`{name}` is a lambda, so write it with `def`" if name != "it" else "write it with `def`")
    if "<locals>" in inner.__qualname__:
        raise NotKept(f"`{name}` is made inside another function, whose variables a file does not have")
    source = _source(inner)
    imports, space = [], _globals(inner)
    for needed in sorted(_needed(source)):
        if needed == inner.__name__ or (needed not in space and hasattr(builtins, needed)):
            continue
        if needed not in space:
            raise NotKept(f"`{name}` uses `{needed}`, which the notebook does not have")
        if needed == "get_ipython":
            raise NotKept(f"`{name}` uses a command of the notebook, one that begins with % or !")
        thing = space[needed]
        statement = _import_of(thing, needed)
        if statement is not None:
            imports += [statement] * bool(statement)
        elif isinstance(inspect.unwrap(thing) if callable(thing) else thing, (types.FunctionType, type)):
            _add(thing, inspect.unwrap(thing).__name__, parts, exercise, lesson, open_)
            if inspect.unwrap(thing).__name__ != needed:
                parts[needed] = Part(needed, lesson, exercise, f"{needed} = {inspect.unwrap(thing).__name__}", True)
        elif _is_literal(thing):
            parts[needed] = Part(needed, lesson, exercise, f"{needed} = {thing!r}", True)
        else:
            raise NotKept(
                f"`{name}` uses the notebook's `{needed}`, a {type(thing).__name__}: make it an argument, or create it inside"
            )
    parts[name] = Part(name, lesson, exercise, "\n".join([*imports, "\n", source] if imports else [source]), True)


def _source(value: Callable) -> str:
    """The source of a function or class as it stands in its cell, decorators included.

    Raises:
        NotKept: it cannot be found.
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
    raise NotKept(
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
        NotKept: it assigns to one of them.
    """
    top = symtable.symtable(source, "<cell>", "exec")
    names = {s.get_name() for s in top.get_symbols() if s.is_referenced() and not s.is_assigned()}
    scopes = list(top.get_children())
    while scopes:
        scope = scopes.pop()
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                raise NotKept(f"it changes the notebook's variable `{symbol.get_name()}`, so return the value instead")
            if symbol.is_global() and symbol.is_referenced():
                names.add(symbol.get_name())
    return names


def _import_of(value: Any, name: str) -> str | None:
    """The statement that imports a value under a name; empty where the module defines it itself, None where none does."""
    if isinstance(value, types.ModuleType):
        if value.__name__ in ("__main__", MODULE):
            raise NotKept(f"it uses the module `{name}` itself: import the function from it, `from {MODULE} import …`")
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
