"""The camera panel without a browser: frames go in by messages or from Python, and come out painted."""

import io
import json

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image
from travel import thumbnails_sent

from adain_lab.recipes.painter import reproduce
from adain_lab.recipes.recipe import read_recipe
from adain_lab.widgets import CameraPanel
from adain_lab.widgets.session.gallery import MAX_OWN
from adain_lab.widgets.session.recorder import Recorder, recording_formats


def jpeg(seed=1, height=96, width=128) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene(height, width, seed)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@pytest.fixture
def panel(stylizer, content, style, other_style):
    panel = CameraPanel([style, other_style], content, stylizer=stylizer, size=128)
    panel.sent = []
    panel.send = lambda content, buffers=None: panel.sent.append((content, buffers or []))
    return panel


@pytest.fixture
def running(panel):
    panel.running, panel.driver = True, "view 1"
    return panel


def frame(panel, number=1, seed=1, view="view 1", data=None):
    """What the page sends; what comes back."""
    message = {"do": "frame", "view": view, "number": number, "name": f"camera {number}.jpg"}
    panel._handle_custom_msg(message, [memoryview(data or jpeg(seed))])
    return panel.sent[-1]


def test_there_is_a_picture_before_anything_moves(panel):
    assert Image.open(io.BytesIO(panel.picture)).size == (176, 128) and not panel.running and not panel.error
    assert panel.clip[:2] == b"\xff\xd8" and panel.static().height > 128
    assert "in the style of your style 50%, your style 2 50%" in panel.alt


def test_a_frame_comes_back_painted(running):
    answer, (picture,) = frame(running, number=7)
    assert (answer["do"], answer["view"], answer["number"]) == ("frame", "view 1", 7)
    assert (answer["width"], answer["height"]) == (171, 128) == Image.open(io.BytesIO(picture)).size
    assert answer["milliseconds"] == running.milliseconds > answer["network"] > 0 and running.frames == 1
    _, (other,) = frame(running, number=8, seed=2)
    assert other != picture and not running.error


def test_every_frame_is_answered_but_only_the_driver_s_are_painted(running):
    assert frame(running, view="view 2")[0]["do"] == "refused"
    assert frame(running, data=b"no picture")[0] == {"do": "refused", "view": "view 1", "number": 1}
    assert running.error and running.frames == 0
    running.running = False
    assert frame(running)[0]["do"] == "refused" and running.frames == 0


def test_while_it_runs_nothing_but_answers_is_sent(running):
    before = running.picture
    running.alpha = 0.5
    frame(running)
    assert running.picture == before, "frames travel in answers, to all views at once"
    running.running = False
    assert running.picture != before, "what is there at the end is kept for views that come later"


def test_settings_change_the_next_frame_and_the_last_one_at_rest(panel):
    for name, value in {"alpha": 0.3, "share": 1.0, "color": "luminance", "size": 160}.items():
        before = panel.picture
        setattr(panel, name, value)
        assert panel.picture != before and not panel.error, name
    before = panel.picture
    panel.style_names = panel.style_names[:1]
    assert panel.picture != before and panel.alt.count("%") == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", 1000, "size must be a whole number of pixels from 128 to 384"),
        ("alpha", float("nan"), "alpha must be"),
        ("alpha", 1.5, "alpha goes from 0"),
        ("share", -1.0, "share must be"),
        ("smoothing", 1.0, "smoothing must be"),
        ("color", "match", "color must be None or 'luminance'"),
        ("source", "tape", "choose from camera, clip"),
        ("style_names", [], "one style or two"),
        ("style_names", ["nobody"], "no style picture is called 'nobody'"),
        ("content", "nobody", "no content picture is called"),
        ("seconds", 99.0, "at most 10 seconds"),
        ("format", ".gif", "choose from .webp"),
    ],
)
def test_what_makes_no_sense_is_refused(panel, name, value, words):
    before, picture = getattr(panel, name), panel.picture
    setattr(panel, name, value)
    assert words in panel.error and getattr(panel, name) == before and panel.picture == picture
    panel.share = 0.25
    assert panel.error == ""


def test_three_styles_are_refused_when_it_is_made(stylizer, style):
    with pytest.raises(ValueError, match="one style or two"):
        CameraPanel([style, style, style], stylizer=stylizer)


def test_a_still_scene_beside_a_moving_light_flickers_less(stylizer, style):
    """The left half never changes; what comes and goes at the right moves the statistics of the whole."""

    def flicker(smoothing):
        panel = CameraPanel([style], stylizer=stylizer, size=128, smoothing=smoothing)
        base = torch.from_numpy(scene(128, 160, 4).copy()).permute(2, 0, 1)[None] / 255
        halves = []
        for number in range(6):
            picture = base.clone()
            picture[..., 96:128, 120 : 136 + 4 * (number % 2)] = number % 2
            halves.append(panel.paint(picture)[..., :64])
        return torch.stack([(a - b).abs().mean() for a, b in zip(halves[1:], halves[2:], strict=False)]).mean()

    assert flicker(0.9) < 0.6 * flicker(0.0)


