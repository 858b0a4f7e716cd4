"""The inversion panel in JupyterLab: layers chosen by a real mouse and real keys, pictures that grow while the kernel
stays free.
"""

import pytest
from browser.panel_page import PIXELS, PanelPage
from pictures import scene
from PIL import Image

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import InversionPanel\n"
    "panel = InversionPanel('cat', 'relu1_1', 'stained_glass', encoder='tiny', size=64, steps=24)\npanel",
    "panel  # a second view of the same panel",
    "print('the last cell')",
]


class InversionPage(PanelPage):
    """The notebook with its first view of the panel."""

    selector = ".al-inversion"
    ready = "not panel.busy and panel.progress == 1"
    bytes, patience = "panel.result", 20.0

    def layer(self, name):
        return self.view.locator(f".al-blocks input[value={name}]")


@pytest.fixture(scope="module")
def opened(open_notebook):
    return InversionPage(open_notebook("inversion.ipynb", CELLS))


@pytest.fixture
def inversion(opened):
    opened.run(
        "panel.error, panel.mode, panel.content, panel.layer, panel.seed, panel.split = '', 'features', 'cat', 'relu1_1', 0, 0.5"
    )
    opened.wait_until_shown()
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
    inversion.wait_until_shown()
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
    inversion.wait_until_shown()
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
    inversion.wait_until_shown()
    assert inversion.python("sorted(key[2] for key in panel._kept)").count("relu5_1") == 0, "it was given up"


def test_textures_side_by_side(inversion):
    inversion.view.get_by_role("radio", name="Texture from statistics").click()
    inversion.wait_for("panel.mode", "texture")
    inversion.layer("relu3_1").click()
    inversion.wait_for("panel.layer", "relu3_1")
    inversion.wait_until_shown()
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
    inversion.wait_until_shown()
    inversion.view.get_by_role("button", name="Other noise").click()
    inversion.wait_for("panel.seed", 1)
    inversion.wait_until_shown()
    inversion.view.get_by_role("slider", name="Divider").focus()
    inversion.page.keyboard.press("Home")
    inversion.wait_for("panel.split", 0.0)


def test_a_picture_of_one_s_own_and_a_broken_one(inversion, tmp_path):
    path, broken = tmp_path / "mine.png", tmp_path / "broken.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    broken.write_bytes(b"no picture")
    for file in (path, broken):
        inversion.choose_file("Upload a content picture", file)
        inversion.wait_for("panel.content", "mine")
    inversion.error.wait_for()
    assert "broken.png" in inversion.error.inner_text()
    inversion.error.get_by_role("button").click()
    inversion.wait_for("panel.error", "")


@pytest.mark.parametrize(
    "control", [".al-blocks input", ".al-switch input", ".al-divider", ".al-button", ".al-strip-content input"]
)
def test_the_notebook_s_shortcuts_stay_away(inversion, control):
    inversion.type_shortcuts(control)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("mode", ["features", "texture"])
def test_both_themes_at_three_widths(inversion, theme, mode, tmp_path):
    inversion.run(f"panel.mode, panel.layer = {mode!r}, 'relu4_1'")
    inversion.wait_until_shown()
    with inversion.in_theme(theme):
        for width in (700, 1100, 1600):
            inversion.look(tmp_path, f"inversion-{mode}", width, 900, least=30_000)


@pytest.mark.parametrize("mode", ["features", "texture"])
def test_an_accessibility_engine_finds_nothing_grave(inversion, mode):
    inversion.run(f"panel.mode = {mode!r}")
    inversion.wait_until_shown()
    inversion.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(inversion):
    inversion.clear()
    inversion.run("panel.layer = 'relu1_2'")
    inversion.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()
