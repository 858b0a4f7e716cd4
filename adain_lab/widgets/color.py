"""The colour panel: the style's colours, or the content's, kept before or after the transfer (Sec. 7.3, Fig. 9)."""

from __future__ import annotations

from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.controls.color import COLOR_METHODS, match_color
from adain_lab.controls.controls import Controls, check_color
from adain_lab.images import resize, to_bytes, to_pil, to_tensor
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.one_style import OneStyle
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import Frame, Session
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.stills.chroma import chroma_picture

__all__ = ["ColorPanel"]

#: What the methods do, for people.
TITLES = {
    None: ("none", "the style's colours"),
    "match": ("match", "the style takes the content's colours, then paints"),
    "luminance": ("luminance", "painted, then only the brightness is kept"),
}


class ColorPanel(OneStyle, PicturePanel):
    """A before/after picture, the three ways with colour, and all three side by side.

    Everything that can be moved in the page is a trait: set it from Python and the picture is there when the assignment
    returns. A value that makes no sense is refused: :attr:`error` says why, and nothing changes.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the same.
        stylizer: what renders; None for the default model, or a model's name.
        color: None, "match" or "luminance", as in :class:`~adain_lab.stylizer.Stylizer`.
        alpha: 0 = content, 1 = style.
        size: shorter side of the picture, pixels.
        max_alpha: end of the alpha slider; above 1 it extrapolates.
        side_by_side: start with all three.

    Attributes:
        content, style, color, alpha, side_by_side: as above; settable.
        chromas: where the colours of the content, of the style as it is used, and of the picture lie; three PNG files.
        pictures: with :attr:`side_by_side` all three as JPEG files, in the order of :attr:`methods`; else empty.
        picture, before, images, split, error, busy, milliseconds: as in :class:`~adain_lab.widgets.AlphaPanel`.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = ColorPanel("coffee", "marbled", stylizer="tiny", size=48)
        >>> panel.color = "luminance"
        >>> panel
        ColorPanel(content='coffee', style='marbled', color='luminance', alpha=1.0)
        >>> panel.color = "sepia"
        >>> panel.error
        "unknown colour method 'sepia': choose from match, luminance, or None"
    """

    _esm = frontend.module("color.js")
    _css = frontend.stylesheet("al-color", "panel.css", "alpha.css", "controls.css", "color.css")
    _shown_in_repr = ("content", "style", "color", "alpha")
    _settings = ("content", "style_name", "color", "alpha", "side_by_side")

    color = t.Unicode(None, allow_none=True).tag(sync=True)
    side_by_side = t.Bool(False).tag(sync=True)
    methods = t.List(t.Dict(), read_only=True).tag(sync=True)
    pictures: t.List[bytes] = t.List().tag(sync=True)
    chromas: t.List[bytes] = t.List().tag(sync=True)

    def __init__(
        self,
        content: Any = "coffee",
        style: Any = "marbled",
        *,
        stylizer: Stylizer | str | None = None,
        color: str | None = None,
        alpha: float = 1.0,
        size: int = 256,
        max_alpha: float = 1.0,
        side_by_side: bool = False,
    ):
        session = Session(stylizer, size)
        self._three: dict[str | None, Frame] = {}
        self._chromas_of: tuple = ()
        start = {
            "content": session.contents.find(content),
            "style_name": session.styles.find(style),
            "color": color,
            "alpha": alpha,
            "side_by_side": side_by_side,
        }
        methods = [{"value": method, "name": name, "title": title} for method, (name, title) in TITLES.items()]
        self.set_trait("methods", methods)
        super().__init__(session, start, max_alpha)
        self._painted()

    def compare(self) -> Image.Image:
        """The three ways side by side, with captions."""
        frames = {method: self._painted_by(method) for method in TITLES}
        return captioned_row(
            [(TITLES[method][0], to_pil(frame.images)) for method, frame in frames.items()], height=self.images.shape[2]
        )

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        content, style = self._session.contents[self._shown["content"]], self._session.styles[self._shown["style_name"]]
        keeping = {"match": ", in colours matched to the content", "luminance": ", in the content's colours"}.get(
            self._shown["color"], ""
        )
        return f"{content.title} in the style of {style.title}{keeping}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, style as it is used, and picture side by side with captions, for readers of the saved notebook."""
        content, style, color = (self._shown[name] for name in ("content", "style_name", "color"))
        used = "style, colours matched" if color == "match" else f"style: {style}"
        return captioned_row(
            [
                (f"content: {content}", to_pil(self._session.code(content).images)),
                (used, to_pil(self._style_used())),
                (f"colour: {TITLES[color][0]}, alpha = {self._shown['alpha']:.2f}", to_pil(self.images)),
            ],
            height=self.images.shape[2],
        )

    # ---- what is painted ---------------------------------------------------------------------------------------

    def _paint(self, **settings: Any) -> Frame:
        self._three.clear()
        if settings["side_by_side"]:
            self._three.update({m: self._session.render(**self._transfer(**{**settings, "color": m})) for m in TITLES})
            return self._three[settings["color"]]
        return super()._paint(**settings)

    def _painted_by(self, method: str | None) -> Frame:
        return self._three.get(method) or self._session.render(**self._transfer(**{**self._shown, "color": method}))

    def _style_used(self) -> torch.Tensor:
        style = resize(to_tensor(self._session.styles[self._shown["style_name"]].open()), self._session.size)
        return (
            match_color(style, self._session.code(self._shown["content"]).images.cpu())
            if self._shown["color"] == "match"
            else style
        )

    def _painted(self) -> None:
        pictures = tuple(self._shown[name] for name in ("content", "style_name", "color"))
        if pictures != self._chromas_of:  # alpha changes neither content nor style
            self._chromas_of = pictures
            code = self._session.code(self._shown["content"])
            self._inputs = [to_bytes(chroma_picture(images), "png") for images in (code.images, self._style_used())]
        self.chromas = [*self._inputs, to_bytes(chroma_picture(self.images), "png")]
        self.pictures = [frame.jpeg for frame in self._three.values()]

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        controls = Controls(settings["alpha"], color=settings["color"])
        return {"content": settings["content"], "styles": settings["style_name"], "controls": controls}

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "style_name", "color", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe("alpha", "content", "style_name", "color", "side_by_side")
    def _on_change(self, _: Any) -> None:
        self._render()

    def _checked(self, name: str, value: Any) -> Any:
        if name == "color":
            check_color(value)
        elif name == "style_name":
            return self._session.styles[value].name
        elif name == "side_by_side":
            return bool(value)
        return super()._checked(name, value)

    def _brought(self, kind: str, name: str) -> None:
        setattr(self, "content" if kind == "content" else "style_name", name)

    def _file_name(self) -> str:
        shown = self._shown
        kept = f" {shown['color']}" if shown["color"] in COLOR_METHODS else ""
        return f"{shown['content']} in {shown['style_name']}{kept} {shown['alpha']:.2f}.png".replace(" ", "_")
