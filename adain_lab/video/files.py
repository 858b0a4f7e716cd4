"""Files of moving pictures: videos through PyAV (an optional extra), animations through Pillow.

Frames are read and written one at a time, so that memory does not grow with the length of a video.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from adain_lab.errors import InputError
from adain_lab.files import open_file, reason, write_whole
from adain_lab.images import UnknownFormat
from adain_lab.video.animations import ANIMATIONS, open_animation, write_animation
from adain_lab.video.clips import Clip, Frame, Written, with_durations

__all__ = ["ANIMATIONS", "VIDEOS", "check_ending", "open_clip", "write_clip"]

# No frames that refer to later ones: the file keeps every frame's duration exactly, the last one's too.
_X264 = ("libx264", {"crf": "18", "bf": "0"})
#: Endings of files that PyAV writes, with the codec that players of that kind expect, and its quality.
VIDEOS = {
    ".mp4": _X264,
    ".m4v": _X264,
    ".mov": _X264,
    ".mkv": _X264,
    ".webm": ("libvpx-vp9", {"crf": "24", "b:v": "0", "deadline": "realtime", "cpu-used": "6"}),
}
#: FFmpeg's names of the kinds that are read. Playlists, lists of files and the like are left out: they name other files.
_READ = (
    *("mov", "mp4", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "ogg", "flv", "asf", "m4v", "3gp"),
    *("h264", "hevc", "ivf", "dv", "mxf", "nut", "av1", "obu"),
)
#: The matrix between RGB and the colours of video. Ours are written in BT.709 and say so; where a file says nothing,
#: players take BT.709 for high definition and BT.601 below.
_BT709, _UNKNOWN, _HIGH_DEFINITION = 1, 2, 720


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise InputError(
            'video files need PyAV: run `pip install "adain_lab[video]"`; GIF and WebP animations work without'
        ) from error
    return av


# ---- reading -----------------------------------------------------------------------------------------------------


@contextmanager
def open_clip(path: Path) -> Iterator[Clip]:
    """Open a moving picture.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no moving picture, is damaged, or PyAV is missing.
    """
    path = Path(path)
    open_file(path, "a video").close()  # says what it is, if it is none
    opened = open_animation(path)
    try:
        clip = opened.__enter__()
    except UnknownFormat as error:
        if path.suffix.lower() in ANIMATIONS:
            raise InputError(f"{path.name} is damaged, or no {path.suffix[1:].upper()} file") from error
        opened = _open_video(path)
        clip = opened.__enter__()
    try:
        yield clip
    finally:
        opened.__exit__(None, None, None)


@contextmanager
def _open_video(path: Path) -> Iterator[Clip]:
    av = _av()
    with open_file(path, "a video") as file, _container(file, path.name) as container:
        if not container.streams.video:
            raise InputError(
                f"{path.name} holds no pictures, only {', '.join(s.type for s in container.streams) or 'nothing'}"
            )
        stream = container.streams.video[0]
        sound = container.streams.audio[0] if container.streams.audio else None
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        seconds = stream.duration * stream.time_base if stream.duration else Fraction(0)
        if not seconds and sound is None and container.duration:  # with sound it may be the sound's
            seconds = Fraction(container.duration, av.time_base)

        def frames(pass_on: Callable[[Any], None]) -> Iterator[Frame]:
            return with_durations(_pictures(path, stream.index, None if sound is None else sound.index, rate, pass_on))

        first = next(frames(lambda packet: None), None)
        if first is None:
            raise InputError(f"{path.name} holds no frames that can be read")
        aspect = stream.sample_aspect_ratio or Fraction(1)
        turned = first.image.width != stream.codec_context.width
        yield Clip(
            name=path.name,
            width=first.image.width,
            height=first.image.height,
            count=stream.frames or round(seconds * rate),
            rate=rate,
            time_base=stream.time_base,
            plays=0,
            frames=frames,
            seconds=seconds,
            sound=sound,
            pixel_aspect=1 / aspect if turned else aspect,
        )


def _container(file: BinaryIO, name: str) -> Any:
    """The file, opened by PyAV: only kinds that hold their pictures themselves, and never another file."""
    av = _av()
    only = {"format_whitelist": ",".join(_READ), "protocol_whitelist": "", "enable_drefs": "0"}
    try:
        return av.open(file, options=only, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise InputError(f"{name} cannot be read as a video: {reason(error)}") from error


def _pictures(
    path: Path, video: int, sound: int | None, rate: Fraction, pass_on: Callable[[Any], None]
) -> Iterator[tuple[Image.Image, Fraction, Fraction]]:
    """Image, start and duration of every frame. The file is opened anew: not every kind can be wound back."""
    av, number = _av(), 0
    try:
        with open_file(path, "a video") as file, _container(file, path.name) as container:
            container.streams[video].thread_type = "AUTO"
            for packet in container.demux([container.streams[index] for index in (video, sound) if index is not None]):
                if packet.stream.index == sound:
                    if packet.dts is not None:
                        pass_on(packet)
                    continue
                for frame in packet.decode():
                    start = frame.pts * frame.time_base if frame.pts is not None else number / rate
                    duration = (frame.duration or 0) * frame.time_base if frame.time_base else 0
                    number += 1
                    yield upright(_image(frame), frame.rotation), Fraction(start), Fraction(duration or 1 / rate)
    except av.FFmpegError as error:
        after = f" after {number} frames" if number else ""
        raise InputError(f"{path.name} is damaged or incomplete{after}: {reason(error)}") from error


def _image(frame: Any) -> Image.Image:
    silent = frame.colorspace == _UNKNOWN and frame.height >= _HIGH_DEFINITION
    return frame.to_image(**({"src_colorspace": "itu709"} if silent else {}))


def upright(image: Image.Image, rotation: int) -> Image.Image:
    """Turned as the camera noted, degrees counter-clockwise."""
    return image.rotate(rotation, expand=True) if rotation % 360 else image


# ---- writing -----------------------------------------------------------------------------------------------------


def check_ending(path: Path) -> None:
    """Refuse a name that nothing is known to write, and a video where PyAV is missing."""
    if path.suffix.lower() in VIDEOS:
        _av()
    elif path.suffix.lower() not in ANIMATIONS:
        raise InputError(f"cannot write {path.name!r}: the name must end in {', '.join((*ANIMATIONS, *VIDEOS))}")


def write_clip(path: Path, clip: Clip, frames: Callable[[Written], Iterator[Frame]]) -> Written:
    """Write frames into ``path``, whole or not at all.

    Args:
        path: its ending says what is written.
        clip: where the frames come from; its timing, sound and repetitions are kept where ``path`` can hold them.
        frames: yields the frames, and is given what is known of the file until now. When it ends early, the file holds
            the frames until then and can be played; when it raises, there is no file.

    Raises:
        ValueError: nothing is known that writes such a file, it cannot be written, or there were no frames.
    """
    check_ending(path)
    write = write_animation if path.suffix.lower() in ANIMATIONS else _write_video
    written = Written()

    def whole(temporary: Path) -> None:
        nonlocal written
        written = write(temporary, clip, frames)
        if not written.frames:
            raise InputError(f"not a single frame of {clip.name} was painted, so {path.name} was not written")

    write_whole(path, whole)
    return written


def _write_video(path: Path, clip: Clip, frames: Callable[[Written], Iterator[Frame]]) -> Written:
    av, written = _av(), Written()
    try:
        with av.open(os.path.abspath(path), "w") as container:
            video = _Video(container, path.suffix.lower(), clip)
            if clip.sound is not None and video.sound is None:
                written.notes.append(
                    f"{path.suffix} files cannot hold {clip.sound.codec_context.name} sound: it was left out"
                )
            written.take_packet = video.take
            for frame in frames(written):
                video.add(av.VideoFrame.from_image(_even(frame.image)), frame)
                written.frames += 1
            if written.frames:
                video.close(keep_sound=not written.stopped)
    except av.FFmpegError as error:
        raise InputError(f"cannot write {path.name}: {reason(error)}") from error
    return written


class _Video:
    """A container that is being written: pictures encoded, packets of sound copied as they are."""

    def __init__(self, container: Any, ending: str, clip: Clip):
        codec, options = VIDEOS[ending]
        self.container, self.unit = container, clip.time_base
        self.stream = container.add_stream(codec, rate=clip.rate)
        self.stream.pix_fmt, self.stream.options = "yuv420p", dict(options)
        context = self.stream.codec_context
        context.time_base, context.sample_aspect_ratio = clip.time_base, clip.pixel_aspect
        context.colorspace, context.color_range = _BT709, 1
        known = clip.sound is not None and clip.sound.codec_context.name in container.supported_codecs
        self.sound = container.add_stream_from_template(clip.sound) if known else None
        self._waiting: list[Any] = []  # sound that belongs to pictures that are still to come
        self._durations: dict[int, int] = {}
        self._begun = False

    def add(self, picture: Any, frame: Frame) -> None:
        """One frame, and the sound until its end."""
        if not self._begun:
            self.stream.width, self.stream.height = picture.width, picture.height
            self._begun = True
        picture = picture.reformat(format="yuv420p", dst_colorspace="itu709")
        picture.pts, picture.time_base = round(frame.start / self.unit), self.unit
        self._durations[picture.pts] = round(frame.duration / self.unit)
        self._mux(self.stream.encode(picture))
        self._flush(frame.start + frame.duration)

    def take(self, packet: Any) -> None:
        """A packet of sound from the source."""
        if self.sound is not None:
            self._waiting.append(packet)

    def close(self, keep_sound: bool) -> None:
        """What the encoder still holds; and the sound that goes on after the last picture, unless the pictures were
        cut short.
        """
        self._mux(self.stream.encode())
        if keep_sound:
            self._flush(None)

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts, packet.duration)
            self.container.mux(packet)

    def _flush(self, until: Fraction | None) -> None:
        later = []
        for packet in self._waiting:
            if until is None or packet.dts * packet.time_base < until:
                packet.stream = self.sound
                self.container.mux(packet)
            else:
                later.append(packet)
        self._waiting = later


def _even(image: Image.Image) -> Image.Image:
    """Without the last row or column of an odd size: yuv420p stores colours for blocks of 2 × 2."""
    return image.crop((0, 0, max(2, image.width - image.width % 2), max(2, image.height - image.height % 2)))
