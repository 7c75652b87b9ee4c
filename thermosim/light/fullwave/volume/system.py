"""The scattered field in space: assembled, factored and solved for each part of the light."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.edges import EdgeSpace, Geometry, Rule, place
from thermosim.fem.zmumps import Factors, factorise
from thermosim.light.fullwave.samples import cells_of
from thermosim.light.fullwave.volume.mirrors import WHOLE, walls
from thermosim.optics.layered_field import K, Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from thermosim.fem.domain import Domain
    from thermosim.light.fullwave.volume.mirrors import Parity

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]


@dataclass(frozen=True)
class Layer:
    """The perfectly matched layer: ``s = 1 + i strength q²`` along each axis, q from 0 to 1.

    Chew and Weedon, doi:10.1002/mop.4650071304. Corners of the box in it, its thickness
    around and below; an axis that a mirror ends has no layer there.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    thickness: float
    below: float
    strength: float
    mirrors: bool

    def stretches(self, x: Floats) -> Complexes:
        """Return ``s`` along each axis at places (..., 3)."""
        low = np.array(self.low)
        if self.mirrors:
            low[:2] = -np.inf
        width = np.array([self.thickness, self.thickness, self.below])
        q = np.maximum(x - np.array(self.high), 0.0) / self.thickness
        q = q + np.maximum(low - x, 0.0) / width
        return np.asarray(1.0 + 1j * self.strength * q**2)


@dataclass(frozen=True)
class Points:
    """Points of a rule in cells of this rank.

    Attributes
    ----------
    cells
        Their local numbers; points go cell by cell.
    x
        Places, shape (n, 3), n = q times the number of cells.
    weight
        Of an integral over the whole of space: images in mirrors count.
    """

    cells: NDArray[np.int32]
    rule: Rule
    x: Floats
    weight: Floats


@dataclass
class Scattering:
    """A body in layers, on the mesh of the space around it.

    Attributes
    ----------
    domain
        With the regions body, inner and pml.
    stack
        The media around the body.
    permittivity
        Of the body.
    layer
        The absorbing layer.
    degree
        Of the elements.
    rule
        Degree of the quadrature in the body.
    """

    domain: Domain
    stack: Stack
    permittivity: complex
    layer: Layer
    degree: int = 3
    rule: int = 6

    def __post_init__(self) -> None:
        self.edges = edges = EdgeSpace(self.domain, self.degree)
        corners = edges.nodes[:, :4]
        self.epsilon = self.stack.permittivity(corners[:, :, 2].mean(axis=1))
        cells = cells_of(self.domain, "body")
        self.epsilon[cells] = self.permittivity
        rule = Rule.of(self.rule)
        at = place(edges.nodes[cells], rule.points)
        weight = (at.det * rule.weights).ravel() * self.images
        self.body = Points(cells, rule, at.x.reshape(-1, 3), weight)

    @property
    def images(self) -> int:
        """How many images of the mesh make up space."""
        return 4 if self.layer.mirrors else 1

    @property
    def unknowns(self) -> int:
        """Number of unknowns of one part."""
        return self.edges.unknowns

    @cached_property
    def contrast(self) -> Complexes:
        """``ε - ε_b`` at the points of the body."""
        return np.asarray(self.permittivity - self.stack.permittivity(self.body.x[:, 2]))

    def factors(self, parity: Parity) -> Factors:
        """Return the factored matrix of a part of the light (collective)."""
        edges, pml = self.edges, np.zeros(len(self.edges.dofs), bool)
        pml[cells_of(self.domain, "pml")] = True
        plain = np.flatnonzero(edges.straight & ~pml)
        other = np.flatnonzero(~edges.straight | pml)
        fixed = edges.on(["outer", *walls(parity)])
        entries = edges.matrix(
            (plain, -(K**2) * self.epsilon[plain]),
            (other, self._tensors, Rule.of(2 * self.degree)), fixed,
        )  # fmt: skip
        return factorise(entries, self.domain.comm)

    def _tensors(self, at: Geometry, cells: NDArray[Any]) -> tuple[Complexes, Complexes]:
        """Return the diagonals of ``1/μ`` and of ``-k² ε`` of the stretched medium."""
        s = self.layer.stretches(at.x)
        across = s.prod(axis=2, keepdims=True) / s**2  # s_y s_z / s_x and so on
        return 1.0 / across, -(K**2) * self.epsilon[cells, None, None] * across

    def scattered(self, factors: Factors, parity: Parity, light: Sequence[Complexes]) -> Complexes:
        """Return the scattered fields of lights, given at the points of the body.

        One row of local values, ghosts included, for each (collective).
        """
        edges, points = self.edges, self.body
        fixed = edges.on(["outer", *walls(parity)])
        driven = (points.weight / self.images * K**2 * self.contrast)[:, None]
        loads = []
        for E in light:
            own = (driven * E).reshape(len(points.cells), len(points.rule.points), 3)
            b = edges.load(own, points.cells, points.rule)
            b[fixed] = 0.0
            loads.append(edges.gathered(b))
        found = factors.solve(np.stack(loads, axis=-1))
        return np.ascontiguousarray(found[edges.places].T)

    def total(self, values: Complexes, alone: Complexes) -> Complexes:
        """Return the whole field at the points of the body, shape (n, 3)."""
        points, edges = self.body, self.edges
        value = edges.basis.values(points.rule.points)
        own = edges.coefficients(values, points.cells)
        inverse = place(edges.nodes[points.cells], points.rule.points).inverse
        pulled = np.einsum("cn,qnj->cqj", own, value, optimize=True)
        scattered = np.einsum("cqji,cqj->cqi", inverse, pulled).reshape(-1, 3)
        return np.asarray(alone + scattered)


__all__ = ["WHOLE", "Layer", "Points", "Scattering"]
