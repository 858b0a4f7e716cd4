"""``adain-lab studio`` as people start it: a server of its own, a page in Chromium, nothing asked of other machines."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(chromium, tmp_path_factory):
    """Where the studio answers; it is stopped as Ctrl+C in a terminal stops it."""
    log = tmp_path_factory.mktemp("studio") / "log"
    command = [
        sys.executable,
        "-u",
        "-m",
        "adain_lab",
        "studio",
        "cat",
        "kilim",
        "--model",
        "tiny",
        "--size",
        "128",
        "--no-browser",
    ]
    command += ["--theme", "dark"]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line):
                break
        else:
            pytest.fail("the server ended:\n" + "".join(said))
        yield found.group()
        os.killpg(server.pid, signal.SIGINT)
        log.write_text(server.communicate(timeout=30)[0])
        assert server.returncode == 0 and "Traceback" not in log.read_text()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    page.errors, page.outside = [], []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    for kind in ("request", "websocket"):
        page.on(
            kind,
            lambda it: (
                page.outside.append(it.url) if not re.match(r"(data|blob):|\w+://127\.0\.0\.1[:/]", it.url) else None
            ),
        )
    page.goto(address)
    page.wait_for_selector("input[type=range]", timeout=90_000)
    yield page
    if folder := os.environ.get("ADAIN_LAB_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/studio_page.png")
    page.close()


def test_the_page_is_the_panel_and_its_slider_paints(page):
    assert page.title() == "adain_lab studio"
    shown = "() => [...document.querySelectorAll('img')].map((i) => i.src).join()"
    before = page.evaluate(shown)
    page.get_by_role("slider", name="Alpha").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background))) < 64, background  # --theme dark
    assert "from adain_lab" not in page.inner_text("body")  # no code, only the panel
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.errors == [] and page.outside == []
