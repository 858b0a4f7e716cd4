"""The panel of Gatys' transfer without a browser: runs in a thread, driven by its traits, methods and messages."""

import gc
import io
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest
import torch
from pictures import scene
from PIL import Image
from travel import thumbnails_sent

from adain_lab import load_encoder, samples
from adain_lab.optimize.gatys import GatysConfig, run, transfer
from adain_lab.optimize.pixels import NonFiniteLoss, Step
from adain_lab.recipes.recipe import read_recipe
from adain_lab.widgets import GatysPanel, cells
from adain_lab.widgets.session import gatys as gatys_session
from adain_lab.widgets.session.live_transfer import History, LiveTransfer, work
from adain_lab.widgets.stills.curves import POINTS, curve_picture, loss_curves

SECONDS = 60
LAYERS = {"style_layers": {"relu1_1": 1.0, "relu2_1": 1.0}, "content_layers": {"relu2_1": 1.0}}


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("tiny")


@pytest.fixture
def panel(encoder, content, style):
    panel = GatysPanel(content, style, encoder=encoder, size=32, steps=8, **LAYERS)
    yield panel
    thread = panel._live
    panel.close()
    assert thread is None or thread.wait(SECONDS)


@pytest.fixture
def gate(monkeypatch):
    """Transfers that make one step whenever the gate is told to; and how many were begun."""

    class Gate:
        begun, steps, closed, asked = [], threading.Semaphore(0), [], 0

        @classmethod
        def open(cls, count=1000):
            for _ in range(count):
                cls.steps.release()

    original = gatys_session.transfer

    def slow(*args, **settings):
        steps = original(*args, **settings)
        Gate.begun.append(args[2])

        def slowly():
            try:
                for step in steps:
                    Gate.asked += 1
                    Gate.steps.acquire(timeout=SECONDS)
                    yield step
            finally:
                Gate.closed.append(args[2])

        return slowly()

    Gate.begun, Gate.closed, Gate.steps, Gate.asked = [], [], threading.Semaphore(0), 0
    monkeypatch.setattr(gatys_session, "transfer", slow)
    return Gate


def until(condition):
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def opened(data):
    return Image.open(io.BytesIO(data))


# ---- what is found ---------------------------------------------------------------------------------------------------


def test_it_finds_what_transfer_finds(panel, encoder, content, style):
    panel.start()
    assert panel.wait(SECONDS) and not panel.error
    content, style = (
        torch.from_numpy(np.array(panel._galleries[k][getattr(panel, k)].open())) for k in ("content", "style")
    )
    content, style = (x.permute(2, 0, 1).unsqueeze(0) / 255 for x in (content, style))
    expected = run(transfer(content, style, GatysConfig(size=32, steps=8, **LAYERS), encoder=encoder))
    assert torch.equal(panel.result.image, expected.image)
    assert panel.result.losses == expected.losses and panel.result.stopped == "finished"


def test_a_finished_run_shows_the_best_and_all_that_is_known(panel):
    assert panel.state == "ready" and panel.picture == panel.before and not panel.kept
    panel.start()
    assert panel.wait(SECONDS)
    assert panel.state == "finished" and not panel.busy and panel.iteration == panel.total == 8
    assert panel.kept == list(range(9)) and panel.shown == -1
    assert panel.shown_iteration == panel.result.best.iteration
    assert opened(panel.picture).size == opened(panel.before).size == (44, 32) and panel.picture != panel.before
    assert list(panel.curves["terms"]) == ["sum", "content", "style", "tv"] and panel.curves["total"] == 8
    assert panel.curves["sizes"] == [[0, 16], [5, 32]], "the picture grew after half of the steps"
    assert "finished after 8 iterations" in panel.status and "iteration" in panel.alt


def test_it_opens_with_bundled_samples(encoder):
    panel = GatysPanel(encoder=encoder)
    assert (panel.size, panel.steps, panel.state) == (192, 100, "ready")
    assert len(panel.contents) == len(samples("content")) and len(panel.styles) == len(samples("style"))
    assert panel.wait(0), "nothing runs until it is started"
    with pytest.raises(ValueError, match="no picture yet"):
        panel.png()
    panel.close()


