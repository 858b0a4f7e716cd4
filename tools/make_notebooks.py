"""Make the lessons' two versions from one source.

    python tools/make_notebooks.py                  make the student versions; run the solved ones and save them with outputs
    python tools/make_notebooks.py --lesson 05      the same for one lesson
    python tools/make_notebooks.py --student        only make the student versions; nothing is run
    python tools/make_notebooks.py --check          only say whether a student version is out of date (exit 1)

The source of a lesson is ``notebooks/solutions/NN_name.ipynb``, edited by hand in
JupyterLab. A cell with ``### BEGIN SOLUTION`` ... ``### END SOLUTION`` is an exercise, a cell
that calls ``checks.NAME(...)`` as its last line is its check; nbgrader's metadata for both is
written here, with the points that the check knows. ``notebooks/NN_name.ipynb`` is
generated as nbgrader would, and never edited. It is saved without outputs: a prediction is worth nothing beside its
answer. For the same reason asserts stand in cells of their own with the tag ``solutions-only``: running the solved version tests what the
lesson claims, and students are not interrupted.
"""

from __future__ import annotations

import argparse
import copy
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from adain_lab import checks
from adain_lab.files import write_whole

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
#: Cells with this tag are left out of the student version.
SOLUTIONS_ONLY = "solutions-only"
#: How the first cell of a solved version begins; the student version's begins in the same place with the way back.
SOLVED_HEADER = "> **Solved version.**"
STUDENT_HEADER = (
    "> **Your version.** The exercises are yours to fill in. To compare afterwards, open "
    "[the solved version](solutions/{name})."
)
MAX_BYTES = 1_500_000
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_CHECK_CALL = re.compile(r"^checks\.(\w+)\((\w+)\)\.points$")


def sources(lesson: str | None = None) -> list[Path]:
    """The solved notebooks, of one lesson or of all."""
    found = sorted(
        p for p in (NOTEBOOKS / "solutions").glob("*.ipynb") if lesson is None or p.name.startswith(f"{lesson}_")
    )
    if not found:
        raise SystemExit(
            f"no lesson {lesson!r} in {NOTEBOOKS.name}/solutions"
            if lesson
            else f"no lessons in {NOTEBOOKS.name}/solutions"
        )
    return found


def student_path(source: Path) -> Path:
    """Where the student version of ``source`` belongs."""
    return source.parent.parent / source.name


# ---- from the source to the student version ---------------------------------------------------------------------


def annotate(notebook: nbformat.NotebookNode, lesson: str) -> nbformat.NotebookNode:
    """Write nbgrader's metadata into the cells of exercises and checks, and the plain kernel into the notebook."""
    solution_cell = None
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        if cell.cell_type != "code":
            continue
        if BEGIN in cell.source:
            solution_cell = cell
            cell.metadata["nbgrader"] = _nbgrader(f"lesson{lesson}-{_function_name(cell.source)}", solution=True)
        elif name := check_of(cell):
            if solution_cell is None:
                raise SystemExit(f"lesson {lesson}: the check of {name} has no exercise before it")
            cell.metadata["nbgrader"] = _nbgrader(f"lesson{lesson}-check-{name}", points=checks.EXERCISES[name].points)
            solution_cell = None
    if solution_cell is not None:
        raise SystemExit(f"lesson {lesson}: the exercise {_function_name(solution_cell.source)} has no check after it")
    notebook.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def check_of(cell: nbformat.NotebookNode) -> str | None:
    """The exercise whose check a code cell ends with; None when it is no such cell."""
    lines = cell.source.strip().splitlines() if cell.cell_type == "code" else []
    match = _CHECK_CALL.match(lines[-1].strip()) if lines else None
    if match and match[1] not in checks.EXERCISES:
        raise SystemExit(f"there is no check called {match[1]!r}")
    return match[1] if match else None


