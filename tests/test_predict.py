"""Predictions: every question is complete, and a panel gives its answer only to those who have committed."""

import json
import os
import re
import threading
from pathlib import Path

import nbformat
import pytest

from adain_lab import course
from adain_lab.lessons import questions
from adain_lab.widgets.predict import PredictPanel, predict

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
LESSONS = [f"{number:02}" for number in range(10)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "study_folder", lambda: tmp_path, raising=False)
    return tmp_path


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_question_can_be_answered_and_is_explained(lesson):
    assert len(questions.names(lesson)) >= 4
    for name in questions.names(lesson):
        asked = questions.question(name)
        assert 2 <= len(asked.options) <= 5 and len(set(asked.options)) == len(asked.options)
        assert asked.text.endswith("?") and asked.why.endswith((".", "!")) and len(asked.why) > 30


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_question_is_asked_once_in_its_lesson(lesson):
    (path,) = NOTEBOOKS.glob(f"{lesson}_*.ipynb")
    sources = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    asked = re.findall(r'predict\("([\w-]+)"\)', sources)
    assert asked == questions.names(lesson)


def test_the_right_answers_do_not_all_stand_at_the_same_place():
    answers = [questions.question(name).answer for lesson in LESSONS for name in questions.names(lesson)]
    assert max(answers.count(place) for place in set(answers)) < 0.45 * len(answers)


def test_the_answer_comes_after_the_commitment(folder):
    panel = predict("02-mirrored")
    assert (panel.choice, panel.answer, panel.why) == (-1, -1, "")
    with pytest.raises(ValueError, match="before you commit"):
        panel.commit()
    panel.choice = 1
    with pytest.raises(ValueError, match="commit to an answer"):
        panel.reveal()
    panel.commit()
    assert panel.answer == -1
    panel.reveal()
    assert panel.answer == questions.question("02-mirrored").answer and panel.why


def test_a_choice_is_final_and_kept(folder):
    panel = predict("02-mirrored")
    panel.choice = 2
    panel.commit()
    with pytest.raises(Exception, match="cannot be changed"):
        panel.choice = 0
    assert json.loads((folder / "my_predictions.json").read_text()) == {"02-mirrored": 2}
    again = predict("02-mirrored")
    assert again.choice == 2 and again.committed and again.answer == -1


def test_a_broken_file_of_predictions_is_no_obstacle(folder):
    (folder / "my_predictions.json").write_text("{")
    assert predict("02-mirrored").choice == -1
    (folder / "my_predictions.json").write_text('{"02-mirrored": 99}')
    assert predict("02-mirrored").choice == -1
    (folder / "my_predictions.json").write_text("[" * 200_000)
    assert predict("02-mirrored").choice == -1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_in_place_of_the_predictions_is_not_waited_for(folder):
    os.mkfifo(folder / "my_predictions.json")
    panels = []
    thread = threading.Thread(target=lambda: panels.append(predict("02-mirrored")), daemon=True)
    thread.start()
    thread.join(30)
    assert panels and panels[0].choice == -1


def test_the_page_is_told_in_a_sentence(folder):
    panel = predict("02-mirrored")
    panel._handle_custom_msg({"do": "reveal"}, [])
    assert "commit" in panel.error and panel.answer == -1
    panel.set_state({"choice": 77})
    assert "from 0 to" in panel.error and panel.choice == -1


def test_without_a_browser_it_is_a_plain_question():
    panel = PredictPanel("02-mirrored")
    asked = questions.question("02-mirrored")
    text, page = repr(panel), asked.as_html()
    assert text.startswith(asked.text) and all(option in text for option in asked.options)
    assert asked.why not in text
    assert "<details>" in page and page.index("<details>") < page.index(asked.why[:20].replace("'", "&#x27;"))


def test_an_unknown_question_is_refused():
    with pytest.raises(ValueError, match="choose from"):
        predict("02-nothing")
    with pytest.raises(ValueError, match="none in this lesson"):
        predict("77-nothing")
