"""Moving pictures as frames: GIF, WebP and PNG animations through Pillow, video files through PyAV (an optional extra).

Frames are read and written one at a time, so that memory does not grow with the length of a video.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence

__all__ = ["ANIMATIONS", "VIDEOS", "Clip", "Frame", "open_clip", "writer"]

#: Endings of files that Pillow writes, with the name of its format.
ANIMATIONS = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}
#: Endings of files that PyAV writes, with the video codec that players of that kind expect.
VIDEOS = {".mp4": "libx264", ".m4v": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9"}


@dataclass(frozen=True)
class Frame:
    """One picture of a clip, RGB, and when it is shown, seconds."""

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
        frames_per_second: on average.
        time_base: the unit of its time stamps, seconds.
        loop: how often an animation repeats; 0 for ever.
        frames: a function that reads it from the beginning. What lies between the frames (packets of sound) goes to its argument.
        sound: the stream to copy, or None.
    """

    name: str
    width: int
    height: int
    count: int
    frames_per_second: Fraction
    time_base: Fraction
    loop: int
    frames: Callable[[Callable[[Any], None]], Iterator[Frame]]
    sound: Any = None


@contextmanager
def open_clip(path: Path) -> Iterator[Clip]:
    """Open a moving picture.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no moving picture, is damaged, or PyAV is missing.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        image = Image.open(path)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        with _open_video(path) as clip:
            yield clip
        return
    with image:
        yield _animation(path, image)


def _animation(path: Path, image: Image.Image) -> Clip:
    if getattr(image, "n_frames", 1) < 2:
        raise ValueError(f"{path.name} has a single frame: paint it with `adain-lab stylize`")
    durations = [Fraction(round(frame.info.get("duration") or 100), 1000) for frame in ImageSequence.Iterator(image)]

    def frames(_: Callable[[Any], None]) -> Iterator[Frame]:
        starts = itertools.accumulate(durations, initial=Fraction(0))
        for frame, start, duration in zip(ImageSequence.Iterator(image), starts, durations, strict=False):
            rgba = frame.convert("RGBA")
            yield Frame(Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB"), start, duration)

    rate = len(durations) / sum(durations)
    return Clip(path.name, *image.size, len(durations), rate, Fraction(1, 1000), image.info.get("loop", 1), frames)


def _av():
    try:
        import av
    except ImportError as error:
        raise ValueError('video files need PyAV: run `pip install "adain_lab[video]"`; GIF and WebP animations work without') from error
    return av


@contextmanager
def _open_video(path: Path) -> Iterator[Clip]:
    av = _av()
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError, OSError) as error:
        raise ValueError(f"{path.name} cannot be read as a video: {_reason(error)}") from error
    with container:
        if not container.streams.video:
            raise ValueError(f"{path.name} holds no pictures, only {', '.join(s.type for s in container.streams) or 'nothing'}")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        sound = container.streams.audio[0] if container.streams.audio else None
        rate = stream.average_rate or Fraction(25)

        def frames(pass_on: Callable[[Any], None]) -> Iterator[Frame]:
            try:
                container.seek(0)
                for packet in container.demux(*filter(None, (stream, sound))):
                    if packet.stream.type == "audio":
                        if packet.dts is not None:
                            pass_on(packet)
                        continue
                    for number, frame in enumerate(packet.decode()):
                        start = frame.pts * frame.time_base if frame.pts is not None else number / rate
                        yield Frame(upright(frame.to_image(), getattr(frame, "rotation", 0)), Fraction(start), 1 / rate)
            except av.FFmpegError as error:
                raise ValueError(f"{path.name} is damaged: {_reason(error)}") from error

        first = next(frames(lambda packet: None), None)
        if first is None:
            raise ValueError(f"{path.name} holds no frames")
        yield Clip(path.name, *first.image.size, stream.frames, rate, stream.time_base, 0, frames, sound)


def upright(image: Image.Image, rotation: int) -> Image.Image:
    """Turned as the camera noted, degrees counter-clockwise."""
    return image.rotate(rotation, expand=True) if rotation % 360 else image


# ---- writing -----------------------------------------------------------------------------------------------------


@dataclass
class Written:
    """What came of writing: frames, and a sentence where something could not be kept."""

    frames: int = 0
    note: str = ""
    take_packet: Callable[[Any], None] = field(default=lambda packet: None)


def writer(path: Path, clip: Clip) -> Callable[[Callable[[Written], Iterator[Frame]]], Written]:
    """A function that writes frames into ``path``, whole or not at all.

    It is called with a function that yields the frames (and is given a place for the packets between them). When that ends early, the
    file holds the frames until then and can be played; when it raises, there is no file.

    Raises:
        ValueError: nothing is known that writes such a file.
    """
    ending = path.suffix.lower()
    if ending in ANIMATIONS:
        write = _write_animation
    elif ending in VIDEOS:
        _av()
        write = _write_video
    else:
        raise ValueError(f"cannot write {path.name!r}: the name must end in {', '.join((*ANIMATIONS, *VIDEOS))}")

    def whole(frames: Callable[[Written], Iterator[Frame]]) -> Written:
        partial = path.with_name(f".{path.stem}.partial{path.suffix}")
        try:
            written = write(partial, clip, frames)
            if not written.frames:
                raise ValueError(f"not a single frame of {clip.name} was painted, so {path.name} was not written")
            partial.replace(path)
        except OSError as error:
            raise ValueError(f"cannot write {path.name}: {error.strerror or error}") from error
        finally:
            partial.unlink(missing_ok=True)
        return written

    return whole


def _write_animation(path: Path, clip: Clip, frames: Callable[[Written], Iterator[Frame]]) -> Written:
    written, durations = Written(), []
    if clip.sound is not None:
        written.note = f"{path.suffix} files have no sound: it was left out"

    def images() -> Iterator[Image.Image]:
        for frame in frames(written):
            durations.append(max(20, round(frame.duration * 1000)))  # viewers slow down what is faster than 50 frames a second
            written.frames += 1
            yield frame.image

    stream = images()
    first = next(stream, None)
    if first is not None:
        options = {"loop": clip.loop} if clip.loop != 1 else {}
        options |= {"quality": 85, "method": 3} if path.suffix == ".webp" else {}
        rest = list(stream)  # Pillow wants all durations when it begins
        first.save(path, ANIMATIONS[path.suffix.lower()], save_all=True, append_images=rest, duration=durations, **options)
    return written


def _write_video(path: Path, clip: Clip, frames: Callable[[Written], Iterator[Frame]]) -> Written:
    av, written = _av(), Written()
    with av.open(str(path), "w") as container:
        codec = VIDEOS[path.suffix.lower()]
        stream, sound = container.add_stream(codec, rate=clip.frames_per_second), None
        stream.codec_context.time_base = clip.time_base
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18"} if codec == "libx264" else {"crf": "24", "b:v": "0", "deadline": "realtime", "cpu-used": "6"}
        if clip.sound is not None and clip.sound.codec_context.name in container.supported_codecs:
            sound = container.add_stream_from_template(clip.sound)
        elif clip.sound is not None:
            written.note = f"{path.suffix} files cannot hold {clip.sound.codec_context.name} sound: it was left out"
        waiting: list[Any] = []  # no packet may be written before the first frame has set the size

        def take(packet: Any) -> None:
            if sound is None:
                return
            packet.stream = sound
            waiting.append(packet)
            if written.frames:
                flush()

        def flush() -> None:
            for packet in waiting:
                container.mux(packet)
            waiting.clear()

        written.take_packet = take
        for frame in frames(written):
            image = frame.image
            width, height = (side - side % 2 for side in image.size)  # yuv420p stores colours for blocks of 2 x 2
            if not written.frames:
                stream.width, stream.height = width, height
            picture = av.VideoFrame.from_image(image.crop((0, 0, width, height)))
            picture.pts, picture.time_base = round(frame.start / clip.time_base), clip.time_base
            container.mux(stream.encode(picture))
            written.frames += 1
            flush()
        if written.frames:
            container.mux(stream.encode())
            flush()
    return written


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
