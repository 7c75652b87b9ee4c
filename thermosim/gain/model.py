"""The section ``[gain]`` of a case: the dots of a body, and the numbers of their heat source."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from scipy.constants import e

from thermosim.gain import numerics
from thermosim.gain.absorption import (
    Absorption,
    CrossSection,
    FermiEdge,
    GivenCrossSection,
    MacroscopicCrossSection,
    Tail,
    UrbachTail,
)  # fmt: skip
from thermosim.gain.density import DotDensity, GivenDensity, MacroscopicDensity
from thermosim.gain.emission import Emission, GivenEmission
from thermosim.gain.ensemble import Ensemble, Member, follows_of, gap_variance, members
from thermosim.gain.escape.given import EscapeNumbers, GivenEscape, NoEscape
from thermosim.gain.escape.methods import EscapeModel
from thermosim.gain.numbers import Dot, DotGroup, GainParameters
from thermosim.gain.recombination import (
    Ageing,
    Recombination,
    ThermalQuenching,
    TrionBiexciton,
    quenching_numbers,
)
from thermosim.gain.recombination import check_ageing as _check_ageing
from thermosim.gain.size import DotSize
from thermosim.gain.thermal import Follows, ThermalDecay
from thermosim.gain.upconversion import UpConversion
from thermosim.language.sections import Section
from thermosim.language.units import (
    AbsorptionCoefficient,
    EnergyPerKelvin,
    Fraction,
    NonNegative,
    Positive,
    Temperature,
    rounded,
)  # fmt: skip

Array = NDArray[np.float64]
_STILL = (((0.0,), None), None)


class GainModel(Section):
    """Absorption, recombination, emission and losses of the dots in a body.

    Without arguments: the most favourable case of arXiv:2406.10641 (eta_X = 1, A = C = 0), with
    <E_PL> = 2.3871 eV, which gives the printed 2.1 fW at a pump of 2.33 eV, and the density of
    dots that cools a black sphere of radius 5 µm by 10 K (docs/gain.md).
    """

    reference_temperature: Positive[Temperature] = Field(
        300.0, description="Temperature at which the numbers hold"
    )
    gap_shift: EnergyPerKelvin = Field(
        rounded(0.25e-3 * e), description="Shift of the gap per kelvin"
    )
    temperature_min: Positive[Temperature] = Field(
        200.0, description="Coldest temperature the model is made for"
    )
    temperature_max: Positive[Temperature] = Field(
        1000.0, description="Hottest temperature the model is made for"
    )
    absorption: Absorption = Field(UrbachTail(), description="Spectrum of the dots")
    cross_section: CrossSection = Field(GivenCrossSection(), description="Of one dot")
    density: DotDensity = Field(GivenDensity(), description="Of the dots")
    recombination: Recombination = Field(TrionBiexciton(), description="Decay of the excitons")
    emission: Emission = Field(GivenEmission(), description="Energy of the emitted light")
    escape: EscapeModel = Field(NoEscape(), description="How much emitted light leaves")
    dark_fraction: Fraction = Field(0.0, description="Share of absorbing dots that never emit")
    alpha_background: NonNegative[AbsorptionCoefficient] = Field(
        0.0, description="Absorption that only heats"
    )
    ensemble: Ensemble | None = Field(None, description="Dots that are not alike")
    size: DotSize | None = Field(
        None, description="Dots from their diameter: sections above that are not given follow"
    )
    quenching: ThermalQuenching | None = Field(None, description="Efficiency against temperature")
    thermal: ThermalDecay | None = Field(None, description="Lifetimes, eta_X against temperature")
    upconversion: UpConversion | None = Field(
        None, description="Chance that a pump photon becomes an exciton"
    )
    ageing: tuple[Ageing, ...] = Field(
        (), description="Photodarkening and photobrightening in time, [[gain.ageing]]"
    )

    @model_validator(mode="after")
    def _from_size(self) -> Self:
        if self.size is not None:
            given = self.model_fields_set
            derived = self.size.sections()
            self.__dict__.update({k: v for k, v in derived.items() if k not in given})
        return self

    @model_serializer(mode="wrap")
    def _as_given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what follows from the diameter, so that it follows again when read back."""
        found: dict[str, Any] = handler(self)
        if self.size is not None:
            for name in set(self.size.sections()) - self.model_fields_set:
                found.pop(name, None)
        return found

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        macroscopic = isinstance(self.density, MacroscopicDensity)
        if macroscopic and isinstance(self.cross_section, MacroscopicCrossSection):
            raise ValueError(
                'density and cross_section are both "macroscopic": alpha gives only their '
                "product; give one of the two another way"
            )
        low, high = self.temperature_min, self.temperature_max
        if not low < self.reference_temperature < high:
            raise ValueError(
                f"reference_temperature = {self.reference_temperature:g} K must lie between "
                f"temperature_min = {low:g} K and temperature_max = {high:g} K"
            )
        self.recombination.efficiencies()
        _ = macroscopic or self.n_dots  # tells what is missing
        if self.ensemble is not None:
            self.ensemble.check(self.recombination, self.dark_fraction, self.size)
        quenching_numbers(self.quenching, self.recombination, self.reference_temperature)
        decay_follows(self)
        _check_ageing(self.ageing, max(self.recombination.efficiencies()))
        self._line_of_a_dot(self.line, self.reference_temperature, measured=True)
        _mean_emission_shift(_only_line(self))
        return self

    def with_escape(self, f_escape: float, f_reabsorbed: float, red_shift: float) -> GainModel:
        """Return this model for a body of which these shares of the light leave; shift in J."""
        escape = GivenEscape(f_escape=f_escape, f_reabsorbed=f_reabsorbed, red_shift=red_shift)
        return self.model_copy(update={"escape": escape})

    def escape_values(self) -> tuple[float, float, float]:
        """Return ``(f_escape, f_reabsorbed, red_shift)``; the shift in J.

        Raises
        ------
        ValueError
            If the escape is a method that needs a body, see `escaping.resolve_escape`.
        """
        if not isinstance(self.escape, EscapeNumbers):
            kind = self.escape.kind
            raise ValueError(f'escape.kind = "{kind}" depends on the body: use resolve_escape')
        return self.escape.values()

    def gap_moved(self, temperature: ArrayLike) -> Any:
        """Return how far the gap has moved [J] from its place at the reference temperature."""
        return self.gap_shift * (np.asarray(temperature, np.float64) - self.reference_temperature)

    def sigma_abs(self, photon_energy: ArrayLike, temperature: ArrayLike | None = None) -> Array:
        """Return the absorption cross-section of one dot [m²]; energy [J] and T [K] broadcast.

        That of the section at the reference temperature, times the ratio of the spectrum, which
        moves with the gap; a mean where dots are not alike.
        """
        E = np.asarray(photon_energy, dtype=np.float64)
        T = self.reference_temperature if temperature is None else temperature
        if self.ensemble is not None:
            parts = (one.share * self.member_sigma(one, E, T) for one in self.members())
            return np.asarray(sum(parts))
        log_ratio = self._log_shape(E, T) - self._log_shape(
            self.cross_section.photon_energy, self.reference_temperature
        )
        return np.asarray(self._reference_sigma() * np.exp(log_ratio))

    def members(self) -> tuple[Member, ...]:
        """Return the kinds of dots of an ensemble; none where dots are alike.

        Their mean cross-section is that of the section ``cross_section``.
        """
        return _members(self)

    def member_sigma(self, member: Member, photon_energy: ArrayLike, temperature: ArrayLike) -> Any:
        """Return the absorption cross-section [m²] of one kind of dot; energy and T broadcast."""
        log_ratio = self._log_shape(np.asarray(photon_energy) - member.gap, temperature)
        at_rest = self._log_shape(self.cross_section.photon_energy, self.reference_temperature)
        return self._reference_sigma() * member.factor * np.exp(log_ratio - at_rest)

    @property
    def n_dots(self) -> float:
        """Density of dots [1/m³]."""
        diameter = None if self.size is None else self.size.diameter
        return self.density.density(self._reference_sigma, diameter)

    def alpha(self, photon_energy: ArrayLike, temperature: ArrayLike | None = None) -> Array:
        """Return the absorption coefficient [1/m] of the dots at low intensity."""
        return np.asarray(self.n_dots * self.sigma_abs(photon_energy, temperature))

    @property
    def line(self) -> Emission:
        """The emission, in balance with the absorption where the section asks for that."""
        return self.emission.with_absorption(self.absorption)

    def mean_emission(self, temperature: ArrayLike | None = None) -> Array:
        """Return <E_PL> [J] of the dots themselves at each temperature [K]."""
        T = self.reference_temperature if temperature is None else temperature
        return self.line.mean_at(T, self.reference_temperature, self.gap_moved(T))

    def emission_spectrum(
        self,
        photon_energy: ArrayLike,
        temperature: float | None = None,
        emission: Emission | None = None,
    ) -> Array:
        """Return the emission of the dots [1/J], of area 1, at each photon energy [J].

        Dots that are not alike count with what they emit under weak light of the energy of
        ``cross_section``. ``emission`` takes the place of the model's own.
        """
        T = self.reference_temperature if temperature is None else temperature
        moved, line = float(self.gap_moved(T)), emission or self.line
        if self.ensemble is None:
            return line.spectrum(photon_energy, T, self.reference_temperature, moved)
        E, total = np.asarray(photon_energy, np.float64), 0.0
        found, one_dot = np.zeros_like(E), self._line_of_a_dot(line, T, measured=emission is None)
        for one in self.members():
            sigma = self.member_sigma(one, self.cross_section.photon_energy, T)
            weight = float(one.share * sigma * one.emitted[0] / one.absorbed[0])
            found, total = found + weight * one_dot(E, one.gap), total + weight
        return np.asarray(found / total)

    def _line_of_a_dot(self, line: Emission, T: float, *, measured: bool) -> Callable[..., Any]:
        """Return the spectrum [1/J] of a dot of a gap offset, the spread of all dots taken out."""
        moved = float(self.gap_moved(T))

        def spectrum(E: Any, offset: float = 0.0) -> Any:
            return line.at_offset(E, offset, T, self.reference_temperature, moved)

        if not measured or self.ensemble is None or self.ensemble.line_of == "dot":
            return spectrum
        one = numerics.narrowed(
            spectrum, float(self.mean_emission(T)), gap_variance(self.members())
        )
        return lambda E, offset: one(E - offset)

    def parameters(self, photon_energy: float) -> GainParameters:
        """Return every number of the heat source at one pump photon energy [J]."""
        return _parameters(self, float(photon_energy))

    def _log_shape(self, energy: ArrayLike, temperature: ArrayLike) -> Array:
        at_rest = np.asarray(energy) - self.gap_moved(temperature)
        return self.absorption.log_shape(at_rest, temperature, self.reference_temperature)

    def _reference_sigma(self) -> float:
        return self.cross_section.sigma(self.recombination.tau_X, lambda: self.n_dots)


