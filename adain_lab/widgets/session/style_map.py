"""The map of a style space: its named points, where thumbnails stand so that none hides another, and a still picture of
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont, ImageOps

from adain_lab.controls.style_space import MIN_STYLES, StyleSpace, fit_style_space
from adain_lab.errors import InputError
from adain_lab.widgets.session.pictures import Session

__all__ = ["THUMB", "StyleMap", "axis_label", "map_extent", "spread", "style_map"]

#: Nearer to a style's point than this, in standard deviations, one is at that style.
HERE = 0.02

#: Side of a thumbnail as a share of the map's side.
THUMB = 0.105
_PAPER, _INK, _SOFT, _LINE, _MARK = "white", "#3c4043", "#70757a", "#dadce0", "#D55E00"


class StyleMap:
    """A style space with the pictures of its styles, and with styles that were put into it later.

    Args:
        session: whose styles, measured at its size.
        styles: names or pictures, at least three; None for all samples.

    Attributes:
        space: fitted to ``styles`` once; what comes later is projected into it.
        points: the coordinates of every style by name.
        extent: half the map's side in standard deviations.
    """

    def __init__(self, session: Session, styles: Sequence[Any] | None = None):
        self._session = session
        names = (
            [item.name for item in session.styles]
            if styles is None
            else [session.styles.find(style) for style in styles]
        )
        if len(set(names)) < MIN_STYLES:
            raise InputError(f"a style space needs at least {MIN_STYLES} different styles, got {len(set(names))}")
        self.space = fit_style_space({name: session.statistics(name) for name in names})
        self.points: dict[str, list[float]] = dict(zip(self.space.names, self.space.coordinates.tolist(), strict=True))
        self.extent = map_extent(self.space.coordinates[:, :2])

    def __getitem__(self, name: str) -> list[float]:
        """The coordinates of a style.

        Raises:
            ValueError: it is not on the map; the message lists those that are.
        """
        if name not in self.points:
            raise InputError(f"no style on the map is called {name!r}: choose from {', '.join(self.points)}")
        return self.points[name]

    def add(self, name: str) -> None:
        """Put a style of the session where the space, as it is, has its point; what no component describes is lost."""
        self.points[name] = self.space.project(self._session.statistics(name)).tolist()

    def where(self, coordinates: Sequence[float]) -> tuple[str, str]:
        """The name of the style whose point this is, or nothing, and the place in words."""
        name = min(self.points, key=lambda n: math.dist(self.points[n], coordinates))
        title, distance = self._session.styles[name].title, math.dist(self.points[name], coordinates)
        return (
            (name, f"in the style of {title}") if distance < HERE else ("", f"in a style {distance:.1f} from {title}")
        )

    def described(self) -> list[dict[str, Any]]:
        """Each style for a front end: name, its point (x, y), and where it is drawn (u, v).

        Styles that came later leave the others where they are, and are drawn at their point.
        """
        edge, fitted = self.extent * (1 - THUMB), len(self.space.names)
        points = [(x, y) for x, y, *_ in self.points.values()]
        places = spread(points[:fitted], 2 * self.extent * THUMB * 1.06, edge)
        places += [(min(edge, max(-edge, x)), min(edge, max(-edge, y))) for x, y in points[fitted:]]
        return [
            {"name": name, "x": x, "y": y, "u": u, "v": v}
            for name, (x, y), (u, v) in zip(self.points, points, places, strict=True)
        ]

    def still(self, cursor: Sequence[float] | None = None, side: int = 640) -> Image.Image:
        """The map as a picture; see :func:`style_map`."""
        return style_map(
            self.space, {name: self._session.styles[name].open() for name in self.space.names}, cursor, side
        )


def map_extent(points: torch.Tensor) -> float:
    """Half the side of a square map around the origin that holds ``points`` (N, 2) with their thumbnails, in standard
    deviations.
    """
    return float(points.abs().max().clamp_min(1.5)) / (1 - 1.1 * THUMB)


def spread(
    points: Sequence[tuple[float, float]], gap: float, limit: float, rounds: int = 200
) -> list[tuple[float, float]]:
    """Centres of squares of side ``gap``, pushed apart until no two overlap, as near to ``points`` as that leaves them.

    Args:
        points: where they would like to be.
        gap: side of a square.
        limit: no coordinate exceeds it.
        rounds: after so many the rest of the overlaps stays.

    Example:
        >>> spread([(0.0, 0.0), (0.5, 0.1), (3.0, 3.0)], gap=1.0, limit=4.0)
        [(-0.25, 0.0), (0.75, 0.1), (3.0, 3.0)]
    """
    places = [list(point) for point in points]
    for _ in range(rounds):
        calm = True
        for i, one in enumerate(places):
            for other in places[i + 1 :]:
                overlap = [gap - abs(other[axis] - one[axis]) for axis in (0, 1)]
                if min(overlap) <= 1e-6:
                    continue
                calm = False
                axis = overlap.index(min(overlap))  # the shorter way out
                push = overlap[axis] / 2 * (1 if other[axis] >= one[axis] else -1)
                one[axis] = min(limit, max(-limit, one[axis] - push))
                other[axis] = min(limit, max(-limit, other[axis] + push))
        if calm:
            break
    return [(round(x, 4), round(y, 4)) for x, y in places]


def axis_label(space: StyleSpace, component: int) -> str:
    """A component's name, with the share of the variance that it explains; components are counted from 1."""
    return f"component {component}: {float(space.explained[component - 1]):.0%} of the variance"


