"""What a run says, and how long its phases take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

UNJUDGED = 1e-5
"""Share of the largest ΔT that a balance may be worth where no ± is known."""

ACCOUNT = 1e-3
"""Share of the heat exchanged in a run that may be missing before it is told loudly."""

Tell = Callable[[str], None]


@dataclass
class Journal:
    """What a run says and how long its phases take."""

    tell: Tell
    lines: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    estimate: Any = None

    def say(self, text: str) -> None:
        """Note a line and pass it on."""
        self.lines.append(text)
        self.tell(text)

    @contextmanager
    def phase(self, name: str, text: str) -> Iterator[None]:
        """Time a phase."""
        self.say(text)
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    def judge_balance(self, balance: float, tolerance: float, shift: float, bound: float) -> None:
        """Tell of an energy balance that is off by more than the tolerance, both relative.

        `shift` [K] is by how much it may move the result; loudly where that exceeds `bound` [K].
        """
        if balance <= tolerance:
            return
        told = (
            f"the energy balance is off by {balance:.1e} of the heat exchanged (tolerance "
            f"{tolerance:.0e}), by which the result may be off by {shift:.1g} K"
        )
        if shift > bound:
            self.say(
                f"WARNING: {told}, more than its ± of {bound:.1g} K: do not trust it; lower "
                'solver.newton_rtol and solver.linear_rtol, or set solver.linear = "direct"'
            )
        else:
            self.say(f"{told}; its ± is {bound:.1g} K")

    def judge_account(self, missing: float, share: float, allowed: float) -> None:
        """Warn of energy [J] that came in over a whole run and is not there.

        `share` is its part of the heat exchanged, `allowed` [J] what the tolerances let pass.
        """
        if share > ACCOUNT and abs(missing) > allowed:
            sense = "are missing" if missing > 0 else "came from nowhere"
            self.say(
                "WARNING: the energy account of the whole run does not close: "
                f"{abs(missing):.3g} J {sense}, {share:.2g} of the heat exchanged; the steps "
                "are too long for what happens: lower transient.step, transient.max_step or "
                "transient.tolerance"
            )
