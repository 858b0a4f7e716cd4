"""Ingredients of recipes that have no file, as text: painted masks, and styles that are no pictures."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from adain_lab.controls.masks import read_masks
from adain_lab.errors import InputError
from adain_lab.images import MAX_PIXELS
from adain_lab.networks.encoder import LAYERS
from adain_lab.networks.palette import PIXELS
from adain_lab.statistics import Statistics

__all__ = ["pack_masks", "pack_statistics", "unpack_masks", "unpack_statistics"]


def pack_masks(masks: Any, count: int) -> dict[str, Any]:
    """Masks as text, exactly: painted regions become a label map of a few hundred bytes.

    Args:
        masks: as :func:`~adain_lab.controls.masks.region_masks` takes them.
        count: how many styles there are.

    Returns:
        ``form``: "labels" (0 = no region, r = the r-th), "levels" (8 bits per region) or "float32"; ``shape`` (R, H,
        W); ``data``: deflated, in base64.

    Example:
        >>> packed = pack_masks(torch.eye(8)[None], 1)
        >>> packed["form"], packed["shape"], torch.equal(unpack_masks(packed), torch.eye(8)[None])
        ('labels', [1, 8, 8], True)
    """
    regions = read_masks(masks, count).numpy()
    levels = np.round(regions * 255).astype(np.uint8)
    if ((regions == 0) | (regions == 1)).all() and regions.sum(0).max() <= 1 and count < 256:
        form, array = "labels", (regions * np.arange(1, count + 1)[:, None, None]).sum(0).astype(np.uint8)
    elif (levels / np.float32(255) == regions).all():
        form, array = "levels", levels
    else:
        form, array = "float32", regions
    return {"form": form, "shape": list(regions.shape), "data": _deflated(array)}


def unpack_masks(packed: Mapping[str, Any]) -> torch.Tensor:
    """The masks (R, H, W) that :func:`pack_masks` packed.

    Raises:
        ValueError: they are damaged, or larger than a picture may be.
    """
    try:
        (count, height, width), form = map(int, packed["shape"]), packed["form"]
        shape = (height, width) if form == "labels" else (count, height, width)
        array = _inflated(packed["data"], {"labels": "u1", "levels": "u1", "float32": "<f4"}[form], shape)
        if not 0 < count < 256 or count * height * width > MAX_PIXELS:
            raise InputError(f"masks of {count} x {height} x {width}")
    except (KeyError, OverflowError, TypeError, ValueError, zlib.error) as error:  # OverflowError: int(Infinity)
        raise InputError("the masks in the recipe are damaged") from error
    if form == "labels":
        array = (array == np.arange(1, count + 1)[:, None, None]).astype(np.float32)
    elif form == "levels":
        array = array / np.float32(255)
    return torch.from_numpy(np.array(array, dtype=np.float32))


def pack_statistics(statistics: Statistics, name: str) -> dict[str, Any]:
    """A style that is no picture, such as a point of style space: its two numbers per channel as text, exactly.

    Returns:
        ``name``; ``layers``, the channels at each layer; ``statistics``: of each layer the means, then the deviations.

    Example:
        >>> style = Statistics({"relu4_1": torch.rand(1, 8, 1, 1)}, {"relu4_1": torch.rand(1, 8, 1, 1)}, "tiny")
        >>> packed = pack_statistics(style, "somewhere")
        >>> packed["layers"], torch.equal(unpack_statistics(packed, "tiny").mean["relu4_1"], style.mean["relu4_1"])
        ({'relu4_1': 8}, True)
    """
    parts = [part[layer] for layer in statistics.layers for part in (statistics.mean, statistics.std)]
    layers = {layer: mean.shape[1] for layer, mean in statistics.mean.items()}
    numbers = torch.cat([part.flatten() for part in parts]).float().cpu().numpy()
    return {"name": name, "layers": layers, "statistics": _deflated(numbers)}


def unpack_statistics(packed: Mapping[str, Any], model: str) -> Statistics:
    """What :func:`pack_statistics` packed, measured with ``model``.

    Whether they fit the model is checked when they are put together, see :meth:`Statistics.check_for
    <adain_lab.statistics.Statistics.check_for>`.

    Raises:
        ValueError: they are damaged, not finite, or a deviation is negative.

    Recipes of adain_lab 0.1 knew relu4_1 alone, and say only how many ``channels`` it has.
    """
    try:
        layers = packed["layers"] if "layers" in packed else {"relu4_1": packed["channels"]}
        counts = [int(count) for count in layers.values()]
        if any(layer not in (PIXELS, *LAYERS) for layer in layers) or min(counts) < 1:
            raise InputError(f"layers {layers}")
        parts = np.split(
            _inflated(packed["statistics"], "<f4", (2 * sum(counts),)), np.cumsum(np.repeat(counts, 2))[:-1]
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, zlib.error) as error:
        raise InputError("the style's statistics in the recipe are damaged") from error
    mean, std = (
        {layer: torch.from_numpy(part.copy()).view(1, -1, 1, 1) for layer, part in zip(layers, some, strict=True)}
        for some in (parts[::2], parts[1::2])
    )
    statistics = Statistics(mean, std, model)
    statistics.check("the recipe")
    return statistics


def _deflated(array: np.ndarray) -> str:
    if array.dtype != np.uint8:
        array = array.astype("<f4")
    return base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()


def _inflated(data: str, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    if min(shape) < 1 or math.prod(shape) > MAX_PIXELS:
        raise InputError(f"{shape} numbers")
    # Never more than the shape says, however much a few kilobytes claim to hold.
    raw = zlib.decompressobj().decompress(base64.b64decode(data), math.prod(shape) * np.dtype(kind).itemsize)
    return np.frombuffer(raw, kind).reshape(shape)
