"""Where the lessons are, and a copy of one's own when they came with an installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["lessons_folder", "prepare"]

_PACKAGE = Path(__file__).resolve().parent


def lessons_folder() -> Path:
    """The folder of the lessons: ``notebooks`` of a clone, or the copy inside an installed package.

    Raises:
        FileNotFoundError: neither exists.
    """
    for folder in (_PACKAGE.parent / "notebooks", _PACKAGE / "notebooks"):
        if (folder / "00_start_here.ipynb").is_file():
            return folder
    raise FileNotFoundError("the lessons are missing: reinstall adain_lab, or run from a complete clone")


def prepare(folder: Path | None = None) -> Path:
    """A folder of lessons to work in.

    In a clone, the clone's own, unless ``folder`` is given. Otherwise the lessons are
    copied into ``folder`` (``adain_lab_course`` by default); files that are there already are never touched.

    Raises:
        ValueError: the folder cannot be made.
    """
    source = lessons_folder()
    if folder is None and source.parent == _PACKAGE.parent:
        return source
    folder = (folder or Path("adain_lab_course")).resolve()
    try:
        for file in sorted(source.rglob("*.ipynb")):
            target = folder / file.relative_to(source)
            if ".ipynb_checkpoints" not in file.parts and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    except OSError as error:
        raise ValueError(f"cannot put the lessons into {folder}: {error.strerror or error}") from error
    return folder
