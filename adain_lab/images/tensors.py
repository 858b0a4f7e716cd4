"""Pictures as tensors, and tensors as pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from adain_lab.errors import InputError, InputTypeError
from adain_lab.images.opening import as_rgb

if TYPE_CHECKING:  # else imported where tensors are: opening and saving pictures does not wait for PyTorch
    import torch

__all__ = ["array_to_pil", "check_images", "image_grid", "of_one_colour", "to_pil", "to_tensor"]


def to_tensor(picture: Any) -> torch.Tensor:
    """Any picture as a tensor (B, 3, H, W) in [0, 1].

    Args:
        picture: a path, bytes, a Pillow image, an array (H, W), (H, W, 3) or (H, W, 4) of uint8 or of floats
            in [0, 1], or a tensor (3, H, W) or (B, 3, H, W) of floats in [0, 1].

    Returns:
        float32, (B, 3, H, W); B is 1 unless a batch came in.

    Raises:
        FileNotFoundError, ValueError, TypeError: as :func:`open_image`, and for arrays and tensors of another
            shape, with NaN, or out of range.

    Example:
        >>> to_tensor(np.zeros((4, 6, 3), np.uint8)).shape
        torch.Size([1, 3, 4, 6])
    """
    import torch

    if isinstance(picture, torch.Tensor):
        images = picture.unsqueeze(0) if picture.ndim == 3 else picture
        check_images(images)
        return images.to(torch.float32)
    if isinstance(picture, np.ndarray):
        picture = array_to_pil(picture)
    array = np.asarray(as_rgb(picture), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1).unsqueeze(0).contiguous()


def array_to_pil(array: np.ndarray) -> Image.Image:
    """An array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8 or of floats in [0, 1] as a Pillow image.

    Raises:
        ValueError, TypeError: it has another shape, other numbers, NaN, or values out of range.
    """
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise InputError(f"an array must have shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.floating):
            raise InputTypeError(f"an array must hold uint8, or floats in [0, 1], got {array.dtype}")
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise InputError("an array of floats must be finite and in [0, 1]: divide 8-bit values by 255")
        array = (array * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array)


def check_images(images: torch.Tensor, name: str = "the picture") -> None:
    """Refuse what is not a batch of RGB pictures in [0, 1], with a sentence that says why."""
    import torch

    if not isinstance(images, torch.Tensor):
        raise InputTypeError(f"{name} must be a tensor, not {type(images).__name__}")
    if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
        raise InputError(f"{name} must have shape (B, 3, H, W), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise InputTypeError(f"{name} must hold floats in [0, 1], got {images.dtype}: divide 8-bit values by 255")
    low, high = torch.aminmax(images.detach())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{name} holds values that are not finite (NaN or infinity)")
    if low < -1e-3 or high > 1 + 1e-3:
        raise InputError(
            f"{name} must be in [0, 1], got values from {float(low):.3g} to {float(high):.3g}: divide 8-bit values by 255"
        )


def of_one_colour(picture: torch.Tensor | Image.Image) -> bool:
    """Whether all of a picture looks the same: no channel's values differ by a grey level.

    Args:
        picture: (1, 3, H, W) in [0, 1], or a Pillow image.

    Example:
        >>> import torch
        >>> of_one_colour(torch.full((1, 3, 4, 4), 0.5)), of_one_colour(Image.linear_gradient("L"))
        (True, False)
    """
    if isinstance(picture, Image.Image):
        extrema = (band.getextrema() for band in as_rgb(picture).split())
        return all(low == high for low, high in extrema)
    return bool((picture.amax((0, 2, 3)) - picture.amin((0, 2, 3)) < 1 / 255).all())


def to_pil(images: torch.Tensor) -> Image.Image:
    """A Pillow image of the first picture of a batch (B, 3, H, W), or of (3, H, W); values are clamped to [0, 1]."""
    import torch

    image = images[0] if images.ndim == 4 else images
    array = (image.detach().float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(array.permute(1, 2, 0).cpu().numpy())


def image_grid(
    pictures: Sequence[torch.Tensor], columns: int, padding: int = 4, background: float = 1.0
) -> torch.Tensor:
    """Pictures side by side in rows of ``columns``, on a common cell size.

    Args:
        pictures: tensors (1, 3, H, W) or (3, H, W); smaller ones are centred in the largest one's cell.
        columns: pictures per row.
        padding: pixels between them.
        background: grey value around them.

    Returns:
        (1, 3, H', W').
    """
    if not pictures:
        raise InputError("a grid needs at least one picture")
    import torch

    pictures = [p[0] if p.ndim == 4 else p for p in pictures]
    height, width = max(p.shape[1] for p in pictures), max(p.shape[2] for p in pictures)
    rows, columns = -(-len(pictures) // columns), min(columns, len(pictures))
    grid = torch.full(
        (1, 3, rows * (height + padding) + padding, columns * (width + padding) + padding), float(background)
    )
    for i, p in enumerate(pictures):
        top = padding + i // columns * (height + padding) + (height - p.shape[1]) // 2
        left = padding + i % columns * (width + padding) + (width - p.shape[2]) // 2
        grid[0, :, top : top + p.shape[1], left : left + p.shape[2]] = p.float().cpu()
    return grid
