"""The lessons for Google Colab: copies whose first cell installs the package when it is not there.

    python tools/colab.py SOURCE -o FOLDER     SOURCE is what pip installs: a wheel's address, or git+https://... of
    your copy

A lesson that is opened from a web page brings no package along, so each copy begins with a cell that does. Everything
else is the student version. Where the package is installed already, the cell does nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
INSTALL = """# Installs the course's package where it is missing, as on Google Colab.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("adain_lab") is None:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", {source!r}], check=True)
if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()  # the panels are widgets of their own"""


def with_install(notebook: nbformat.NotebookNode, source: str) -> nbformat.NotebookNode:
    """A lesson that begins by installing the package from ``source``."""
    cell = nbformat.v4.new_code_cell(INSTALL.format(source=source), id="install-adain-lab")
    notebook.cells.insert(0, cell)
    return notebook


def main(arguments: list[str] | None = None) -> int:
    """Command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "source", metavar="SOURCE", help="what pip installs: the address of a wheel, or git+https://..."
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = with_install(nbformat.read(path, as_version=4), options.source)
        nbformat.validate(notebook)
        nbformat.write(notebook, options.output / path.name)
        print(options.output / path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
