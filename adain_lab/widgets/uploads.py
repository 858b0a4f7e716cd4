"""Files that come from the browser in parts.

Jupyter's server closes the connection on a message of more than 10 MB, so the
front end cuts a file into parts and numbers them. Plain computation: nothing
here knows a widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adain_lab.errors import InputError

__all__ = ["MAX_BYTES", "Upload", "Uploads"]

#: The front end refuses larger files with a sentence; here they are refused again, whoever sends them.
MAX_BYTES = 20 * 2**20


@dataclass(frozen=True)
class Upload:
    """A complete file: its name on the disk it came from, what it is for, and its bytes."""

    name: str
    kind: str
    data: bytes


@dataclass
class Uploads:
    """Puts parts together. A new file replaces one that was not finished.

    Example:
        >>> uploads = Uploads()
        >>> uploads.take({"id": "a", "part": 0, "parts": 2, "name": "x.png", "kind": "style"}, [b"12"]) is None
        True
        >>> uploads.take({"id": "a", "part": 1, "parts": 2, "name": "x.png", "kind": "style"}, [b"34"]).data
        b'1234'
    """

    _parts: dict[str, list[bytes]] = field(default_factory=dict)

    def take(self, content: dict[str, Any], buffers: Sequence[Any]) -> Upload | None:
        """One message; the whole file with its last part, None before.

        Raises:
            ValueError: a part is missing, or the file is too large.
        """
        name, part, count, key = (content.get(entry) for entry in ("name", "part", "parts", "id"))
        whole = isinstance(part, int) and isinstance(count, int) and 0 <= part < count <= MAX_BYTES
        if not (whole and isinstance(name, str) and isinstance(content.get("kind"), str)):
            raise InputError("a file did not arrive completely: choose it again")
        name, key = name[-200:], str(key)
        if part == 0:
            self._parts = {key: []}
        received = self._parts.get(key)
        if received is None or len(received) != part or len(buffers) != 1:
            self._parts.pop(key, None)
            raise InputError(f"{name} did not arrive completely: choose it again")
        received.append(bytes(buffers[0]))
        if sum(map(len, received)) > MAX_BYTES:
            del self._parts[key]
            raise InputError(f"{name} is larger than {MAX_BYTES // 2**20} MB: make it smaller first")
        if part + 1 < count:
            return None
        return Upload(name, str(content["kind"]), b"".join(self._parts.pop(key)))