def test_a_snapshot_is_made_again_from_its_frame(running, tmp_path, stylizer, monkeypatch):
    frame(running)
    running._handle_custom_msg({"do": "save", "view": "view 1"}, [])
    answer, (png, file) = running.sent[-1]
    assert answer["names"] == ["camera_1_in_your_style_your_style_2.png", "camera 1.jpg"] and file == jpeg(1)
    path = tmp_path / "snapshot.png"
    path.write_bytes(png)
    recipe = read_recipe(path)
    assert recipe["content"]["name"] == "camera 1.jpg" and recipe["weights"] == [0.5, 0.5]
    assert json.loads(Image.open(path).text["adain_lab"]) == recipe


def test_a_snapshot_in_sample_styles_is_reproduced_to_the_byte(tmp_path):
    from adain_lab.recipes.painter import finder

    panel = CameraPanel(["kilim", "marbled"], stylizer="tiny", size=128, share=0.25, alpha=0.9)
    panel.paint(jpeg(3), "camera.jpg")
    name, file = panel.frame_file()
    (tmp_path / name).write_bytes(file)
    path = tmp_path / "snapshot.png"
    path.write_bytes(panel.png())
    again = reproduce(read_recipe(path), finder([tmp_path]))
    saved = np.asarray(Image.open(path))
    assert np.array_equal((again[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy(), saved)


@pytest.mark.parametrize("ending", recording_formats())
def test_a_recording(panel, ending, tmp_path):
    panel.format = ending
    panel.start_recording()
    assert panel.recording
    for seed in range(4):
        panel.paint(jpeg(seed))
    file = panel.stop_recording()
    assert not panel.recording
    if ending == ".webp":
        assert Image.open(io.BytesIO(file)).n_frames == 4
    else:
        assert file[4:8] == b"ftyp"
    with pytest.raises(ValueError, match="nothing is being recorded"):
        panel.stop_recording()


def test_a_recording_by_the_page_ends_by_itself(running, monkeypatch):
    moments = iter(range(100))
    monkeypatch.setattr("adain_lab.widgets.camera.time.monotonic", lambda: next(moments))
    running.seconds = 2.0
    running._handle_custom_msg({"do": "record", "view": "view 1"}, [])
    assert running.recording
    for number in range(4):
        frame(running, number, seed=number)
    assert not running.recording and not running.error
    answer, (file,) = next((c, b) for c, b in running.sent if c["do"] == "save")
    assert (
        answer["view"] == "view 1"
        and answer["names"][0].endswith(".webp")
        and Image.open(io.BytesIO(file)).n_frames == 3
    )


def test_stopping_in_the_middle_gives_what_there_is(running):
    running._handle_custom_msg({"do": "record", "view": "view 1"}, [])
    for number in range(3):
        frame(running, number, seed=number)
    running.running = False
    assert running.sent[-1][0]["do"] == "save" and not running.recording
    running._handle_custom_msg({"do": "record", "view": "view 1"}, [])
    assert "start the camera first" in running.error


def test_frames_are_shown_for_as_long_as_they_were():
    recorder = Recorder(10)
    for moment in (5.0, 5.1, 5.4):
        recorder.add(Image.new("RGB", (16, 12), (round(100 * moment) % 255, 0, 0)), moment)
    recorder.add(Image.new("RGB", (32, 24)), 5.5)  # the size was changed meanwhile
    image = Image.open(io.BytesIO(recorder.file(".webp")))
    durations = []
    for number in range(image.n_frames):
        image.seek(number)
        image.load()
        durations.append(image.info["duration"])
    assert durations == [100, 300, 100, 100] and image.size == (16, 12)
    with pytest.raises(ValueError, match="two frames at least"):
        Recorder(1).file(".webp")


def test_another_photograph_for_the_clip(panel):
    clip, picture = panel.clip, panel.picture
    panel.content = "village" if "village" in [row["name"] for row in panel.contents] else panel.contents[0]["name"]
    assert panel.clip != clip and panel.picture != picture and not panel.error


def test_a_style_that_is_brought_sends_its_own_thumbnail_and_no_other(panel, monkeypatch):
    for number in range(MAX_OWN + 2):
        name = f"mine {number}"
        picture = Image.new("RGB", (32, 32), (9 * number, 0, 0))
        sent = thumbnails_sent(monkeypatch, panel, lambda: panel.add_style(picture, name))  # noqa: B023
        assert sent == [panel.thumbnail("styles", name)]
    own = [row["name"] for row in panel.styles if row["own"]]
    assert len(own) == MAX_OWN and set(panel.style_names) <= set(own), "the oldest have made room"


def test_a_style_of_one_s_own(panel):
    message = {"do": "upload", "id": "u", "kind": "style", "name": "wall.jpg", "part": 0, "parts": 1}
    panel._handle_custom_msg(message, [memoryview(jpeg(5))])
    assert panel.style_names[-1] == "wall" and not panel.error
