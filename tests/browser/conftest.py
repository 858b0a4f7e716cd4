"""One JupyterLab and one Chromium for all browser tests of a session."""

import os

import pytest
from browser.jupyter import NotebookPage, find_chromium, running_chromium, running_lab


@pytest.fixture(scope="session")
def chromium():
    """Chromium's path; without one these tests fail, or are skipped where the machine is known to have none."""
    path = find_chromium()
    if path is None and os.environ.get("ADAIN_LAB_NO_BROWSER") == "1":
        pytest.skip("ADAIN_LAB_NO_BROWSER=1: no browser on this machine, the panels were not tried in a page")
    if path is None:
        pytest.fail(
            "no Chromium on the PATH: install it (Debian: apt install chromium), or set ADAIN_LAB_NO_BROWSER=1 to skip these tests",
            pytrace=False,
        )
    return path


@pytest.fixture(scope="session")
def lab(chromium):
    with running_lab() as lab:
        yield lab


@pytest.fixture(scope="session")
def browser(chromium):
    with running_chromium() as context:
        yield context


@pytest.fixture(scope="session")
def open_notebook(lab, browser):
    """``open_notebook("name.ipynb", [cell, cell])`` writes a notebook, opens it in JupyterLab and runs it."""

    def open_(name, cells):
        notebook = NotebookPage(browser, lab, lab.write_notebook(name, cells))
        # More room for the notebook, and no file list that changes.
        notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
        notebook.run_all()
        return notebook

    return open_
