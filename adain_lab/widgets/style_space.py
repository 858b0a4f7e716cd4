"""The style space panel: walk on a map of styles, and turn an equaliser to a style that no picture has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import traitlets as t
from PIL import Image

from adain_lab.controls.controls import Controls
from adain_lab.controls.style_space import StyleSpace
from adain_lab.errors import InputError
from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer, check_alpha
from adain_lab.widgets import frontend
from adain_lab.widgets.picture_panel import PicturePanel
from adain_lab.widgets.session import Session
from adain_lab.widgets.session.style_map import StyleMap
from adain_lab.widgets.stills import captioned_row

__all__ = ["StyleSpacePanel"]


class StyleSpacePanel(PicturePanel):
    """A map of styles with a cursor, an equaliser over the first components, and the picture that the cursor's place
    paints.

    Map and equaliser are two hands on one point, :attr:`coordinates`: the map shows its first two, the
    equaliser its first few. Setting :attr:`position` walks: the remaining coordinates are mixed from the styles that
    are near on the map (:meth:`~adain_lab.controls.style_space.StyleSpace.walk`). A slider changes one coordinate and
    leaves the others.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the style to start at, one of the map's.
        styles: names of samples, or pictures, that the map is made of, at least three; None for all samples.
        stylizer: what renders; None for the default model, or a model's name.
        alpha: 0 = content, 1 = style.
        size: shorter side of the picture, pixels.
        sliders: how many components the equaliser has.

    Attributes:
        content, alpha: as above; settable.
        position: the place on the map, two coordinates; settable.
        coordinates: the whole point, in standard deviations, 0 everywhere is the mean style; settable.
        style_name: the style whose point this is, empty between styles; settable, to go there.
        space: the :class:`~adain_lab.controls.style_space.StyleSpace`.
        picture, before, images, split, error, busy, milliseconds: as in :class:`~adain_lab.widgets.AlphaPanel`.

    Raises:
        ValueError, TypeError, FileNotFoundError: an argument makes no sense.

    Example:
        >>> panel = StyleSpacePanel("cat", "kilim", styles=["kilim", "marbled", "neon_rain"], stylizer="tiny", size=48)
        >>> panel.style_name = "marbled"
        >>> panel
        StyleSpacePanel(content='cat', style_name='marbled', alpha=1.0)
        >>> panel.coordinates = [1.5, float("nan")]
        >>> panel.error
        'coordinates must be finite numbers'
    """

    _esm = frontend.module("style_space.js")
    _css = frontend.stylesheet("al-space", "panel.css", "alpha.css", "style_space.css")
    _shown_in_repr = ("content", "style_name", "alpha")

    #: Two hands on one point, and its name: a change of one brings the others along.
    _settings = ("content", "coordinates", "position", "style_name", "alpha")

    position = t.List(t.Float()).tag(sync=True)
    coordinates = t.List(t.Float()).tag(sync=True)
    style_name = t.Unicode("").tag(sync=True)
    #: Where the cursor is, in words.
    place = t.Unicode("", read_only=True).tag(sync=True)
    #: The styles on the map: name, the point (x, y), and where the thumbnail is drawn (u, v).
    points = t.List(t.Dict()).tag(sync=True)
    #: Half the map's side in standard deviations; the share of the variance of each of the equaliser's components; its
    #: sliders' end.
    extent = t.Float(3.0, read_only=True).tag(sync=True)
    bands = t.List(t.Float(), read_only=True).tag(sync=True)
    limit = t.Float(3.0, read_only=True).tag(sync=True)

    def __init__(
        self,
        content: Any = "cat",
        style: str | None = None,
        *,
        styles: Sequence[Any] | None = None,
        stylizer: Stylizer | str | None = None,
        alpha: float = 1.0,
        size: int = 256,
        sliders: int = 6,
    ):
        session = self._session = Session(stylizer, size)
        self._map = StyleMap(session, styles)
        if isinstance(sliders, bool) or not isinstance(sliders, int) or sliders < 2:
            raise InputError(f"sliders must be a whole number, 2 or more, got {sliders!r}")
        shown = min(sliders, self.space.count)
        point = self._map[style if style is not None else self.space.nearest([0.0] * self.space.count, dimensions=2)[0]]
        self.set_trait("extent", self._map.extent)
        self.set_trait("limit", float(max(3, math.ceil(self.space.coordinates[:, :shown].abs().max()))))
        self.set_trait("bands", self.space.explained[:shown].tolist())
        start = {"content": session.contents.find(content), "alpha": alpha, **self._at(point)}
        super().__init__(session, start, points=self._map.described())
        self._painted()

    @property
    def space(self) -> StyleSpace:
        """What the map is a map of."""
        return self._map.space

    def png(self) -> bytes:
        """The picture that is shown as a PNG file with its recipe."""
        shown = self._shown
        where = {"coordinates": shown["coordinates"], "space": list(self.space.names)}
        return self._session.png(self.images, **self._transfer(**shown), **where)

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        return f"{self._session.contents[self._shown['content']].title} painted {self.place}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, map with cursor, and picture side by side with captions, for readers of the saved notebook."""
        code = self._session.code(self._shown["content"])
        return captioned_row(
            [
                (f"content: {self._shown['content']}", to_pil(code.images)),
                ("style space, and where we are", self._map.still(self._shown["coordinates"], side=360)),
                (f"painted {self.place}", to_pil(self.images)),
            ],
            height=max(360, self.images.shape[2]),
        )

    # ---- one point, two hands ------------------------------------------------------------------------------------

    def _at(self, point: Sequence[float]) -> dict[str, Any]:
        """What the settings of map and equaliser are at a point."""
        return {"coordinates": list(point), "position": list(point[:2]), "style_name": self._map.where(point)[0]}

    def _wanted(self) -> dict[str, Any]:
        return {"content": self.content, "alpha": self.alpha, **self._at(self._wanted_point())}

    def _wanted_point(self) -> list[float]:
        """The point that a name, the map or the equaliser asks for: whichever was moved; the map where it was moved
        after the equaliser.
        """
        shown = self._shown
        if self.style_name not in ("", shown["style_name"]):
            return self._map[self.style_name]
        moved_on_map = self.position not in (shown["position"], self.coordinates[:2])
        return self.space.walk(self.position) if moved_on_map else list(self.coordinates)

    def _transfer(self, **settings: Any) -> dict[str, Any]:
        # Already statistics: encoding takes them to the right device.
        statistics = self.stylizer.encode_style(self.space.reconstruct(settings["coordinates"]))
        return {"content": settings["content"], "styles": statistics, "controls": Controls(settings["alpha"])}

    def _painted(self) -> None:
        self.set_trait("place", self._map.where(self._shown["coordinates"])[1])

    # ---- pictures that are brought -------------------------------------------------------------------------------

    def _used(self) -> set[str]:
        return super()._used() | set(self._map.points)  # every style of the map is shown

    def _prepare(self, kind: str, name: str) -> None:
        if kind == "style":  # where the space, as it is, has its point: what no component describes is lost
            self._map.add(name)
        else:
            super()._prepare(kind, name)

    def _brought(self, kind: str, name: str) -> None:
        if kind == "content":
            self.content = name
        else:
            self.set_trait("points", self._map.described())
            self.style_name = name

    # ---- what may be set -----------------------------------------------------------------------------------------

    @t.validate(*_settings, "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        return self._good(proposal)

    @t.observe(*_settings)
    def _on_change(self, _: Any) -> None:
        self._render()

    def _checked(self, name: str, value: Any) -> Any:
        if name == "alpha" and check_alpha(value) > 1:
            raise InputError(f"alpha goes up to 1 in this panel, got {value:g}: the equaliser exaggerates a style")
        if name == "style_name" and value:
            self._map[value]  # says which there are
        if name == "position" and (len(value) != 2 or not all(math.isfinite(number) for number in value)):
            raise InputError(f"position must be two finite numbers, got {value}")
        if name == "coordinates":
            self.space.check(value)
        return super()._checked(name, value)

    def _file_name(self) -> str:
        shown = self._shown
        where = shown["style_name"] or "style space " + " ".join(f"{value:+.1f}" for value in shown["position"])
        return f"{shown['content']} in {where} {shown['alpha']:.2f}.png".replace(" ", "_")
