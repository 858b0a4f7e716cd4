"""The alpha panel in JupyterLab, moved by a real mouse and real keys."""

import json

import pytest
from browser.panel_page import PanelPage
from pictures import scene
from PIL import Image

from adain_lab import samples

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import AlphaPanel\npanel = AlphaPanel(stylizer='tiny', size=128)\npanel",
    "panel  # a second view of the same panel",
    "print('the last cell')",
]


class AlphaPage(PanelPage):
    """The notebook with its first view of the panel."""

    selector = ".al-panel"

    def __init__(self, notebook):
        super().__init__(notebook)
        self.slider = self.view.locator("input[type=range]")
        self.divider = self.view.get_by_role("slider", name="Divider")


@pytest.fixture(scope="module")
def opened(open_notebook):
    return AlphaPage(open_notebook("alpha.ipynb", CELLS))


@pytest.fixture
def alpha(opened):
    opened.run("panel.reset()")
    opened.wait_until_shown()
    opened.view.scroll_into_view_if_needed()
    yield opened
    opened.run("panel.reset()")


def difference(one, other):
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


def test_it_shows_pictures_with_names_and_descriptions(alpha):
    assert alpha.after.evaluate("image => [image.naturalWidth, image.naturalHeight]") == alpha.python(
        "[*panel._frame.size]"
    )
    assert "in the style of" in alpha.after.get_attribute("alt")
    for kind in ("content", "style"):
        group = alpha.view.get_by_role("group").filter(has_text=kind.capitalize())
        assert group.get_by_role("radio").count() == len(samples(kind))
        assert all(image.get_attribute("alt") for image in group.locator("img").all())
    assert "×" in alpha.view.locator(".al-status").inner_text() and alpha.error.is_hidden()


def test_the_slider_is_dragged_by_the_mouse(alpha):
    before = alpha.pixels()
    box = alpha.slider.bounding_box()
    x, y = box["x"] + box["width"] - 10, box["y"] + box["height"] / 2
    alpha.page.mouse.move(x, y)
    alpha.page.mouse.down()
    alpha.page.mouse.move(x - 0.7 * (box["width"] - 20), y, steps=25)
    alpha.page.mouse.up()
    shown = float(alpha.slider.input_value())
    assert shown == pytest.approx(0.3, abs=0.02)
    alpha.wait_for("panel.alpha", shown)
    alpha.wait_until_shown()
    assert difference(before, alpha.pixels()) > 2
    assert [view.locator("input[type=range]").input_value() for view in alpha.views.all()] == [f"{shown:g}"] * 2
    assert alpha.view.locator("output").inner_text() == f"{shown:.2f}"


def test_the_slider_is_moved_by_keys(alpha):
    before = alpha.pixels()
    alpha.slider.focus()
    for _ in range(5):
        alpha.page.keyboard.press("ArrowLeft")
    alpha.wait_for("panel.alpha", 0.95)
    alpha.page.keyboard.press("Home")
    alpha.wait_for("panel.alpha", 0.0)
    alpha.wait_for_another_picture(before)
    assert alpha.slider.get_attribute("aria-valuetext") == "0.00"


def test_a_burst_of_thirty_changes_ends_on_the_last(alpha):
    alpha.run(
        "import time\ncalls, render = [], panel._session.render\n"
        "def slow(**settings):\n    calls.append(settings['controls'].alpha); time.sleep(0.15); return render(**settings)\n"
        "panel._session.render = slow"
    )
    alpha.slider.focus()
    for _ in range(30):
        alpha.page.keyboard.press("ArrowLeft")
    alpha.wait_for("panel.alpha", 0.7)
    alpha.wait_until_shown()
    calls = alpha.python("calls")
    alpha.run("panel._session.render = render")
    assert calls[-1] == 0.7 and len(calls) < 30, "a slow kernel skips values, never the last one"


def test_python_moves_the_page(alpha):
    before = alpha.pixels()
    alpha.run("panel.alpha = 0.35")
    alpha.wait_for_another_picture(before)
    assert [view.locator("input[type=range]").input_value() for view in alpha.views.all()] == ["0.35"] * 2


def test_the_divider_is_dragged_and_moved_by_keys(alpha):
    alpha.run("renders = []; panel.observe(lambda change: renders.append(1), 'picture')")
    box = alpha.view.locator(".al-compare").bounding_box()
    middle = box["y"] + box["height"] / 2
    alpha.page.mouse.move(box["x"] + box["width"] / 2, middle)
    alpha.page.mouse.down()
    alpha.page.mouse.move(box["x"] + box["width"] / 4, middle, steps=10)
    alpha.page.mouse.up()
    alpha.page.wait_for_timeout(300)
    assert alpha.python("panel.split") == pytest.approx(0.25, abs=0.01)
    assert alpha.divider.evaluate("divider => divider === document.activeElement")
    alpha.page.keyboard.press("End")
    alpha.wait_for("panel.split", 1.0)
    alpha.page.keyboard.press("Shift+ArrowLeft")
    alpha.wait_for("panel.split", 0.9)
    for view in alpha.views.all():
        divider = view.get_by_role("slider", name="Divider")
        assert (
            divider.get_attribute("aria-valuenow") == "90"
            and divider.get_attribute("aria-valuetext") == "90 % content, 10 % stylized"
        )
    clip = alpha.after.evaluate("image => getComputedStyle(image).clipPath")
    assert "90%" in clip, clip
    assert alpha.python("renders") == [], "moving the divider renders nothing"


