"""What of a case a reader must doubt before any mesh: gain, emissivity and near field, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy import constants

from thermosim.bodies.emissivity import emissivity_law, infrared_of, sphere_emissivity
from thermosim.gain.guard import guarded
from thermosim.language.units import si_text
from thermosim.model.near import near_field_remarks

if TYPE_CHECKING:
    from collections.abc import Collection

    from thermosim.case.particle_case import Case
    from thermosim.materials import Material
    from thermosim.model.model import Light

_ABOVE = 1.2
"""Emissivity over that of Mie's series above which a reader is told."""
_SOUND = 3e3
"""Speed of sound [m/s] that the mean free path of phonons is estimated with; solids: 1 to 6e3."""
_MATTERS = 0.1  # share of a constriction that ballistic transport adds, above which it is told
_RED = 633e-9  # m
_NARROW = 10e-6  # m; gap below which near-field radiation counts at room temperature


def gain_remarks(light: Light) -> list[str]:
    """Return in what the dots contradict thermodynamics, whatever body they are in."""
    alone = light.gain.with_escape(1.0, 0.0, 0.0)
    known = {"refractive_index": light.index} if light.index >= 1.0 else {}
    found = guarded(alone, light.laser.photon_energy, light.T_ref, **known)
    return [f"WARNING: gain: {problem}" for problem in found.problems]


def particle_remarks(case: Case, light: Light | None, boundaries: Collection[str]) -> list[str]:
    """Return what a reader of any result about a particle must know."""
    found = near_field_remarks(case, boundaries) + _emissivity_remarks(case) + _gap_remarks(case)
    found += _phonon_remarks(case) + _unbounded_remarks(case, light)
    if case.particle.sizes is not None and case.particle.heap is None:
        found.append(
            "all particles are of the mean size here: what particle.sizes does, and what a "
            "thermometer reads of them all, is told by thermosim limits"
        )
    if case.particle.heap is not None:
        found.append(
            "one particle alone here: how cold a heap of them gets is told by thermosim limits"
        )
    return found if light is None else found + gain_remarks(light)


def _emissivity_remarks(case: Case) -> list[str]:
    """Say where a body below the thermal wavelength has more emissivity than it can have."""
    particle, T = case.particle, case.chamber.temperature
    size = particle.shape.equivalent_radius
    longest = constants.physical_constants["Wien wavelength displacement law constant"][0] / T
    if size >= longest:
        return []
    setting, material = particle.emissivity, case.material(particle.material)
    infrared = infrared_of(setting, material)
    if infrared is not None and setting != "material" and not isinstance(setting, float):
        return []  # it is that of the series
    given = float(emissivity_law(setting, material, size).at(T))
    small = (
        f"radius {si_text(size, 'm', 3)}, below the thermal wavelength of {longest * 1e6:.2g} µm"
    )
    if infrared is None:
        if isinstance(setting, str):
            return []
        return [
            f"WARNING: emissivity {given:.3g} of the particle ({small}): a body so small emits "
            "less than a large one; give infrared constants of its material to know how much"
        ]
    own = sphere_emissivity(infrared, size, T)
    if given <= _ABOVE * own:
        return []
    return [
        f"WARNING: emissivity {given:.3g} of the particle is above the {own:.2g} that a sphere of "
        f"its size emits ({small}; Mie series): it exchanges {given / own:.2g} times less heat by "
        'radiation than assumed; write particle.emissivity = "small_body"'
    ]


def _phonon_remarks(case: Case) -> list[str]:
    """Say where the contact is narrow against the mean free path of phonons, and not told so.

    ``Λ = 3k/(ρ c_p v)`` of kinetic theory, which is short of the path of the phonons that carry
    most; Wexler's term over the constriction of one side is 16Λ/(3πb). Electrons carry the heat of
    metals, which hardly resist beside the particle.
    """
    b, T = case.contact_radius, case.chamber.temperature
    if not b or getattr(case.contact, "ballistic", None):
        return []
    found = []
    names = {case.particle.material, case.substrate.parts()[0].material}
    for name in sorted(names):
        material = case.material(name)
        if material.density is None or material.specific_heat is None or _is_metal(material):
            continue
        k = max(float(part) for part in material.conductivity.components(T))
        path = 3.0 * k / (float(material.volumetric_heat_capacity(T)) * _SOUND)
        added = 16.0 * path / (3.0 * constants.pi * b)
        if added > _MATTERS:
            found.append(
                f"WARNING: the contact (radius {si_text(b, 'm', 3)}) is narrow against the mean "
                f"free path of phonons in {name}, some {1e9 * path:.2g} nm by kinetic theory "
                f"(3k/ρ c_p v, v = {_SOUND:g} m/s assumed): ballistic transport adds some "
                f"{added:.0%} to the resistance of that side; write contact.ballistic"
            )
    return found


def _is_metal(material: Material) -> bool:
    """Whether a material keeps red light out: the real part of ``(n + ik)²`` is negative."""
    table = material.refractive_index
    if table is None:
        return False
    return (
        float((table.at(min(max(_RED, table.wavelengths[0]), table.wavelengths[-1])) ** 2).real) < 0
    )


def _unbounded_remarks(case: Case, light: Light | None) -> list[str]:
    """Say what light of a plane wave is left out where a substrate absorbs it."""
    if light is None or light.laser.profile != "plane" or not case.contact_radius:
        return []
    names = dict.fromkeys(layer.material for layer in light.ground if layer.index.imag > 0.0)
    if not names:
        return []
    power = light.laser.peak_intensity * constants.pi * light.ground[-1].plan.inner ** 2
    return [
        f"WARNING: a plane wave has no width, so the light that {' and '.join(names)} would absorb "
        f"beside the particle is left out: up to {si_text(power, 'W', 2)} falls on the substrate; "
        'give laser.profile = "gaussian" and a waist to count it'
    ]


def _gap_remarks(case: Case) -> list[str]:
    """Say where radiation crosses a narrow gap that the case leaves out."""
    radiation: Any = case.radiation
    if radiation.near_field or not case.contact_radius or radiation.gap >= _NARROW:
        return []
    return [
        f"WARNING: the gap under the particle narrows to {radiation.gap * 1e9:g} nm at its "
        "contact, below 10 µm, where waves carry more heat than the radiation that is counted; "
        "write radiation.near_field = true to count them"
    ]
