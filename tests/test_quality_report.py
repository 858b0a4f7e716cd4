"""The figures on quality are what the record of the pairs says."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from quality_report import RECORD, crossing, draw, residues, summary  # noqa: E402


def curve(**values):
    return {mark.removeprefix("at"): {"residual_style": value} for mark, value in values.items()}


def test_a_crossing_lies_between_two_marks_by_the_logarithm():
    falling = curve(at0=1.0, at10=0.6, at1000=0.2)
    assert crossing(falling, 0.4) == pytest.approx(100)
    assert crossing(falling, 0.6) == pytest.approx(10) and crossing(falling, 0.2) == pytest.approx(1000)
    assert crossing(falling, 0.1) is None


def test_a_residue_is_relative_to_the_content_of_its_own_pair():
    pairs = [
        {"adain": {"untouched": {"style": before}}, "after": {"style": after}}
        for before, after in ((4.0, 1.0), (10.0, 5.0))
    ]
    assert residues(pairs, lambda pair: pair["after"]) == [0.25, 0.5]


@pytest.fixture(scope="module")
def record():
    return json.loads(RECORD.read_text())


def test_the_recorded_summary_is_that_of_the_recorded_pairs(record):
    assert summary(record) == record["summary"]
    assert record["summary"]["pairs"] == len({(pair["content"], pair["style"]) for pair in record["pairs"]}) >= 20


def test_gatys_starts_as_the_content_and_a_mixture_of_one_style_is_that_style(record):
    for pair in record["pairs"]:
        assert pair["gatys"]["curve"]["0"] == pytest.approx(pair["adain"]["untouched"], rel=1e-4, abs=1e-4)
        assert pair["adain"]["mixture"]["1"]["style"] == pytest.approx(
            pair["adain"]["alpha"]["slim"]["1.0"]["style"], rel=1e-3
        )
        assert pair["adain"]["tiling"]["largest_difference"] <= 1


def test_the_figure_is_a_png(record, tmp_path):
    draw(record, tmp_path / "quality.png")
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG")
