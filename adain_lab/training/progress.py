"""How far a training is: a bar in a terminal, a line now and then in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from adain_lab.progress import Progress, duration

__all__ = ["TrainingProgress"]


class TrainingProgress:
    """Iterations done, the last losses, the time left, and how many pictures were skipped.

    Args:
        done: iterations that an earlier run did.
        total: iterations in all.
        quiet: say nothing: one of several processes speaks for all.
    """

    def __init__(self, done: int, total: int, quiet: bool = False):
        self.start, self.done, self.total, self.quiet = done, done, total, quiet
        self._began, self._skipped = time.monotonic(), 0
        self._losses: Mapping[str, float] = {}
        self._bar = Progress("it", total, "training", done, quiet)

    def __enter__(self) -> TrainingProgress:
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, done: int, losses: Mapping[str, float]) -> None:
        """``done`` iterations are done, the last one with these losses."""
        self.done, self._losses = done, losses
        self._bar(done, postfix=self._details())

    def skipped(self, count: int) -> None:
        """So many pictures could not be read."""
        self._skipped = count

    def __str__(self) -> str:
        steps, seconds = self.done - self.start, time.monotonic() - self._began
        left = (
            f", {duration(seconds / steps * (self.total - self.done))} left" if steps and self.done < self.total else ""
        )
        speed = f", {steps / seconds:.2f} iterations/s" if steps and seconds else ""
        return f"iteration {self.done} of {self.total}: {self._details()}{speed}{left}"

    def line(self) -> None:
        """Say it in a line, where there is no bar."""
        if not self._bar.shown and not self.quiet:
            print(f"adain-lab: {self}", file=sys.stderr, flush=True)

    def _details(self) -> str:
        losses = [f"{name} {self._losses[name]:.3g}" for name in ("content", "style") if name in self._losses]
        skipped = [f"{self._skipped} picture{'s' * (self._skipped > 1)} skipped"] if self._skipped else []
        return ", ".join(losses + skipped)
