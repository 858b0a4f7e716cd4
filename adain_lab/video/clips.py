"""What a moving picture is, whatever file it comes from or goes to: frames with times, and how to get at them one by
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from PIL import Image

__all__ = ["Clip", "Frame", "Written", "ticks", "with_durations"]


@dataclass(frozen=True)
class Frame:
    """One picture of a clip, RGB; when it is shown, and how long, seconds."""

    image: Image.Image
    start: Fraction
    duration: Fraction


@dataclass(frozen=True)
class Clip:
    """A moving picture that can be read.

    Attributes:
        name: of its file.
        width, height: pixels, as shown.
        count: frames, as far as the file says; 0 where it does not.
        rate: frames per second, on average.
        time_base: the unit of its time stamps, seconds.
        plays: how often it is shown in a row; 0 for ever.
        frames: a function that reads it from the beginning, one frame at a time. What lies between the frames (packets
            of sound) goes to its argument.
        seconds: how long it says to be; 0 where it does not.
        sound: the stream to copy, or None.
        pixel_aspect: width of a pixel divided by its height.
    """

    name: str
    width: int
    height: int
    count: int
    rate: Fraction
    time_base: Fraction
    plays: int
    frames: Callable[[Callable[[Any], None]], Iterator[Frame]]
    seconds: Fraction = Fraction(0)
    sound: Any = None
    pixel_aspect: Fraction = Fraction(1)


@dataclass
class Written:
    """What came of writing.

    Attributes:
        frames: how many are in the file.
        notes: a sentence for everything that could not be kept.
        stopped: set by who makes the frames when they end before the clip does.
        take_packet: where packets of sound go.
    """

    frames: int = 0
    notes: list[str] = field(default_factory=list)
    stopped: bool = False
    take_packet: Callable[[Any], None] = field(default=lambda packet: None)


def with_durations(pictures: Iterable[tuple[Image.Image, Fraction, Fraction]]) -> Iterator[Frame]:
    """Frames that are shown until the next one begins, whatever the file says of their durations.

    Args:
        pictures: image, start, and a duration that counts for the last one (and where time runs backwards).

    Example:
        >>> times = [(Fraction(0), Fraction(1)), (Fraction(2), Fraction(1)), (Fraction(5), Fraction(1))]
        >>> [int(frame.duration) for frame in with_durations((None, *time) for time in times)]
        [2, 3, 1]
    """
    before = None
    for picture in pictures:
        if before is not None:
            image, start, duration = before
            yield Frame(image, start, picture[1] - start if picture[1] > start else duration)
        before = picture
    if before is not None:
        yield Frame(*before)


def ticks(frames: Iterable[Frame], unit: Fraction, shortest: int = 1) -> Iterator[tuple[Frame, int]]:
    """Durations as whole numbers of ``unit``, without drifting: what one frame loses to rounding, the next one gets.

    Args:
        frames: without gaps between them.
        unit: seconds.
        shortest: in units. A frame that would be shorter is left out, and its time goes to the next one.

    Example:
        >>> frames = [Frame(None, Fraction(i, 30), Fraction(1, 30)) for i in range(6)]
        >>> [count for _, count in ticks(frames, Fraction(1, 100))]  # 30 frames a second in a GIF: 20 hundredths in all
        [3, 4, 3, 3, 4, 3]
    """
    begin, shown = None, 0
    for frame in frames:
        begin = frame.start if begin is None else begin
        count = round((frame.start + frame.duration - begin) / unit) - shown
        if count >= shortest:
            shown += count
            yield frame, count
