"""Which style goes where: masks, read in whatever form people have them and fitted to the content.

A mask says how much each pixel belongs to a region, 0 to 1. What is done with
masks at the features is in :mod:`adain_lab.controls.regions`.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from adain_lab.controls.label_maps import saved_regions
from adain_lab.errors import InputError, InputTypeError
from adain_lab.images import decoding, open_image, open_picture, upright

__all__ = ["StretchedMasks", "feather", "read_masks", "region_masks", "size_note", "to_features"]

#: JPEG and soft edges leave noise in a label map: levels this near are one, and a smaller share of the pixels is no
#: region.
_WINDOW, _SMALLEST = 8, 0.02


class StretchedMasks(UserWarning):
    """Masks had another shape than the content."""


# ---- reading -----------------------------------------------------------------------------------------------------


def region_masks(masks: Any, count: int, size: tuple[int, int]) -> torch.Tensor:
    """Masks in any form as one tensor that fits the content.

    Args:
        masks: one of

            * a tensor or an array (R, H, W): bool, floats in [0, 1], or whole numbers with 255 (or 1) for "inside";
            * a list of R pictures (paths, bytes, Pillow images, arrays (H, W)), white where that region is, grey for
              soft edges; of a picture with transparency the opacity counts, unless it is the same everywhere;
            * one picture for two styles: white the first, black the second, as the authors' program has it;
            * one label map for three or more: a grey level per style, the brightest first;
            * one label map that a panel saved (:mod:`adain_lab.controls.label_maps`), for any number: exactly the
              regions as painted. A style per region is needed, or one per region that has paint.
        count: R, how many styles there are.
        size: (H, W) of the content. Masks of another size are scaled; a warning says so where that stretches them.

    Returns:
        (R, H, W), float32 in [0, 1]. Where regions overlap they share the pixel, so that the sum over R is at most 1;
        where it is less, the content keeps its own look.

    Raises:
        FileNotFoundError, TypeError, ValueError: there is no such file, it is no mask, or there are not as many as
            styles.

    Example:
        >>> left = torch.zeros(4, 6); left[:, :3] = 1
        >>> region_masks(left, 2, (4, 6)).mean((1, 2)).tolist()
        [0.5, 0.5]
    """
    regions = read_masks(masks, count)
    if note := size_note(regions, size):
        warnings.warn(note, StretchedMasks, stacklevel=2)
    return _shared(_scaled(regions, size))


def read_masks(masks: Any, count: int) -> torch.Tensor:
    """The first half of :func:`region_masks`: (R, H, W) in [0, 1] at the masks' own size, not yet fitted to a
    content.
    """
    one = masks[0] if isinstance(masks, (list, tuple)) and len(masks) == 1 else masks
    if (saved := saved_regions(one, count)) is not None:
        return torch.from_numpy(saved)
    if isinstance(masks, (list, tuple)):
        arrays = [_levels(mask) for mask in masks]
    elif isinstance(masks, (torch.Tensor, np.ndarray)) and masks.ndim == 3:
        arrays = list(_array(masks))
    else:
        arrays = [_levels(masks)]
    if len(arrays) == 1 and count > 1:
        regions = _both_sides(arrays[0]) if count == 2 else _labels(arrays[0], count)
    else:
        if len(arrays) != count:
            raise InputError(
                f"{len(arrays)} masks were given for {count} style{'s' * (count != 1)}: give one per style"
            )
        regions = [_fraction(array) for array in arrays]
    result = torch.stack([_scaled(region[None], regions[0].shape)[0] for region in regions])
    if not result.any():
        raise InputError("all masks are empty: paint at least one region white")
    return result


def size_note(masks: torch.Tensor, size: tuple[int, int]) -> str:
    """A sentence when fitting masks (R, H, W) to a content of (H, W) stretches them; empty when it does not.

    Example:
        >>> size_note(torch.ones(1, 50, 50), (40, 80))
        'the masks have 50 x 50 pixels and the content 80 x 40: they are stretched to fit'
    """
    (height, width), (target_height, target_width) = masks.shape[1:], size
    # Rounding to whole pixels changes the shape a little, too; that is no news.
    if abs(height * target_width - width * target_height) <= max(height, width, target_height, target_width):
        return ""
    return f"the masks have {width} x {height} pixels and the content {target_width} x {target_height}: they are stretched to fit"


def _levels(mask: Any) -> np.ndarray:
    """One mask as an array (H, W) of whole numbers, or of floats in [0, 1]."""
    if isinstance(mask, (torch.Tensor, np.ndarray)):
        array = _array(mask)
        if array.ndim != 2:
            raise InputError(f"a mask must have shape (H, W), and masks together (R, H, W), got {tuple(mask.shape)}")
        return array
    if not isinstance(mask, (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)):
        raise InputTypeError(f"a mask must be a picture, an array or a tensor, not {type(mask).__name__}")
    grey = np.asarray(open_image(mask).convert("L"))  # also what refuses files that are no pictures
    opacity = _opacity(mask)
    return grey if opacity is None or opacity.min() == opacity.max() else opacity


def _opacity(mask: Any) -> np.ndarray | None:
    """The alpha channel of a picture that has one."""
    with (
        nullcontext(mask) if isinstance(mask, Image.Image) else open_picture(mask) as image,
        decoding("the mask", image.format),
    ):
        if image.has_transparency_data:
            return np.asarray(upright(image).convert("RGBA").getchannel("A"))
    return None


def _array(mask: torch.Tensor | np.ndarray) -> np.ndarray:
    array = mask.detach().cpu().numpy() if isinstance(mask, torch.Tensor) else mask
    if 0 in array.shape:
        raise InputError(f"a mask must have at least one pixel, got shape {tuple(array.shape)}")
    if np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise InputError("a mask of floats must be finite and in [0, 1]: divide 8-bit values by 255")
        return array.astype(np.float32)
    if array.dtype == bool:
        return array.astype(np.uint8)
    if not np.issubdtype(array.dtype, np.integer):
        raise InputTypeError(f"a mask must hold bool, whole numbers or floats in [0, 1], got {array.dtype}")
    if array.min() < 0 or array.max() > 255:
        raise InputError(f"a mask of whole numbers must be in 0 to 255, got {array.min()} to {array.max()}")
    return array.astype(np.uint8)


def _fraction(levels: np.ndarray) -> torch.Tensor:
    """(H, W) in [0, 1] from what :func:`_levels` gives."""
    if levels.dtype == np.uint8:
        levels = levels / np.float32(255 if levels.max() > 1 else 1)
    return torch.from_numpy(np.ascontiguousarray(levels, dtype=np.float32))


def _both_sides(levels: np.ndarray) -> list[torch.Tensor]:
    white = _fraction(levels)
    return [white, 1 - white]


def _labels(levels: np.ndarray, count: int) -> list[torch.Tensor]:
    """A label map's regions, the brightest first. Levels are exact, or else peaks of the histogram."""
    if levels.dtype != np.uint8:
        levels = np.round(levels * 255).astype(np.uint8)
    found = np.unique(levels)
    if len(found) > count:
        found = _peaks(levels, count)
    if len(found) != count:
        several = f"{len(found)} grey level{'s' * (len(found) != 1)}"
        raise InputError(f"the mask has {several} for {count} styles: give each style's region a grey level of its own")
    nearest = np.abs(levels[..., None].astype(np.int16) - found.astype(np.int16)).argmin(-1)
    return [torch.from_numpy(nearest == i).float() for i in reversed(range(count))]


