"""Full wave optics as a case has it: from its light to intensity, powers and a summary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import c

from thermosim.light.fullwave.layers import InLayer, in_layers
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
_TURNS = 16  # places around the axis at which layers of a mesh in space take the field
_FAR = 0.1
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
    layers
        What the body changes of the heat of layers, by their number from 1, in m and W; z is the
        depth in the layer.
    numbers
        Of a summary.
    notes, of_layers
        What a reader must know; of layers where they are heated.
    """

    solution: FullWave | VolumeWave
    index: float
    incident: float
    absorbed: float
    layers: dict[int, InLayer]
    numbers: dict[str, float]
    notes: list[str]
    of_layers: list[str]
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
    layers: dict[int, InLayer] = {}
    of_layers: list[str] = []
    if isinstance(solution, FullWave):
        layers = _layers(solution, incident, 1 if light.symmetry == "axisymmetric" else _TURNS)
        more, told = _into_layers(solution, layers, area, power, plane=laser.profile == "plane")
        numbers |= more
        of_layers += told
    elif any(abs(complex(n).imag) > 0.0 for n in stack.indices):
        of_layers.append(
            "light: solved in three dimensions, layers are heated by the light as it is without "
            "the body"
        )
    return FullWaveLight(
        solution, light.index, incident, absorbed, layers, numbers, notes, of_layers, comm
    )


def _layers(solution: FullWave, incident: float, turns: int) -> dict[int, InLayer]:
    """Return what the body changes of the heat of each layer, in m and W (collective)."""
    task = solution.task
    unit, power, found = task.unit, incident * task.unit**2, {}
    for medium, one in in_layers(solution, turns).items():
        places = one.points * unit
        places[:, 2] = task.stack.levels[medium - 1] * unit - places[:, 2]
        found[medium] = InLayer(places, one.change * power, one.scattered * power)
    return found


def _into_layers(
    solution: FullWave, layers: dict[int, InLayer], area: float, power: float, *, plane: bool
) -> tuple[dict[str, float], list[str]]:
    """Return numbers and notes of what scattered light leaves in layers.

    What is neither absorbed in the body nor leaves for infinity ends in them, guided light too.
    """
    if not layers:
        return {}, []
    w = solution.best.powers
    total = w.extinction - w.absorbed - w.scattered
    inside = sum(layer.scattered for layer in layers.values()) / power
    beyond = 1.0 - inside / total if total > 0.0 else 0.0
    name = "optics_Q_layers" if plane else "optics_into_layers_W"
    numbers = {
        name: total / area if plane else total * power,
        "optics_layers_beyond_fraction": beyond,
    }
    notes = []
    if plane:
        notes.append(
            "light: a plane wave has no width, so that layers are heated by what the body changes "
            "in their light, not by the wave itself; take a beam for that"
        )
    if beyond > _FAR:
        notes.append(
            f"light: {100 * beyond:.2g} % of the scattered light that layers absorb is absorbed "
            "beyond the mesh of the light and heats nothing; raise optics.margin"
        )
    return numbers, notes


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
