"""How far a student is, over all kernels: the best verdict on every exercise, and a map of the course."""

from __future__ import annotations

import html
from pathlib import Path

from adain_lab.checks import core, store
from adain_lab.checks.core import EXERCISES, FAILED, NOT_ATTEMPTED, PASSED, CheckResult
from adain_lab.course import LESSONS, study_folder

__all__ = ["ProgressMap", "progress_map", "standing"]


def standing(folder: Path | None = None) -> dict[str, CheckResult]:
    """The verdict on every exercise, in the order of the lessons: this kernel's, or the one that was kept.

    A kept pass counts more than what this kernel says, and this kernel more than anything else that was kept.

    Args:
        folder: where the progress is kept; None for :func:`adain_lab.course.study_folder`.
    """
    verdicts, problem = store.load(folder or study_folder())
    if problem:
        core.say(problem)
    found = {}
    for name, here in core.results().items():
        kept = verdicts.get(name)
        if here.passed or kept is None or (here.status == FAILED and kept["status"] != PASSED):
            found[name] = here
        else:
            points = EXERCISES[name].points if kept["status"] == PASSED else 0
            found[name] = CheckResult(
                name, here.lesson, kept["status"], kept["message"], tuple(kept["details"]), points
            )
    return found


class ProgressMap:
    """The lessons with a sign for every exercise: HTML for a notebook, lines of text elsewhere.

    Made by :func:`progress_map`. Signs stand beside words, and everything takes the page's own colours, light or dark.

    Attributes:
        lessons: number, file and title of each lesson with the verdicts on its exercises.
    """

    def __init__(self, verdicts: dict[str, CheckResult]):
        self.lessons = [
            (number, file, title, [result for result in verdicts.values() if result.lesson == number])
            for number, (file, title) in LESSONS.items()
        ]

    def __repr__(self) -> str:
        wide = max(len(title) for _, _, title, _ in self.lessons)
        many = max(len(results) for *_, results in self.lessons)
        lines = [
            f"{number}  {title:{wide}}  {''.join(r.symbol for r in results):{many}}  {_words(results)}"
            for number, _, title, results in self.lessons
        ]
        return "\n".join([*lines, self._sum()])

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": repr(self)}

    def _sum(self) -> str:
        every = [result for *_, results in self.lessons for result in results]
        return f"{sum(result.passed for result in every)} of {len(every)} exercises passed"

    def _html(self) -> str:
        cards = "".join(self._card(*lesson) for lesson in self.lessons)
        grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(13.5em,1fr));gap:0.6em;list-style:none;"
        return (
            '<div style="font:0.95em/1.4 sans-serif;color:inherit">'
            f'<ol aria-label="The lessons and what you have solved" style="{grid}margin:0.4em 0;padding:0">{cards}</ol>'
            f'<div style="margin:0.3em 0.1em">{self._sum()}.</div></div>'
        )

    def _card(self, number: str, file: str, title: str, results: list[CheckResult]) -> str:
        passed = sum(result.passed for result in results)
        done = passed == len(results)
        share = round(100 * passed / len(results))
        signs = "".join(_sign(result) for result in results)
        # currentColor is the page's own ink; the bar's green is readable on white and on black, and says nothing new.
        return (
            '<li style="margin:0;padding:0.55em 0.8em 0.65em;border:1px solid;border-radius:6px;'
            f'border-color:color-mix(in srgb,currentColor {60 if done else 25}%,transparent)">'
            f'<a href="{html.escape(file)}" style="color:inherit;font-weight:600;text-decoration:underline;'
            f'text-decoration-thickness:1px;text-underline-offset:0.2em">{number} · {html.escape(title)}</a>'
            f'<div style="letter-spacing:0.25em;font-size:1.15em;line-height:1.5">{signs}</div>'
            f'<div style="font-size:0.9em">{"✓ " if done else ""}{_words(results)}</div>'
            '<div aria-hidden="true" style="height:4px;margin-top:0.35em;border-radius:2px;'
            'background:color-mix(in srgb,currentColor 18%,transparent)">'
            f'<div style="height:4px;border-radius:2px;background:#009E73;width:{share}%"></div></div></li>'
        )


def _sign(result: CheckResult) -> str:
    words = html.escape(f"{result.name}: {result.status}", quote=True)
    faint = ";opacity:0.7" if result.status == NOT_ATTEMPTED else ""
    return f'<span role="img" title="{words}" aria-label="{words}" style="cursor:help{faint}">{result.symbol}</span>'


def _words(results: list[CheckResult]) -> str:
    passed = sum(result.passed for result in results)
    if passed == len(results):
        return "all solved"
    return f"{passed} of {len(results)} solved" if passed or any(r.status == FAILED for r in results) else "not begun"


def progress_map(folder: Path | None = None) -> ProgressMap:
    """A map of the course: every lesson, with a tick for each exercise that you have solved in any kernel.

    Args:
        folder: where the progress is kept; None for this notebook's.

    Example:
        >>> from adain_lab import checks
        >>> checks.reset()
        >>> print(repr(checks.progress_map()).splitlines()[0])
        00  Start here              ○○○    not begun
    """
    return ProgressMap(standing(folder))
