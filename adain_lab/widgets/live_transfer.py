"""A transfer in a thread of its own that can be watched, paused and stopped. Plain computation: nothing here knows a
widget.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace

from adain_lab.images import to_bytes
from adain_lab.optimize.gatys import GatysConfig, Transfer
from adain_lab.optimize.pixels import NonFiniteLoss, Step
from adain_lab.widgets.worker import Run

__all__ = ["KEPT", "History", "LiveTransfer", "work"]

#: Pictures on the way that are kept.
KEPT = 60


class History:
    """Pictures on the way as JPEG files, evenly spaced, never more than a limit: when there are too many, every other
    one goes.

    Args:
        limit: how many are kept at most.

    Example:
        >>> history = History(limit=4)
        >>> for iteration in range(10):
        ...     if history.wants(iteration):
        ...         history.add(iteration, b"picture")
        >>> history.iterations
        [0, 4, 8]
    """

    def __init__(self, limit: int = KEPT):
        self._limit, self._stride = limit, 1
        self._pictures: dict[int, bytes] = {}

    @property
    def iterations(self) -> list[int]:
        """Those whose pictures are kept."""
        return list(self._pictures)

    def wants(self, iteration: int) -> bool:
        """Whether the picture of this iteration would be kept now."""
        return iteration % self._stride == 0

    def add(self, iteration: int, picture: bytes) -> None:
        """Keep a picture; iterations come in order."""
        kept = {**self._pictures, iteration: picture}
        while len(kept) > self._limit:
            self._stride *= 2
            kept = {i: p for i, p in kept.items() if i % self._stride == 0}
        self._pictures = kept  # at once: another thread may be looking

    def nearest(self, iteration: int) -> tuple[int, bytes]:
        """The kept iteration that is nearest, and its picture."""
        pictures = self._pictures
        found = min(pictures, key=lambda i: abs(i - iteration))
        return found, pictures[found]


class LiveTransfer:
    """Takes the steps of a transfer in a thread and tells of them now and then.

    Args:
        steps: from :func:`~adain_lab.optimize.gatys.transfer`.
        config: what they were made with.
        tell: called with this object, from the thread, when there is something new: at most every ``interval`` seconds,
            and when the state changes.
        interval: seconds.

    Attributes:
        result: what was found so far; complete when it has ended.
        latest: the newest step; None before the first.
        history: pictures on the way.
        sizes: where the size changed: iteration and shorter side in pixels.
        error: one sentence, when something went wrong.

    Example:
        >>> from adain_lab.optimize.gatys import transfer
        >>> import torch
        >>> config = GatysConfig(size=32, steps=4, style_layers={"relu1_1": 1, "relu2_1": 1})
        >>> steps = transfer(torch.rand(3, 32, 40), torch.rand(3, 32, 32), config, encoder="tiny")
        >>> live = LiveTransfer(steps, config, lambda live: None)
        >>> live.wait(), live.state, live.history.iterations
        (True, 'finished', [0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        steps: Generator[Step, None, None],
        config: GatysConfig,
        tell: Callable[[LiveTransfer], None],
        interval: float = 0.25,
    ):
        self.config, self.result, self.history = config, Transfer(), History()
        self.latest: Step | None = None
        self.sizes: list[tuple[int, int]] = []
        self.error = ""
        self._steps, self._tell, self._interval = steps, tell, interval
        self._work, self._idle = work(config), 0.0
        self._go = threading.Event()
        self._go.set()
        self._stopping = self._ended = False
        self._run = Run(self._take_all)

    @property
    def state(self) -> str:
        """ "running", "paused", "finished" or "stopped"."""
        if self._ended:
            return "finished" if self.result.stopped == "finished" else "stopped"
        return "running" if self._go.is_set() else "paused"

    @property
    def running(self) -> bool:
        """Whether it has not ended; a pause is no end."""
        return not self._ended

    @property
    def seconds_left(self) -> float | None:
        """As far as one can tell from the time that it took until now; None while one cannot."""
        latest = self.latest
        if latest is None or latest.iteration < 2 or self._ended:
            return None
        done = latest.iteration
        return latest.seconds * sum(self._work[done:]) / sum(self._work[:done])

    def pause(self) -> None:
        """Wait after the current step."""
        self._go.clear()

    def resume(self) -> None:
        """Go on."""
        self._go.set()

    def stop(self) -> None:
        """End after the current step; the best picture so far is the result."""
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

    def _take_all(self, run: Run) -> None:
        try:
            told = 0.0
            for step in self._steps:
                self._take(step)
                if not self._go.is_set():
                    self._rest(run)
                if not run.wanted or self._stopping:
                    break
                if time.monotonic() - told > self._interval:
                    told = time.monotonic()
                    self._tell(self)
            if self.latest is None or self.latest.iteration < self.config.steps:
                self.result.stopped = "stopped"
        except NonFiniteLoss as error:
            self.result.stopped = str(error)
            self.error = f"{error}; the best picture until then is kept" if self.result.best else str(error)
        except Exception as error:  # memory, a device that went away: the panel lives on
            self.error = self.result.stopped = (
                str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            )
        finally:
            self._steps.close()
        self._ended = True
        if run.wanted:
            self._tell(self)

    def _take(self, step: Step) -> None:
        step = replace(step, seconds=step.seconds - self._idle)
        size = min(step.pixels.shape[2:])
        if not self.sizes or self.sizes[-1][1] != size:
            self.sizes = [*self.sizes, (step.iteration, size)]
        if self.history.wants(step.iteration):
            self.history.add(step.iteration, to_bytes(step.image, "jpeg", quality=90))
        self.result.take(step)
        self.latest = step

    def _rest(self, run: Run) -> None:
        began = time.perf_counter()
        self._tell(self)
        while not self._go.wait(0.1) and run.wanted:  # awake now and then: Python may want to end
            pass
        self._idle += time.perf_counter() - began


def work(config: GatysConfig) -> list[float]:
    """What each update costs beside one at full size, by its picture's number of pixels.

    Example:
        >>> work(GatysConfig(steps=4, coarse=1))
        [0.25, 0.25, 1.0, 1.0]
    """
    stages = config.coarse + 1
    ends = [config.steps * (number + 1) // stages for number in range(stages)]
    return [0.25 ** (config.coarse - next(k for k, end in enumerate(ends) if i < end)) for i in range(config.steps)]
