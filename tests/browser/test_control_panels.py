"""The panels for interpolation and colour in JupyterLab, moved by a real mouse and real keys."""

import json

import pytest
from browser.panel_page import BYTES, PIXELS, PanelPage
from browser.test_bare_page import MOUNT, jsonable
from pictures import scene
from PIL import Image

from adain_lab import samples
from adain_lab.widgets import ColorPanel, InterpolationPanel

pytestmark = pytest.mark.browser

STYLES = ["kilim", "marbled", "neon_rain", "ink_mountains"]
CELLS = {
    "interpolation": [
        "from adain_lab.widgets import InterpolationPanel\n"
        f"panel = InterpolationPanel('coffee', {STYLES}, stylizer='tiny', size=128)\npanel",
        "panel  # a second view of the same panel",
    ],
    "color": [
        "from adain_lab.widgets import ColorPanel\npanel = ColorPanel('coffee', 'marbled', stylizer='tiny', size=128)\npanel",
        "panel  # a second view of the same panel",
    ],
}
#: What makes every picture slow, and remembers what was painted.
SLOW = (
    "import time\ncalls, render = [], panel._session.render\n"
    "def slow(**settings):\n    calls.append(settings); time.sleep(0.15); return render(**settings)\n"
    "panel._session.render = slow"
)


class ControlPage(PanelPage):
    """A notebook with two views of one panel."""

    def __init__(self, notebook, name):
        self.selector = f".al-{name}"
        super().__init__(notebook)

    def shares(self, view=None):
        """What the sliders of a view say, in percent."""
        return [int(text.split()[0]) for text in (view or self.view).locator(".al-share").all_inner_texts()]

    def handle_at(self, view=None):
        """Where the handle stands on the pad, 0 to 1."""
        style = (view or self.view).locator(".al-handle").evaluate("handle => [handle.style.left, handle.style.top]")
        return [float(side.removesuffix("%")) / 100 for side in style]

    def spot(self, x, y):
        """Where a place of the pad is on the page."""
        box = self.view.locator(".al-field").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]


@pytest.fixture(scope="module")
def notebooks(open_notebook):
    opened = {}

    def open_(name):
        if name not in opened:
            opened[name] = ControlPage(open_notebook(f"{name}.ipynb", CELLS[name]), name)
        return opened[name]

    return open_


def test_the_colour_panel_is_no_taller_than_jupyterlabs_view(notebooks):
    page = notebooks("color")
    size = page.page.viewport_size
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.page.wait_for_timeout(300)
    heights = page.page.evaluate(
        "['.al-color', '.jp-WindowedPanel-outer'].map((place) => document.querySelector(place).offsetHeight)"
    )
    page.page.set_viewport_size(size)
    assert heights[0] <= heights[1]


@pytest.fixture
def fresh(notebooks):
    def open_(name):
        page = notebooks(name)
        page.page.bring_to_front()
        page.run("panel.reset()")
        page.wait_until_shown()
        page.view.scroll_into_view_if_needed()
        return page

    return open_


@pytest.fixture
def mix(fresh):
    return fresh("interpolation")


@pytest.fixture
def color(fresh):
    return fresh("color")


# ---- interpolation ---------------------------------------------------------------------------------------------------


def test_the_pad_is_dragged_and_the_sliders_follow(mix):
    assert mix.shares() == [25] * 4 and mix.handle_at() == [0.5, 0.5]
    before = mix.after.evaluate(PIXELS)
    mix.page.mouse.move(*mix.spot(0.5, 0.5))
    mix.page.mouse.down()
    mix.page.mouse.move(*mix.spot(0.9, 0.9), steps=8)
    mix.page.mouse.move(*mix.spot(0.25, 0.5), steps=8)
    mix.page.mouse.up()
    mix.wait_until_shown()
    assert mix.python("panel.weights") == pytest.approx([0.375, 0.125, 0.375, 0.125], abs=0.01)
    for view in mix.views.all():
        assert mix.shares(view) == pytest.approx([38, 12, 38, 12], abs=1) and mix.handle_at(view) == pytest.approx(
            [0.25, 0.5], abs=0.01
        )
    assert mix.after.evaluate(PIXELS) != before
    mix.page.mouse.click(*mix.spot(1.1, -0.1))  # outside the field, on the thumbnail: its corner
    mix.wait_for("panel.weights", [0, 1, 0, 0])


