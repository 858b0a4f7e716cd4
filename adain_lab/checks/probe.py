"""Calling a student's function safely, and saying in words what is wrong with its result."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
from torch.nn import functional

__all__ = [
    "Failed",
    "Mistake",
    "NotAttempted",
    "Student",
    "close",
    "compared",
    "expect_influence",
    "expect_pair",
    "expect_tensor",
    "is_noise",
    "name_mistake",
    "random",
    "seeded",
    "taken_away",
    "thumbnail",
]


class Failed(Exception):
    """An exercise is not solved: what is wrong and how to mend it, in one or two sentences."""

    def __init__(self, message: str, *details: str):
        super().__init__(message)
        self.message, self.details = message, details


class NotAttempted(Exception):
    """The stub is untouched."""


class Student:
    """A student's function; calling it turns whatever goes wrong into :class:`Failed` or :class:`NotAttempted`.

    Inputs are compared with copies after each call, so that changing them in place is noticed.
    """

    def __init__(self, function: Callable):
        if function is None or function is Ellipsis:
            raise NotAttempted
        if not callable(function):
            raise Failed(
                f"give the function itself, without calling it: the check received a {type(function).__name__}"
            )
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        before = [tensor.detach().clone() for tensor in _tensors(args)]
        try:
            result = self.function(*args, **kwargs)
        except NotImplementedError as error:
            stub = _unfinished_stub(error)
            if stub is None:
                raise Failed(self._describe(error)) from error
            if stub != getattr(self.function, "__name__", stub):
                raise Failed(
                    f"your function calls `{stub}`, which is still a stub: solve that one first, or use the package's"
                ) from error
            raise NotAttempted from error
        except Failed:  # from something that a check forbids
            raise
        except (Exception, SystemExit) as error:
            raise Failed(self._describe(error)) from error
        if result is None or result is Ellipsis:
            if not _returns_a_value(self.function):
                raise NotAttempted
            raise Failed("your function returned None: does every way through it end in `return …`?")
        changed = [
            i
            for i, (tensor, copy) in enumerate(zip(_tensors(args), before, strict=True))
            if not torch.equal(tensor, copy)
        ]
        if changed:
            raise Failed(
                f"your function changed its input number {changed[0] + 1} in place, so whoever called it loses the original: "
                "write `x = x - y` instead of `x -= y`, and no `add_`, `copy_` or `x[...] =` on an input"
            )
        return result

    def _describe(self, error: BaseException) -> str:
        message = " ".join(str(error).split())
        message = message if len(message) <= 300 else message[:297] + "…"
        text = f"your function raised {type(error).__name__}" + f": {message}" * bool(message)
        own = getattr(getattr(inspect.unwrap(self.function), "__code__", None), "co_filename", None)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
        if frames:
            text += f" (line {frames[-1].lineno}" + f": `{frames[-1].line}`" * bool(frames[-1].line) + ")"
        elif isinstance(error, TypeError):
            text += " (called with the arguments that its docstring names)"
        return text


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that people really write, with the sentence for whoever wrote it."""

    wrong: Callable
    message: str


def name_mistake(
    got: Any, expected: Any, args: Sequence[Any], mistakes: Iterable[Mistake], otherwise: str, tolerance: float = 1e-4
) -> None:
    """Return when ``got`` equals ``expected``; else raise :class:`Failed`, with the name of the mistake where it is a
    known one.

    Args:
        got: a tensor, or a tuple of tensors, whose parts are compared one by one.
        expected: what the reference returns.
        args: the inputs, on which the wrong implementations are run too.
        mistakes: those to try, in this order.
        otherwise: the message when none of them fits.
        tolerance: see :func:`close`.
    """
    got, expected = _parts(got), _parts(expected)
    wrong_parts = [i for i in range(len(expected)) if not close(got[i], expected[i], tolerance)]
    if not wrong_parts:
        return
    for mistake in mistakes:
        try:
            with torch.no_grad():
                wrong = _parts(mistake.wrong(*args))
        except (RuntimeError, ValueError):  # it does not run on these inputs
            continue
        # All parts that are wrong, or else a single one, must look like this mistake.
        for parts in (wrong_parts, *([i] for i in wrong_parts)):
            if all(close(got[i], wrong[i], tolerance) and not close(wrong[i], expected[i], tolerance) for i in parts):
                raise Failed(mistake.message)
    raise Failed(otherwise)


