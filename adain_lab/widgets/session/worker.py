"""Jobs in threads of their own, that end when they are no longer wanted."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from functools import cache

import torch

__all__ = ["Run", "load_optimizers"]


@cache
def load_optimizers() -> None:
    """Let PyTorch load what it loads at the first step of the first optimiser: hundreds of modules, which takes
    seconds.

    Two threads that do so at once get half-loaded modules, and so does one that is in the middle of it when Python
    ends. So it is done before there is a thread.
    """
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([parameter])
    with torch.enable_grad():
        parameter.sum().backward()
    optimizer.step()


class Run:
    """A job that was started. The job asks :attr:`wanted` between its steps and returns when it is no longer."""

    def __init__(self, job: Callable[[Run], None]):
        self._unwanted = threading.Event()
        # A daemon, so that a forgotten job does not keep Python from ending; see _end_all.
        self._thread = threading.Thread(target=job, args=(self,), name="adain-lab-worker", daemon=True)
        _running.add(self)
        self._thread.start()

    @property
    def wanted(self) -> bool:
        """Whether anybody is still waiting for it."""
        return not self._unwanted.is_set()

    def stop(self) -> None:
        """It is no longer wanted. Returns at once; the job ends after its current step."""
        self._unwanted.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has ended; False when ``timeout`` seconds were not enough."""
        self._thread.join(timeout)
        return not self._thread.is_alive()


_running: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Before Python takes its modules apart: a thread in the middle of a convolution would crash on the way out."""
    for run in list(_running):
        run.stop()
    for run in list(_running):
        run.wait(10)
