"""How far a long computation is, on stderr: a bar in a terminal, a line now and then in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

__all__ = ["Progress", "duration"]


def duration(seconds: float) -> str:
    """A length of time in its two largest units.

    Example:
        >>> duration(7260), duration(59.6), duration(100_000)
        ('2 h 01 min', '1 min 00 s', '1 d 03 h')
    """
    seconds = max(0, round(seconds))
    for big, small, size, part in (("d", "h", 86_400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if seconds >= size:
            return f"{seconds // size} {big} {seconds % size // part:02d} {small}"
    return f"{seconds} s"


class Progress:
    """Iterations done, the last losses, the time left, and how many pictures were skipped.

    Args:
        done: iterations that an earlier run did.
        total: iterations in all.
        quiet: say nothing: one of several processes speaks for all.
    """

    def __init__(self, done: int, total: int, quiet: bool = False):
        from tqdm import tqdm

        self.start, self.done, self.total, self.quiet = done, done, total, quiet
        self._began, self._losses, self._skipped = time.monotonic(), {}, 0
        self._bar = tqdm(
            total=total, initial=done, unit="it", desc="training", disable=True if quiet else None, dynamic_ncols=True
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, done: int, losses: Mapping[str, float]) -> None:
        """``done`` iterations are done, the last one with these losses."""
        self._bar.update(done - self.done)
        self.done, self._losses = done, losses
        if not self._bar.disable:
            self._bar.set_postfix_str(self._details(), refresh=False)

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
        if self._bar.disable and not self.quiet:
            print(f"adain-lab: {self}", file=sys.stderr, flush=True)

    def _details(self) -> str:
        losses = [f"{name} {self._losses[name]:.3g}" for name in ("content", "style") if name in self._losses]
        skipped = [f"{self._skipped} picture{'s' * (self._skipped > 1)} skipped"] if self._skipped else []
        return ", ".join(losses + skipped)
