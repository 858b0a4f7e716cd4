"""A content with 8 bits per channel, of which parts become floats: as it is, or scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from adain_lab.errors import InputError
from adain_lab.images import array_to_pil, as_rgb, resize, resized, to_tensor
from adain_lab.tiling.geometry import Tile

__all__ = ["Pixels", "scaled_part"]


class Pixels:
    """What is painted. Only a tensor, which is a float copy already, is kept as one.

    Args:
        content: as :func:`~adain_lab.images.to_tensor` takes it, but one picture.
        size: shorter side to which it is scaled, pixels; 0 keeps it.

    Attributes:
        height, width: after that.

    Raises:
        FileNotFoundError, TypeError, ValueError: it is no picture, or a batch of several.
    """

    def __init__(self, content: Any, size: int):
        self._whole: torch.Tensor | Image.Image
        if isinstance(content, torch.Tensor):
            self._whole = resize(to_tensor(content), size)
            if len(self._whole) != 1:
                raise InputError(f"large pictures are painted one at a time, got a batch of {len(self._whole)}")
            self.height, self.width = self._whole.shape[2:]
        else:
            self._whole = as_rgb(array_to_pil(content) if isinstance(content, np.ndarray) else content)
            self.height, self.width = resized(self._whole.height, self._whole.width, size)

    def crop(self, tile: Tile, margin: int = 0) -> torch.Tensor:
        """(1, 3, h, w) in [0, 1]."""
        rows, columns = tile.pixels(margin, self.height, self.width)
        if isinstance(self._whole, torch.Tensor):
            return self._whole[..., rows, columns]
        if (self.width, self.height) == self._whole.size:
            return to_tensor(self._whole.crop((columns.start, rows.start, columns.stop, rows.stop)))
        return scaled_part(self._whole, (self.height, self.width), rows, columns)


def scaled_part(picture: Image.Image, size: tuple[int, int], rows: slice, columns: slice) -> torch.Tensor:
    """A part of what :func:`~adain_lab.images.resize` makes of a picture, without the rest of it.

    Args:
        picture: RGB.
        size: height and width of the scaled picture.
        rows, columns: the part, in its pixels.

    Returns:
        (1, 3, h, w) in [0, 1].

    Example:
        >>> picture = Image.linear_gradient("L").convert("RGB")
        >>> part = scaled_part(picture, (40, 40), slice(8, 24), slice(0, 16))
        >>> bool((part - resize(to_tensor(picture), 40)[..., 8:24, :16]).abs().max() < 1e-5)
        True
    """
    (top, bottom, down), (left, right, across) = (
        _weights(part, new, old)
        for part, new, old in ((rows, size[0], picture.height), (columns, size[1], picture.width))
    )
    pixels = to_tensor(picture.crop((left, top, right, bottom)))
    return (down @ (pixels @ across.T)).clamp(0, 1)


def _weights(part: slice, new: int, old: int) -> tuple[int, int, torch.Tensor]:
    """How much pixels of a side of ``old`` count for ``part`` of the same side with ``new``, bicubic and antialiased: the
    first one that does, the one after the last, and their weights, a row for each pixel of the part.
    """
    scale = old / new
    stretch = max(scale, 1.0)  # a smaller picture averages over more pixels
    centres = (np.arange(part.start, part.stop) + 0.5) * scale
    first, last = int(max(0, centres[0] - 2 * stretch)), int(min(old, np.ceil(centres[-1] + 2 * stretch)))
    x = np.abs(np.arange(first, last) + 0.5 - centres[:, None]) / stretch
    # Keys' cubic convolution with a = -0.5, as Pillow and PyTorch have it.
    weights = np.where(x < 1, (1.5 * x - 2.5) * x**2 + 1, np.where(x < 2, ((-0.5 * x + 2.5) * x - 4) * x + 2, 0.0))
    return first, last, torch.from_numpy((weights / weights.sum(1, keepdims=True)).astype(np.float32))
