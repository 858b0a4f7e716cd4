"""The panel of Gatys' transfer in JupyterLab: run, paused, stopped and scrubbed by a real mouse and real keys, while
cells run.
"""

import io
from pathlib import Path

import pytest
from browser.panel_page import BYTES, PIXELS, PanelPage
from pictures import scene
from PIL import Image

from adain_lab.recipes.recipe import read_recipe

pytestmark = pytest.mark.browser

MAKE = "from adain_lab.widgets import GatysPanel\npanel = GatysPanel('cat', 'night_village', encoder='tiny', size=64, steps=30)\npanel"
CELLS = [MAKE, "panel  # a second view of the same panel", "answer = 6 * 7\nprint('the answer is', answer)"]
SETTINGS = (
    "panel.size, panel.init, panel.optimizer, panel.style_weight, panel.split, panel.steps = 64, 'content', 'lbfgs', 5.0, 0.5, 30\n"
    "panel.content, panel.style, panel.error = 'cat', 'night_village', ''"
)


class GatysPage(PanelPage):
    """The notebook with its first view of the panel."""

    selector = ".al-gatys"
    ready = "True"
    patience = 10.0

    def __init__(self, notebook):
        super().__init__(notebook)
        self.progress = self.view.get_by_role("progressbar")
        self.scrub = self.view.get_by_role("slider", name="Look at")

    def button(self, name):
        return self.view.get_by_role("button", name=name, exact=True)

    def finish(self):
        """Run to the end."""
        self.run("before = panel._live")
        self.button("Start").click()
        self.wait_for("[panel._live is before, panel.state]", [False, "finished"], 60)
        self.wait_until_shown()

    def endless(self):
        """Start a run that does not end by itself."""
        self.run("panel.reset(); panel.steps = 100000")
        self.button("Start").click()
        self.page.wait_for_function(
            "document.querySelector('.al-gatys progress').getAttribute('aria-valuetext').includes('left')"
        )


@pytest.fixture(scope="module")
def opened(open_notebook):
    return GatysPage(open_notebook("gatys.ipynb", CELLS))


@pytest.fixture
def gatys(opened):
    opened.run(f"panel.reset()\n{SETTINGS}")
    opened.button("Start").wait_for()
    opened.wait_until_shown()
    opened.view.scroll_into_view_if_needed()
    return opened


def test_before_it_runs(gatys):
    assert (
        gatys.button("Pause").is_disabled()
        and gatys.button("Stop").is_disabled()
        and gatys.button("Save PNG").is_disabled()
    )
    assert gatys.scrub.is_disabled() and gatys.after.get_attribute("alt").startswith("The start")
    assert "will be drawn here" in gatys.view.locator(".al-curves svg").get_attribute("aria-label")


def test_a_run_from_start_to_finish(gatys):
    before = gatys.after.evaluate(PIXELS)
    gatys.finish()
    assert gatys.after.evaluate(PIXELS) != before
    assert gatys.progress.evaluate("bar => bar.value") == 1
    assert "finished after 30 iterations" in gatys.progress.get_attribute("aria-valuetext")
    curves = gatys.view.locator(".al-curves svg")
    assert all(
        word in curves.text_content()
        for word in ("iteration", "weighted loss", "content", "style", "tv", "sum", "32 px", "64 px")
    )
    assert "content " in curves.get_attribute("aria-label")
    dashes = curves.locator("path.al-curve").evaluate_all(
        "paths => paths.map((path) => getComputedStyle(path).strokeDasharray)"
    )
    assert len(set(dashes)) == 4, "told apart without colours"
    assert gatys.button("Start").is_visible() and gatys.button("Stop").is_disabled()


