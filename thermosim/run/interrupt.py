"""Being told to stop, and telling how far a run is."""

from __future__ import annotations

import signal
import threading
import time as clock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thermosim.errors import ThermosimError

_TELL_EVERY, _TELL_AT_LEAST = 2.0, 60.0  # seconds between lines of progress
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SURE = 0.02  # part of the duration after which the rest is guessed
_FAR = 360_000.0  # seconds beyond which a guess says nothing


class Interrupted(ThermosimError):
    """A run that was told to stop and can go on later."""

    exit_status = 143

    def __init__(self, message: str, number: int = signal.SIGTERM) -> None:
        super().__init__(message)
        self.exit_status = 128 + number


@contextmanager
def stop_signal(comm: Any) -> Iterator[Callable[[], int]]:
    """Yield a function that tells which signal to stop any rank received; 0 if none (collective).

    SIGTERM and SIGINT (Ctrl-C) wait for the end of the step: PETSc cannot be left in the middle.
    A second Ctrl-C does not wait.
    """
    received: list[int] = []

    def note(number: int, frame: Any) -> None:
        if number == signal.SIGINT and number in received:
            raise KeyboardInterrupt
        received.append(number)

    usable = threading.current_thread() is threading.main_thread()
    before = {n: signal.signal(n, note) for n in _SIGNALS} if usable else {}
    try:
        yield lambda: int(max(comm.allgather(received[0] if received else 0)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


@dataclass
class Progress:
    """Says now and then how far a run is, and how long the rest may take."""

    duration: float
    began: float = field(default_factory=clock.monotonic)
    shown: float = field(default_factory=clock.monotonic)
    time: float = 0.0
    first: float | None = None

    def show(self, tell: Callable[[str], None], time: float, steps: int) -> None:
        """Say it if the last time was long enough ago.

        The pace is the faster of that since then and that of the whole run: after a switch the
        steps are short for a while.
        """
        now = clock.monotonic()
        self.first = time if self.first is None else self.first
        wait = min(max(_TELL_EVERY, 0.05 * (now - self.began)), _TELL_AT_LEAST)
        if now - self.shown < wait:
            return
        recent = (time - self.time) / (now - self.shown)
        pace = max(recent, (time - self.first) / (now - self.began))
        left = (self.duration - time) / pace if pace > 0 else np.inf
        begun = time > _SURE * self.duration  # before, steps grow over decades
        guess = f", about {_duration(left)} left" if begun and left < _FAR else ""
        tell(f"t = {time:.4g} s of {self.duration:.4g} s, step {steps}{guess}")
        self.shown, self.time = now, time


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
