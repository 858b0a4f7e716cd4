"""The panel of predictions in a page without JupyterLab, read by an accessibility engine."""

import pytest
from browser.accessibility import findings
from browser.test_bare_page import MOUNT, jsonable

from adain_lab.widgets import PredictPanel

pytestmark = pytest.mark.browser

NAMES = ("question", "options", "choice", "committed", "answer", "why", "quiz", "error")
#: The page's own colours stand in its style sheet, where the engine finds them.
PAGE = """<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><title>predictions</title>
<style>body { background: Canvas; color: CanvasText; }</style><body></body></html>"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_engine_finds_nothing_grave(browser, scheme):
    panel = PredictPanel("02-mirrored")
    page = browser.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_content(PAGE)
    page.evaluate(MOUNT, [str(panel._esm), str(panel._css), {name: jsonable(getattr(panel, name)) for name in NAMES}])
    assert findings(page, "body > *") == []
    page.evaluate("model.set('error', 'Something to read.'); model.set('choice', 0); model.set('committed', true)")
    assert findings(page, "body > *") == []
    page.evaluate("model.set('answer', 1); model.set('why', 'Because the mean does not know where a pixel is.')")
    assert findings(page, "body > *") == []
    page.close()


def test_the_engine_finds_what_is_wrong(browser):
    page = browser.new_page()
    page.set_content('<main><button></button><p style="color: #aaa; background: #fff">Pale words</p></main>')
    found = findings(page, "main")
    assert [line.split(",")[0] for line in found] == ["button-name", "color-contrast"]
    with pytest.raises(ValueError, match="nothing on the page matches"):
        findings(page, "nav")
    page.close()
