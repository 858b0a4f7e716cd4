"""The page that ``adain-lab export --web`` writes, in Chromium, from a server that knows nothing of it."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from browser.accessibility import findings
from PIL import Image

import adain_lab
from adain_lab.export import browser_runtime, web
from adain_lab.images import to_pil, to_tensor

pytestmark = pytest.mark.browser

#: Own pictures: odd sizes, smaller than what the page reduces to, without loss.
CONTENT, STYLE = (90, 121), (75, 88)


class Quiet(http.server.SimpleHTTPRequestHandler):
    #: A server that does not know what a program for WebAssembly is.
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/octet-stream"}

    def log_message(self, *_):
        pass


class Sites(NamedTuple):
    """Pages, one below the other's name."""

    address: str
    folder: Path


@pytest.fixture(scope="module")
def sites(chromium, tmp_path_factory):
    """A server of pages."""
    try:
        package = browser_runtime.browser_runtime()
    except ConnectionError as error:
        pytest.skip(f"the page was not tried: {error}")
    folder = tmp_path_factory.mktemp("pages")
    for model in ("levels", "levels_light", "tiny"):
        web.export_page(adain_lab.load(model, "cpu", "float32"), folder / model, package)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Sites(f"http://127.0.0.1:{server.server_port}/", folder)
        server.shutdown()
        thread.join()


@pytest.fixture
def site(request, sites):
    """(address, stylizer) of the default model's page, or of the one that a test names."""
    model = getattr(request, "param", "levels")
    return f"{sites.address}{model}/", adain_lab.load(model, "cpu", "float32")


@pytest.fixture
def page(browser, site):
    """The page after its first picture; nothing may be asked of other machines, or go wrong unseen."""
    address, _ = site
    page = browser.new_page()
    page.set_default_timeout(60_000)
    errors, outside = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((address, "blob:", "data:")) else outside.append(request.url),
    )
    page.goto(address)
    settled(page)
    yield page
    if folder := os.environ.get("ADAIN_LAB_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/export_page.png")
    page.close()
    assert errors == [] and outside == []


def settled(page):
    """Wait until the page has painted what was last asked for."""
    page.wait_for_selector("#stage[aria-busy=false]", timeout=120_000)


def numbers(page, canvas="#painted"):
    """A canvas as numbers, (H, W, 3)."""
    element = page.locator(canvas)
    width, height = element.evaluate("canvas => [canvas.width, canvas.height]")
    code = """canvas => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
    }"""
    return np.array(element.evaluate(code), np.int16).reshape(height, width, 4)[..., :3]


