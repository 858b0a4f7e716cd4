"""Style space: every style a point, its 2·C channel statistics turned into a few coordinates.

AdaIN takes 2·C numbers from a style (Eq. 8). The statistics of many styles span a space; its principal components are
the directions in which styles differ most. A point of that space is a style, whether or not a picture has it.

The map from coordinates to statistics is affine, so the straight line between two styles' points is
exactly the interpolation of their statistics (Eq. 15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from adain_lab.errors import InputError
from adain_lab.functional import EPS
from adain_lab.statistics import Statistics

__all__ = ["MIN_STYLES", "StyleSpace", "fit_style_space"]

#: Two styles span a line; a map needs three.
MIN_STYLES = 3
#: A reconstructed standard deviation is never below that of a flat channel (Eq. 6 with a variance of 0).
MIN_STD = EPS**0.5


@dataclass(frozen=True)
class StyleSpace:
    """Principal components of styles; made by :func:`fit_style_space`.

    Coordinates are in units of standard deviations over the styles it was fitted to: 0 is the mean style, and along
        every
    component the styles have a variance of 1.

    Attributes:
        names: the styles it was fitted to, N of them.
        coordinates: their points, (N, K).
        explained: each component's share of the variance, (K,), descending; together 1 when no component was left out.
        center: the mean style's statistics, means first, (2·C,).
        axes: what one unit of each coordinate adds to the statistics, (K, 2·C).
        scale: what the means (first) and the standard deviations were divided by before the components were found,
            (2·C,).
        model: the encoder's name, as in :class:`~adain_lab.statistics.Statistics`.
        layers: how many channels each layer has; the statistics are in their order, of each the means first.

    Example:
        >>> styles = {name: Statistics.of(torch.rand(1, 4, 8, 8) * size) for size, name in enumerate("abc", start=1)}
        >>> space = fit_style_space(styles)
        >>> space.count, space.names
        (2, ('a', 'b', 'c'))
        >>> back = space.reconstruct(space.project(styles["b"]))
        >>> torch.allclose(back.mean["relu4_1"], styles["b"].mean["relu4_1"], atol=1e-5)
        True
    """

    names: tuple[str, ...]
    coordinates: torch.Tensor
    explained: torch.Tensor
    center: torch.Tensor
    axes: torch.Tensor
    scale: torch.Tensor
    model: str = ""
    layers: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many components there are, K."""
        return len(self.explained)

    @property
    def channels(self) -> int:
        """How many channels the statistics have at all their layers, C."""
        return len(self.center) // 2

    def __repr__(self) -> str:
        return f"StyleSpace(styles={len(self.names)}, components={self.count}, channels={self.channels}, model={self.model!r})"

    def point(self, name: str) -> torch.Tensor:
        """The coordinates of the style called ``name``, (K,).

        Raises:
            ValueError: no style of that name was fitted; the message lists those that were.
        """
        if name not in self.names:
            raise InputError(f"no style of this space is called {name!r}: choose from {', '.join(self.names)}")
        return self.coordinates[self.names.index(name)]

    def project(self, statistics: Statistics) -> torch.Tensor:
        """The coordinates of the point of this space that is nearest to ``statistics``, (K,).

        Raises:
            ValueError: the statistics come from another model, or have another number of channels or styles than one.
        """
        if statistics.model != self.model:
            raise InputError(
                f"this space was measured with {self.model!r}, the style with {statistics.model!r}: encode the style again"
            )
        vector = _vector(statistics)
        if vector.shape != self.center.shape:
            raise InputError(f"this style space has {self.channels} channels, the style has {len(vector) // 2}")
        axes = self.axes / self.scale  # orthogonal in the standardised statistics
        return ((vector - self.center) / self.scale) @ axes.T / axes.square().sum(1)

    def reconstruct(self, coordinates: Sequence[float] | torch.Tensor) -> Statistics:
        """The style at a point: statistics that AdaIN can use.

        Far from all styles a standard deviation could come out negative, which would turn a channel's pattern upside
        down: it is kept at that of a flat channel, sqrt(eps), or above.

        Args:
            coordinates: K finite numbers, in standard deviations.

        Raises:
            ValueError: there are not K of them, or one is not finite.
        """
        point = self.check(coordinates)
        vector = self.center + point @ self.axes
        sizes = [count for count in self.layers.values() for _ in range(2)]
        parts = [part.view(1, -1, 1, 1) for part in vector.split(sizes)]
        mean = dict(zip(self.layers, parts[::2], strict=True))
        std = {layer: part.clamp_min(MIN_STD) for layer, part in zip(self.layers, parts[1::2], strict=True)}
        return Statistics(mean, std, self.model)

    def walk(self, position: Sequence[float]) -> list[float]:
        """A full set of coordinates for a place on the map of the first two components.

        The first two are the place itself. The others are averages of the styles' own, weighted by ``1 / distance^4``
        on the
        map: at a style's place this is exactly that style, and between styles it changes smoothly.

        Args:
            position: the first two coordinates.

        Example:
            >>> styles = {name: Statistics.of(torch.rand(1, 4, 8, 8) * size) for size, name in enumerate("abcd", start=1)}
            >>> space = fit_style_space(styles)
            >>> bool(torch.tensor(space.walk(space.point("c")[:2])).allclose(space.point("c"), atol=1e-4))
            True
        """
        place = torch.as_tensor(position, dtype=torch.float64)
        if place.shape != (2,) or not bool(place.isfinite().all()):
            raise InputError(f"a place on the map is two finite numbers, got {place.tolist()}")
        points = self.coordinates.double()
        weights = (points[:, :2] - place).square().sum(1).clamp_min(1e-9).pow(-2)
        others = weights @ points[:, 2:] / weights.sum()
        return [*place.tolist(), *others.tolist()]

    def nearest(self, coordinates: Sequence[float] | torch.Tensor, dimensions: int = 0) -> tuple[str, float]:
        """The style nearest to a point, and its distance in standard deviations, over the first ``dimensions`` (0:
        all) components.
        """
        count = dimensions or self.count
        distances = (self.coordinates - self.check(coordinates))[:, :count].norm(dim=1)
        index = int(distances.argmin())
        return self.names[index], float(distances[index])

    def check(self, coordinates: Sequence[float] | torch.Tensor) -> torch.Tensor:
        """``coordinates`` as a tensor (K,), refused when there are not K finite numbers."""
        point = torch.as_tensor(coordinates, dtype=torch.float32)
        if point.shape != (self.count,):
            raise InputError(
                f"this style space has {self.count} coordinates, got {point.numel()}: leave none out, 0 is the mean style"
            )
        if not bool(point.isfinite().all()):
            raise InputError("coordinates must be finite numbers")
        return point


