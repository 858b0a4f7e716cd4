"""A student's copy of the lessons: complete, kept up to date, and never written over."""

import json
import os
import stat

import nbformat
import pytest

from adain_lab import cli, course


@pytest.fixture
def source(tmp_path):
    """Two lessons and a solution, as a package carries them."""
    folder = tmp_path / "package"
    (folder / "solutions").mkdir(parents=True)
    (folder / ".ipynb_checkpoints").mkdir()
    for name in (
        "00_start_here.ipynb",
        "01_next.ipynb",
        "solutions/00_start_here.ipynb",
        ".ipynb_checkpoints/00-checkpoint.ipynb",
    ):
        write(folder / name, name, "x = 1")
    return folder


def write(path, *cells, output=None):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    )
    if output is not None:
        notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text=output)]
        notebook.cells[0].execution_count = 7
    nbformat.write(notebook, path)


def cells(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_everything_is_added_once(source, tmp_path):
    copy = course.work_in(source, tmp_path / "mine")
    assert copy.added == ("00_start_here.ipynb", "01_next.ipynb", "solutions/00_start_here.ipynb")
    assert course.work_in(source, tmp_path / "mine") == course.Copy(tmp_path / "mine")
    assert not (tmp_path / "mine" / ".ipynb_checkpoints").exists()


def test_solutions_can_stay_away(source, tmp_path):
    assert course.work_in(source, tmp_path / "mine", solutions=False).added == ("00_start_here.ipynb", "01_next.ipynb")
    assert not (tmp_path / "mine" / "solutions").exists()


def test_where_solutions_stay_away_no_lesson_links_its_own(source, tmp_path):
    link = "> **Your version.** [the solved version](solutions/01_next.ipynb)."
    write(source / "01_next.ipynb", link, "# 01 · Next", "x = 1")
    course.work_in(source, tmp_path / "all")
    assert cells(tmp_path / "all" / "01_next.ipynb") == [link, "# 01 · Next", "x = 1"]
    course.work_in(source, tmp_path / "mine", solutions=False)
    assert cells(tmp_path / "mine" / "01_next.ipynb") == ["# 01 · Next", "x = 1"]
    assert course.work_in(source, tmp_path / "mine", solutions=False) == course.Copy(tmp_path / "mine")
    assert course.work_in(source, tmp_path / "mine").refreshed == ("01_next.ipynb",)


def test_an_update_refreshes_what_was_only_run_and_keeps_what_was_written(source, tmp_path):
    mine = tmp_path / "mine"
    course.work_in(source, mine)
    write(mine / "00_start_here.ipynb", "00_start_here.ipynb", "x = 1", output="it was run")
    write(mine / "01_next.ipynb", "01_next.ipynb", "x = my_answer")
    write(source / "00_start_here.ipynb", "a better lesson")
    write(source / "01_next.ipynb", "a better lesson too")
    write(source / "02_new.ipynb", "a new lesson")
    copy = course.work_in(source, mine)
    assert (copy.added, copy.refreshed, copy.kept) == (("02_new.ipynb",), ("00_start_here.ipynb",), ("01_next.ipynb",))
    assert cells(mine / "00_start_here.ipynb") == ["a better lesson"]
    assert cells(mine / "01_next.ipynb") == ["01_next.ipynb", "x = my_answer"]
    # And again: what was kept stays kept, whatever happens later.
    assert course.work_in(source, mine).kept == ("01_next.ipynb",)


def test_running_alone_needs_no_update(source, tmp_path):
    mine = tmp_path / "mine"
    course.work_in(source, mine)
    write(mine / "00_start_here.ipynb", "00_start_here.ipynb", "x = 1", output="it was run")
    before = (mine / "00_start_here.ipynb").read_bytes()
    assert course.work_in(source, mine) == course.Copy(mine)
    assert (mine / "00_start_here.ipynb").read_bytes() == before


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"lessons": 3}'])
def test_files_of_unknown_origin_are_left_alone(source, tmp_path, manifest):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "00_start_here.ipynb").write_text("not even a notebook")
    write(mine / "01_next.ipynb", "somebody's")
    if manifest is not None:
        (mine / course.MANIFEST).write_text(manifest)
    assert course.work_in(source, mine).kept == ("00_start_here.ipynb", "01_next.ipynb")
    assert (mine / "00_start_here.ipynb").read_text() == "not even a notebook"
    assert set(json.loads((mine / course.MANIFEST).read_text())["lessons"]) == {"solutions/00_start_here.ipynb"}


