"""The force of light on a body along its axis, by Maxwell's stress in the vacuum around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.library import dolfinx
from thermosim.light.fullwave.samples import curl_at, field_at, gradient_at, sample
from thermosim.optics.layered_field import K, field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.light.fullwave.system import Scattering
    from thermosim.optics.layered_field import Beam

    Complexes = NDArray[np.complex128]

fem = dolfinx.fem


class Shell:
    """The cells of vacuum that touch a body, and a weight: 1 on the body, 0 on their other side."""

    def __init__(self, system: Scattering) -> None:
        """Find the shell of a body that nothing but vacuum touches (collective)."""
        self._system, domain = system, system.domain
        lines = fem.functionspace(domain.mesh, ("Lagrange", 1))
        self._weight = fem.Function(lines, dtype=np.complex128)
        body = system.body.cells
        self._weight.x.array[lines.dofmap.list[body].ravel()] = 1.0
        self._weight.x.scatter_reverse(dolfinx.la.InsertMode.add)
        touched = self._weight.x.array.real > 0.0
        self._weight.x.array[:] = touched
        self._weight.x.scatter_forward()
        count = domain.mesh.topology.index_map(domain.tdim).size_local
        owned = np.setdiff1d(np.arange(count, dtype=np.int32), body)
        there = self._weight.x.array[lines.dofmap.list[owned]].real.max(axis=1) > 0.0
        self.cells = owned[there]
        self._points = sample(domain, self.cells, system.rule + 2)

    def force(self, scattered: Any, beam: Beam) -> float:
        """Return the force of one mode, over intensity and the square of the wavelength, times c.

        Positive upward; for light of ``|E| = 1`` in vacuum (collective). The stress has no
        divergence in vacuum, so that ``-∫ T_zj ∂_j w dV`` is the force, whatever the weight w does
        in the shell; J. D. Jackson, Classical Electrodynamics, section 6.7.
        """
        system, points = self._system, self._points
        total = fem.Function(system.space, dtype=np.complex128)
        stack, cells = system.stack, self.cells

        def across(x: Any) -> Complexes:
            return field(beam, stack, x[0], x[1])[:, :2].T

        def round_(x: Any) -> Complexes:
            return field(beam, stack, x[0], x[1])[:, 2]

        total.sub(0).interpolate(across, cells0=cells)
        total.sub(1).interpolate(round_, cells0=cells)
        total.x.array[:] += scattered.x.array
        system.numbers.set(system.layer, beam.mode)
        E_r, E_z, u = field_at(total, points, system.domain).T
        a, b, c = curl_at(total, system.numbers.mode, points, system.domain).T
        r = points.r
        E = np.stack([E_r, 1j * u / r, E_z])
        B = np.stack([-a / (K * r), c / (1j * K), b / (K * r)])
        slope = gradient_at(self._weight, points, system.domain).real
        stress_r = (E[2] * E[0].conj() + B[2] * B[0].conj()).real
        energy = 0.5 * (np.abs(E) ** 2 + np.abs(B) ** 2).sum(axis=0)
        stress_z = np.abs(E[2]) ** 2 + np.abs(B[2]) ** 2 - energy
        found = -float((points.weight * (stress_r * slope[:, 0] + stress_z * slope[:, 1])).sum())
        return float(system.domain.comm.allreduce(found))
