"""The studio panel in a notebook, as browser tests handle it."""

import json

import numpy as np
import pytest
from browser.test_alpha_panel import BYTES
from browser.test_mask_panel import DOT, PICTURE

CELLS = [
    "from adain_lab.widgets import StudioPanel\n"
    "panel = StudioPanel('coffee', ['kilim'], stylizer='slim', preview='tiny', size=288)\npanel",
    "panel  # a second view of the same panel",
]
SHOWN = (
    "[panel._shown == panel._wanted() and not panel.busy and not panel.moving and not panel.error, "
    "__import__('hashlib').sha256(panel.picture).hexdigest()]"
)
#: Remembers what is painted, and how long the picture's shorter side is; with a pause before each picture.
RECORD = (
    "import time\ncalls, render = [], panel._session.render\n"
    "def recording(size, draft=False, **settings):\n"
    "    time.sleep({pause}); frame = render(size, draft, **settings)\n"
    "    calls.append([draft, min(frame.size), settings.get('alpha')]); return frame\n"
    "panel._session.render = recording"
)


class StudioPage:
    """A notebook with two views of one panel."""

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.views = self.page.locator(".al-studio")
        self.view = self.views.first
        self.after = self.view.locator(".al-after")
        self.alpha = self.view.get_by_role("slider", name="Alpha")
        self.error = self.view.locator(".al-error")
        self.canvas = self.view.locator(".al-canvas")
        self.views.nth(1).wait_for()
        self.wait_until_shown()

    def python(self, expression):
        return json.loads(self.notebook.python(f"import json; print(json.dumps({expression}))"))

    def run(self, code):
        out = self.notebook.python(code)
        assert not out, out

    def wait_until_shown(self):
        """Until Python has painted the final picture of what its traits say, and every view shows it."""
        for _ in range(160):
            up_to_date, wanted = self.python(SHOWN)
            if up_to_date and all(view.locator(".al-after").evaluate(BYTES) == wanted for view in self.views.all()):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"not every view shows Python's picture; {self.python('[panel.error, panel.busy, panel.moving]')}")

    def wait_for(self, expression, value):
        """Until a Python expression has a value."""
        for _ in range(160):
            if (now := self.python(expression)) == value:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{expression} is {now!r}, not {value!r}")

    def picture(self):
        """The painted picture as numbers, (H, W, 3)."""
        size = self.after.evaluate("image => [image.naturalHeight, image.naturalWidth, 4]")
        return np.array(self.after.evaluate(PICTURE), np.int16).reshape(size)[..., :3]

    def dot(self, x, y):
        """The colour of the regions' overlay at a place from 0 to 1; None where it is clear."""
        self.page.wait_for_timeout(80)  # the next frame
        *color, opacity = self.canvas.evaluate(DOT, [x, y])
        return color if opacity else None

    def drag(self, element, start, end, steps=12):
        """Drag by the mouse from one place of an element to another, each as shares of its width and height."""
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        (x, y), (to_x, to_y) = ((box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in (start, end))
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(to_x, to_y, steps=steps)
        self.page.mouse.up()

    def choose_file(self, button, path):
        with self.page.expect_file_chooser() as chooser:
            self.view.get_by_role("button", name=button).click()
        chooser.value.set_files(path)

    def save(self, path, button="Save PNG"):
        """What the page lets the reader keep, as ``path``."""
        with self.page.expect_download() as download:
            self.view.get_by_role("button", name=button).click()
        download.value.save_as(path)
        return path

    def dismiss(self):
        self.view.get_by_role("button", name="Dismiss").click()
        self.wait_for("panel.error", "")
        self.error.wait_for(state="hidden")
