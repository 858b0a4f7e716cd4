"""Opening pictures: the formats that are read, how large they may be, which way is up, and what lies under transparency."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from adain_lab.errors import InputError, InputTypeError, UserError
from adain_lab.files import open_file
from adain_lab.files.reading import reading
from adain_lab.silence import silenced_stderr

__all__ = [
    "PictureFile",
    "UnknownFormat",
    "as_rgb",
    "decoding",
    "open_image",
    "open_picture",
    "read_picture",
    "upright",
]

#: Larger pictures are refused before they are decoded: a file of a few kilobytes can claim any size.
MAX_PIXELS = 100_000_000
# Python prints what a library logs, unless somebody is there to take it.
logging.getLogger("PIL").addHandler(logging.NullHandler())
MEGAPIXELS = f"{MAX_PIXELS // 10**6} megapixels"
#: Larger files are refused before they are read: :data:`MAX_PIXELS` need less in any format.
MAX_BYTES = 2**30
#: Pillow's names of the formats that are read; the messages name them, too.
READ_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
#: The file endings by which pictures are found in a folder.
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


#: A picture file: its path, or its bytes.
Source = str | os.PathLike | bytes | bytearray | memoryview


class UnknownFormat(InputError):
    """A file is not a picture, or one of a format that is not read."""


def open_image(source: Source | Image.Image) -> Image.Image:
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
        image = as_rgb(source)
        return image.copy() if image is source else image
    name, stream, _ = _stream(source)
    with stream:
        return as_rgb(_decoded(stream, name))


def as_rgb(source: Source | Image.Image) -> Image.Image:
    """:func:`open_image` for those who only look: what is upright and RGB already comes back itself, not as a copy."""
    if not isinstance(source, Image.Image):
        return open_image(source)
    with decoding("the picture"):
        return _to_rgb(source)


@dataclass(frozen=True)
class PictureFile:
    """A picture file that was read, once: opened, hashed and decoded.

    Attributes:
        image: upright, in the mode and with the notes that the file has.
        sha256: of the file, in hex.
        length: of the file, bytes.
    """

    image: Image.Image
    sha256: str
    length: int


def read_picture(source: Source) -> PictureFile:
    """All there is to know about a picture file; raises as :func:`open_image`."""
    name, stream, length = _stream(source)
    with stream:
        with reading(name):
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
        return PictureFile(_decoded(stream, name), digest, length)


def open_picture(source: Source) -> Image.Image:
    """A picture file, opened but not decoded: its size, its mode and its notes are known.

    Args:
        source: a path, or the bytes of a file.

    Returns:
        The image, to be closed; what is done with its pixels belongs into a block of :func:`decoding`.

    Raises:
        FileNotFoundError, TypeError, ValueError: as :func:`open_image`.
    """
    name, stream, _ = _stream(source)
    try:
        image = _identified(stream, name)
    except BaseException:
        stream.close()
        raise
    # Pillow leaves a stream that it was given to whoever gave it: from now on it is the image's own.
    image._exclusive_fp = True
    return image


def _stream(source: Any) -> tuple[str, io.BytesIO | io.BufferedReader, int]:
    """A picture file's name, its bytes, and how many there are."""
    name = _name(source)
    stream: io.BytesIO | io.BufferedReader
    if isinstance(source, (bytes, bytearray, memoryview)):
        stream, length = io.BytesIO(source), len(source)
        if not length:
            raise InputError(f"{name} is empty (0 bytes)")
    elif isinstance(source, (str, os.PathLike)):
        stream = open_file(source, "a picture")
        length = os.fstat(stream.fileno()).st_size
    else:
        raise InputTypeError(f"a picture must be a path, bytes or a Pillow image, not {type(source).__name__}")
    if length > MAX_BYTES:
        stream.close()
        raise InputError(f"{name} has more than the {MAX_BYTES // 2**20} MB that are read: make it smaller first")
    return name, stream, length


def _decoded(stream: Any, name: str) -> Image.Image:
    """The picture in a stream, upright, as a Pillow image that needs the stream no more. Files become pixels here."""
    with _identified(stream, name) as image, decoding(name, image.format):
        image.load()
        turned = upright(image)
        return image.copy() if turned is image else turned


def _identified(stream: Any, name: str) -> ImageFile.ImageFile:
    """What picture a stream holds, not yet decoded. The one place where Pillow opens anything.

    Only the formats of :data:`READ_FORMATS` are tried: others start foreign programs, or read further files.
    """
    with decoding(name):
        image = Image.open(stream, formats=READ_FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{name} has {width} x {height} pixels, more than the {MEGAPIXELS} that are read: make it smaller first"
        )
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
            raise InputError(f"{name} has more than the {MEGAPIXELS} that are read: make it smaller first") from error
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
    return image if image.mode == "RGB" else image.convert("RGB")


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
