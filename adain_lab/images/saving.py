"""Saving pictures, whole or not at all, with how they were made."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, PngImagePlugin

from adain_lab.errors import InputError
from adain_lab.files import write_whole
from adain_lab.images.tensors import to_pil

if TYPE_CHECKING:
    import torch

__all__ = ["FORMATS", "RECIPE_KEY", "save_image", "to_bytes"]

#: The file endings that pictures can be saved with, and Pillow's name for the format.
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
#: The key under which a picture carries how it was made.
RECIPE_KEY = "adain_lab"


def to_bytes(
    images: torch.Tensor | Image.Image,
    format: str = "jpeg",
    quality: int = 90,
    recipe: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of a picture file, for widgets, for the web and for pipes; a PNG carries its recipe."""
    buffer = io.BytesIO()
    image = images if isinstance(images, Image.Image) else to_pil(images)
    image.save(buffer, format.upper(), **_options(format.upper(), quality, recipe))
    return buffer.getvalue()


def _options(format: str, quality: int, recipe: Mapping[str, Any] | None) -> dict[str, Any]:
    """What Pillow is told when it saves."""
    if format == "PNG" and recipe is not None:
        info = PngImagePlugin.PngInfo()
        info.add_itxt(RECIPE_KEY, json.dumps(dict(recipe), sort_keys=True))
        return {"pnginfo": info}
    return {"quality": quality} if format in ("JPEG", "WEBP") else {}


def save_image(
    images: torch.Tensor | Image.Image, path: str | os.PathLike, recipe: Mapping[str, Any] | None = None
) -> Path:
    """Save a picture, whole or not at all; a PNG carries its recipe.

    Args:
        images: (1, 3, H, W) or (3, H, W) in [0, 1], or a Pillow image.
        path: its ending chooses the format, one of :data:`FORMATS`.
        recipe: how it was made, stored in a PNG as JSON under the key ``adain_lab``; other formats leave it out.

    Returns:
        The path.

    Raises:
        ValueError: the ending is not known, or the folder is missing or cannot be written.
    """
    path = Path(path)
    image = images if isinstance(images, Image.Image) else to_pil(images)
    format = FORMATS.get(path.suffix.lower())
    if format is None:
        raise InputError(f"cannot save as {path.name!r}: the name must end in {', '.join(FORMATS)}")
    try:
        data = to_bytes(image, format, 95, recipe)
    except (OSError, ValueError) as error:  # some formats have a largest size
        raise InputError(f"cannot save {path.name}: {format} does not take this picture ({error})") from error
    # Pillow, given a file, takes a write that the disk cut short for a whole one; Python does not.
    write_whole(path, lambda temporary: temporary.write_bytes(data))
    return path
