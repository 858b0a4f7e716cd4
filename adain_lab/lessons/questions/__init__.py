"""The questions of the lessons: predictions before a result, and a short quiz at the end.

They stand in ``NN.toml`` beside this module, so that a notebook holds a question's name and not its answer.
"""

from __future__ import annotations

import html
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from adain_lab.errors import InputError

__all__ = ["Question", "names", "question"]

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Question:
    """A question with one right answer among a few.

    Attributes:
        name: "LESSON-word", such as "02-mirrored".
        text: the question, one sentence or two.
        options: what can be chosen.
        answer: the number of the right one, from 0.
        why: the explanation, one to three sentences.
    """

    name: str
    text: str
    options: tuple[str, ...]
    answer: int
    why: str

    def __str__(self) -> str:
        """The question as plain text, without its answer."""
        letters = (f"  {'abcdefgh'[number]}) {option}" for number, option in enumerate(self.options))
        return "\n".join([self.text, *letters])

    def as_html(self) -> str:
        """The question for a page on which nothing runs; the answer is folded away."""
        options = "".join(f"<li>{html.escape(option)}</li>" for option in self.options)
        right = html.escape(self.options[self.answer])
        return (
            f'<div><p>{html.escape(self.text)}</p><ol type="a">{options}</ol>'
            f"<details><summary>Answer</summary><p><b>{right}</b> {html.escape(self.why)}</p></details></div>"
        )


def question(name: str) -> Question:
    """The question of that name.

    Raises:
        ValueError: there is none.

    Example:
        >>> question("02-mirrored").options[question("02-mirrored").answer]
        'No: it is the largest of the three changes'
    """
    lesson = _of_lesson(name[:2])
    if name not in lesson:
        known = ", ".join(lesson) or "none in this lesson"
        raise InputError(f"there is no question {name!r}: choose from {known}")
    return lesson[name]


def names(lesson: str) -> list[str]:
    """The names of a lesson's questions, in their order.

    Example:
        >>> names("99")
        []
    """
    return list(_of_lesson(lesson))


@cache
def _of_lesson(lesson: str) -> dict[str, Question]:
    path = _FOLDER / f"{lesson}.toml"
    if not path.is_file():
        return {}
    found = {}
    for word, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        options = tuple(entry["options"])
        name = f"{lesson}-{word}"
        found[name] = Question(name, entry["text"], options, options.index(entry["answer"]), entry["why"])
    return found
