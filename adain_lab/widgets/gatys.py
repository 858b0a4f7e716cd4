"""The panel of Gatys' transfer: an optimisation to watch, to pause, and to scrub back through."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.errors import InputError
from adain_lab.images import to_bytes
from adain_lab.networks.encoder import Encoder
from adain_lab.optimize.gatys import INITS, GatysConfig, Transfer
from adain_lab.optimize.pixels import OPTIMIZERS, Step
from adain_lab.widgets import frontend
from adain_lab.widgets.cells import replaced
from adain_lab.widgets.curves import loss_curves
from adain_lab.widgets.gatys_session import FIELDS, GatysSession
from adain_lab.widgets.live_transfer import LiveTransfer
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.picture_panel import described
from adain_lab.widgets.uploads import Uploads
from adain_lab.widgets.worker import load_optimizers

__all__ = ["GatysPanel"]

#: Sizes that the page offers, pixels of the shorter side.
OFFERED = (128, 192, 256)
_SETTINGS = ("content", "style", *FIELDS)


def _button(method: Callable[[Any], None]) -> Callable[..., None]:
    """What a button's message does."""
    return lambda self, content, buffers: method(self)


class GatysPanel(Panel):
    """Style transfer by optimisation, live: it runs in a thread of its own, so that the rest of the notebook works
    meanwhile.

    From Python: set the traits, :meth:`start`, :meth:`wait`, and read :attr:`result`. Settings count from the next
        start on.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the same.
        encoder: an encoder or its name.
        size: shorter side of the result, pixels.
        steps: updates of the picture.
        settings: further values of :class:`~adain_lab.optimize.gatys.GatysConfig`.

    Attributes:
        content, style, style_weight, steps, size, init, optimizer: what the next run is made of; settable.
        state: "ready", "running", "paused", "finished" or "stopped".
        iteration, total, seconds_left, status: how far the run is; seconds_left is negative while nobody can tell.
        shown: the iteration whose picture is wanted; -1 for the newest one, and for the best one when the run has
            ended. Settable.
        kept: iterations whose pictures are kept, evenly spaced.
        picture, before: JPEG files: the picture that is shown, and where the run started.
        split: where the divider stands, 0 (only the picture) to 1 (only the start); settable.
        curves: the losses, as :func:`~adain_lab.widgets.curves.loss_curves` gives them.
        stale: whether settings have changed since the run was started.
        error: one sentence, empty while all is well.
        alt: what the panel shows, in words.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> import torch
        >>> panel = GatysPanel(torch.rand(3, 64, 80), torch.rand(3, 64, 64), encoder="tiny", size=64, steps=4)
        >>> panel.start()
        >>> panel.wait(), panel.state, len(panel.result.losses)
        (True, 'finished', 5)
        >>> panel.close()
    """

    _esm = frontend.module("gatys.js")
    _css = frontend.stylesheet("panel.css", "alpha.css", "inversion.css", "gatys.css")
    _shown_in_repr = ("content", "style", "steps", "size", "state")

    content = t.Unicode().tag(sync=True)
    # ipywidgets' front end takes a synchronised trait called "style" for a widget; the page gets it by another name.
    style = t.Unicode()
    style_name = t.Unicode().tag(sync=True)
    style_weight = t.Float(5.0).tag(sync=True)
    steps = t.Int(100).tag(sync=True)
    size = t.Int(192).tag(sync=True)
    init = t.Unicode("content").tag(sync=True)
    optimizer = t.Unicode("lbfgs").tag(sync=True)
    state = t.Unicode("ready").tag(sync=True)
    iteration = t.Int(0).tag(sync=True)
    total = t.Int(0).tag(sync=True)
    seconds_left = t.Float(-1.0).tag(sync=True)
    status = t.Unicode("").tag(sync=True)
    shown = t.Int(-1).tag(sync=True)
    shown_iteration = t.Int(0).tag(sync=True)
    kept = t.List(t.Int()).tag(sync=True)
    picture = bytes_trait()
    before = bytes_trait()
    split = t.Float(0.5).tag(sync=True)
    curves = t.Dict().tag(sync=True)
    stale = t.Bool(False).tag(sync=True)
    alt = t.Unicode("").tag(sync=True)
    #: What can be chosen: pictures (name, title, alt and a JPEG thumbnail of each), and values of the settings.
    contents = t.List(t.Dict()).tag(sync=True)
    styles = t.List(t.Dict()).tag(sync=True)
    choices = t.Dict().tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        style: Any = "night_village",
        *,
        encoder: Encoder | str = "slim",
        size: int = 192,
        steps: int = 100,
        **settings: Any,
    ):
        self._live: LiveTransfer | None = None  # first of all: a panel that is refused is closed, too
        self._ready = False
        self._session = GatysSession(encoder, GatysConfig(**{**settings, "steps": steps, "size": size}))
        self._galleries = self._session.galleries
        self._uploads = Uploads()
        load_optimizers()
        self._start = {
            "content": self._galleries["content"].find(content),
            "style": self._galleries["style"].find(style),
        }
        self._start |= {name: getattr(self._session.config, name) for name in FIELDS}
        self._good = {**self._start, "shown": -1, "split": 0.5}
        super().__init__(
            **self._start,
            style_name=self._start["style"],
            contents=described(self._galleries["content"]),
            styles=described(self._galleries["style"]),
            choices={"size": list(OFFERED), "init": list(INITS), "optimizer": list(OPTIMIZERS)},
        )
        self._ready, self._seen = True, dict(self._start)
        self._free_route()
        self._preview()
        if (old := replaced(self)) is not None:
            old.stop()

    # ---- the run -------------------------------------------------------------------------------------------------

    @property
    def result(self) -> Transfer:
        """What the run has found so far; empty before the first one."""
        return Transfer() if self._live is None else self._live.result

    def start(self) -> None:
        """Begin a run with the settings as they are; one that is under way is given up. Returns at once."""
        with self._lock, self._guard():
            self.error = ""
            chosen = {name: getattr(self, name) for name in _SETTINGS}
            config, steps = self._session.steps(chosen)
            first = self._session.first(chosen)
            self._abandon()
            with self.hold_sync():
                self._chosen, self.stale, self.shown = chosen, False, -1
                self.before = self.picture = to_bytes(first, "jpeg", quality=92)
                self.iteration, self.total, self.seconds_left, self.kept, self.curves = 0, config.steps, -1.0, [], {}
                self.shown_iteration, self.state, self.busy, self.status = 0, "running", True, "starting …"
            self._live = LiveTransfer(steps, config, self._tell)

    def pause(self) -> None:
        """Wait after the current step."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._ask("resume")

    def stop(self) -> None:
        """End after the current step; the best picture so far stays. Returns at once."""
        self._ask("stop")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run has ended; False when ``timeout`` seconds were not enough. A paused run does not end by
        itself.
        """
        return self._live is None or self._live.wait(timeout)

    def reset(self) -> None:
        """Back to what the panel was made with; the run is given up, pictures that were brought stay in the strips."""
        with self._lock, self._guard():
            self._abandon()
            with self.hold_sync():
                self.error, self.stale, self.shown, self.split = "", False, -1, 0.5
                for name, value in self._start.items():
                    self.set_trait(name, value)
                self._preview()

    def close(self) -> None:
        """End the run and take the panel off the page."""
        self._abandon()
        super().close()

    def add(self, kind: str, picture: Any, name: str | None = None) -> str:
        """Bring a picture of your own and choose it.

        Args:
            kind: "content" or "style".
            picture: a path, bytes, a Pillow image, an array or a tensor.
            name: what to call it.

        Returns:
            The name it was given.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture, or too small. Nothing has changed then.
        """
        if kind not in self._galleries:
            raise InputError(f"unknown kind of picture {kind!r}: choose from {', '.join(self._galleries)}")
        name = self._galleries[kind].add(picture, name, {self.content, self.style, *map(str, self._chosen.values())})
        self.set_trait(f"{kind}s", described(self._galleries[kind]))
        self.set_trait(kind, name)
        return name

    def png(self) -> bytes:
        """The best picture as a PNG file with its recipe.

        Raises:
            ValueError: there is none yet.
        """
        return self._session.png(self.result, self._live.config if self._live else self._session.config, self._chosen)

    def static(self) -> Image.Image:
        """Content, style, the best picture and the loss curves side by side with captions, for readers of the saved
        notebook.
        """
        return self._session.still(self.result, self._chosen, self.total)

    def _ask(self, what: str) -> None:
        with self._lock:
            if self._live is not None and self._live.running:
                getattr(self._live, what)()
                self._show(self._live)

    def _abandon(self) -> None:
        if self._live is not None:
            self._live.abandon()
            self._live = None

    # ---- what is shown ---------------------------------------------------------------------------------------------

    def _preview(self) -> None:
        """Before the first run: where it would start."""
        self._chosen = {name: getattr(self, name) for name in _SETTINGS}
        first = self._session.first(self._chosen)
        with self.hold_sync():  # one message
            self.before = self.picture = to_bytes(first, "jpeg", quality=92)
            self.state, self.busy, self.status = "ready", False, f"{first.shape[3]} × {first.shape[2]} pixels"
            self.iteration = self.total = self.shown_iteration = 0
            self.seconds_left, self.kept, self.curves = -1.0, [], {}
            self.alt = f"The start: {self._title('content')}" if self.init == "content" else f"The start: {self.init}"

    def _tell(self, live: LiveTransfer) -> None:
        """From the thread: there is something new."""
        with self._lock, self._guard():
            if live is self._live:
                self._show(live)

    def _show(self, live: LiveTransfer) -> None:
        with self.hold_sync():  # one message
            self.state, self.busy = live.state, live.state == "running"
            self.error = live.error or self.error
            if live.latest is None:
                self.status = "starting …" if live.running else "there is no picture yet"
                return
            left = live.seconds_left
            self.iteration, self.seconds_left = live.latest.iteration, -1.0 if left is None else round(left, 1)
            self.kept = live.history.iterations
            if live.config.init == "noise":  # only the run knows which noise it began with
                self.before = live.history.nearest(0)[1]
            self.curves = loss_curves(live.result.losses, live.config.steps, live.sizes)
            self.status = _words(live, live.latest)
            self._show_picture(live)

    def _show_picture(self, live: LiveTransfer) -> None:
        step = live.latest if live.running and live.latest else live.result.found
        if self.shown >= 0:
            iteration, picture = live.history.nearest(self.shown)
        else:
            iteration, picture = step.iteration, to_bytes(step.image, "jpeg", quality=92)
        self.picture, self.shown_iteration = picture, iteration
        self.alt = f"{self._title('content')} in the style of {self._title('style')}, iteration {iteration} of {live.config.steps}"

    def _title(self, kind: str) -> str:
        return self._galleries[kind][self._chosen[kind]].title

    # ---- what may be set -------------------------------------------------------------------------------------------

    def _check(self, name: str, value: Any) -> Any:
        if name == "split":
            if not math.isfinite(value):
                raise InputError(f"split must be a number from 0 to 1, got {value}")
            return min(1.0, max(0.0, value))
        if name == "shown":
            return max(-1, value)
        return self._session.check(name, value)

    @t.validate(*_SETTINGS, "shown", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name = proposal["trait"].name
        with self._guard():
            self._good[name] = self._check(name, proposal["value"])
        return self._good[name]

    @t.observe("style_name")
    def _take_style(self, change: Any) -> None:
        self.style = change["new"]
        self.style_name = self.style  # the last good one, where the new one was refused

    @t.observe(*_SETTINGS)
    def _settings_changed(self, change: Any) -> None:
        if change["name"] == "style":
            self.style_name = change["new"]
        with self._lock, self._guard():
            settings = {name: getattr(self, name) for name in _SETTINGS}
            if not self._ready or settings == self._seen:  # a value that was refused is announced, too
                return
            self._seen, self.error = settings, ""
            if self._live is None:
                self._preview()
            else:
                self.stale = settings != self._chosen

    @t.observe("shown")
    def _scrub(self, _: Any) -> None:
        with self._lock, self._guard():
            if self._live is not None and self._live.latest is not None:
                with self.hold_sync():
                    self._show_picture(self._live)

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

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take values from the front end. One that was refused goes back to it: else the page would show what is not
        there.
        """
        super().set_state(sync_data)
        refused = [name for name in self._good if name in sync_data and getattr(self, name) != sync_data[name]]
        if "style_name" in sync_data and self.style_name != sync_data["style_name"]:
            refused.append("style_name")
        if refused:
            self.send_state(refused)

    # ---- messages of the front end ---------------------------------------------------------------------------------

    _do_start = _button(start)
    _do_pause = _button(pause)
    _do_resume = _button(resume)
    _do_stop = _button(stop)
    _do_reset = _button(reset)

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.add(upload.kind, upload.data, upload.name)

    def _do_save(self, content: dict[str, Any], _: Any) -> None:
        name = f"{self._chosen['content']} in {self._chosen['style']} by optimisation.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self.png()])


def _words(live: LiveTransfer, latest: Step) -> str:
    done, total = latest.iteration, live.config.steps
    if live.running:
        left = live.seconds_left
        more = "paused" if live.state == "paused" else "" if left is None else f"{_duration(left)} left"
        return f"iteration {done} of {total}" + (f" · {more}" if more else "")
    words, best = f"{live.state} after {done} iterations, {_duration(latest.seconds)}", live.result.found.iteration
    return f"{words} · the best is iteration {best}" if best != done else words


def _duration(seconds: float) -> str:
    """Time for people: 0.4 is "1 s", 75 is "1 min 15 s"."""
    seconds = math.ceil(seconds)
    return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"
