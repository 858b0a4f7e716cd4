"""How large a picture is, and scaling it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from adain_lab.errors import InputError
from adain_lab.images.opening import MAX_PIXELS, MEGAPIXELS

if TYPE_CHECKING:
    import torch

__all__ = ["check_size", "resize", "resized"]


def check_size(size: Any, smallest: int = 0, largest: int | None = None) -> int:
    """A size in pixels, if it can be one: the one place that refuses the others.

    Args:
        size: whatever was given.
        smallest, largest: the bounds, both included; without ``largest`` there is none above.

    Raises:
        ValueError: it is no whole number, or out of bounds.

    Example:
        >>> check_size(64, 32, 1024)
        64
        >>> check_size(20, 32, 1024)
        Traceback (most recent call last):
        adain_lab.errors.InputError: size must be a whole number of pixels from 32 to 1024, got 20
    """
    top = math.inf if largest is None else largest
    if isinstance(size, bool) or not isinstance(size, int) or not smallest <= size <= top:
        bounds = f", {smallest} or more," if largest is None else f" from {smallest} to {largest},"
        raise InputError(f"size must be a whole number of pixels{bounds} got {size!r}")
    return size


def resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Scale pictures so that their shorter side has ``size`` pixels, antialiased; 0 keeps them as they are.

    Args:
        images: (B, 3, H, W) in [0, 1].
        size: pixels.

    Returns:
        (B, 3, H', W') with min(H', W') == size and the aspect ratio kept to the nearest pixel.

    Example:
        >>> import torch
        >>> resize(torch.rand(1, 3, 40, 60), 20).shape
        torch.Size([1, 3, 20, 30])
    """
    height, width = images.shape[2:]
    new = resized(height, width, size)
    if new == (height, width):
        return images
    from torch.nn import functional as F

    return F.interpolate(images, size=new, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def resized(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of a picture whose shorter side is made ``size`` pixels; 0 keeps them.

    Raises:
        ValueError: ``size`` is no such number, or the picture would have more than :data:`MAX_PIXELS` pixels.

    Example:
        >>> resized(40, 60, 20)
        (20, 30)
    """
    if check_size(size) in (0, min(height, width)):
        return height, width
    factor = size / min(height, width)
    new = (max(1, round(height * factor)), max(1, round(width * factor)))
    if new[0] * new[1] > MAX_PIXELS:
        raise InputError(f"{new[1]} x {new[0]} pixels are more than the {MEGAPIXELS} allowed: ask for a smaller size")
    return new