def test_a_folder_that_cannot_be_made_is_a_sentence(source, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot put the lessons into"):
        course.work_in(source, tmp_path / "file")


def test_a_clone_is_worked_in_directly_and_a_read_only_one_is_copied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert course.prepare().folder == course.lessons_folder()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    copy = course.prepare()
    assert copy.folder == tmp_path / "adain_lab_course" and course.FIRST in copy.added


def test_the_command_says_what_it_did(source, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(course, "lessons_folder", lambda: source)
    opened = []
    monkeypatch.setattr("os.execve", lambda program, command, variables: opened.append(command))
    mine = tmp_path / "mine"
    assert cli.main(["lab", str(mine), "--copy-only"]) == 0
    assert "01_next.ipynb: added" in capsys.readouterr().out and not opened
    write(mine / "01_next.ipynb", "my work")
    assert cli.main(["lab", str(mine), "--no-browser"]) == 0
    assert "01_next.ipynb: left alone, for your work is in it" in capsys.readouterr().out
    assert opened[0][-1] == str(mine / course.FIRST)
    (tmp_path / "file").write_text("")
    assert cli.main(["lab", str(tmp_path / "file")]) == 2
    assert "cannot put the lessons" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_a_sentence(source, tmp_path):
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(ValueError, match="cannot put the lessons into"):
        course.work_in(source, tmp_path / "locked" / "mine")


# ---- where a student's work is kept -----------------------------------------------------------------------------------


@pytest.fixture
def nowhere(monkeypatch):
    """Without what pytest and Jupyter say of themselves."""
    for name in ("ADAIN_LAB_PROGRESS", "PYTEST_VERSION", "JPY_SESSION_NAME", "NBGRADER_EXECUTION", "COLAB_RELEASE_TAG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(course, "_shell", lambda: None)
    monkeypatch.delattr("sys.ps1", raising=False)
    return monkeypatch


class Shell:
    def __init__(self, **user_ns):
        self.user_ns = user_ns


def test_scripts_and_tests_keep_nothing(nowhere):
    assert course.study_folder() is None
    nowhere.setattr(course, "_shell", Shell)  # a kernel that a program runs: nbclient, nbgrader
    assert course.study_folder() is None


def test_work_is_kept_beside_the_notebook(nowhere, tmp_path):
    nowhere.setenv("JPY_SESSION_NAME", str(tmp_path / "05_adain.ipynb"))
    assert course.study_folder() is None  # a script that a notebook started
    nowhere.setattr(course, "_shell", Shell)
    assert course.study_folder() == tmp_path
    (tmp_path / "code").mkdir()
    nowhere.setattr(course, "_shell", lambda: Shell(__vsc_ipynb_file__=str(tmp_path / "code" / "05_adain.ipynb")))
    assert course.study_folder() == tmp_path / "code"


def test_solved_versions_graders_and_tests_keep_nothing(nowhere, tmp_path):
    nowhere.setattr(course, "_shell", Shell)
    (tmp_path / "solutions").mkdir()
    nowhere.setenv("JPY_SESSION_NAME", str(tmp_path / "solutions" / "05_adain.ipynb"))
    assert course.study_folder() is None
    nowhere.setenv("JPY_SESSION_NAME", str(tmp_path / "05_adain.ipynb"))
    for name in ("PYTEST_VERSION", "NBGRADER_EXECUTION"):
        nowhere.setenv(name, "1")
        assert course.study_folder() is None
        nowhere.delenv(name)
    assert course.study_folder() == tmp_path


def test_a_prompt_keeps_in_the_working_folder(nowhere, tmp_path):
    nowhere.chdir(tmp_path)
    nowhere.setattr("sys.ps1", ">>> ", raising=False)
    assert course.study_folder() == tmp_path
    nowhere.delattr("sys.ps1")
    nowhere.setattr(course, "_shell", type("TerminalInteractiveShell", (Shell,), {}))
    assert course.study_folder() == tmp_path


def test_the_environment_has_the_last_word(nowhere, tmp_path):
    nowhere.setenv("PYTEST_VERSION", "9")
    nowhere.setenv("ADAIN_LAB_PROGRESS", str(tmp_path))
    assert course.study_folder() == tmp_path
    nowhere.delenv("PYTEST_VERSION")
    nowhere.setattr("sys.ps1", ">>> ", raising=False)
    nowhere.setenv("ADAIN_LAB_PROGRESS", "off")
    assert course.study_folder() is None
