"""Videos and animations: frames, timing and sound stay; stopping leaves a file that plays; what cannot be read is a
sentence.
"""

import struct
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image, ImageSequence

import adain_lab
from adain_lab.images import resize, to_tensor
from adain_lab.video.files import open_clip, upright
from adain_lab.video.stylize import Smoother, stylize_video

av = pytest.importorskip("av", reason="PyAV is not installed: videos are not tested")
STYLE = scene(40, 40, 9)


def moving(count=6, height=48, width=64, brightness=()):
    """A scene that drifts to the left; ``brightness`` multiplies single frames."""
    wide = scene(height, width + count, 1)
    frames = [wide[:, i : i + width] for i in range(count)]
    return [(f * (brightness[i] if brightness else 1)).clip(0, 255).astype(np.uint8) for i, f in enumerate(frames)]


@pytest.fixture
def gif(tmp_path):
    path = tmp_path / "clip.gif"
    frames = [Image.fromarray(frame) for frame in moving(5)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 80, 120, 40, 200], loop=3)
    return path


@pytest.fixture
def mp4(tmp_path):
    """Six frames at 12 a second with a tone of half a second."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        video, sound = container.add_stream("libx264", rate=12), container.add_stream("aac", rate=44100)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for frame in moving():
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(video.encode())
        tone = (0.3 * np.sin(np.arange(22050) / 44100 * 2 * np.pi * 440)).astype(np.float32)
        for start in range(0, len(tone) - 1024, 1024):
            samples = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 44100, start
            container.mux(sound.encode(samples))
        container.mux(sound.encode())
    return path


def packets(path):
    """(time, size) of every packet of sound."""
    with av.open(str(path)) as container:
        return [(float(p.pts * p.time_base), p.size) for p in container.demux(audio=0) if p.dts is not None]


def times(path):
    with av.open(str(path)) as container:
        return [round(float(frame.pts * frame.time_base), 3) for frame in container.decode(video=0)]


# ---- what is kept ---------------------------------------------------------------------------------------------------


def test_an_animation_keeps_its_frames_durations_and_loops(stylizer, gif, tmp_path):
    painted = stylize_video(stylizer, gif, STYLE, tmp_path / "out.gif")
    assert (painted.frames, painted.stopped, painted.note) == (5, False, "")
    with Image.open(tmp_path / "out.gif") as image:
        assert (image.n_frames, image.size, image.info["loop"]) == (5, (64, 48), 3)
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [40, 80, 120, 40, 200]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.gif", "out.gif"]


def test_frames_are_what_the_stylizer_paints(stylizer, gif, tmp_path):
    stylize_video(stylizer, gif, STYLE, tmp_path / "out.png", 0.7)  # an animated PNG loses nothing
    statistics = stylizer.encode_style(STYLE)
    with open_clip(gif) as clip, Image.open(tmp_path / "out.png") as out:
        for frame, painted in zip(clip.frames(lambda p: None), ImageSequence.Iterator(out), strict=True):
            expected = stylizer.render(stylizer.encode_content(frame.image), statistics, 0.7)
            assert (to_tensor(painted.convert("RGB")) - expected).abs().max() < 1 / 255


def test_a_video_keeps_its_rate_and_its_sound(stylizer, mp4, tmp_path):
    painted = stylize_video(stylizer, mp4, STYLE, tmp_path / "out.mp4")
    assert (painted.frames, painted.note) == (6, "")
    assert times(tmp_path / "out.mp4") == times(mp4) == [round(i / 12, 3) for i in range(6)]
    kept, original = packets(tmp_path / "out.mp4"), packets(mp4)
    assert len(original) > 15 and [size for _, size in kept] == [size for _, size in original]
    assert [time for time, _ in kept] == pytest.approx([time for time, _ in original], abs=1e-3)


def test_sound_that_does_not_fit_is_left_out_and_said(stylizer, mp4, tmp_path):
    painted = stylize_video(stylizer, mp4, STYLE, tmp_path / "out.webm")
    assert painted.frames == 6 and "cannot hold aac sound" in painted.note
    assert "have no sound" in stylize_video(stylizer, mp4, STYLE, tmp_path / "out.gif").note
    with Image.open(tmp_path / "out.gif") as image:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [
            80,
            90,
            80,
            80,
            90,
            80,
        ]  # hundredths, 0.5 s in all


def test_an_animation_becomes_a_video_with_its_timing(stylizer, gif, tmp_path):
    stylize_video(stylizer, gif, STYLE, tmp_path / "out.mkv")
    assert times(tmp_path / "out.mkv") == [0.0, 0.04, 0.12, 0.24, 0.28]
    stylize_video(stylizer, gif, STYLE, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:  # the last frame, too, is shown as long as it was
        assert container.streams.video[0].duration * container.streams.video[0].time_base == Fraction(48, 100)


def clip_of(path, times, colors=None, **settings):
    """A video without sound, with frames at ``times`` (milliseconds)."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=12, options={"crf": "5"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        for name, value in settings.items():
            setattr(video.codec_context, name, value)
        for time, array in zip(times, colors or moving(len(times)), strict=True):
            frame = av.VideoFrame.from_ndarray(array, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return path


def test_frames_of_different_durations_stay_so(stylizer, tmp_path):
    source = clip_of(tmp_path / "variable.mkv", [0, 40, 200, 240, 1000])
    stylize_video(stylizer, source, STYLE, tmp_path / "out.mp4")
    assert times(tmp_path / "out.mp4") == times(source) == [0.0, 0.04, 0.2, 0.24, 1.0]
    stylize_video(stylizer, source, STYLE, tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as image:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)][:4] == [40, 160, 40, 760]


