"""Thin layers on a boundary that are not meshed: conduction along the surface, and heat storage.

A film of thickness d has the temperature of the surface under it. It adds ``∫ k d ∇_s θ·∇_s v dA``
and ``∫ rho cp d θ̇ v dA``, with ∇_s the part of the gradient along the surface: exact as d goes to
zero, in error by about d/L relative, L the length over which the temperature changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.fem import symbols
from thermosim.language.namespaces import ufl_namespace

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.materials.laws import Law
    from thermosim.model.heat import Film
    from thermosim.model.laws import Number


def surface_gradient(u: Any, domain: Domain) -> Any:
    """Return the gradient of u along the boundary (UFL), per mesh length."""
    n = symbols.normal(domain.mesh)
    gradient = symbols.grad(u)
    return gradient - symbols.dot(gradient, n) * n


def conduction(domain: Domain, film: Film, T: Any, theta: Any, v: Any, number: Number) -> Any:
    """Return the form of conduction along a film [W]."""
    k = _value(film.conductivity, T, number)
    scale = number(domain.area_scale / domain.unit**2 * film.thickness)
    flux = symbols.dot(surface_gradient(theta, domain), surface_gradient(v, domain))
    return scale * k * flux * domain.weight * measure(domain, film)


def storage(domain: Domain, film: Film, T: Any, rate: Any, v: Any, number: Number) -> Any:
    """Return the form of the heat that a film stores per time [W], `rate` being ∂θ/∂t [K/s]."""
    assert film.density is not None
    assert film.specific_heat is not None
    rho, cp = _value(film.density, T, number), _value(film.specific_heat, T, number)
    scale = number(domain.area_scale * film.thickness)
    return scale * rho * cp * rate * v * domain.weight * measure(domain, film)


def measure(domain: Domain, film: Film) -> Any:
    """Return the measure of the surface that carries a film."""
    return domain.ds(film.boundary, region=film.region)


def _value(law: Law[Any], T: Any, number: Number) -> Any:
    return law.evaluate(T, ufl_namespace(), [number(p) for p in law.parameters()])
