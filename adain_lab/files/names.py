"""Names that files can have, and where downloads live."""

from __future__ import annotations

import os
from pathlib import Path

from adain_lab.errors import InputError

__all__ = ["MAX_NAME", "cache_folder", "check_name"]

#: Bytes in the name of a file or a folder, on every common file system.
MAX_NAME = 255


def check_name(path: Path) -> None:
    """Refuse a name that no file can have, before anything is computed for it.

    Raises:
        InputError: it has more than :data:`MAX_NAME` bytes.
    """
    length = len(os.fsencode(path.name))
    if length > MAX_NAME:
        raise InputError(f"the name {path.name[:20]}… has {length} bytes, and names go up to {MAX_NAME}: shorten it")


def cache_folder() -> Path:
    """Where downloads live: ``ADAIN_LAB_CACHE`` if it is set, else the platform's cache folder for this user."""
    if folder := os.environ.get("ADAIN_LAB_CACHE"):
        try:
            return Path(folder).expanduser()
        except RuntimeError as error:
            raise InputError(f"ADAIN_LAB_CACHE is {folder}, and there is no such user: give another folder") from error
    from platformdirs import user_cache_path

    return user_cache_path("adain_lab", appauthor=False)
