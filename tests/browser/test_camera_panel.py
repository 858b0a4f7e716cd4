"""The camera panel in a real browser with its fake camera: in a bare page whose "kernel" sends every frame back as it came,
and once in JupyterLab with a kernel that paints.
"""

import os
import re
from pathlib import Path

import pytest
from browser.panel_page import CONTRAST, PanelPage
from browser.test_bare_page import MOUNT, jsonable
from PIL import Image

from adain_lab.widgets import CameraPanel

pytestmark = pytest.mark.browser

ADDRESS = "http://127.0.0.1:9/camera"  # nobody answers there; browsers open cameras for it
#: A kernel that answers each frame with itself, after a while; and a count of what was under way at once.
ECHO = """(delay) => {
  window.frames_sent = 0; window.under_way = 0; window.most = 0; window.sizes = []; window.tracks = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    tracks.push(...stream.getTracks());
    return stream;
  };
  window.answers = true;
  model.send = (content, callbacks, buffers) => {
    if (content.do !== "frame") return window.sent.push(content);
    frames_sent += 1; under_way += 1; most = Math.max(most, under_way); sizes.push(buffers[0].byteLength);
    setTimeout(() => {
      under_way -= 1;
      if (answers) emit("msg:custom", { ...content, milliseconds: 12, network: 9, width: 171, height: 128 }, [new DataView(buffers[0])]);
    }, delay);
  };
}"""
FRAMES = "() => Number(document.querySelector('.al-camera-panel').dataset.frames ?? 0)"
LIVE = "() => tracks.filter((track) => track.readyState === 'live').length"


@pytest.fixture(scope="module")
def state():
    panel = CameraPanel(["kilim", "marbled"], stylizer="tiny", size=128)
    skip = ("layout", "comm", "tabbable", "tooltip")
    names = [name for name in panel.keys if not name.startswith("_") and name not in skip]
    return [str(panel._esm), str(panel._css), {name: jsonable(getattr(panel, name)) for name in names}]


