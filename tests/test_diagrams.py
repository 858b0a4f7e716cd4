"""Diagrams and measured runs of the lessons: they read in both themes, in words, and without a kernel."""

import base64
import json
import re
import xml.etree.ElementTree as ET

import pytest

from adain_lab.lessons import diagrams
from adain_lab.lessons.experiments import DECODERS
from adain_lab.lessons.measured import FOLDER, final, measured

EVERY = [diagrams.network, diagrams.loss_graph, diagrams.normalisations]


def markup(picture):
    return picture._repr_mimebundle_()["text/html"]


def drawings(picture):
    """The SVG files inside a diagram's page."""
    files = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', markup(picture))
    return [base64.b64decode(file).decode() for file in files]


@pytest.mark.parametrize("draw", EVERY)
def test_a_diagram_says_in_words_what_it_shows(draw):
    page = markup(draw())
    assert page.count("<img ") == len(drawings(draw())) >= 1
    labels = re.findall(r' alt="([^"]*)"', page)
    assert len(labels) == page.count("<img ") and all(len(label) > 40 for label in labels)
    assert repr(draw()).startswith("[diagram: ") and "<" not in repr(draw())


@pytest.mark.parametrize("draw", EVERY)
def test_a_diagram_is_whole_where_stylesheets_and_inline_svg_are_taken_out(draw):
    page = markup(draw())
    assert "<svg" not in page and "<script" not in page and "http" not in page
    assert "data-jp-theme-light=false" in page
    for drawing in drawings(draw()):
        ET.fromstring(drawing)
        assert 'width="100%" height="100%" rx="3" fill="#ffffff"' in drawing
        assert "var(" not in drawing and "currentColor" not in drawing


def test_the_network_has_the_sizes_of_its_model():
    (page,) = drawings(diagrams.network(width=64, size=512))
    assert "512 × 64 × 64" in page and "3 × 512 × 512" in page and "2 × 512 numbers" in page


def test_two_switches_on_one_page_do_not_disturb_each_other():
    groups = [set(re.findall(r'name="([^"]+)"', markup(diagrams.normalisations()))) for _ in range(2)]
    assert len(groups[0]) == len(groups[1]) == 1 and groups[0] != groups[1]
    assert markup(diagrams.normalisations()).count(" checked") == 1


@pytest.mark.parametrize("name", ["norms", "colours", "decoders"])
def test_what_was_measured_says_how_and_is_complete(name):
    record = measured(name)
    assert f"tools/measure_lessons.py {name}" in record["made_by"] and record["seeds"]
    assert 0 not in record["seeds"], "seed 0 is the lesson's own run"
    points = record["iterations"] // record["every"]

    def check(runs):
        if isinstance(runs, dict):
            for value in runs.values():
                check(value)
        else:
            assert len(runs) == len(record["seeds"]) and all(len(run) == points for run in runs)
            assert all(value >= 0 for run in runs for value in run)

    check(record["runs"])
    assert len(json.dumps(record)) < 100_000


def test_the_decoders_that_were_measured_are_those_of_the_lesson():
    assert list(measured("decoders")["runs"]) == list(DECODERS)


def test_what_was_not_measured_is_refused_by_name():
    with pytest.raises(FileNotFoundError, match="choose from"):
        measured("weather")
    assert FOLDER.is_dir() and final([[1.0, 2.0, 4.0]], 2) == [3.0]