def test_the_pad_is_moved_by_keys(mix):
    mix.view.locator(".al-handle").focus()
    mix.page.keyboard.press("ArrowRight")
    mix.page.keyboard.press("Shift+ArrowUp")
    mix.wait_for("[round(v, 3) for v in panel.position]", [0.55, 0.3])
    mix.page.keyboard.press("4")
    mix.wait_for("panel.weights", [0, 0, 0, 1])
    words = mix.view.locator(".al-handle").get_attribute("aria-valuetext")
    assert samples("style")["ink_mountains"].title + " 100" in words.replace(" ", " ")
    mix.page.keyboard.press("Home")
    mix.wait_for("panel.weights", [0.25] * 4)
    assert mix.page.locator(".jp-Cell").count() == 2, "no key reached the notebook's own shortcuts"


def test_the_pad_is_moved_by_touch(mix):
    session = mix.page.context.new_cdp_session(mix.page)
    for kind, place in (("touchStart", (0.5, 0.5)), ("touchMove", (0.4, 0.6)), ("touchMove", (0.0, 1.0))):
        x, y = mix.spot(*place)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    mix.wait_for("panel.weights", [0, 0, 1, 0])


def test_a_slider_is_dragged_and_the_others_keep_their_proportions(mix):
    mix.run("panel.weights = [0.1, 0.2, 0.3, 0.4]")
    mix.wait_until_shown()
    slider = mix.view.locator(".al-weight input").nth(3)
    box = slider.bounding_box()
    y, at = box["y"] + box["height"] / 2, lambda share: box["x"] + 8 + share * (box["width"] - 16)
    mix.page.mouse.move(at(0.4), y)
    mix.page.mouse.down()
    mix.page.mouse.move(at(1.05), y, steps=6)
    mix.page.mouse.move(at(0.7), y, steps=6)
    mix.page.mouse.up()
    mix.wait_until_shown()
    weights = mix.python("panel.weights")
    assert weights[3] == pytest.approx(0.7, abs=0.02)
    assert [w / sum(weights[:3]) for w in weights[:3]] == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=1e-3), (
        "also by way of 100 %"
    )
    x, y = mix.python("panel.position")
    assert mix.handle_at() == pytest.approx([x, y], abs=1e-3) == mix.handle_at(mix.views.nth(1))
    assert mix.view.locator(".al-handle").get_attribute("data-off") is not None, "no place of the pad has these shares"


def test_a_burst_on_the_pad_ends_on_the_last_place(mix):
    mix.run(SLOW.replace("0.15", "0.5"))  # slower than the mouse, on a busy machine as well
    mix.page.mouse.move(*mix.spot(0, 0))
    mix.page.mouse.down()
    for step in range(40):
        mix.page.mouse.move(*mix.spot(step / 40, step / 40))
        mix.page.wait_for_timeout(10)
    mix.page.mouse.move(*mix.spot(1, 0))
    mix.page.mouse.up()
    mix.wait_for("panel.weights", [0, 1, 0, 0])
    mix.wait_until_shown()
    last, count = mix.python("[calls[-1]['controls'].weights, len(calls)]")
    mix.run("panel._session.render = render")
    assert last == [0, 1, 0, 0] and count < 40
    for view in mix.views.all():
        assert mix.handle_at(view) == [1, 0] and mix.shares(view) == [0, 100, 0, 0]


def test_python_moves_pad_and_sliders(mix):
    mix.run("panel.position = (0.2, 0.0)")
    mix.wait_until_shown()
    for view in mix.views.all():
        assert mix.shares(view) == [80, 20, 0, 0] and mix.handle_at(view) == pytest.approx([0.2, 0])


def test_styles_are_added_and_taken_out(mix):
    box = mix.view.get_by_role("checkbox", name=samples("style")["de_stijl"].title)
    box.check(force=True)
    mix.wait_for("panel.style_names[-1]", "de_stijl")
    mix.wait_until_shown()
    assert mix.shares() == [20] * 5 == mix.shares(mix.views.nth(1))
    mix.view.get_by_role("button", name=f"Take {samples('style')['marbled'].title} out").click()
    mix.wait_for("panel.style_names", ["kilim", "neon_rain", "ink_mountains", "de_stijl"])
    mix.wait_until_shown()
    assert mix.shares() == [25] * 4
    assert mix.view.locator(".al-strip-style :checked").count() == 4
    box.uncheck(force=True)
    mix.wait_for("len(panel.weights)", 3)
    mix.wait_until_shown()
    assert mix.view.locator(".al-pad").is_hidden() and mix.view.get_by_role("button", name="5 × 5 grid").is_disabled()


def test_beyond_four_styles_it_says_which_the_pad_mixes(mix):
    hint = mix.view.locator(".al-mixture .al-hint")
    assert hint.is_hidden(), "the pad shows all four"
    mix.run("panel.add_style('de_stijl')")
    hint.wait_for()
    words = hint.inner_text()
    assert all(samples("style")[name].title in words for name in STYLES) and "first four" in words
    assert samples("style")["de_stijl"].title not in words
    mix.run("panel.style_names = panel.style_names[:3]")
    mix.wait_for("len(panel.style_names)", 3)
    hint.get_by_text("With four styles").wait_for()


