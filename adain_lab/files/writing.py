"""Writing files whole or not at all: a full disk or a locked folder leaves what was there before."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adain_lab.errors import InputError, NoSpaceError
from adain_lab.files.names import check_name
from adain_lab.files.reading import a_kind, what_is_there
from adain_lab.files.words import reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # the one way to say that a module may not be there

__all__ = ["sweep", "temporary_folder", "write_tensors", "write_whole"]

#: How the names of files and folders begin that are being written; see :func:`write_whole`, :func:`temporary_folder`.
_UNFINISHED = ".adain_lab-"
#: Where locks are unknown, an unfinished file is given up after this many seconds.
_GIVEN_UP = 86_400
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Call ``write`` with a temporary path beside ``path``, with its ending, and rename it into place when it succeeds.

    A run that is killed leaves the temporary file; the next one that writes into the folder removes it.

    Raises:
        NoSpaceError: the disk is full or read-only.
        InputError: the folder does not exist or cannot be written, or the name is too long.
    """
    path = Path(path)
    check_name(path)
    there = what_is_there(path.parent)
    if there != "folder":
        raise InputError(
            f"{path.parent} is not a folder: choose another"
            if there
            else f"the folder {path.parent} does not exist: create it first or choose another"
        )
    if what_is_there(path) not in ("", "file"):
        raise InputError(f"{path} is {a_kind(what_is_there(path))}: give the name of a file")
    if path.parent not in _swept:
        sweep(path.parent)
        _swept.add(path.parent)
    ending = path.suffix if len(os.fsencode(path.suffix)) <= 32 else ""
    try:
        handle, name = tempfile.mkstemp(prefix=_UNFINISHED, suffix=ending, dir=path.parent)
    except OSError as error:
        raise _not_written(f"cannot write into {path.parent}", error) from error
    temporary = Path(name)
    try:
        _lock(handle)
        write(temporary)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes private files; a picture is an ordinary one
        _settle(temporary)
        os.close(handle)  # Windows renames no open file
        handle = -1
        os.replace(temporary, path)
    except OSError as error:
        raise _not_written(f"cannot write {path}", error) from error
    finally:
        if handle >= 0:
            os.close(handle)
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_tensors(path: str | os.PathLike, tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file; raises as :func:`write_whole`.

    Its own writer reports a full disk as an error of its own kind: here it makes bytes, and Python writes them.
    """
    from safetensors.torch import save

    data = save(dict(tensors), dict(metadata))
    write_whole(Path(path), lambda temporary: temporary.write_bytes(data))


@contextlib.contextmanager
def temporary_folder(parent: Path, prefix: str = _UNFINISHED) -> Iterator[Path]:
    """A new folder in ``parent`` that is there during the block, for this user alone.

    A run that is killed leaves it; the next one that makes such a folder there removes it.

    Args:
        parent: a folder.
        prefix: how its name begins.

    Raises:
        OSError: the folder cannot be made.
    """
    sweep(parent, prefix)
    handle = -1
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name:
            if fcntl is not None:
                handle = os.open(name, os.O_RDONLY)
                _lock(handle)
            yield Path(name)
    finally:
        if handle >= 0:
            os.close(handle)


def sweep(folder: Path, prefix: str = _UNFINISHED) -> None:
    """Remove what killed runs left unfinished in a folder. What somebody is writing is locked, and stays.

    Args:
        folder: where to look; not in the folders in it.
        prefix: how the names of what may go begin.
    """
    try:
        left = [entry.path for entry in os.scandir(folder) if entry.name.startswith(prefix)]
    except OSError:
        return
    for name in left:
        with contextlib.suppress(OSError):
            there = os.lstat(name)
            if stat.S_ISDIR(there.st_mode):
                # In a folder that many users share, only one's own.
                if (not hasattr(os, "getuid") or there.st_uid == os.getuid()) and _abandoned(name):
                    shutil.rmtree(name, ignore_errors=True)
            elif stat.S_ISREG(there.st_mode) and _abandoned(name):
                os.unlink(name)


#: Folders that were swept by this process.
_swept: set[Path] = set()


def _not_written(what: str, error: OSError) -> InputError:
    return (NoSpaceError if error.errno in _NO_SPACE else InputError)(f"{what}: {reason(error)}")


def _lock(handle: int) -> None:
    """Tell other processes that somebody is writing; the system takes the lock back from a process that dies."""
    if fcntl is not None:
        with contextlib.suppress(OSError):  # some network disks know no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _abandoned(name: str) -> bool:
    """Whether nobody is writing the file or the folder any more."""
    if fcntl is None:
        return time.time() - os.stat(name).st_mtime > _GIVEN_UP
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        return time.time() - os.stat(name).st_mtime > _GIVEN_UP
    finally:
        os.close(handle)
    return True


def _settle(path: Path) -> None:
    """Wait until the file is on the disk: after a power cut there is the old one or the new one."""
    with open(path, "rb+") as file, contextlib.suppress(io.UnsupportedOperation):
        os.fsync(file.fileno())
