"""Reading files, after looking at what they are: a pipe is refused before it hangs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from adain_lab.errors import EmptyFileError, InputError, MissingFileError
from adain_lab.files.words import reason

__all__ = ["a_kind", "exists", "open_file", "read_bytes", "reading", "sha256_of", "what_is_there"]

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def what_is_there(path: Path) -> str:
    """What a path leads to: "file", "folder", "a pipe", "a device", "a socket", or "" for nothing.

    Raises:
        InputError: it cannot be known: a folder on the way may not be entered, a name is too long, links go in circles.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:  # ValueError: a null character
        raise InputError(f"{path} cannot be read: {reason(error)}") from error
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else _KINDS.get(stat.S_IFMT(mode), "no file")


def a_kind(kind: str) -> str:
    """What :func:`what_is_there` says, in a sentence."""
    return f"a {kind}" if kind in ("file", "folder") else kind


def exists(path: Path) -> bool:
    """Whether there is anything; raises as :func:`what_is_there`."""
    return what_is_there(path) != ""


def open_file(path: str | os.PathLike, what: str = "a file") -> BufferedReader:
    """Open a file to read, after looking at what it is: opening a pipe would wait for ever.

    Args:
        path: of the file.
        what: what is expected there, for the message: "a picture".

    Raises:
        MissingFileError: there is none.
        InputError: it is a folder, a pipe or a device, is empty, or cannot be read.
    """
    path = Path(path)
    kind = what_is_there(path)
    if not kind:
        raise MissingFileError(f"{path} does not exist")
    if kind != "file":
        raise InputError(f"{path} is {a_kind(kind)}, not {what}")
    try:
        file = open(path, "rb")
    except FileNotFoundError as error:
        raise MissingFileError(f"{path} does not exist") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {reason(error)}") from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise EmptyFileError(f"{path} is empty (0 bytes)")
    return file


def read_bytes(path: str | os.PathLike, limit: int, what: str = "a file") -> bytes:
    """All of a file of at most ``limit`` bytes; raises as :func:`open_file`, and for larger ones."""
    with open_file(path, what) as file, reading(path):
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{path} has more than the {limit // 2**20} MB that are read of {what}")
    return data


def sha256_of(path: str | os.PathLike) -> str:
    """Hex digest of a file; raises as :func:`open_file`."""
    with open_file(path) as file, reading(path):
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def reading(path: object) -> Iterator[None]:
    """What the disk says in the block becomes a sentence about the file ``path``."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path} cannot be read: {reason(error)}") from error