def test_the_last_two_styles_stay(mix):
    mix.run("panel.style_names = ['kilim', 'marbled']")
    mix.wait_until_shown()
    mix.view.get_by_role("button", name=f"Take {samples('style')['kilim'].title} out").click()
    mix.error.wait_for()
    assert "2 to 8 styles" in mix.error.inner_text()
    assert mix.python("panel.style_names") == ["kilim", "marbled"]
    assert mix.view.locator(".al-strip-style :checked").count() == 2 and mix.shares() == [50, 50]
    mix.view.get_by_role("button", name="Dismiss").click()
    mix.wait_for("panel.error", "")


def test_the_grid_is_shown_and_saved(mix):
    mix.view.get_by_role("button", name="5 × 5 grid").click()
    picture = mix.view.locator(".al-grid-picture")
    picture.wait_for()
    mix.page.wait_for_function("document.querySelector('.al-grid-picture').naturalWidth > 500")
    assert "25 mixtures" in picture.get_attribute("alt") and mix.views.nth(1).locator(".al-grid-picture").is_hidden()
    with mix.page.expect_download() as download:
        mix.view.get_by_role("button", name="Save grid").click()
    assert Image.open(download.value.path()).width > 500 and download.value.suggested_filename.startswith(
        "coffee_between_kilim"
    )
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 2.5 / 7, "y": box["height"] * 4.5 / 5})  # second column, last row
    mix.wait_for("panel.position", [0.25, 1.0])
    mix.view.get_by_role("button", name="Close").click()
    assert picture.is_hidden()


def test_an_open_grid_follows_styles_and_alpha_and_closes_without_a_fourth(mix):
    picture = mix.view.locator(".al-grid-picture")

    def settled():
        """The grid's address when no other has come for a second."""
        while True:
            source = picture.get_attribute("src")
            mix.page.wait_for_timeout(1000)
            if picture.get_attribute("src") == source:
                return source

    def follows(code):
        before = settled()
        mix.run(code)
        return any(picture.get_attribute("src") != before for _ in mix.polls())

    mix.view.get_by_role("button", name="5 × 5 grid").click()
    picture.wait_for()
    assert follows("panel.alpha = 0.2")
    before = settled()
    mix.run("panel.weights = [1, 0, 0, 0]")  # the corners are the same
    assert settled() == before
    assert follows("panel.style_names = [*panel.style_names[:3], 'wave_print']")
    settled()
    assert "wave" in picture.get_attribute("alt").lower()
    mix.run("panel.style_names = panel.style_names[:3]")
    picture.wait_for(state="hidden")


def test_a_style_of_one_s_own_joins_and_is_saved_in_the_recipe(mix, tmp_path):
    path = tmp_path / "my wall.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    mix.choose_file("Upload a style picture", path)
    mix.wait_for("panel.style_names[-1]", "my wall")
    mix.wait_until_shown()
    assert mix.shares() == [20] * 5
    with mix.page.expect_download() as download:
        mix.view.get_by_role("button", name="Save PNG").click()
    recipe = json.loads(Image.open(download.value.path()).text["adain_lab"])
    assert recipe["weights"] == pytest.approx([0.2] * 5) and recipe["styles"][-1]["name"] == "my wall.png"


# ---- colour ----------------------------------------------------------------------------------------------------------


def test_the_method_is_chosen_by_mouse_and_keys(color):
    pictures = [color.after.evaluate(PIXELS)]
    color.view.locator(".al-segment", has_text="match").click()
    color.wait_for("panel.color", "match")
    color.wait_until_shown()
    pictures.append(color.after.evaluate(PIXELS))
    color.page.keyboard.press("ArrowRight")
    color.wait_for("panel.color", "luminance")
    color.wait_until_shown()
    pictures.append(color.after.evaluate(PIXELS))
    assert len({str(picture) for picture in pictures}) == 3
    for view in color.views.all():
        assert view.get_by_role("radio", name="luminance").is_checked()
        assert "brightness" in view.locator(".al-choice .al-hint").inner_text()
        assert "colour luminance" in view.locator(".al-after").get_attribute("alt")


def test_all_three_side_by_side(color):
    color.view.get_by_role("switch", name="all three").check()
    color.wait_for("len(panel.pictures)", 3)
    for view in color.views.all():
        images = view.locator(".al-way img")
        images.nth(2).wait_for()
        assert view.locator(".al-compare").is_hidden()
        assert [image.get_attribute("alt").split("colour ")[1].split(",")[0] for image in images.all()] == [
            "none",
            "match",
            "luminance",
        ]
    color.view.get_by_role("button", name="Show match alone").click()
    color.wait_for("[panel.color, panel.side_by_side, len(panel.pictures)]", ["match", False, 0])
    color.view.locator(".al-compare").wait_for()
    assert not color.view.get_by_role("switch").is_checked() and color.view.locator(".al-three").is_hidden()


