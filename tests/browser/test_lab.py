"""What a student meets who opens a lesson with ``adain-lab lab``: no tools for those who teach, no question about news,
and a lesson that stays saved; and what an instructor meets.
"""

import os
import shutil

import pytest
from browser.jupyter import NotebookPage, running_lab

from adain_lab.commands.lab import environment
from adain_lab.course import FIRST, lessons_folder

pytestmark = pytest.mark.browser

NEWS = "official Jupyter news"


def opened(browser, tmp_path, instructor):
    """What the page says when a lesson is opened as the command opens it, and whether the lesson is marked unsaved."""
    variables = {key: value for key, value in os.environ.items() if key != "JUPYTER_CONFIG_PATH"}
    path = environment(instructor, variables)["JUPYTER_CONFIG_PATH"]
    with running_lab(JUPYTER_CONFIG_PATH=path, JUPYTERLAB_SETTINGS_DIR=str(tmp_path)) as lab:
        shutil.copy(lessons_folder() / FIRST, lab.root)
        before = (lab.root / FIRST).read_bytes()
        notebook = NotebookPage(browser, lab, FIRST)
        page = notebook.page
        # The kernel has said which Python it is, which is what JupyterLab writes into the notebook.
        page.wait_for_function("jupyterapp.shell.currentWidget.model.getMetadata('language_info')?.version")
        page.wait_for_timeout(2000)  # what pops up has popped up
        words = page.evaluate("document.body.innerText")
        dirty = page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty")
        if instructor:
            page.evaluate("jupyterapp.commands.execute('docmanager:save')")
            page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
        else:
            assert (lab.root / FIRST).read_bytes() == before
        page.close()
    return words, dirty


def test_students_see_the_lesson_and_nothing_for_those_who_teach(browser, tmp_path):
    words, dirty = opened(browser, tmp_path, instructor=False)
    assert "Start here" in words
    assert not [word for word in ("Nbgrader", "Validate", "Create Assignment", NEWS) if word in words]
    assert not dirty


def test_instructors_keep_their_tools(browser, tmp_path):
    words, dirty = opened(browser, tmp_path, instructor=True)
    assert "Nbgrader" in words and "Validate" in words and NEWS not in words
    assert not dirty
