"""The lessons as files: versions in step, readable without running, complete. nbval runs them."""

import ast
import builtins
import importlib.util
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

from adain_lab import checks
from adain_lab.lessons.descriptions import described
from adain_lab.lessons.measured import measured

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
DESCRIPTIONS = ROOT / "adain_lab" / "lessons" / "descriptions"


def _tool():
    spec = importlib.util.spec_from_file_location("make_notebooks", ROOT / "tools" / "make_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = _tool()
SOLUTIONS = sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))
STUDENT = sorted(NOTEBOOKS.glob("*.ipynb"))
EVERY = [*STUDENT, *SOLUTIONS]


def name(path):
    return str(path.relative_to(NOTEBOOKS))


def read(path):
    return nbformat.read(path, as_version=4)


def text_of(output):
    if output.output_type == "stream":
        return output.text
    return "".join(str(value) for mime, value in output.get("data", {}).items() if mime == "text/plain")


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


every = pytest.mark.parametrize("path", EVERY, ids=name)


# ---- the two versions ----------------------------------------------------------------------------------------------


def test_there_are_two_versions_of_every_lesson():
    assert [p.name for p in STUDENT] == [p.name for p in SOLUTIONS] != []


@pytest.mark.parametrize("source", SOLUTIONS, ids=name)
def test_the_student_version_is_what_its_source_gives(source):
    assert not tool.is_stale(source), f"run python tools/make_notebooks.py --lesson {source.name[:2]}"


def test_a_changed_source_makes_the_student_version_stale(tmp_path):
    (tmp_path / "solutions").mkdir()
    source = tmp_path / "solutions" / SOLUTIONS[0].name
    notebook = tool.annotate(read(SOLUTIONS[0]), source.name[:2])
    nbformat.write(notebook, source)
    nbformat.write(tool.student_version(notebook, source.name), tool.student_path(source))
    assert not tool.is_stale(source)
    notebook.cells[1].source += "\n\nA sentence more."
    nbformat.write(notebook, source)
    assert tool.is_stale(source)


