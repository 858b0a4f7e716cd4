"""A question with a few answers: choose, commit, and only then reveal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import traitlets as t

from adain_lab import course
from adain_lab.errors import InputError
from adain_lab.files import write_whole
from adain_lab.lessons.questions import Question, question
from adain_lab.widgets import frontend
from adain_lab.widgets.panel import Panel

__all__ = ["PredictPanel", "predict"]

#: In the student's folder: what was chosen, by the question's name.
_FILE = "my_predictions.json"


def predict(name: str) -> PredictPanel:
    """A question of a lesson, to be answered before the next cell is run.

    Args:
        name: the question's, such as "02-mirrored".

    Raises:
        ValueError: there is no such question.
    """
    return PredictPanel(name)


class PredictPanel(Panel):
    """A question that gives its answer only to those who have committed to one of their own.

    The right answer and its explanation reach the page with :attr:`answer` and :attr:`why`, which stay empty until
    :meth:`reveal`. What was chosen is kept in ``my_predictions.json`` in the student's folder, where there is one, and
    is there again when the notebook is opened again; it is sent nowhere else.

    Args:
        name: the question's.

    Attributes:
        question, options: what is asked, and what can be chosen.
        choice: the number of the chosen option, from 0; -1 while there is none. Settable until :meth:`commit`.
        committed: whether the choice is final.
        answer: the number of the right option after :meth:`reveal`, before that -1.
        why: the explanation after :meth:`reveal`.
        error: one sentence, empty while all is well.

    Example:
        >>> panel = predict("02-mirrored")
        >>> panel.choice = 1
        >>> panel.commit()
        >>> panel.reveal()
        >>> panel.choice == panel.answer
        False
    """

    _esm = frontend.module("predict.js")
    _css = frontend.stylesheet("al-predict", "panel.css", "predict.css")

    question = t.Unicode().tag(sync=True)
    options = t.List(t.Unicode()).tag(sync=True)
    choice = t.Int(-1).tag(sync=True)
    committed = t.Bool(False).tag(sync=True)
    answer = t.Int(-1).tag(sync=True)
    why = t.Unicode("").tag(sync=True)
    #: Whether it is a question on what was read, with nothing to run before the answer.
    quiz = t.Bool(False).tag(sync=True)

    def __init__(self, name: str):
        self._asked: Question = question(name)
        self._folder = _study_folder()
        kept = _kept(self._folder).get(name, -1)
        known = kept if isinstance(kept, int) and 0 <= kept < len(self._asked.options) else -1
        super().__init__(
            question=self._asked.text,
            options=list(self._asked.options),
            choice=known,
            committed=known >= 0,
            quiz="-quiz-" in name,
        )

    def __repr__(self) -> str:
        return str(self._asked)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """With a form for pages on which nothing runs."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/html"] = self._asked.as_html()
        return bundle

    def commit(self) -> None:
        """Make the choice final, and keep it."""
        if self.choice < 0:
            raise InputError("choose an answer before you commit to it")
        self.committed = True
        if self._folder is not None:
            path = self._folder / _FILE
            text = json.dumps(_kept(self._folder) | {self._asked.name: self.choice}, indent=1) + "\n"
            write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    def reveal(self) -> None:
        """Give the answer and its explanation, to those who have committed."""
        if not self.committed:
            raise InputError("commit to an answer before you look at the right one")
        self.answer, self.why = self._asked.answer, self._asked.why

    def _do_commit(self, content: Any, buffers: Any) -> None:
        self.commit()

    def _do_reveal(self, content: Any, buffers: Any) -> None:
        self.reveal()

    @t.validate("choice")
    def _possible(self, proposal: dict[str, Any]) -> int:
        value = proposal["value"]
        if self.committed and value != self.choice:
            raise t.TraitError("you have committed to an answer: it cannot be changed any more")
        if not -1 <= value < len(self._asked.options):
            raise t.TraitError(f"choice must be a number from 0 to {len(self._asked.options) - 1}, got {value}")
        return value


def _study_folder() -> Path | None:
    """Where a student's work is kept; None where nothing is to be kept."""
    folder = getattr(course, "study_folder", None)
    return folder() if folder else None


def _kept(folder: Path | None) -> dict[str, Any]:
    if folder is None or not (folder / _FILE).is_file():  # a pipe would keep whoever reads it waiting for ever
        return {}
    try:
        kept = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # somebody has broken it: start anew
        return {}
    return {name: choice for name, choice in kept.items() if isinstance(choice, int)} if isinstance(kept, dict) else {}
