"""Files of any kind: what may be read, and writing whole or not at all.

Everything that is read or written goes through here, so that a pipe is refused before it hangs, and a full disk, a
locked folder or a name that is too long is one sentence, wherever it happens.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adain_lab.errors import EmptyFileError, InputError, MissingFileError, NoSpaceError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # the one way to say that a module may not be there

__all__ = [
    "a_kind",
    "cache_folder",
    "check_name",
    "exists",
    "open_file",
    "printable",
    "read_bytes",
    "reason",
    "sha256_of",
    "sweep",
    "what_is_there",
    "write_tensors",
    "write_whole",
]

#: Bytes in the name of a file or a folder, on every common file system.
MAX_NAME = 255
#: How the names of files begin that are being written; see :func:`write_whole`.
_UNFINISHED = ".adain_lab-"
#: Where locks are unknown, an unfinished file is given up after this many seconds.
_GIVEN_UP = 86_400
#: What is said of the errors of the operating system that people meet; of others, its own words.
_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOSPC: "no space left on the disk",
    errno.EDQUOT: "no space left for this user (disk quota)",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its links go round in a circle",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EEXIST: "something else is there already",
    errno.EISDIR: "it is a folder",
    errno.EMFILE: "too many files are open",
}
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def reason(error: BaseException) -> str:
    """Why something failed, in the words of :data:`_REASONS`, else in its own.

    Example:
        >>> reason(PermissionError(13, "Permission denied"))
        'permission denied'
    """
    # Libraries hide the disk's error behind their own: it is what they were handling.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return _REASONS.get(cause.errno) or cause.strerror or str(cause)
        cause = cause.__cause__ or cause.__context__
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def printable(text: object) -> str:
    """A text for a terminal: what would move its cursor, change its colours or end the line is written out.

    Example:
        >>> print(printable("a\\x1b[2Jb\\n.png"))
        a\\x1b[2Jb\\n.png
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


# ---- reading -----------------------------------------------------------------------------------------------------


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


def open_file(path: str | os.PathLike, what: str = "a file") -> io.BufferedReader:
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
    with open_file(path, what) as file, _reading(path):
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{path} has more than the {limit // 2**20} MB that are read of {what}")
    return data


def sha256_of(path: str | os.PathLike) -> str:
    """Hex digest of a file; raises as :func:`open_file`."""
    with open_file(path) as file, _reading(path):
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _reading(path: str | os.PathLike) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{path} cannot be read: {reason(error)}") from error


# ---- writing -----------------------------------------------------------------------------------------------------


def check_name(path: Path) -> None:
    """Refuse a name that no file can have, before anything is computed for it.

    Raises:
        InputError: it has more than :data:`MAX_NAME` bytes.
    """
    length = len(os.fsencode(path.name))
    if length > MAX_NAME:
        raise InputError(f"the name {path.name[:20]}… has {length} bytes, and names go up to {MAX_NAME}: shorten it")


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


def sweep(folder: Path) -> None:
    """Remove what killed runs left unfinished in a folder. Files that somebody is writing are locked, and stay."""
    try:
        left = [entry.path for entry in os.scandir(folder) if entry.name.startswith(_UNFINISHED)]
    except OSError:
        return
    for name in left:
        with contextlib.suppress(OSError):
            if _abandoned(name):
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
    """Whether nobody is writing the file any more."""
    if fcntl is None:
        return time.time() - os.stat(name).st_mtime > _GIVEN_UP
    with open(name, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # no locks here
            return time.time() - os.stat(name).st_mtime > _GIVEN_UP
    return True


def _settle(path: Path) -> None:
    """Wait until the file is on the disk: after a power cut there is the old one or the new one."""
    with open(path, "rb+") as file, contextlib.suppress(io.UnsupportedOperation):
        os.fsync(file.fileno())


def cache_folder() -> Path:
    """Where downloads live: ``ADAIN_LAB_CACHE`` if it is set, else the platform's cache folder for this user."""
    if folder := os.environ.get("ADAIN_LAB_CACHE"):
        try:
            return Path(folder).expanduser()
        except RuntimeError as error:
            raise InputError(f"ADAIN_LAB_CACHE is {folder}, and there is no such user: give another folder") from error
    from platformdirs import user_cache_path

    return user_cache_path("adain_lab", appauthor=False)
