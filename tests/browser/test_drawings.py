"""Plots and diagrams in a light and in a dark page: on the page's paper, with ink that is read, in the same hues."""

import io

import numpy as np
import pytest
from PIL import Image

from adain_lab.lessons import diagrams, plots
from adain_lab.lessons.plots import COLOURS, plot

pytestmark = pytest.mark.browser

#: JupyterLab's paper, --jp-layout-color0, in its two themes.
PAPER = {"light": "#ffffff", "dark": "#111111"}
PAGE = """<!doctype html><title>drawings</title>
<body data-jp-theme-light="{light}" style="background:{paper};margin:20px">{drawings}</body>"""


@pytest.fixture(scope="module")
def drawings():
    """A plot with one thick line of each colour, and a diagram, as pages hold them."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "_display", shown.append)
        with plot("A line of each colour.", height=2.4) as axes:
            for height, colour in enumerate(COLOURS.values()):
                axes.axhline(height, color=colour, linestyle="-", linewidth=6)
            axes.set(xlabel="words", ylabel="words")
    pictures = {"plot": shown[0], "diagram": diagrams.loss_graph()}
    return {name: picture._repr_mimebundle_()["text/html"] for name, picture in pictures.items()}


@pytest.fixture(scope="module")
def seen(browser, drawings):
    """Pixels (H, W, 3) of a drawing in a page."""
    page = browser.new_page()

    def look(name, theme, markup=None):
        markup = markup or drawings[name]
        page.set_content(PAGE.format(light=str(theme == "light").lower(), paper=PAPER[theme], drawings=markup))
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        shot = page.locator("img").screenshot()
        return np.array(Image.open(io.BytesIO(shot)).convert("RGB"))

    yield look
    page.close()


def luminance(pixels):
    """WCAG's relative luminance."""
    pixels = np.asarray(pixels) / 255
    linear = np.where(pixels <= 0.03928, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    low, high = sorted((float(luminance(a)), float(luminance(b))))
    return (high + 0.05) / (low + 0.05)


def paper_of(pixels):
    """The colour that most of the drawing has."""
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return colours[counts.argmax()]


def colourful(pixels):
    """The colours of a drawing's thick lines: large areas that are not grey."""
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return colours[(counts > 1000) & (np.ptp(colours.astype(int), axis=1) > 40)]


@pytest.mark.parametrize("name", ["plot", "diagram"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_drawing_lies_on_the_pages_paper_and_its_ink_is_read(seen, name, theme):
    pixels = seen(name, theme)
    page = np.array([int(PAPER[theme][i : i + 2], 16) for i in (1, 3, 5)])
    assert abs(paper_of(pixels).astype(int) - page).max() <= 2, "no sheet of another colour"
    light = luminance(pixels)
    ink = pixels.reshape(-1, 3)[light.argmin() if theme == "light" else light.argmax()]
    assert contrast(ink, page) > 12, "words and axes"
    assert (abs(pixels.astype(int) - page).max(axis=2) > 60).mean() < 0.5, "mostly paper"


def test_the_colours_of_lines_keep_their_hue_and_stand_out_in_both_themes(seen):
    light, dark = colourful(seen("plot", "light")), colourful(seen("plot", "dark"))
    assert len(light) == len(dark) == len(COLOURS) - 1  # black is no colour
    for colours, least, theme in ((light, 2, "light"), (dark, 3, "dark")):
        page = [int(PAPER[theme][i : i + 2], 16) for i in (1, 3, 5)]
        assert min(contrast(colour, page) for colour in colours) > least, theme

    def strongest(colours):
        return sorted(int(colour.argmax()) for colour in colours)

    assert strongest(light) == strongest(dark), "blue stays blue, orange orange"


def test_without_its_stylesheet_a_drawing_is_white_in_the_dark(seen, drawings):
    markup = drawings["plot"].split("<style>")[0]
    assert paper_of(seen("plot", "dark", markup)).tolist() == [255, 255, 255]
