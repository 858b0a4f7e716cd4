"""The inversion panel in JupyterLab: layers chosen by a real mouse and real keys, pictures that grow while the kernel
stays free.
"""

import json
import os
from pathlib import Path

import pytest
from browser.test_alpha_panel import BYTES, CONTRAST, PIXELS
from pictures import scene
from PIL import Image

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import InversionPanel\n"
    "panel = InversionPanel('cat', 'relu1_1', 'stained_glass', encoder='tiny', size=64, steps=24)\npanel",
    "panel  # a second view of the same panel",
    "print('the last cell')",
]
SHOWN = "[panel.busy, panel.progress, __import__('hashlib').sha256(panel.result).hexdigest()]"


class InversionPage:
    """The notebook with its first view of the panel."""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.views = self.page.locator(".al-inversion")
        self.view = self.views.first
        self.after = self.view.locator(".al-after")
        self.error = self.view.get_by_role("alert")

    def python(self, expression):
        return json.loads(self.notebook.python(f"import json; print(json.dumps({expression}))"))

    def run(self, code):
        out = self.notebook.python(code)
        assert not out, out

    def layer(self, name):
        return self.view.locator(f".al-blocks input[value={name}]")

    def wait_until_found(self):
        """Until the search is done and every view shows its result."""
        for _ in range(400):
            busy, progress, wanted = self.python(SHOWN)
            if (
                not busy
                and progress == 1
                and all(view.locator(".al-after").evaluate(BYTES) == wanted for view in self.views.all())
            ):
                return
            self.page.wait_for_timeout(50)
        pytest.fail("not every view shows Python's picture")

    def wait_for(self, expression, value):
        for _ in range(100):
            if (now := self.python(expression)) == value:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{expression} is {now!r}, not {value!r}")


@pytest.fixture(scope="module")
def opened(open_notebook):
    page = InversionPage(open_notebook("inversion.ipynb", CELLS))
    page.views.nth(1).wait_for()
    page.wait_until_found()
    return page


@pytest.fixture
def inversion(opened):
    opened.run(
        "panel.error, panel.mode, panel.content, panel.layer, panel.seed, panel.split = '', 'features', 'cat', 'relu1_1', 0, 0.5"
    )
    opened.wait_until_found()
    opened.view.scroll_into_view_if_needed()
    return opened


def test_the_layers_have_names_and_facts(inversion):
    radios = inversion.view.get_by_role("group").filter(has_text="Layer").locator(".al-blocks input")
    assert radios.count() == 13
    assert "156 by 156 pixels" in inversion.layer("relu5_1").get_attribute("aria-label")
    assert inversion.layer("relu1_1").is_checked()
    assert "sees 3 × 3 px" in inversion.view.locator(".al-current").first.inner_text()
    assert inversion.after.get_attribute("alt").endswith("reconstructed from relu1_1")


def test_a_layer_is_chosen_by_the_mouse(inversion):
    before = inversion.after.evaluate(PIXELS)
    inversion.layer("relu4_1").click()
    inversion.wait_for("panel.layer", "relu4_1")
    inversion.wait_until_found()
    assert inversion.after.evaluate(PIXELS) != before
    assert all(view.locator(".al-blocks input[value=relu4_1]").is_checked() for view in inversion.views.all())
    assert "sees 68 × 68 px" in inversion.view.locator(".al-current").first.inner_text()
    assert "step 24 of 24" in inversion.view.locator(".al-status").inner_text()


def test_a_layer_is_chosen_by_keys(inversion):
    before = inversion.after.evaluate(PIXELS)
    inversion.layer("relu1_1").focus()
    for _ in range(4):
        inversion.page.keyboard.press("ArrowRight")
    inversion.wait_for("panel.layer", "relu3_1")
    inversion.wait_until_found()
    assert inversion.after.evaluate(PIXELS) != before and inversion.layer("relu3_1").is_checked()


def test_the_picture_grows_and_the_kernel_stays_free(inversion):
    inversion.run("panel._steps, kept, panel._kept = 4000, panel._kept, {}")
    try:
        inversion.layer("relu5_1").click()
        inversion.wait_for("panel.layer", "relu5_1")
        inversion.page.wait_for_function("document.querySelector('.al-inversion').hasAttribute('data-busy')")
        first = inversion.after.evaluate(PIXELS)
        inversion.page.wait_for_function(
            "parseInt(document.querySelector('.al-inversion .al-status').textContent.split(' ')[1]) > 5"
        )
        assert inversion.python("6 * 7") == 42, "cells run meanwhile"
        for _ in range(100):
            if inversion.after.evaluate(PIXELS) != first:
                break
            inversion.page.wait_for_timeout(50)
        else:
            pytest.fail("the picture does not grow")
        assert 0 < inversion.view.locator("progress").evaluate("bar => bar.value") < 1
    finally:
        inversion.run("panel._steps, panel._kept = 24, kept")
        inversion.layer("relu2_1").click()
    inversion.wait_for("panel.layer", "relu2_1")
    inversion.wait_until_found()
    assert inversion.python("sorted(key[2] for key in panel._kept)").count("relu5_1") == 0, "it was given up"


