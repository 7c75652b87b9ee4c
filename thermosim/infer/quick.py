"""The ladder of a case in a few seconds, each rung from the lumped balance of `limits`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.errors import SolveError
from thermosim.infer.ladder import ladder
from thermosim.limits.intensity import settled
from thermosim.limits.lumped import Lumped
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase


@dataclass
class _Closed:
    summary: dict[str, Any]


def quick_ladder(case: AnyCase) -> dict[str, Any] | None:
    """Return the ladder as JSON holds it; None for a case that has none, or one in time.

    The particle is at one temperature on every rung (`limits`): good to 1 % where it is isothermal.
    """
    model = model_of(case)
    if case.transient is not None or model.lump is None or model.light is None:
        return None
    return {**ladder(case, _closed).document(), "method": "limits"}


def _closed(case: AnyCase) -> _Closed:
    """Return what a run would find, by the lumped balance.

    Raises
    ------
    SolveError
        If it has no steady state.
    """
    model = model_of(case)
    assert model.lump is not None
    assert model.light is not None
    delta = Lumped.of(model, model.lump).steady()
    if delta is None:
        raise SolveError("the lumped balance has no steady state")
    return _Closed({"delta_T_mean_K": delta, "optics_model": settled(model.light).optics.model})
