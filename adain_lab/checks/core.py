"""What a check is: a function that examines a student's function, and never raises."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from adain_lab.checks import store
from adain_lab.checks.probe import Failed, NotAttempted, Student
from adain_lab.course import study_folder
from adain_lab.lessons import own

__all__ = ["EXERCISES", "FAILED", "NOT_ATTEMPTED", "PASSED", "Check", "CheckResult", "exercise", "results", "reset"]

PASSED, FAILED, NOT_ATTEMPTED = "passed", "failed", "not attempted"
_SYMBOLS = {PASSED: "✓", FAILED: "✗", NOT_ATTEMPTED: "○"}
_WORDS = {PASSED: "passed", FAILED: "not right yet", NOT_ATTEMPTED: "not attempted yet"}
_STUB = "Replace `raise NotImplementedError()` with your code, run that cell, then run this one again."


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one exercise.

    Attributes:
        name: the exercise.
        lesson: its lesson, "00" to "09".
        status: "passed", "failed" or "not attempted".
        message: what is right, or the first thing that is wrong and how to mend it.
        details: further lines, such as measured values.
        points: earned; all or nothing.

    Example:
        >>> CheckResult("adain", "05", "not attempted", "Write it.")
        ○ adain: not attempted yet
          Write it.
    """

    name: str
    lesson: str
    status: str
    message: str
    details: tuple[str, ...] = ()
    points: int = 0

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return self.status == PASSED

    @property
    def symbol(self) -> str:
        """A sign for tables; the words of ``status`` always stand beside it."""
        return _SYMBOLS[self.status]

    def __repr__(self) -> str:
        lines = [f"{self.symbol} {self.name}: {_WORDS[self.status]}"]
        return "\n".join([*lines, *map(_wrapped, (self.message, *self.details))])


#: Every exercise that has a check, by name, in the order of the lessons.
EXERCISES: dict[str, Check] = {}
_results: dict[str, CheckResult] = {}


class Check:
    """The check of one exercise: call it with the student's function.

    Args:
        name, lesson: as in :class:`CheckResult`.
        points: what a solution earns.
        keep: whether a solution goes into the student's own module, see :mod:`adain_lab.lessons.own`.
        examine: a function of a :class:`~adain_lab.checks.probe.Student` that returns the message for a
            solution (or a message and details) and raises :class:`~adain_lab.checks.probe.Failed` otherwise.
    """

    def __init__(self, name: str, lesson: str, points: int, keep: bool, examine: Callable[[Student], Any]):
        self.name, self.lesson, self.points, self.keep, self._examine = name, lesson, points, keep, examine
        self.__doc__ = examine.__doc__

    def __repr__(self) -> str:
        return f"checks.{self.name}(your_function)"

    def __call__(self, answer: Callable) -> CheckResult:
        """Examine ``answer``, print the verdict, remember it for the report, and return it. Never raises.

        Whatever it draws, PyTorch's random numbers on the CPU go on as if it had not been called.
        """
        status, points = FAILED, 0
        details: Sequence[str] = ()
        try:
            with torch.random.fork_rng(devices=[]):
                outcome = self._examine(Student(answer))
        except NotAttempted:
            status, message = NOT_ATTEMPTED, _STUB
        except Failed as failure:
            message, details = failure.message, failure.details
        except Exception as error:  # an answer so odd that the check itself stumbles must not stop the notebook
            message = f"your function's result could not be examined: {type(error).__name__}: {error}"
        else:
            status, points = PASSED, self.points
            message, details = (outcome, ()) if isinstance(outcome, str) else outcome
        result = CheckResult(
            self.name, self.lesson, status, _sentence(message), tuple(_sentence(line) for line in details), points
        )
        _results[self.name] = result
        say(repr(result))
        for remark in filter(None, self._keep(answer, result)):
            say(_wrapped(remark))
        return result

    def _keep(self, answer: Callable, result: CheckResult) -> Iterator[str]:
        """Keep the verdict, and the function if it is right, where a student's work is kept; what is to be said."""
        try:
            yield (
                store.remember(
                    study_folder(), result.name, result.lesson, result.status, result.message, result.details
                )
                or ""
            )
            if result.passed and self.keep:
                lessons = {name: check.lesson for name, check in EXERCISES.items()}
                yield own.keep(self.name, self.lesson, answer, lessons) or ""
        except Exception as error:  # whatever happens to files, the verdict stands and the notebook goes on
            yield f"Your work was not kept: {type(error).__name__}: {error}."


def exercise(name: str, lesson: str, points: int, keep: bool = True) -> Callable[[Callable[[Student], Any]], Check]:
    """Decorator that makes a :class:`Check` of a function and lists it in :data:`EXERCISES`."""

    def register(examine: Callable[[Student], Any]) -> Check:
        EXERCISES[name] = Check(name, lesson, points, keep, examine)
        return EXERCISES[name]

    return register


def results() -> dict[str, CheckResult]:
    """This kernel's last verdict on every exercise, in the order of the lessons; "not attempted" where none was asked
    for.
    """
    return {
        name: _results.get(name, CheckResult(name, check.lesson, NOT_ATTEMPTED, _STUB))
        for name, check in sorted(EXERCISES.items(), key=lambda item: item[1].lesson)
    }


def reset() -> None:
    """Forget this kernel's verdicts, as after a restart; what is kept in the progress file stays."""
    _results.clear()


def _wrapped(text: str) -> str:
    """In lines that fit, under the verdict."""
    return textwrap.fill(
        text, 100, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _sentence(text: str) -> str:
    """With a capital letter in front and a full stop behind."""
    return text[:1].upper() + text[1:] + "." * (not text.endswith((".", "?", "!", "…", ":")))


def say(text: str) -> None:
    """Print, also where the terminal's encoding has no ✓."""
    try:
        print(text)
    except UnicodeEncodeError:
        print(text.translate({ord("✓"): "+", ord("✗"): "x", ord("○"): "o"}).encode("ascii", "replace").decode())
