"""A discrete temperature: what problems, enclosures and gas gaps have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dolfinx import fem

from thermosim.fem.spaces import lagrange

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.model.heat import HeatModel


class State:
    """θ = T - T_ref [K] in a Lagrange space of a degree, on the mesh of a heat model.

    Attributes
    ----------
    theta : the unknown
    """

    def __init__(self, domain: Domain, model: HeatModel, degree: int) -> None:
        self.domain, self.model, self.degree = domain, model, degree
        self.space = lagrange(domain, degree)
        self.theta = fem.Function(self.space, name="theta")