def test_solutions_are_replaced_by_indented_stubs():
    source = "def f(x):\n    '''Doc.'''\n    ### BEGIN SOLUTION\n    y = x\n    return y\n    ### END SOLUTION\n"
    assert (
        tool.clear_solutions(source)
        == "def f(x):\n    '''Doc.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"
    )
    for broken in (
        "### BEGIN SOLUTION\n1",
        "### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ):
        with pytest.raises(ValueError):
            tool.clear_solutions(broken)


@pytest.mark.parametrize("path", STUDENT, ids=name)
def test_the_student_version_holds_no_solution(path):
    sources = "\n".join(cell.source for cell in read(path).cells)
    assert "SOLUTION" not in sources and "solutions-only" not in str(read(path))
    assert sources.count("raise NotImplementedError()\n") + sources.count("raise NotImplementedError()") >= 3


@pytest.mark.parametrize("source", SOLUTIONS, ids=name)
def test_each_version_leads_to_the_other_at_the_top(source):
    solved, student = read(source).cells[0], read(tool.student_path(source)).cells[0]
    assert solved.source.startswith("> **Solved version.**") and f"](../{source.name})" in solved.source
    assert student.source.startswith("> **Your version.**") and f"](solutions/{source.name})" in student.source
    assert solved.id == student.id


def test_a_source_without_its_header_is_refused():
    notebook = read(SOLUTIONS[0])
    with pytest.raises(SystemExit, match="first cell"):
        tool.student_version(notebook, "05_other.ipynb")
    del notebook.cells[0]
    with pytest.raises(SystemExit, match="first cell"):
        tool.student_version(notebook, SOLUTIONS[0].name)


# ---- what is saved -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_the_solved_version_is_saved_with_outputs_and_without_errors(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells), "a cell was not run: run python tools/make_notebooks.py"
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [o for o in outputs if o.output_type == "error"]
    assert not [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@pytest.mark.parametrize("path", STUDENT, ids=name)
def test_the_student_version_is_saved_without_outputs(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert not [cell for cell in cells if cell.outputs or cell.execution_count]


@pytest.mark.parametrize("path", STUDENT, ids=name)
def test_the_student_version_asserts_nothing(path):
    """An assert beside a prediction answers it, and one that fails interrupts. Only an exercise's own cell may have one."""
    for cell in read(path).cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader"):
            asserted = [ast.unparse(node) for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Assert)]
            assert not asserted, asserted


@pytest.mark.parametrize("source", SOLUTIONS, ids=name)
def test_the_solved_version_asserts_what_the_lesson_claims(source):
    """In cells that students do not get: nbval runs them."""
    left_out = [cell for cell in read(source).cells if tool.SOLUTIONS_ONLY in cell.metadata.get("tags", [])]
    nodes = [node for cell in left_out if cell.cell_type == "code" for node in ast.walk(ast.parse(cell.source))]
    assert sum(isinstance(node, ast.Assert) for node in nodes) >= 3


def bound_and_used(source):
    """The names that a cell makes or imports, and those that it reads."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
    return bound, used


@every
def test_every_name_is_made_in_a_cell_above(path):
    """The student version needs nothing from a cell that was left out."""
    known = {*dir(builtins), "display"}
    for cell in read(path).cells:
        if cell.cell_type == "code":
            bound, used = bound_and_used(cell.source)
            known |= bound
            assert used <= known, (cell.source[:60], used - known)


@pytest.mark.parametrize("source", SOLUTIONS, ids=name)
def test_what_students_import_is_of_use(source):
    """To the lesson, to its solved exercises, or to a text that names it; cells that are left out import for themselves."""
    kept = [cell for cell in read(source).cells if tool.SOLUTIONS_ONLY not in cell.metadata.get("tags", [])]
    imported, used = set(), set()
    for cell in kept:
        if cell.cell_type == "code":
            nodes = list(ast.walk(ast.parse(cell.source)))
            imported |= {(n.asname or n.name).split(".")[0] for n in nodes if isinstance(n, ast.alias)}
            used |= bound_and_used(cell.source)[1]
    text = "\n".join(cell.source for cell in kept if cell.cell_type == "markdown")
    assert not [name for name in imported - used if not re.search(rf"\b{name}\b", text)]


@every
def test_every_picture_has_alt_text(path):
    notebook = read(path)
    pictures = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            bare = [mime for mime in data if mime.startswith("image/")]
            assert not bare, f"{cell.source[:60]!r} shows a picture without alt text: use show or plot"
            for tag in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
                pictures += 1
                assert re.search(r'alt="[^"]{3,}"', tag), cell.source[:60]
        if cell.cell_type == "markdown":
            assert all(alt.strip() for alt in re.findall(r"!\[(.*?)\]\(", cell.source))
    assert pictures >= 5 or path in STUDENT


@every
def test_code_fits_into_the_width_of_a_notebook(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            # JupyterLab in a window of 1280 pixels
            wide = [line for line in cell.source.splitlines() if len(line) > 104]
            assert not wide, wide


@every
def test_it_is_small_and_says_nothing_about_the_machine_it_ran_on(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < tool.MAX_BYTES
    words = re.sub(r"base64,[^\\]*", "", text)
    assert not re.findall(r"/(?:home|root|tmp|work|Users|var)/|[A-Z]:\\\\Users|site-packages|0x[0-9a-f]{8}", words)


@every
def test_its_metadata_is_plain(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    widgets = notebook.metadata.get("widgets")
    assert widgets is None or "state" in str(widgets)
    assert not [cell for cell in notebook.cells if set(cell.metadata) - {"tags", "nbgrader"}]
    assert tool.WIDGET_VIEW not in path.read_text(encoding="utf-8")
    ids = [cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(set(ids)) == len(ids)


# ---- what every lesson has -----------------------------------------------------------------------------------------


@every
def test_links_lead_somewhere(path):
    text = markdown(read(path))
    links = re.findall(r"\]\(([^)]+)\)", text)
    local = [link for link in links if not re.match(r"https?://|#", link)]
    assert local, "a lesson links to the one before and after"
    for link in local:
        assert (path.parent / link).exists(), link
    assert "**Before**" in text and "**After**" in text


@pytest.mark.parametrize("folder", [NOTEBOOKS, NOTEBOOKS / "solutions"], ids=["student", "solved"])
def test_the_map_gives_the_minutes_of_every_lesson(folder):
    headers = {}
    for path in sorted(folder.glob("*.ipynb")):
        reading, solving = re.search(r"\*\*Time\*\* read (\d+) .* solve (\d+) minutes", markdown(read(path))).groups()
        headers[path.name[:2]] = int(reading) + int(solving)
    (start,) = folder.glob("00_*.ipynb")
    rows = re.findall(r"^\| \[?\*\*(\d\d) .*\| (\d+) \|", markdown(read(start)), flags=re.MULTILINE)
    assert {number: int(minutes) for number, minutes in rows} == headers


@pytest.mark.parametrize(("lesson", "name"), [("03", "norms"), ("05", "colours"), ("09", "decoders")])
def test_a_lesson_says_how_long_and_for_how_many_seeds_its_experiment_was_measured(lesson, name):
    record = measured(name)
    seeds = {2: "two", 5: "five", 10: "ten"}[len(record["seeds"])]
    (path,) = (NOTEBOOKS / "solutions").glob(f"{lesson}_*.ipynb")
    text = markdown(read(path))
    assert f"{seeds} other " in text
    assert re.search(rf"\b{record['iterations']} (?:steps|iterations)\b", text)


@every
def test_the_parts_of_a_lesson_are_there(path):
    text = markdown(read(path))
    for part in (
        "**Afterwards you can**",
        "**You need**",
        "**Time** read",
        "**Predict.**",
        "<summary><b>Explain</b></summary>",
        "Where this differs from the paper",
        "## Takeaways",
        "## References",
        "Eq. ",
    ):
        assert part in text, part
    assert re.search(r"\*\*Time\*\* read \d+ minutes · run \d+ minutes? · solve \d+ minutes", text)
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")
    verbs = text.split("**Afterwards you can**")[1].split("**You need**")[0].strip().splitlines()
    assert 3 <= sum(line.startswith("- ") for line in verbs) <= 5


@every
def test_every_exercise_is_complete(path):
    cells = read(path).cells
    stubs = [i for i, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("solution")]
    assert 3 <= len(stubs) <= 7
    for i in stubs:
        introduction = cells[i - 1].source
        assert "### Exercise" in introduction
        for word in ("**Difficulty**", "**importance**", "minutes**", "**Expected**"):
            assert word in introduction, (word, introduction[-300:])
        assert "Args:" in cells[i].source or "Returns:" in cells[i].source
        assert cells[i + 1].cell_type == "markdown" and cells[i + 1].source.count("<summary>Hint") >= 2
        check = tool.check_of(cells[i + 2])
        assert check, "the check stands below the hints"
        nbgrader = cells[i + 2].metadata.nbgrader
        assert nbgrader.grade and nbgrader.locked and not nbgrader.solution
        assert nbgrader.points == checks.EXERCISES[check].points
    assert "open-ended" in cells[stubs[-1] - 1].source


@every
def test_the_checks_of_a_lesson_are_all_in_it(path):
    lesson = path.name[:2]
    asked = {tool.check_of(cell) for cell in read(path).cells} - {None}
    assert asked == {n for n, check in checks.EXERCISES.items() if check.lesson == lesson}


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_the_checks_say_passed_in_the_solutions(path):
    for cell in read(path).cells:
        if check := tool.check_of(cell):
            said = "".join(text_of(output) for output in cell.outputs)
            assert said.startswith(f"✓ {check}: passed"), said
            points = [output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
            assert points == [str(checks.EXERCISES[check].points)]


def descriptions_in(source):
    """Alternative texts that are written out in a cell; those that only number pictures are put together and left out."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.keyword) and node.arg == "alt" else None
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "alt":
            value = node.value
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "plot" and node.args:
            value = node.args[0]
        texts = value.elts if isinstance(value, ast.List) else [value]
        if texts and all(isinstance(text, ast.Constant) for text in texts):
            yield ast.unparse(value)


@every
def test_what_comes_after_a_prediction_is_described_where_it_is_not_read_before(path):
    """A description in the cell itself would answer the prediction above it."""
    asked, used = None, []
    for cell in read(path).cells:
        if found := re.match(r'predict\("([^"]+)"\)', cell.source):
            asked = found[1]
        elif cell.cell_type == "markdown" and "<details>" in cell.source:
            asked = None
        elif cell.cell_type == "code":
            for name in re.findall(r'described\("([^"]+)"\)', cell.source):
                used.append(name)
                assert name.split()[0] == asked and described(name)
            assert asked is None or not list(descriptions_in(cell.source)), asked
    assert len(used) == len(set(used))
    file = DESCRIPTIONS / f"{path.name[:2]}.toml"
    kept = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    assert {name.split("-", 1)[1] for name in used} == set(kept), "no description is left over"


def test_a_description_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no description '05-nothing'"):
        described("05-nothing")
