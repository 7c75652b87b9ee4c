"""How far the sampling of the light may shift the heat: the residual of light sampled otherwise.

Rays differ by chance, by how widely cells share their light and by what was dropped; a field known
by a formula or a series differs by the rule of quadrature, a beam in layers by its columns. Finite
elements of the light differ by their degree and by the layer that absorbs what leaves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem import symbols
from thermosim.fem.domain import (
    assemble_vector,
    compile_form,
    set_at_quadrature_points,
    vector,
)
from thermosim.fem.spaces import quadrature_function
from thermosim.heat import forms
from thermosim.light.absorbed import with_coarser_beam, with_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem
    from thermosim.light.absorbed import AbsorbedLight

_MORE_POINTS = {2: 12, 3: 4}  # degrees by which another rule is better, by dimension
_BY_RULE = {2: 2.0, 3: 3.0}  # safety of what it changes, measured
# What the error of elements is of what one degree less and another absorbing layer change, in
# spheres of 0.3 and 0.5 um at degrees 2 to 4 and 1.5 to 5 cells a wavelength: up to all of it where
# |E|² changes by more than a fifth, else no more than 0.19.
_SETTLED, _OF_CHANGE = 0.2, 1.0 / 3.0


def sampled(light: AbsorbedLight | None, fine: HeatProblem) -> list[Misfit]:
    """Return what other samples of the light change in a problem on its mesh (collective)."""
    if light is None:
        return []
    others = list(light.others)
    if light.quadrature_degree is not None:
        better = light.quadrature_degree + _MORE_POINTS[light.domain.tdim]
        others.append((_BY_RULE[light.domain.tdim], [with_rule(light, better)]))
    if light.beam is not None:
        others.append((1.0, [with_coarser_beam(light)]))
    solved = _other_waves(light)
    if solved:
        assert light.wave is not None
        settled = light.wave.solution.errors["field"] < _SETTLED
        others.append((_OF_CHANGE if settled else 1.0, solved))
    return [Misfit(share, light, samples, fine) for share, samples in others]


def _other_waves(light: AbsorbedLight) -> list[AbsorbedLight]:
    """Return the light by other finite elements of Maxwell's equations; none of other models."""
    if light.wave is None or not light.wave.solution.others:
        return []
    assert light.quadrature_degree is not None
    known: list[NDArray[np.float64]] = []

    def solve_all(points: NDArray[np.float64]) -> NDArray[np.float64]:
        assert light.wave is not None
        known.extend(light.wave.otherwise_at(points))
        return known[0]

    found = []
    for values in (solve_all, lambda _: known[1]):
        intensity = quadrature_function(light.domain, light.quadrature_degree)
        cells = light.domain.cells(light.region)
        set_at_quadrature_points(intensity, values, light.domain, cells)
        found.append(replace(light, intensity=intensity))
    return found


class Misfit:
    """What other samples of the light change in the residual of a problem, as it stands.

    Attributes
    ----------
    share : of the difference that is the error; of many samples, of the root of squares
    regions : with light
    """

    def __init__(
        self, share: float, light: AbsorbedLight, samples: list[AbsorbedLight], fine: HeatProblem
    ) -> None:
        self.share, self._fine = share, fine
        now, other = light.sources(), samples[0].sources()
        self.regions = tuple(now)
        self._holders = _functions(samples[0])
        self._values = [[f.x.array.copy() for f in _functions(sample)] for sample in samples]
        self._more = [compile_form(form) for form in _heat(fine, other)]
        self._less = [compile_form(form) for form in _heat(fine, now)]

    def residuals(self) -> list[Any]:
        """Return the change of the residual by each sample [W] (collective)."""
        found, now = [], self._assembled(self._less)
        for values in self._values:
            for holder, array in zip(self._holders, values, strict=True):
                holder.x.array[:] = array
            b = self._assembled(self._more)
            b.axpy(-1.0, now)
            found.append(b)
        return found

    def _assembled(self, parts: list[Any]) -> Any:
        b = vector(self._fine.space)
        b.set(0.0)
        for form in parts:
            part = vector(self._fine.space)
            assemble_vector(part, form)
            b.axpy(1.0, part)
        return b

    def worst(self) -> Any:
        """Return the change of the residual by samples at their worst for the whole heat [W]."""
        parts = self.residuals()
        heats = np.array([part.sum() for part in parts])
        size = float(np.sqrt((heats**2).sum()))
        b = vector(self._fine.space)
        b.set(0.0)
        for part, heat in zip(parts, heats, strict=True):
            b.axpy(self.share * (heat / size if size else 1.0), part)
        return b


def _functions(light: AbsorbedLight) -> list[Any]:
    known = (light.intensity, light.ground)
    return [f for f in known if f is not None and not isinstance(f, float)]


def _heat(fine: HeatProblem, sources: Mapping[str, Any]) -> list[Any]:
    """Return the forms of sources in a problem, as in `HeatProblem.terms`."""
    T, v = fine.T_ref + fine.theta, symbols.test_function(fine.space)
    found = []
    for body in fine.model.bodies:
        source = sources.get(body.region)
        if source is not None:
            degree = getattr(source, "quadrature_degree", None) or fine.source_degree
            q = source.density(T, fine.number)
            form = forms.source(fine.domain, body.region, q, v, fine.number, degree)
            found.append(fine.load * form)
    return found
