"""Where the lessons are, and a student's own copy of them that can be brought up to date without losing work."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from adain_lab import __version__
from adain_lab.errors import EmptyFileError, InputError, MissingFileError
from adain_lab.files import exists, read_bytes, reason, write_whole

__all__ = ["Copy", "lessons_folder", "prepare", "work_in"]

_PACKAGE = Path(__file__).resolve().parent
FIRST = "00_start_here.ipynb"
#: In a student's folder: what was put there, so that an update can tell a lesson that was worked on from one that was
#: not.
MANIFEST = ".adain_lab.json"
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
    added, refreshed, kept = [], [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        put_there = _manifest(folder)
        for file in lessons:
            name = file.relative_to(source).as_posix()
            target, current = folder / name, fingerprint(file)
            there = fingerprint(target) if exists(target) else None
            if there == current:
                put_there[name] = current
                continue
            if there is not None and there != put_there.get(name):
                kept.append(name)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, lambda temporary, file=file: shutil.copyfile(file, temporary))
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
        data = read_bytes(notebook, _LARGEST, "a lesson")
    except EmptyFileError:
        data = b""
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
