"""Weak forms of heat conduction. Mesh coordinates x = X/L with L the unit of the mesh [m].

Weighted by `w` (2 pi r for bodies of revolution), in watts for a test function v without unit:
    conduction   (S/L²) ∫ K ∇θ·∇v w dx        S: metres³ per unit of volume
    source       -S ∫ q(T) v w dx
    surface      A ∫ flux(T) v w ds            A: metres² per unit of area
    storage      S ∫ rho cp(T) ∂θ/∂t v w dx
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.fem import symbols
from thermosim.language.namespaces import ufl_namespace

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.model.heat import HeatBody
    from thermosim.model.laws import Number


def conductivity_matrix(body: HeatBody, T: Any, number: Number, symmetry: str) -> Any:
    """Return K as a UFL matrix in the coordinates of the mesh [W/(m K)]."""
    numbers = [number(value) for value in body.conductivity.parameters()]
    rows = body.conductivity.tensor(T, ufl_namespace(), numbers, body.axis)
    kept = {"axisymmetric": (0, 2), "planar": (0, 1)}.get(symmetry, (0, 1, 2))
    return symbols.as_matrix([[rows[i][j] for j in kept] for i in kept])


def conduction(domain: Domain, region: str, K: Any, theta: Any, v: Any, number: Number) -> Any:
    """Return the conduction form of one body of conductivity `K`, see `conductivity_matrix`."""
    scale = number(domain.volume_scale / domain.unit**2)
    flux = symbols.dot(K, symbols.grad(theta))
    return scale * symbols.inner(flux, symbols.grad(v)) * domain.weight * domain.dx(region)


def source(domain: Domain, region: str, q: Any, v: Any, number: Number, degree: int) -> Any:
    """Return the form of a source `q` [W/m³], integrated with a rule of the given degree."""
    measure = domain.dx(region, degree)
    return -number(domain.volume_scale) * q * v * domain.weight * measure


def surface(
    domain: Domain, boundary: str, flux: Any, v: Any, number: Number, degree: int | None = None
) -> Any:
    """Return the form of a flux [W/m²] that leaves a surface.

    With a rule of the given degree; None leaves it to UFL.
    """
    measure = domain.ds(boundary, degree)
    return number(domain.area_scale) * flux * v * domain.weight * measure


def storage(domain: Domain, body: HeatBody, T: Any, rate: Any, v: Any, number: Number) -> Any:
    """Return the form of the heat stored per time, `rate` being ∂θ/∂t [K/s]."""
    assert body.density is not None
    assert body.specific_heat is not None
    xp = ufl_namespace()
    rho = body.density.evaluate(T, xp, [number(p) for p in body.density.parameters()])
    cp = body.specific_heat.evaluate(T, xp, [number(p) for p in body.specific_heat.parameters()])
    scale = number(domain.volume_scale)
    return scale * rho * cp * rate * v * domain.weight * domain.dx(body.region)
