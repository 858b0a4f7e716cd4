"""The mask panel in JupyterLab, painted on with a real mouse, real keys and fingers."""

import json

import numpy as np
import pytest
from browser.panel_page import DOT, PanelPage
from pictures import scene
from PIL import Image

from adain_lab import samples

pytestmark = pytest.mark.browser

STYLES = ["kilim", "marbled"]
CELLS = [
    f"from adain_lab.widgets import MaskPanel\npanel = MaskPanel('coffee', {STYLES}, stylizer='tiny', size=128)\npanel",
    "panel  # a second view of the same panel",
]
BLUE, ORANGE = [0, 114, 178], [230, 159, 0]


class MaskPage(PanelPage):
    """A notebook with two views of one panel."""

    selector = ".al-mask"
    painted = ".al-result"

    def __init__(self, notebook):
        super().__init__(notebook)
        self.canvas = self.view.locator(".al-canvas")

    def wait_for_painting(self, before):
        """Until Python has another painting than ``before``, and shows it; the covered share of each region."""
        for _ in self.polls():
            if self.painting() != before:
                break
        else:
            pytest.fail("nothing was painted")
        self.page.wait_for_timeout(150)  # what the hand did last
        self.wait_until_shown()
        return self.shares()

    def painting(self):
        return self.python("panel.painting.hex()")

    def shares(self):
        return self.python("panel.masks.mean((1, 2)).tolist()")

    def spot(self, x, y):
        """Where a place of the canvas is on the page."""
        box = self.canvas.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def stroke(self, *places, steps=10):
        """Paint from place to place with the mouse."""
        self.page.mouse.move(*self.spot(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.spot(*place), steps=steps)
        self.page.mouse.up()

    def dot(self, x, y, view=None):
        """The overlay's colour at a place; None where it is clear."""
        self.page.wait_for_timeout(60)  # the next frame
        *color, opacity = (view or self.view).locator(".al-canvas").evaluate(DOT, [x, y])
        return color if opacity else None

    def wait_for_dot(self, x, y, color, view=None):
        for _ in range(60):
            now = self.dot(x, y, view)
            if now == color or (now and color and max(abs(a - b) for a, b in zip(now, color, strict=True)) < 6):
                return
        pytest.fail(f"the overlay is {now}, not {color}")


@pytest.fixture(scope="module")
def opened(open_notebook):
    return MaskPage(open_notebook("mask.ipynb", CELLS))


@pytest.fixture
def mask(opened):
    opened.page.bring_to_front()
    opened.run("panel.reset()")
    opened.wait_until_shown()
    opened.wait_for_dot(0.5, 0.5, None)
    opened.view.locator(".al-chip").first.click()
    opened.view.scroll_into_view_if_needed()
    return opened


def test_a_stroke_paints_its_region_alone(mask):
    before, painting = mask.picture(), mask.painting()
    mask.stroke((0.1, 0.2), (0.1, 0.8))
    first, second = mask.wait_for_painting(painting)
    assert 0.05 < first < 0.3 and second == 0
    labels = mask.python("panel.masks[0].mean(0).gt(0).nonzero().flatten().tolist()")
    assert labels[0] < 0.1 * 192 < labels[-1] < 0.2 * 192, "it lies where the mouse was"
    change = np.abs(mask.picture() - before).max(2)
    assert change[40:90, 10:26].mean() > 20 and change[:, 120:].max() <= 3, "far away nothing changes"
    for view in mask.views.all():
        mask.wait_for_dot(0.1, 0.35, BLUE, view)
        assert mask.dot(0.8, 0.5, view) is None
    said = mask.python("panel.description")
    assert said.startswith("Kilim") and "covers" in said and said.split(";")[0].endswith("mostly on the left")
    for view in mask.views.all():
        assert view.locator(".al-live").inner_text() == said
        assert said in view.locator(".al-canvas").get_attribute("aria-description")


def test_a_second_region_and_the_eraser(mask):
    painting = mask.painting()
    mask.stroke((0.2, 0.3), (0.8, 0.3))
    painting, (first, _) = (mask.painting(), mask.wait_for_painting(painting))
    mask.view.get_by_role("radio", name="Region 2", exact=True).check(force=True)
    mask.stroke((0.5, 0.1), (0.5, 0.9))
    mask.wait_for_dot(0.5, 0.2, ORANGE)
    covered, second = mask.wait_for_painting(painting)
    assert second > 0.05 and covered < first, "a pixel has one region"
    mask.view.get_by_role("radio", name="Eraser").check(force=True)
    painting = mask.painting()
    mask.stroke((0.5, 0.0), (0.5, 1.0))
    assert mask.wait_for_painting(painting)[1] < 0.01


def test_undo_and_redo_by_keys_and_buttons(mask):
    empty = mask.painting()
    mask.stroke((0.2, 0.5), (0.4, 0.5))
    mask.wait_for_painting(empty)
    one = mask.painting()
    mask.stroke((0.6, 0.5), (0.8, 0.5))
    mask.wait_for_painting(one)
    two = mask.shares()
    mask.page.keyboard.press("Control+z")
    mask.wait_for("panel.painting.hex()", one)
    mask.page.keyboard.press("Control+z")
    mask.wait_for("panel.masks.any().item()", False)
    mask.page.keyboard.press("Control+Shift+z")
    mask.wait_for("panel.painting.hex()", one)
    mask.view.get_by_role("button", name="Redo").click()
    mask.wait_for("panel.masks.mean((1, 2)).tolist()", two)
    assert mask.view.get_by_role("button", name="Redo").get_attribute("aria-disabled") == "true"
    mask.view.get_by_role("button", name="Undo").click()
    mask.wait_for("panel.painting.hex()", one)
    mask.wait_for_dot(0.3, 0.5, BLUE, mask.views.nth(1))
    mask.views.nth(1).get_by_role("button", name="Undo").click()
    mask.wait_for(
        "panel.masks.mean((1, 2)).tolist()", two
    )  # the other view takes back that undo: one step, like each stroke
    assert mask.page.locator(".jp-Cell").count() == 2, "the notebook did not undo anything"


def test_painting_by_keys_alone(mask):
    mask.canvas.focus()
    ring = mask.view.locator(".al-ring")
    painting = mask.painting()
    mask.page.keyboard.press("2")
    wide = ring.bounding_box()["width"]
    for _ in range(3):
        mask.page.keyboard.press("[")
    assert ring.bounding_box()["width"] < 0.6 * wide
    for _ in range(3):
        mask.page.keyboard.press("]")
    for _ in range(4):
        mask.page.keyboard.press("ArrowLeft")
    mask.page.keyboard.press("Space")
    first, dot = mask.wait_for_painting(painting)
    assert first == 0 and dot == pytest.approx(3.14 * 12**2 / (128 * 192), rel=0.15)
    painting = mask.painting()
    mask.page.keyboard.down("Space")
    for _ in range(6):
        mask.page.keyboard.press("ArrowDown")
    mask.page.keyboard.up("Space")
    assert mask.wait_for_painting(painting)[1] > 2 * dot, "held down, it paints a line"
    painting = mask.painting()
    mask.page.keyboard.press("1")
    mask.page.keyboard.press("f")
    assert sum(mask.wait_for_painting(painting)) == pytest.approx(1)
    mask.page.keyboard.press("x")
    mask.page.keyboard.press("m")
    assert mask.page.locator(".jp-CodeCell").count() == 2, "no key reached the notebook's own shortcuts"


def test_painting_by_touch(mask):
    session, painting = mask.page.context.new_cdp_session(mask.page), mask.painting()
    for kind, place in (("touchStart", (0.3, 0.3)), ("touchMove", (0.3, 0.5)), ("touchMove", (0.3, 0.9))):
        x, y = mask.spot(*place)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert mask.wait_for_painting(painting)[0] > 0.05
    assert mask.canvas.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"


def test_a_long_stroke_does_not_flood_and_ends_on_the_last_place(mask):
    mask.run(
        "import time\nsent, take, render = [], panel.set_state, panel._session.render\n"
        "def taking(state):\n    sent.append({k: len(v) for k, v in state.items() if k == 'painting'}); take(state)\n"
        "def slow(**settings):\n    time.sleep(0.15); return render(**settings)\n"
        "panel.set_state, panel._session.render = taking, slow"
    )
    painting, (left, middle), box = mask.painting(), mask.spot(0.05, 0.5), mask.canvas.bounding_box()
    wide, high = box["width"], box["height"]
    mask.page.mouse.move(left, middle)
    mask.page.mouse.down()
    for step in range(60):
        mask.page.mouse.move(left + 0.9 * wide * step / 60, middle + 0.3 * high * np.sin(step / 5))
    mask.page.mouse.move(*mask.spot(0.95, 0.1))
    mask.page.mouse.up()
    mask.wait_for_painting(painting)
    mask.wait_for("panel.masks[0, int(0.1 * 128), int(0.95 * 192)].item()", 1)
    mask.wait_until_shown()
    sent = mask.python("[message['painting'] for message in sent]")
    mask.run("panel.set_state, panel._session.render = take, render")
    assert 1 <= len(sent) <= 30 and max(sent) < 1500, "61 movements"
    mask.page.keyboard.press("Control+z")
    mask.wait_for("panel.masks.any().item()", False)


def test_a_sample_mask_and_undo(mask):
    mask.view.get_by_label("Start from a sample mask").select_option("temple")
    mask.wait_for("len(panel.style_names)", 3)
    mask.wait_until_shown()
    assert sum(mask.shares()) == pytest.approx(1)
    for view in mask.views.all():
        mask.wait_for_dot(0.8, 0.05, BLUE, view)
        assert view.locator(".al-region").count() == 3
    mask.page.wait_for_timeout(300)
    mask.view.get_by_role("button", name="Undo").click()
    mask.wait_for("panel.masks.any().item()", False)


def test_soft_edges_statistics_and_alpha(mask):
    mask.run("panel.masks = [__import__('torch').ones(128, 192).triu()]")
    mask.wait_until_shown()
    pictures = [mask.picture()]
    soft = mask.view.get_by_label("Soft edges")
    soft.focus()
    for _ in range(16):
        mask.page.keyboard.press("ArrowRight")
    mask.wait_for("panel.feather", 16)
    mask.wait_until_shown()
    pictures.append(mask.picture())
    mask.view.get_by_label("Content statistics of the whole picture").check()
    mask.wait_for("panel.global_statistics", True)
    mask.wait_until_shown()
    pictures.append(mask.picture())
    mask.view.get_by_label("Alpha of region 1").focus()
    for _ in range(40):
        mask.page.keyboard.press("ArrowLeft")
    mask.wait_for("panel.alpha", [0.6, 1])
    mask.wait_until_shown()
    pictures.append(mask.picture())
    for one, other in zip(pictures, pictures[1:], strict=False):
        assert np.abs(one - other).max() > 10
    second = mask.views.nth(1)
    assert (
        second.get_by_label("Soft edges").input_value() == "16"
        and second.get_by_label("Content statistics").is_checked()
    )
    assert (
        second.get_by_label("Alpha of region 1").input_value() == "0.6"
        and "0.60" in second.locator(".al-region").first.inner_text()
    )


def test_a_style_is_chosen_for_a_region(mask):
    mask.view.locator(".al-region-pick").nth(1).click()
    assert mask.view.get_by_role("radio", name="Region 2", exact=True).is_checked()
    mask.view.locator(".al-strip-style input[value=de_stijl]").check(force=True)
    mask.wait_for("panel.style_names", ["kilim", "de_stijl"])
    title = samples("style")["de_stijl"].title
    for view in mask.views.all():
        view.locator(".al-region").nth(1).get_by_text(title).wait_for()
    mask.view.get_by_role("button", name="Add a region").click()
    mask.wait_for("[len(panel.style_names), panel.alpha]", [3, [1, 1, 1]])
    assert mask.view.get_by_role("radio", name="Region 3", exact=True).is_checked()
    painting = mask.painting()
    mask.view.get_by_role("button", name="Fill all").click()
    mask.wait_for_painting(painting)
    assert mask.shares() == [0, 0, 1]


def test_every_content_has_its_own_painting(mask):
    mask.stroke((0.2, 0.5), (0.8, 0.5))
    mask.page.wait_for_timeout(200)
    mask.wait_until_shown()
    painting = mask.painting()
    mask.view.locator(".al-strip-content input[value=astronaut]").check(force=True)
    mask.wait_for("[panel.content, panel.masks.any().item()]", ["astronaut", False])
    mask.wait_until_shown()
    for view in mask.views.all():
        mask.wait_for_dot(0.5, 0.35, None, view)
        box = view.locator(".al-canvas").bounding_box()
        assert box["width"] == pytest.approx(box["height"], rel=0.02), "the canvas has the picture's shape"
    mask.view.locator(".al-strip-content input[value=coffee]").check(force=True)
    mask.wait_for("panel.painting.hex()", painting)
    mask.wait_for_dot(0.25, 0.5, BLUE)


def test_masks_are_saved_loaded_and_refused(mask, tmp_path):
    path = tmp_path / "half.png"
    Image.fromarray(np.where(np.arange(96) < 48, 255, 0).astype(np.uint8)[None].repeat(64, 0)).save(path)
    mask.choose_file("Load mask", path)
    mask.wait_for("panel.masks.mean((1, 2)).tolist()", [0.5, 0.5])
    mask.wait_until_shown()
    mask.wait_for_dot(0.9, 0.1, ORANGE)
    with mask.page.expect_download() as download:
        mask.view.get_by_role("button", name="Save mask").click()
    assert sorted(set(np.asarray(Image.open(download.value.path())).flatten().tolist())) == [0, 255]
    with mask.page.expect_download() as download:
        mask.view.get_by_role("button", name="Save PNG").click()
    recipe = json.loads(Image.open(download.value.path()).text["adain_lab"])
    assert recipe["masks"]["form"] == "labels" and len(recipe["styles"]) == 2
    words = tmp_path / "words.png"
    words.write_text("These are words.")
    mask.choose_file("Load mask", words)
    mask.error.wait_for()
    assert "words.png is not a picture" in mask.error.inner_text() and mask.shares() == [0.5, 0.5]
    mask.view.get_by_role("button", name="Dismiss").click()
    mask.wait_for("panel.error", "")
    own = tmp_path / "my wall.png"
    Image.fromarray(scene(90, 120, 5)).save(own)
    mask.view.locator(".al-region-pick").nth(1).click()
    mask.choose_file("Upload a style picture", own)
    mask.wait_for("panel.style_names", ["kilim", "my wall"])


def test_the_overlay_is_switched_off_and_sharp(mask):
    mask.run("panel.masks = [__import__('torch').ones(1, 1)]")
    mask.wait_for_dot(0.1, 0.1, BLUE)
    mask.view.get_by_role("switch", name="overlay").uncheck()
    mask.wait_for_dot(0.1, 0.1, None)
    mask.view.get_by_role("switch", name="overlay").check()
    mask.wait_for_dot(0.1, 0.1, BLUE)
    dots = "canvas => [canvas.width, Math.round(canvas.clientWidth * devicePixelRatio), devicePixelRatio]"
    session = mask.page.context.new_cdp_session(mask.page)
    session.send(
        "Emulation.setDeviceMetricsOverride", {"width": 1280, "height": 1000, "deviceScaleFactor": 2, "mobile": False}
    )
    mask.run("panel.clear()")
    mask.wait_for_dot(0.1, 0.1, None)
    width, wanted, ratio = mask.canvas.evaluate(dots)
    session.send("Emulation.clearDeviceMetricsOverride")
    assert width == pytest.approx(wanted, abs=2) and ratio == 2, "as many dots as the screen has"
    assert mask.canvas.get_attribute("data-lm-suppress-shortcuts") == "true"
    assert "coffee" in mask.canvas.get_attribute("aria-label").lower() and "Space paints" in mask.canvas.get_attribute(
        "aria-description"
    )


def test_screens_of_all_widths_in_both_themes(mask, tmp_path):
    mask.view.locator(".al-strip-content input[value=temple]").check(force=True)
    mask.wait_for("[panel.content, len(panel.style_names)]", ["temple", 3])
    mask.wait_until_shown()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        with mask.in_theme(theme):
            for width in (700, 800, 1100, 1400, 1600):
                mask.look(tmp_path, "mask", width, 900)
                left, right = (element.bounding_box() for element in mask.view.locator(".al-paint").all())
                for side in ("y", "width"):
                    assert left[side] == pytest.approx(right[side], abs=2), "canvas and picture stand side by side"


def test_an_accessibility_engine_finds_nothing_grave(mask):
    mask.run("panel.masks = 'cat'")
    mask.wait_until_shown()
    mask.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(mask):
    mask.clear()
    mask.run("panel.masks = 'cat'")
    mask.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()
