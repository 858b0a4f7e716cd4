"""Animations: what our writers write, Pillow reads back; one frame at a time; damage is a sentence."""

import contextlib
import warnings
import weakref
from fractions import Fraction

import numpy as np
import pytest
from pictures import scene
from PIL import Image, ImageSequence

from adain_lab.errors import InputError
from adain_lab.video.animations import ANIMATIONS
from adain_lab.video.clips import Clip, Frame
from adain_lab.video.files import VIDEOS, open_clip, write_clip

DURATIONS = [40, 120, 70, 1000]


def clip(durations, size=(64, 48), plays=0, pixel_aspect=Fraction(1), images=None):
    """A clip with frames of ``durations`` (milliseconds)."""

    def frames(_):
        start = Fraction(0)
        for number, duration in enumerate(durations):
            image = images[number] if images else Image.fromarray(scene(size[1], size[0], number))
            yield Frame(image, start, Fraction(duration, 1000))
            start += Fraction(duration, 1000)

    arguments = {"plays": plays, "pixel_aspect": pixel_aspect, "frames": frames}
    return Clip("clip", *size, len(durations), Fraction(10), Fraction(1, 1000), **arguments)


def write(path, source):
    return write_clip(path, source, lambda written: source.frames(written.take_packet))


@pytest.mark.parametrize("ending", ANIMATIONS)
@pytest.mark.parametrize("size", [(64, 48), (17, 9), (1, 1)])
def test_pillow_reads_what_is_written(tmp_path, ending, size):
    path = tmp_path / f"out{ending}"
    assert write(path, clip(DURATIONS, size)).frames == 4
    with Image.open(path) as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (4, size, 0)
        tolerance = {".png": 0, ".gif": 6, ".webp": 30}[ending] if size == (64, 48) else 255
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            frame.load()
            assert frame.info["duration"] == DURATIONS[number]
            difference = np.abs(np.asarray(frame.convert("RGB")).astype(int) - scene(size[1], size[0], number))
            assert difference.mean() <= tolerance
    with open_clip(path) as read:
        assert [frame.duration * 1000 for frame in read.frames(None)] == DURATIONS and read.seconds == Fraction(
            sum(DURATIONS), 1000
        )


@pytest.mark.parametrize("ending", ANIMATIONS)
@pytest.mark.parametrize("plays", [0, 1, 2, 5])
def test_how_often_it_is_shown_is_kept(tmp_path, ending, plays):
    write(tmp_path / f"out{ending}", clip([50, 50], plays=plays))
    with open_clip(tmp_path / f"out{ending}") as read:
        assert read.plays == plays


def test_a_gif_counts_repetitions_as_viewers_do(tmp_path):
    frames = [Image.fromarray(scene(16, 16, seed)) for seed in range(2)]
    for loop, plays in ((None, 1), (0, 0), (3, 4)):
        frames[0].save(
            tmp_path / "a.gif", save_all=True, append_images=frames[1:], **({} if loop is None else {"loop": loop})
        )
        with open_clip(tmp_path / "a.gif") as read:
            assert read.plays == plays


def test_what_libtiff_says_of_damaged_pages_reaches_nobody(tmp_path, capfd):
    page = Image.fromarray(scene(32, 32, 0))
    page.save(tmp_path / "good.tif", save_all=True, append_images=[page, page], compression="tiff_lzw")
    good, heard, rng = (tmp_path / "good.tif").read_bytes(), "", np.random.default_rng(3)
    for number in range(12):
        data = bytearray(good)
        for at in rng.integers(8, len(data), 12):
            data[at] = rng.integers(256)
        path = tmp_path / f"{number}.tif"
        path.write_bytes(data)
        with contextlib.suppress(Exception), warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                frame.load()
        heard += capfd.readouterr().err
        with contextlib.suppress(InputError), open_clip(path) as read:
            list(read.frames(None))
        assert capfd.readouterr().err == ""
    assert heard, "libtiff has something to say of these"


def test_frames_without_a_duration_are_shown_as_browsers_do(tmp_path):
    frames = [Image.fromarray(scene(16, 16, seed)) for seed in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[0, 10, 20])
    with open_clip(tmp_path / "a.gif") as read:
        assert [frame.duration for frame in read.frames(None)] == [Fraction(1, 10), Fraction(1, 10), Fraction(1, 50)]


def test_a_single_frame_and_equal_frames_are_written_as_they_are(tmp_path):
    still = Image.fromarray(scene(16, 16))
    write(tmp_path / "one.gif", clip([100], (16, 16)))
    write(tmp_path / "same.gif", clip([100] * 3, (16, 16), images=[still] * 3))
    with Image.open(tmp_path / "one.gif") as one, Image.open(tmp_path / "same.gif") as same:
        assert (one.n_frames, same.n_frames) == (1, 3)


def test_pictures_faster_than_a_gif_are_left_out_and_the_time_is_right(tmp_path):
    source = clip([Fraction(1000, 60)] * 60)
    written = write(tmp_path / "out.gif", source)
    assert 40 <= written.frames < 60 and f"{60 - written.frames} of 60 frames were left out" in written.notes[0]
    with Image.open(tmp_path / "out.gif") as image:
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(image)) == 1000
    written = write(tmp_path / "out.webp", source)
    assert (written.frames, written.notes) == (60, [])


def test_a_gif_keeps_more_than_256_colours_over_its_frames(tmp_path):
    """Every frame has a palette of its own."""
    colors = [Image.new("RGB", (16, 16), (i * 40, 255 - i * 40, 90)) for i in range(6)]
    write(tmp_path / "out.gif", clip([50] * 6, (16, 16), images=colors))
    with Image.open(tmp_path / "out.gif") as image:
        assert [f.convert("RGB").getpixel((3, 3)) for f in ImageSequence.Iterator(image)] == [
            c.getpixel((0, 0)) for c in colors
        ]


@pytest.mark.parametrize("ending", [*ANIMATIONS, ".mp4"])
def test_frames_do_not_pile_up(tmp_path, ending):
    if ending in VIDEOS:
        pytest.importorskip("av", reason="PyAV is not installed: videos are not tested")
    made, most = [], []
    source = clip([40] * 30)

    def frames(written):
        for frame in source.frames(written.take_packet):
            made.append(weakref.ref(frame.image))
            most.append(sum(image() is not None for image in made))
            yield frame

    assert write_clip(tmp_path / f"out{ending}", source, frames).frames == 30
    assert max(most) <= 3


@pytest.mark.parametrize("ending", ANIMATIONS)
def test_a_damaged_file_is_a_sentence(tmp_path, ending):
    path = tmp_path / f"cut{ending}"
    write(path, clip([50] * 4))
    data = path.read_bytes()
    for length in (20, 60, 500, len(data) // 2, len(data) - 60):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match=f"cut{ending}.*(damaged|single frame)"), open_clip(path) as read:
            list(read.frames(None))
    path.write_bytes(b"no picture at all")
    with pytest.raises(ValueError, match="is damaged, or no [A-Z]* file"), open_clip(path):
        pass
