"""The style space panel: walk on a map of styles, and turn an equaliser to a style that no picture has."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import torch
import traitlets as t
from PIL import Image

from adain_lab.images import to_bytes, to_pil
from adain_lab.style_space import MIN_STYLES, StyleSpace, fit_style_space
from adain_lab.stylizer import Stylizer, check_alpha
from adain_lab.widgets import frontend
from adain_lab.widgets.gallery import Item
from adain_lab.widgets.panel import Panel, bytes_trait
from adain_lab.widgets.session import Frame, Session
from adain_lab.widgets.stills import captioned_row
from adain_lab.widgets.style_map import THUMB, map_extent, spread, style_map
from adain_lab.widgets.uploads import Uploads

__all__ = ["StyleSpacePanel"]

#: Nearer to a style's point than this, in standard deviations, the panel says that it is that style.
HERE = 0.02


class StyleSpacePanel(Panel):
    """A map of styles with a cursor, an equaliser over the first components, and the picture that the cursor's place paints.

    Map and equaliser are two hands on one point, :attr:`coordinates`: the map shows its first two, the
    equaliser its first few. Setting :attr:`position` walks: the remaining coordinates are mixed from the styles that are near on the map
    (:meth:`~adain_lab.style_space.StyleSpace.walk`). A slider changes one coordinate and leaves the others.

    Args:
        content: the name of a bundled sample, or any picture (path, bytes, Pillow image, array, tensor).
        style: the style to start at, one of the map's.
        styles: names of samples, or pictures, that the map is made of, at least three; None for all samples.
        stylizer: what renders; None for the bundled ``slim``, or a model's name.
        alpha: 0 = content, 1 = style.
        size: shorter side of the picture, pixels.
        sliders: how many components the equaliser has.

    Attributes:
        content, alpha: as above; settable.
        position: the place on the map, two coordinates; settable.
        coordinates: the whole point, in standard deviations, 0 everywhere is the mean style; settable.
        style_name: the style whose point this is, empty between styles; settable, to go there.
        space: the :class:`~adain_lab.style_space.StyleSpace`.
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
    #: Half the map's side in standard deviations; the share of the variance of each of the equaliser's components; its sliders' end.
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
        self.space = self._fit(styles)
        if isinstance(sliders, bool) or not isinstance(sliders, int) or sliders < 2:
            raise ValueError(f"sliders must be a whole number, 2 or more, got {sliders!r}")
        shown = min(sliders, self.space.count)
        self._own: dict[str, list[float]] = {}
        point = self._point_of(style if style is not None else self._most_central())
        start = {"content": self._session.contents.find(content), "coordinates": point, "alpha": check_alpha(alpha)}
        self._start = self._shown = start
        self._at, self._settling = "", False
        self._frame = self._paint(**start)
        self.set_trait("extent", map_extent(self.space.coordinates[:, :2]))
        self.set_trait("limit", float(max(3, math.ceil(self.space.coordinates[:, :shown].abs().max()))))
        self.set_trait("bands", self.space.explained[:shown].tolist())
        super().__init__(
            **start,
            position=point[:2],
            picture=self._frame.jpeg,
            before=self._session.before(start["content"]),
            milliseconds=self._frame.milliseconds,
            contents=[_described(item) for item in self._session.contents],
            points=self._described_points(),
        )
        with self._lock:
            self._say_where()

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
            raise ValueError(f"unknown kind of picture {kind!r}: choose from {', '.join(galleries)}")
        name = galleries[kind].add(picture, name)
        try:
            if kind == "content":
                self._session.code(name)
            else:
                self._own[name] = self.space.project(self._session.statistics(name)).tolist()
        except Exception:
            galleries[kind].remove(name)
            raise
        if kind == "content":
            self.set_trait("contents", [_described(item) for item in self._session.contents])
            self.content = name
        else:
            self.set_trait("points", self._described_points())
            self.style_name = name
        return name

    def png(self) -> bytes:
        """The picture that is shown as a PNG file with its recipe."""
        recipe = {**self._shown, "styles": list(self.space.names)}
        return self._session.png(self.images, **recipe)

    @property
    def alt(self) -> str:
        """What the panel shows, in words."""
        return f"{self._session.contents[self._shown['content']].title} painted {self.place}, alpha {self._shown['alpha']:.2f}"

    def static(self) -> Image.Image:
        """Content, map with cursor, and picture side by side with captions, for readers of the saved notebook."""
        code = self._session.code(self._shown["content"])
        pictures = {name: self._session.styles[name].open() for name in self.space.names}
        return captioned_row(
            [
                (f"content: {self._shown['content']}", to_pil(code.images)),
                ("style space, and where we are", style_map(self.space, pictures, self._shown["coordinates"], side=640)),
                (f"painted {self.place}", to_pil(self.images)),
            ],
            height=max(320, self.images.shape[2]),
        )

    # ---- the space ---------------------------------------------------------------------------------------------

    def _fit(self, styles: Sequence[Any] | None) -> StyleSpace:
        gallery = self._session.styles
        if styles is None:
            names = [item.name for item in gallery]
        else:
            names = [gallery.find(style) for style in styles]
        if len(set(names)) < MIN_STYLES:
            raise ValueError(f"a style space needs at least {MIN_STYLES} different styles, got {len(set(names))}")
        return fit_style_space({name: self._session.statistics(name) for name in names})

    def _points(self) -> dict[str, list[float]]:
        return dict(zip(self.space.names, self.space.coordinates.tolist(), strict=True)) | self._own

    def _point_of(self, name: str) -> list[float]:
        points = self._points()
        if name not in points:
            raise ValueError(f"no style on the map is called {name!r}: choose from {', '.join(points)}")
        return points[name]

    def _most_central(self) -> str:
        return self.space.nearest([0.0] * self.space.count, dimensions=2)[0]

    def _described_points(self) -> list[dict[str, Any]]:
        """What the map draws. Own styles keep the others where they are, and are drawn at their point."""
        extent = map_extent(self.space.coordinates[:, :2])
        points = [(x, y) for x, y, *_ in self._points().values()]
        places = spread(points[: len(self.space.names)], 2 * extent * THUMB * 1.06, extent * (1 - THUMB))
        edge = extent * (1 - THUMB)
        places += [(min(edge, max(-edge, x)), min(edge, max(-edge, y))) for x, y in points[len(self.space.names) :]]
        return [
            {**_described(self._session.styles[name]), "x": x, "y": y, "u": u, "v": v}
            for name, (x, y), (u, v) in zip(self._points(), points, places, strict=True)
        ]

    def _say_where(self) -> None:
        points, here = self._points(), self._shown["coordinates"]
        name = min(points, key=lambda n: math.dist(points[n], here))
        title, distance = self._session.styles[name].title, math.dist(points[name], here)
        self._at = self.style_name = name if distance < HERE else ""
        self.set_trait("place", f"in the style of {title}" if distance < HERE else f"in a style {distance:.1f} from {title}")

    def _paint(self, content: str, coordinates: Sequence[float], alpha: float) -> Frame:
        start = time.perf_counter()
        statistics = self.stylizer.encode_style(self.space.reconstruct(coordinates))
        images = self.stylizer.render(self._session.code(content), statistics, alpha)
        jpeg = to_bytes(images, "jpeg", quality=92)
        return Frame(images, jpeg, (time.perf_counter() - start) * 1000)

    # ---- what may be set ---------------------------------------------------------------------------------------

    @t.validate("alpha", "content", "position", "coordinates", "style_name", "split")
    def _keep_good(self, proposal: dict[str, Any]) -> Any:
        """The proposed value, or the last good one, with a sentence in :attr:`error`."""
        name, value = proposal["trait"].name, proposal["value"]
        others = {"position": self._shown["coordinates"][:2], "style_name": self._at, "split": getattr(self, "_split", 0.5)}
        last = {**self._shown, **others}[name]
        with self._guard():
            last = self._checked(name, value)
        return last

    def _checked(self, name: str, value: Any) -> Any:
        if name == "alpha":
            if check_alpha(value) > 1:
                raise ValueError(f"alpha goes up to 1 in this panel, got {value:g}: the equaliser exaggerates a style")
        elif name == "content":
            self._session.contents[value]
        elif name == "style_name":
            if value:
                self._point_of(value)
        elif name == "split":
            if not math.isfinite(value):
                raise ValueError(f"split must be a number from 0 to 1, got {value}")
            value = self._split = min(1.0, max(0.0, value))
        elif name == "position":
            if len(value) != 2 or not all(math.isfinite(number) for number in value):
                raise ValueError(f"position must be two finite numbers, got {value}")
        else:
            self.space.check(value)
        return value

    @t.observe("alpha", "content", "position", "coordinates", "style_name")
    def _render(self, _: Any) -> None:
        """Render once per change, however many traits changed together."""
        with self._lock, self._guard():
            if self._settling:  # the values that this method sets itself
                return
            wanted = {"content": self.content, "coordinates": self._wanted_point(), "alpha": self.alpha}
            if wanted == self._shown:
                self.style_name = self._at
                return
            self.busy = self._settling = True
            try:
                frame = self._paint(**wanted)
                before = self.before if wanted["content"] == self._shown["content"] else self._session.before(wanted["content"])
                with self.hold_sync():  # one message
                    self._frame, self._shown = frame, wanted
                    self.coordinates, self.position = wanted["coordinates"], wanted["coordinates"][:2]
                    self.before, self.picture, self.milliseconds = before, frame.jpeg, frame.milliseconds
                    self._say_where()
                    self.error = ""
            finally:
                self.busy = self._settling = False

    def _wanted_point(self) -> list[float]:
        """The point that a name, the map or the equaliser asks for: whichever was moved; the map where it was moved after the equaliser."""
        if self.style_name not in ("", self._at):
            return self._point_of(self.style_name)
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
        where = self.style_name or "style space " + " ".join(f"{value:+.1f}" for value in self._shown["coordinates"][:2])
        name = f"{self._shown['content']} in {where} {self._shown['alpha']:.2f}.png".replace(" ", "_")
        self.send({"do": "save", "view": content.get("view"), "name": name}, [self.png()])


def _described(item: Item) -> dict[str, Any]:
    return {"name": item.name, "title": item.title, "alt": item.alt, "own": item.own, "thumbnail": item.thumbnail()}
