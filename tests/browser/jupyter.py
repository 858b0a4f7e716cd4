"""JupyterLab on this machine and a Chromium to look at it: what browser tests and the latency benchmark share."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat

TOKEN = "adain-lab-test"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",  # a graphics card that the processor plays: slow, but it computes what a card would
    "--use-fake-device-for-media-stream",  # a webcam that shows a moving pattern, to whoever is allowed to look
]
#: Run code in the notebook's own kernel and return what it printed, or its error.
_KERNEL = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({ code, store_history: false });
  let out = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "stream") out += content.text;
    if (header.msg_type === "error") out += `${content.ename}: ${content.evalue}`;
  };
  await future.done;
  return out.trim();
}"""
_IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


class Lab:
    """A running JupyterLab whose files, settings and workspaces live in a temporary folder."""

    def __init__(self, root: Path, port: int):
        self.root, self.port = root, port

    def write_notebook(self, name: str, cells: list[str]) -> str:
        """A notebook with one code cell per text."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/lab/tree/{name}?reset&token={TOKEN}"


@contextlib.contextmanager
def running_lab(**environment: str):
    """Start JupyterLab; stop it and all its kernels at the end.

    Raises:
        RuntimeError: it does not answer; the message holds the end of its log.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        base = Path(folder)
        settings = base / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False})
        )
        (base / "notebooks").mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        places = {"SETTINGS_DIR": "settings", "WORKSPACES_DIR": "workspaces"}
        env = {
            **os.environ,
            **{f"JUPYTERLAB_{key}": str(base / value) for key, value in places.items()},
            "JUPYTER_CONFIG_DIR": str(base / "config"),
            "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
            "IPYTHONDIR": str(base / "ipython"),
            **environment,
        }
        command = [
            *(
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--ip=127.0.0.1",
                f"--port={port}",
                "--ServerApp.port_retries=0",
            ),
            *(
                "--allow-root",
                f"--IdentityProvider.token={TOKEN}",
                f"--ServerApp.root_dir={base / 'notebooks'}",
                "--expose-app-in-browser",
            ),
            *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"),
        ]
        log = base / "log"
        with open(log, "w") as output:
            process = subprocess.Popen(command, env=env, cwd=base, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", process, log)
            yield Lab(base / "notebooks", port)
        finally:
            # The whole group: kernels are children of their own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, process: subprocess.Popen, log: Path, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not answer; its log ends with:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def running_chromium(width: int = 1280, height: int = 1000):
    """A Playwright browser context with a fresh profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_chromium(),
            headless=True,
            args=CHROMIUM_FLAGS,
            viewport={"width": width, "height": height},
        )
        context.set_default_timeout(60_000)
        try:
            yield context
        finally:
            context.close()


class NotebookPage:
    """A notebook that is open in JupyterLab.

    Attributes:
        page: Playwright's page.
        console_errors: what the page logged as an error.
        outside: addresses other than this machine that the page asked for.
    """

    def __init__(self, context, lab: Lab, name: str):
        self.page = context.new_page()
        self.console_errors: list[str] = []
        self.outside: list[str] = []
        self.page.on(
            "console", lambda message: self.console_errors.append(message.text) if message.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.console_errors.append(f"{error}\n{error.stack or ''}"))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))
        self.page.goto(lab.url(name), timeout=120_000)
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook .jp-Cell", timeout=120_000)
        self.page.wait_for_function(_IDLE, timeout=120_000)

    def _note(self, url: str) -> None:
        if url.split(":")[0] in ("http", "https", "ws", "wss") and not url.split("/")[2].startswith("127.0.0.1"):
            self.outside.append(url)

    def run_all(self) -> None:
        """Run every cell; returns when the last one is done."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(_IDLE, timeout=120_000)

    def python(self, code: str) -> str:
        """Run ``code`` in the notebook's kernel; what it printed."""
        return self.page.evaluate(_KERNEL, code)

    def theme(self, name: str) -> None:
        """Switch to a theme, "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
