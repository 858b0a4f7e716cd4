"""No lesson prints the solution of an exercise before its check, neither its own nor that of a later lesson."""

import re
from pathlib import Path

import nbformat
import pytest

from adain_lab import checks

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
#: What gives an exercise away: found in its solution, and by nobody who reads up to its check.
GIVEN_AWAY = {
    "channel_statistics": r"images\.mean\(",
    "blend": r"1 - alpha\)? \* \w+ \+ alpha",
    "normalize_pixels": r"\.permute\(2, 0, 1\)",
    "collect_features": r"in network\.named_children\(\):",
    "total_variation": r"\[\.\.\., 1:, :\] - ",
    "inversion": r"\.backward\(\)\s+optimizer\.step",
    "content_loss": r"(?:features|\]|f) - \w+\)\.square\(\)\.mean\(\)",
    "gram_matrix": r"\.transpose\(1, 2\)|einsum",
    "style_loss": r"weight \* \w+\.square",
    "closure": r"return closure",
    "pixel_loop": r"\.backward\(\)\s+optimizer\.step",
    "residual_block": r"x \+ \w+\(F\.relu",
    "perceptual_loss": r"\*grams",
    "training_step": r"\.backward\(\)\s+optimizer\.step",
    "multiplications": r"kernel\s?\*\*\s?2",
    "instance_norm": r"mean\(dim=\(2, 3\)|\.var\(dim=\(2, 3\)|x\.var\(",
    "style_statistics": r"cat\(\[mean, ",
    "statistics_loss": r"std - style_std",
    # and any other letters for the same line, such as gamma * (x - mean) / std + beta
    "adain": r"_std \* \w+ \+ \w+_mean|std\b[^\n]*\* n \+|\* \(\w+ - \w+\) / \w+ \+",
    "upsample": r"repeat_interleave\(2, (?:dim=)?2\)",
    "mirror_decoder": r"\"conv4_1\": \(8, 4\)|self\.conv4_1",
    "training_loss": r"images = decoder\(target\)",
    "alpha": r"1 - alpha\) \* content_features \+ alpha",
    "interpolate": r"weight[^\n]* \* style_(?:mean|std)",
    "match_color": r"linalg\.eigh",
    "masked_adain": r"1 - \w+\.sum\(0\)",
    "time_it": r"def \w+\(work\b[^§]{0,1200}(?:times\.append|sorted\(times)",
    "crossover": r"math\.ceil",
    "pareto": r"a <= x and b <= y",
    "tile_statistics": r"means - mean",
    "halo": r"reversed\(layers\)",
    "smooth": r"amount \* ",
    "every_level": r"style = stage\(style\)",
    "whiten_color": r"vectors \* values|eigh\(sigma",
    "repair": r"\.clamp\(0, 1\) \* 255",
}
#: Lines that say nothing about how an exercise is solved, though its solution has them, too.
COMMON = {
    "tile_statistics": {"return mean, (variance + eps).sqrt()"},
    "my_project": {"code = stylizer.encode_content(content)"},
}
#: Exercises whose programs are given, to be mended.
TO_BE_MENDED = {"repair"}
#: Shorter lines are shared by programs that have nothing to do with one another.
LONG = 28


def lessons(folder):
    for path in sorted(folder.glob("*.ipynb")):
        yield path.name[:2], nbformat.read(path, as_version=4).cells


def check_of(cell):
    asked = re.search(r"^checks\.(\w+)\(\w+\)\.points$", cell.source, re.MULTILINE)
    return asked[1] if cell.cell_type == "code" and asked else None


def seen_before_checks(readable):
    """What a student has seen when a check comes, by the exercise: of all lessons so far, stubs as stubs."""
    seen, before = [], {}
    for _, cells in lessons(NOTEBOOKS):
        for cell in cells:
            if name := check_of(cell):
                before[name] = "\n§\n".join(seen)
            else:
                seen.append(readable(cell))
    return before


@pytest.fixture(scope="module")
def read_before():
    """The code."""
    return seen_before_checks(lambda cell: cell.source if cell.cell_type == "code" else "")


@pytest.fixture(scope="module")
def told_before():
    """The text, without what is opened on purpose: hints, explanations, derivations."""
    folded = re.compile(r"<details>.*?</details>", re.DOTALL)
    return seen_before_checks(lambda cell: folded.sub("", cell.source) if cell.cell_type == "markdown" else "")


@pytest.fixture(scope="module")
def solutions():
    """The solved cell of every exercise, by its name."""
    found, last = {}, ""
    for _, cells in lessons(NOTEBOOKS / "solutions"):
        for cell in cells:
            if "### BEGIN SOLUTION" in cell.source:
                last = cell.source
            elif name := check_of(cell):
                found[name] = last
    return found


def test_every_exercise_with_one_answer_is_looked_for():
    assert set(GIVEN_AWAY) == {name for name in checks.EXERCISES if not name.startswith("my_")} - {"train"}


@pytest.mark.parametrize("name", GIVEN_AWAY)
def test_nothing_before_the_check_gives_the_exercise_away(name, read_before, solutions):
    assert re.search(GIVEN_AWAY[name], solutions[name]), "the pattern no longer fits the solution"
    found = re.search(GIVEN_AWAY[name], read_before[name])
    assert not found, f"printed before its check: {found[0]!r}"


@pytest.mark.parametrize("name", GIVEN_AWAY)
def test_no_text_before_the_check_gives_the_exercise_away(name, told_before):
    found = re.search(GIVEN_AWAY[name], told_before[name])
    assert not found, f"told before its check: {found[0]!r}"


def without_spaces(text):
    return re.sub(r"[ \t]+", "", text)


@pytest.mark.parametrize("name", checks.EXERCISES)
def test_no_line_of_a_solution_is_read_before_its_check(name, read_before, told_before, solutions):
    parts = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", solutions[name], re.DOTALL)
    lines = {re.split(r"\s+#", line)[0].strip() for part in parts for line in part.split("\n")}
    telling = {line for line in lines - COMMON.get(name, set()) if len(without_spaces(line)) >= LONG}
    seen = without_spaces(read_before[name] + told_before[name])
    given_away = [line for line in telling if without_spaces(line) in seen]
    assert name in TO_BE_MENDED or not given_away, given_away


def test_the_lines_that_are_let_pass_are_still_there(read_before):
    assert all(line in read_before[name] for name, lines in COMMON.items() for line in lines)


def test_what_a_check_says_of_a_mistake_does_not_give_the_exercise_away(capsys):
    """Lesson 00 shows what a check says, with an exercise that is still to come."""
    (cell,) = [c for _, cells in lessons(NOTEBOOKS) for c in cells if c.source.startswith("wrong = checks.")]
    exec(cell.source, {"checks": checks})
    said = capsys.readouterr().out
    assert said.startswith("✗ blend: not right yet") and "1 -" not in said
