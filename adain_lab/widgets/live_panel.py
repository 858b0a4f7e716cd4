"""What panels share that compute in a thread: the run's life, what is shown meanwhile, pictures to choose from."""

from __future__ import annotations

import math
from typing import Any

import traitlets as t

from adain_lab.errors import InputError
from adain_lab.widgets.cells import replaced
from adain_lab.widgets.panel import Panel
from adain_lab.widgets.session.gallery import Gallery
from adain_lab.widgets.session.live_run import LiveRun
from adain_lab.widgets.session.worker import load_optimizers
from adain_lab.widgets.thumbnails import ThumbnailTraits
from adain_lab.widgets.uploads import Uploads

__all__ = ["LivePanel"]


class LivePanel(ThumbnailTraits, Panel):
    """A panel that computes in a thread of its own, so that the rest of the notebook works meanwhile.

    A subclass lists its settings (names of traits) in :attr:`_settings`, connects their validation to :meth:`_good` and
    checks values in :meth:`_checked`. A run that it begins tells :meth:`_tell`, is put into :attr:`_live` with the lock
    held, and is shown by :meth:`_show`. For every kind of picture the panel has an attribute with the chosen one's
    name, such as ``content``, and a list of those to choose from, such as ``contents`` (see
    :func:`~adain_lab.widgets.thumbnails.picture_lists`).

    Args:
        galleries: the pictures to choose from, by kind.
        start: the value of every setting; :attr:`split` has its own.
        traits: further traits of the subclass.
    """

    content = t.Unicode().tag(sync=True)
    #: How far the run is, in words.
    status = t.Unicode("").tag(sync=True)
    split = t.Float(0.5).tag(sync=True)
    #: What the panel shows, in words.
    alt = t.Unicode("").tag(sync=True)
    #: What the page asks for, such as {"do": "start"}. Messages overtake traits; this waits its turn, so that a run has
    #: all that was set before.
    request = t.Dict().tag(sync=True)

    # For a panel that was refused when it was made, and is closed, too.
    _live: LiveRun[Any] | None = None
    _ready = False

    def __init__(self, galleries: dict[str, Gallery], start: dict[str, Any], **traits: Any):
        self._galleries, self._uploads = galleries, Uploads()
        load_optimizers()
        self._start = {**start, "split": 0.5}
        self._last = dict(self._start)
        super().__init__(**start, **traits)
        self.show_samples(**{f"{kind}s": gallery for kind, gallery in galleries.items()})
        for kind, gallery in galleries.items():
            self.show_pictures(f"{kind}s", gallery)
        self._ready = True
        self._free_route()
        if (old := replaced(self)) is not None:
            old.stop()

    # ---- for subclasses ----------------------------------------------------------------------------------------

    def _show(self, live: LiveRun[Any]) -> None:
        """Show how far the run is; called with the lock held, from the run's thread, too."""
        raise NotImplementedError("a panel says how a run is shown")

    def _abandon(self) -> None:
        """The run is no longer wanted."""
        if self._live is not None:
            self._live.abandon()
            self._live = None

    def _tell(self, live: LiveRun[Any]) -> None:
        """From the thread: there is something new."""
        with self._lock, self._guard():
            if live is self._live:
                self._show(live)

    def _used(self) -> set[str]:
        """Names of pictures that are chosen, or that were at the start: they stay, whatever comes."""
        return {str(value) for value in (*self._last.values(), *self._start.values())}

    def _title(self, kind: str, name: str) -> str:
        return self._galleries[kind][name].title

    def _checked(self, name: str, value: Any) -> Any:
        """``value``, if the setting can have it.

        Raises:
            ValueError, TypeError: it cannot.
        """
        if name == "split":
            if not math.isfinite(value):
                raise InputError(f"split must be a number from 0 to 1, got {value}")
            return min(1.0, max(0.0, value))
        return value

    def _good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name = proposal["trait"].name
        with self._guard():
            self._last[name] = self._checked(name, proposal["value"])
        return self._last[name]

    # ---- for everybody -----------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Wait after the current step."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._ask("resume")

    def stop(self) -> None:
        """End after the current step; what was found so far stays. Returns at once."""
        self._ask("stop")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended; False when ``timeout`` seconds were not enough. A paused run does not end by
        itself.
        """
        return self._live is None or self._live.wait(timeout)

    def close(self) -> None:
        """End the run and take the panel off the page."""
        self._abandon()
        super().close()

    def add(self, kind: str, picture: Any, name: str | None = None) -> str:
        """Bring a picture of your own and choose it.

        Args:
            kind: "content", or another kind that the panel has.
            picture: a path, bytes, a Pillow image, an array or a tensor.
            name: what to call it.

        Returns:
            The name it was given.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture, or too small. Nothing has changed then.
        """
        if kind not in self._galleries:
            raise InputError(f"unknown kind of picture {kind!r}: choose from {', '.join(self._galleries)}")
        name = self._galleries[kind].add(picture, name, self._used())
        with self.hold_sync():  # one message
            self.show_pictures(f"{kind}s", self._galleries[kind])
        setattr(self, kind, name)
        return name

    def _ask(self, what: str) -> None:
        with self._lock:
            if self._live is not None and self._live.running:
                getattr(self._live, what)()
                self._show(self._live)

    # ---- between threads and the page --------------------------------------------------------------------------

    def notify_change(self, change: Any) -> None:
        """Traits change in the run's thread, too, and what is to be sent is collected in one place: one after the
        other.
        """
        with self._lock:
            super().notify_change(change)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(msg, buffers)
        self._free_route()

    def _free_route(self) -> None:
        """Let the page's messages take the thread that JupyterLab chose for them, where no cell is in their way.

        ipykernel 7 sends them to where the panel last spoke from. That would be the thread of the cells, for what is
        said in a run's thread or in a cell, and Stop would wait until the cell that waits for the run is done.
        """
        if self.comm is not None:
            self.comm.__dict__.pop("_reply_subshell_id", None)

    @t.observe("request")
    def _on_request(self, change: Any) -> None:
        self._dispatch(self, change["new"], [])

    def _do_pause(self, *_: Any) -> None:
        self.pause()

    def _do_resume(self, *_: Any) -> None:
        self.resume()

    def _do_stop(self, *_: Any) -> None:
        self.stop()

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.add(upload.kind, upload.data, upload.name)
