"""The studio's server: a token, this machine's names only, a bound of kernels, and an end together with its command."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

import adain_lab

jinja2 = pytest.importorskip("jinja2")
pytest.importorskip("voila")

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager  # noqa: E402
from tornado.web import HTTPError  # noqa: E402

from adain_lab.commands import studio, studio_server  # noqa: E402


class Request(urllib.request.HTTPRedirectHandler):
    """The status of an answer; redirections are not followed."""

    def redirect_request(self, *_):
        return None

    def __call__(self, address, **headers):
        try:
            opener = urllib.request.build_opener(self, urllib.request.ProxyHandler({}))
            return opener.open(urllib.request.Request(address, headers=headers), timeout=30).status
        except urllib.error.HTTPError as error:
            return error.code


def ended(server):
    """Whether nobody answers any more."""
    for _ in range(1200):
        try:
            Request()(server)
        except OSError:
            return True
        time.sleep(0.1)
    return False


def listening(process):
    """The address that a server says."""
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/\?token=(\S+)", line):
            return found.groups()
    pytest.fail("the server ended:\n" + "".join(said))


def started(*command, **options):
    options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    return subprocess.Popen([sys.executable, "-u", "-m", *command], **options)


def test_only_who_has_the_address_and_only_here_and_it_ends_on_request():
    command = ["studio", "cat", "kilim", "--model", "tiny", "--size", "32", "--no-browser", "--port", "8970"]
    process = started("adain_lab", *command)
    try:
        server, token = listening(process)
        kernel = f"{server}/api/kernels/{'-'.join(['0' * 8, *['0' * 4] * 3, '0' * 12])}"
        ask = Request()
        assert len(token) >= 32
        assert ask(f"{server}/") == 302  # to a page that asks for the token
        assert ask(kernel) == 403 and ask(f"{kernel}?token=wrong") == 403
        assert ask(f"{kernel}?token={token}") == 404  # there is no such kernel, and it may be asked for
        port = server.rsplit(":", 1)[1]
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example"):
            assert ask(f"{kernel}?token={token}", Host=host) == 403
            upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            upgrade |= {"Sec-WebSocket-Key": "x" * 22 + "==", "Origin": f"http://{host}", "Host": host}
            assert ask(f"{kernel}/channels?token={token}", **upgrade) == 403
        assert ask(f"{kernel}?token={token}", Host=f"localhost:{port}") == 404
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        page = opener.open(f"{server}/?token={token}", timeout=120).read().decode()
        assert (
            page.count("<h1>Studio</h1>") == 1 and 'popovertarget="studio-help"' in page and 'id="studio-help"' in page
        )
        cells = re.findall(r'cell-index="(\d+)"', page)
        assert cells == re.findall(r'role="tab" id="[\w-]+" data-cell="(\d+)"', page) == ["1", "2"]
        assert (
            page.count("application/vnd.jupyter.widget-view+json") == 2 and "Traceback" not in page
        )  # both are panels
        process.send_signal(signal.SIGTERM)  # to the command alone
        assert process.wait(120) == 0 and ended(server)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_it_ends_with_a_command_that_is_killed(tmp_path):
    notebook = tmp_path / "studio.ipynb"
    notebook.write_text(json.dumps(studio.page("cat", ["kilim"], "tiny", 32)))
    code = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"
    server = studio.command(notebook, 8972, "light", False)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *server],
        env=os.environ | {"JUPYTER_PATH": str(studio.TEMPLATES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        address, _ = listening(process)
        process.kill()
        assert ended(address)
    finally:
        for _ in range(2):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                break


def test_a_signal_that_comes_before_the_loop_runs_is_not_lost(tmp_path, monkeypatch):
    notebook = tmp_path / "studio.ipynb"
    notebook.write_text(json.dumps(studio.page("cat", ["kilim"], "tiny", 32)))
    monkeypatch.setenv("JUPYTER_PATH", str(studio.TEMPLATES))
    code = """
import os, signal, sys
from adain_lab.commands.studio_server import StudioServer
listening = StudioServer.listen
def at_once(server):
    os.kill(os.getpid(), signal.SIGTERM)
    listening(server)
StudioServer.listen = at_once
StudioServer.launch_instance(sys.argv[1:])
"""
    arguments = studio.command(notebook, 8974, "light", False)[3:]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr


@pytest.fixture
def kernels(monkeypatch):
    """A manager whose kernels are names only."""
    manager, gone = studio_server.Kernels(), []

    async def start(self, **_):
        name = f"kernel{len(self._kernels) + len(gone)}"
        self._kernels[name] = SimpleNamespace(last_activity=datetime.now(UTC))
        self._kernel_connections[name] = 0
        return name

    async def shut(self, name):
        gone.append(name)
        del self._kernels[name]

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start)
    monkeypatch.setattr(studio_server.Kernels, "shutdown_kernel", shut)
    return manager, gone


def test_there_are_only_so_many_kernels_and_the_oldest_without_a_page_makes_room(kernels):
    manager, gone = kernels

    async def visit():
        names = [await manager.start_kernel() for _ in range(studio_server.MOST_KERNELS)]
        with pytest.raises(HTTPError, match="open 4 times already"):
            await manager.start_kernel()
        for age, name in zip((1000, 3000, 2000, 4000), names, strict=True):
            manager._kernels[name].last_activity = datetime.now(UTC) - timedelta(seconds=age)
        manager._kernel_connections[names[3]] = 1  # a page is open
        await manager.start_kernel()
        assert gone == [names[1]] and len(manager) == studio_server.MOST_KERNELS

    asyncio.run(visit())
    assert manager.cull_idle_timeout == studio_server.IDLE_S and manager.cull_interval > 0


def test_the_page_of_errors_says_what_is_wrong_and_asks_nothing_of_other_machines():
    """Voila's own links a stylesheet elsewhere, and says the status alone."""
    folder = Path(adain_lab.__file__).parent / "page/voila/templates/adain_lab"
    template = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True).get_template("error.html")
    # What jupyter_server's write_error gives it.
    page = template.render(status_code=503, status_message="Service Unavailable", message="open <4> times already")
    assert "open &lt;4&gt; times already" in page and "503" in page and "//" not in page
    assert "Not Found" in template.render(status_code=404, status_message="Not Found", message="")