@functools.lru_cache(maxsize=64)
def _members(model: GainModel) -> tuple[Member, ...]:
    if model.ensemble is None:
        return ()
    found = members(model.ensemble, model.recombination, model.dark_fraction, model.size)
    mean = sum(
        one.share * float(model.member_sigma(one, model.cross_section.photon_energy,
                                             model.reference_temperature))
        for one in found
    )  # fmt: skip
    scale = model._reference_sigma() / mean
    return tuple(one._replace(factor=one.factor * scale) for one in found)


@functools.lru_cache(maxsize=64)
def decay_follows(model: GainModel) -> tuple[Follows | None, ...]:
    """Return how the decay of each kind of dot follows the temperature; of the one if all alike."""
    parts = (model.ensemble, model.recombination, model.dark_fraction, model.size)
    if model.thermal is not None:
        return follows_of(model.thermal, *parts, *_temperatures(model))
    return (None,) * max(len(model.members()), 1)


def groups_of(
    model: GainModel, photon_energy: Any, temperature: float | None = None
) -> tuple[DotGroup, ...]:
    """Return the dots of an ensemble for pump photons of ``photon_energy`` [J]; none if alike.

    At one ``temperature`` [K] if given, and the energy may then be an array; otherwise at all.
    """
    found: dict[tuple[Any, ...], list[Dot]] = {}
    E_U = getattr(model.absorption, "E_U", np.inf)
    T = model.reference_temperature if temperature is None else temperature
    each = zip(model.members(), _recycled_shares(model), decay_follows(model), strict=True)
    for one, recycled, follows in each if model.ensemble else ():
        sigma = model.member_sigma(one, photon_energy, T)
        law, filled = _STILL if temperature is not None else _law(model, one, photon_energy)
        alike = (law, one.tau_X, one.emitted, one.absorbed, one.population, follows)
        offset = model.line.mean_offset(one.gap, model.reference_temperature)
        dot = Dot(sigma, one.share * sigma, offset, recycled, filled, one.gap / E_U)
        found.setdefault(alike, []).append(dot)
    return tuple(
        DotGroup(law[0], tau_X, emitted, absorbed, population, tuple(dots), follows, law[1])
        for (law, tau_X, emitted, absorbed, population, follows), dots in found.items()
    )


