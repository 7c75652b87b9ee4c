"""Full wave optics as a case has it: from its light to intensity, powers and a summary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import c

from thermosim.light.fullwave.media import stack_of
from thermosim.light.fullwave.solution import FullWave, Task, solve
from thermosim.light.fullwave.volume.solution import VolumeTask, VolumeWave
from thermosim.light.fullwave.volume.solution import solve as solve_in_space
from thermosim.optics.mie import extinction_coefficient, field_to_intensity
from thermosim.optics.model import FullWaveOptics
from thermosim.optics.sphere_light import focal_intensity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.model.model import Light
    from thermosim.model.surroundings import Surroundings

    Floats = NDArray[np.float64]
_UNSURE = 0.02  # error of the field in the body above which a reader is warned


@dataclass(frozen=True)
class FullWaveLight:
    """What the light of a case is.

    Attributes
    ----------
    solution
        In wavelengths.
    incident
        Intensity of field 1 [W/m²].
    absorbed
        Power that the body absorbs [W].
    numbers
        Of a summary.
    notes
        What a reader must know.
    """

    solution: FullWave | VolumeWave
    index: float
    incident: float
    absorbed: float
    numbers: dict[str, float]
    notes: list[str]
    comm: Any

    def intensity_at(self, points: Floats) -> Floats:
        """Return the intensity [W/m²] at points of this rank, shape (n, 3) [m] (collective)."""
        squared = self.solution.squared(points, self.comm)
        return field_to_intensity(squared, self.index, self.incident)

    def around_at(self, points: Floats) -> Floats:
        """Return ``|E|²`` over that of the light in vacuum, in and around the body (collective)."""
        return self.solution.around(points, self.comm)

    @property
    def surroundings(self) -> Surroundings:
        """What is around the body where the field is known [m]."""
        return self.solution.surroundings

    def otherwise_at(self, points: Floats) -> list[Floats]:
        """Return the intensities [W/m²] that may be as well, see `FullWave.otherwise`."""
        found = self.solution.otherwise(points, self.comm)
        return [field_to_intensity(squared, self.index, self.incident) for squared in found]


def full_wave_light(light: Light, alpha: float, comm: Any) -> FullWaveLight:
    """Solve for the light of a case; `alpha` [1/m] is what the body absorbs (collective).

    Raises
    ------
    CaseError
        If it is too large, or a layer under the body is not what can be solved.
    """
    optics, laser, shape = light.optics, light.laser, light.shape
    assert isinstance(optics, FullWaveOptics)
    assert shape is not None
    stack, notes = stack_of(light, optics)
    index = complex(light.index, extinction_coefficient(alpha, laser.wavelength))
    solution: FullWave | VolumeWave
    if optics.in_space(shape):
        whole = VolumeTask(shape, light.contact_radius, index, stack, laser, optics)
        solution = solve_in_space(whole, comm)
    else:
        profile = shape.profile(light.contact_radius)
        solution = solve(Task(profile, index, stack, laser, optics), comm)
    incident = focal_intensity(laser)
    area = math.pi * (solution.task.radius / laser.wavelength) ** 2
    power = incident * laser.wavelength**2
    numbers = _numbers(solution, area, power, plane=laser.profile == "plane")
    off = solution.errors.get("field", 0.0)
    if off > _UNSURE:
        notes.append(
            f"WARNING: light: the field in the body is known to {100 * off:.2g} %; raise "
            "optics.degree or optics.cells_per_wavelength"
        )
    absorbed = solution.best.powers.absorbed * power
    return FullWaveLight(solution, light.index, incident, absorbed, numbers, notes, comm)


def _numbers(
    found: FullWave | VolumeWave, area: float, power: float, *, plane: bool
) -> dict[str, float]:
    """Return efficiencies of a plane wave or powers of a beam, each with its error."""
    w, numbers = found.best.powers, {}
    names = {"extinction": "ext", "absorbed": "abs", "scattered": "sca"}
    beam = {"extinction": "extinguished", "absorbed": "absorbed", "scattered": "scattered"}
    for name, short in names.items():
        value = getattr(w, name)
        key = f"optics_Q_{short}" if plane else f"optics_{beam[name]}"
        numbers[key if plane else f"{key}_W"] = value / area if plane else value * power
        if name in found.errors:
            numbers[f"{key}_error_rel"] = found.errors[name]
    if found.task.is_free:
        numbers["optics_force_N"] = w.force * power / c
        if "force" in found.errors:
            numbers["optics_force_error_rel"] = found.errors["force"]
    if "field" in found.errors:
        numbers["optics_field_error_rel"] = found.errors["field"]
    for name in ("up", "down"):
        share = getattr(w, name) / w.extinction if w.extinction else 0.0
        numbers[f"optics_scattered_{name}_fraction"] = share
    numbers["optics_unknowns"] = float(found.best.system.unknowns)
    numbers["optics_memory_MB"] = found.best.memory / 1e6
    if found.balance is not None:
        numbers["optics_balance_rel"] = found.balance
    return numbers
