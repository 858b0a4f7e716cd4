"""Plots of the lessons: on white paper in every page, on dark paper in a dark theme, in words for those who cannot see."""

import base64
import io
import re

import pytest
from PIL import Image

from adain_lab.errors import InputError
from adain_lab.lessons.plots import plot
from adain_lab.lessons.show import DRAWING, DRAWING_STYLE, show


@pytest.fixture
def displayed(monkeypatch):
    """What plots displayed, in order."""
    shown = []
    monkeypatch.setattr("adain_lab.lessons.plots._display", shown.append)
    return shown


def page_of(picture):
    return picture._repr_mimebundle_()["text/html"]


def test_a_plot_is_one_image_on_white_paper_with_its_alt_text(displayed):
    with plot('A "rising" line.', title="Loss & time", width=3, height=2) as axes:
        axes.plot([1, 2, 3])
    page = page_of(displayed[0])
    (image,) = re.findall(r"<img [^>]*>", page)
    assert f'class="{DRAWING}"' in image and 'alt="A &quot;rising&quot; line."' in image and 'width="330"' in image
    assert "<figcaption" in page and "Loss &amp; time" in page
    file = re.search(r"data:image/png;base64,([^\"]+)", image).group(1)
    with Image.open(io.BytesIO(base64.b64decode(file))) as picture:
        assert picture.size == (330, 220)
        assert picture.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255), "what takes stylesheets out shows this"
    assert repr(displayed[0]) == '[plot: A "rising" line.]'


def test_a_plot_brings_the_stylesheet_of_the_dark_theme_and_a_photograph_does_not(displayed):
    with plot("A line.") as axes:
        axes.plot([1, 2])
    assert page_of(displayed[0]).count(DRAWING_STYLE) == 1
    assert "prefers-color-scheme" not in DRAWING_STYLE, "a page may be white where the machine prefers dark ones"
    photograph = page_of(show(Image.new("RGB", (8, 8)), alt="A black area."))
    assert DRAWING not in photograph and "<style" not in photograph


def test_a_plot_without_words_is_refused():
    with pytest.raises(InputError, match="alt must say"), plot(" "):
        raise AssertionError("the block of a refused plot does not run")