@pytest.fixture
def page(browser, state):
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    html = "<!doctype html><meta name='color-scheme' content='light dark'><title>camera</title><body></body>"
    page.route(ADDRESS, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(ADDRESS)
    page.context.grant_permissions(["camera"], origin="http://127.0.0.1:9")
    page.evaluate(MOUNT, state)
    page.evaluate(ECHO, 20)
    yield page
    page.context.clear_permissions()
    page.close()
    assert errors == []


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def start(page):
    button(page, "Start").click()
    page.evaluate("model.set('driver', model.get('driver'))")


def test_frames_change_and_the_rate_is_shown(page):
    start(page)
    page.wait_for_function(f"({FRAMES})() > 5")
    first = page.locator(".al-live").get_attribute("src")
    page.wait_for_function("src => document.querySelector('.al-live').src !== src", arg=first)
    words = page.locator(".al-status").inner_text()
    rate = float(words.split()[0])
    assert rate > 0 and "171 × 128 · 12 ms in the kernel" in words and "ms there and back" in words
    parts = re.search(r"\(camera (\d+), way (\d+), network 9, page (\d+)\)", words)
    assert parts and sum(map(int, parts.groups()[1:])) < 500, words
    assert page.evaluate("most") == 1, "the next frame goes when the last is back"
    assert page.evaluate("Math.max(...sizes)") < 60_000 and page.evaluate(LIVE) == 1


def test_stop_lets_go_of_the_camera(page):
    start(page)
    page.wait_for_function(f"({FRAMES})() > 2")
    button(page, "Stop").click()
    page.wait_for_function(f"({LIVE})() === 0")
    page.wait_for_timeout(200)
    sent = page.evaluate("frames_sent")
    page.wait_for_timeout(400)
    assert page.evaluate("frames_sent") == sent and page.evaluate("model.get('running')") is False
    start(page)
    page.wait_for_function(f"({LIVE})() === 1")


def test_a_kernel_that_does_not_answer_gets_one_frame(page):
    page.evaluate("answers = false")
    start(page)
    page.wait_for_function("frames_sent === 1")
    page.wait_for_timeout(1500)
    assert page.evaluate("frames_sent") == 1


def test_a_closed_view_lets_go_of_the_camera(page):
    start(page)
    page.wait_for_function(f"({FRAMES})() > 2")
    page.evaluate("leave()")
    page.wait_for_function(f"({LIVE})() === 0")
    assert page.evaluate("[listening(), document.body.children.length, model.get('running')]") == [0, 0, False]


def test_out_of_sight_it_lets_go_and_comes_back(page):
    start(page)
    page.wait_for_function(f"({FRAMES})() > 2")
    page.evaluate("document.querySelector('.al-camera-panel').style.marginTop = '4000px'")
    page.wait_for_function(f"({LIVE})() === 0")
    assert "out of sight" in page.locator(".al-status").inner_text()
    before = page.evaluate("frames_sent")
    page.evaluate("document.querySelector('.al-camera-panel').style.marginTop = ''")
    page.wait_for_function("before => frames_sent > before + 2", arg=before)
    assert page.evaluate(LIVE) == 1


def test_without_permission_the_clip_runs_and_it_says_what_to_do(page):
    page.context.clear_permissions()
    start(page)
    page.get_by_role("alert").wait_for()
    words = page.get_by_role("alert").inner_text()
    assert "The webcam was not allowed: allow it beside the page's address" in words and "clip" in words
    page.wait_for_function(f"({FRAMES})() > 5")
    assert page.evaluate("model.get('source')") == "clip" and page.evaluate(LIVE) == 0
    first = page.locator(".al-live").get_attribute("src")
    page.wait_for_function("src => document.querySelector('.al-live').src !== src", arg=first)
    page.get_by_role("alert").get_by_role("button").click()
    assert page.get_by_role("alert").is_hidden()


def test_controls_send_settings(page):
    page.get_by_role("slider", name="Size").focus()
    page.keyboard.press("End")
    page.get_by_role("switch").check(force=True)
    page.locator(".al-strip-style label:has(input[value=neon_rain])").click()
    page.wait_for_function("model.get('size') === 384 && model.get('color') === 'luminance'")
    assert page.evaluate("model.get('style_names')") == ["neon_rain"]
    assert page.get_by_role("slider", name="Share").is_hidden()
    page.locator(".al-strip-style label:has(input[value=kilim])").click(modifiers=["Shift"])
    assert page.evaluate("model.get('style_names')") == ["neon_rain", "kilim"]
    button(page, "Snapshot").click()
    assert page.evaluate("model.get('request').do") == "save"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_all_widths(page, scheme, tmp_path):
    folder = Path(os.environ.get("ADAIN_LAB_SCREENSHOTS", tmp_path))
    page.emulate_media(color_scheme=scheme)
    page.evaluate("model.set('style_names', ['kilim', 'marbled'])")
    for width in (390, 800, 1280):
        page.set_viewport_size({"width": width, "height": 844 if width < 500 else 800})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"
        if width >= 800:
            assert page.locator(".al-camera-panel").bounding_box()["height"] < 700, "it fits into JupyterLab's view"
        page.screenshot(path=folder / f"camera-{scheme}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 1000})


class CameraPage(PanelPage):
    """A notebook with two views of one camera panel."""

    selector = ".al-camera-panel"
    ready = "not panel.running"

    def frames(self):
        return [int(view.get_attribute("data-frames") or 0) for view in self.views.all()]


def test_in_jupyterlab_a_kernel_paints_for_two_views(open_notebook):
    make = "from adain_lab.widgets import CameraPanel\npanel = CameraPanel('kilim', stylizer='tiny', size=128)\npanel"
    camera = CameraPage(open_notebook("camera.ipynb", [make, "panel  # a second view of the same panel"]))
    camera.page.context.grant_permissions(["camera"])
    camera.page.set_viewport_size({"width": 1280, "height": 1900})  # both views are in sight
    try:
        camera.view.get_by_role("button", name="Start").click()
        for _ in camera.polls(60):
            if min(camera.frames()) > 5:
                break
        painted, seen = camera.python("panel.frames"), camera.frames()
        assert min(seen) > 5 and max(seen) <= painted + 2, "each frame is painted once, and seen in both views"
        assert float(camera.view.locator(".al-status").inner_text().split()[0]) > 0
        assert "another view" in camera.views.nth(1).locator(".al-status").inner_text()
        camera.run("panel.seconds = 1.0")
        with camera.page.expect_download() as download:
            camera.view.get_by_role("button", name="Record 1 s").click()
        clip = Image.open(download.value.path())
        assert (
            clip.format == "WEBP"
            and clip.n_frames > 1
            and clip.size == tuple(camera.python("[*panel.images.shape[:1:-1]]"))
        )
        camera.views.nth(1).get_by_role("button", name="Stop").click()
        camera.wait_for("panel.running", False)
        camera.wait_until_shown()
        with camera.page.expect_download():
            camera.view.get_by_role("button", name="Snapshot").click()
        camera.type_shortcuts(".al-start")
        camera.check_accessible()
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            with camera.in_theme(theme):
                assert camera.view.evaluate(CONTRAST) >= 4.5, "small letters are readable"
    finally:
        camera.page.context.clear_permissions()
        camera.page.set_viewport_size({"width": 1280, "height": 1000})
    camera.check_quiet()