def _peaks(levels: np.ndarray, count: int) -> np.ndarray:
    """The grey levels around which a noisy label map's pixels gather, sorted; one more than ``count`` where there are
    more.
    """
    share = np.bincount(levels.ravel(), minlength=256) / levels.size
    gathered = np.convolve(share, np.ones(2 * _WINDOW + 1), "same")
    peaks: list[int] = []
    while len(peaks) <= count and gathered.max() >= _SMALLEST:
        near = slice(max(0, int(gathered.argmax()) - _WINDOW), int(gathered.argmax()) + _WINDOW + 1)
        peaks.append(near.start + int(share[near].argmax()))
        gathered[max(0, peaks[-1] - 3 * _WINDOW) : peaks[-1] + 3 * _WINDOW + 1] = 0
    return np.sort(peaks)


# ---- fitting -----------------------------------------------------------------------------------------------------


def _scaled(masks: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    if tuple(masks.shape[1:]) == tuple(size):
        return masks
    return F.interpolate(masks[None], size=tuple(size), mode="bilinear", antialias=True, align_corners=False)[0].clamp(
        0, 1
    )


def _shared(masks: torch.Tensor) -> torch.Tensor:
    return masks / masks.sum(0).clamp_min(1)


def check_feather(pixels: object) -> None:
    """Refuse a width of soft edges that no picture can have."""
    if isinstance(pixels, bool) or not isinstance(pixels, (int, float)) or not 0 <= pixels < math.inf:
        raise InputError(f"the width of soft edges must be a number of pixels, 0 or more, got {pixels!r}")


def feather(masks: torch.Tensor, pixels: float) -> torch.Tensor:
    """Give regions soft edges: a Gaussian blur, which leaves the sum over regions what it was.

    Args:
        masks: (R, H, W) in [0, 1].
        pixels: how wide an edge becomes, from 2 % to 98 %; four standard deviations of the blur. 0 changes nothing.

    Example:
        >>> feather(torch.tensor([[[0., 0., 0., 1., 1., 1.]]]), 4).mul(100).round().tolist()
        [[[0.0, 6.0, 30.0, 70.0, 94.0, 100.0]]]
    """
    check_feather(pixels)
    if pixels > max(masks.shape[1:]):
        raise InputError(
            f"soft edges of {pixels:g} pixels are wider than the picture ({max(masks.shape[1:])}): ask for fewer"
        )
    if pixels == 0:
        return masks
    radius = math.ceil(0.75 * pixels)  # three standard deviations
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (4 * offsets / pixels) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).to(masks)
    blurred = masks.unsqueeze(1)
    for _ in range(2):  # along the rows, then, turned, along the columns
        blurred = F.conv2d(F.pad(blurred, (radius, radius, 0, 0), mode="replicate"), kernel).transpose(2, 3)
    return blurred.squeeze(1).clamp(0, 1)


def to_features(masks: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Masks (R, H, W) averaged down to a feature map of ``height`` x ``width``: how much of each cell a region covers.

    The encoder's poolings round up, so the last cells of odd sizes are smaller; they are averaged over the pixels they
    have.

    Example:
        >>> to_features(torch.eye(16)[None], 2, 2).tolist()
        [[[0.125, 0.0], [0.0, 0.125]]]
    """
    for cell in (1, 2, 4, 8, 16):
        if tuple(-(-side // cell) for side in masks.shape[1:]) == (height, width):
            return F.avg_pool2d(masks, cell, ceil_mode=True) if cell > 1 else masks
    return F.interpolate(masks[None], size=(height, width), mode="area")[0]
