"""Names and units of axes: wavelength, photon energy, wavenumber, frequency, time."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.constants import c, e, h

from thermosim.language.units import parse_quantity

Array = npt.NDArray[np.float64]
UNITS: dict[str, dict[str, float]] = {
    "wavelength": {"nm": 1e-9, "um": 1e-6, "angstrom": 1e-10, "mm": 1e-3, "m": 1.0},
    "energy": {"eV": e, "meV": 1e-3 * e, "J": 1.0},
    "wavenumber": {"1/cm": 100.0, "1/m": 1.0},
    "frequency": {"THz": 1e12, "PHz": 1e15, "GHz": 1e9, "Hz": 1.0},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "min": 60.0, "h": 3600.0},
    "intensity": {
        "W/cm^2": 1e4, "kW/cm^2": 1e7, "mW/cm^2": 10.0, "W/m^2": 1.0, "W/um^2": 1e12,
        "mW/um^2": 1e9, "uW/um^2": 1e6,
    },
}  # fmt: skip
WORDS: dict[str, tuple[str, ...]] = {
    "wavelength": (
        "wavelength", "wavelengths", "wave", "wl", "lambda", "λ", "wellenlänge", "longueurdonde",
        "longituddeonda", "lunghezzadonda", "波長", "波长",
    ),
    "energy": (
        "energy", "energies", "photonenergy", "e", "ephoton", "hν", "hv", "hnu", "energie",
        "photonenenergie", "énergie", "energía", "energia", "エネルギー", "光子エネルギー", "能量",
    ),
    "wavenumber": ("wavenumber", "wavenumbers", "wellenzahl", "nombredonde", "波数"),
    "frequency": ("frequency", "ν", "nu", "frequenz", "fréquence", "周波数"),
    "time": (
        "time", "t", "times", "delay", "delaytime", "elapsedtime", "zeit", "temps", "tiempo",
        "時間", "时间",
    ),
}  # fmt: skip
UNNAMED = ("nm", "um", "angstrom", "eV", "1/cm")  # units that a file may leave to the reader
OPTICAL = ("wavelength", "energy", "wavenumber", "frequency")
_SPELLED = {
    "nm": "nm nanometer nanometers nanometre nanometres",
    "um": "um μm micron microns micrometer micrometers",
    "angstrom": "å angstrom angstroms",
    "mm": "mm",
    "m": "m",
    "J": "j",
    "eV": "ev electronvolt",
    "meV": "mev",
    "1/cm": "1/cm cm-1 cm^-1 cm^{-1} /cm",
    "1/m": "1/m m-1 m^-1",
    "THz": "thz",
    "PHz": "phz",
    "GHz": "ghz",
    "Hz": "hz",
    "s": "s sec secs second seconds",
    "ms": "ms",
    "us": "us μs",
    "ns": "ns",
    "ps": "ps",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
}
_SPELLINGS = {spelling: unit for unit, all_ in _SPELLED.items() for spelling in all_.split()} | {
    form.replace("P", power).replace("A", area): unit
    for unit in UNITS["intensity"]
    for power, _, area in [unit.lower().removesuffix("^2").partition("/")]
    for form in ("P/A2", "P/A^2", "P A-2", "P A^-2", "PA-2")
}
_UNIT_END = re.compile(
    r"^(?P<name>.*?)(?P<open>[\s_,/(\[{=]*|\s+in\s+)\(?(?P<unit>"
    + "|".join(map(re.escape, sorted(_SPELLINGS, key=len, reverse=True)))
    + r")[\s)\]}.]*$"
)
_MEDIUM = re.compile(r"[(\[]?\b(air|vac\.?|vacuum)\b[)\]]?")
_NEUTRAL = {"", "x", "xaxis", "xdata", "axis", "x1"}
_SEEN = (180e-9, 1700e-9)  # m
_NUMBERED = re.compile(
    r"\s*(?:t\s*=\s*|after\s+)?([+-]?\d+(?:[.,]\d+)?)\s*[\[(]?\s*([a-zμ]+)\s*[\])]?\s*"
)


@dataclass(frozen=True)
class Axis:
    """What a heading says of an axis: its kind, its unit ("" where not said), air or vacuum."""

    kind: str
    unit: str
    air: bool = False

    def __str__(self) -> str:
        return f"{self.kind} in {self.unit}" + (" (in air)" if self.air else "")

    def to_si(self, values: Array) -> Array:
        """Return values of the axis in SI: m, J, 1/m, Hz or s."""
        return np.asarray(values * UNITS[self.kind][self.unit])

    def to_energy(self, values: Array) -> Array:
        """Return photon energies [J]; wavelengths are taken as in vacuum."""
        si = self.to_si(values)
        if self.kind == "wavelength":
            return np.asarray(h * c / si)
        factor = {"energy": 1.0, "wavenumber": h * c, "frequency": h}[self.kind]
        return np.asarray(factor * si)


class AxisConflictError(ValueError):
    """A heading names one quantity and the unit of another."""


def axis_of(heading: str) -> Axis | None:
    """Return the axis that a heading names, None if it names none.

    Raises
    ------
    AxisConflictError
        If name and unit do not fit.
    """
    text = unicodedata.normalize("NFKC", heading).replace("−", "-").strip().lower()
    text = text.replace("/μm", "/um").replace("·", " ")
    air = _MEDIUM.search(text)
    text = _MEDIUM.sub("", text).strip()
    match = _UNIT_END.match(text)
    if match and (match["open"].strip(" ") or match["open"] or not match["name"]):
        name, unit = _letters(match["name"]), _SPELLINGS[match["unit"]]
        kind = next(kind for kind, units in UNITS.items() if unit in units)
        named = _kind_of(name)
        if named and named != kind and not (named == "energy" and kind in OPTICAL[2:]):
            raise AxisConflictError(f"names {_an(named)}, and a unit of {kind}")
        told = kind == "intensity" and not name[:1].isdigit()  # any name: the unit says it
        if named or told or name in _NEUTRAL:
            return Axis(kind, unit, bool(air and air[1] == "air"))
    kind = _kind_of(_letters(text))
    return Axis(kind, "", bool(air and air[1] == "air")) if kind else None


def unit_of(cell: str) -> str:
    """Return the unit that a cell holds and nothing else, "" if it holds something else."""
    text = unicodedata.normalize("NFKC", cell).replace("−", "-").strip().strip("()[]{}").strip()
    return _SPELLINGS.get(text.lower(), "")


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name)


def _kind_of(name: str) -> str:
    return next((kind for kind, words in WORDS.items() if name in words), "")


def _an(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def guesses(values: Array, kinds: tuple[str, ...] = OPTICAL) -> list[Axis]:
    """Return every axis on which all values lie where detectors of visible light see.

    That is 180 to 1700 nm. Of units, only those that people leave unnamed, unless one kind is asked
    for alone.
    """
    found = []
    for kind in kinds:
        for unit in UNITS[kind]:
            axis = Axis(kind, unit)
            if np.min(values) <= 0.0 or (len(kinds) > 1 and unit not in UNNAMED):
                continue
            length = h * c / axis.to_energy(np.array([np.min(values), np.max(values)]))
            if length.min() >= _SEEN[0] and length.max() <= _SEEN[1]:
                found.append(axis)
    return found


def seconds_of(label: str) -> float | None:
    """Return the time [s] that a heading stands for: ``10 min``, ``t = 60 s``, ``0,5 sec``."""
    text = unicodedata.normalize("NFKC", label).lower()
    match = _NUMBERED.fullmatch(text)
    if match is None or _SPELLINGS.get(match[2]) not in UNITS["time"]:
        return None
    return parse_quantity(f"{match[1].replace(',', '.')} {_SPELLINGS[match[2]]}", "s")
