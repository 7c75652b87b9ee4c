"""Light that depends on the temperature or on itself: a fixed point around the heat problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.errors import SolveError
from thermosim.fem.domain import integrate, size_of
from thermosim.gain import pump_absorption
from thermosim.language.namespaces import ufl_namespace
from thermosim.light.source import as_constants
from thermosim.optics.model import AttenuatingOptics

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.heat.problem import HeatProblem
    from thermosim.light.absorbed import AbsorbedLight

_MOST = 50


def effective_absorption(light: AbsorbedLight, problem: HeatProblem) -> float:
    """Return the mean of the absorption coefficient over the light, ``∫αI dV/∫I dV`` [1/m].

    α is taken at the local temperature and intensity, as far as the case couples them
    (collective). Rays and the series take one coefficient for the whole body.
    """
    optics, domain, number = light.light.optics, light.domain, problem.number
    assert isinstance(optics, AttenuatingOptics)
    p = as_constants(light.parameters, number)
    I = light.source.light(number)
    T = problem.T_ref + problem.theta if optics.temperature_coupling else problem.T_ref
    seen = I if optics.saturation else number(0.0)
    dx = domain.dx(light.region, light.quadrature_degree or problem.source_degree)
    absorbed = integrate(domain, pump_absorption(seen, T, p, ufl_namespace()) * I, dx)
    total = integrate(domain, I, dx)
    return absorbed / total + optics.host_absorption if total else light.alpha


def couple(
    light: AbsorbedLight,
    problem: HeatProblem,
    solve: Callable[[], Any],
    tell: Callable[[str], None],
) -> int:
    """Repeat light and heat until the mean ΔT rests; return the number of repetitions.

    The heat problem must have been solved once with the light as it stands (collective).

    Raises
    ------
    SolveError
        If it does not come to rest.
    """
    optics = light.light.optics
    if not isinstance(optics, AttenuatingOptics):
        return 0
    if not (optics.temperature_coupling or optics.saturation):
        return 0
    domain = light.domain
    size = size_of(domain, domain.dx(light.region))
    before = integrate(domain, problem.theta, domain.dx(light.region)) / size
    for count in range(1, _MOST + 1):
        light.rebuild(effective_absorption(light, problem))
        solve()
        now = integrate(domain, problem.theta, domain.dx(light.region)) / size
        change, before = abs(now - before), now
        tell(
            f"light and heat {count}: alpha = {light.alpha:.6g} 1/m, mean ΔT changes {change:.2e} K"
        )
        if change <= optics.coupling_tolerance * abs(now):
            return count
    raise SolveError(
        f"light and heat found no common state in {_MOST} repetitions (the mean ΔT still changes "
        f"by {change:.2g} K); raise optics.coupling_tolerance or lower the intensity"
    )