def test_the_colours_are_drawn_and_follow(color):
    chromas = color.view.locator(".al-chroma")
    assert chromas.count() == 3 and all("grey in the middle" in image.get_attribute("alt") for image in chromas.all())
    before = [image.evaluate(BYTES) for image in chromas.all()]
    color.view.locator(".al-segment", has_text="match").click()
    color.wait_for("panel.color", "match")
    color.wait_until_shown()
    color.page.wait_for_timeout(200)
    after = [image.evaluate(BYTES) for image in chromas.all()]
    assert after[0] == before[0] and after[1] != before[1] and after[2] != before[2]


def test_alpha_and_pictures_of_the_colour_panel(color, tmp_path):
    slider = color.view.locator(".al-alpha input")
    slider.focus()
    for _ in range(30):
        color.page.keyboard.press("ArrowLeft")
    color.wait_for("panel.alpha", 0.7)
    color.view.locator(".al-strip-style input[value=kilim]").check(force=True)
    color.wait_for("panel.style", "kilim")
    path = tmp_path / "words.png"
    path.write_text("These are words.")
    color.choose_file("Upload a content picture", path)
    color.error.wait_for()
    assert "words.png is not a picture" in color.error.inner_text() and color.python("panel.content") == "coffee"
    path = tmp_path / "my room.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    color.choose_file("Upload a content picture", path)
    color.wait_for("panel.content", "my room")
    color.wait_until_shown()
    color.view.get_by_role("button", name="Reset").click()
    color.wait_for("[panel.content, panel.alpha]", ["coffee", 1.0])
    color.wait_until_shown()


# ---- both ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("name", ["interpolation", "color"])
def test_both_themes_at_three_widths(fresh, name, theme, tmp_path):
    page = fresh(name)
    with page.in_theme(theme):
        for width in (700, 1100, 1600):
            page.look(tmp_path, f"{name}", width, 920)


@pytest.mark.parametrize("name", ["interpolation", "color"])
def test_an_accessibility_engine_finds_nothing_grave(fresh, name):
    fresh(name).check_accessible()


@pytest.mark.parametrize("name", ["interpolation", "color"])
def test_a_view_that_goes_leaves_nothing_behind(fresh, name):
    page = fresh(name)
    page.clear()
    page.run("panel.alpha = 0.123")
    page.show_again()


@pytest.mark.parametrize("name", ["interpolation", "color"])
def test_no_error_in_the_console_and_nothing_from_outside(notebooks, name):
    page = notebooks(name)
    page.check_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", [InterpolationPanel, ColorPanel])
def test_in_a_page_without_jupyterlab(browser, kind, scheme):
    """Voila, Colab and VS Code bring other styles and other models."""
    panel, errors = kind(stylizer="tiny", size=64), []
    names = [
        name
        for name in panel.keys
        if not name.startswith("_") and name not in ("layout", "comm", "tabbable", "tooltip")
    ]
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><meta name='color-scheme' content='light dark'><title>bare</title><body></body>")
    page.evaluate(MOUNT, [str(panel._esm), str(panel._css), {name: jsonable(getattr(panel, name)) for name in names}])
    page.wait_for_function("document.querySelector('.al-after').naturalWidth > 0")
    page.evaluate("model.set('error', 'Something to read.')")
    assert "Something to read." in page.get_by_role("alert").inner_text()
    if kind is InterpolationPanel:
        page.locator(".al-handle").focus()
        page.keyboard.press("2")
        page.wait_for_function("model.get('weights')[1] === 1 && saved > 0")
        page.evaluate("model.set('weights', [0.5, 0, 0.5, 0])")
        assert page.locator(".al-share").all_inner_texts() == [f"{share} %" for share in (50, 0, 50, 0)]
    else:
        page.get_by_role("radio", name="luminance").check(force=True)
        page.wait_for_function("model.get('color') === 'luminance' && saved > 0")
    page.get_by_role("button", name="Save PNG").click()
    assert page.evaluate("model.get('request').do") == "save"
    ink, paper = page.evaluate(
        "[getComputedStyle(document.querySelector('.al-panel')).color, getComputedStyle(document.body).color]"
    )
    assert ink == paper, "without a theme of the notebook the page's own colours are taken"
    page.evaluate("leave()")
    assert page.evaluate("[listening(), document.body.children.length]") == [0, 0], "nothing is left behind"
    page.close()
    assert errors == []