def student_version(source: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """``source``, whose file is called ``name``, without solutions and outputs, and with a link to it at the top."""
    notebook = copy.deepcopy(source)
    header = notebook.cells[0]
    if not header.source.startswith(SOLVED_HEADER) or f"](../{name})" not in header.source:
        raise SystemExit(
            f"{name}: the first cell should begin {SOLVED_HEADER!r} and link the student version, ../{name}"
        )
    header.source, header.metadata = STUDENT_HEADER.format(name=name), nbformat.NotebookNode()
    notebook.cells = [cell for cell in notebook.cells if SOLUTIONS_ONLY not in cell.metadata.get("tags", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, cell.outputs, cell.execution_count = clear_solutions(cell.source), [], None
    return notebook


def clear_solutions(source: str) -> str:
    """Each solution region replaced by the stub, indented as its first marker is."""
    lines, inside = [], False
    for line in source.split("\n"):
        mark = line.strip()
        if mark == BEGIN:
            if inside:
                raise ValueError(f"{BEGIN} inside a solution")
            inside = True
            indent = line[: line.index(BEGIN)]
            lines += [indent + stub for stub in STUB]
        elif mark == END:
            if not inside:
                raise ValueError(f"{END} without {BEGIN}")
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError(f"{BEGIN} without {END}")
    return "\n".join(lines)


def fingerprint(notebook: nbformat.NotebookNode) -> list[tuple]:
    """What two versions of a notebook are compared by: their cells without outputs."""
    return [
        (cell.id, cell.cell_type, cell.source, cell.metadata.get("tags", []), cell.metadata.get("nbgrader"))
        for cell in notebook.cells
    ]


def is_stale(source: Path) -> bool:
    """Whether the student version on the disk is not what its source gives."""
    path = student_path(source)
    expected = student_version(annotate(nbformat.read(source, as_version=4), source.name[:2]), source.name)
    return not path.is_file() or fingerprint(nbformat.read(path, as_version=4)) != fingerprint(expected)


# ---- running and saving -----------------------------------------------------------------------------------------


def execute(notebook: nbformat.NotebookNode, folder: Path, timeout: int = 600) -> nbformat.NotebookNode:
    """Run a notebook in ``folder`` and keep only those outputs that say the same on every machine's page."""
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            # A view without its model would be an error message for readers; the still picture stands above it.
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("data") != {"text/html": ""}]
    notebook.metadata = nbformat.NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    return notebook


def save(notebook: nbformat.NotebookNode, path: Path) -> int:
    """Write a valid notebook, whole or not at all; its size in bytes."""
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if len(text.encode()) > MAX_BYTES:
        raise SystemExit(
            f"{path.name} would have {len(text.encode()):,} bytes, more than {MAX_BYTES:,}: show smaller pictures"
        )
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))
    return len(text.encode())


def make(source: Path, run: bool = True) -> None:
    """Both versions of one lesson; only the student version when nothing is to be run."""
    solved = annotate(nbformat.read(source, as_version=4), source.name[:2])
    save(student_version(solved, source.name), student_path(source))
    if not run:
        return
    started = time.perf_counter()
    size = save(execute(solved, source.parent), source)
    print(
        f"{source.relative_to(NOTEBOOKS.parent)}: {time.perf_counter() - started:.0f} s, {size / 1e6:.2f} MB",
        flush=True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether a student version is out of date")
    parser.add_argument("--lesson", metavar="NN", help="one lesson, such as 05")
    parser.add_argument("--student", action="store_true", help="only make the student versions; run nothing")
    options = parser.parse_args(arguments)
    if not options.check:
        for source in sources(options.lesson):
            make(source, run=not options.student)
        return 0
    stale = [source.name for source in sources(options.lesson) if is_stale(source)]
    for name in stale:
        print(
            f"notebooks/{name} is out of date: run python tools/make_notebooks.py --lesson {name[:2]}", file=sys.stderr
        )
    return 1 if stale else 0


def _function_name(source: str) -> str:
    match = re.search(r"^(?:def|class) (\w+)", source, re.MULTILINE)
    if not match:
        raise SystemExit(f"an exercise must define a function or a class: {source[:60]!r}")
    return match[1]


def _nbgrader(grade_id: str, solution: bool = False, points: int | None = None) -> dict:
    metadata = {"grade": points is not None, "grade_id": grade_id, "locked": not solution, "schema_version": 3}
    metadata |= {"solution": solution, "task": False}
    return metadata | ({"points": points} if points is not None else {})


if __name__ == "__main__":
    sys.exit(main())
