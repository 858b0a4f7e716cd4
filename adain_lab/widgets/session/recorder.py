"""A few seconds of painted frames as a file."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from adain_lab.errors import InputError
from adain_lab.files import temporary_folder
from adain_lab.video.clips import Clip, Frame, Written
from adain_lab.video.files import write_clip

__all__ = ["LONGEST", "Recorder", "recording_formats"]

#: Seconds. A recording travels to the page in one message, and those have a limit.
LONGEST = 10.0
_TICK = Fraction(1, 1000)


def recording_formats() -> list[str]:
    """Endings of the files that can be written here; MP4 needs PyAV."""
    return [".webp", *([".mp4"] if find_spec("av") else [])]


class Recorder:
    """Keeps frames and the moments at which they came, until it has enough of them.

    Args:
        seconds: how long the recording is to be, above 0 to :data:`LONGEST`.

    Raises:
        ValueError: it is no such number.

    Example:
        >>> recorder = Recorder(1)
        >>> [recorder.add(Image.new("RGB", (16, 12), (grey, 0, 0)), grey / 100) for grey in (0, 40, 110)]
        [False, False, True]
        >>> recorder.file(".webp")[:4]
        b'RIFF'
    """

    def __init__(self, seconds: float):
        if isinstance(seconds, bool) or not math.isfinite(seconds) or not 0 < seconds <= LONGEST:
            raise InputError(f"a recording takes more than 0 and at most {LONGEST:g} seconds, got {seconds!r}")
        self._seconds = float(seconds)
        self._frames: list[tuple[Image.Image, float]] = []

    @property
    def frames(self) -> int:
        """How many it holds."""
        return len(self._frames)

    def add(self, image: Image.Image, moment: float) -> bool:
        """Take a frame that is shown from ``moment`` on, seconds; whether that is enough. All have the first one's
        size.
        """
        if self._frames and image.size != self._frames[0][0].size:
            image = image.resize(self._frames[0][0].size)
        self._frames.append((image, moment))
        return moment - self._frames[0][1] >= self._seconds

    def file(self, ending: str) -> bytes:
        """The recording as a file, played for ever. Every frame is shown for as long as it was.

        Args:
            ending: one of :func:`recording_formats`.

        Raises:
            ValueError: there are fewer than two frames, or nothing writes such a file.
        """
        if len(self._frames) < 2:
            raise InputError("a recording needs two frames at least: start the camera, and record for longer")
        begun = self._frames[0][1]
        starts = [Fraction(round((moment - begun) * 1000), 1000) for _, moment in self._frames]
        gaps = [max(_TICK, after - before) for before, after in zip(starts, starts[1:], strict=False)]
        gaps.append(gaps[-1])
        width, height = self._frames[0][0].size
        seconds = sum(gaps, Fraction(0))
        rate = Fraction(max(1, round(len(gaps) / seconds)))
        pictures = [image for image, _ in self._frames]

        def frames(_: Written) -> Iterator[Frame]:
            start = Fraction(0)
            for image, gap in zip(pictures, gaps, strict=True):
                yield Frame(image, start, gap)
                start += gap

        clip = Clip("the recording", width, height, len(gaps), rate, _TICK, 0, lambda _: iter(()), seconds)
        with temporary_folder(Path(tempfile.gettempdir()), "adain_lab_recording_") as folder:
            path = folder / f"recording{ending}"
            write_clip(path, clip, frames)
            return path.read_bytes()
