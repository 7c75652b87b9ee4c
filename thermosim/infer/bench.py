"""A case whose numbers are changed one by one or together: the lumped balance of each variant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, MeshError
from thermosim.gain.source import pump_absorption
from thermosim.limits.intensity import LitBody, lit_body, settled
from thermosim.limits.lumped import Lumped, first_root
from thermosim.model.of_case import model_of
from thermosim.model.priors import with_value
from thermosim.optics.model import MieOptics, UniformOptics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.case.particle_case import Case
    from thermosim.gain.numbers import GainParameters
    from thermosim.model.lump import Lump
    from thermosim.model.model import Light, Model


_THIN = 0.01  # optical depth of a diameter below which the dots do not change the light
_NEAR = 0.02  # relative change of the photon energy that leaves the pattern of the light


class Bench:
    """Lumped balances of variants of a case (`limits.lumped`).

    The light in the body is traced again only where the body, the beam or the absorption change;
    another intensity of the same beam scales it. Unless `exact`, a body that is thin before and
    after, and a photon energy within 2 %, do not change it either.
    """

    def __init__(self, case: Case, *, exact: bool = False) -> None:
        self.case, self.exact = case, exact
        self._lit: dict[str, LitBody] = {}

    @property
    def even(self) -> bool:
        """Whether the light is the same everywhere in the body, and costs nothing to find."""
        return isinstance(self.case.optics, UniformOptics)

    def exactly(self) -> Bench:
        """Return the bench that traces the light anew for every variant."""
        return self if self.exact or self.even else Bench(self.case, exact=True)

    def changed(self, values: Mapping[str, float]) -> Case:
        """Return the case with other values [SI] at dotted paths; nothing is validated."""
        case: Any = self.case
        for path, value in values.items():
            case = with_value(case, path, value)
        found: Case = case
        return found

    def body(self, values: Mapping[str, float] | None = None) -> Lumped:
        """Return the balance of the case with other values [SI] at dotted paths."""
        return Lumped.of(*self._model(values or {}), self._light)

    def dark(self, values: Mapping[str, float] | None = None) -> DarkBody:
        """Return the balance of the same body whose dots emit nothing."""
        return DarkBody.of(*self._model(values or {}), self._light)

    def _model(self, values: Mapping[str, float]) -> tuple[Model, Lump]:
        model = model_of(self.changed(values))
        assert model.lump is not None
        return model, model.lump

    def net(self, theta: float, values: Mapping[str, float] | None = None) -> float:
        """Return the heat [W] that is left to warm the body at ΔT = `theta` [K].

        Negative: the body goes on cooling there. Not a number where the values are no body: a
        contact as large as the particle, say.
        """
        try:
            with np.errstate(all="ignore"):  # far from any material: not a number, or endless
                found = self.body(values).net(theta)
            return found if math.isfinite(found) else math.nan
        except (CaseError, MeshError, ValueError):
            return math.nan

    def _light(self, light: Light, p: GainParameters) -> LitBody:
        alpha = float(pump_absorption(0.0, light.T_ref, p))
        intensity, without = light.laser.intensity, {"intensity": None}
        if not self.exact:
            assert light.shape is not None
            thin = 2.0 * alpha * light.shape.equivalent_radius < _THIN
            alpha = 0.0 if thin else alpha
            usual = self.case.laser.photon_energy if self.case.laser else math.inf
            if abs(light.laser.photon_energy / usual - 1.0) < _NEAR:
                without["photon_energy"] = None
        beam = light.laser.model_copy(update=without)
        optics = settled(light).optics  # a bare series is the same over any ground
        bare = isinstance(optics, MieOptics) and not optics.substrate
        key = repr((beam, light.optics, light.shape, light.contact_radius, light.index, alpha,
                    float(p.alpha_background), () if bare else light.ground))  # fmt: skip
        scale = 1.0 if intensity is None else intensity
        if key not in self._lit:
            found = lit_body(light, p)
            self._lit[key] = replace(found, intensity=np.asarray(found.intensity / scale))
        kept = self._lit[key]
        return replace(kept, intensity=np.asarray(kept.intensity * scale))


class DarkBody(Lumped):
    """The body of a null test: what it absorbs becomes heat."""

    def densities(self, T: float) -> NDArray[np.float64]:
        """Return the absorbed light [W/m³] at each intensity of the body."""
        if self.lit is None or self.parameters is None:
            return np.zeros(1)
        I = self.lit.intensity
        return np.asarray((pump_absorption(I, T, self.parameters) + self.host) * I)

    def with_absorbed(self, power: float) -> float | None:
        """Return the steady ΔT [K] with an absorbed power [W] that does not follow it."""
        return first_root(lambda theta: power - sum(self.leaving(theta).values()), -self.T_env)
