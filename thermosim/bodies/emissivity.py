"""Emissivity: what a case says about it, and what a body smaller than thermal light really emits.

A sphere emits ``4πR² <Q_abs> σT⁴`` with ``<Q_abs>`` the Planck average of its absorption
efficiency: that average is its hemispherical total emissivity (Kirchhoff; Bohren and Huffman 1983,
section 4.7).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Discriminator, Field, Tag, WrapValidator
from pydantic_core import PydanticCustomError, ValidationError
from scipy import constants

from thermosim.language.sections import Section
from thermosim.language.units import Fraction
from thermosim.materials import ConstantLaw, Infrared, Law, Material, SizeTable, TableLaw

Floats: TypeAlias = npt.NDArray[np.float64]
IndexFunction: TypeAlias = Callable[[Floats], npt.NDArray[np.complex128]]
"""Vacuum wavelength [m] to ``n + ik``."""

TABLE_TEMPERATURES = (50.0, 1500.0)
"""Range [K] over which `emissivity_law` tabulates Planck averages; held constant beyond."""
_PHOTON_ENERGIES = (0.02, 40.0)  # in kT; outside lies 1e-6 of the Planck spectrum


class PlanckMie(Section):
    """Emissivity of a sphere from the infrared constants given here."""

    kind: Literal["planck_mie"] = "planck_mie"
    infrared: Infrared


def _one_message(*words: str) -> WrapValidator:
    choices = " or ".join(f'"{word}"' for word in words)
    rule = f"must be a number from 0 to 1 (no unit), or {choices}"

    def validate(value: Any, handler: Any) -> Any:
        if isinstance(value, bool):
            raise PydanticCustomError("emissivity", rule)
        try:
            return handler(value)
        except ValidationError as error:
            raise PydanticCustomError("emissivity", rule) from error

    return WrapValidator(validate)


def _which(value: Any) -> str:
    return "planck_mie" if isinstance(value, dict | PlanckMie) else "plain"


_Number = Annotated[float, Field(ge=0, le=1, strict=True)]

SurfaceEmissivity = Annotated[_Number | Literal["material"], _one_message("material")]
"""Of a large body: ``"material"`` takes the value of the material."""

ParticleEmissivity = Annotated[
    Annotated[
        _Number | Literal["material", "small_body"],
        _one_message("material", "small_body"),
        Tag("plain"),
    ]
    | Annotated[PlanckMie, Tag("planck_mie")],
    Discriminator(_which),
]
"""Of a particle: ``"small_body"`` is the Planck average of its absorption efficiency."""


def planck_average(spectrum: Floats, wavelength: Floats, T: npt.ArrayLike) -> Floats:
    """Return the average of ``spectrum`` over the Planck spectra of ``T`` [K]; shape of ``T``.

    ``spectrum`` is given at ``wavelength`` [m], shape (n,), equally spaced in its logarithm. The
    weights are normalised on the same points, so a constant is averaged exactly.
    """
    u = constants.h * constants.c / (constants.k * np.multiply.outer(np.asarray(T), wavelength))
    # per logarithm of wavelength the Planck spectrum goes as u⁴/(e^u - 1)
    weight = u**4 * np.exp(-u) / -np.expm1(-u)
    return np.asarray(weight @ spectrum / weight.sum(axis=-1))


def planck_wavelengths(T_low: float, T_high: float, points: int = 800) -> Floats:
    """Return wavelengths [m], equally spaced in logarithm, that cover thermal light of both."""
    length = constants.h * constants.c / constants.k
    low, high = _PHOTON_ENERGIES
    return np.geomspace(length / (high * T_high), length / (low * T_low), points)


def planck_mie_emissivity(
    radius: float, T: npt.ArrayLike, index: IndexFunction, points: int = 800
) -> Floats:
    """Return the emissivity of a sphere of ``radius`` [m] at ``T`` [K]; shape of ``T``.

    ``index`` gives ``n + ik`` at vacuum wavelengths [m]; ``points`` must resolve its resonances.
    """
    from thermosim.optics.mie import mie_efficiencies

    temperature = np.asarray(T, dtype=float)
    wavelength = planck_wavelengths(float(temperature.min()), float(temperature.max()), points)
    Q_abs = mie_efficiencies(index(wavelength), 2 * np.pi * radius / wavelength)[2]
    return planck_average(Q_abs, wavelength, temperature)


def emissivity_law(
    setting: float | str | PlanckMie,
    material: Material,
    size: float | None = None,
    temperatures: tuple[float, float] = TABLE_TEMPERATURES,
) -> Law[Any]:
    """Return the emissivity as a law of temperature, ready for arrays and forms.

    Parameters
    ----------
    setting
        What the case says: a number, ``"material"``, ``"small_body"`` or a `PlanckMie`.
    material
        Material of the body.
    size
        Radius of a particle or thickness of a film [m], where emission depends on it.
    temperatures
        Range [K] over which Planck averages are tabulated; a narrow one is made faster.

    Raises
    ------
    ValueError
        If the material lacks what ``setting`` asks for.
    """
    if isinstance(setting, PlanckMie):
        return _planck_mie_law(setting.infrared, _needed(size), temperatures)
    if setting == "small_body" and material.infrared is not None:
        return _planck_mie_law(material.infrared, _needed(size), temperatures)
    if setting == "small_body":
        if isinstance(material.emissivity, SizeTable):
            return _constant(float(material.emissivity.at_size(_needed(size))))
        raise ValueError('"small_body" needs infrared constants of the material: add infrared')
    if setting == "material":
        return _law_of_material(material, size)
    return _constant(float(setting))


@functools.lru_cache(maxsize=256)
def sphere_emissivity(infrared: Infrared, radius: float, T: float) -> float:
    """Return the emissivity of a sphere of ``radius`` [m] at ``T`` [K], to some percent."""
    return float(planck_mie_emissivity(radius, T, infrared.at, 400))


def infrared_of(setting: float | str | PlanckMie, material: Material) -> Infrared | None:
    """Return the infrared constants of a body: those of the case, or of its material."""
    return setting.infrared if isinstance(setting, PlanckMie) else material.infrared


def isolated_dot_radius_mie(g: float, delta_T: float, T_env: float, infrared: Infrared) -> float:
    """Return the radius [m] of a sphere that `g` [W] brings to ``ΔT`` by its own radiation.

    ``4πR² ε(R) σ (T_env⁴ - T⁴) = g`` with ε the Planck average of its absorption (Mie): far below
    the thermal wavelength ε is proportional to R, so the radius goes as the third root of g. NaN
    outside 0.1 nm to 1 mm.
    """
    from scipy.optimize import brentq

    T = T_env + delta_T
    flux = constants.Stefan_Boltzmann * (T_env**4 - T**4)

    def missing(log_R: float) -> float:
        R = float(np.exp(log_R))
        emitted = planck_mie_emissivity(R, T, infrared.at, 400)
        return float(4 * np.pi * R**2 * emitted * flux / g - 1)

    decades = np.log(np.geomspace(1e-10, 1e-3, 8))
    if not missing(decades[0]) < 0:
        return float("nan")
    for low, high in itertools.pairwise(decades):  # upward: large spheres have long series
        if missing(high) > 0:
            return float(np.exp(brentq(missing, low, high, xtol=1e-12)))
    return float("nan")


def _law_of_material(material: Material, size: float | None) -> Law[Any]:
    if material.emissivity is None:
        raise ValueError("the material has no emissivity: give a number, 0 to 1, instead")
    if isinstance(material.emissivity, SizeTable):
        return _constant(float(material.emissivity.at_size(_needed(size))))
    return material.emissivity


def _needed(size: float | None) -> float:
    if size is None:
        raise ValueError("this emissivity depends on the size of the body, which is not known here")
    return size


def _constant(value: float) -> Law[Any]:
    return ConstantLaw[Fraction](value=value)


@functools.lru_cache(maxsize=256)
def _planck_mie_law(
    infrared: Infrared, radius: float, temperatures: tuple[float, float]
) -> Law[Any]:
    T = np.geomspace(*temperatures, 21)
    values = planck_mie_emissivity(radius, T, infrared.at, points=1200)
    # a sphere of about the wavelength can absorb more than falls on it: keep what forms allow
    return TableLaw[Fraction](
        temperatures=tuple(float(t) for t in T),
        values=tuple(float(v) for v in np.clip(values, 0.0, 1.0)),
        interpolation="spline",
    )
