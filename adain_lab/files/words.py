"""Texts for people: why a file could not be read or written, and what a terminal may show."""

from __future__ import annotations

import errno

__all__ = ["printable", "reason"]

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
