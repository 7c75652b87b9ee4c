"""The force of light on a body in space along z, by Maxwell's stress in the vacuum around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.fem.edges import Rule, place
from thermosim.fem.library import dolfinx
from thermosim.light.fullwave.volume.mirrors import part
from thermosim.optics.layered_field import K

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.light.fullwave.volume.mirrors import Parity
    from thermosim.light.fullwave.volume.system import Scattering
    from thermosim.optics.layered_space import Field

    Floats = NDArray[np.float64]
    Complexes = NDArray[np.complex128]
_STEP = 1e-5  # wavelengths, of differences


class Shell:
    """The cells of vacuum that touch a body, and a weight: 1 on the body, 0 on their other side."""

    def __init__(self, system: Scattering) -> None:
        """Find the shell of a body that nothing but vacuum touches (collective)."""
        self._system, domain = system, system.domain
        corners = dolfinx.fem.functionspace(domain.mesh, ("Lagrange", 1))
        weight = dolfinx.fem.Function(corners)
        table = np.asarray(corners.dofmap.list)
        weight.x.array[table[system.body.cells].ravel()] = 1.0
        weight.x.scatter_reverse(dolfinx.la.InsertMode.add)
        weight.x.array[:] = weight.x.array > 0.0
        weight.x.scatter_forward()
        owned = np.setdiff1d(np.arange(len(system.edges.dofs)), system.body.cells)
        of_corners = weight.x.array[table[owned]]
        there = of_corners.max(axis=1, initial=0.0) > 0.0
        self.cells, of_corners = owned[there], of_corners[there]
        self._rule = Rule.of(system.rule + 1)
        self._at = at = place(system.edges.nodes[self.cells], self._rule.points)
        steps = of_corners[:, 1:] - of_corners[:, :1]
        self._slope = np.einsum("cqji,cj->cqi", at.inverse, steps).reshape(-1, 3)
        self._weight = (at.det * self._rule.weights).ravel() * system.images

    def force(self, parts: Mapping[Parity, tuple[Field, Complexes]]) -> float:
        """Return the force, over intensity and the square of the wavelength, times c (collective).

        `parts` have the light and the scattered field of each part; positive upward, for light of
        ``|E| = 1`` in vacuum. ``-∫ T_zj ∂_j w dV``: see `thermosim.light.fullwave.force`. Products
        of two parts cancel over the images.
        """
        found = 0.0
        for parity, (light, values) in parts.items():
            E, B = self._fields(light, parity, values)
            energy = 0.5 * (np.abs(E) ** 2 + np.abs(B) ** 2).sum(axis=1)
            stress = (E[:, 2:] * E.conj() + B[:, 2:] * B.conj()).real
            stress[:, 2] -= energy
            found -= float(self._weight @ (stress * self._slope).sum(axis=1))
        return float(self._system.domain.comm.allreduce(found))

    def _fields(
        self, light: Field, parity: Parity, values: Complexes
    ) -> tuple[Complexes, Complexes]:
        """Return E and c B of a part at the points of the shell, shapes (n, 3)."""
        edges, at = self._system.edges, self._at
        x = at.x.reshape(-1, 3)
        own = edges.coefficients(values, self.cells)
        value, curl = edges.basis.at(self._rule.points)
        pulled = np.einsum("cn,qnj->cqj", own, value, optimize=True)
        E = np.einsum("cqji,cqj->cqi", at.inverse, pulled).reshape(-1, 3)
        curled = np.einsum("cn,qnj->cqj", own, curl, optimize=True)
        J = at.J * np.sign(np.linalg.det(at.J))[:, :, None, None]
        turned = np.einsum("cqij,cqj,cq->cqi", J, curled, 1.0 / at.det).reshape(-1, 3)
        whole = turned + curl_of(light, parity, x)
        return E + part(light, parity, x), whole / (1j * K)


def curl_of(light: Field, parity: Parity, x: Floats) -> Complexes:
    """Return the curl of a part of light at points, shape (n, 3), by differences."""
    slope = []  # of E by each coordinate
    for axis in np.eye(3):
        ahead, behind = (part(light, parity, x + s * _STEP * axis) for s in (1.0, -1.0))
        slope.append((ahead - behind) / (2.0 * _STEP))
    by_x, by_y, by_z = slope
    return np.stack(
        [by_y[:, 2] - by_z[:, 1], by_z[:, 0] - by_x[:, 2], by_x[:, 1] - by_y[:, 0]], axis=1
    )