def fit_style_space(styles: Mapping[str, Statistics], components: int = 0) -> StyleSpace:
    """Principal components of the statistics of ``styles``, by a singular value decomposition.

    Means and standard deviations differ in scale, and layers do, so each of these blocks is divided by its own root
    mean square deviation from the mean style: all then have the same vote. Channels keep their scale relative to one
    another, since a loud channel is one that the decoder hears; dividing each number by its own deviation instead
    would give channels that hardly ever fire the same vote.

    Args:
        styles: the statistics of one style each, by name; at least :data:`MIN_STYLES`, all of one model.
        components: how many to keep; 0 keeps all N - 1, with which every style is reconstructed exactly.

    Raises:
        ValueError: too few styles, styles that do not belong together, or more components than they span, N - 1 at
            most.
    """
    if len(styles) < MIN_STYLES:
        raise InputError(f"a style space needs at least {MIN_STYLES} styles, got {len(styles)}: the more, the better")
    models = sorted({style.model for style in styles.values()})
    if len(models) > 1:
        raise InputError(f"styles measured with different models do not share a space: {', '.join(map(repr, models))}")
    vectors = [_vector(style) for style in styles.values()]
    shapes = [{layer: mean.shape[1] for layer, mean in style.mean.items()} for style in styles.values()]
    layers = shapes[0]
    if any(shape != layers for shape in shapes):
        sizes = sorted({sum(shape.values()) for shape in shapes})
        raise InputError(
            f"styles with different numbers of channels do not share a space: {', '.join(map(str, sizes))}"
        )
    table = torch.stack(vectors).double()  # (N, 2C)
    center = table.mean(0)
    deviations = table - center
    counts = torch.tensor(list(layers.values())).repeat_interleave(2)  # of each layer the means, then the deviations
    blocks = torch.stack([part.square().mean().sqrt() for part in deviations.split(counts.tolist(), dim=1)])
    if float(blocks.max()) < 1e-6:
        raise InputError("these styles are all the same: a style space needs styles that differ")
    scale = blocks.clamp_min(1e-6).repeat_interleave(counts)
    left, singular, right = torch.linalg.svd(deviations / scale, full_matrices=False)
    most = int((singular > 1e-6 * singular[0]).sum())  # N - 1, or fewer where a style is a mixture of others
    if isinstance(components, bool) or not isinstance(components, int) or not 0 <= components <= most:
        raise InputError(f"components must be 0 (all) to {most} for these {len(table)} styles, got {components!r}")
    # A component's sign is arbitrary: let its largest entry be positive, so that every machine draws the same map.
    signs = right.gather(1, right.abs().argmax(1, keepdim=True)).sign()
    left, right = left * signs.T, right * signs
    kept, size = components or most, len(table) ** 0.5
    variance = singular.square()
    return StyleSpace(
        names=tuple(styles),
        coordinates=(left[:, :kept] * size).float(),
        explained=(variance[:kept] / variance.sum()).float(),
        center=center.float(),
        axes=(singular[:kept, None] / size * right[:kept] * scale).float(),
        scale=scale.float(),
        model=models[0],
        layers=layers,
    )


def _vector(statistics: Statistics) -> torch.Tensor:
    """(2·C,) on the CPU: of each layer the means, then the standard deviations."""
    for layer, mean in statistics.mean.items():
        if mean.shape[0] != 1 or mean.shape != statistics.std[layer].shape:
            raise InputError(f"each style must be the statistics of one picture, (1, C, 1, 1), got {tuple(mean.shape)}")
    pairs = [part[layer].flatten() for layer in statistics.layers for part in (statistics.mean, statistics.std)]
    return torch.cat(pairs).float().cpu()
