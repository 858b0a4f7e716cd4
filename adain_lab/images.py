"""Pictures between files, Pillow, arrays and tensors.

Inside the package a picture is RGB, float, (B, 3, H, W), in [0, 1]. Everything
that people have on their disks is converted here, and only here.
"""

from __future__ import annotations

import io
import json
import math
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError
from torch.nn import functional as F

__all__ = [
    "MAX_PIXELS",
    "PICTURE_ENDINGS",
    "check_images",
    "image_grid",
    "open_image",
    "resize",
    "save_image",
    "to_bytes",
    "to_pil",
    "to_tensor",
    "write_whole",
]

#: Larger pictures are refused before they are decoded: a file of a few kilobytes can claim any size.
MAX_PIXELS = 100_000_000
#: The file endings by which pictures are found in a folder.
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
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


def open_image(source: str | os.PathLike | bytes | Image.Image) -> Image.Image:
    """Any picture as an upright RGB Pillow image.

    EXIF orientation is applied, transparency is laid on white, 16-bit grey is
    scaled, palettes, grey and CMYK are converted, and of an animation the first frame is taken.

    Args:
        source: a path, the bytes of a file, or a Pillow image.

    Returns:
        A new image of mode RGB.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is a folder, empty, damaged, not a picture, or has more than :data:`MAX_PIXELS` pixels.
        TypeError: ``source`` is something else.
    """
    if isinstance(source, Image.Image):
        return _to_rgb(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, stream = "the picture", io.BytesIO(bytes(source))
    elif isinstance(source, (str, os.PathLike)):
        name = str(source)
        path = Path(source)
        if path.is_dir():
            raise ValueError(f"{name} is a folder, not a picture")
        if not path.exists():
            raise FileNotFoundError(f"{name} does not exist")
        stream = path
    else:
        raise TypeError(f"a picture must be a path, bytes or a Pillow image, not {type(source).__name__}")
    size = len(source) if not isinstance(stream, Path) else stream.stat().st_size
    if size == 0:
        raise ValueError(f"{name} is empty (0 bytes)")
    with warnings.catch_warnings():
        # Our own limit, below, is stricter than Pillow's warning and says more.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(stream) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    limit = f"{MAX_PIXELS // 10**6} megapixels"
                    raise ValueError(
                        f"{name} has {width} x {height} pixels, more than the {limit} that are read: make it smaller first"
                    )
                image.load()
                return _to_rgb(image)
        except Image.DecompressionBombError as error:
            raise ValueError(
                f"{name} has more than the {MAX_PIXELS // 10**6} megapixels that are read: make it smaller first"
            ) from error
        except UnidentifiedImageError as error:
            raise ValueError(
                f"{name} is not a picture in a format that can be read (JPEG, PNG, WebP, GIF, TIFF, BMP)"
            ) from error
        except PermissionError as error:
            raise ValueError(f"{name} cannot be read: permission denied") from error
        except (OSError, SyntaxError, EOFError, IndexError, KeyError, OverflowError) as error:
            # What Pillow's decoders raise on damaged files, by format.
            raise ValueError(f"{name} is damaged or incomplete: {error}") from error


def _to_rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        # Pillow's own conversion clips instead of scaling: a 16-bit picture would come out white.
        values = np.asarray(image, dtype=np.float64)
        top = (
            1.0
            if image.mode == "F" and values.max(initial=0) <= 1
            else (255.0 if values.max(initial=0) <= 255 else 65535.0)
        )
        grey = np.clip(values / top * 255 + 0.5, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image).convert("RGB")
    return image.convert("RGB")


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
    if isinstance(picture, torch.Tensor):
        images = picture.unsqueeze(0) if picture.ndim == 3 else picture
        check_images(images)
        return images.to(torch.float32)
    if isinstance(picture, np.ndarray):
        if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] not in (1, 3, 4)):
            raise ValueError(f"an array must have shape (H, W), (H, W, 3) or (H, W, 4), got {picture.shape}")
        if picture.dtype != np.uint8:
            if not np.issubdtype(picture.dtype, np.floating):
                raise TypeError(f"an array must hold uint8, or floats in [0, 1], got {picture.dtype}")
            if not (np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1):
                raise ValueError("an array of floats must be finite and in [0, 1]: divide 8-bit values by 255")
            picture = (picture * 255 + 0.5).astype(np.uint8)
        picture = Image.fromarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    array = np.asarray(open_image(picture), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1).unsqueeze(0).contiguous()


def check_images(images: torch.Tensor, name: str = "the picture") -> None:
    """Refuse what is not a batch of RGB pictures in [0, 1], with a sentence that says why."""
    if not isinstance(images, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, not {type(images).__name__}")
    if images.ndim != 4 or images.shape[1] != 3 or 0 in images.shape:
        raise ValueError(f"{name} must have shape (B, 3, H, W), got {tuple(images.shape)}")
    if not images.is_floating_point():
        raise TypeError(f"{name} must hold floats in [0, 1], got {images.dtype}: divide 8-bit values by 255")
    low, high = torch.aminmax(images.detach())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name} holds values that are not finite (NaN or infinity)")
    if low < -1e-3 or high > 1 + 1e-3:
        raise ValueError(
            f"{name} must be in [0, 1], got values from {float(low):.3g} to {float(high):.3g}: divide 8-bit values by 255"
        )


def to_pil(images: torch.Tensor) -> Image.Image:
    """A Pillow image of the first picture of a batch (B, 3, H, W), or of (3, H, W); values are clamped to [0, 1]."""
    image = images[0] if images.ndim == 4 else images
    array = (image.detach().float().clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(array.permute(1, 2, 0).cpu().numpy())


def resize(images: torch.Tensor, size: int) -> torch.Tensor:
    """Scale pictures so that their shorter side has ``size`` pixels, antialiased; 0 keeps them as they are.

    Args:
        images: (B, 3, H, W) in [0, 1].
        size: pixels.

    Returns:
        (B, 3, H', W') with min(H', W') == size and the aspect ratio kept to the nearest pixel.

    Example:
        >>> resize(torch.rand(1, 3, 40, 60), 20).shape
        torch.Size([1, 3, 20, 30])
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ValueError(f"size must be a whole number of pixels, 0 or more, got {size!r}")
    height, width = images.shape[2:]
    if size in (0, min(height, width)):
        return images
    factor = size / min(height, width)
    new = (max(1, round(height * factor)), max(1, round(width * factor)))
    if new[0] * new[1] > MAX_PIXELS:
        raise ValueError(
            f"{new[1]} x {new[0]} pixels are more than the {MAX_PIXELS // 10**6} megapixels allowed: ask for a smaller size"
        )
    return F.interpolate(images, size=new, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


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
        raise ValueError(f"cannot save as {path.name!r}: the name must end in {', '.join(FORMATS)}")
    options = _options(format, 95, recipe)
    write_whole(path, lambda temporary: image.save(temporary, format, **options))
    return path


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Call ``write`` with a temporary path beside ``path`` and rename it into place when it succeeds.

    Raises:
        ValueError: the folder does not exist or cannot be written.
    """
    if not path.parent.is_dir():
        raise ValueError(f"the folder {path.parent} does not exist: create it first or choose another")
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give the name of a file")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise ValueError(f"cannot write into {path.parent}: {error.strerror or error}") from error
    temporary = Path(name)
    try:
        write(temporary)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp makes private files; a picture is an ordinary one
        os.replace(temporary, path)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


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
        raise ValueError("a grid needs at least one picture")
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
