"""The alpha panel: choose a content and a style, and move between them (Eq. 14)."""

from __future__ import annotations

from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.controls.controls import Controls
from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer
from adain_lab.widgets import frontend
from adain_lab.widgets.one_style import OneStyle
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import Session
from adain_lab.widgets.stills import captioned_row

__all__ = ["AlphaPanel"]


class AlphaPanel(OneStyle, PicturePanel):
    """A before/after picture, strips of contents and styles, and the alpha slider.

    Everything that can be moved in the page is a trait: set it from Python and the picture is there when the
    assignment returns, with or without a browser. A value that makes no sense is refused: :attr:`error` says why, and
    the last good picture stays.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the same.
        stylizer: what renders; None for the default model, or a model's name.
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
        >>> panel = AlphaPanel("cat", "kilim", stylizer="tiny", size=48)
        >>> panel.alpha = 0.5
        >>> panel
        AlphaPanel(content='cat', style='kilim', alpha=0.5)
        >>> panel.alpha = float("nan")
        >>> panel.error
        'alpha must be 0 (content) to 1 (style), or above 1 to extrapolate, got nan'
    """

    _esm = frontend.module("alpha.js")
    _css = frontend.stylesheet("al-alpha-panel", "panel.css", "alpha.css")
    _shown_in_repr = ("content", "style", "alpha")
    _settings = ("content", "style_name", "alpha")

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
        session = Session(stylizer, size)
        start = {"content": session.contents.find(content), "style_name": session.styles.find(style), "alpha": alpha}
        super().__init__(session, start, max_alpha)

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        content, style = self._session.contents[self._shown["content"]], self._session.styles[self._shown["style_name"]]
        return f"{content.title} in the style of {style.title}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, style and stylized picture side by side with captions, for readers of the saved notebook."""
        content, style = self._session.contents[self._shown["content"]], self._session.styles[self._shown["style_name"]]
        return captioned_row(
            [
                (f"content: {content.name}", to_pil(self._session.code(content.name).images)),
                (f"style: {style.name}", style.open()),
                (f"stylized, alpha = {self._shown['alpha']:.2f}", to_pil(self.images)),
            ],
            height=self.images.shape[2],
        )

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        controls = Controls(settings["alpha"])
        return {"content": settings["content"], "styles": settings["style_name"], "controls": controls}

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "style_name", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe(*_settings)
    def _on_change(self, _: Any) -> None:
        self._render()

    def _checked(self, name: str, value: Any) -> Any:
        if name == "style_name":
            return self._session.styles[value].name
        return super()._checked(name, value)

    def _brought(self, kind: str, name: str) -> None:
        setattr(self, "content" if kind == "content" else "style_name", name)

    def _file_name(self) -> str:
        shown = self._shown
        return f"{shown['content']} in {shown['style_name']} {shown['alpha']:.2f}.png".replace(" ", "_")