def test_cells_run_and_buttons_work_while_it_runs(gatys):
    gatys.endless()
    first = gatys.python("panel.iteration")
    gatys.run("del answer")
    gatys.page.evaluate("""async () => {
      const { content } = jupyterapp.shell.currentWidget;
      content.activeCellIndex = 2;
      await jupyterapp.commands.execute('notebook:run-cell');
    }""")
    gatys.page.locator(".jp-Cell").nth(2).get_by_text("the answer is 42").wait_for()
    assert gatys.python("answer") == 42, "a cell of the notebook ran meanwhile"
    picture = gatys.after.evaluate(BYTES)
    gatys.page.wait_for_function(
        "value => document.querySelector('.al-gatys progress').value > value", arg=(first + 1) / 100000
    )
    gatys.page.wait_for_timeout(600)
    assert gatys.after.evaluate(BYTES) != picture, "and the picture went on"

    gatys.button("Pause").click()
    gatys.button("Resume").wait_for()
    gatys.wait_for("panel.state", "paused")
    gatys.page.wait_for_timeout(500)
    resting = gatys.python("panel.iteration")
    gatys.page.wait_for_timeout(500)
    assert gatys.python("panel.iteration") == resting and "paused" in gatys.progress.get_attribute("aria-valuetext")

    gatys.button("Resume").click()
    gatys.page.wait_for_function(
        "n => document.querySelector('.al-gatys progress').value * 100000 > n", arg=resting + 1
    )
    gatys.button("Stop").click()
    gatys.wait_for("[panel.state, panel._live._run._thread.is_alive()]", ["stopped", False])
    gatys.wait_until_shown()
    assert gatys.python("panel.shown_iteration == panel.result.best.iteration")


def test_stop_works_while_a_cell_waits(gatys):
    gatys.run("panel.steps = 100000")
    gatys.page.evaluate("""() => {
      const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
      window.busyCell = kernel.requestExecute({ code: "panel.start(); waited = panel.wait(60)", store_history: false }).done;
    }""")
    gatys.page.wait_for_function(
        "document.querySelector('.al-gatys progress').getAttribute('aria-valuetext').includes('left')"
    )
    gatys.button("Pause").click()
    gatys.button("Resume").click()
    gatys.button("Stop").click()
    gatys.page.evaluate("() => window.busyCell")
    assert gatys.python("[waited, panel.state]") == [True, "stopped"], (
        "the cell waited for the end, and the button brought it"
    )


def test_few_pictures_are_sent(gatys):
    gatys.endless()
    count = """() => new Promise((done) => {
      const image = document.querySelector('.al-gatys .al-after');
      let count = 0;
      const watch = new MutationObserver((changes) => { count += changes.length; });
      watch.observe(image, { attributeFilter: ['src'] });
      setTimeout(() => { watch.disconnect(); done(count); }, 2000);
    })"""
    assert 1 <= gatys.page.evaluate(count) <= 10
    gatys.button("Stop").click()
    gatys.wait_for("panel.state", "stopped")


def test_back_through_the_iterations(gatys):
    gatys.finish()
    best = gatys.after.evaluate(PIXELS)
    gatys.scrub.focus()
    gatys.page.keyboard.press("Home")
    gatys.wait_for("panel.shown_iteration", 0)
    for _ in range(3):
        shown = gatys.python("panel.shown_iteration")
        gatys.page.keyboard.press("ArrowRight")
        gatys.wait_for("panel.shown_iteration", shown + 1)
        gatys.page.wait_for_function(
            "i => document.querySelector('.al-gatys .al-scrub input').value == i", arg=shown + 1
        )
    gatys.wait_until_shown()
    assert gatys.after.evaluate(PIXELS) != best and gatys.scrub.get_attribute("aria-valuetext") == "iteration 3"
    assert "iteration 3 of 30" in gatys.after.get_attribute("alt")
    box = gatys.view.locator(".al-curves").bounding_box()
    gatys.page.mouse.click(box["x"] + 60 + (box["width"] - 60 - 126) * 20 / 30, box["y"] + 100)
    gatys.wait_for("panel.shown_iteration", 20)
    marker = gatys.view.locator(".al-marker").bounding_box()
    thumb = gatys.scrub.evaluate(
        "s => { const b = s.getBoundingClientRect(); return b.x + 10 + (b.width - 20) * s.value / s.max; }"
    )
    assert abs(marker["x"] + marker["width"] / 2 - thumb) < 3, "the slider stands under the curves"
    gatys.button("Best").click()
    gatys.wait_for("panel.shown_iteration == panel.result.best.iteration", True)
    gatys.wait_until_shown()
    assert gatys.after.evaluate(PIXELS) == best