@pytest.mark.parametrize("init", ["content", "noise", "style"])
def test_before_is_where_the_run_started(panel, init):
    panel.init = init
    preview = panel.picture
    panel.start()
    assert panel.wait(SECONDS)
    first = panel._live.history.nearest(0)[1]
    assert (panel.before == first) == (init == "noise") and (panel.before == preview) == (init != "noise")


# ---- the thread ------------------------------------------------------------------------------------------------------


def test_python_is_free_while_it_runs(panel, gate):
    panel.start()
    assert panel.state == "running" and panel.busy and not panel.wait(0.05), "start has returned and the run goes on"
    gate.open()
    assert panel.wait(SECONDS) and panel.state == "finished"


def test_pause_and_resume(panel, gate):
    panel.start()
    gate.open(3)
    until(lambda: gate.asked == 4)  # the run is past the place where it would rest after step 2
    panel.pause()
    gate.open()
    until(lambda: panel.iteration == 3)
    assert panel.state == "paused" and not panel.busy and "paused" in panel.status and not panel.wait(0.3)
    assert panel._live.latest.iteration == 3, "it rests"
    panel.resume()
    assert panel.wait(SECONDS) and panel.state == "finished" and panel.iteration == 8
    assert panel.result.seconds < panel._live._idle + SECONDS and panel._live._idle >= 0.3, "a pause is not counted"


def test_a_pause_takes_no_time(monkeypatch):
    now = iter((10.0, 110.0))
    monkeypatch.setattr("adain_lab.widgets.session.live_run.time.perf_counter", lambda: next(now))
    gates = [threading.Event(), threading.Event()]

    def steps():
        for i in range(3):
            if i:
                gates[i - 1].wait(SECONDS)
            yield Step(i, {"style": 1.0}, 100.0 * (i == 2) + i, torch.zeros(1, 3, 8, 8))

    live = LiveTransfer(steps(), GatysConfig(steps=2), lambda live: None)
    until(lambda: live.latest)
    live.pause()
    gates[0].set()
    until(lambda: live.latest.iteration == 1)
    live.resume()
    gates[1].set()
    assert live.wait(SECONDS) and live.result.seconds == 2.0


def test_stop_keeps_the_best_so_far(panel, gate):
    panel.start()
    gate.open(6)
    until(lambda: panel._live.latest and panel._live.latest.iteration == 5)
    panel.stop()
    gate.open()
    assert panel.wait(SECONDS) and panel.state == "stopped" and panel.result.stopped == "stopped"
    assert 5 <= panel.iteration <= 6 < 8
    totals = [sum(losses.values()) for losses in panel.result.losses]
    assert panel.result.best.loss == min(totals[5:]), "the best of those at full size"
    assert panel.shown_iteration == panel.result.best.iteration and not panel.busy


def test_a_paused_run_can_be_stopped(panel, gate):
    panel.start()
    gate.open()
    panel.pause()
    until(lambda: panel._live.latest is not None)
    panel.stop()
    assert panel.wait(SECONDS) and panel.state in ("stopped", "finished")


def test_a_new_start_gives_the_old_run_up(panel, gate):
    panel.start()
    first = panel._live
    panel.style_weight = 50.0
    assert panel.stale
    panel.start()
    assert not panel.stale and panel._live is not first
    gate.open()
    assert panel.wait(SECONDS) and first.wait(SECONDS)
    assert [config.style_weight for config in gate.begun] == [5.0, 50.0] and len(gate.closed) == 2
    assert first.result.stopped == "stopped" and panel.state == "finished" and panel._live.config.style_weight == 50.0


@pytest.mark.parametrize("paused", [False, True])
def test_closing_ends_the_run(panel, gate, paused):
    panel.start()
    if paused:
        panel.pause()
    live = panel._live
    panel.close()
    gate.open()
    assert live.wait(SECONDS) and panel.state in ("running", "paused"), "nobody is told any more"


def test_a_closed_panel_that_nobody_holds_is_forgotten(encoder, gate):
    panel = GatysPanel(encoder=encoder, size=32, steps=8, **LAYERS)
    panel.start()
    live, watched = panel._live, weakref.ref(panel)
    panel.close()
    del panel
    gate.open()
    assert live.wait(SECONDS)
    del live
    gc.collect()
    assert watched() is None


