"""A heat model on a mesh: the space, the residual, its derivative and what is held."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import ufl
from dolfinx import fem
from petsc4py import PETSc

from thermosim.fem import boundary_dofs, compile_form, constant, lagrange
from thermosim.heat import forms, shells
from thermosim.heat.coupling import contact_matrix
from thermosim.heat.enclosure import EnclosureCoupling
from thermosim.heat.gap import GasGapCoupling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.fem import Domain
    from thermosim.heat.model import HeatModel


class HeatProblem:
    """The discrete problem F(θ; v) = 0 for all v, with θ = T - T_ref in a Lagrange space.

    Attributes
    ----------
    load : constant that multiplies every source; 1 but during continuation
    theta : the unknown
    """

    def __init__(
        self, domain: Domain, model: HeatModel, degree: int, like: HeatProblem | None = None
    ) -> None:
        """Set up the spaces; `like` shares its constants (sources scaled the same way)."""
        self.domain, self.model, self.degree = domain, model, degree
        self.space = lagrange(domain, degree)
        self.theta = fem.Function(self.space, name="theta")
        self.number = forms.number_for(domain)
        self.T_ref = self.number(model.T_ref)
        self.load: Any = constant(domain, 1.0) if like is None else like.load
        self._like: HeatProblem | None = like

    @property
    def source_degree(self) -> int:
        """Degree of the quadrature of sources."""
        return 2 * self.degree + (1 if self.domain.symmetry == "axisymmetric" else 0)

    def terms(self, theta: Any, v: Any) -> dict[str, Any]:
        """Return the residual split by name: conduction, sources and each path of each surface.

        Names: ``conduction:REGION``, ``source:REGION``, ``BOUNDARY:PATH``; all in W for v = 1.
        """
        T = self.T_ref + theta
        found: dict[str, Any] = {}
        for body in self.model.bodies:
            found[f"conduction:{body.region}"] = forms.conduction(
                self.domain, body, T, theta, v, self.number
            )
            if body.source is not None:
                # light known at points of one rule is integrated with that rule, on any space
                degree = getattr(body.source, "quadrature_degree", None) or self.source_degree
                found[f"source:{body.region}"] = self.load * forms.source(
                    self.domain, body, T, v, self.number, degree
                )
        for side in self.model.surfaces:
            for path in side.paths:
                found[f"{side.boundary}:{path}"] = forms.surface(
                    self.domain, side, path, theta, self.T_ref, v, self.number
                )
        for index, film in enumerate(self.model.films):
            found[f"conduction:film {index} on {film.boundary}"] = shells.conduction(
                self.domain, film, T, theta, v, self.number
            )
        return found

    def residual(self, theta: Any, v: Any) -> Any:
        """Return F(θ; v) without what `coupling` (a matrix) and `couplings` hold."""
        return sum(self.terms(theta, v).values())

    @cached_property
    def residual_form(self) -> Any:
        """The compiled residual at `theta`."""
        return compile_form(self.residual(self.theta, ufl.TestFunction(self.space)))

    @cached_property
    def jacobian_form(self) -> Any:
        """The compiled symbolic derivative of the residual at `theta`."""
        residual = self.residual(self.theta, ufl.TestFunction(self.space))
        return compile_form(ufl.derivative(residual, self.theta, ufl.TrialFunction(self.space)))

    @cached_property
    def held_dofs(self) -> NDArray[np.int32]:
        """Local dofs (ghosts included) whose temperature is held."""
        names = [held.boundary for held in self.model.held]
        return boundary_dofs(self.space, self.domain, names)

    @cached_property
    def bcs(self) -> list[Any]:
        """Homogeneous conditions at the held dofs, for the matrix."""
        zero = constant(self.domain, 0.0)
        return [fem.dirichletbc(zero, self.held_dofs, self.space)]

    def impose(self, theta: Any) -> None:
        """Set the held temperatures in a function of the space."""
        for held in self.model.held:
            dofs = boundary_dofs(self.space, self.domain, [held.boundary])
            T = held.temperature
            if callable(T):
                T = T(self.space.tabulate_dof_coordinates()[dofs])
            theta.x.array[dofs] = T - self.model.T_ref

    @cached_property
    def coupling(self) -> Any | None:
        """Sum of the matrices of contacts and gas gaps [W/K]; None without any."""
        parts = [
            contact_matrix(self.domain, jump, self.space, self.number) for jump in self.model.jumps
        ]
        parts += [gap.matrix.copy() for gap in self.gaps]
        for part in parts[1:]:
            parts[0].axpy(1.0, part, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
        return parts[0] if parts else None

    @cached_property
    def gaps(self) -> list[GasGapCoupling]:
        """The gas gaps; their matrices are part of `coupling`."""
        return [GasGapCoupling(self, gap) for gap in self.model.gaps]

    @cached_property
    def couplings(self) -> list[EnclosureCoupling]:
        """What ties nodes through few numbers and is never assembled (see `lowrank`)."""
        known = self._like.couplings if self._like is not None else []
        shared: list[Any] = [part.patches for part in known] or [None] * len(self.model.enclosures)
        return [
            EnclosureCoupling(self, enclosure, patches)
            for enclosure, patches in zip(self.model.enclosures, shared, strict=True)
        ]