def test_textures_side_by_side(inversion):
    inversion.view.get_by_role("radio", name="Texture from statistics").click()
    inversion.wait_for("panel.mode", "texture")
    inversion.layer("relu3_1").click()
    inversion.wait_for("panel.layer", "relu3_1")
    inversion.wait_until_found()
    images = inversion.view.locator(".al-figure img")
    assert images.count() == 3 and all(image.is_visible() and image.get_attribute("alt") for image in images.all())
    original, gram, statistics = (image.evaluate(PIXELS) for image in images.all())
    assert original != gram != statistics != original
    assert inversion.view.locator(".al-compare").is_hidden()
    assert (
        inversion.view.locator(".al-strip-pattern").is_visible()
        and inversion.view.locator(".al-strip-content").is_hidden()
    )


def test_another_picture_other_noise_and_the_divider(inversion):
    inversion.view.locator(".al-strip-content label:has(input[value=temple])").click()
    inversion.wait_for("panel.content", "temple")
    inversion.wait_until_found()
    inversion.view.get_by_role("button", name="Other noise").click()
    inversion.wait_for("panel.seed", 1)
    inversion.wait_until_found()
    inversion.view.get_by_role("slider", name="Divider").focus()
    inversion.page.keyboard.press("Home")
    inversion.wait_for("panel.split", 0.0)


def test_a_picture_of_one_s_own_and_a_broken_one(inversion, tmp_path):
    path, broken = tmp_path / "mine.png", tmp_path / "broken.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    broken.write_bytes(b"no picture")
    for file in (path, broken):
        with inversion.page.expect_file_chooser() as chooser:
            inversion.view.get_by_role("button", name="Upload a content picture").click()
        chooser.value.set_files(file)
        inversion.wait_for("panel.content", "mine")
    inversion.error.wait_for()
    assert "broken.png" in inversion.error.inner_text()
    inversion.error.get_by_role("button").click()
    inversion.wait_for("panel.error", "")


@pytest.mark.parametrize(
    "control", [".al-blocks input", ".al-switch input", ".al-divider", ".al-button", ".al-strip-content input"]
)
def test_the_notebook_s_shortcuts_stay_away(inversion, control):
    cells = "cells => cells.map(cell => cell.className.match(/jp-(Code|Markdown|Raw)Cell/)[0])"
    before = inversion.page.locator(".jp-Cell").evaluate_all(cells)
    inversion.view.locator(control).first.focus()
    for key in ("m", "x", "a", "b", "d", "d", "r", "j", "k", "z"):
        inversion.page.keyboard.press(key)
    inversion.page.wait_for_timeout(100)
    assert inversion.page.locator(".jp-Cell").evaluate_all(cells) == before == ["jp-CodeCell"] * 3


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("mode", ["features", "texture"])
def test_both_themes_at_three_widths(inversion, theme, mode, tmp_path):
    folder = Path(os.environ.get("ADAIN_LAB_SCREENSHOTS", tmp_path))
    inversion.notebook.theme(theme)
    inversion.run(f"panel.mode, panel.layer = {mode!r}, 'relu4_1'")
    inversion.wait_until_found()
    try:
        assert inversion.view.evaluate(CONTRAST) >= 4.5, "small letters are readable"
        for width in (700, 1100, 1600):
            inversion.page.set_viewport_size({"width": width + 180, "height": 1000})
            inversion.page.wait_for_timeout(200)
            assert inversion.view.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), "nothing is cut off"
            assert inversion.view.bounding_box()["height"] < 900, "it fits on a screen"
            path = folder / f"inversion-{mode}-{theme.split()[1].lower()}-{width}.png"
            inversion.view.screenshot(path=path)
            assert path.stat().st_size > 30_000
    finally:
        inversion.notebook.theme("JupyterLab Light")
        inversion.page.set_viewport_size({"width": 1280, "height": 1000})


def test_a_view_that_goes_leaves_nothing_behind(inversion):
    inversion.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    inversion.page.wait_for_function("!document.querySelector('.al-inversion')")
    inversion.run("panel.layer = 'relu1_2'")
    inversion.notebook.run_all()
    inversion.views.nth(1).wait_for()
    inversion.wait_until_found()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    assert opened.notebook.console_errors == []
    assert opened.notebook.outside == []