def _law(model: GainModel, member: Member, E: float) -> tuple[Any, float | None]:
    """Return the laws of the cross-section of a dot (of its `DotGroup`), and `Dot.filled`."""
    edge, T_ref = model.absorption, model.reference_temperature
    if isinstance(edge, Tail):
        filled = np.exp(edge.log_tail(E - member.gap - model.gap_moved(T_ref), T_ref, T_ref))
        return _tail_law(model, E), float(filled) if isinstance(edge, FermiEdge) else None
    sigma = functools.partial(model.member_sigma, member, E)
    return (_interpolant(model, lambda T: np.log(sigma(T) / float(sigma(T_ref)))), None), None


@functools.lru_cache(maxsize=64)
def _tail_law(model: GainModel, E: float) -> tuple[tuple[float, ...], tuple[float, ...] | None]:
    """Return how a tail of mean gap follows the temperature, and E_U(T_ref)/E_U(T) if that does."""
    edge, T_ref, at = model.absorption, model.reference_temperature, model.gap_moved
    assert isinstance(edge, Tail)
    rest = edge.log_tail(E - at(T_ref), T_ref, T_ref)
    level = _interpolant(model, lambda T: edge.log_tail(E - at(T), T, T_ref) - rest)
    if edge.E_U_model == "constant":
        return level, None
    return level, _interpolant(model, lambda T: edge.E_U / edge.urbach_energy(T, T_ref) - 1.0)


