"""The server of ``adain-lab studio``: Voila, for whoever was given the address, on this machine, and within bounds.

It is a process of its own (``python -m adain_lab.commands.studio_server NOTEBOOK``), and ends with the one that started
it. Three things are stricter than Voila's own: a random token is part of the address, requests that name another host
than this machine are refused (a page elsewhere could make its own name lead here), and there are only so many kernels.
"""

from __future__ import annotations

import html
import os
import secrets
import signal
import sys
import threading
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from traitlets import default
from voila.app import Voila
from voila.voila_identity_provider import VoilaIdentityProvider

__all__ = ["MOST_KERNELS", "Kernels", "StudioServer"]

#: Kernels at a time: each is a page that is open, with a model and its pictures in memory.
MOST_KERNELS = 4
#: A kernel whose page has gone is ended after so many seconds; one that was just started waits for its page.
IDLE_S = 300


class Kernels(AsyncMappingKernelManager):
    """At most :data:`MOST_KERNELS`; those without a page make room for a new one."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self._starting = 0

    @default("cull_idle_timeout")
    def _end_idle(self) -> int:
        return IDLE_S

    @default("cull_interval")
    def _look_for_idle(self) -> int:
        return IDLE_S // 2

    # The asynchronous manager's own is a coroutine too: jupyter_client's annotation is the synchronous one's.
    async def start_kernel(self, **options: Any) -> str:  # type: ignore[override]
        """Start one, or refuse with a sentence when all are in use."""
        self._starting += 1
        try:
            if len(self) + self._starting > MOST_KERNELS:
                await self._make_room()
            return await super().start_kernel(**options)
        finally:
            self._starting -= 1

    async def _make_room(self) -> None:
        long_ago = datetime.now(UTC) - timedelta(seconds=IDLE_S)
        alone = [k for k in self.list_kernel_ids() if not self._kernel_connections.get(k)]
        alone = [k for k in alone if self._last_activity(k) < long_ago]
        if not alone:
            raise HTTPError(503, f"The studio is open {MOST_KERNELS} times already: close one of its pages first.")
        await self.shutdown_kernel(min(alone, key=self._last_activity))

    def _last_activity(self, kernel: str) -> datetime:
        # Jupyter Server notes it on every kernel that it starts; jupyter_client's class knows nothing of it.
        return self.get_kernel(kernel).last_activity  # type: ignore[attr-defined]


class StudioServer(Voila):
    """Voila with a token, for this machine's names only."""

    @default("config_file_paths")
    def _config_file_paths_default(self) -> list[str]:
        return jupyter_config_path()  # not the folder one happens to be in: a configuration is a program

    def initialize(self, argv: list[str] | None = None) -> None:
        # A signal may come before Voila has its loop (it says its address first): then, too, it is to end.
        self.ioloop = IOLoop.current()
        super().initialize(argv)
        self.token = secrets.token_urlsafe(24)
        self.identity_provider_class = VoilaIdentityProvider
        self.voila_configuration.multi_kernel_manager_class = Kernels

    def init_settings(self) -> dict[str, Any]:
        return {**super().init_settings(), "allow_remote_access": False}

    @property
    def display_url(self) -> str:
        """The address to open; without the token there is no page."""
        return f"{self.connection_url}?token={self.token}"

    def launch_browser(self) -> None:
        """Open the page by a file that only this user can read: everybody can read command lines."""
        page = Path(self.notebook_path).with_name("open.html")
        page.touch(mode=0o600)
        page.write_text(
            f'<meta http-equiv="refresh" content="0; url={html.escape(self.display_url)}">', encoding="utf-8"
        )
        try:
            browser = webbrowser.get(self.browser or None)
        except webbrowser.Error as error:
            self.log.warning("No web browser found: %s.", error)
            return
        threading.Thread(target=browser.open, args=(page.as_uri(), self.webbrowser_open_new), daemon=True).start()


def _end_with_starter() -> None:
    """End when the process that started this one has ended, however: its end of the pipe is closed then."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    StudioServer.launch_instance()
