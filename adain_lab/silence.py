"""What libraries in C print on stderr themselves, past Python, kept from whoever reads it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

__all__ = ["silenced_stderr"]

_lock = threading.Lock()
_depth = 0
_kept = -1


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """In the block, what is written to file descriptor 2 is lost; blocks may be nested, and overlap in several threads.

    It is the whole process's: keep the block short. Where there is no such descriptor nothing happens.
    """
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _depth, _kept
    with _lock:
        if _depth == 0:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                sys.stderr.flush()  # what was said before is not lost
            with contextlib.suppress(OSError):
                _kept = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)
        _depth += 1


def _end() -> None:
    global _depth, _kept
    with _lock:
        _depth -= 1
        if _depth == 0 and _kept >= 0:
            os.dup2(_kept, 2)
            os.close(_kept)
            _kept = -1