def close(first: torch.Tensor, second: torch.Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors have one shape and differ by at most ``tolerance`` relative to the second's size; NaN equals
    NaN.
    """
    if first.shape != second.shape:
        return False
    first, second = first.detach().double(), second.detach().double()
    scale = float(second.nan_to_num(0).abs().max()) if second.numel() else 0.0
    return torch.allclose(first, second, rtol=0, atol=tolerance * scale + 1e-9, equal_nan=True)


def compared(what: str, value: torch.Tensor, expected: torch.Tensor) -> str:
    """How far a number is from the reference's, in words that tell 0 and a small difference from a factor."""
    got, right = float(value.detach()), float(expected.detach())
    if got == 0:
        return f"{what} is 0, and should not be: does it compare something with itself, or nothing at all?"
    if abs(got / right - 1) < 0.02:
        return f"{what} is off by {abs(got / right - 1):.2%}: the idea is right, and some detail is not, such as eps or a divisor"
    return f"{what} is {got / right:.3g} times the reference's"


def expect_tensor(value: Any, shape: Sequence[int], what: str, hint: str = "") -> torch.Tensor:
    """``value``, if it is a tensor of ``shape``; else :class:`Failed`."""
    hint = f": {hint}" * bool(hint)
    if not isinstance(value, torch.Tensor):
        raise Failed(f"{what} should be a tensor of shape {tuple(shape)}, but it is a {type(value).__name__}{hint}")
    if tuple(value.shape) != tuple(shape):
        raise Failed(f"{what} should have shape {tuple(shape)}, but it has {tuple(value.shape)}{hint}")
    return value


def expect_pair(value: Any, what: str) -> tuple[Any, Any]:
    """``value``, if it is a tuple or list of two; else :class:`Failed`."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Failed(
            f"your function should return two values, {what}, but it returned a {type(value).__name__}: end it with `return a, b`"
        )
    return value[0], value[1]


@contextmanager
def taken_away(names: Iterable[tuple[Any, str]], message: str) -> Iterator[None]:
    """While a student's code runs, functions that would do the whole exercise raise :class:`Failed` instead.

    Args:
        names: a module and the name of a function in it.
        message: what is said, with ``{}`` for that name.
    """

    def refusal(name):
        def refuse(*args, **kwargs):
            raise Failed(message.format(name))

        return refuse

    with ExitStack() as stack:
        for module, name in names:
            shown = f"{'F' if module is functional else module.__name__.rpartition('.')[2]}.{name}"
            stack.enter_context(mock.patch.object(module, name, refusal(shown)))
        yield


def seeded(student: Student, *args: Any) -> Any:
    """What a student's function gives when torch's random numbers are the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return student(*args)


def expect_influence(student: Student, args: Sequence[Any], others: Mapping[str, Sequence[Any]]) -> None:
    """Raise :class:`Failed` unless the result is the same for the same inputs, and another for each of ``others``.

    Args:
        args: the inputs.
        others: what changes, in words, and the inputs with that changed.
    """
    result = seeded(student, *args)
    if not close(seeded(student, *args), result, 1e-6):
        raise Failed(
            "the same inputs give another result at each call: is it made of random numbers that torch does not know?"
        )
    for what, changed in others.items():
        if close(seeded(student, *changed), result, 1e-6):
            raise Failed(
                f"with {what} the output is the same: zeros, noise and constants are no answer, so {what} must have a say"
            )


def is_noise(images: torch.Tensor) -> bool:
    """Whether neighbouring pixels of a picture (B, C, H, W) have next to nothing to do with each other."""
    grey = images.detach().double().mean(1)
    for one, other in ((grey[..., 1:, :], grey[..., :-1, :]), (grey[..., 1:], grey[..., :-1])):
        one, other = one - one.mean(), other - other.mean()
        if float((one * other).mean()) > 0.3 * float((one.square().mean() * other.square().mean()).sqrt()):
            return False
    return True


def thumbnail(images: torch.Tensor) -> torch.Tensor:
    """A picture of any size as (1, 3, 24, 24), to tell whether two are the same one."""
    return functional.adaptive_avg_pool2d(images[:1].detach().float().cpu(), 24)


def random(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Uniform numbers in [0, 1), the same for the same seed; the global generator is left alone."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def _parts(value: Any) -> tuple[torch.Tensor, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    return (value for value in values if isinstance(value, torch.Tensor))


def _unfinished_stub(error: NotImplementedError) -> str | None:
    """The function that a bare ``raise NotImplementedError()`` stands in; None for PyTorch's own errors of that
    type.
    """
    return None if error.args else traceback.extract_tb(error.__traceback__)[-1].name


def _returns_a_value(function: Callable) -> bool:
    """Whether a function's source has a ``return`` with something behind it that is not None; True when there is no
    source.
    """
    try:
        lines = inspect.getsource(function).splitlines()
    except (OSError, TypeError):
        return True
    returns = [line.strip() for line in lines if line.strip().startswith("return")]
    return any(line.removeprefix("return").strip() not in ("", "None", "...", "Ellipsis") for line in returns)
