"""The panel of Gatys' transfer: an optimisation to watch, to pause, and to scrub back through."""

from __future__ import annotations

import math
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.images import to_bytes
from adain_lab.networks.encoder import Encoder
from adain_lab.optimize.gatys import INITS, GatysConfig, Transfer
from adain_lab.optimize.pixels import OPTIMIZERS, Step
from adain_lab.widgets import frontend
from adain_lab.widgets.live_panel import LivePanel
from adain_lab.widgets.one_style import OneStyle
from adain_lab.widgets.panel import bytes_trait
from adain_lab.widgets.session.gatys import FIELDS, GatysSession
from adain_lab.widgets.session.live_transfer import LiveTransfer
from adain_lab.widgets.stills.curves import loss_curves
from adain_lab.widgets.thumbnails import Thumbnails

__all__ = ["GatysPanel"]

#: Sizes that the page offers, pixels of the shorter side.
OFFERED = (128, 192, 256)
#: What a run is made of. ipywidgets' front end takes a synchronised trait called "style" for a widget; the page gets it
#: by another name.
_MADE_OF = ("content", "style_name", *FIELDS)


class GatysPanel(OneStyle, Thumbnails, LivePanel):
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
        curves: the losses, as :func:`~adain_lab.widgets.stills.curves.loss_curves` gives them.
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
    _css = frontend.stylesheet("al-gatys", "panel.css", "alpha.css", "inversion.css", "gatys.css")
    _shown_in_repr = ("content", "style", "steps", "size", "state")
    _settings = (*_MADE_OF, "shown", "split")

    style_weight = t.Float(5.0).tag(sync=True)
    steps = t.Int(100).tag(sync=True)
    size = t.Int(192).tag(sync=True)
    init = t.Unicode("content").tag(sync=True)
    optimizer = t.Unicode("lbfgs").tag(sync=True)
    state = t.Unicode("ready").tag(sync=True)
    iteration = t.Int(0).tag(sync=True)
    total = t.Int(0).tag(sync=True)
    seconds_left = t.Float(-1.0).tag(sync=True)
    shown = t.Int(-1).tag(sync=True)
    shown_iteration = t.Int(0).tag(sync=True)
    kept = t.List(t.Int()).tag(sync=True)
    picture = bytes_trait()
    before = bytes_trait()
    curves = t.Dict().tag(sync=True)
    stale = t.Bool(False).tag(sync=True)
    #: Values of the settings that can be chosen.
    choices = t.Dict().tag(sync=True)

    _live: LiveTransfer | None = None

    def __init__(
        self,
        content: Any = "temple",
        style: Any = "wave_print",
        *,
        encoder: Encoder | str = "slim",
        size: int = 192,
        steps: int = 100,
        **settings: Any,
    ):
        self._session = GatysSession(encoder, GatysConfig(**{**settings, "steps": steps, "size": size}))
        galleries = self._session.galleries
        start = {"content": galleries["content"].find(content), "style_name": galleries["style"].find(style)}
        start |= {name: getattr(self._session.config, name) for name in FIELDS}
        super().__init__(
            galleries,
            {**start, "shown": -1},
            choices={"size": list(OFFERED), "init": list(INITS), "optimizer": list(OPTIMIZERS)},
        )
        with self._lock:
            self._seen = self._wanted()
            self._preview()

    # ---- the run -------------------------------------------------------------------------------------------------

    @property
    def result(self) -> Transfer:
        """What the run has found so far; empty before the first one."""
        return Transfer() if self._live is None else self._live.result

    def start(self) -> None:
        """Begin a run with the settings as they are; one that is under way is given up. Returns at once."""
        with self._lock, self._guard():
            self.error = ""
            chosen = self._wanted()
            config, steps = self._session.steps(chosen)
            first = self._session.first(chosen)
            self._abandon()
            with self.hold_sync():
                self._chosen, self.stale, self.shown = chosen, False, -1
                self.before = self.picture = to_bytes(first, "jpeg", quality=92)
                self.iteration, self.total, self.seconds_left, self.kept, self.curves = 0, config.steps, -1.0, [], {}
                self.shown_iteration, self.state, self.busy, self.status = 0, "running", True, "starting …"
            self._live = LiveTransfer(steps, config, self._tell)

    def reset(self) -> None:
        """Back to what the panel was made with; the run is given up, pictures that were brought stay in the strips."""
        with self._lock, self._guard():
            self._abandon()
            with self.hold_sync():
                self.error, self.stale = "", False
                for name, value in self._start.items():
                    self.set_trait(name, value)
                self._preview()

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

    # ---- what is shown ---------------------------------------------------------------------------------------------

    def _preview(self) -> None:
        """Before the first run: where it would start."""
        self._chosen = self._wanted()
        first = self._session.first(self._chosen)
        with self.hold_sync():  # one message
            self.before = self.picture = to_bytes(first, "jpeg", quality=92)
            self.state, self.busy, self.status = "ready", False, f"{first.shape[3]} × {first.shape[2]} pixels"
            self.iteration = self.total = self.shown_iteration = 0
            self.seconds_left, self.kept, self.curves = -1.0, [], {}
            self.alt = (
                f"The start: {self._title('content', self.content)}"
                if self.init == "content"
                else f"The start: {self.init}"
            )

    def _show(self, live: Any) -> None:
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
        content, style = (self._title(kind, self._chosen[kind]) for kind in ("content", "style"))
        self.alt = f"{content} in the style of {style}, iteration {iteration} of {live.config.steps}"

    # ---- what may be set -------------------------------------------------------------------------------------------

    def _wanted(self) -> dict[str, Any]:
        """What the next run is made of, as the session takes it."""
        return {"content": self.content, "style": self.style_name, **{name: getattr(self, name) for name in FIELDS}}

    def _used(self) -> set[str]:
        return super()._used() | {self._chosen["content"], self._chosen["style"]}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "shown":
            return max(-1, value)
        if name in _MADE_OF:
            return self._session.check("style" if name == "style_name" else name, value)
        return super()._checked(name, value)

    @t.validate(*_settings)
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe(*_MADE_OF)
    def _settings_changed(self, _: Any) -> None:
        with self._lock, self._guard():
            settings = self._wanted()
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

    # ---- what the front end asks for ---------------------------------------------------------------------------------

    def _do_start(self, *_: Any) -> None:
        self.start()

    def _do_reset(self, *_: Any) -> None:
        self.reset()

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
