"""A transfer in a thread of its own, with its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from adain_lab.images import to_bytes
from adain_lab.optimize.gatys import GatysConfig, Transfer
from adain_lab.optimize.pixels import NonFiniteLoss, Step
from adain_lab.widgets.session.live_run import LiveRun

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


class LiveTransfer(LiveRun[Step]):
    """Takes the steps of a transfer and keeps what a panel shows of them.

    Args:
        steps: from :func:`~adain_lab.optimize.gatys.transfer`.
        config: what they were made with.
        tell, interval: as :class:`~adain_lab.widgets.session.live_run.LiveRun` takes them.

    Attributes:
        result: what was found so far; complete when it has ended.
        history: pictures on the way.
        sizes: where the size changed: iteration and shorter side in pixels.

    Example:
        >>> from adain_lab.optimize.gatys import transfer
        >>> import torch
        >>> config = GatysConfig(size=32, steps=4, style_layers={"relu1_1": 1, "relu2_1": 1})
        >>> steps = transfer(torch.rand(3, 32, 40), torch.rand(3, 32, 32), config, encoder="tiny")
        >>> live = LiveTransfer(steps, config, lambda live: None)
        >>> live.wait(), live.state, live.history.iterations
        (True, 'finished', [0, 1, 2, 3, 4])
    """

    def __init__(self, steps: Iterator[Step], config: GatysConfig, tell: Callable[[Any], None], interval: float = 0.25):
        self.config, self.result, self.history = config, Transfer(), History()
        self.sizes: list[tuple[int, int]] = []
        self._work = work(config)
        super().__init__(steps, tell, interval)

    @property
    def seconds_left(self) -> float | None:
        """As far as one can tell from the time that it took until now; None while one cannot."""
        if self.latest is None or self.latest.iteration < 2 or not self.running:
            return None
        done = self.latest.iteration
        return self.latest.seconds * sum(self._work[done:]) / sum(self._work[:done])

    # ---- in the thread -----------------------------------------------------------------------------------------

    def _take(self, step: Step) -> None:
        step = replace(step, seconds=step.seconds - self._idle)
        size = min(step.pixels.shape[2:])
        if not self.sizes or self.sizes[-1][1] != size:
            self.sizes = [*self.sizes, (step.iteration, size)]
        if self.history.wants(step.iteration):
            self.history.add(step.iteration, to_bytes(step.image, "jpeg", quality=90))
        self.result.take(step)
        super()._take(step)

    def _close(self, exhausted: bool) -> None:
        # Whoever stops it at the last step has stopped nothing.
        done = self.result.best is not None and self.latest is not None and self.latest.iteration >= self.config.steps
        if not done:
            self.result.stopped = "stopped"
        super()._close(done)

    def _fail(self, error: Exception) -> None:
        super()._fail(error)
        if isinstance(error, NonFiniteLoss):
            self.result.stopped = str(error)
            self.error = f"{error}; the best picture until then is kept" if self.result.best else str(error)
        else:
            self.result.stopped = self.error


def work(config: GatysConfig) -> list[float]:
    """What each update costs beside one at full size, by its picture's number of pixels.

    Example:
        >>> work(GatysConfig(steps=4, coarse=1))
        [0.25, 0.25, 1.0, 1.0]
    """
    stages = config.coarse + 1
    ends = [config.steps * (number + 1) // stages for number in range(stages)]
    return [0.25 ** (config.coarse - next(k for k, end in enumerate(ends) if i < end)) for i in range(config.steps)]
