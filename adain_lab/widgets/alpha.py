"""The alpha panel: choose a content and a style, and move between them (Eq. 14)."""

from __future__ import annotations

import math
from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer, check_alpha
from adain_lab.widgets import frontend
from adain_lab.widgets.gallery import Gallery
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import Session
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.uploads import Uploads

__all__ = ["AlphaPanel"]


class AlphaPanel(Panel):
    """A before/after picture, strips of contents and styles, and the alpha slider.

    Everything that can be moved in the page is a trait: set it from Python and the picture is there when the
    assignment returns, with or without a browser. A value that makes no sense is refused: :attr:`error` says why, and the last
    good picture stays.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the same.
        stylizer: what renders; None for the bundled ``slim``, or a model's name.
        alpha: 0 = content, 1 = style.
        size: shorter side of the picture, pixels.
        max_alpha: end of the slider; above 1 it extrapolates.

    Attributes:
        alpha, content, style: what is rendered; settable.
        picture, before: the stylized picture and the content, JPEG files.
        split: where the divider stands, 0 (only the stylized picture) to 1 (only the content); settable.
        error: one sentence, empty while all is well.
        busy, milliseconds: whether it is rendering, and how long the last picture took.
        images: the stylized picture as a tensor (1, 3, H, W) in [0, 1].

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = AlphaPanel(torch.rand(3, 48, 64), torch.rand(3, 48, 48), stylizer="tiny", size=48)
        >>> panel.alpha = 0.5
        >>> panel
        AlphaPanel(content='your content', style='your style', alpha=0.5)
        >>> panel.alpha = float("nan")
        >>> panel.error
        'alpha must be 0 (content) to 1 (style), or above 1 to extrapolate, got nan'
    """

    _esm = frontend.module("alpha.js")
    _css = frontend.stylesheet("panel.css", "alpha.css")
    _shown_in_repr = ("content", "style", "alpha")

    alpha = t.Float(1.0).tag(sync=True)
    max_alpha = t.Float(1.0, read_only=True).tag(sync=True)
    content = t.Unicode().tag(sync=True)
    # ipywidgets' front end takes a synchronised trait called "style" for a widget; the page gets it by another name.
    style = t.Unicode()
    style_name = t.Unicode().tag(sync=True)
    picture = bytes_trait()
    before = bytes_trait()
    split = t.Float(0.5).tag(sync=True)
    milliseconds = t.Float(0.0).tag(sync=True)
    #: The pictures to choose from: name, title, alt and a JPEG thumbnail of each.
    contents = t.List(t.Dict()).tag(sync=True)
    styles = t.List(t.Dict()).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        style: Any = "night_village",
        *,
        stylizer: Stylizer | str | None = None,
        alpha: float = 1.0,
        size: int = 256,
        max_alpha: float = 1.0,
    ):
        self._session = Session(stylizer, size)
        self._uploads = Uploads()
        self._limit = _check_max_alpha(max_alpha)
        start = {
            "content": self._session.contents.find(content),
            "style": self._session.styles.find(style),
            "alpha": self._check_alpha(alpha),
        }
        self._start = start
        self._shown = start
        self._frame = self._session.render(*start.values())
        self.set_trait("max_alpha", self._limit)
        super().__init__(
            **start,
            style_name=start["style"],
            picture=self._frame.jpeg,
            before=self._session.before(start["content"]),
            milliseconds=self._frame.milliseconds,
            contents=_described(self._session.contents),
            styles=_described(self._session.styles),
        )

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
            raise ValueError(f"unknown kind of picture {kind!r}: choose from {', '.join(galleries)}")
        gallery = galleries[kind]
        name = gallery.add(picture, name)
        try:
            (self._session.code if kind == "content" else self._session.statistics)(name)
        except Exception:
            gallery.remove(name)
            raise
        self.set_trait(f"{kind}s", _described(gallery))
        self.set_trait(kind, name)
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
        shown = self._shown
        return self._session.png(self.images, content=shown["content"], styles=shown["style"], alpha=shown["alpha"])

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        content, style = self._session.contents[self._shown["content"]], self._session.styles[self._shown["style"]]
        return f"{content.title} in the style of {style.title}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, style and stylized picture side by side with captions, for readers of the saved notebook."""
        content, style = self._session.contents[self._shown["content"]], self._session.styles[self._shown["style"]]
        return captioned_row(
            [
                (f"content: {content.name}", to_pil(self._session.code(content.name).images)),
                (f"style: {style.name}", style.open()),
                (f"stylized, alpha = {self._shown['alpha']:.2f}", to_pil(self.images)),
            ],
            height=self.images.shape[2],
        )

    # ---- what may be set ---------------------------------------------------------------------------------------

    def _check_alpha(self, alpha: float) -> float:
        if check_alpha(alpha) > self._limit:
            raise ValueError(f"alpha goes up to {self._limit:g} in this panel, got {alpha:g}: make one with a larger max_alpha")
        return float(alpha)

    @t.validate("alpha", "content", "style", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name, value = proposal["trait"].name, proposal["value"]
        with self._guard():
            if name == "alpha":
                return self._check_alpha(value)
            if name == "split":
                if not math.isfinite(value):
                    raise ValueError(f"split must be a number from 0 to 1, got {value}")
                self._split = min(1.0, max(0.0, value))
                return self._split
            return (self._session.contents if name == "content" else self._session.styles)[value].name
        return getattr(self, "_split", 0.5) if name == "split" else self._shown[name]

    @t.observe("style_name")
    def _take_style(self, change: Any) -> None:
        self.style = change["new"]
        self.style_name = self.style  # the last good one, where the new one was refused

    @t.observe("style")
    def _tell_style(self, change: Any) -> None:
        self.style_name = change["new"]

    @t.observe("alpha", "content", "style")
    def _render(self, _: Any) -> None:
        """Render once per change, however many traits changed together."""
        with self._lock, self._guard():
            wanted = {"content": self.content, "style": self.style, "alpha": self.alpha}
            if wanted == self._shown:
                return
            self.busy = True
            try:
                frame = self._session.render(*wanted.values())
                before = self.before if wanted["content"] == self._shown["content"] else self._session.before(wanted["content"])
            except BaseException:
                self.busy = False
                raise
            with self.hold_sync():  # one message
                self._frame, self._shown = frame, wanted
                self.before, self.picture, self.milliseconds = before, frame.jpeg, frame.milliseconds
                self.error, self.busy = "", False

    # ---- messages of the front end -----------------------------------------------------------------------------

    def _do_upload(self, content: dict[str, Any], buffers: Any) -> None:
        upload = self._uploads.take(content, buffers)
        if upload is not None:
            self.busy = True
            try:
                self.add(upload.kind, upload.data, upload.name)
            finally:
                self.busy = False

    def _do_reset(self, *_: Any) -> None:
        self.reset()

    def _do_save(self, content: dict[str, Any], _: Any) -> None:
        name = f"{self._shown['content']} in {self._shown['style']} {self._shown['alpha']:.2f}.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self.png()])


def _check_max_alpha(max_alpha: float) -> float:
    if check_alpha(max_alpha) < 1:
        raise ValueError(f"max_alpha must be 1 or more, got {max_alpha:g}")
    return float(max_alpha)


def _described(gallery: Gallery) -> list[dict[str, Any]]:
    return [{"name": i.name, "title": i.title, "alt": i.alt, "own": i.own, "thumbnail": i.thumbnail()} for i in gallery]
