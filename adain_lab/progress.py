"""How far a long computation is: one bar with the time left, for every command."""

from __future__ import annotations

import sys
import time
from typing import Any

from adain_lab.files import printable

__all__ = ["Progress", "duration"]

#: tqdm's own, with the time left in a word.
FORMAT = "{l_bar}{bar}| {n_fmt} of {total_fmt} {unit}, {rate_fmt}, {remaining} left{postfix}"
#: Seconds before a bar appears: what is done by then needs none.
DELAY = 2.0


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
    """A bar on stderr after two seconds, with what is done and the time left; in a pipe or a log file nothing.

    Use it as a context, and call it with what is done: it fits the ``progress`` parameters of this package.

    Args:
        unit: of what is counted: "picture", "frame", "step", "B" for bytes.
        total: how much there is; None or 0 where that is not known (it may be told later).
        what: stands before the bar.
        done: how much an earlier run did.
        quiet: show nothing.

    Example:
        >>> with Progress("picture", 2) as progress:
        ...     progress(1)
        ...     progress(2, postfix="one skipped")
    """

    def __init__(
        self, unit: str = "step", total: float | None = None, what: str = "", done: float = 0, quiet: bool = False
    ):
        self.unit, self.total, self.what, self.initial, self.quiet = unit, total, what, done, quiet
        self._done, self._began = done, time.monotonic()
        self._bar: Any = None

    @property
    def shown(self) -> bool:
        """Whether there is a terminal to show it in."""
        return not self.quiet and sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, done: float, total: float | None = None, what: str | None = None, postfix: str = "") -> None:
        """So much is done, of so much, and it is this that goes on; None leaves what was said before."""
        self._done, self.total = done, total or self.total
        self.what = self.what if what is None else what
        if not self.shown or time.monotonic() - self._began < DELAY:
            return
        if self._bar is None:
            self._bar = self._made()
        self._bar.total = self.total
        self._bar.set_description_str(self.what, refresh=False)
        self._bar.set_postfix_str(postfix, refresh=False)
        self._bar.update(done - self._bar.n)

    def advance(self) -> None:
        """One more is done."""
        self(self._done + 1)

    def note(self, sentence: str) -> None:
        """A line above the bar, for those who watch; nothing in a pipe."""
        if self.shown:
            from tqdm import tqdm

            tqdm.write(f"adain-lab: {printable(sentence)}", file=sys.stderr)

    def close(self) -> None:
        """Take the bar away; what comes then begins anew."""
        if self._bar is not None:
            self._bar.close()
        self._done, self._began, self._bar = self.initial, time.monotonic(), None

    def _made(self) -> Any:
        from tqdm import tqdm

        bar = tqdm(
            total=self.total or None,
            initial=self.initial,
            unit=self.unit,
            unit_scale=self.unit in ("B", "s"),
            bar_format=FORMAT,
            delay=1e-9,  # not before the first step is counted
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr,
        )
        bar.start_t = bar.last_print_t = time.time() - (time.monotonic() - self._began)
        return bar
