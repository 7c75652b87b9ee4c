"""A heat model on a mesh: the space, the residual, its derivative and what is held."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from thermosim.fem import symbols
from thermosim.fem.domain import (
    add_to_matrix,
    assemble_vector,
    boundary_dofs,
    compile_form,
    constant,
    vector,
)
from thermosim.fem.spaces import cell_matrix
from thermosim.heat import forms, shells
from thermosim.heat.coupling import contact_matrix
from thermosim.heat.enclosure import EnclosureCoupling
from thermosim.heat.formulas import FormNumbers, held_values
from thermosim.heat.gap import GapCoupling
from thermosim.heat.glow import GlowCoupling
from thermosim.heat.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.model.heat import HeatBody, HeatModel, HeatSurface

_SOURCE = "source:"  # what the names of sources begin with


class HeatProblem(State):
    """The discrete problem F(θ; v) = 0 for all v, with θ = T - T_ref in a Lagrange space.

    Attributes
    ----------
    load : constant that multiplies every source; 1 but during continuation
    time : constant that formulas of sources, surfaces and held temperatures read [s]
    """

    def __init__(
        self,
        domain: Domain,
        model: HeatModel,
        degree: int,
        like: HeatProblem | None = None,
        time: Any = None,
    ) -> None:
        """Set up the spaces; `like` shares its constants (sources scaled the same way)."""
        super().__init__(domain, model, degree)
        known = time if like is None else like.time
        self.time: Any = constant(domain, 0.0) if known is None else known
        self.number = FormNumbers(domain, self.time)
        self.T_ref = self.number(model.T_ref)
        self.load: Any = constant(domain, 1.0) if like is None else like.load
        self._like: HeatProblem | None = like
        self._written: dict[tuple[str, int], tuple[Any, Any]] = {}

    def share(self, like: HeatProblem) -> None:
        """Take view factors from a problem on the same mesh."""
        self._like = like

    @property
    def source_degree(self) -> int:
        """Degree of the quadrature of sources."""
        return 2 * self.degree + (1 if self.domain.symmetry == "axisymmetric" else 0)

    def terms(self, theta: Any, v: Any) -> dict[str, Any]:
        """Return the residual split by name: conduction, sources and each path of each surface.

        Names: ``conduction:REGION``, ``source:REGION``, ``BOUNDARY:PATH``; all in W for v = 1.
        """
        found = self.conduction(theta, theta, v)
        for body in self.model.bodies:
            if body.source is not None and not _varies(body.source):
                # light known at points of one rule is integrated with that rule, on any space
                degree = getattr(body.source, "quadrature_degree", None) or self.source_degree
                found[f"source:{body.region}"] = self._source(body, theta, v, degree)
        for side in self.model.surfaces:
            for path in side.paths:
                if not _varies(side.paths[path]):
                    found[f"{side.boundary}:{path}"] = self._surface(side, path, theta, v)
        return {**found, **self.formulas(theta, v, self.formula_degree)}

    def _source(self, body: HeatBody, theta: Any, v: Any, degree: int) -> Any:
        source = body.source
        assert source is not None
        q = self._law("source", source, theta, lambda: source.density(self._T(theta), self.number))
        return self.load * forms.source(self.domain, body.region, q, v, self.number, degree)

    def _surface(
        self, side: HeatSurface, path: str, theta: Any, v: Any, degree: int | None = None
    ) -> Any:
        law = side.paths[path]
        flux = self._law("flux", law, theta, lambda: law.flux(theta, self.T_ref, self.number))
        return forms.surface(self.domain, side.boundary, flux, v, self.number, degree)

    def _law(self, kind: str, law: Any, theta: Any, write: Callable[[], Any]) -> Any:
        """Return what a law makes of a state, of the unknown itself written down once.

        The residual and the heat account read the same, and to write it takes as long as to read.
        """
        if theta is not self.theta:
            return write()
        key = kind, id(law)  # it is kept, so that no other one gets its number
        if key not in self._written:
            self._written[key] = law, write()
        return self._written[key][1]

    def _T(self, theta: Any) -> Any:
        return self.T_ref + theta

    @property
    def formula_degree(self) -> int:
        """Degree of the quadrature of formulas in space, whatever `v` is."""
        return self.source_degree + 2

    def formulas(self, theta: Any, v: Any, degree: int) -> dict[str, Any]:
        """Return the terms that follow a formula of a case file, by a rule of `degree`."""
        found = {}
        for body in self.model.bodies:
            if body.source is not None and _varies(body.source):
                found[f"source:{body.region}"] = self._source(body, theta, v, degree)
        for side in self.model.surfaces:
            for path in side.paths:
                if _varies(side.paths[path]):
                    found[f"{side.boundary}:{path}"] = self._surface(side, path, theta, v, degree)
        return found

    def conduction(self, state: Any, theta: Any, v: Any) -> dict[str, Any]:
        """Return the conduction terms: linear in `theta`, with the conductivity at `state` [K]."""
        T, found = self._T(state), {}
        for body in self.model.bodies:
            K = self._law("conductivity", body, state, partial(self._conductivity, body, T))
            found[f"conduction:{body.region}"] = forms.conduction(
                self.domain, body.region, K, theta, v, self.number
            )
        for index, film in enumerate(self.model.films):
            found[f"conduction:film {index} on {film.boundary}"] = shells.conduction(
                self.domain, film, T, theta, v, self.number
            )
        return found

    def _conductivity(self, body: HeatBody, T: Any) -> Any:
        return forms.conductivity_matrix(body, T, self.number, self.domain.symmetry)

    def _fixed(self, terms: dict[str, Any]) -> dict[str, Any]:
        """Return the bilinear forms among the terms whose coefficients no state changes."""
        return {name: form for name, form in terms.items() if not symbols.reads(form, self.theta)}

    @cached_property
    def _fixed_conduction(self) -> dict[str, Any]:
        u, v = symbols.trial_function(self.space), symbols.test_function(self.space)
        return self._fixed(self.conduction(self.theta, u, v))

    def _in_matrices(self) -> set[str]:
        """Return the names of the terms that matrices hold, which are assembled once."""
        return set(self._fixed_conduction)

    @cached_property
    def residual_terms(self) -> dict[str, Any]:
        """The residual split by name, for all test functions."""
        return self.terms(self.theta, symbols.test_function(self.space))

    @cached_property
    def _rest(self) -> Any | None:
        """The terms that are assembled at every state; None if there are none."""
        held = self._in_matrices()
        return added(form for name, form in self.residual_terms.items() if name not in held)

    @cached_property
    def _rest_form(self) -> Any | None:
        return None if self._rest is None else compile_form(self._rest)

    @cached_property
    def _rest_jacobian_forms(self) -> dict[bool, Any]:
        """The derivative of `_rest`: of the sources (True), and of all else (False); what has one.

        Apart, since a study that changes the light alone leaves all else (`near_matrix`).
        """
        held, found = self._in_matrices(), {}
        for lit in (True, False):
            terms = {n: f for n, f in self.residual_terms.items() if n.startswith(_SOURCE) is lit}
            form = self._derivative(added(f for n, f in terms.items() if n not in held))
            if form is not None:
                found[lit] = compile_form(form)
        return found

    def _derivative(self, F: Any | None) -> Any | None:
        """Return the symbolic derivative of a form at `theta`; None if it has none."""
        if F is None or not symbols.reads(F, self.theta):
            return None
        return symbols.derivative(F, self.theta, symbols.trial_function(self.space))

    def compile(self) -> None:
        """Compile the forms, so that it is timed apart from the solve."""
        self._rest_form, self._rest_jacobian_forms, self.stiffness  # noqa: B018

    @cached_property
    def stiffness(self) -> Any:
        """The part of the derivative that no state changes [W/K], with the pattern of all of it.

        Conduction with constant conductivity, contacts and gaps; held nodes are as others.
        """
        K = cell_matrix(self.domain, self.space, added(self._fixed_conduction.values()))
        if self.coupling is not None:
            maps = K.getLGMap()
            K.axpy(1.0, self.coupling, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
            K.setLGMap(*maps)
        return K

    def assemble_residual(self, b: Any) -> None:
        """Assemble F at `theta` into `b` [W]; at held nodes it is the heat that they take up."""
        self.assemble_beside_conduction(b)
        self._add_fixed(b)

    def assemble_beside_conduction(self, b: Any) -> None:
        """Assemble F without what `stiffness` does, beside which small sources are rounded [W]."""
        if self._rest_form is None:
            b.set(0.0)
        else:
            assemble_vector(b, self._rest_form)
        for part in self.couplings:
            part.add_residual(b)

    def _add_fixed(self, b: Any) -> None:
        """Add `stiffness` times θ to `b`."""
        theta = vector(self.space)
        theta.array[:] = self.theta.x.array[: theta.local_size]
        self.add_stiffness(theta, b)

    def add_stiffness(self, x: Any, y: Any, *, transposed: bool = False) -> None:
        """Add `stiffness` (or its transpose) times `x` to `y`, with small rounding; `x` is lost.

        Conduction takes no notice of a constant, but its rounding would drown the small fluxes of
        a body that hardly loses heat: the matrix sees x less the level that leaves least of it.
        """
        level = self._level_weights.dot(x)
        x.shift(-level)
        add_product_of(self.stiffness, x, y, transposed=transposed)
        if self.coupling is not None:  # gaps do take notice
            x.set(level)
            add_product_of(self.coupling, x, y, transposed=transposed)

    @cached_property
    def _level_weights(self) -> Any:
        """Weights w with w·θ the c that makes Σ (K_ii (θ_i - c))² least: what rounding goes by."""
        weights = self.stiffness.getDiagonal()
        weights.pointwiseMult(weights, weights)
        total = weights.sum()
        weights.scale(1.0 / total if total else 0.0)
        return weights

    def assemble_jacobian(self, A: Any, changing: Any = None) -> None:
        """Assemble ∂F/∂θ at `theta` into `A`, which has the pattern of `stiffness`.

        Rows and columns of held nodes become those of the identity; `couplings` are left out.
        `A` may be `stiffness` itself, which is then lost. `changing` is from `assemble_changing` at
        the same state, where it is known.
        """
        if A.handle != self.stiffness.handle:
            self.stiffness.copy(A, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
        if changing is None:
            self._add_changing(A)
        else:
            A.axpy(1.0, changing, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
        A.assemble()
        self.hold(A)

    def hold(self, A: Any) -> None:
        """Let rows and columns of held nodes be those of the identity."""
        owned = self.held_dofs[self.held_dofs < A.getLocalSize()[0]]
        A.zeroRowsColumnsLocal(owned, 1.0)

    def near_matrix(self) -> Any | None:
        """Return ∂F/∂θ at θ = 0 without the sources, which light does not change.

        Held nodes are as others, `couplings` are left out. None where no source follows θ.
        """
        if True not in self._rest_jacobian_forms:
            return None
        theta, A = self.theta.x.array, self.stiffness.copy()
        if False in self._rest_jacobian_forms:
            kept = theta.copy()
            theta[:] = 0.0
            add_to_matrix(A, self._rest_jacobian_forms[False])
            theta[:] = kept
        A.assemble()
        return A

    def assemble_changing(self, A: Any) -> None:
        """Assemble into `A` what `stiffness` leaves of ∂F/∂θ, held nodes as others."""
        A.zeroEntries()
        self._add_changing(A)
        A.assemble()

    def _add_changing(self, A: Any) -> None:
        """Add what the state changes to `A`."""
        for form in self._rest_jacobian_forms.values():
            add_to_matrix(A, form)

    @cached_property
    def held_dofs(self) -> NDArray[np.int32]:
        """Local dofs (ghosts included) whose temperature is held."""
        names = [held.boundary for held in self.model.held]
        return boundary_dofs(self.space, self.domain, names)

    def impose(self, theta: Any) -> None:
        """Set the held temperatures in a function of the space."""
        for held in self.model.held:
            dofs = boundary_dofs(self.space, self.domain, [held.boundary])
            T = held.temperature
            if not isinstance(T, int | float):
                points = self.space.tabulate_dof_coordinates()[dofs]
                T = held_values(held, points, self.domain, float(self.time.value))
            theta.x.array[dofs] = T - self.model.T_ref

    @cached_property
    def coupling(self) -> Any | None:
        """Sum of the matrices of contacts and gaps [W/K]; None without any."""
        parts = [
            contact_matrix(self.domain, jump, self.space, self.number) for jump in self.model.jumps
        ]
        parts += [gap.matrix.copy() for gap in self.gaps]
        for part in parts[1:]:
            parts[0].axpy(1.0, part, PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN)
        return parts[0] if parts else None

    @cached_property
    def gaps(self) -> list[GapCoupling]:
        """The gaps; their matrices are part of `coupling`."""
        return [GapCoupling(self, gap) for gap in self.model.gaps]

    @cached_property
    def couplings(self) -> list[EnclosureCoupling | GlowCoupling]:
        """What ties nodes through few numbers and is never assembled (see `lowrank`)."""
        glows = [GlowCoupling(self, glow) for glow in self.model.glows]
        return [*self.enclosures, *glows]

    @cached_property
    def enclosures(self) -> list[EnclosureCoupling]:
        """The exchange of radiation between surfaces that see each other."""
        known = self._like.enclosures if self._like is not None else []
        shared: list[Any] = [part.patches for part in known] or [None] * len(self.model.enclosures)
        return [
            EnclosureCoupling(self, enclosure, patches)
            for enclosure, patches in zip(self.model.enclosures, shared, strict=True)
        ]


def add_product_of(A: Any, x: Any, y: Any, *, transposed: bool) -> None:
    """Add `A`, or its transpose, times `x` to `y`."""
    (A.multTransposeAdd if transposed else A.multAdd)(x, y, y)


def _varies(part: Any) -> bool:
    """Whether a source or a path of heat is a formula of a case file."""
    return bool(getattr(part, "varies", False))


def added(forms: Iterable[Any]) -> Any | None:
    """Return the sum of forms; None if there are none."""
    found = list(forms)
    return sum(found) if found else None
