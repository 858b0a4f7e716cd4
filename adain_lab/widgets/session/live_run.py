"""Steps taken in a thread of its own, that can be watched, paused and stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from adain_lab.widgets.session.worker import Run

__all__ = ["LiveRun"]

S = TypeVar("S")


class LiveRun(Generic[S]):
    """Takes steps one after the other and tells of them now and then.

    Args:
        steps: what is to be done; each step is the result so far.
        tell: called with this object, from the thread, when there is something new: at most every ``interval`` seconds,
            and when the state changes.
        interval: seconds.

    Attributes:
        latest: the newest step; None before the first.
        error: one sentence, when something went wrong.

    Example:
        >>> run = LiveRun(iter([1, 2, 3]), lambda run: None)
        >>> run.wait(), run.state, run.latest
        (True, 'finished', 3)
    """

    def __init__(self, steps: Iterator[S], tell: Callable[[Any], None], interval: float = 0.25):
        self.latest: S | None = None
        self.error = ""
        self._steps, self._tell, self._interval = steps, tell, interval
        self._idle = 0.0
        self._go = threading.Event()
        self._go.set()
        self._stopping = self._ended = self._complete = False
        self._run = Run(self._take_all)

    @property
    def state(self) -> str:
        """ "running", "paused", "finished" or "stopped"."""
        if self._ended:
            return "finished" if self._complete else "stopped"
        return "running" if self._go.is_set() else "paused"

    @property
    def running(self) -> bool:
        """Whether it has not ended; a pause is no end."""
        return not self._ended

    @property
    def wanted(self) -> bool:
        """Whether anybody is still waiting for it."""
        return self._run.wanted

    def pause(self) -> None:
        """Wait after the current step."""
        self._go.clear()

    def resume(self) -> None:
        """Go on."""
        self._go.set()

    def stop(self) -> None:
        """End after the current step; what was found so far is the result."""
        self._stopping = True
        self._go.set()

    def abandon(self) -> None:
        """End after the current step and tell nobody: the result is no longer wanted."""
        self._run.stop()
        self._go.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread has ended; False when ``timeout`` seconds were not enough."""
        return self._run.wait(timeout)

    # ---- in the thread -----------------------------------------------------------------------------------------

    def _take(self, step: S) -> None:
        """Note a step."""
        self.latest = step

    def _close(self, exhausted: bool) -> None:
        """Note the end, and whether all steps were taken."""
        self._complete = exhausted

    def _fail(self, error: Exception) -> None:
        """Note what went wrong: memory, a device that went away."""
        self.error = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"

    def _take_all(self, run: Run) -> None:
        try:
            self._close(self._take_wanted(run))
        except Exception as error:
            self._fail(error)
        finally:
            if close := getattr(self._steps, "close", None):
                close()
        self._ended = True
        if run.wanted:
            self._tell(self)

    def _take_wanted(self, run: Run) -> bool:
        """Take steps until nobody wants more; whether there were no more."""
        told = 0.0
        for step in self._steps:
            self._take(step)
            if not self._go.is_set():
                self._rest(run)
            if not run.wanted or self._stopping:
                return False
            if time.monotonic() - told > self._interval:
                told = time.monotonic()
                self._tell(self)
        return True

    def _rest(self, run: Run) -> None:
        began = time.perf_counter()
        self._tell(self)
        while not self._go.wait(0.1) and run.wanted:  # awake now and then: Python may want to end
            pass
        self._idle += time.perf_counter() - began