def style_map(
    space: StyleSpace,
    pictures: Mapping[str, Image.Image],
    cursor: Sequence[float] | None = None,
    side: int = 480,
) -> Image.Image:
    """The styles at their first two coordinates, with axes in standard deviations, on white.

    Args:
        space: whose first two components are drawn.
        pictures: of the styles, by name; one that is missing is a dot.
        cursor: a place to mark, in coordinates.
        side: of the square, pixels; the axes' labels are added at the left and below.

    Example:
        >>> from adain_lab.statistics import Statistics
        >>> from adain_lab.controls.style_space import fit_style_space
        >>> styles = {name: Statistics.of(torch.rand(1, 4, 8, 8) * size) for size, name in enumerate("abc", start=1)}
        >>> style_map(fit_style_space(styles), {"a": Image.new("RGB", (20, 20), "teal")}, side=200).size
        (254, 254)
    """
    margin, thumb = 46, round(THUMB * side)
    extent = map_extent(space.coordinates[:, :2])
    letters = max(11, side // 36)
    font = ImageFont.load_default(size=letters)
    canvas = Image.new("RGB", (side + margin + 8, side + margin + 8), _PAPER)
    draw = ImageDraw.Draw(canvas)

    def pixel(x: float, y: float) -> tuple[float, float]:
        return margin + (x / extent + 1) / 2 * side, 8 + (1 - y / extent) / 2 * side

    for tick in range(-int(extent), int(extent) + 1):
        (x, y), colour = pixel(tick, tick), _SOFT if tick == 0 else _LINE
        draw.line([(x, 8), (x, 8 + side)], colour)
        draw.line([(margin, y), (margin + side, y)], colour)
        draw.text((x, side + 12), f"{tick:+d}" if tick else "0", _SOFT, font, anchor="ma")
        draw.text((margin - 5, y), f"{tick:+d}" if tick else "0", _SOFT, font, anchor="rm")
    draw.text(
        (margin + side, side + margin + 6), axis_label(space, 1) + ", in standard deviations", _INK, font, anchor="rd"
    )
    upright = Image.new("RGB", (side, letters + 6), _PAPER)
    ImageDraw.Draw(upright).text((side, 1), axis_label(space, 2), _INK, font, anchor="ra")
    canvas.paste(upright.rotate(90, expand=True), (0, 8))

    points = [tuple(point) for point in space.coordinates[:, :2].tolist()]
    places = spread(points, 2 * extent * THUMB * 1.06, extent * (1 - THUMB))
    for point, place in zip(points, places, strict=True):
        draw.line([pixel(*point), pixel(*place)], _SOFT)
    for name, point, place in zip(space.names, points, places, strict=True):
        x, y = (round(value) for value in pixel(*place))
        if name in pictures:
            canvas.paste(ImageOps.fit(pictures[name].convert("RGB"), (thumb, thumb)), (x - thumb // 2, y - thumb // 2))
        _dot(draw, pixel(*point), 3, _INK)
    if cursor is not None:
        centre = pixel(*(min(extent, max(-extent, float(value))) for value in cursor[:2]))
        _dot(draw, centre, 10, None, _PAPER, 6)
        _dot(draw, centre, 9, None, _MARK, 4)
    return canvas


def _dot(
    draw: ImageDraw.ImageDraw,
    centre: tuple[float, float],
    radius: float,
    fill: str | None,
    outline: str = _PAPER,
    width: int = 1,
) -> None:
    (x, y) = centre
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill, outline=outline, width=width)
