"""GIF, WebP and PNG animations, read and written one frame at a time.

Pillow writes an animation when it has all of it. Here every frame is written as soon as it is there, so that memory
does not grow
with the number of frames: Pillow makes a still picture in the same format, and the writers below take it apart and put
    its pieces
where the animation wants them.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from PIL import Image, ImageSequence

from adain_lab.errors import InputError
from adain_lab.images import decoding, open_picture
from adain_lab.video.clips import Clip, Frame, Written, ticks

__all__ = ["ANIMATIONS", "open_animation", "write_animation"]


@contextmanager
def open_animation(path: Path) -> Iterator[Clip]:
    """Open what Pillow reads.

    Raises:
        ValueError: it is damaged, no animation, or too large.
    """
    with open_picture(path) as image:
        with decoding(path.name, image.format):
            count = getattr(image, "n_frames", 1)
            durations = [_duration(frame) for frame in ImageSequence.Iterator(image)] if count > 1 else []
        if count < 2:
            raise InputError(f"{path.name} has a single frame: paint it with `adain-lab stylize`")

        def frames(_: Callable[[Any], None]) -> Iterator[Frame]:
            starts = itertools.accumulate(durations, initial=Fraction(0))
            for number, (start, duration) in enumerate(zip(starts, durations, strict=False)):
                with decoding(f"{path.name}, after {number} frames,", image.format):
                    image.seek(number)
                    rgba = image.convert("RGBA")
                yield Frame(
                    Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"), start, duration
                )

        seconds = sum(durations, Fraction(0))
        yield Clip(path.name, *image.size, count, count / seconds, Fraction(1, 1000), _plays(image), frames, seconds)


def _duration(frame: Image.Image) -> Fraction:
    """Seconds. Up to 10 ms means "as fast as possible", and every browser makes 100 ms of it."""
    frame.load()  # before that, a WebP file does not say; and damage shows before anything is painted
    milliseconds = frame.info.get("duration") or 0
    return Fraction(round(milliseconds), 1000) if milliseconds > 10 else Fraction(1, 10)


def _plays(image: Image.Image) -> int:
    """How often it is shown; 0 for ever. A GIF counts the repetitions after the first time, the others all times."""
    if image.format != "GIF":
        return image.info.get("loop", 0)
    loop = image.info.get("loop")
    return 1 if loop is None else loop and loop + 1


# ---- writing -----------------------------------------------------------------------------------------------------


class _Writer(Protocol):
    """What writes the file of an animation, of ``size`` (width, height), that is shown ``plays`` times; 0 for ever.

    Attributes:
        unit: in which it says how long a frame is shown, seconds.
        shortest: how many of them a frame is shown at least.
        options: how Pillow saves each frame.
    """

    unit: Fraction
    shortest: int
    options: dict[str, Any]

    def __init__(self, file: BinaryIO, size: tuple[int, int], plays: int): ...

    def add(self, still: bytes, count: int) -> None:
        """A frame, as Pillow saved it, that is shown for ``count`` units."""

    def close(self) -> None:
        """After the last frame."""


class _Gif(_Writer):
    """Every frame has its own 256 colours, with dots between them. Viewers slow down what is faster than 50 frames a
    second.
    """

    unit, shortest, options = Fraction(1, 100), 2, {"format": "GIF", "interlace": 0}

    def __init__(self, file: BinaryIO, size: tuple[int, int], plays: int):
        self.file = file
        file.write(b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0))  # no colours that all frames share
        if plays != 1:
            file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", plays and plays - 1, 0))

    def add(self, still: bytes, count: int) -> None:
        colors = still[13 : 13 + 3 * 2 ** ((still[10] & 7) + 1)]
        at = 13 + len(colors)
        while still[at] == 0x21:  # an extension: two bytes, then blocks with their lengths, the last one empty
            at += 2
            while still[at]:
                at += still[at] + 1
            at += 1
        place, flags, data = still[at : at + 9], still[at + 9], still[at + 10 : -1]
        self.file.write(struct.pack("<BBBBHBB", 0x21, 0xF9, 4, 0x04, min(count, 0xFFFF), 0, 0))
        self.file.write(place + bytes([flags & 0x40 | 0x80 | still[10] & 7]) + colors + data)

    def close(self) -> None:
        self.file.write(b";")


class _WebP(_Writer):
    unit, shortest, options = Fraction(1, 1000), 11, {"format": "WEBP", "quality": 85, "method": 3}

    def __init__(self, file: BinaryIO, size: tuple[int, int], plays: int):
        self.file, self.place = file, b"".join((side - 1).to_bytes(3, "little") for side in size)
        file.write(b"RIFF\0\0\0\0WEBP")
        self._chunk(b"VP8X", b"\x02\0\0\0" + self.place)
        self._chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, plays))

    def _chunk(self, name: bytes, data: bytes) -> None:
        self.file.write(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2))

    def add(self, still: bytes, count: int) -> None:
        # At (0, 0), as large as the whole, not blended with what was there; then the picture's own chunk.
        self._chunk(b"ANMF", bytes(6) + self.place + min(count, 0xFFFFFF).to_bytes(3, "little") + b"\x02" + still[12:])

    def close(self) -> None:
        size = self.file.tell()
        self.file.seek(4)
        self.file.write(struct.pack("<I", size - 8))


class _Png(_Writer):
    """Loses nothing, and is large."""

    unit, shortest, options = Fraction(1, 1000), 11, {"format": "PNG"}

    def __init__(self, file: BinaryIO, size: tuple[int, int], plays: int):
        self.file, self.size, self.plays = file, size, plays
        self.frames = self.parts = 0
        file.write(b"\x89PNG\r\n\x1a\n")
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
        self._chunk(b"acTL", bytes(8))

    def _chunk(self, name: bytes, data: bytes) -> None:
        self.file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))

    def _part(self) -> bytes:
        self.parts += 1
        return struct.pack(">I", self.parts - 1)

    def add(self, still: bytes, count: int) -> None:
        self._chunk(b"fcTL", self._part() + struct.pack(">IIIIHHBB", *self.size, 0, 0, min(count, 0xFFFF), 1000, 0, 0))
        at = 8
        while at < len(still):
            (length,), name, data = struct.unpack(">I", still[at : at + 4]), still[at + 4 : at + 8], still[at + 8 :]
            if name == b"IDAT":  # viewers that know no animations show the first frame
                self._chunk(*((b"fdAT", self._part() + data[:length]) if self.frames else (name, data[:length])))
            at += 12 + length
        self.frames += 1

    def close(self) -> None:
        self._chunk(b"IEND", b"")
        self.file.seek(8 + 25)
        self._chunk(b"acTL", struct.pack(">II", self.frames, self.plays))


#: Endings of the files that can be written, with what writes them.
ANIMATIONS: dict[str, type[_Writer]] = {".gif": _Gif, ".webp": _WebP, ".png": _Png}


def write_animation(path: Path, clip: Clip, frames: Callable[[Written], Iterator[Frame]]) -> Written:
    """Write frames until there are no more; see :func:`~adain_lab.video.files.write_clip`."""
    written, kind, painted = Written(), ANIMATIONS[path.suffix.lower()], 0
    if clip.sound is not None:
        written.notes.append(f"{path.suffix} files have no sound: it was left out")

    def counted() -> Iterator[Frame]:
        nonlocal painted
        for frame in frames(written):
            painted += 1
            yield frame

    with path.open("w+b") as file:
        writer: _Writer | None = None
        for frame, count in ticks(counted(), kind.unit, kind.shortest):
            image = _square(frame.image, clip.pixel_aspect)
            writer = writer or kind(file, image.size, clip.plays)
            still = io.BytesIO()
            (_few_colors(image) if kind is _Gif else image).save(still, **kind.options)
            writer.add(still.getvalue(), count)
            written.frames += 1
        if writer is not None:
            writer.close()
    if painted > written.frames > 0:
        fastest = 1 / (kind.shortest * kind.unit)
        missing = painted - written.frames
        written.notes.append(
            f"{missing} of {painted} frames were left out: {path.suffix} files show at most {int(fastest)} a second"
        )
    return written


def _few_colors(image: Image.Image) -> Image.Image:
    """256 colours that fit the picture, dithered: of the palettes Pillow makes, the one that is truest to painted
    frames seen from afar.
    """
    return image.quantize(palette=image.quantize(256, Image.Quantize.FASTOCTREE), dither=Image.Dither.FLOYDSTEINBERG)


def _square(image: Image.Image, pixel_aspect: Fraction) -> Image.Image:
    """Stretched to square pixels: animations know no others."""
    return (
        image
        if pixel_aspect == 1
        else image.resize((max(1, round(image.width * pixel_aspect)), image.height), Image.Resampling.BICUBIC)
    )
