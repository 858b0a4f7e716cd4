"""The moving picture in the README: four panels in JupyterLab, moved by a mouse, as they really are.

    python tools/make_demo.py [--output FILE] [--frames FOLDER]

Starts JupyterLab and Chromium, opens a notebook with a panel per scene, drags what a hand would drag, and takes a
picture of the panel after every step, as soon as it is painted. The frames become an animated WebP of less than 2 MB.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser.jupyter import NotebookPage, running_chromium, running_lab  # noqa: E402

#: A frame, pixels: the upper part of a panel, in which everything that moves lies, with some paper around it.
WIDTH, HEIGHT, MARGIN = 960, 510, 12
#: Over so many rows at its bottom a frame goes over into white, for the panel goes on.
FADE = 48
#: How long a step is shown, and the last picture of a scene, milliseconds.
STEP, REST = 80, 550
LARGEST = 2_000_000
#: The browser's page at first; it is made as wide as a panel of the right width needs.
VIEW = (1130, 900)

#: One cell per scene.
CELLS = {
    "alpha": "from adain_lab.widgets import *\nalpha = AlphaPanel('temple', 'wave_print', alpha=0.0, size=256)\nalpha",
    "mix": "mix = InterpolationPanel('cat', ['night_village', 'kilim', 'ink_mountains', 'stained_glass'], size=256)\nmix",
    "mask": "mask = MaskPanel('temple', ['night_village', 'autumn_avenue'], size=256)\nmask",
    "colour": "colour = ColorPanel('coffee', 'marbled', size=256)\ncolour",
}
PANELS = {
    "alpha": '[aria-label="Style transfer with alpha"]',
    "mix": ".al-interpolation",
    "mask": ".al-mask",
    "colour": ".al-color",
}
#: A pointer that screenshots show.
POINTER = """() => {
  const pointer = document.createElement("div");
  pointer.innerHTML = `<svg width="26" height="26" viewBox="0 0 26 26"><path d="M3 2v19l5-5 3.3 7.4 3.4-1.5-3.3-7.2h7z" fill="#111"
    stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/></svg>`;
  Object.assign(pointer.style, { position: "fixed", zIndex: 99999, pointerEvents: "none", left: "-99px", top: 0 });
  document.body.append(pointer);
  addEventListener("pointermove", (event) => {
    pointer.style.left = `${event.clientX - 3}px`;
    pointer.style.top = `${event.clientY - 2}px`;
  }, true);
}"""


class Film:
    """Frames, and how long each is shown.

    Args:
        notebook: the open notebook.
    """

    def __init__(self, notebook: NotebookPage):
        self.notebook, self.page = notebook, notebook.page
        self.frames: list[Image.Image] = []
        self.times: list[int] = []
        self.fade = Image.linear_gradient("L").resize((WIDTH, FADE))

    def scene(self, name: str) -> None:
        """Turn to a panel."""
        self.panel = self.page.locator(PANELS[name]).first
        self.panel.evaluate(
            "(panel, margin) => { panel.style.scrollMargin = `${margin}px`; panel.scrollIntoView({ block: 'start' }); }",
            MARGIN,
        )
        self.page.mouse.move(5, 5)
        self.page.wait_for_timeout(300)
        self.take()

    def take(self, time: int = STEP) -> None:
        """A frame, when the kernel has painted what the hand asked for."""
        self.page.wait_for_timeout(60)  # the hand's values are on their way
        self.notebook.python("")  # the kernel has got them
        self.page.wait_for_function("panel => !panel.hasAttribute('data-busy')", arg=self.panel.element_handle())
        self.page.wait_for_timeout(60)
        box = self.panel.bounding_box()
        clip = {"x": box["x"] - MARGIN, "y": box["y"] - MARGIN, "width": WIDTH, "height": HEIGHT}
        frame = Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("RGB")
        frame.paste("white", (0, 0, WIDTH, MARGIN // 2))  # the cell's edge
        frame.paste("white", (0, HEIGHT - FADE), self.fade)
        self.frames.append(frame)
        self.times.append(time)

    def drag(self, places: Iterable[tuple[float, float]]) -> None:
        """Press, go through ``places`` (pixels of the page), and let go."""
        for number, place in enumerate(places):
            self.page.mouse.move(*place)
            if number == 0:
                self.page.mouse.down()
            self.take()
        self.page.mouse.up()

    def rest(self) -> None:
        """Stay with what is seen."""
        self.page.mouse.move(5, 5)
        self.take(REST)

    def save(self, path: Path) -> int:
        """Write the animation as well as it fits; its bytes."""
        for quality in (82, 74, 66, 58, 50, 40, 30):
            options = {"save_all": True, "append_images": self.frames[1:], "duration": self.times, "loop": 0}
            self.frames[0].save(path, "WEBP", quality=quality, method=4, minimize_size=False, **options)
            if path.stat().st_size < LARGEST:
                break
        return path.stat().st_size


def between(start: float, end: float, steps: int) -> Iterator[float]:
    """From ``start`` to ``end``, slow at both ends."""
    for step in range(steps + 1):
        yield start + (end - start) * (1 - math.cos(math.pi * step / steps)) / 2


def alpha(film: Film) -> None:
    film.scene("alpha")
    box = film.panel.locator("input[type=range]").first.bounding_box()
    y = box["y"] + box["height"] / 2
    film.drag((box["x"] + 8 + share * (box["width"] - 16), y) for share in between(0, 1, 14))
    film.rest()


def mix(film: Film) -> None:
    film.scene("mix")
    box = film.panel.locator(".al-field").bounding_box()
    turns = [math.pi * (1.25 - 2 * share) for share in between(0, 1, 20)]
    film.drag(
        (box["x"] + box["width"] * (0.5 + 0.46 * math.cos(t)), box["y"] + box["height"] * (0.5 - 0.46 * math.sin(t)))
        for t in turns
    )
    film.rest()


def mask(film: Film) -> None:
    film.scene("mask")
    box = film.panel.locator(".al-canvas").bounding_box()
    film.drag(
        (box["x"] + box["width"] * x, box["y"] + box["height"] * (0.3 + 0.18 * math.sin(5 * math.pi * x)))
        for x in between(0.06, 0.94, 16)
    )
    film.rest()


def colour(film: Film) -> None:
    film.scene("colour")
    for segment in film.panel.locator(".al-segment").all()[1:]:
        box = segment.bounding_box()
        film.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        film.take(250)
        film.page.mouse.down()
        film.page.mouse.up()
        film.take(250)
        film.take(REST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images" / "panels.webp")
    parser.add_argument("--frames", type=Path, help="write every frame into this folder, too")
    options = parser.parse_args()
    with running_lab() as lab, running_chromium(*VIEW) as context:
        notebook = NotebookPage(context, lab, lab.write_notebook("demo.ipynb", list(CELLS.values())))
        notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
        notebook.run_all()
        notebook.page.locator(PANELS["colour"]).first.wait_for()
        notebook.page.evaluate(POINTER)
        page, panel = notebook.page, notebook.page.locator(PANELS["colour"]).first
        surplus = panel.bounding_box()["width"] - (WIDTH - 2 * MARGIN)
        page.set_viewport_size({"width": round(VIEW[0] - surplus), "height": VIEW[1]})
        film = Film(notebook)
        for scene in (alpha, mix, mask, colour):
            scene(film)
        size = film.save(options.output)
    if options.frames:
        options.frames.mkdir(parents=True, exist_ok=True)
        for number, frame in enumerate(film.frames):
            frame.save(options.frames / f"{number:03}.png")
    print(f"wrote {options.output}: {len(film.frames)} frames, {sum(film.times) / 1000:.1f} s, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