def test_pixels_that_are_not_square_stay_so(stylizer, tmp_path):
    source = clip_of(tmp_path / "wide.mp4", [0, 80], sample_aspect_ratio=Fraction(4, 3))
    stylize_video(stylizer, source, STYLE, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
    stylize_video(stylizer, source, STYLE, tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as image:
        assert image.size == (85, 48)


def test_colours_come_through(stylizer, tmp_path):
    """With alpha 0 the clip is only coded again; what is left is the error of the autoencoder, the same as of one
    picture.
    """
    flat = np.zeros((48, 64, 3), np.uint8)
    flat[:, :32], flat[:, 32:] = (200, 60, 70), (40, 150, 90)
    stylize_video(stylizer, clip_of(tmp_path / "flat.mp4", [0, 80], [flat, flat]), STYLE, tmp_path / "out.mp4", 0.0)
    expected = np.asarray(stylizer(flat, STYLE, 0.0)[0].permute(1, 2, 0)) * 255
    with open_clip(tmp_path / "out.mp4") as clip:
        for frame in clip.frames(lambda packet: None):
            found = np.asarray(frame.image)
            for side in (slice(8, 24), slice(40, 56)):
                assert np.abs(found[16:32, side].mean((0, 1)) - expected[16:32, side].mean((0, 1))).max() < 4


def test_a_clip_that_was_filmed_upright_is_painted_upright(stylizer, tmp_path):
    corner = np.zeros((48, 64, 3), np.uint8)
    corner[:24, :32] = 255  # upper left in the file, upper right when it is turned clockwise
    source = clip_of(tmp_path / "phone.mp4", [0, 80, 160], [corner] * 3)
    data = bytearray(source.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 48 << 16, 0, 1 << 30)
    source.write_bytes(data)
    with open_clip(source) as clip:
        assert (clip.width, clip.height) == (48, 64)
        frame = np.asarray(next(clip.frames(lambda packet: None)).image)
    assert frame[16, 36].min() > 230 and frame[16, 12].max() < 25 and frame[48].max() < 25
    stylize_video(stylizer, source, STYLE, tmp_path / "out.mp4")
    with open_clip(tmp_path / "out.mp4") as clip:
        assert (clip.width, clip.height) == (48, 64)


def test_odd_sizes_are_made_even_for_video(stylizer, gif, tmp_path):
    stylize_video(stylizer, gif, STYLE, tmp_path / "out.mp4", size=33)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (44, 32)


def test_several_styles_and_colours(stylizer, gif, tmp_path):
    other = scene(32, 32, 5)
    for color in ("match", "luminance"):
        painted = stylize_video(
            stylizer, gif, [STYLE, other], tmp_path / "out.webp", weights=[2, 1], color=color, style_size=24
        )
        assert painted.frames == 5


def test_a_picture_is_turned_as_the_camera_noted():
    image = Image.new("RGB", (3, 2))
    image.putpixel((2, 0), (255, 0, 0))
    assert upright(image, 0) is image
    turned = upright(image, 90)  # counter-clockwise: the upper right corner goes to the upper left
    assert turned.size == (2, 3) and turned.getpixel((0, 0)) == (255, 0, 0)


# ---- smoothing ------------------------------------------------------------------------------------------------------


def flicker(stylizer, amount, frames, where=...):
    """Mean absolute difference of painted frames that follow each other, in ``where``."""
    smooth, statistics = Smoother(amount), stylizer.encode_style(STYLE)
    painted = [stylizer.render(smooth(stylizer.encode_content(frame)), statistics)[where] for frame in frames]
    return float(torch.stack([(a - b).abs().mean() for a, b in zip(painted, painted[1:], strict=False)]).mean())


def test_smoothing_holds_still_what_does_not_move_while_something_else_does(stylizer):
    frames = [scene(96, 64, 3) for _ in range(6)]
    for i in (1, 3, 5):
        frames[i][80:, 20:44] = 255  # a lamp below, on and off
    above = (..., slice(0, 24), slice(None))  # beyond what a pixel sees
    alone, smoothed = (flicker(stylizer, amount, frames, above) for amount in (0.0, 0.9))
    assert alone > 1 / 255 and smoothed < 0.4 * alone


def test_smoothing_lets_a_flicker_of_all_the_light_be_seen_which_adain_alone_takes_out():
    """On a photograph with the bundled model; benchmarks/flicker.py measures more."""
    slim = adain_lab.load("slim", device="cpu", precision="float32")
    photograph = resize(to_tensor(adain_lab.sample("cat")), 96)
    frames = [photograph * light for light in (1, 0.85, 1, 0.85)]
    assert flicker(slim, 0.0, frames) < 0.9 * flicker(slim, 0.9, frames)


def test_smoothing_changes_nothing_in_a_still_scene_and_not_the_first_frame(stylizer):
    still = [scene(48, 64, 3)] * 3
    assert flicker(stylizer, 0.8, still) < 1e-4
    code = stylizer.encode_content(still[0])
    smoothed = Smoother(0.8)(code)
    for layer, mean in code.statistics.mean.items():
        assert torch.allclose(smoothed.statistics.mean[layer], mean, atol=1e-5)
        assert torch.allclose(smoothed.statistics.std[layer], code.statistics.std[layer], atol=1e-5)


def test_the_average_begins_anew_at_a_cut(stylizer):
    day, night = scene(48, 64, 1), scene(48, 64, 2) // 4
    smooth = Smoother(0.9)
    for frame in (day, day, night):
        own = stylizer.encode_content(frame)
        code = smooth(own)
    assert torch.equal(code.statistics.mean["relu4_1"], own.statistics.mean["relu4_1"])


def test_the_average_follows_its_formula(stylizer):
    smooth, codes = Smoother(0.75), [stylizer.encode_content(frame) for frame in moving(3)]
    expected = codes[0].statistics.mean["relu4_1"]
    smooth(codes[0])
    for code in codes[1:]:
        expected = 0.75 * expected + 0.25 * code.statistics.mean["relu4_1"]
        assert smooth(code).statistics.mean["relu4_1"].allclose(expected, atol=1e-5)


# ---- stopping and refusing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["out.gif", "out.mp4"])
def test_stopping_leaves_a_file_that_plays(stylizer, mp4, tmp_path, name):
    done = []
    out = tmp_path / name
    painted = stylize_video(
        stylizer, mp4, STYLE, out, progress=lambda i, n: done.append((i, n)), should_stop=lambda: len(done) >= 3
    )
    assert painted.stopped and painted.frames == 3 and done[0] == (1, 6)
    with open_clip(out) as clip:
        assert len(list(clip.frames(lambda p: None))) == 3


def test_stopping_before_the_first_frame_leaves_nothing(stylizer, gif, tmp_path):
    with pytest.raises(ValueError, match="not a single frame"):
        stylize_video(stylizer, gif, STYLE, tmp_path / "out.gif", should_stop=lambda: True)
    assert not (tmp_path / "out.gif").exists()


def test_a_failure_in_the_middle_leaves_nothing(stylizer, gif, tmp_path):
    def fail(done, total):
        raise RuntimeError("the disk is on fire")

    with pytest.raises(RuntimeError):
        stylize_video(stylizer, gif, STYLE, tmp_path / "out.mp4", progress=fail)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.gif"]


def test_what_cannot_be_read_or_written_is_a_sentence(stylizer, gif, mp4, tmp_path, picture_file):
    def refused(source, out="out.gif", **settings):
        with pytest.raises((ValueError, FileNotFoundError)) as error:
            stylize_video(stylizer, source, STYLE, tmp_path / out, **settings)
        assert not (tmp_path / out).exists() or (tmp_path / out) == source
        return str(error.value)

    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "half.mp4").write_bytes(mp4.read_bytes()[:400])
    (tmp_path / "empty.gif").write_bytes(b"")
    assert "cannot be read as a video" in refused(tmp_path / "text.mp4")
    assert "half.mp4" in refused(tmp_path / "half.mp4")
    assert "is empty (0 bytes)" in refused(tmp_path / "empty.gif")
    assert "does not exist" in refused(tmp_path / "nowhere.mp4")
    assert "is a folder" in refused(tmp_path)
    assert "folder" in refused(gif, "nowhere/out.mp4")
    assert "single frame" in refused(picture_file("one.png"))
    assert "must end in .gif, .webp" in refused(gif, "out.avi")
    assert "also the input" in refused(gif, "clip.gif")
    assert "smoothing must be" in refused(gif, smoothing=1.0)
    assert "weights must be" in refused(gif, weights=[1, 2])
    assert "size must be" in refused(gif, size=-1)


def test_without_pyav_videos_are_refused_and_animations_work(stylizer, gif, mp4, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    for source, out in ((mp4, "out.gif"), (gif, "out.mp4")):
        with pytest.raises(ValueError, match=r'pip install "adain_lab\[video\]"'):
            stylize_video(stylizer, source, STYLE, tmp_path / out)
    assert stylize_video(stylizer, gif, STYLE, tmp_path / "out.gif").frames == 5


def test_a_clip_can_be_read_twice(mp4):
    with open_clip(mp4) as clip:
        assert (clip.width, clip.height, clip.count, clip.rate) == (64, 48, 6, Fraction(12))
        first, second = ([np.asarray(f.image) for f in clip.frames(lambda p: None)] for _ in range(2))
    assert len(first) == len(second) == 6 and all((a == b).all() for a, b in zip(first, second, strict=True))


def test_a_recording_that_breaks_off_is_said_to(stylizer, tmp_path):
    source = clip_of(tmp_path / "clip.mkv", range(0, 4000, 100))
    data = bytearray(source.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    source.write_bytes(data)
    painted = stylize_video(stylizer, source, STYLE, tmp_path / "out.mp4")
    assert 0 < painted.frames < 40 and "clip.mkv is damaged: of its 4.0 s only" in painted.note


def test_sound_stops_where_the_pictures_are_stopped(stylizer, tmp_path, mp4):
    done = []
    stylize_video(
        stylizer,
        mp4,
        STYLE,
        tmp_path / "out.mp4",
        progress=lambda i, n: done.append(i),
        should_stop=lambda: len(done) >= 3,
    )
    assert 0.15 < packets(tmp_path / "out.mp4")[-1][0] < 3 / 12 < 0.4 < packets(mp4)[-1][0]
