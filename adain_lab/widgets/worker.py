"""One job at a time in a thread of its own; a new job replaces the old one. Plain computation: nothing here knows a
widget.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from functools import cache

import torch

__all__ = ["Run", "Worker", "load_optimizers"]


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


class Worker:
    """Starts jobs, and tells the one before that it is no longer wanted.

    The first one of a process takes seconds to make: see :func:`load_optimizers`.

    Example:
        >>> worker, done = Worker(), []
        >>> run = worker.start(lambda run: done.append(run.wanted))
        >>> worker.wait(), done
        (True, [True])
    """

    def __init__(self) -> None:
        load_optimizers()
        self._run: Run | None = None

    def start(self, job: Callable[[Run], None]) -> Run:
        """Run ``job`` in a thread; returns at once."""
        self.stop()
        self._run = Run(job)
        return self._run

    def stop(self) -> None:
        """The current job, if there is one, is no longer wanted."""
        if self._run is not None:
            self._run.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the current job; False when ``timeout`` seconds were not enough."""
        return self._run is None or self._run.wait(timeout)


_running: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Before Python takes its modules apart: a thread in the middle of a convolution would crash on the way out."""
    for run in list(_running):
        run.stop()
    for run in list(_running):
        run.wait(10)
