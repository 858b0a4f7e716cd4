"""The style space panel in JupyterLab, moved by a real mouse and real keys."""

import json

import pytest
from browser.panel_page import PIXELS, PanelPage
from pictures import scene
from PIL import Image

from adain_lab import samples

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import StyleSpacePanel\npanel = StyleSpacePanel('coffee', 'marbled', stylizer='tiny', size=128)\npanel",
    "panel  # a second view of the same panel",
    "print('the last cell')",
]


class SpacePage(PanelPage):
    """The notebook with its first view of the panel."""

    selector = ".al-space"

    def __init__(self, notebook):
        super().__init__(notebook)
        self.plane = self.view.locator(".al-plane")
        self.cursor = self.view.get_by_role("slider", name="Place in style space")
        self.bands = self.view.locator(".al-band input")

    def spot(self, x, y):
        """Where a place of the map is on the page."""
        box, extent = self.plane.bounding_box(), self.python("panel.extent")
        return box["x"] + (x / extent + 1) / 2 * box["width"], box["y"] + (1 - y / extent) / 2 * box["height"]

    def drag(self, *places, steps=12):
        self.page.mouse.move(*self.spot(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.spot(*place), steps=steps)
        self.page.mouse.up()


@pytest.fixture(scope="module")
def opened(open_notebook):
    return SpacePage(open_notebook("style_space.ipynb", CELLS))


@pytest.fixture
def space(opened):
    opened.run("panel.reset()")
    opened.wait_until_shown()
    opened.plane.scroll_into_view_if_needed()
    yield opened
    opened.run("panel.reset()")


def free_place(space):
    """A place on the map where no thumbnail stands."""
    points, extent = space.python("[[p['u'], p['v']] for p in panel.points]"), space.python("panel.extent")
    grid = [(x / 10 * extent, y / 10 * extent) for x in range(-8, 9) for y in range(-8, 9)]
    return max(grid, key=lambda g: min(max(abs(g[0] - u), abs(g[1] - v)) for u, v in points))


def test_the_map_shows_every_style_with_names(space):
    radios = space.view.get_by_role("radiogroup", name="Styles on the map").get_by_role("radio")
    assert radios.count() == len(samples("style"))
    assert [radio.get_attribute("value") for radio in radios.all() if radio.is_checked()] == ["marbled"]
    assert all(image.get_attribute("alt") for image in space.view.locator(".al-pin img").all())
    assert "component 1" in space.cursor.get_attribute("aria-valuetext")
    assert samples("style")["marbled"].title in space.cursor.get_attribute("aria-valuetext")
    assert space.bands.count() == 6
    assert all("% of the variance" in band.get_attribute("aria-label") for band in space.bands.all())


def test_the_cursor_is_dragged_and_the_sliders_follow(space):
    before = space.after.evaluate(PIXELS)
    x, y = free_place(space)
    space.drag((x, y), (0.4, 0.8), (x / 2, y / 2))
    space.wait_until_shown()
    position = space.python("panel.position")
    assert position == pytest.approx([x / 2, y / 2], abs=0.05)
    assert space.python("panel.coordinates == panel.space.walk(panel.position)")
    assert space.after.evaluate(PIXELS) != before
    for view in space.views.all():
        values = [float(band.input_value()) for band in view.locator(".al-band input").all()]
        assert values == pytest.approx(space.python("panel.coordinates[:6]"), abs=0.03)
        cursor, plane = view.locator(".al-cursor").bounding_box(), view.locator(".al-plane").bounding_box()
        extent = space.python("panel.extent")
        assert (cursor["x"] + 12 - plane["x"]) / plane["width"] == pytest.approx(
            (position[0] / extent + 1) / 2, abs=0.01
        )
        assert (cursor["y"] + 12 - plane["y"]) / plane["height"] == pytest.approx(
            (1 - position[1] / extent) / 2, abs=0.01
        )


def test_a_click_on_a_thumbnail_is_that_style_and_a_drag_from_it_walks(space):
    kilim = space.python("next([p['u'], p['v']] for p in panel.points if p['name'] == 'kilim')")
    space.page.mouse.click(*space.spot(*kilim))
    space.wait_for("panel.style_name", "kilim")
    space.wait_until_shown()
    assert space.view.locator(".al-pin input[value=kilim]").is_checked()
    space.drag(kilim, (0.0, 0.0))
    space.wait_for("[round(v, 1) + 0.0 for v in panel.position]", [0.0, 0.0])
    space.wait_for("panel.style_name", "")
    assert space.view.locator(".al-pin input:checked").count() == 0


def test_the_cursor_is_moved_by_keys_and_snaps(space):
    start = space.python("panel.position")
    space.cursor.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowUp"):
        space.page.keyboard.press(key)
    space.wait_for("[round(a - b, 2) for a, b in zip(panel.position, " + repr(start) + ")]", [0.2, 0.4])
    space.page.keyboard.press("Home")
    space.wait_for("panel.position", [0.0, 0.0])
    space.page.keyboard.press("Enter")
    nearest = space.python("min(panel.points, key=lambda p: p['x'] ** 2 + p['y'] ** 2)['name']")
    space.wait_for("panel.style_name", nearest)
    space.page.keyboard.press("Shift+Tab")
    space.page.keyboard.press("ArrowRight")
    space.wait_for(f"panel.style_name not in ('', {nearest!r})", True)


def test_the_equaliser_by_mouse_and_keys(space):
    before = space.python("panel.coordinates")
    box = space.bands.nth(2).bounding_box()
    space.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    space.page.mouse.down()
    space.page.mouse.move(box["x"] + box["width"] - 11, box["y"] + box["height"] / 2, steps=15)
    space.page.mouse.up()
    space.wait_for("round(panel.coordinates[2], 1)", space.python("panel.limit"))
    assert space.python("panel.coordinates[:2] + panel.coordinates[3:]") == before[:2] + before[3:]
    space.bands.first.focus()
    for _ in range(4):
        space.page.keyboard.press("ArrowRight")
    space.wait_for(f"round(panel.coordinates[0] - {before[0]}, 1)", 0.2)
    space.wait_until_shown()
    assert space.python("panel.position == panel.coordinates[:2]")
    assert f"{space.python('panel.coordinates[0]'):+.1f}".replace("-", "−") in space.cursor.get_attribute(
        "aria-valuetext"
    )
    space.view.get_by_role("button", name="Flat").click()
    space.wait_for("sum(map(abs, panel.coordinates))", 0.0)
    space.wait_until_shown()


def test_a_slow_kernel_skips_places_never_the_last(space):
    space.run(
        "import time\ncalls, paint = [], panel._paint\n"
        "def slow(**settings):\n    calls.append(settings['coordinates'][:2]); time.sleep(0.15); return paint(**settings)\n"
        "panel._paint = slow"
    )
    x, y = free_place(space)
    space.drag((x, y), (0.0, 0.0), (1.0, -1.0), steps=30)
    space.wait_for("[round(v, 1) for v in panel.position]", [1.0, -1.0])
    space.wait_until_shown()
    calls = space.python("calls")
    space.run("panel._paint = paint")
    assert calls[-1] == pytest.approx([1.0, -1.0], abs=0.05) and 2 <= len(calls) < 50
    left = space.view.locator(".al-cursor").evaluate("cursor => parseFloat(cursor.style.left)")
    wanted = 50 * (1 + calls[-1][0] / space.python("panel.extent"))
    assert left == pytest.approx(wanted, abs=0.5), "late answers do not pull the cursor back"


def test_alpha_content_save_and_reset(space):
    alpha = space.view.get_by_label("Alpha")
    alpha.focus()
    space.page.keyboard.press("Home")
    space.wait_for("panel.alpha", 0.0)
    space.view.locator(".al-strip-content label:has(input[value=temple])").click()
    space.wait_for("panel.content", "temple")
    space.wait_until_shown()
    with space.page.expect_download() as download:
        space.view.get_by_role("button", name="Save PNG").click()
    image = Image.open(download.value.path())
    recipe = json.loads(image.text["adain_lab"])
    assert recipe["alpha"] == 0 and recipe["coordinates"] == space.python("panel.coordinates")
    space.view.get_by_role("button", name="Reset").click()
    space.wait_for("[panel.content, panel.style_name, panel.alpha]", ["coffee", "marbled", 1.0])


def test_a_style_of_one_s_own_is_placed_and_a_broken_one_is_refused(space, tmp_path):
    path = tmp_path / "my style.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for file in (path, broken):
        space.choose_file("Place your own", file)
        space.wait_for("panel.style_name", "my style")
    assert space.view.locator(".al-pin-own").count() == 1
    space.error.wait_for()
    assert "broken.png" in space.error.inner_text()
    space.error.get_by_role("button").click()
    space.wait_for("panel.error", "")


@pytest.mark.parametrize(
    "control", [".al-cursor", ".al-pin input", ".al-band input", ".al-small", ".al-strip-content input"]
)
def test_the_notebook_s_shortcuts_stay_away(space, control):
    space.type_shortcuts(control)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_themes_at_three_widths(space, theme, tmp_path):
    with space.in_theme(theme):
        for width in (700, 1100, 1600):
            space.look(tmp_path, "style-space", width, 900)
            plane = space.plane.bounding_box()
            assert plane["width"] == pytest.approx(plane["height"], abs=3), "the map is square"


def test_an_accessibility_engine_finds_nothing_grave(space):
    space.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(space):
    space.clear()
    space.run("panel.position = [0.5, 0.5]")
    space.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()
