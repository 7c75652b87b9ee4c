"""How well each number of a case is known: priors of materials, light, dots and contact.

A path names a number as the case file does; one that ends at a law of temperature or at a table
stands for its value at 300 K and scales all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from scipy.constants import e

from thermosim.errors import CaseError, Problem
from thermosim.language.formulas.fields import FieldExpression
from thermosim.language.sections import Section
from thermosim.language.units import Quantity, parse_quantity
from thermosim.materials.laws import ROOM_TEMPERATURE, Law
from thermosim.materials.optical import RefractiveIndex
from thermosim.materials.size_table import SizeTable
from thermosim.optics.beam import wavelength_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.case.uncertainty import UncertainNumber
    from thermosim.materials import Material

Shape: TypeAlias = Literal["normal", "lognormal", "uniform"]
_S = TypeVar("_S", bound=Section)
_LEAST = 0.01  # of a positive number: nothing is known to vanish
_SCALED = ("value", "values", "n")
_PAPER = "Yamada et al. 2024, 10.1021/acs.nanolett.4c02885"
_ABSOLUTE, _RELATIVE, _FACTOR = "absolute", "relative", "factor"
_KNOWN: tuple[tuple[str, str, float, str], ...] = (
    ("laser.intensity", _RELATIVE, 0.1, "power meter 5 %, area of the spot 8 %"),
    ("laser.power", _RELATIVE, 0.05, "power meter"),
    ("laser.waist", _RELATIVE, 0.04, "knife edge or camera"),
    ("laser.photon_energy", _ABSOLUTE, 0.5e-3 * e, "calibration of a spectrometer, 0.1 nm"),
    ("gain.cross_section.sigma_abs", _FACTOR, 2.0, "best intensities of 1 to 10 kW/cm² fit"),
    ("gain.density.n_dots", _RELATIVE, 0.3, "follows from a ΔT that was assumed"),
    ("gain.density.alpha", _RELATIVE, 0.1, "transmission of a grain of known thickness"),
    ("gain.recombination.tau_X", _RELATIVE, 0.03, f"two digits of {_PAPER}"),
    ("gain.recombination.tau_T", _RELATIVE, 0.1, f"two digits of {_PAPER}, multi-exponential"),
    ("gain.recombination.tau_BX", _RELATIVE, 0.2, f"one digit of {_PAPER}"),
    ("gain.recombination.multi.eta_BX", _RELATIVE, 0.25, "0.055 to 0.09 by convention of tau/eta"),
    ("gain.recombination.multi.eta_T", _RELATIVE, 0.25, "0.17 to 0.26 by convention of tau/eta"),
    ("gain.absorption.E_U", _RELATIVE, 0.03, "15 to 16 meV fit the tails that were measured"),
    ("gain.absorption.E_1", _ABSOLUTE, 3e-3 * e, "<E_PL> of 2.380 to 2.390 eV fits what was seen"),
    ("gain.emission.mean_emission", _ABSOLUTE, 3e-3 * e, "2.380 to 2.390 eV fits what was seen"),
    ("gain.gap_shift", _RELATIVE, 0.2, "shift of the line between 200 and 300 K"),
    ("contact.work_of_adhesion", _FACTOR, 2.0, "0.05 to 0.2 J/m² between dry crystals"),
    ("dot.surroundings.h", _FACTOR, 2.0, "3e7 to 3e8 W/(m² K) between dissimilar solids"),
    ("dot.surroundings.contact_radius", _FACTOR, 1.5, "ligands flatten over 1 to 3 nm"),
    ("dot.shell.h", _FACTOR, 2.0, "3e7 to 3e8 W/(m² K) between dissimilar solids"),
    ("chamber.pressure", _RELATIVE, 0.3, "cold-cathode gauge"),
)
_ASSUMED: tuple[tuple[str, float, float, str], ...] = (
    ("gain.recombination.eta_X", 0.8, 1.0, f"0.8 is what {_PAPER} measured, 1 the best there is"),
    ("gain.dark_fraction", 0.0, 0.02, "nobody counted dots that absorb and never emit"),
)


@dataclass(frozen=True)
class Prior:
    """What is known of one number of a case, in SI units.

    Attributes
    ----------
    path : where it stands in the case
    value : what the case has
    sigma : one standard deviation; of a lognormal, value times that of the logarithm
    low, high : bounds of what is plausible
    shape : of the distribution
    unit : SI unit
    kind : measured, estimate, or assumed: what ± leaves out, since models differ by it
    source : where the spread comes from
    """

    path: str
    value: float
    sigma: float
    low: float
    high: float
    shape: Shape
    unit: str
    kind: str
    source: str

    def at(self, sigmas: float) -> float:
        """Return the value that many standard deviations away, within the bounds."""
        if self.shape == "lognormal":
            found = self.value * math.exp(sigmas * self.sigma / self.value)
        else:
            found = self.value + sigmas * self.sigma
        return min(max(found, self.low), self.high)

    def distance(self, value: float) -> float:
        """Return how many standard deviations a value is away; the sign says to which side."""
        if self.shape == "lognormal":
            return (
                math.log(value / self.value) * self.value / self.sigma if value > 0 else -math.inf
            )
        return (value - self.value) / self.sigma


def priors(case: AnyCase) -> tuple[Prior, ...]:
    """Return what is known of the uncertain numbers of a case, in the order of its file.

    Raises
    ------
    CaseError
        If ``[uncertainty.parameters]`` names what the case does not have.
    """
    found = (*_of_sections(case), *_of_materials(case), *given_priors(case))
    return tuple({prior.path: prior for prior in found}.values())


def given_priors(case: AnyCase) -> tuple[Prior, ...]:
    """Return what the file of a case says of its numbers.

    Raises
    ------
    CaseError
        If it names what the case does not have.
    """
    return tuple(_given(case, path, entry) for path, entry in case.uncertainty.parameters.items())


def value_at(case: AnyCase, path: str) -> float:
    """Return the number at a path [SI]; of a law and of a table that at 300 K, in the middle.

    Raises
    ------
    CaseError
        If there is no such number.
    """
    node = _node(case, path.split("."))
    value = math.nan if node is None else _number(node)
    if math.isnan(value):
        remedy = "name a number of the case by its path, such as laser.intensity"
        raise CaseError([Problem(path, "", "is no number of this case", remedy)])
    return value


def with_value(case: AnyCase, path: str, value: float) -> AnyCase:
    """Return the case with another value [SI] at a path; nothing is validated anew.

    Emission in detailed balance with the absorption edge stays so.

    Raises
    ------
    CaseError
        If there is no such number.
    """
    old = value_at(case, path)
    factor = value / old if old else math.nan  # laws and tables are never zero
    changed: AnyCase = _replaced(case, case, path.split("."), value, factor)
    if path == "laser.photon_energy" and changed.laser is not None:  # the wavelength goes with it
        changed = _with(changed, "laser", _with(changed.laser, "wavelength", wavelength_of(value)))
    before, after = case.gain, changed.gain
    edge = None if before is None else getattr(before.emission, "edge", None)
    if before is None or after is None or edge is None or edge != before.absorption:
        return changed
    emission = _with(after.emission, "edge", after.absorption)
    return _with(changed, "gain", _with(after, "emission", emission))


def _of_sections(case: AnyCase) -> Iterator[Prior]:
    size = None if case.gain is None else case.gain.size
    follows = set() if size is None else set(size.sections())
    for path, way, spread, source in _KNOWN:
        head, _, rest = path.partition(".")
        if head in ("laser", "gain") and case.laser is None:
            continue
        if head == "gain" and rest.split(".")[0] in follows:
            continue
        node = _node(case, path.split("."))
        value = math.nan if node is None else _number(node)
        if math.isfinite(value) and value > 0.0:
            yield _prior(case, path, value, way, spread, "estimate", source)
    if case.laser is None:
        return
    for path, low, high, source in _ASSUMED:
        node = _node(case, path.split("."))
        value = math.nan if node is None else _number(node)
        if low <= value <= high:
            sigma = (high - low) / math.sqrt(12.0)
            unit = _unit(case, path)
            yield Prior(path, value, sigma, low, high, "uniform", unit, "assumed", source)


def _of_materials(case: AnyCase) -> Iterator[Prior]:
    from thermosim.model.of_case import model_of

    for name, material in dict(model_of(case).materials.values()).items():
        for inner, entry in _entries(material, in_time=case.transient is not None):
            factor = getattr(entry, "uncertainty_factor", None)
            spread = factor or entry.relative_uncertainty
            if not spread:
                continue
            path, value = f"materials.{name}.{inner}", _number(entry)
            way = _FACTOR if factor else _RELATIVE
            kind = "estimate" if entry.estimate else "measured"
            yield _prior(case, path, value, way, spread, kind, entry.source, entry.low, entry.high)


def _entries(material: Material, *, in_time: bool) -> Iterator[tuple[str, Any]]:
    """Yield what is not known exactly of a material by its path."""
    for name, law in material.conductivity.laws().items():
        yield f"conductivity.{name}", law
    if in_time:
        yield from (("density", material.density), ("specific_heat", material.specific_heat))
    if material.emissivity is not None:
        yield "emissivity", material.emissivity
    if material.refractive_index is not None and material.refractive_index.n:
        yield "refractive_index", material.refractive_index


def _prior(
    case: AnyCase, path: str, value: float, way: str, spread: float, kind: str, source: str,
    low: float | None = None, high: float | None = None,
) -> Prior:  # fmt: skip
    shape: Shape = "lognormal" if way == _FACTOR else "normal"
    sigma = {_ABSOLUTE: spread, _RELATIVE: spread * value}.get(
        way, value * math.log(max(spread, 1))
    )
    least = _LEAST * value if value >= 0.0 else -math.inf
    return Prior(
        path, value, sigma, least if low is None else min(low, value),
        math.inf if high is None else max(high, value), shape, _unit(case, path), kind, source,
    )  # fmt: skip


def _given(case: AnyCase, path: str, entry: UncertainNumber) -> Prior:
    """Return the prior that the case file gives for one of its numbers."""
    value, unit = value_at(case, path), _unit(case, path)
    low, high = (_si(path, name, getattr(entry, name), unit) for name in ("low", "high"))
    source = entry.source or "the case file"
    if entry.factor is not None:
        found = _prior(case, path, value, _FACTOR, entry.factor, entry.kind, source, low, high)
    elif entry.relative is not None:
        spread = entry.relative
        found = _prior(case, path, value, _RELATIVE, spread, entry.kind, source, low, high)
    else:
        sigma = _si(path, "sigma", entry.sigma, unit)
        if sigma is None:
            assert low is not None
            assert high is not None
            sigma = (high - low) / math.sqrt(12.0)
        found = _prior(case, path, value, _ABSOLUTE, sigma, entry.kind, source, low, high)
    if not found.sigma > 0.0:
        rule = "leaves no spread: give a number above 0"
        raise CaseError([Problem(f'uncertainty.parameters."{path}"', "", rule)])
    given = low is not None and high is not None and entry.relative is None and not entry.factor
    shape: Shape = entry.shape or ("uniform" if given and entry.sigma is None else found.shape)
    return Prior(**{**found.__dict__, "shape": shape})


def _si(path: str, name: str, given: str | float | None, unit: str) -> float | None:
    if given is None or isinstance(given, float):
        return given
    try:
        return parse_quantity(given, unit)
    except ValueError as error:
        where = f'uncertainty.parameters."{path}".{name}'
        raise CaseError([Problem(where, f'"{given}"', str(error))]) from error


def _number(node: Any) -> float:
    """Return what a number, a law, a table or an index is; nan for anything else."""
    if isinstance(node, Law):
        return float(node.at(ROOM_TEMPERATURE))
    if isinstance(node, SizeTable):
        return node.values[len(node.values) // 2]
    if isinstance(node, FieldExpression):
        return node.constant if node.is_constant else math.nan
    if isinstance(node, RefractiveIndex):
        return node.n[len(node.n) // 2] if node.n else math.nan
    if isinstance(node, float | int) and not isinstance(node, bool):
        return float(node)
    return math.nan


def _child(case: AnyCase, node: Any, part: str) -> Any:
    """Return a field of a section, an entry of a table, or a material of the library."""
    if isinstance(node, Mapping):
        if part not in node and node is case.materials:
            return case.material(part)
        return node.get(part)
    if isinstance(node, list | tuple):
        return node[int(part)] if part.isdigit() and int(part) < len(node) else None
    return getattr(node, part) if part in getattr(type(node), "model_fields", {}) else None


def _node(case: AnyCase, parts: list[str]) -> Any:
    node: Any = case
    for part in parts:
        node = _child(case, node, part)
        if node is None:
            return None
    return node


def _replaced(case: AnyCase, node: Any, parts: list[str], value: float, factor: float) -> Any:
    """Return a section, a table or a law with another value inside."""
    if not parts and isinstance(node, FieldExpression):
        return replace(node, factor=factor * node.factor, offset=factor * node.offset)
    if not parts:
        return _scaled(node, factor) if isinstance(node, Section) else value
    child = _child(case, node, parts[0])
    inner = _replaced(case, child, parts[1:], value, factor)
    if isinstance(node, Mapping):
        return {**node, parts[0]: inner}
    if isinstance(node, list | tuple):
        changed = list(node)
        changed[int(parts[0])] = inner
        return type(node)(changed)
    return _with(node, parts[0], inner)


def _scaled(entry: Section, factor: float) -> Section:
    """Return a law, a table or an index times a factor."""
    for name in _SCALED:
        if name in type(entry).model_fields:
            old = getattr(entry, name)
            new = tuple(factor * v for v in old) if isinstance(old, tuple) else factor * old
            return _with(entry, name, new)
    raise TypeError(f"{type(entry).__name__} has no value to scale")


def _with(section: _S, name: str, value: Any) -> _S:
    """Return a section with one field changed; nothing is validated or kept from before."""
    fields = {key: getattr(section, key) for key in type(section).model_fields}
    fields[name] = value
    known = section.model_fields_set | {name}
    made: _S = type(section).model_construct(_fields_set=known, **fields)  # type: ignore[assignment]
    return made


def _unit(case: AnyCase, path: str) -> str:
    """Return the SI unit of the number at a path; empty text where it has none."""
    *parents, last = path.split(".")
    node, parent = _node(case, path.split(".")), _node(case, parents)
    if isinstance(node, FieldExpression):
        return node.si_unit
    if isinstance(node, Law):
        parent, last = node, "value" if "value" in type(node).model_fields else "values"
    field = getattr(type(parent), "model_fields", {}).get(last)
    return "" if field is None else next(_units(field), "")


def _units(field: Any) -> Iterator[str]:
    """Yield the units in the annotation of a field."""
    todo = [field.annotation, *field.metadata]
    while todo:
        item = todo.pop()
        if isinstance(item, Quantity):
            yield item.unit
        todo += [*getattr(item, "__metadata__", ()), *getattr(item, "__args__", ())]


def unit_at(case: AnyCase, path: str) -> str:
    """Return the SI unit of the number at a path; empty text where it has none."""
    return _unit(case, path)