def test_settings_by_hand(gatys):
    gatys.finish()
    weight, steps = (gatys.view.get_by_role("slider", name=name) for name in ("Style weight", "Steps"))
    weight.focus()
    gatys.page.keyboard.press("End")
    gatys.wait_for("panel.style_weight", 1000.0)
    steps.focus()
    gatys.page.keyboard.press("Home")
    gatys.wait_for("panel.steps", 10)
    for name, trait, value in (("noise", "init", "noise"), ("Adam", "optimizer", "adam"), ("128", "size", 128)):
        gatys.view.get_by_role("radio", name=name, exact=True).click()
        gatys.wait_for(f"panel.{trait}", value)
    gatys.view.locator(".al-strip-style label:has(input[value=kilim])").click()
    gatys.wait_for("panel.style", "kilim")
    assert gatys.view.locator(".al-note").is_visible()
    gatys.finish()
    assert gatys.view.locator(".al-note").is_hidden()
    assert (
        gatys.python("panel._live.config.style_weight") == 1000.0 and gatys.python("panel.result.image.shape[2]") == 128
    )


def test_the_divider_and_reset(gatys):
    gatys.finish()
    gatys.view.get_by_role("slider", name="Divider").focus()
    gatys.page.keyboard.press("Home")
    gatys.wait_for("panel.split", 0.0)
    gatys.button("Reset").click()
    gatys.wait_for("[panel.split, panel.state]", [0.5, "ready"])
    gatys.button("Start").wait_for()


def test_the_saved_file_carries_its_recipe(gatys):
    gatys.finish()
    with gatys.page.expect_download() as download:
        gatys.button("Save PNG").click()
    data = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == "cat_in_night_village_by_optimisation.png"
    assert read_recipe(data)["command"] == "gatys" and Image.open(io.BytesIO(data)).format == "PNG"


def test_a_picture_of_one_s_own_and_a_broken_one(gatys, tmp_path):
    path, broken = tmp_path / "mine.png", tmp_path / "broken.png"
    Image.fromarray(scene(90, 120, 5)).save(path)
    broken.write_bytes(b"no picture")
    for file in (path, broken):
        gatys.choose_file("Upload a content picture", file)
        gatys.wait_for("panel.content.split()[0]", "mine")
    gatys.error.wait_for()
    assert "broken.png" in gatys.error.inner_text()
    gatys.error.get_by_role("button").click()
    gatys.wait_for("panel.error", "")


CONTROLS = [
    ".al-start",
    ".al-settings input[type=range]",
    ".al-scrub input",
    ".al-choices input",
    ".al-divider",
    ".al-strip-style input",
]


@pytest.mark.parametrize("control", CONTROLS)
def test_the_notebook_s_shortcuts_stay_away(gatys, control):
    gatys.type_shortcuts(control)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("when", ["running", "finished"])
def test_both_themes_at_several_widths(gatys, theme, when, tmp_path):
    # To be paused it must still run when the page's click arrives, however slow that is.
    gatys.run(f"panel.size, panel.steps = 192, {400 if when == 'running' else 40}")
    gatys.button("Start").click()
    gatys.wait_for("panel.iteration > 26", True, 60)
    if when == "running":
        gatys.button("Pause").click()
    gatys.wait_for("panel.state", {"running": "paused"}.get(when, when), 60)
    with gatys.in_theme(theme):
        for width in (700, 800, 1100, 1400, 1600):
            gatys.look(tmp_path, f"gatys-{when}", width, 1000, height=1100, least=30_000)


def test_running_the_cell_again_ends_the_old_run(gatys):
    gatys.endless()
    gatys.run("old = panel")
    gatys.notebook.run_all()
    gatys.wait_for(
        "[old is panel, old.state, old._live._run._thread.is_alive(), panel.state]", [False, "stopped", False, "ready"]
    )
    gatys.views.nth(1).wait_for()
    gatys.wait_until_shown()


def test_an_accessibility_engine_finds_nothing_grave(gatys):
    gatys.check_accessible()
    gatys.finish()
    gatys.check_accessible()


def test_a_view_that_goes_leaves_nothing_behind(gatys):
    gatys.endless()
    gatys.clear()
    gatys.run("panel.stop()")
    gatys.wait_for("panel.state", "stopped")
    gatys.show_again()


def test_no_error_in_the_console_and_nothing_from_outside(opened):
    opened.check_quiet()
