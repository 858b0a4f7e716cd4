"""A cell that is run again makes a new panel; nobody sees the old one any more, so what it computes can end."""

from __future__ import annotations

import sys
import weakref
from typing import Any

__all__ = ["execution", "replaced"]

_made: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


def replaced(panel: Any) -> Any | None:
    """Note that the cell that runs now made ``panel``.

    Returns:
        The panel that an earlier execution of the same cell made last; None if there is none. One execution may make
        several.
    """
    panel._made_by, cell = execution()
    if not cell:
        return None
    old, _made[cell] = _made.get(cell), panel
    return old if old is not None and old._made_by != panel._made_by else None


def execution() -> tuple[str, str]:
    """Jupyter's names of this execution and of its cell; empty where nobody tells, as outside of notebooks."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    parent = shell.kernel.get_parent() if hasattr(shell, "kernel") else {}
    return parent.get("header", {}).get("msg_id", ""), parent.get("metadata", {}).get("cellId", "")
