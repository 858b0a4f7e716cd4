"""The style space panel: walk on a map of styles, and turn an equaliser to a style that no picture has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.controls.style_space import StyleSpace
from adain_lab.errors import InputError
from adain_lab.images import to_pil
from adain_lab.stylizer import Stylizer, check_alpha
from adain_lab.widgets import frontend
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import Frame, Session
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.style_map import StyleMap, described
from adain_lab.widgets.uploads import Uploads

__all__ = ["StyleSpacePanel"]


class StyleSpacePanel(Panel):
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
    _css = frontend.stylesheet("panel.css", "alpha.css", "style_space.css")
    _shown_in_repr = ("content", "style_name", "alpha")

    alpha = t.Float(1.0).tag(sync=True)
    content = t.Unicode().tag(sync=True)
    position = t.List(t.Float()).tag(sync=True)
    coordinates = t.List(t.Float()).tag(sync=True)
    #: A trait rather than a message: messages overtake the traits that wait for a busy kernel.
    style_name = t.Unicode("").tag(sync=True)
    #: Where the cursor is, in words.
    place = t.Unicode("", read_only=True).tag(sync=True)
    picture = bytes_trait()
    before = bytes_trait()
    split = t.Float(0.5).tag(sync=True)
    milliseconds = t.Float(0.0).tag(sync=True)
    contents = t.List(t.Dict()).tag(sync=True)
    #: The thumbnails on the map: name, title, alt, thumbnail, the point (x, y), and where it is drawn (u, v).
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
        self._session = Session(stylizer, size)
        self._uploads = Uploads()
        self._map = StyleMap(self._session, styles)
        if isinstance(sliders, bool) or not isinstance(sliders, int) or sliders < 2:
            raise InputError(f"sliders must be a whole number, 2 or more, got {sliders!r}")
        shown = min(sliders, self.space.count)
        point = self._map[style if style is not None else self.space.nearest([0.0] * self.space.count, dimensions=2)[0]]
        start: dict[str, Any] = {
            "content": self._session.contents.find(content),
            "coordinates": point,
            "alpha": check_alpha(alpha),
        }
        self._start = self._shown = start
        self._at, self._settling = "", False
        self._frame = self._paint(**start)
        self.set_trait("extent", self._map.extent)
        self.set_trait("limit", float(max(3, math.ceil(self.space.coordinates[:, :shown].abs().max()))))
        self.set_trait("bands", self.space.explained[:shown].tolist())
        super().__init__(
            **start,
            position=point[:2],
            picture=self._frame.jpeg,
            before=self._session.before(start["content"]),
            milliseconds=self._frame.milliseconds,
            contents=[described(item) for item in self._session.contents],
            points=self._map.described(),
        )
        with self._lock:
            self._say_where()

    @property
    def space(self) -> StyleSpace:
        """What the map is a map of."""
        return self._map.space

    @property
    def images(self) -> torch.Tensor:
        """The picture that is shown, (1, 3, H, W)."""
        return self._frame.images

    @property
    def stylizer(self) -> Stylizer:
        """What renders."""
        return self._session.stylizer

    def reset(self) -> None:
        """Back to what the panel was made with; pictures that were brought stay."""
        self.error = ""
        with self._lock, self.hold_trait_notifications():
            for name, value in self._start.items():
                self.set_trait(name, value)
        self.split = 0.5

    def add(self, kind: str, picture: Any, name: str | None = None) -> str:
        """Bring a picture of your own and go to it.

        A style is put where the space, as it is, has its point: what no component describes is lost.

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
        name = galleries[kind].add(picture, name)
        try:
            if kind == "content":
                self._session.code(name)
            else:
                self._map.add(name)
        except Exception:
            galleries[kind].remove(name)
            raise
        if kind == "content":
            self.set_trait("contents", [described(item) for item in self._session.contents])
            self.content = name
        else:
            self.set_trait("points", self._map.described())
            self.style_name = name
        return name

    def _used(self) -> set[str]:
        return super()._used() | set(self._map.points)  # every style of the map is shown

    def png(self) -> bytes:
        """The picture that is shown as a PNG file with its recipe."""
        here = self.space.reconstruct(self._shown["coordinates"])
        return self._session.png(self.images, **self._shown, styles=here, space=list(self.space.names))

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

    def _say_where(self) -> None:
        self._at, place = self._map.where(self._shown["coordinates"])
        self.style_name = self._at
        self.set_trait("place", place)

    def _paint(self, content: str, coordinates: Sequence[float], alpha: float) -> Frame:
        statistics = self.stylizer.encode_style(
            self.space.reconstruct(coordinates)
        )  # already statistics: to the right device
        return self._session.render(content, statistics, alpha)

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "position", "coordinates", "style_name", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name, value = proposal["trait"].name, proposal["value"]
        others = {
            "position": self._shown["coordinates"][:2],
            "style_name": self._at,
            "split": getattr(self, "_split", 0.5),
        }
        last = {**self._shown, **others}[name]
        with self._guard():
            last = self._checked(name, value)
        return last

    def _checked(self, name: str, value: Any) -> Any:
        if name == "alpha":
            if check_alpha(value) > 1:
                raise InputError(f"alpha goes up to 1 in this panel, got {value:g}: the equaliser exaggerates a style")
        elif name == "content":
            self._session.contents[value]
        elif name == "style_name":
            if value:
                self._map[value]
        elif name == "split":
            if not math.isfinite(value):
                raise InputError(f"split must be a number from 0 to 1, got {value}")
            value = self._split = min(1.0, max(0.0, value))
        elif name == "position":
            if len(value) != 2 or not all(math.isfinite(number) for number in value):
                raise InputError(f"position must be two finite numbers, got {value}")
        else:
            self.space.check(value)
        return value

    @t.observe("alpha", "content", "position", "coordinates", "style_name")
    def _render(self, _: Any) -> None:
        """Render once per change, however many traits changed together."""
        with self._lock, self._guard():
            if self._settling:  # the values that this method sets itself
                return
            wanted: dict[str, Any] = {"content": self.content, "coordinates": self._wanted_point(), "alpha": self.alpha}
            if wanted == self._shown:
                self.style_name = self._at
                return
            self.busy = self._settling = True
            try:
                frame = self._paint(**wanted)
                before = (
                    self.before
                    if wanted["content"] == self._shown["content"]
                    else self._session.before(wanted["content"])
                )
                with self.hold_sync():  # one message
                    self._frame, self._shown = frame, wanted
                    self.coordinates, self.position = wanted["coordinates"], wanted["coordinates"][:2]
                    self.before, self.picture, self.milliseconds = before, frame.jpeg, frame.milliseconds
                    self._say_where()
                    self.error = ""
            finally:
                self.busy = self._settling = False

    def _wanted_point(self) -> list[float]:
        """The point that a name, the map or the equaliser asks for: whichever was moved; the map where it was moved
        after the equaliser.
        """
        if self.style_name not in ("", self._at):
            return self._map[self.style_name]
        shown = self._shown["coordinates"]
        moved_on_map = self.position not in (shown[:2], self.coordinates[:2])
        return self.space.walk(self.position) if moved_on_map else list(self.coordinates)

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
        where = self.style_name or "style space " + " ".join(
            f"{value:+.1f}" for value in self._shown["coordinates"][:2]
        )
        name = f"{self._shown['content']} in {where} {self._shown['alpha']:.2f}.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self.png()])
