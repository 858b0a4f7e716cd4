"""``adain-lab studio`` as people start it: a server of its own, a page in Chromium, nothing asked of other machines."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest
from browser.accessibility import findings

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def running_studio():
    """The server's process, where it answers, and what it has said so far; it is killed at the end."""
    command = [sys.executable, "-u", "-m", "adain_lab", "studio", "cat", "kilim", "--model", "tiny", "--size", "128"]
    server = subprocess.Popen(
        [*command, "--no-browser", "--theme", "dark"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line):
                break
        else:
            pytest.fail("the server ended:\n" + "".join(said))
        yield server, found.group()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    """Where the studio answers; it is stopped as Ctrl+C in a terminal stops it."""
    log = tmp_path_factory.mktemp("studio") / "log"
    with running_studio() as (server, where):
        yield where
        os.killpg(server.pid, signal.SIGINT)
        log.write_text(server.communicate(timeout=30)[0])
        assert server.returncode == 0 and "Traceback" not in log.read_text()


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    page.errors, page.outside = [], []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    for kind in ("request", "websocket"):
        page.on(
            kind,
            lambda it: (
                page.outside.append(it.url) if not re.match(r"(data|blob):|\w+://127\.0\.0\.1[:/]", it.url) else None
            ),
        )
    for _ in range(60):  # the kernels of the pages before have a moment to end
        if page.goto(address, timeout=90_000).status != 503:
            break
        page.wait_for_timeout(1000)
        page.errors.clear()
    page.wait_for_selector("input[type=range]", timeout=180_000)
    yield page
    if folder := os.environ.get("ADAIN_LAB_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/studio_page.png")
    page.goto("about:blank")  # so that it says goodbye to its kernel
    page.close()


def test_the_page_is_the_panel_and_its_slider_paints(page):
    assert page.title() == "adain_lab studio"
    shown = "() => [...document.querySelectorAll('img')].map((i) => i.src).join()"
    before = page.evaluate(shown)
    page.get_by_role("slider", name="Alpha").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background))) < 64, background  # --theme dark
    assert "from adain_lab" not in page.inner_text("body")  # no code, only the panel
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.errors == [] and page.outside == []


#: Remembers what the camera sends, so that one can see whether it is on.
TRACKS = """() => {
  window.tracks = [];
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await open(wish);
    tracks.push(...stream.getTracks());
    return stream;
  };
}"""
FRAMES = "Number(document.querySelector('.al-camera-panel').dataset.frames ?? 0)"


def test_the_camera_is_a_tab_that_starts_nothing_and_stops_when_it_is_left(page):
    page.context.grant_permissions(["camera"])
    page.evaluate(TRACKS)
    try:
        picture, camera = (page.get_by_role("tab", name=name) for name in ("Picture", "Live camera"))
        assert picture.get_attribute("aria-selected") == "true" and page.locator(".al-camera-panel").is_hidden()
        picture.focus()
        page.keyboard.press("ArrowRight")
        assert camera.get_attribute("aria-selected") == "true" and camera.evaluate(
            "tab => tab === document.activeElement"
        )
        page.locator(".al-camera-panel").wait_for()
        assert page.locator(".al-studio").is_hidden() and page.evaluate("tracks.length") == 0, "nobody has asked"
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_function(f"tracks.length === 1 && {FRAMES} > 2", timeout=60_000)
        painted = page.locator(".al-camera-panel .al-after")
        assert painted.evaluate("image => getComputedStyle(image).clipPath") == "none", "the studio's rules are its own"
        assert painted.bounding_box()["height"] > 200
        picture.click()
        page.wait_for_function("tracks[0].readyState === 'ended'")
        page.wait_for_timeout(500)
        frames = page.evaluate(FRAMES)
        page.wait_for_timeout(1000)
        assert page.evaluate(FRAMES) == frames and page.locator(".al-studio").is_visible()
        camera.click()
        page.get_by_role("button", name="Start", exact=True).wait_for()
        page.wait_for_timeout(1000)
        assert page.evaluate("tracks.length") == 1, "it is off until somebody starts it again"
    finally:
        page.context.clear_permissions()
    assert page.errors == [] and page.outside == []


def test_heading_help_and_a_picture_as_high_as_the_window_lets_it(page, tmp_path):
    assert page.get_by_role("heading", name="Studio", level=1).is_visible()
    words, folder = page.get_by_role("dialog", name="How to begin"), os.environ.get("ADAIN_LAB_SCREENSHOTS", tmp_path)
    for width, height in ((390, 844), (800, 1000), (1280, 800), (1600, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.screenshot(path=f"{folder}/studio_page-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        for button in page.locator(".studio-head button").all():
            box = button.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
        if width >= 1000:
            stage = page.locator(".al-stage").first.bounding_box()
            assert 0.8 * height < stage["y"] + stage["height"] <= height, "picture and slider, and no scrolling"
        assert words.count() == 0
        page.get_by_role("button", name="Help").click()
        words.wait_for()
        assert "Shift" in words.inner_text() and "Full screen" in words.inner_text()
        box = words.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
        page.keyboard.press("Escape")
        page.locator("#studio-help").wait_for(state="hidden")
    assert page.errors == [] and page.outside == []


def test_an_accessibility_engine_finds_nothing_grave(page):
    assert findings(page, "body") == []
    page.get_by_role("tab", name="Live camera").click()
    assert findings(page, "body") == []
    page.get_by_role("button", name="Help").click()
    page.get_by_role("dialog", name="How to begin").wait_for()
    assert findings(page, "body") == []


def test_the_picture_stays_in_sight_on_a_narrow_page_and_a_wide_one_does_not_scroll(page):
    scroller = "document.getElementById('rendered_cells')"
    for width, height in ((390, 844), (800, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        page.evaluate(f"{scroller}.scrollTop = 600")
        page.wait_for_timeout(100)
        assert page.evaluate(f"{scroller}.scrollTop") > 200
        picture = page.locator(".al-studio .al-compare").bounding_box()
        assert 0 <= picture["y"] < height / 4, "the controls have scrolled, the picture has not"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate(f"{scroller}.scrollHeight <= {scroller}.clientHeight"), "only the controls scroll"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.errors == [] and page.outside == []


def test_a_page_whose_server_has_stopped_says_how_to_start_it_again(browser):
    page = browser.new_page()
    try:
        with running_studio() as (server, where):
            page.goto(where, timeout=60_000)
            page.wait_for_selector("input[type=range]", timeout=180_000)
            assert page.locator(".al-lost").count() == 0
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)
        lost = page.locator(".al-studio .al-lost")
        lost.wait_for(timeout=30_000)
        assert "has stopped. Start it again with “adain-lab studio" in lost.inner_text()
        assert page.locator(".al-studio > .al-layout").evaluate("part => part.inert"), (
            "nothing moves that would paint nothing"
        )
    finally:
        page.close()
