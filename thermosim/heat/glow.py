"""Emission that one body sends out and others absorb: heat there that follows the emitter's state.

With P(θ) the light that leaves the emitter and w the share of it that a test function absorbs, the
residual is ``-P w``, and its derivative the product of two vectors, ``-w ⊗ dP/dθ``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dolfinx import fem

from thermosim.fem import symbols
from thermosim.fem.domain import assemble_vector, compile_form, constant, vector
from thermosim.model.budget import EMISSION

if TYPE_CHECKING:
    from thermosim.model.heat import Glow


class GlowCoupling:
    """The absorbed emission of one body in the residual; a `lowrank.Coupling`.

    Attributes
    ----------
    shares : region -> what it absorbs of the light that leaves the emitter
    """

    def __init__(self, problem: Any, glow: Glow) -> None:
        """Spread a watt of emission over the absorbers (collective)."""
        self.problem, self.glow = problem, glow
        domain, source = problem.domain, glow.source
        degree = source.quadrature_degree or problem.source_degree
        measure = domain.dx(glow.region, degree)
        density = source.emitted(problem.T_ref + problem.theta, problem.number)
        power = problem.number(domain.volume_scale) * density * domain.weight * measure
        self._power = compile_form(power)
        v = symbols.test_function(problem.space)
        self._slope_form = compile_form(symbols.derivative(power, problem.theta, v))
        self._slope, self._spread = vector(problem.space), vector(problem.space)
        assemble_vector(self._spread, compile_form(self._absorbed(v, *glow.absorbers)))
        one = constant(domain, 1.0)
        self.shares = {
            name: self._sum(compile_form(self._absorbed(one, name))) for name in glow.absorbers
        }

    def _absorbed(self, v: Any, *regions: str) -> Any:
        """Return ∫ share v dV over regions, as a form."""
        domain = self.problem.domain
        parts = [
            constant(domain, domain.volume_scale) * self.glow.share * v * domain.weight
            * domain.dx(name) for name in regions
        ]  # fmt: skip
        return sum(parts[1:], parts[0])

    def _sum(self, form: Any) -> float:
        return float(self.problem.domain.comm.allreduce(float(fem.assemble_scalar(form))))

    @property
    def _load(self) -> float:
        return float(self.problem.load.value)

    def emitted(self) -> float:
        """Return the light that leaves the emitter now [W] (collective)."""
        return self._load * self._sum(self._power)

    def add_residual(self, b: Any) -> None:
        """Add ``-P w`` to `b` [W]."""
        b.axpy(-self.emitted(), self._spread)

    def linearise(self) -> None:
        """Take dP/dθ at the problem's theta."""
        assemble_vector(self._slope, self._slope_form)

    def add_product(self, x: Any, y: Any, *, transposed: bool = False) -> None:
        """Add derivative times `x` (or its transpose times `x`) to `y`."""
        read, write = self._slope, self._spread
        if transposed:
            read, write = write, read
        y.axpy(-self._load * read.dot(x), write)

    def budget(self) -> dict[str, float]:
        """Return the heat that the emission releases in each absorber [W]."""
        emitted = self.emitted()
        return {f"source:{name}:{EMISSION}": emitted * s for name, s in self.shares.items()}
