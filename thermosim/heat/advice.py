"""What to try when a temperature is not found: in words that fit what makes the heat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thermosim.model.heat import HeatModel


def is_lit(model: HeatModel) -> bool:
    """Whether light or dots in it make heat: such sources bring a rule of quadrature."""
    return any(hasattr(body.source, "quadrature_degree") for body in model.bodies)


def may_run_away(model: HeatModel) -> bool:
    """Whether a source follows the temperature."""
    sources = (getattr(body.source, "source", body.source) for body in model.bodies)
    return any(getattr(source, "follows_temperature", False) for source in sources)


def less_heat(model: HeatModel) -> str:
    """Return how the heat is made less."""
    if is_lit(model):
        return "lower the intensity or the density of dots"
    return "lower the sources and fluxes of heat"
