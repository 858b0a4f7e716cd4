"""The inversion panel without a browser: searches in a thread, driven by its traits and messages."""

import io
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image
from travel import thumbnails_sent

from adain_lab import load_encoder, samples
from adain_lab.networks.encoder import LAYERS
from adain_lab.optimize.inversion import invert, texture
from adain_lab.widgets import InversionPanel, inversion
from adain_lab.widgets.session.inversion import texture_layers
from adain_lab.widgets.session.live_run import LiveRun

SECONDS = 60


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("tiny")


@pytest.fixture
def panel(encoder, content, style):
    panel = InversionPanel(content, "relu2_1", style, encoder=encoder, size=40, steps=6)
    assert panel.wait(SECONDS)
    yield panel
    panel.close()
    assert panel.wait(SECONDS)


@pytest.fixture
def gate(monkeypatch):
    """Searches that make one step whenever the gate is told to; and those that were begun."""

    class Gate:
        begun, steps = [], threading.Semaphore(0)

    original = inversion.search

    def slow(mode, images, layer, *rest):
        Gate.begun.append((mode, layer))
        for found in original(mode, images, layer, *rest):
            Gate.steps.acquire(timeout=SECONDS)
            yield found

    monkeypatch.setattr(inversion, "search", slow)
    monkeypatch.setattr(inversion, "INTERVAL", 0.0)
    return Gate


def opened(data):
    return Image.open(io.BytesIO(data))


# ---- what is found ---------------------------------------------------------------------------------------------------


def test_it_finds_what_invert_finds(panel, encoder):
    picture = panel._picture("content", panel.content)
    *_, step = invert(picture, "relu2_1", encoder, steps=6)
    assert torch.equal(panel.images[0], step.image)
    assert panel.progress == 1 and not panel.busy and not panel.error
    assert opened(panel.original).size == opened(panel.result).size == (55, 40) and not panel.second
    assert "step 6 of 6" in panel.status and "dB" in panel.status


def test_a_texture_is_made_in_both_ways(panel, encoder):
    panel.mode = "texture"
    assert panel.wait(SECONDS) and panel.shown_mode == "texture"
    picture = panel._picture("pattern", panel.pattern)
    for images, kind in zip(panel.images, ("gram", "statistics"), strict=True):
        *_, step = texture(picture, ["relu1_1", "relu2_1"], kind, encoder, steps=6)
        assert torch.equal(images, step.image)
    assert opened(panel.result).size == opened(panel.second).size == opened(panel.original).size
    assert "gram" in panel.status and "statistics" in panel.status


def test_layers_of_a_texture():
    assert texture_layers("relu1_1") == ["relu1_1"]
    assert texture_layers("relu5_1") == ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    assert texture_layers("relu4_3") == ["relu1_1", "relu2_1", "relu3_1", "relu4_3"]


def test_it_opens_with_bundled_samples_and_facts_of_every_layer(encoder):
    panel = InversionPanel(encoder=encoder, size=32, steps=1)
    assert panel.content in samples("content") and panel.pattern in samples("style")
    assert [row["name"] for row in panel.layers] == list(LAYERS)
    assert panel.layers[-1] == {"name": "relu5_1", "channels": 128, "stride": 16, "field": 156}
    assert len(panel.contents) == len(samples("content")) and len(panel.patterns) == len(samples("style"))
    panel.close()


def test_other_noise_is_another_search(panel):
    first = panel.images[0]
    panel.seed = 1
    assert panel.wait(SECONDS) and not torch.equal(panel.images[0], first)
    panel.seed = 0
    assert torch.equal(panel.images[0], first), "kept: there at once"


def test_going_back_costs_nothing(panel, gate):
    first = panel.result
    gate.steps.release(100)
    panel.layer = "relu1_1"
    assert panel.wait(SECONDS) and panel.result != first
    panel.layer = "relu2_1"
    assert panel.result == first and panel.progress == 1 and not panel.busy
    assert gate.begun == [("features", "relu1_1")]


# ---- the thread ------------------------------------------------------------------------------------------------------


def test_python_is_free_while_it_searches(panel, gate):
    panel.layer = "relu1_1"
    assert panel.busy and not panel.wait(0.05), "the assignment has returned and the search goes on"
    assert "reconstructed" not in panel.alt, "nothing has been found yet"
    gate.steps.release(100)
    assert panel.wait(SECONDS) and not panel.busy and panel.progress == 1
    assert panel.alt.endswith("reconstructed from relu1_1")


def test_the_picture_grows(panel, gate):
    seen = []
    panel.observe(lambda change: seen.append(change["new"]), "progress")
    gate.steps.release(100)
    panel.layer = "relu3_1"
    panel.wait(SECONDS)
    assert seen == sorted(seen) and seen[-1] == 1 and len(seen) >= 5


def test_a_new_choice_replaces_the_old_one(panel, gate):
    runs = []
    for layer in ("relu1_1", "relu3_1", "relu4_1"):
        panel.layer = layer
        runs.append(panel._live)
    gate.steps.release(100)
    assert all(run.wait(SECONDS) for run in runs)
    assert [run.wanted for run in runs] == [False, False, True]
    assert panel.alt.endswith("reconstructed from relu4_1") and panel.progress == 1
    assert {key[2] for key in panel._kept} == {"relu2_1", "relu4_1"}, "what was given up is not kept"


