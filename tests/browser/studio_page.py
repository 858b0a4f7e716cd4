"""The studio panel in a notebook, as browser tests handle it."""

from browser.panel_page import DOT, PanelPage

CELLS = [
    "from adain_lab.widgets import StudioPanel\n"
    "panel = StudioPanel('coffee', ['kilim'], stylizer='slim', preview='tiny', size=288)\npanel",
    "panel  # a second view of the same panel",
]
#: Remembers what is painted, and how long the picture's shorter side is; with a pause before each picture.
RECORD = (
    "import time\ncalls, render = [], panel._session.render\n"
    "def recording(size, draft=False, **settings):\n"
    "    time.sleep({pause}); frame = render(size, draft, **settings)\n"
    "    calls.append([draft, min(frame.size), settings['controls'].alpha]); return frame\n"
    "panel._session.render = recording"
)


class StudioPage(PanelPage):
    """A notebook with two views of one panel."""

    selector = ".al-studio"
    ready = "panel._shown == panel._wanted() and not panel.busy and not panel.moving and not panel.error"

    def __init__(self, notebook):
        super().__init__(notebook)
        self.alpha = self.view.get_by_role("slider", name="Alpha")
        self.error = self.view.locator(".al-error")
        self.canvas = self.view.locator(".al-canvas")

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