@functools.lru_cache(maxsize=64)
def _recycled_shares(model: GainModel) -> tuple[float | None, ...]:
    """Return the share of each kind of dot in the reabsorption of a thin body's emission."""
    found, T = model.members(), model.reference_temperature
    if not found or not model.escape_values()[1]:
        return (None,) * len(found)
    E = float(model.mean_emission()) + np.linspace(-0.5, 0.5, 2001) * e
    spectrum = model.emission_spectrum(E)
    taken = np.array([one.share * model.member_sigma(one, E, T) * spectrum for one in found])
    absorbed = numerics.trapezoid(taken, E)
    return tuple(float(part) for part in absorbed / absorbed.sum())


@functools.lru_cache(maxsize=512)
def _parameters(model: GainModel, photon_energy: float) -> GainParameters:
    emitted, absorbed, population = model.recombination.polynomials()
    ensemble, law = model.ensemble, model.upconversion
    ends = _temperatures(model)
    dark = ensemble.mean_of(ensemble.dark, 0.0) if ensemble else 0.0
    f_escape, f_reabsorbed, red_shift = model.escape_values()
    sigma = float(model.sigma_abs(photon_energy))
    return GainParameters(
        n_dots=model.n_dots,
        photon_energy=photon_energy,
        sigma_abs=sigma,
        log_sigma=_interpolant(model, lambda T: np.log(model.sigma_abs(photon_energy, T) / sigma)),
        mean_emission=float(model.mean_emission()),
        mean_emission_shift=_mean_emission_shift(_only_line(model)),
        temperature_min=ends[0],
        temperature_max=ends[1],
        tau_X=model.recombination.tau_X,
        emitted=emitted,
        absorbed=absorbed,
        population=population,
        bright=1.0 - model.dark_fraction - dark,
        f_escape=f_escape,
        f_reabsorbed=f_reabsorbed,
        red_shift=red_shift,
        alpha_background=model.alpha_background,
        groups=groups_of(model, photon_energy),
        follows=decay_follows(model)[0] if ensemble is None else None,
        quenching=quenching_numbers(model.quenching, model.recombination, ends[2]),
        upconverted=None if law is None else law.numbers(photon_energy, *ends),
        ageing=tuple((one.change, one.dose) for one in model.ageing),
    )


def _interpolant(model: GainModel, log_ratio: Any) -> tuple[float, ...]:
    return numerics.log_curve(log_ratio, *_temperatures(model), smooth=model.absorption.smooth)


def _temperatures(model: GainModel) -> tuple[float, float, float]:
    return model.temperature_min, model.temperature_max, model.reference_temperature


def _only_line(model: GainModel) -> GainModel:
    """Return the model without what the emission of one dot does not ask: few differ by that."""
    beside: dict[str, Any] = {
        "cross_section": GivenCrossSection(), "density": GivenDensity(), "escape": NoEscape(),
        "recombination": TrionBiexciton(), "dark_fraction": 0.0, "alpha_background": 0.0,
        "ensemble": None, "size": None, "quenching": None, "thermal": None,
    }  # fmt: skip
    return model.model_copy(update=beside)


@functools.lru_cache(maxsize=64)
def _mean_emission_shift(model: GainModel) -> tuple[float, ...]:
    reference = float(model.mean_emission())
    return numerics.interpolant(
        lambda T: model.mean_emission(T) - reference, *_temperatures(model), reference
    )