def own(path, size, seed):
    """A picture of smooth colours as a PNG; (path, tensor)."""
    generator = np.random.default_rng(seed)
    small = Image.fromarray(generator.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    picture = small.resize(size[::-1], Image.Resampling.BICUBIC)
    picture.save(path)
    return path, torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


def choose(page, button, path):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(path)


def slide(page, label, value):
    page.get_by_role("slider", name=label).fill(str(value))
    settled(page)


def assert_same(painted, wanted):
    """Within a few grey levels everywhere, and hardly any off on average."""
    wanted = np.asarray(to_pil(wanted), np.int16)
    assert painted.shape == wanted.shape
    difference = np.abs(painted - wanted)
    assert difference.max() <= 3 and difference.mean() < 0.1, (difference.max(), difference.mean())
    assert wanted.std() > 10  # there is something to compare


# tiny paints sizes that are rounded up to multiples of 8, levels exact ones.
@pytest.mark.parametrize("site", ["levels", "tiny"], indirect=True)
def test_the_page_paints_what_python_paints(page, site, tmp_path):
    _, stylizer = site
    path, picture = own(tmp_path / "mine.png", CONTENT, 1)
    choose(page, "Your own photograph", path)
    page.get_by_role("img", name="mine, painted").wait_for()
    settled(page)
    village, kilim = (adain_lab.sample(name) for name in ("night_village", "kilim"))
    assert_same(numbers(page), stylizer(picture, village))
    slide(page, "Strength", 0.4)
    assert_same(numbers(page), stylizer(picture, village, 0.4))

    page.get_by_role("radio", name="Second").check()
    page.get_by_role("radio", name="Kilim").check()
    slide(page, "Share of the second", 30)
    assert_same(numbers(page), stylizer(picture, [village, kilim], 0.4, weights=[70, 30]))
    page.get_by_role("button", name="Remove the second style").click()
    settled(page)
    assert_same(numbers(page), stylizer(picture, village, 0.4))

    path, style = own(tmp_path / "rug.png", STYLE, 2)
    choose(page, "Your own style", path)
    page.get_by_role("img", name="in the style of rug").wait_for()
    slide(page, "Strength", 1)
    assert_same(numbers(page), stylizer(picture, style))

    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "mine-rug.png"
    download.value.save_as(tmp_path / "saved.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "saved.png").convert("RGB")), numbers(page))

    page.get_by_role("button", name="Show photograph").click()
    np.testing.assert_array_equal(numbers(page, "#original"), np.asarray(to_pil(picture)))


@pytest.fixture
def small_site(sites, tmp_path):
    """A page of the smallest model that opens with a small photograph."""
    folder = sites.folder / tmp_path.name
    shutil.copytree(sites.folder / "levels_light", folder)
    for file in (folder / "contents").iterdir():
        own(tmp_path / "small.png", (48, 64), 5)
        Image.open(tmp_path / "small.png").save(file, quality=95)
    yield f"{sites.address}{folder.name}/", folder
    shutil.rmtree(folder)


def opened(context, address):
    """The page after its first picture, what it fetched, and what it says computes."""
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(address)
    settled(page)
    return page, asked, page.locator("#about").text_content()


@pytest.fixture(scope="module")
def card(browser, sites):
    """A browser with a graphics card, be it one that the processor plays."""
    page = browser.new_page()
    page.goto(sites.address)  # a secure place, for it is on this machine
    found = page.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())")
    page.close()
    if not found:
        pytest.skip("this Chromium plays no graphics card: WebGPU was not tried")
    return browser


def test_a_graphics_card_paints_the_same_picture(card, small_site):
    address, _ = small_site
    pages = [opened(card, f"{address}?engine=webgpu"), opened(card, address)]
    (on_card, fetched, about), (on_processor, _, _) = pages
    assert "on the graphics card (WebGPU)" in about
    assert {"ort_webgpu.js", "ort_webgpu.wasm"} < set(fetched) and "ort.wasm" not in fetched
    assert_same(numbers(on_card), to_tensor(numbers(on_processor).astype(np.uint8)))
    for page, *_ in pages:
        page.close()


def test_without_a_real_graphics_card_the_processor_paints(card, small_site):
    """One that the processor plays is slower than the processor; and a card may fail where it said that it can."""
    address, folder = small_site
    page, fetched, about = opened(card, address)
    assert "on the processor (WebAssembly)" in about and "ort_webgpu.wasm" not in fetched
    page.close()
    (folder / "ort" / "ort_webgpu.js").write_text("export const env = { wasm: {} };")  # no session can be made
    page, fetched, about = opened(card, f"{address}?engine=webgpu")
    assert "on the processor (WebAssembly)" in about and {"ort_webgpu.wasm", "ort.wasm"} < set(fetched)
    assert numbers(page).std() > 10 and not page.locator("#error").is_visible()
    page.close()


def test_pictures_are_dropped_and_pasted(page, site, tmp_path):
    _, stylizer = site
    photograph, picture = own(tmp_path / "mine.png", CONTENT, 3)
    painting, style = own(tmp_path / "rug.png", STYLE, 4)
    for kind, path, target in (
        ("drop", photograph, "#painted"),
        ("drop", painting, "#styles"),
        ("paste", photograph, "body"),
    ):
        page.evaluate(
            """async ([kind, bytes, name, target]) => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
              const event = kind === "drop" ? new DragEvent("drop", { dataTransfer: data, bubbles: true })
                : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
              document.querySelector(target).dispatchEvent(event);
            }""",
            [kind, list(path.read_bytes()), path.name, target],
        )
        name = "in the style of rug" if target == "#styles" else "mine, painted"
        page.get_by_role("img", name=name).wait_for()
        settled(page)
    assert page.get_by_role("radio", name="mine").count() == 2  # dropped, and pasted
    assert_same(numbers(page), stylizer(picture, style))


def test_the_camera_takes_one_picture_and_is_let_go(page, browser):
    browser.grant_permissions(["camera"], origin=page.evaluate("location.origin"))
    page.evaluate(
        "() => { const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (wish) => (window.stream = await get(wish)); }"
    )
    page.get_by_role("button", name="Take a photograph").click()
    page.get_by_role("button", name="Take the picture").click()
    page.get_by_role("img", name="Camera, painted").wait_for(timeout=120_000)
    settled(page)
    assert page.evaluate("stream.getTracks().every((track) => track.readyState === 'ended')")
    page.get_by_role("button", name="Take a photograph").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").wait_for(state="hidden")
    assert page.evaluate("stream.getTracks().every((track) => track.readyState === 'ended')")
    assert page.get_by_role("radio", name="Camera", exact=True).count() == 1


def test_a_moving_slider_paints_drafts_and_the_picture_when_it_rests(page):
    page.get_by_role("combobox").select_option("512")
    page.wait_for_selector("#painted[height='512']", timeout=120_000)
    settled(page)
    move = "([value, kind]) => { alpha.value = value; alpha.dispatchEvent(new Event(kind)); }"
    page.evaluate(move, ["0.5", "input"])
    page.wait_for_selector("#painted[height='192']", timeout=120_000)
    page.evaluate(move, ["0.6", "change"])
    with page.expect_download() as download:  # waits for the picture
        page.get_by_role("button", name="Download").click()
    with Image.open(download.value.path()) as saved:
        assert min(saved.size) == 512
    page.get_by_role("img", name="alpha 0.6").wait_for()


def test_bad_pictures_are_refused_in_words(page, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    own(tmp_path / "dot.png", (5, 40), 1)
    before = numbers(page)
    for button in ("Your own photograph", "Your own style"):
        for name, reason in (("notes.png", "is not a picture"), ("dot.png", "40 × 5 pixels is too small")):
            choose(page, button, tmp_path / name)
            page.get_by_role("alert").filter(has_text=reason).wait_for()
            page.get_by_role("button", name="Dismiss").click()
            page.get_by_role("alert").wait_for(state="hidden")
    np.testing.assert_array_equal(numbers(page), before)


def test_the_page_fits_phones_and_screens(page):
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        page.evaluate("scrollTo(0, 10_000)")
        box = page.locator("#painted").bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= 800, (width, box)  # the picture stays in sight
    page.set_viewport_size({"width": 390, "height": 800})
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input[type=range], label.tile, label.slot")]
          .filter((e) => e.checkVisibility()).filter((e) => Math.min(e.offsetWidth, e.offsetHeight) < 44).length"""
    )
    assert small == 0  # for fingers
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select")]
          .filter((e) => !e.ariaLabel && !e.labels?.length && !e.textContent).length"""
    )
    assert unnamed == 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert findings(page, "body") == []
