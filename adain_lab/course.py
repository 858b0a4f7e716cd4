"""Where the lessons are, a student's own copy of them that can be brought up to date without losing work, and where
what a student has done is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from adain_lab import __version__
from adain_lab.errors import EmptyFileError, InputError, MissingFileError
from adain_lab.files import exists, read_bytes, reason, write_whole

__all__ = [
    "LESSONS",
    "PROGRESS_VARIABLE",
    "SOLUTIONS",
    "Copy",
    "kept_for",
    "lessons_folder",
    "prepare",
    "study_folder",
    "work_in",
]

_PACKAGE = Path(__file__).resolve().parent
FIRST = "00_start_here.ipynb"
#: File and title of every lesson, by its number.
LESSONS = {
    "00": (FIRST, "Start here"),
    "01": ("01_what_a_network_sees.ipynb", "What a network sees"),
    "02": ("02_gatys.ipynb", "Gatys"),
    "03": ("03_one_network_per_style.ipynb", "One network per style"),
    "04": ("04_normalisation_is_style.ipynb", "Normalisation is style"),
    "05": ("05_adain.ipynb", "AdaIN"),
    "06": ("06_control.ipynb", "Control"),
    "07": ("07_fast_and_good.ipynb", "Fast and good?"),
    "08": ("08_studio.ipynb", "Studio"),
    "09": ("09_variations.ipynb", "Variations"),
}
#: In a student's folder: what was put there, so that an update can tell a lesson that was worked on from one that was
#: not.
MANIFEST = ".adain_lab.json"
#: The solved versions' folder. Nothing is kept there: they are nobody's own work.
SOLUTIONS = "solutions"
#: The environment variable that names another folder to keep a student's work in, or says "off".
PROGRESS_VARIABLE = "ADAIN_LAB_PROGRESS"
#: Bytes of a notebook with all its pictures, at most.
_LARGEST = 2**28


@dataclass(frozen=True)
class Copy:
    """What happened to the lessons of a folder: their paths relative to it.

    Attributes:
        folder: where they are.
        added: not there before.
        refreshed: there in an older version that nobody had worked on.
        kept: worked on, or not ours, and different from the current version: left alone.
    """

    folder: Path
    added: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def lessons_folder() -> Path:
    """The folder of the lessons: ``notebooks`` of a clone, or the copy inside an installed package.

    Raises:
        FileNotFoundError: neither exists.
    """
    for folder in (_PACKAGE.parent / "notebooks", _PACKAGE / "notebooks"):
        if (folder / FIRST).is_file():
            return folder
    raise MissingFileError("the lessons are missing: reinstall adain_lab, or run from a complete clone")


def study_folder() -> Path | None:
    """Where a student's progress and solved functions are kept; None where nothing is kept.

    That is the notebook's folder in JupyterLab, Jupyter Notebook and VS Code, else the working folder of IPython,
    Colab or Python's prompt. Nothing is kept where nobody sits: in scripts, in pytest's (and nbval's) runs, in
    nbgrader's and other kernels that a program runs; nor in a folder ``solutions``. The environment variable
    ``ADAIN_LAB_PROGRESS`` overrides all this: it names a folder, or is ``off``.
    """
    if os.environ.get(PROGRESS_VARIABLE, "").strip():
        return kept_for(Path.cwd())
    if "PYTEST_VERSION" in os.environ or "NBGRADER_EXECUTION" in os.environ:
        return None
    notebook = _notebook()
    if notebook is not None:
        folder = notebook.parent
    elif _prompt():
        folder = Path.cwd()
    else:
        return None
    return None if folder.name == SOLUTIONS else folder.resolve()


def kept_for(folder: Path) -> Path | None:
    """Where work on the notebooks of ``folder`` is kept: there, unless ``ADAIN_LAB_PROGRESS`` says otherwise."""
    named = os.environ.get(PROGRESS_VARIABLE, "").strip()
    if not named:
        return folder.resolve()
    return None if named.lower() == "off" else Path(named).expanduser().resolve()


def _notebook() -> Path | None:
    """The notebook that this kernel was started for by a person's editor; None elsewhere."""
    opened = [os.environ.get("JPY_SESSION_NAME")]  # set by Jupyter's server, and not by nbclient
    shell = _shell()
    if shell is None:
        return None
    opened.insert(0, getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__"))
    for name in opened:
        if name and Path(name).parent.is_dir():
            return Path(name)
    return None


def _prompt() -> bool:
    """Whether a person types at IPython's or Python's prompt, or into Colab."""
    terminal = type(_shell()).__name__ == "TerminalInteractiveShell"
    return terminal or hasattr(sys, "ps1") and _shell() is None or "COLAB_RELEASE_TAG" in os.environ


def _shell() -> Any:
    """IPython's shell, where this is one; never a reason to import it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def prepare(folder: Path | None = None, solutions: bool = True) -> Copy:
    """A folder of lessons to work in: the clone's own, or a copy.

    Args:
        folder: where the copy goes. None: the clone's own lessons where there is a clone that can be written
            to, else ``adain_lab_course`` in the current folder.
        solutions: whether the solved versions come along.

    Raises:
        ValueError: the folder cannot be made.
    """
    source = lessons_folder()
    if folder is None and source.parent == _PACKAGE.parent and os.access(source, os.W_OK):
        return Copy(source)
    return work_in(source, Path(os.path.realpath(folder or "adain_lab_course")), solutions)


def work_in(source: Path, folder: Path, solutions: bool = True) -> Copy:
    """Copy lessons from ``source`` into ``folder``, or bring an earlier copy up to date.

    A lesson in which a cell was written, added or removed is never touched. One that was merely run is as
    good as new and is replaced by the current version.

    Raises:
        ValueError: the folder cannot be written.
    """
    lessons = sorted(
        f for f in source.rglob("*.ipynb") if not any(part.startswith(".") for part in f.relative_to(source).parts)
    )
    lessons = [f for f in lessons if solutions or f.parent == source]
    added: list[str] = []
    refreshed: list[str] = []
    kept: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put_there = _manifest(folder)
        for file in lessons:
            name = file.relative_to(source).as_posix()
            lesson = _lesson(file, solutions)
            target, current = folder / name, _digest(lesson)
            there = fingerprint(target) if exists(target) else None
            if there == current:
                put_there[name] = current
                continue
            if there is not None and there != put_there.get(name):
                kept.append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, partial(_put, lesson))
            put_there[name] = current
            (added if there is None else refreshed).append(name)
        text = json.dumps({"adain_lab": __version__, "lessons": put_there}, indent=1, sort_keys=True)
        write_whole(folder / MANIFEST, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot put the lessons into {folder}: {reason(error)}") from error
    return Copy(folder, tuple(added), tuple(refreshed), tuple(kept))


def fingerprint(notebook: Path) -> str:
    """A hash of what is written in a notebook's cells, in their order; outputs do not count.

    A file that is no notebook has the hash of its bytes.

    Raises:
        ValueError: it is a folder or a pipe, cannot be read, or is larger than any lesson with its pictures.
    """
    try:
        return _digest(read_bytes(notebook, _LARGEST, "a lesson"))
    except EmptyFileError:
        return _digest(b"")


def _lesson(file: Path, solutions: bool) -> bytes:
    """A lesson as it is put into a folder: where the solved versions stay away, without the link to its own."""
    data = file.read_bytes()
    try:
        notebook = json.loads(data)
        if solutions or f"]({SOLUTIONS}/" not in "".join(notebook["cells"][0]["source"]):
            return data
        del notebook["cells"][0]
    except (ValueError, KeyError, TypeError, IndexError):  # no notebook: as it is
        return data
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _put(data: bytes, temporary: Path) -> None:
    temporary.write_bytes(data)


def _digest(data: bytes) -> str:
    try:
        cells = json.loads(data)["cells"]
        data = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in cells]).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return hashlib.sha256(data).hexdigest()


def _manifest(folder: Path) -> dict[str, str]:
    """What an earlier :func:`work_in` put into ``folder``; empty when that is not known."""
    try:
        lessons = json.loads(read_bytes(folder / MANIFEST, _LARGEST))["lessons"]
        return {str(name): str(digest) for name, digest in lessons.items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
