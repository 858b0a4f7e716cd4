"""What all panels share: errors become a sentence in the panel, messages find their method, the repr is stable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import anywidget
import traitlets as t
from PIL import Image

from adain_lab.errors import InputError, UserError
from adain_lab.files import reason
from adain_lab.widgets.saved import VIEW, keeps_stills, still_html, view_bundle

__all__ = ["Panel", "bytes_trait"]


def bytes_trait(default: bytes = b"") -> t.Bytes:
    """A synchronised bytes trait. The browser sends a memoryview, which ``Bytes`` alone refuses without anybody
    noticing.
    """
    return t.Bytes(default).tag(sync=True, echo_update=False, from_json=lambda value, _: bytes(value or b""))


class Panel(anywidget.AnyWidget):
    """A widget that stays alive: whatever goes wrong in it is shown in it.

    A subclass names the traits that identify it in :attr:`_shown_in_repr`, wraps its work in :meth:`_guard`, and
    handles the front end's message ``{"do": "save"}`` in a method ``_do_save(content, buffers)``.

    JupyterLab delivers what the page sends on a thread of its own, while cells run on another: work that reads several
    traits and writes others happens with :attr:`_lock` held.
    """

    #: What went wrong, in one sentence; empty while all is well.
    error = t.Unicode("").tag(sync=True)
    #: Whether a picture is being computed.
    busy = t.Bool(False).tag(sync=True)

    _shown_in_repr: tuple[str, ...] = ()
    #: Traits that the page may set, and that may be refused.
    _settings: tuple[str, ...] = ()

    def __init__(self, **traits: Any):
        self._lock = threading.RLock()
        self._still = ""  # the one that was displayed last
        super().__init__(**traits)
        self.on_msg(self._dispatch)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown_in_repr)
        return f"{type(self).__name__}({shown})"

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        raise NotImplementedError("a panel says in words what it shows")

    def static(self) -> Image.Image:
        """What the panel shows, as a picture for readers of the saved notebook."""
        raise NotImplementedError("a panel has a still picture")

    # ---- in a notebook -----------------------------------------------------------------------------------------

    def _ipython_display_(self, **_: Any) -> None:
        """The still picture for the saved notebook, and the panel, which hides it; see
        :mod:`adain_lab.widgets.saved`.
        """
        from IPython.display import display

        show = getattr(self, "_repr_mimebundle_", None)
        shown = show() if show else None
        if not shown:  # it was closed
            print(repr(self))
            return
        bundle, metadata = shown if isinstance(shown, tuple) else (shown, {})
        if VIEW not in bundle or not keeps_stills():
            display(bundle, metadata=metadata, raw=True)
            return
        self._show_still(update=False)
        display(view_bundle(bundle), metadata=metadata, raw=True)

    def _show_still(self, update: bool) -> None:
        """Display the still, or put a new one in the place of those that were displayed."""
        from IPython.display import display

        self._still = still_html(self.static(), self.alt)
        bundle = {"text/html": self._still, "text/plain": repr(self)}
        display(bundle, raw=True, display_id=f"adain-lab-still-{self.model_id}", update=update)

    def _do_still(self, *_: Any) -> None:
        """The page asks for this when the panel has come to rest, so that what is saved is what was seen last."""
        if self._still and keeps_stills() and still_html(self.static(), self.alt) != self._still:
            self._show_still(update=True)

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn an exception into :attr:`error`. Jupyter swallows those of callbacks; here they are seen.

        What is nobody's mistake but ours says so, and its traceback goes to the log.
        """
        try:
            yield
        except (UserError, t.TraitError) as error:
            self.error = str(error)
        except OSError as error:
            self.error = f"this could not be done: {reason(error)}"
        except MemoryError:
            self.error = "there is not enough memory for this: take a smaller size"
        except Exception as error:
            self.log.exception("in a panel")
            self.error = f"something went wrong here that should not have: {type(error).__name__}: {error}"

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take values from the front end; one that does not fit its trait is refused with a sentence. What was refused
        goes back to the page: else it would show what is not there.
        """
        with self._lock, self._guard():
            super().set_state(sync_data)
        refused = [name for name in self._settings if name in sync_data and getattr(self, name) != sync_data[name]]
        if refused:
            self.send_state(refused)

    def _dispatch(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        with self._lock, self._guard():
            name = content.get("do") if isinstance(content, dict) else None
            method: Callable | None = getattr(self, f"_do_{name}", None)
            if method is None:
                raise InputError(f"the panel does not know the message {name!r}")
            method(content, buffers)