def test_a_cell_that_is_run_again_ends_the_run_of_its_old_panel(panel, gate, monkeypatch, encoder):
    names = iter([("first run", "cell a"), ("first run", "cell a"), ("second run", "cell b"), ("third run", "cell a")])
    monkeypatch.setattr(cells, "execution", lambda: next(names))
    monkeypatch.setattr(cells, "_made", weakref.WeakValueDictionary())
    make = lambda: GatysPanel(encoder=encoder, size=32, steps=8, **LAYERS)  # noqa: E731
    one, two = make(), make()
    two.start()
    gate.open(1)
    three = make()
    until(lambda: two._live.latest)
    assert not two._live._stopping, "another cell is not meant"
    four = make()
    gate.open()
    assert two.wait(SECONDS) and two.state == "stopped"
    for other in (one, two, three, four):
        other.close()


@pytest.mark.parametrize("paused", [False, True])
def test_python_ends_in_the_middle_of_a_run(paused):
    code = (
        "import torch, time; from adain_lab.widgets import GatysPanel\n"
        "panel = GatysPanel(torch.rand(3, 64, 64), torch.rand(3, 64, 64), encoder='tiny', size=64, steps=100000)\n"
        f"panel.start(); {'panel.pause()' if paused else ''}\n"
        "while not panel._live.latest: time.sleep(0.01)\n"
        "print(panel.state)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "paused" if paused else "running", "")


def test_traits_may_be_set_while_the_thread_sets_others(panel):
    panel.steps = 60
    panel.start()
    sent = []
    panel.send_state = lambda key=None: sent.append(key)
    for i in range(200):
        panel.split = i / 200
    panel.stop()
    assert panel.wait(SECONDS) and not panel.error and len(sent) >= 200


# ---- back through the iterations -------------------------------------------------------------------------------------


def test_scrubbing_shows_what_was(panel):
    panel.start()
    panel.wait(SECONDS)
    best = panel.picture
    panel.shown = 2
    assert panel.shown_iteration == 2 and panel.picture == panel._live.history.nearest(2)[1] != best
    assert "iteration 2 of 8" in panel.alt and opened(panel.picture).size == (22, 16)
    panel.shown = 10_000
    assert panel.shown_iteration == 8
    panel.shown = -1
    assert panel.picture == best


def test_who_looks_back_is_not_disturbed(panel, gate):
    panel.start()
    gate.open(4)
    until(lambda: panel._live.latest and panel._live.latest.iteration == 3)
    panel.shown = 1
    gate.open()
    assert panel.wait(SECONDS) and panel.shown_iteration == 1 and panel.iteration == 8


@pytest.mark.parametrize("count", [5, 60, 61, 500, 5000])
def test_memory_is_bounded_and_what_is_kept_is_even(count):
    history = History()
    for i in range(count):
        if history.wants(i):
            history.add(i, bytes([i % 256]))
    kept = history.iterations
    assert len(kept) <= 60 and kept[0] == 0 and len(set(np.diff(kept))) == 1
    assert len(kept) >= min(count, 30) and count - kept[-1] <= kept[1]
    assert history.nearest(kept[3] + 0.2)[0] == kept[3]


def test_curves_have_few_points_and_the_last_one():
    curves = loss_curves([{"content": float(i), "style": 1.0} for i in range(5000)], 4999, [(0, 96), (2500, 192)])
    assert len(curves["iterations"]) <= POINTS and curves["iterations"][-1] == 4999
    assert curves["terms"]["content"][-1] == 4999 and curves["terms"]["sum"][0] == 1.0 and "tv" not in curves["terms"]
    assert loss_curves([], 10)["iterations"] == [] and curve_picture(loss_curves([], 10)).size == (480, 360)
    assert np.asarray(curve_picture(curves, 300, 200)).std() > 10


def test_the_time_that_is_left_counts_pixels():
    assert work(GatysConfig(steps=5, coarse=2)) == [1 / 16, 1 / 4, 1 / 4, 1, 1]

    def steps():
        for i in range(3):
            yield Step(i, {"style": 1.0}, 1.0 * i, torch.zeros(1, 3, 8, 8))
        threading.Event().wait(SECONDS) if not seen else None

    seen = []
    live = LiveTransfer(steps(), GatysConfig(steps=4), lambda live: seen.append(live.seconds_left), interval=-1.0)
    assert live.wait(SECONDS)
    assert seen == [None, None, pytest.approx(2 * (1 + 1) / (0.25 + 0.25)), None]


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_is_said_and_the_best_kept(panel, monkeypatch):
    original = gatys_session.transfer

    def breaks(*args, **settings):
        for step in original(*args, **settings):
            if step.iteration == 6:
                raise NonFiniteLoss("the loss is not finite after 6 iterations")
            yield step

    monkeypatch.setattr(gatys_session, "transfer", breaks)
    panel.start()
    assert panel.wait(SECONDS) and panel.state == "stopped" and not panel.busy
    assert panel.error == "the loss is not finite after 6 iterations; the best picture until then is kept"
    assert panel.result.best.iteration in (5, 4) and panel.result.stopped in panel.error and panel.png()
    monkeypatch.setattr(gatys_session, "transfer", original)
    panel.start()
    assert not panel.error and panel.wait(SECONDS) and panel.state == "finished"


def test_anything_else_is_said_too(panel, monkeypatch):
    def broken(*args, **settings):
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr(gatys_session, "transfer", broken)
    panel.start()
    assert (
        panel.wait(SECONDS)
        and panel.error == "RuntimeError: out of memory"
        and panel.state == "stopped"
        and not panel.busy
    )
    assert "no picture" in panel.status
    with pytest.raises(ValueError, match="no picture yet"):
        panel.png()


def test_a_size_that_is_too_small_for_the_layers_is_said_before_anything_runs(encoder, content, style):
    panel = GatysPanel(content, style, encoder=encoder, size=32, steps=4, coarse=3)
    panel.start()
    assert "relu5_1" in panel.error and panel.state == "ready" and panel.wait(0)
    panel.close()


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("style_weight", -1.0, "style_weight must be a finite number >= 0"),
        ("style_weight", float("nan"), "style_weight"),
        ("steps", 0, "steps must be a whole number of at least 1"),
        ("steps", 1, "steps must be more than the 1 smaller sizes"),
        ("size", 8, "size must be a whole number of pixels from 32"),
        ("init", "grey", "unknown init 'grey': choose from content, noise, style"),
        ("optimizer", "sgd", "unknown optimizer 'sgd': choose from lbfgs, adam"),
        ("content", "nobody", "no content picture is called 'nobody'"),
        ("style_name", "nobody", "no style picture is called 'nobody'"),
        ("split", float("nan"), "split"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(panel, name, value, words):
    before, sent = getattr(panel, name), []
    panel.send_state = lambda key=None: sent.append(key)
    panel.set_state({name: value})
    assert getattr(panel, name) == before and words in panel.error and [name] in sent
    panel.start()
    assert panel.wait(SECONDS) and not panel.error


@pytest.mark.parametrize(
    "arguments", [{"size": 8}, {"size": 1.5}, {"steps": 0}, {"init": "x"}, {"encoder": "huge"}, {"tv_weight": -1}]
)
def test_a_panel_that_makes_no_sense_is_not_made(arguments):
    with pytest.raises(ValueError):
        GatysPanel(**{"encoder": "tiny", **arguments})


# ---- settings, pictures, saving --------------------------------------------------------------------------------------


def test_settings_count_from_the_next_start(panel):
    panel.start()
    panel.wait(SECONDS)
    picture = panel.picture
    panel.set_state({"optimizer": "adam", "steps": 4, "size": 48, "init": "noise"})
    assert panel.stale and panel.picture == picture and panel.state == "finished"
    panel.steps, panel.size, panel.init, panel.optimizer = 8, 32, "content", "lbfgs"
    assert not panel.stale
    panel.set_state({"optimizer": "adam", "steps": 4, "size": 48, "init": "noise"})
    panel.start()
    assert panel.wait(SECONDS) and opened(panel.picture).size == (66, 48) and panel.total == 4
    assert panel._live.config.optimizer == "adam" and panel._live.config.style_layers == LAYERS["style_layers"]


def test_messages_of_the_page_do_what_the_methods_do(panel, gate):
    say = lambda do: panel._handle_custom_msg({"do": do}, [])  # noqa: E731
    say("start")
    say("pause")
    assert panel.state == "paused"
    say("resume")
    assert panel.state == "running"
    say("stop")
    gate.open()
    assert panel.wait(SECONDS) and panel.state == "stopped" and not panel.error


def test_start_has_what_was_set_in_the_same_moment(panel):
    panel.set_state({"request": {"do": "start", "number": "a 1"}, "style_weight": 50.0, "steps": 4})
    assert panel.wait(SECONDS) and not panel.error and not panel.stale
    assert panel._live.config.style_weight == 50.0 and panel.iteration == 4


def test_reset_goes_back_to_the_beginning(panel, gate):
    start = {
        name: getattr(panel, name)
        for name in ("content", "style", "style_weight", "steps", "size", "init", "optimizer", "picture")
    }
    panel.start()
    live = panel._live
    panel.style_weight, panel.steps, panel.content, panel.style = 1.0, 20, "cat", "kilim"
    panel.reset()
    gate.open()
    assert live.wait(SECONDS) and panel.state == "ready" and not panel.stale and not panel.kept
    assert {name: getattr(panel, name) for name in start} == start and panel.result.best is None


def test_a_picture_of_one_s_own(panel):
    buffer = io.BytesIO()
    Image.fromarray(scene(50, 60, 7)).save(buffer, "PNG")
    message = {"do": "upload", "id": "a", "kind": "style", "name": "My kilim.png", "part": 0, "parts": 1}
    panel._handle_custom_msg(message, [memoryview(buffer.getvalue())])
    assert panel.style == panel.style_name == "My kilim" and panel.styles[-1]["own"]
    for broken in (b"no picture", _png(8, 8)):
        panel._handle_custom_msg({**message, "name": "broken.png"}, [memoryview(broken)])
        assert "broken.png" in panel.error and panel.style == "My kilim"
    with pytest.raises(ValueError, match="choose from content, style"):
        panel.add("mask", np.zeros((40, 40, 3), np.uint8))


@pytest.mark.parametrize("kind", ["content", "style"])
def test_a_picture_that_is_brought_sends_its_own_thumbnail_and_no_other(panel, monkeypatch, kind):
    for seed in range(3):
        name = f"mine {seed}"
        sent = thumbnails_sent(monkeypatch, panel, lambda: panel.add(kind, scene(50, 60, seed), name))  # noqa: B023
        assert sent == [panel.thumbnail(f"{kind}s", name)]


def _png(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_saved_picture_carries_how_it_was_made(encoder):
    panel = GatysPanel("cat", "kilim", encoder="tiny", size=32, steps=6, style_weight=2.0, **LAYERS)
    panel.start()
    panel.wait(SECONDS)
    sent = []
    panel.send = lambda content, buffers=None: sent.append((content, buffers))
    panel.style = "marbled"  # a setting of the next run
    panel._handle_custom_msg({"do": "save", "view": "v"}, [])
    (content, (png,)), recipe = sent[0], read_recipe(sent[0][1][0])
    assert content == {"do": "save", "view": "v", "name": "cat_in_kilim_by_optimisation.png"}
    assert (
        recipe["command"] == "gatys"
        and recipe["model"] == "tiny"
        and recipe["style_weight"] == 2.0
        and recipe["steps"] == 6
    )
    assert (
        recipe["content"]["name"] == "cat.jpg" and recipe["style"]["name"] == "kilim.jpg" and recipe["iteration"] <= 6
    )
    files = {kind: samples(kind)[recipe[kind]["name"][:-4]].path for kind in ("content", "style")}
    settings = {name: recipe[name] for name in GatysConfig.__dataclass_fields__}
    again = run(transfer(*files.values(), GatysConfig(**settings), encoder="tiny", device=recipe["device"]))
    expected = (again.image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    assert np.abs(np.asarray(opened(png)).astype(int) - expected).max() <= 1, "the recipe makes the same picture"
    panel.close()


def test_a_panorama_is_not_too_large(encoder):
    panel = GatysPanel(
        np.zeros((40, 400, 3), np.uint8), np.zeros((300, 30, 3), np.uint8), encoder=encoder, size=64, steps=4, **LAYERS
    )
    config, *_ = panel._session.prepare(panel._chosen)
    assert (config.size, config.style_size) == (19, 16)
    panel.close()


def test_a_still_picture(panel):
    alone = panel.static()
    panel.start()
    panel.wait(SECONDS)
    assert panel.static().width > alone.width + 400 and min(alone.size) >= 300
    assert repr(panel) == "GatysPanel(content='your content', style='your style', steps=8, size=32, state='finished')"
