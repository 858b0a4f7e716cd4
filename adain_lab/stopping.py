"""Stopping: what Ctrl+C and the system's requests to end become, in one place for all commands.

A request to end (SIGTERM, and SIGHUP when the terminal goes) is made a ``KeyboardInterrupt`` like that of Ctrl+C, so
that everything that cleans up after itself does (:func:`interrupts`). A loop that wants to finish its step first asks
:class:`StopSignals`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["StopSignals", "Terminated", "interrupts"]

#: Requests to end besides SIGINT; Windows knows fewer.
_REQUESTS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(KeyboardInterrupt):
    """A request to end that was not Ctrl+C; ``number`` is the signal's."""

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number


@contextmanager
def interrupts() -> Iterator[None]:
    """While the block runs, requests to end raise :class:`Terminated` in the main thread.

    A signal that is ignored (``nohup``) stays so.

    Example:
        >>> try:
        ...     with interrupts():
        ...         signal.raise_signal(signal.SIGTERM)
        ... except KeyboardInterrupt as stop:
        ...     print(stop.number == signal.SIGTERM)
        True
    """

    def stop(number: int, _: FrameType | None) -> None:
        raise Terminated(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {n: signal.signal(n, stop) for n in _REQUESTS if signal.getsignal(n) == signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class StopSignals:
    """While the block runs, the first SIGINT or request to end is kept as :attr:`asked`; the second one interrupts at
    once.

    Outside the main thread, where Python takes no signals, nothing changes.

    Example:
        >>> with StopSignals() as stop:
        ...     signal.raise_signal(signal.SIGINT)
        ...     stop.asked
        True
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():
            wanted = [n for n in (signal.SIGINT, *_REQUESTS) if signal.getsignal(n) != signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._ask) for number in wanted}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
