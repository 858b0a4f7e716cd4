"""Painted regions between page, file and tensor: a label map, 0 = nothing painted, r = the r-th region."""

from __future__ import annotations

import warnings
import zlib
from typing import Any

import numpy as np
import torch

from adain_lab.controls.label_maps import read_labels
from adain_lab.controls.masks import read_masks, region_masks, size_note
from adain_lab.errors import InputError
from adain_lab.widgets.session.pictures import LONGEST, SIZES

__all__ = ["MAX_REGIONS", "fitted_labels", "pack_labels", "regions_of", "unpack_labels"]

MAX_REGIONS = 4
#: The longest side that a panel's picture can have.
_LONGEST_SIDE = SIZES[1] * LONGEST


# ---- page <-> Python -------------------------------------------------------------------------------------------------


def pack_labels(labels: np.ndarray) -> bytes:
    """A label map (H, W) for the page: width and height as two little-endian 16-bit numbers, then the labels, deflated.

    Example:
        >>> packed = pack_labels(np.eye(3, 5, dtype=np.uint8))
        >>> packed[:4], unpack_labels(packed).shape
        (b'\\x05\\x00\\x03\\x00', (3, 5))
    """
    height, width = labels.shape
    return np.array([width, height], "<u2").tobytes() + zlib.compress(
        np.ascontiguousarray(labels, np.uint8).tobytes(), 6
    )


def unpack_labels(packed: bytes) -> np.ndarray:
    """The label map that :func:`pack_labels`, or the page, packed.

    Raises:
        ValueError: it is damaged, larger than a picture may be, or has other labels than those of regions.
    """
    width, height = np.frombuffer(packed[:4].ljust(4, b"\0"), "<u2").tolist()
    if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE):
        raise InputError(
            f"the painted regions claim to have {width} x {height} pixels: sides go from 1 to {_LONGEST_SIDE}"
        )
    inflating = zlib.decompressobj()
    try:
        # Never more than the size says, however much a few kilobytes claim to hold.
        raw = inflating.decompress(packed[4:], width * height)
        surplus = b"" if inflating.eof else inflating.decompress(inflating.unconsumed_tail, 1)
    except zlib.error as error:
        raise InputError("the painted regions are damaged: paint again") from error
    if len(raw) != width * height or surplus or not inflating.eof:
        raise InputError(
            f"the painted regions do not have the {width} x {height} pixels that they claim to have: paint again"
        )
    labels = np.frombuffer(raw, np.uint8).reshape(height, width)
    if labels.max() > MAX_REGIONS:
        raise InputError(
            f"the painted regions have the label {labels.max()}: labels go from 0 (nothing) to {MAX_REGIONS}"
        )
    return labels


# ---- tensors and files -----------------------------------------------------------------------------------------------


def regions_of(labels: np.ndarray, count: int) -> torch.Tensor:
    """The masks (R, H, W) of the first ``count`` regions, 0 or 1.

    Example:
        >>> regions_of(np.array([[0, 1, 2]]), 2).tolist()
        [[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]]]
    """
    return torch.from_numpy((labels == np.arange(1, count + 1)[:, None, None]).astype(np.float32))


def fitted_labels(masks: Any, size: tuple[int, int]) -> tuple[np.ndarray, int, str]:
    """Masks in any form as a label map of the content's size.

    A pixel belongs to the region that has most of it, and to none where all together have less than half.

    Args:
        masks: as :func:`~adain_lab.controls.masks.region_masks` takes them, at most :data:`MAX_REGIONS`; how many
            regions there are is found out. A file of :func:`~adain_lab.controls.label_maps.label_png` comes back
            exactly.
        size: (H, W) of the content.

    Returns:
        The labels (H, W), the number of regions, and a sentence if the masks had to be stretched.

    Raises:
        FileNotFoundError, TypeError, ValueError: they are no masks, or too many.

    Example:
        >>> labels, count, note = fitted_labels([torch.tensor([[1.0, 0.6, 0.2]])], (1, 3))
        >>> labels.tolist(), count, note
        ([[1, 1, 0]], 1, '')
    """
    regions = _regions(masks)
    note = size_note(regions, size)
    if regions.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the note says it
            regions = region_masks(regions, len(regions), size)
    else:
        regions = torch.zeros(len(regions), *size)
    best = regions.argmax(0) + 1
    return torch.where(regions.sum(0) >= 0.5, best, 0).to(torch.uint8).numpy(), len(regions), note


def _regions(masks: Any) -> torch.Tensor:
    """(R, H, W) at the masks' own size."""
    if isinstance(masks, (list, tuple)) or (isinstance(masks, (torch.Tensor, np.ndarray)) and masks.ndim == 3):
        if not 1 <= len(masks) <= MAX_REGIONS:
            raise InputError(f"there can be 1 to {MAX_REGIONS} regions, got {len(masks)} masks")
        return read_masks(masks, len(masks))
    if (saved := read_labels(masks)) is not None and saved[1] <= MAX_REGIONS:
        return regions_of(*saved)
    # A map of three or four grey levels has as many regions; everything else is white and black with what lies between.
    soft = read_masks(masks, 2)
    for count in range(MAX_REGIONS, 2, -1):
        try:
            regions = read_masks(masks, count)
        except InputError:
            continue
        spread = torch.cat([(level - level.median()).abs() for level in (soft[0][region > 0] for region in regions)])
        if (spread < 0.04).float().mean() > 0.9:  # levels, and not the grey of wide soft edges
            return regions
    return soft
