"""What is left of a panel where there is no kernel: in a saved notebook that is opened again, trusted or not, in a page that
nbconvert makes, after a restart of the kernel, and when the server has stopped.
"""

import json

import nbformat
import pytest
from browser.jupyter import NotebookPage, running_lab
from browser.panel_page import PanelPage
from nbconvert import HTMLExporter

from adain_lab.widgets.saved import VIEW

pytestmark = pytest.mark.browser

CELLS = [
    "from adain_lab.widgets import AlphaPanel\npanel = AlphaPanel('cat', 'kilim', stylizer='tiny', size=96)\npanel",
    "panel  # a second view of the same panel",
]
ERROR = "model not found"
#: What the reader sees of the outputs: of every picture its alt text, and all words.
SEEN = """() => {
  const seen = (e) => e.checkVisibility() && e.offsetHeight > 0;
  const outputs = [...document.querySelectorAll(".jp-OutputArea-output")].filter(seen);
  const images = outputs.flatMap((o) => [...o.querySelectorAll("img")]).filter((i) => seen(i) && i.naturalWidth);
  return { alts: images.map((i) => i.alt), words: outputs.map((o) => o.innerText).join(" ") };
}"""


class SavedPage(PanelPage):
    """A notebook with two views of one panel, which is saved, opened elsewhere, and loses its kernel."""

    selector = ".al-panel"

    def save(self):
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")


@pytest.fixture(scope="module")
def opened(open_notebook):
    return SavedPage(open_notebook("saved.ipynb", CELLS))


@pytest.fixture(scope="module")
def saved(opened, lab):
    """The file, saved after the slider was moved."""
    opened.run("panel.alpha = 0.3")
    opened.wait_until_shown()
    opened.wait_for("'alpha 0.30' in panel._still", True)
    opened.page.wait_for_timeout(500)  # the page gets it
    opened.save()
    return lab.root / "saved.ipynb"


def reopened(browser, text, name="again.ipynb"):
    """What a page shows of a notebook that another server opens, before anything was run."""
    with running_lab() as lab:
        (lab.root / name).write_text(text)
        notebook = NotebookPage(browser, lab, name)
        notebook.page.wait_for_timeout(4000)  # JupyterLab looks for the model for two seconds
        yield notebook.page.evaluate(SEEN)
        notebook.run_all()
        notebook.page.locator(".al-panel").nth(1).wait_for()
        notebook.page.wait_for_timeout(1000)
        yield notebook.page.evaluate(SEEN)
        yield notebook


def test_while_the_panel_is_there_nobody_sees_the_still(opened):
    seen = opened.page.evaluate(SEEN)
    assert "A still picture" not in seen["words"] and opened.page.locator(".al-still").count() == 2


def test_the_file_holds_the_still_of_what_was_seen_last(saved):
    notebook = nbformat.read(saved, as_version=4)
    for cell in notebook.cells:
        still, view = cell.outputs
        assert "alpha 0.30" in still.data["text/html"] and still.data["text/plain"].startswith("AlphaPanel(")
        assert VIEW in view.data and "text/plain" not in view.data
        assert len(still.data["text/html"]) < 250_000
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("trusted", [True, False])
def test_opened_again_it_shows_the_still(saved, browser, trusted):
    text = saved.read_text()
    if not trusted:  # other text, which this machine has not seen
        notebook = json.loads(text)
        notebook["cells"][0]["source"] += "  # changed by somebody"
        text = json.dumps(notebook)
    steps = reopened(browser, text)
    seen = next(steps)
    assert len(seen["alts"]) == 2 and all("alpha 0.30" in alt for alt in seen["alts"])
    assert ERROR not in seen["words"] and "Run its cell" in seen["words"]
    seen = next(steps)
    assert "Run its cell" not in seen["words"], "the panels are back"
    next(steps).page.close()
    steps.close()


def test_a_page_that_nbconvert_makes_shows_the_still(saved, browser, tmp_path):
    body, _ = HTMLExporter().from_filename(str(saved))
    path = tmp_path / "saved.html"
    path.write_text(body)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(1000)
    seen = page.evaluate(SEEN)
    page.close()
    assert len(seen["alts"]) == 2 and all("alpha 0.30" in alt for alt in seen["alts"])
    assert ERROR not in seen["words"]


def test_after_a_restart_of_the_kernel_it_says_what_to_do(opened, saved):
    opened.page.bring_to_front()
    opened.page.evaluate("jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    for view in opened.views.all():
        view.locator(".al-lost").get_by_text("Run this cell again").wait_for()
        assert view.locator(".al-layout").evaluate("part => part.inert")
    opened.page.wait_for_function("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")
    opened.show_again()
    assert opened.page.locator(".al-lost").count() == 0
    opened.view.get_by_role("slider", name="Alpha").focus()
    opened.page.keyboard.press("Home")
    opened.wait_for("panel.alpha", 0.0)


def test_when_the_server_stops_it_says_so(saved, browser):
    steps = reopened(browser, saved.read_text())
    next(steps), next(steps)
    notebook = next(steps)
    steps.close()  # the server
    notebook.page.locator(".al-lost").first.get_by_text("Jupyter’s server does not answer").wait_for()
    notebook.page.close()