def test_the_same_choice_again_does_not_begin_anew(panel, gate):
    panel.layer = "relu1_1"
    panel.set_state({"layer": "relu1_1", "mode": "features"})
    gate.steps.release(100)
    assert panel.wait(SECONDS) and gate.begun == [("features", "relu1_1")]


def test_closing_ends_the_search(panel, gate):
    panel.layer = "relu4_1"
    run = panel._live
    panel.close()
    gate.steps.release(2)
    assert run.wait(SECONDS) and panel.progress < 1


def test_what_goes_wrong_in_the_thread_is_said_and_the_panel_lives(panel, monkeypatch):
    def broken(*args):
        raise RuntimeError("out of memory")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(inversion, "search", broken)
        panel.layer = "relu1_1"
        assert panel.wait(SECONDS)
    assert panel.error == "RuntimeError: out of memory" and not panel.busy
    panel.error = ""
    panel.layer = "relu1_2"
    assert panel.wait(SECONDS) and not panel.error and panel.progress == 1


def test_python_ends_in_the_middle_of_a_search():
    code = (
        "import torch, time\nfrom adain_lab.widgets import InversionPanel\n"
        "panel = InversionPanel(torch.rand(3, 64, 64), 'relu5_1', encoder='tiny', size=64, steps=100000)\n"
        "for layer in ('relu2_1', 'relu4_1'):\n    panel.layer = layer\n"
        "while panel.progress == 0 and not panel.error:\n    time.sleep(0.01)\n"
        "print(panel.busy, panel.error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=2 * SECONDS)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["True"], "")


def test_a_search_can_be_stopped_and_begun_again(panel, gate):
    panel.layer = "relu4_1"
    gate.steps.release(2)
    panel.pause()
    assert not panel.busy and not panel.wait(0.05)
    panel.stop()
    gate.steps.release(100)
    assert panel.wait(SECONDS) and not panel.busy and panel.progress < 1
    panel.layer = "relu1_1"
    assert panel.wait(SECONDS)
    panel.layer = "relu4_1"
    assert panel.wait(SECONDS) and panel.progress == 1, "what was stopped is not kept"


def test_a_run_that_is_not_wanted_tells_nobody():
    told, gate = [], threading.Semaphore(0)

    def steps():
        for number in range(3):
            gate.acquire(timeout=SECONDS)
            yield number

    run = LiveRun(steps(), lambda run: told.append(run.latest))
    run.abandon()
    gate.release(3)
    assert run.wait(SECONDS) and run.state == "stopped" and run.latest == 0 and told == []


# ---- what is refused
# ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("layer", "relu6_1", "unknown layer 'relu6_1': choose from relu1_1"),
        ("mode", "style", "unknown mode 'style': choose from features, texture"),
        ("content", "nobody", "no content picture is called 'nobody'"),
        ("split", float("nan"), "split"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(panel, name, value, words):
    before = getattr(panel, name)
    panel.set_state({name: value})
    assert getattr(panel, name) == before and words in panel.error
    panel.layer = "relu1_1"
    assert panel.wait(SECONDS) and not panel.error


@pytest.mark.parametrize(
    "arguments", [{"size": 8}, {"size": 1.5}, {"steps": 0}, {"layer": "relu0"}, {"mode": "x"}, {"encoder": "huge"}]
)
def test_a_panel_that_makes_no_sense_is_not_made(arguments):
    with pytest.raises(ValueError):
        InversionPanel(**{"encoder": "tiny", "steps": 1, **arguments})


def test_a_picture_of_one_s_own(panel):
    buffer = io.BytesIO()
    Image.fromarray(scene(50, 60, 7)).save(buffer, "PNG")
    message = {"do": "upload", "id": "a", "kind": "content", "name": "My cat.png", "part": 0, "parts": 1}
    panel._handle_custom_msg(message, [memoryview(buffer.getvalue())])
    assert panel.content == "My cat" and panel.contents[-1]["own"]
    assert panel.wait(SECONDS) and panel.images[0].shape == (1, 3, 40, 48)
    panel._handle_custom_msg({**message, "name": "broken.png"}, [memoryview(b"no picture")])
    assert "broken.png" in panel.error and panel.content == "My cat"
    with pytest.raises(ValueError, match="choose from content, pattern"):
        panel.add("style", np.zeros((40, 40, 3), np.uint8))


@pytest.mark.parametrize("kind", ["content", "pattern"])
def test_a_picture_that_is_brought_sends_its_own_thumbnail_and_no_other(panel, monkeypatch, kind):
    for seed in range(3):
        name = f"mine {seed}"
        sent = thumbnails_sent(monkeypatch, panel, lambda: panel.add(kind, scene(50, 60, seed), name))  # noqa: B023
        assert sent == [panel.thumbnail(f"{kind}s", name)]


# ---- for readers
# -------------------------------------------------------------------------------------------------------


def test_a_still_picture_of_either_mode(panel):
    alone = panel.static()
    panel.mode = "texture"
    panel.wait(SECONDS)
    assert panel.static().width != alone.width and min(alone.size) >= 200
    assert (
        repr(panel) == "InversionPanel(mode='texture', content='your content', pattern='your style', layer='relu2_1')"
    )
