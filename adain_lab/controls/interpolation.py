"""Mixtures of four styles, one in each corner of a square (Eq. 15, Fig. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from adain_lab.errors import InputError
from adain_lab.images import image_grid, resize
from adain_lab.statistics import Statistics, mix

if TYPE_CHECKING:
    from adain_lab.stylizer import ContentCode, Stylizer

__all__ = ["CORNERS", "corner_place", "corner_weights", "framed_grid", "grid_pictures"]

#: The order in which corners are counted.
CORNERS = ("top left", "top right", "bottom left", "bottom right")


def corner_weights(x: float, y: float) -> list[float]:
    """Bilinear weights of a square's four corners, in the order of :data:`CORNERS`.

    Args:
        x: 0 = left, 1 = right.
        y: 0 = top, 1 = bottom.

    Returns:
        Four numbers >= 0 that sum to 1.

    Example:
        >>> corner_weights(0.25, 0.0)
        [0.75, 0.25, 0.0, 0.0]
    """
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InputError(f"a place in the square is two numbers from 0 to 1, got ({x}, {y})")
    return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y]


def corner_place(weights: Sequence[float]) -> tuple[float, float]:
    """Where in the square four weights belong: the right corners' share and the bottom corners' share.

    The inverse of :func:`corner_weights`. Four shares have three degrees of freedom and the square two, so of weights
    that are not bilinear it gives the place with the same two sums.

    Example:
        >>> corner_place([0, 1, 0, 1])
        (1.0, 0.5)
    """
    top_left, top_right, bottom_left, bottom_right = weights
    total = sum(weights)
    if not total > 0:
        raise InputError("weights must not all be zero")
    return (top_right + bottom_right) / total, (bottom_left + bottom_right) / total


def grid_pictures(
    stylizer: Stylizer, code: ContentCode, corners: Sequence[Statistics], steps: int = 5, alpha: float = 1.0
) -> list[torch.Tensor]:
    """A content painted in the mixtures of four styles, from corner to corner.

    Args:
        stylizer: what paints.
        code: from :meth:`Stylizer.encode_content`.
        corners: four styles, in the order of :data:`CORNERS`.
        steps: pictures in a row and in a column; 5 in the paper.
        alpha: 0 = content, 1 = style.

    Returns:
        ``steps * steps`` pictures (1, 3, H, W), row by row.

    Raises:
        ValueError: not four styles, or fewer than 2 steps.

    Example:
        >>> import adain_lab
        >>> stylizer = adain_lab.load("tiny")
        >>> styles = [stylizer.encode_style(torch.rand(1, 3, 32, 32)) for _ in range(4)]
        >>> len(grid_pictures(stylizer, stylizer.encode_content(torch.rand(1, 3, 32, 48)), styles, steps=3))
        9
    """
    if len(corners) != 4:
        raise InputError(
            f"the grid has a style in each of its 4 corners, got {len(corners)} style{'s' * (len(corners) != 1)}"
        )
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 15:
        raise InputError(f"steps must be a whole number from 2 to 15, got {steps!r}")
    places = [(column / (steps - 1), row / (steps - 1)) for row in range(steps) for column in range(steps)]
    return [stylizer.render(code, mix(corners, corner_weights(x, y)), alpha) for x, y in places]


def framed_grid(pictures: Sequence[torch.Tensor], styles: Sequence[torch.Tensor], padding: int = 4) -> torch.Tensor:
    """The paper's figure: a square grid of pictures, and beside its corners the styles they come from.

    Args:
        pictures: from :func:`grid_pictures`.
        styles: the four style pictures, (1, 3, H, W) in [0, 1], of any sizes.
        padding: pixels between pictures.

    Returns:
        (1, 3, H', W') on white, on the CPU.
    """
    steps = round(len(pictures) ** 0.5)
    if steps * steps != len(pictures) or len(styles) != 4:
        raise InputError(
            f"a framed grid takes a square number of pictures and 4 styles, got {len(pictures)} and {len(styles)}"
        )
    height, width = pictures[0].shape[2:]
    blank = torch.ones(1, 3, 1, 1)
    fitted = [_fitted(style, height, width) for style in styles]
    cells = []
    for row in range(steps):
        left, right = {0: fitted[:2], steps - 1: fitted[2:]}.get(row, (blank, blank))
        cells += [left, *pictures[row * steps : (row + 1) * steps], right]
    return image_grid(cells, steps + 2, padding)


def _fitted(images: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """As large as it can be within ``height`` x ``width``."""
    shorter = min(images.shape[2:])
    factor = min(height / images.shape[2], width / images.shape[3])
    return resize(images.cpu(), max(1, int(shorter * factor)))[..., :height, :width]
