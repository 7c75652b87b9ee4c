"""The weak form of Maxwell's equations in the half plane (r, z), for one azimuthal mode.

The field is ``exp(i m phi) (E_r, E_phi, E_z)``, fields go as ``exp(-i omega t)``, lengths are
wavelengths. With ``E_phi = i u/r`` all coefficients but the permittivity and the absorbing layer
are real, and the matrix is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import basix.ufl
import numpy as np
import ufl

from thermosim.fem.compile import compile_form
from thermosim.fem.library import dolfinx
from thermosim.optics.layered_field import K

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain

fem = dolfinx.fem
REGIONS = ("body", "inner", "pml")


@dataclass(frozen=True)
class Layer:
    """The perfectly matched layer: ``s = 1 + i strength q²``, q from 0 to 1 through it.

    Chew and Weedon, doi:10.1002/mop.4650071304; in cylinders, Teixeira and Chew,
    doi:10.1109/75.637110.
    """

    radius: float
    bottom: float
    top: float
    thickness: float
    strength: float


class Numbers:
    """What a compiled form reads at assembly: other numbers compile nothing anew."""

    def __init__(self, domain: Domain, layer: Layer, mode: int) -> None:
        names = ("radius", "bottom", "top", "thickness")
        self.of_layer = {name: self._constant(domain, getattr(layer, name)) for name in names}
        self.strength = self._constant(domain, 1j * layer.strength)
        self.mode = self._constant(domain, mode)
        self.k2 = self._constant(domain, K**2)

    @staticmethod
    def _constant(domain: Domain, value: complex) -> Any:
        return fem.Constant(domain.mesh, np.complex128(value))

    def set(self, layer: Layer, mode: int) -> None:
        """Take another layer and mode."""
        for name, constant in self.of_layer.items():
            constant.value = getattr(layer, name)
        self.strength.value = 1j * layer.strength
        self.mode.value = mode


def space_of(domain: Domain, degree: int) -> Any:
    """Return the space of (E_r, E_z) in edge elements (Nédélec's first) and u in Lagrange's."""
    cell = domain.mesh.basix_cell()
    across = basix.ufl.element("N1curl", cell, degree)
    round_ = basix.ufl.element("Lagrange", cell, degree)
    return fem.functionspace(domain.mesh, basix.ufl.mixed_element([across, round_]))


def stretches(domain: Domain, numbers: Numbers) -> tuple[Any, Any, Any]:
    """Return ``s_r``, ``s_z`` and the stretched radius ``∫ s_r dr`` of the absorbing layer."""
    r, z = ufl.SpatialCoordinate(domain.mesh)
    width = numbers.of_layer["thickness"]

    def beyond(distance: Any) -> Any:
        # FFCx 0.9 writes comparisons of complex numbers, which C does not have
        return 0.5 * (distance + abs(distance)) / width

    q_r = beyond(r - numbers.of_layer["radius"])
    q_z = beyond(z - numbers.of_layer["top"]) + beyond(numbers.of_layer["bottom"] - z)
    s_r, s_z = 1.0 + numbers.strength * q_r**2, 1.0 + numbers.strength * q_z**2
    return s_r, s_z, r + numbers.strength * width * q_r**3 / 3.0


def maxwell(domain: Domain, space: Any, permittivity: Any, numbers: Numbers, degree: int) -> Any:
    """Return the compiled matrix form ``curl E·curl E' - k² ε E·E'``, integrated over r and z.

    `permittivity` is one complex number a cell; `degree` is that of the elements.
    """
    (E, u), (F, v) = ufl.TrialFunctions(space), ufl.TestFunctions(space)
    r, m = ufl.SpatialCoordinate(domain.mesh)[0], numbers.mode

    def density(s_r: Any, s_z: Any, turned: Any) -> Any:
        def curl(E: Any, u: Any) -> tuple[Any, Any, Any]:
            return u.dx(1) - m * E[1], u.dx(0) - m * E[0], E[0].dx(1) - E[1].dx(0)

        a, b, c = curl(E, u)
        a_, b_, c_ = (ufl.conj(part) for part in curl(F, v))
        curls = s_r / (turned * s_z) * a * a_ + s_z / (turned * s_r) * b * b_
        curls += turned / (s_r * s_z) * c * c_
        mass = turned * s_z / s_r * E[0] * ufl.conj(F[0])
        mass += turned * s_r / s_z * E[1] * ufl.conj(F[1])
        mass += s_r * s_z / turned * u * ufl.conj(v)
        return curls - numbers.k2 * permittivity * mass

    body, inner, pml = (
        ufl.Measure("dx", domain.mesh, subdomain_data=domain.cell_tags, metadata=metadata)(
            domain.regions[name]
        )
        for name, metadata in zip(REGIONS, _rules(degree), strict=True)
    )
    plain = density(1.0, 1.0, r)
    form = plain * body + plain * inner + density(*stretches(domain, numbers)) * pml
    return compile_form(form, complex_numbers=True)


def _rules(degree: int) -> list[dict[str, int]]:
    return [{"quadrature_degree": 2 * degree + extra} for extra in (0, 0, 1)]


def source(domain: Domain, space: Any, driven: Any, degree: int) -> Any:
    """Return the compiled form ``∫ k² (ε - ε_b) E_b·E'`` over the body.

    `driven` is ``k² (ε - ε_b) (r E_r, r E_z, u/r)`` of the undisturbed light at the points of the
    quadrature rule of `degree`.
    """
    F, v = ufl.TestFunctions(space)
    rule = {"quadrature_degree": degree}
    dx = ufl.Measure("dx", domain.mesh, subdomain_data=domain.cell_tags, metadata=rule)
    parts = driven[0] * ufl.conj(F[0]) + driven[1] * ufl.conj(F[1]) + driven[2] * ufl.conj(v)
    return compile_form(parts * dx(domain.regions["body"]), complex_numbers=True)
