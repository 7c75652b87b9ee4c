"""Parameters of a fit: what they are, where they start, and their bounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from thermosim.errors import CaseError, Problem
from thermosim.language.units import parse_quantity

Array = npt.NDArray[np.float64]
_PRIOR = re.compile(r"(?P<value>.+?)\s*(?:±|\+-|\+/-)\s*(?P<sigma>.+)")
_SPAN = 1e6
"""How far from its start a positive number without bounds is looked for, as a factor."""


@dataclass(frozen=True)
class Parameter:
    """One number of a model.

    ``unit`` as `language.units` reads it; ``low`` and ``high`` bound it, and where ``physical`` is
    true an interval ends there (a share lies in 0 to 1), else it is open. ``log``: looked for on a
    logarithmic scale. ``own``: each data set has its own. ``held``: stays at ``start``.
    """

    name: str
    unit: str
    start: float
    words: str
    low: float = -np.inf
    high: float = np.inf
    log: bool = False
    physical: bool = True
    own: bool = False
    held: bool = False
    scale: float = 1.0

    @classmethod
    def positive(
        cls, name: str, unit: str, start: float, words: str, *, held: bool = False
    ) -> Parameter:
        """Return a positive number of unknown size."""
        low, high = start / _SPAN, start * _SPAN
        return cls(name, unit, start, words, low, high, True, False, held=held)

    @classmethod
    def share(
        cls, name: str, start: float, words: str, high: float = 1.0, *, held: bool = False
    ) -> Parameter:
        """Return a number between 0 and 1 (or ``high``)."""
        return cls(name, "1", start, words, 0.0, high, scale=0.1, held=held)

    @classmethod
    def level(
        cls, name: str, unit: str, size: float, words: str, start: float = 0.0, *, own: bool = True
    ) -> Parameter:
        """Return a number of either sign, of about ``size``."""
        found = cls(name, unit, start, words, -1e6 * size, 1e6 * size, physical=False, own=own)
        return replace(found, scale=size)

    def read(self, text: str) -> float:
        """Return a value of this parameter from text such as ``29 ns``.

        Raises
        ------
        ValueError
            If it has no unit of the right dimension, or lies outside the bounds.
        """
        unit = "" if self.unit in ("1", "counts") else self.unit
        value = parse_quantity(_plain(text), unit)
        if self.physical and not self.low <= value <= self.high:
            raise ValueError(f"must lie between {self.low:g} and {self.high:g}")
        if self.log and value <= 0.0:
            raise ValueError("must be > 0")
        return value


@dataclass(frozen=True)
class Prior:
    """What is known of a parameter from elsewhere: value and standard deviation."""

    name: str
    value: float
    sigma: float


@dataclass(frozen=True)
class Wishes:
    """What a user asks of the parameters: texts ``NAME=VALUE`` or names."""

    fix: Sequence[str] = ()
    free: Sequence[str] = ()
    start: Sequence[str] = ()
    prior: Sequence[str] = ()
    share: Sequence[str] = ()
    each: Sequence[str] = ()

    def only(self, parameters: Sequence[Parameter]) -> Wishes:
        """Return what is asked of some parameters."""
        names = {p.name for p in parameters}
        return Wishes(**{
            option: [t for t in getattr(self, option) if t.partition("=")[0].strip() in names]
            for option in self.__dataclass_fields__
        })  # fmt: skip

    def applied(self, parameters: Sequence[Parameter]) -> tuple[list[Parameter], list[Prior]]:
        """Return the parameters as asked for, and the priors.

        Raises
        ------
        CaseError
            If a name is none of theirs, or a value is no value of it: one line each.
        """
        found = {p.name: p for p in parameters}
        problems: list[Problem] = []
        priors: list[Prior] = []

        def known(option: str, name: str) -> bool:
            if name not in found:
                rule = "is no parameter of this fit"
                problems.append(Problem(option, f'"{name}"', rule, f"they are {', '.join(found)}"))
            return name in found

        changes: dict[str, dict[str, Any]] = {
            "share": {"own": False},
            "each": {"own": True},
            "free": {"held": False},
        }
        for option, change in changes.items():
            for name in getattr(self, option):
                if known(f"--{option}", name):
                    found[name] = replace(found[name], **change)
        for option in ("fix", "start", "prior"):
            for text in getattr(self, option):
                name, _, value = text.partition("=")
                name = name.strip()
                if not known(f"--{option}", name):
                    continue
                try:
                    found[name] = _valued(found[name], option, value.strip(), priors)
                except ValueError as error:
                    problems.append(Problem(f"--{option} {name}", f'"{value}"', str(error)))
        if problems:
            raise CaseError(problems)
        return list(found.values()), priors


def _valued(p: Parameter, option: str, text: str, priors: list[Prior]) -> Parameter:
    if option == "fix":
        return replace(p, start=p.read(text) if text else p.start, held=True)
    if option == "start":
        return _started(p, p.read(text))
    match = _PRIOR.fullmatch(text)
    if match is None:
        raise ValueError(
            f'must be value ± sigma, as in "{p.start:.3g} +- {p.start / 10:.1g} {p.unit}"'
        )
    sigma = parse_quantity(_plain(match["sigma"]), "" if p.unit in ("1", "counts") else p.unit)
    value = match["value"].strip()
    unit = re.sub(r"^[-+.\deE]+", "", match["sigma"]).strip()
    value = f"{value} {unit}" if unit and re.fullmatch(r"[-+.\deE]+", value) else value
    if sigma <= 0.0:
        raise ValueError("sigma must be > 0")
    priors.append(Prior(p.name, p.read(value), sigma))
    return replace(_started(p, priors[-1].value), held=False)


def _started(p: Parameter, start: float) -> Parameter:
    if p.log and not p.physical:
        return replace(p, start=start, low=start / _SPAN, high=start * _SPAN)
    return replace(p, start=start)


def _plain(text: str) -> str:
    """Return a quantity as `parse_quantity` reads it: ``3 %`` as a number, units made plain."""
    text = text.strip().strip('"').replace("−", "-")
    return f"{float(text[:-1]) / 100.0!r}" if text.endswith("%") else plain_unit(text)


def plain_unit(text: str) -> str:
    """Return a unit as `parse_quantity` reads it: ``W cm⁻²`` and ``W/cm2`` as ``W/cm^2``."""
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("·", " ").strip()
    text = re.sub(r"(?<=[A-Za-z])\s+([A-Za-z]+)\^?-([1234])\b", r"/\1\2", text)
    return re.sub(r"(?<=[A-Za-z])([234])(?![\d.])", r"^\1", text)
