"""What the studio computes with: one pair of galleries, final pictures of any size, and small quick drafts of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from adain_lab.controls.controls import Controls
from adain_lab.statistics import Statistics
from adain_lab.stylizer import ContentCode, Stylizer
from adain_lab.weights import DEFAULT_MODEL
from adain_lab.widgets.session.gallery import Gallery
from adain_lab.widgets.session.pictures import Frame, Session, fitted_size, shared_stylizer

__all__ = ["DRAFT_SIZE", "StudioSession"]

#: Shorter side of a draft, pixels.
DRAFT_SIZE = 256
#: Sizes of which the encoded contents are kept.
_KEPT_SIZES = 2
#: A style picture is scaled to at most this, whatever the strokes, and at least to that.
_STYLE_SIZES = (32, 1024)


class StudioSession:
    """Sessions of every size that share their galleries; see :class:`~adain_lab.widgets.session.Session`.

    Args:
        stylizer: what paints final pictures; None for the shared default model, a model's name for another shared one.
        preview: what paints drafts, likewise; None lets ``stylizer`` paint them.
        size: shorter side of the final picture, pixels; may be set later.

    Example:
        >>> session = StudioSession("tiny", None, size=96)
        >>> session.render(96, content="cat", styles=["kilim"], controls=Controls(), stroke_size=0.5).size
        (144, 96)
    """

    def __init__(self, stylizer: Stylizer | str | None = None, preview: Stylizer | str | None = None, size: int = 512):
        self.stylizer = stylizer if isinstance(stylizer, Stylizer) else shared_stylizer(stylizer or DEFAULT_MODEL)
        self._drafts = (
            preview if isinstance(preview, Stylizer) else shared_stylizer(preview) if preview else self.stylizer
        )
        self.contents, self.styles = Gallery("content"), Gallery("style")
        self._sessions: dict[tuple[Stylizer, int], Session] = {}
        self.at(size)  # which refuses one that makes no sense
        self.size = size

    def at(self, size: int, draft: bool = False) -> Session:
        """The session that paints pictures of that size, or their drafts."""
        key = (self._drafts, min(size, DRAFT_SIZE)) if draft else (self.stylizer, size)
        session = self._sessions.pop(key, None) or Session(*key)
        session.contents, session.styles = self.contents, self.styles
        self._sessions[key] = session
        finals = [key for key in self._sessions if key[0] is self.stylizer]
        for old in finals[:-_KEPT_SIZES]:
            del self._sessions[old]
        return session

    def render(self, size: int, draft: bool = False, **settings: Any) -> Frame:
        """A picture, or a draft of it: smaller, by the quicker model, with everything else in proportion.

        Args:
            size: shorter side, pixels.
            draft: whether a draft is enough.
            settings: as :meth:`transfer` takes them.
        """
        session = self.at(size, draft)
        return session.render(**self.transfer(session.size, **settings))

    def transfer(
        self, size: int, *, content: str, styles: Any, controls: Controls, stroke_size: float = 1.0
    ) -> dict[str, Any]:
        """Settings that hold for every size as those of one size, as :meth:`Session.render` takes them.

        Args:
            size: shorter side, pixels.
            content, styles: their names.
            controls: with soft edges in percent of the picture's shorter side.
            stroke_size: size of the style pictures as a share of the picture's.
        """
        low, high = _STYLE_SIZES
        controls = replace(controls, style_size=min(high, max(low, round(size * stroke_size))))
        if controls.masks is not None:
            pixels = controls.feather / 100 * fitted_size(*self.contents[content].open().size, size)
            controls = replace(controls, feather=round(pixels, 3))
        return {"content": content, "styles": styles, "controls": controls}

    def png(self, images: torch.Tensor, size: int, **settings: Any) -> bytes:
        """A final picture as a PNG with its recipe."""
        return self.at(size).png(images, **self.transfer(size, **settings))

    def recipe(self, size: int, **settings: Any) -> dict[str, Any]:
        """How :meth:`render` makes a final picture."""
        return self.at(size).recipe(**self.transfer(size, **settings))

    # ---- what a panel asks of any session ------------------------------------------------------------------------

    def code(self, content: str) -> ContentCode:
        """The content, encoded for drafts."""
        return self.at(self.size, draft=True).code(content)

    def statistics(self, style: str) -> Statistics:
        """The style's statistics, for drafts."""
        return self.at(self.size, draft=True).statistics(style)

    def before(self, content: str) -> bytes:
        """The content itself, as large as the final picture, as a JPEG."""
        return self.at(self.size).before(content)
