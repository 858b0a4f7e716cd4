"""What tests of panels in JupyterLab share: a notebook with views of one panel, read and moved by a real browser."""

import contextlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from browser.accessibility import findings

# The picture in the page, made small: 12 x 12 pixels in three colours.
PIXELS = """(image) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 12, height: 12 });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 12, 12);
  return [...context.getImageData(0, 0, 12, 12).data].filter((_, i) => i % 4 < 3);
}"""
BYTES = """async (image) => {
  const bytes = await (await fetch(image.src)).arrayBuffer();
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
}"""
#: The painted picture as numbers, (H, W, 3) in a list.
PICTURE = """(image) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""
#: The colour, with opacity, that the overlay has at a place from 0 to 1.
DOT = """(canvas, [x, y]) =>
  [...canvas.getContext("2d").getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data]"""
# The least contrast of the panel's small letters with what lies behind them.
CONTRAST = """(panel) => {
  const channel = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const blend = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const paper = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0");
  const ratios = [...panel.querySelectorAll(".al-name, .al-status, .al-current, .al-tick-named, .al-legend, .al-button")].map((e) => {
    const { backgroundColor, color } = getComputedStyle(e);
    const [a, b] = [blend(paper, backgroundColor), blend(paper, backgroundColor, color)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  });
  return Math.min(...ratios);
}"""


class PanelPage:
    """A notebook that shows one panel, which its kernel calls ``panel``, in two views or more.

    A subclass says where a view is and when Python is done.

    Attributes:
        selector: a view of the panel.
        painted: the picture in a view.
        ready: what is true in Python when it has painted what its traits say.
        bytes: the picture's file in Python.
        patience: seconds to wait for anything.
    """

    selector: str
    painted = ".al-after"
    ready = "panel._shown == panel._wanted() and not panel.busy"
    bytes = "panel.picture"
    patience = 8.0

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.views = self.page.locator(self.selector)
        self.view = self.views.first
        self.after = self.view.locator(self.painted)
        self.error = self.view.get_by_role("alert")
        self.views.nth(1).wait_for()
        self.wait_until_shown()

    def python(self, expression):
        return json.loads(self.notebook.python(f"import json; print(json.dumps({expression}))"))

    def run(self, code):
        out = self.notebook.python(code)
        assert not out, out

    def polls(self, seconds=None):
        """Moments, 50 ms apart, at which to look again."""
        for _ in range(round(20 * (seconds or self.patience))):
            yield
            self.page.wait_for_timeout(50)

    def wait_until_shown(self):
        """Until Python has painted what its traits say, and every view shows that picture."""
        for _ in self.polls():
            ready, wanted = self.python(f"[{self.ready}, __import__('hashlib').sha256({self.bytes}).hexdigest()]")
            if ready and all(view.locator(self.painted).evaluate(BYTES) == wanted for view in self.views.all()):
                return
        pytest.fail("not every view shows Python's picture; it says " + repr(self.python("panel.error")))

    def wait_for(self, expression, value, seconds=None):
        """Until a Python expression has a value."""
        for _ in self.polls(seconds):
            if (now := self.python(expression)) == value:
                return
        pytest.fail(f"{expression} is {now!r}, not {value!r}")

    def pixels(self):
        return self.after.evaluate(PIXELS)

    def wait_for_another_picture(self, old):
        for _ in self.polls():
            if self.pixels() != old:
                return self.wait_until_shown()
        pytest.fail("the picture in the page did not change")

    def picture(self):
        """The painted picture as numbers, (H, W, 3)."""
        size = self.after.evaluate("image => [image.naturalHeight, image.naturalWidth, 4]")
        return np.array(self.after.evaluate(PICTURE), np.int16).reshape(size)[..., :3]

    def choose_file(self, button, path):
        """Press a button that asks for a file, and give it one."""
        with self.page.expect_file_chooser() as chooser:
            self.view.get_by_role("button", name=button).click()
        chooser.value.set_files(path)

    def type_shortcuts(self, control):
        """With a control in focus, type keys that JupyterLab would turn a cell into text or delete one by."""
        kinds = "cells => cells.map(cell => cell.className.match(/jp-(Code|Markdown|Raw)Cell/)[0])"
        before = self.page.locator(".jp-Cell").evaluate_all(kinds)
        assert set(before) == {"jp-CodeCell"}
        self.view.locator(control).first.focus()
        for key in ("m", "x", "a", "b", "d", "d", "r", "j", "k", "z"):
            self.page.keyboard.press(key)
        self.page.wait_for_timeout(100)
        assert self.page.locator(".jp-Cell").evaluate_all(kinds) == before

    @contextlib.contextmanager
    def in_theme(self, theme):
        """JupyterLab in a theme; afterwards light again, and as wide as before."""
        before, self._theme = self.page.viewport_size, theme
        self.notebook.theme(theme)
        try:
            yield
        finally:
            self.notebook.theme("JupyterLab Light")
            self.page.set_viewport_size(before)

    def look(self, folder, name, width, tallest=None, height=1000, least=50_000):
        """A screenshot in a page where the panel is ``width`` pixels wide; nothing is cut off, small letters are readable.

        ``ADAIN_LAB_SCREENSHOTS`` names the folder where somebody wants to look at them.
        """
        self.page.set_viewport_size({"width": width + 180, "height": height})
        self.page.wait_for_timeout(250)
        assert self.view.evaluate(CONTRAST) >= 4.5, "small letters are readable"
        assert self.view.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), "nothing is cut off"
        assert tallest is None or self.view.bounding_box()["height"] < tallest, "it fits on a screen"
        folder = Path(os.environ.get("ADAIN_LAB_SCREENSHOTS", folder))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}-{self._theme.split()[1].lower()}-{width}.png"
        self.view.screenshot(path=path)
        assert path.stat().st_size > least

    def check_accessible(self):
        """An accessibility engine finds nothing grave, in both themes, also while the panel has something to complain of."""
        self.run("panel.error = 'Something to read.'")
        self.error.filter(has_text="Something to read.").wait_for()
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            with self.in_theme(theme):
                assert findings(self.page, self.selector) == []
        self.run("panel.error = ''")

    def clear(self):
        """Clear the cells' outputs: no view is left."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        self.page.wait_for_function("selector => !document.querySelector(selector)", arg=self.selector)

    def show_again(self):
        """Run all cells again."""
        self.notebook.run_all()
        self.views.nth(1).wait_for()
        self.wait_until_shown()

    def check_quiet(self):
        """No error in the page's console, and nothing was asked of another machine."""
        assert self.notebook.console_errors == []
        assert self.notebook.outside == []
