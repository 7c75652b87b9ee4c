"""How far a sweep is: points done, rate, time left, said every few seconds."""

from __future__ import annotations

from collections.abc import Callable

_EVERY = 3.0  # seconds


class Progress:
    """Counts points and tells now and then."""

    def __init__(self, total: int, tell: Callable[[str], None], clock: Callable[[], float]) -> None:
        self.total, self.tell, self.clock = total, tell, clock
        self.done = self.failed = 0
        self.start = self.last = clock()

    def step(self, *, failed: bool = False) -> None:
        """Count a point; tell if the last word is some seconds old, or the work is done."""
        self.done += 1
        self.failed += failed
        now = self.clock()
        if now - self.last >= _EVERY or self.done == self.total:
            self.last = now
            self.tell(self.text(now - self.start))

    def text(self, seconds: float) -> str:
        """Return the state after so many seconds."""
        words = f"{self.done} of {self.total} points"
        if seconds > 0:
            words += f", {60 * self.done / seconds:.3g} per minute"
            left = (self.total - self.done) * seconds / self.done
            words += f", {duration(left)} left" if self.done < self.total else ""
        return words + (f", {self.failed} failed" if self.failed else "")


def duration(seconds: float) -> str:
    """Return a time in words: ``1 h 02 min``, ``3 min 20 s`` or ``45 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
