"""What panels share that paint one content: its traits, strips, divider, uploads, saving and resetting."""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
import traitlets as t

from adain_lab.controls.controls import check_alpha
from adain_lab.errors import InputError
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import Frame
from adain_lab.widgets.session.gallery import Gallery
from adain_lab.widgets.thumbnails import Thumbnails
from adain_lab.widgets.uploads import Upload, Uploads

__all__ = ["PanelSession", "PicturePanel"]


class PanelSession(Protocol):
    """What a panel asks of its session: :class:`~adain_lab.widgets.session.Session`, or one of several sizes."""

    contents: Gallery
    styles: Gallery
    stylizer: Stylizer
    size: int

    def code(self, content: str) -> ContentCode:
        """The content, encoded."""

    def statistics(self, style: str) -> Statistics:
        """The style's statistics."""

    def before(self, content: str) -> bytes:
        """The content itself, as a JPEG."""

    def render(self, *size: Any, **settings: Any) -> Frame:
        """A picture of these settings."""

    def png(self, images: torch.Tensor, *size: Any, **settings: Any) -> bytes:
        """A PNG file with its recipe."""


class PicturePanel(Thumbnails, Panel):
    """A panel with one picture that is painted anew whenever a setting changes.

    A subclass lists its settings (names of traits) in :attr:`_settings`, connects their validation and observation to
    :meth:`_good` and :meth:`_render`, checks values in :meth:`_checked`, and paints in :meth:`_paint`.

    Args:
        session: what renders.
        start: the value of every setting.
        max_alpha: end of the alpha slider; above 1 it extrapolates.
        traits: further traits of the subclass.
    """

    alpha = t.Float(1.0).tag(sync=True)
    max_alpha = t.Float(1.0, read_only=True).tag(sync=True)
    content = t.Unicode().tag(sync=True)
    picture = bytes_trait()
    before = bytes_trait()
    split = t.Float(0.5).tag(sync=True)
    milliseconds = t.Float(0.0).tag(sync=True)
    #: What the page asks for, such as {"do": "save"}. Messages overtake traits; this waits its turn, so that what is
    #: saved has all that was set before.
    request = t.Dict().tag(sync=True)

    _session: PanelSession
    _settings: tuple[str, ...] = ("content", "alpha")

    def __init__(self, session: PanelSession, start: dict[str, Any], max_alpha: float = 1.0, **traits: Any):
        if check_alpha(max_alpha) < 1:
            raise InputError(f"max_alpha must be 1 or more, got {max_alpha:g}")
        self._session, self._uploads, self._limit = session, Uploads(), float(max_alpha)
        self._settling, self._split = False, 0.5
        self._start = self._shown = {name: self._checked(name, value) for name, value in start.items()}
        self._frame = self._paint(**self._shown)
        self.set_trait("max_alpha", self._limit)
        super().__init__(
            **self._shown,
            **traits,
            picture=self._frame.jpeg,
            before=session.before(self._shown["content"]),
            milliseconds=self._frame.milliseconds,
        )
        self.show_samples(contents=session.contents, styles=session.styles)
        self.show_pictures("contents", session.contents)
        self.show_pictures("styles", session.styles)

    # ---- for subclasses ----------------------------------------------------------------------------------------

    def _paint(self, **settings: Any) -> Frame:
        """The picture of these settings."""
        return self._session.render(**self._transfer(**settings))

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        """Settings as :meth:`Session.render` takes them: content, styles, controls."""
        raise NotImplementedError("a panel says how its settings are rendered")

    def _wanted(self) -> dict[str, Any]:
        """What the settings say now; a subclass may bring them into line with each other, or refuse them."""
        return {name: getattr(self, name) for name in self._settings}

    def _used(self) -> set[str]:
        """Names of pictures that are shown, or that :meth:`reset` brings back: they stay, whatever comes."""
        values = [*self._shown.values(), *self._start.values()]
        several = [value for value in values if isinstance(value, (list, tuple))]
        return {name for name in (*values, *(name for names in several for name in names)) if isinstance(name, str)}

    def _prepare(self, kind: str, name: str) -> None:
        """Compute what a picture that was brought is painted with, which says whether it can be."""
        (self._session.code if kind == "content" else self._session.statistics)(name)

    def _brought(self, kind: str, name: str) -> None:
        """Choose a picture that was brought."""
        raise NotImplementedError("a panel says what happens to a new picture")

    def _checked(self, name: str, value: Any) -> Any:
        """``value``, if the setting can have it.

        Raises:
            ValueError, TypeError: it cannot.
        """
        if name == "alpha":
            if check_alpha(value) > self._limit:
                raise InputError(
                    f"alpha goes up to {self._limit:g} in this panel, got {value:g}: make one with a larger max_alpha"
                )
            return float(value)
        if name == "content":
            return self._session.contents[value].name
        if name == "split":
            if not math.isfinite(value):
                raise InputError(f"split must be a number from 0 to 1, got {value}")
            self._split = min(1.0, max(0.0, value))
            return self._split
        return value

    def _good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name, value = proposal["trait"].name, proposal["value"]
        with self._guard():
            return self._checked(name, value)
        return self._split if name == "split" else self._shown[name]

    def _render(self, _: Any = None) -> None:
        """Paint once per change, however many traits changed together. If it cannot be painted, all stays as it was."""
        with self._lock, self._guard():
            if self._settling:  # the values that this method sets itself
                return
            self._settling = True
            try:
                wanted = self._wanted()
                if wanted == self._shown:
                    return
                self.busy = True
                frame = self._paint(**wanted)
                before = (
                    self.before
                    if wanted["content"] == self._shown["content"]
                    else self._session.before(wanted["content"])
                )
                with self.hold_sync():  # one message
                    self._frame, self._shown = frame, wanted
                    self._settle()
                    self.before, self.picture, self.milliseconds = before, frame.jpeg, frame.milliseconds
                    self._painted()
                    self.error = ""
            finally:
                self._settle()
                self.busy = self._settling = False

    def _settle(self) -> None:
        """Set the settings to what is shown."""
        for name, value in self._shown.items():
            setattr(self, name, value)

    def _painted(self) -> None:
        """Called when a new picture is there, before it is sent."""

    # ---- for everybody -----------------------------------------------------------------------------------------

    @property
    def images(self) -> torch.Tensor:
        """The picture that is shown, (1, 3, H, W) in [0, 1]."""
        return self._frame.images

    @property
    def stylizer(self) -> Stylizer:
        """What renders."""
        return self._session.stylizer

    def add(self, kind: str, picture: Any, name: str | None = None) -> str:
        """Bring a picture of your own and choose it.

        Args:
            kind: "content" or "style".
            picture: a path, bytes, a Pillow image, an array or a tensor.
            name: what to call it.

        Returns:
            The name it was given.

        Raises:
            FileNotFoundError, TypeError, ValueError: it is no picture, or cannot be rendered. Nothing has changed then.
        """
        galleries = {"content": self._session.contents, "style": self._session.styles}
        if kind not in galleries:
            raise InputError(f"unknown kind of picture {kind!r}: choose from {', '.join(galleries)}")
        gallery = galleries[kind]
        name = gallery.add(picture, name, self._used())
        try:
            self._prepare(kind, name)
        except Exception:
            gallery.remove(name)
            raise
        with self.hold_sync():
            self.show_pictures(f"{kind}s", gallery)
        self._brought(kind, name)
        return name

    def reset(self) -> None:
        """Back to what the panel was made with; pictures that were brought stay in the strips."""
        self.error = ""
        with self._lock, self.hold_trait_notifications():
            for name, value in self._start.items():
                self.set_trait(name, value)
        self.split = 0.5

    def png(self) -> bytes:
        """The picture that is shown as a PNG file with its recipe."""
        return self._session.png(self.images, **self._transfer(**self._shown))

    # ---- what the front end asks for -----------------------------------------------------------------------------

    @t.observe("request")
    def _on_request(self, change: Any) -> None:
        self._render()  # settings that came together with it
        self._dispatch(self, change["new"], [])

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.busy = True
            try:
                self._take_upload(upload)
            finally:
                self.busy = False

    def _take_upload(self, upload: Upload) -> None:
        """Use a file that came from the page."""
        self.add(upload.kind, upload.data, upload.name)

    def _do_reset(self, *_: Any) -> None:
        self.reset()

    def _do_save(self, content: dict[str, Any], _: Any) -> None:
        self.send({"do": "save", "view": content.get("view"), "name": self._file_name()}, [self.png()])

    def _file_name(self) -> str:
        return f"{self._shown['content']} {self._shown['alpha']:.2f}.png".replace(" ", "_")
