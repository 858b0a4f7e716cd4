"""What a user can do wrong, as one family of exceptions.

Each carries one sentence: what was expected, what came, how to mend it. Callers may catch them as the ``ValueError``,
``TypeError``, ``FileNotFoundError`` or ``ConnectionError`` that they are; the command line and the panels say their
sentence, and whatever is not of this family keeps its traceback, for it is a bug.
"""

from __future__ import annotations

__all__ = [
    "EmptyFileError",
    "InputError",
    "InputTypeError",
    "MissingFileError",
    "NetworkError",
    "NoSpaceError",
    "UserError",
]


class UserError(Exception):
    """The sentence is for the user, who can mend it."""


class InputError(UserError, ValueError):
    """A value, or what is in a file, makes no sense."""


class EmptyFileError(InputError):
    """A file of no bytes."""


class InputTypeError(UserError, TypeError):
    """Something of another kind was expected."""


class MissingFileError(UserError, FileNotFoundError):
    """A file or a folder is not there."""


class NetworkError(UserError, ConnectionError):
    """There is no network, or no answer."""


class NoSpaceError(InputError):
    """The disk is full, or may not be written at all: what comes next will fail, too."""
