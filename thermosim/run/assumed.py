"""What a run assumed, and what ΔT would be if it did not hold.

An effect is an estimate from the solution that was found: the dots give another heat at the same
light and temperatures, and what conducts heat away does so as before, or as the other assumption
has it. It ranks, and it tells the sign; the number is for a run of its own to tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.constants import e

from thermosim.bodies.emissivity import emissivity_law
from thermosim.errors import CaseError
from thermosim.gain import heat_source
from thermosim.gain.absorption import FermiEdge
from thermosim.gain.emission import GivenEmission, VanRoosbroeckEmission
from thermosim.gain.escape.given import NoEscape
from thermosim.gain.escape.methods import AutoEscape, ErgodicEscape, SphereEscape
from thermosim.gain.escape.of_body import resolve_escape
from thermosim.gain.recombination import MEASURED_EFFICIENCY, TrionBiexciton
from thermosim.light import at_lit_points, lit_points
from thermosim.light.series import lattice_by_machine_code
from thermosim.limits.support import support_of
from thermosim.model.model import TRIAL_EXTINCTION
from thermosim.optics.choice import WEAK_CONTRAST
from thermosim.optics.mie import size_parameter
from thermosim.optics.mie_grid import ball_intensity
from thermosim.optics.model import FullWaveOptics, MieOptics, UniformOptics
from thermosim.optics.sphere_light import light_in_sphere

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.gain import GainModel
    from thermosim.heat.problem import HeatProblem
    from thermosim.light import AbsorbedLight
    from thermosim.model.lump import Lump
    from thermosim.optics.sphere_light import LightInSphere

    Other = tuple[str, str, float]
    """What was assumed, what instead, and the heat [W] or conductance [W/K] then."""

FAR = 30.0
"""Change of ΔT [K] beyond which a linear estimate says no more than that."""
_DARK = 0.01  # share of dots without emission that is tried
_BACKGROUND = 0.01  # absorption beside that of the dots that is tried, over theirs
_SPREAD = 10e-3 * e  # standard deviation [J] of the gap that is tried
_BINS, _DARKEST = 4000, 1e-9  # of intensities, down to this share of the highest
_LARGE = 60.0  # size parameter up to which light over the substrate is worked out, in seconds
_SETTLED = 1e-4  # relative error of the light over the substrate, for an estimate
_ONE = 1.5  # dots
_ROUGH = 1e7  # conductance [W/(m² K)] of the interface in a contact that is tried


@dataclass(frozen=True)
class Assumption:
    """What was assumed, what is tried in its place, and by how much ΔT would change then [K]."""

    assumed: str
    instead: str
    change_K: float


def of_heat(lit: Lit, released: float) -> list[Assumption]:
    """Return what is assumed of light and dots, over the conductance: changes in units of heat.

    `released` is the heat of `lit` itself; of a body weighed by an adjoint both are K, not W.
    """
    others = (*_of_light(lit), *_of_substrate(lit), *_of_dots(lit))
    return [Assumption(assumed, instead, heat - released) for assumed, instead, heat in others]


def of_paths(
    lump: Lump, found: Mapping[str, float], conductance: float
) -> Iterator[tuple[Assumption, float]]:
    """Yield what is assumed of the ways out of a particle, and all conductance [W/K] then.

    `found` is mean ΔT and heat flows, `conductance` all that there is [W/K].
    """
    delta = found["delta_T_mean_K"]
    for assumed, instead, other in _of_paths(lump, found, conductance):
        if other > 0.0:
            yield Assumption(assumed, instead, delta * (conductance / other - 1.0)), other


@dataclass(frozen=True)
class Lit:
    """Dots under light: intensity [W/m²], temperature [K] and volume [m³], by intensity.

    A single temperature is that of all dots.

    Every rank has all of them. Volumes may be weighed [K m³/W]: then heat is what it does to ΔT.
    """

    light: AbsorbedLight
    I: NDArray[np.float64]
    T: NDArray[np.float64]
    volume: NDArray[np.float64]

    @classmethod
    def of(cls, light: AbsorbedLight, problem: HeatProblem, weight: Any = None) -> Lit:
        """Return the dots of a run, those of like intensity as one (collective).

        `weight` is a function on the mesh, what heat does to ΔT [K/W]; None: 1.
        """
        I, T, volume = lit_points(light, problem)
        if weight is not None:
            volume = volume * at_lit_points(light, weight)
        comm = light.domain.comm
        top = float(max(comm.allgather(float(I.max(initial=0.0)))))
        if top == 0.0:
            top = 1.0
        floor = np.maximum(I / top, _DARKEST)
        place = np.rint(_BINS * np.log(floor) / np.log(_DARKEST)).astype(int)
        sums = np.array(
            [np.bincount(place, volume * x, _BINS + 1) for x in (np.ones_like(I), I, T)]
        )
        sums = comm.allreduce(sums)
        amount, by_I, by_T = sums[:, sums[0] > 0.0]
        return cls(light, by_I / amount, by_T / amount, amount)

    def heat(self, gain: GainModel, shift: float = 0.0) -> float:
        """Return the heat [W] of dots whose gap is moved by `shift` [J]."""
        energy = self.light.light.laser.photon_energy
        # everything about a dot hangs on energies counted from its gap
        p = gain.parameters(energy - shift)
        p = p._replace(photon_energy=energy, mean_emission=p.mean_emission + shift)
        host = self.light.light.optics.host_absorption
        density = heat_source(self.I, self.T, p) + host * self.I
        return float(np.sum(density * self.volume))


def _of_light(lit: Lit) -> Iterator[Other]:
    """Yield what refraction would do to a sphere whose light is taken to be even."""
    light, sphere = lit.light.light, lit.light.outline.sphere()
    refracts = abs(light.index - 1.0) > WEAK_CONTRAST  # false for what is not a number
    if not isinstance(light.optics, UniformOptics) or not refracts or sphere is None:
        return
    if light.laser.profile != "plane" or light.laser.speckle is not None or not _is_many(lit.light):
        return
    centre, radius = sphere
    optics = MieOptics(refractive_index=light.index)
    field = light_in_sphere(optics, light.laser, radius, centre, light.index, lit.light.alpha)
    yield "even light", "with the field of the Mie series", _heat_of(lit, field)


def _of_substrate(lit: Lit) -> Iterator[Other]:
    """Yield what the substrate under a sphere would do to its light, where that is left out."""
    light, optics, sphere = lit.light.light, lit.light.light.optics, lit.light.outline.sphere()
    if not isinstance(optics, MieOptics) or optics.substrate or sphere is None:
        return
    large = size_parameter(sphere[1], light.laser.wavelength) > _LARGE
    known = bool(light.ground) and not math.isnan(light.ground[0].index.real)
    if large or not known or light.laser.tilt or optics.average == "orientation":
        return
    over = replace(light, optics=optics.model_copy(update={"substrate": True}))
    try:
        on = over.in_sphere(*sphere, lit.light.alpha, _SETTLED)
    except CaseError:  # touching metal, or a layer below of unknown index: no estimate
        return
    heat = _heat_of(lit, on) - _heat_of(lit, light.in_sphere(*sphere, lit.light.alpha))
    yield "no substrate in the light", "with what it reflects", lit.heat(lit.light.gain) + heat


def _heat_of(lit: Lit, field: LightInSphere) -> float:
    """Return the heat [W] of the dots of a sphere in another light, at their mean temperature."""
    lattice = lattice_by_machine_code(lit.light.domain.comm)
    I, shares = ball_intensity(field, lattice, estimate=True)
    I = I * lit.light.factor
    volume, mean = float(lit.volume.sum()), float(np.average(lit.T, weights=lit.volume))
    return Lit(lit.light, I, np.array([mean]), volume * shares).heat(lit.light.gain)


def _of_dots(lit: Lit) -> Iterator[Other]:
    """Yield what is assumed of dots, what instead, and the heat [W] that they give then."""
    light = lit.light
    gain, asked, host = light.gain, light.light.gain, light.light.optics.host_absorption

    def changed(**update: Any) -> float:
        return lit.heat(gain.model_copy(update=update))

    decay = gain.recombination
    if isinstance(decay, TrionBiexciton) and decay.eta_X == 1.0:
        measured = decay.model_copy(update={"eta_X": MEASURED_EFFICIENCY})
        instead = f"with eta_X = {MEASURED_EFFICIENCY}, as measured"
        yield "every lone exciton a photon", instead, changed(recombination=measured)
    many = _is_many(light)
    if many and gain.dark_fraction == 0.0 and (gain.ensemble is None or gain.ensemble.dark is None):
        yield "no dark dots", f"with {_DARK:.0%} of them dark", changed(dark_fraction=_DARK)
    if gain.alpha_background == 0.0 and host == 0.0:
        alpha = _BACKGROUND * (light.alpha - light.alpha_host)
        instead = f"with {_BACKGROUND:.0%} of that of the dots"
        yield "no background absorption", instead, changed(alpha_background=alpha)
    if many and gain.ensemble is None:
        nodes, weights = np.polynomial.hermite_e.hermegauss(9)
        spread = sum(w * lit.heat(gain, _SPREAD * n) for n, w in zip(nodes, weights, strict=True))
        instead = f"with gaps that spread by {_SPREAD / e * 1e3:.0f} meV"
        yield "all dots alike", instead, float(spread / weights.sum())
    yield from _of_emission(light, asked, changed)


def _is_many(light: AbsorbedLight) -> bool:
    """Whether there is more than a dot: one is dark or not, and neither bends nor traps light."""
    return light.light.gain.n_dots * 4.0 / 3.0 * math.pi * light.outline.size**3 > _ONE


def _of_emission(
    light: AbsorbedLight, asked: GainModel, changed: Callable[..., float]
) -> Iterator[Other]:
    """Yield what is assumed of the escape and of the spectra."""
    index, known = light.light.index, not math.isnan(light.light.index)
    sphere, R = light.outline.sphere() is not None, light.outline.size
    other: Any = None
    optics = light.light.optics
    if isinstance(optics, FullWaveOptics) and optics.escape_in_gain:
        pass  # it is solved for
    elif isinstance(asked.escape, NoEscape) and known and _is_many(light):
        other, words = ErgodicEscape(refractive_index=index), "all emission leaves"
        instead = "out of a rough grain"
    elif isinstance(asked.escape, AutoEscape) and known and sphere:
        other, words = SphereEscape(refractive_index=index), "a rough surface (gain.escape)"
        instead = "out of a perfect sphere, which traps light"
    if other is not None:
        gain = light.gain.model_copy(update={"escape": other})
        escape = resolve_escape(gain, R, 0.0, light.light.T_ref).model.escape
        yield words, instead, changed(escape=escape)
    moving, balanced = "<E_PL> moves with the gap", "emission in detailed balance"
    edge = FermiEdge(E_U_model="einstein")
    if isinstance(asked.emission, GivenEmission):
        emission = VanRoosbroeckEmission(edge=edge)
        yield moving, f"with {balanced}", changed(emission=emission, absorption=edge)
    elif isinstance(asked.emission, VanRoosbroeckEmission):
        mean = float(light.gain.mean_emission(light.light.T_ref))
        given = GivenEmission(mean_emission=mean)
        yield balanced, "with an <E_PL> that moves with the gap", changed(emission=given)


def of_ground(light: AbsorbedLight, lump: Lump, problem: HeatProblem) -> list[Assumption]:
    """Return what an extinction that nobody measured would do, where a beam meets the substrate.

    The rise under the contact is that of `limits`; where the particle gives it to nothing else it
    is the particle's.
    """
    lit = light.light
    clear = [layer for layer in lit.ground if not layer.film and layer.index.imag == 0.0]
    if lit.laser.profile == "plane" or not clear or not lump.contact_radius:
        return []
    tinted = tuple(
        replace(layer, index=layer.index + 1j * TRIAL_EXTINCTION) if layer in clear else layer
        for layer in lit.ground
    )
    T = float(lump.chamber.temperature)
    with_it, without = (
        support_of(problem.model, lump, replace(lit, ground=ground, emitted=None), T).lit
        for ground in (tinted, lit.ground)
    )
    names = " and ".join(dict.fromkeys(layer.material for layer in clear))
    instead = f"with an extinction of {TRIAL_EXTINCTION:g} in {names}, whose own is not measured"
    return [Assumption("a substrate transparent to the beam", instead, with_it - without)]


def _of_paths(lump: Lump, found: Mapping[str, float], conductance: float) -> Iterator[Other]:
    """Yield what is assumed of the ways out, what instead, and all conductance [W/K] then."""
    delta, particle = found["delta_T_mean_K"], lump.particle
    material, T = lump.material(particle.material), lump.chamber.temperature
    radiated = found["heat_to_chamber_W"] / delta
    if particle.emissivity != "small_body" and material.infrared is not None and radiated > 0.0:
        size, span = particle.shape.equivalent_radius, (0.9 * T, 1.1 * T)
        own, small = (
            float(emissivity_law(setting, material, size, span).at(T))
            for setting in (particle.emissivity, "small_body")
        )
        if own > 0.0:
            other = conductance + radiated * (small / own - 1.0)
            yield f"emissivity {own:.2g}", f"with {small:.2g}, by Mie series for its size", other
    through = found["heat_to_substrate_W"] / delta
    if lump.contact_radius and lump.h_c is None and through > 0.0:
        interface = _ROUGH * math.pi * lump.contact_radius**2
        other = conductance - through + 1.0 / (1.0 / through + 1.0 / interface)
        yield "a perfect contact", f"with h_c = {_ROUGH:.0e} W/(m² K)", other
