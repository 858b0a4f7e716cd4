"""Pictures between files, Pillow, arrays and tensors.

Inside the package a picture is RGB, float, (B, 3, H, W), in [0, 1]. Everything
that people have on their disks is converted here, and only here.
"""

from __future__ import annotations

import io
import json
import logging
import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError

from adain_lab.errors import InputError, InputTypeError, UserError
from adain_lab.files import open_file, write_whole
from adain_lab.silence import silenced_stderr

if TYPE_CHECKING:  # else imported where tensors are: opening and saving pictures does not wait for PyTorch
    import torch

__all__ = [
    "MAX_PIXELS",
    "PICTURE_ENDINGS",
    "UnknownFormat",
    "check_images",
    "decoding",
    "image_grid",
    "of_one_colour",
    "open_image",
    "open_picture",
    "resize",
    "resized",
    "save_image",
    "to_bytes",
    "to_pil",
    "to_tensor",
    "upright",
]

#: Larger pictures are refused before they are decoded: a file of a few kilobytes can claim any size.
MAX_PIXELS = 100_000_000
# Python prints what a library logs, unless somebody is there to take it.
logging.getLogger("PIL").addHandler(logging.NullHandler())
_MEGAPIXELS = f"{MAX_PIXELS // 10**6} megapixels"
#: Larger files are refused before they are read: :data:`MAX_PIXELS` need less in any format.
MAX_BYTES = 2**30
#: Pillow's names of the formats that are read; the messages name them, too.
READ_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
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
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: The key under which a picture carries how it was made.
RECIPE_KEY = "adain_lab"


#: A picture file: its path, or its bytes.
PictureFile = str | os.PathLike | bytes | bytearray | memoryview


class UnknownFormat(InputError):
    """A file is not a picture, or one of a format that is not read."""


def open_image(source: PictureFile | Image.Image) -> Image.Image:
    """Any picture as an upright RGB Pillow image.

    EXIF orientation is applied (where it is damaged, the picture is taken as it is), transparency is laid on white,
    16-bit grey is scaled, palettes, grey and CMYK are converted, and of an animation the first frame is taken.

    Args:
        source: a path, the bytes of a file, or a Pillow image.

    Returns:
        A new image of mode RGB.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is a folder, a pipe, empty, damaged, not a picture, or has more than :data:`MAX_PIXELS` pixels.
        TypeError: ``source`` is something else.
    """
    if isinstance(source, Image.Image):
        with decoding("the picture"):
            return _to_rgb(source)
    with open_picture(source) as image, decoding(_name(source), image.format):
        image.load()
        return _to_rgb(image)


def open_picture(source: PictureFile) -> Image.Image:
    """A picture file, opened but not decoded: its size, its mode and its notes are known. The one place that does so.

    Only the formats of :data:`READ_FORMATS` are tried: others start foreign programs, or read further files.

    Args:
        source: a path, or the bytes of a file.

    Returns:
        The image, to be closed; what is done with its pixels belongs into a block of :func:`decoding`.

    Raises:
        FileNotFoundError, TypeError, ValueError: as :func:`open_image`.
    """
    name = _name(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        stream: io.BytesIO | io.BufferedReader = io.BytesIO(bytes(source))
        length = len(source)
        if not length:
            raise InputError(f"{name} is empty (0 bytes)")
    elif isinstance(source, (str, os.PathLike)):
        stream = open_file(source, "a picture")
        length = os.fstat(stream.fileno()).st_size
    else:
        raise InputTypeError(f"a picture must be a path, bytes or a Pillow image, not {type(source).__name__}")
    try:
        if length > MAX_BYTES:
            raise InputError(f"{name} has more than the {MAX_BYTES // 2**20} MB that are read: make it smaller first")
        with decoding(name):
            image = Image.open(stream, formats=READ_FORMATS)
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise InputError(
                f"{name} has {width} x {height} pixels, more than the {_MEGAPIXELS} that are read: make it smaller first"
            )
    except BaseException:
        stream.close()
        raise
    # Pillow leaves a stream that it was given to whoever gave it: from now on it is the image's own.
    image._exclusive_fp = True
    return image


@contextmanager
def decoding(name: str, format: str | None = None) -> Iterator[None]:
    """What Pillow raises in the block becomes a sentence about the picture ``name``, and it prints nothing.

    Its decoders raise almost anything on damaged files, by format: whatever it is, the file is to blame. libtiff, which
    decodes the ``format`` TIFF, prints past Python.
    """
    with warnings.catch_warnings(), silenced_stderr() if format == "TIFF" else nullcontext():
        warnings.simplefilter("ignore")
        try:
            yield
        except UserError:
            raise
        except Image.DecompressionBombError as error:
            raise InputError(f"{name} has more than the {_MEGAPIXELS} that are read: make it smaller first") from error
        except UnidentifiedImageError as error:
            raise UnknownFormat(
                f"{name} is not a picture in a format that can be read (JPEG, PNG, WebP, GIF, TIFF, BMP)"
            ) from error
        except MemoryError as error:
            raise InputError(f"{name} needs more memory than there is: make it smaller first") from error
        except Exception as error:
            raise InputError(f"{name} is damaged or incomplete: {error or type(error).__name__}") from error


def _name(source: Any) -> str:
    return str(source) if isinstance(source, (str, os.PathLike)) else "the picture"


def _to_rgb(image: Image.Image) -> Image.Image:
    image = upright(image)
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        # Pillow's own conversion clips instead of scaling: a 16-bit picture would come out white.
        values = np.nan_to_num(np.asarray(image, dtype=np.float64), posinf=65535.0, neginf=0.0)
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


def upright(image: Image.Image) -> Image.Image:
    """The image as the camera was held; as it is, where its EXIF block does not say, or is damaged."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # whatever a damaged block raises: the pixels are whole
        orientation = None
    turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
    if turn is None:
        return image
    turned = image.transpose(turn)
    for key in ("exif", "xmp", "XML:com.adobe.xmp"):  # or whoever opens the result would turn it once more
        turned.info.pop(key, None)
    return turned


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
        if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] not in (1, 3, 4)):
            raise InputError(f"an array must have shape (H, W), (H, W, 3) or (H, W, 4), got {picture.shape}")
        if picture.dtype != np.uint8:
            if not np.issubdtype(picture.dtype, np.floating):
                raise InputTypeError(f"an array must hold uint8, or floats in [0, 1], got {picture.dtype}")
            if not (np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1):
                raise InputError("an array of floats must be finite and in [0, 1]: divide 8-bit values by 255")
            picture = (picture * 255 + 0.5).astype(np.uint8)
        picture = Image.fromarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    array = np.asarray(open_image(picture), dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1).unsqueeze(0).contiguous()


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
        extrema = (band.getextrema() for band in picture.convert("RGB").split())
        return all(low == high for low, high in extrema)
    return bool((picture.amax((0, 2, 3)) - picture.amin((0, 2, 3)) < 1 / 255).all())


def to_pil(images: torch.Tensor) -> Image.Image:
    """A Pillow image of the first picture of a batch (B, 3, H, W), or of (3, H, W); values are clamped to [0, 1]."""
    import torch

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
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise InputError(f"size must be a whole number of pixels, 0 or more, got {size!r}")
    if size in (0, min(height, width)):
        return height, width
    factor = size / min(height, width)
    new = (max(1, round(height * factor)), max(1, round(width * factor)))
    if new[0] * new[1] > MAX_PIXELS:
        raise InputError(f"{new[1]} x {new[0]} pixels are more than the {_MEGAPIXELS} allowed: ask for a smaller size")
    return new


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