def test_another_style_and_content_by_mouse_and_keys(alpha):
    before = alpha.pixels()
    names = list(samples("style"))
    alpha.view.locator(f".al-strip-style input[value={names[3]}]").check(force=True)
    alpha.wait_for("panel.style", names[3])
    alpha.wait_for_another_picture(before)
    alpha.page.keyboard.press("ArrowRight")
    alpha.wait_for("panel.style", names[4])
    assert all(view.locator(f".al-strip-style input[value={names[4]}]").is_checked() for view in alpha.views.all())
    before = alpha.pixels()
    content = next(name for name in samples("content") if name != alpha.python("panel.content"))
    alpha.view.locator(f".al-strip-content label:has(input[value={content}])").click()
    alpha.wait_for("panel.content", content)
    alpha.wait_for_another_picture(before)
    assert alpha.view.locator(".al-current").first.inner_text() == samples("content")[content].title


@pytest.mark.parametrize("kind", ["content", "style"])
def test_a_picture_of_one_s_own(alpha, kind, tmp_path):
    before = alpha.pixels()
    path = tmp_path / f"my {kind}.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    alpha.choose_file(f"Upload a {kind} picture", path)
    alpha.wait_for(f"panel.{kind}", f"my {kind}")
    alpha.wait_for_another_picture(before)
    assert alpha.view.locator(f".al-strip-{kind} label", has_text=f"my {kind}").locator("input").is_checked()
    assert alpha.error.is_hidden()


def test_a_file_larger_than_one_message_may_be(alpha, tmp_path):
    path = tmp_path / "large.bmp"
    Image.fromarray(scene(2000, 2000, 6)).save(path)
    assert path.stat().st_size > 11 * 2**20
    alpha.choose_file("Upload a style picture", path)
    alpha.wait_for("panel.style", "large")


def test_a_file_that_is_no_picture(alpha, tmp_path):
    before, name = alpha.pixels(), alpha.python("panel.style")
    path = tmp_path / "notes.png"
    path.write_text("These are words.")
    alpha.choose_file("Upload a style picture", path)
    alpha.error.wait_for()
    assert "notes.png is not a picture in a format that can be read" in alpha.error.inner_text()
    assert alpha.pixels() == before and alpha.python("panel.style") == name
    alpha.slider.focus()
    alpha.page.keyboard.press("PageDown")
    alpha.error.wait_for(state="hidden")
    alpha.wait_for_another_picture(before)


def test_a_file_that_is_too_large_is_not_sent(alpha, tmp_path):
    path = tmp_path / "huge.png"
    path.write_bytes(bytes(21 * 2**20))
    alpha.choose_file("Upload a content picture", path)
    alpha.error.wait_for()
    assert "huge.png is larger than 20 MB: make it smaller first" in alpha.error.inner_text()
    alpha.view.get_by_role("button", name="Dismiss").click()
    alpha.error.wait_for(state="hidden")
    alpha.wait_for("panel.error", "")


def test_an_error_of_python_is_shown_in_the_panel(alpha):
    alpha.run("panel.style = 'no such style'")
    alpha.error.wait_for()
    assert "choose from" in alpha.error.inner_text()
    alpha.view.get_by_role("button", name="Reset").click()
    alpha.error.wait_for(state="hidden")


def test_save_and_reset(alpha):
    alpha.run("panel.alpha = 0.5")
    with alpha.page.expect_download() as download:
        alpha.view.get_by_role("button", name="Save PNG").click()
    image = Image.open(download.value.path())
    assert download.value.suggested_filename.endswith("_0.50.png")
    assert (
        list(image.size) == alpha.python("[*panel._frame.size]") and json.loads(image.text["adain_lab"])["alpha"] == 0.5
    )
    alpha.view.get_by_role("button", name="Reset").click()
    alpha.wait_for("panel.alpha", 1.0)


@pytest.mark.parametrize(
    "control", ["input[type=range]", ".al-divider", ".al-strip-style input", ".al-own", ".al-button"]
)
def test_the_notebook_s_shortcuts_stay_away(alpha, control):
    alpha.type_shortcuts(control)
    assert alpha.page.evaluate("jupyterapp.shell.currentWidget.content.activeCell.isDisposed") is False


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_both_themes_at_three_widths(alpha, theme, tmp_path):
    with alpha.in_theme(theme):
        for width in (700, 1100, 1600):
            alpha.look(tmp_path, "alpha", width, 800)


def test_an_accessibility_engine_finds_nothing_grave(alpha):
    alpha.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(alpha):
    alpha.clear()
    alpha.run("panel.alpha = 0.123")
    alpha.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()
