"""Results of bodies of any geometry: temperatures, heat and geometry in words.

Temperatures are absolute here; heat is positive when it warms the body.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from thermosim.bodies.geometry import Box, GeometryFile
from thermosim.case.body_case import BodyCase
from thermosim.case.particle_case import Case
from thermosim.language.units import si_text, time_text, with_error

if TYPE_CHECKING:
    from thermosim.results import Result

_ZERO_CELSIUS = 273.15
_PATHS = {"held": "held temperature", "stored": "heat capacity", "heat_flux": "given heat flux"}


def general_case(result: Result) -> BodyCase | None:
    """Return the case of a body of any geometry; None if the result is about a particle."""
    return result.case if isinstance(result.case, BodyCase) else None


def particle_case(result: Result) -> Case:
    """Return the case of a result that is about a particle.

    Raises
    ------
    TypeError
        If it is about a body of another geometry.
    """
    if isinstance(result.case, Case):
        return result.case
    raise TypeError(f"{result.case.title or 'this result'} is about a body, not a particle")


def support_words(case: Case) -> str:
    """Return the materials of a substrate from the top down, as its figure names them."""
    return " on ".join(part.material for part in case.substrate.parts())


def heat_unit(result: Result) -> str:
    """Return the unit of heat: W/m for planar bodies, of which a metre of depth is counted."""
    return "W/m" if general_case(result) and result.case.symmetry == "planar" else "W"


def absolute(value: float, error: float | None = None) -> str:
    """Return a temperature [K] in K and °C, with as many places as its error allows."""
    if error is None or not error > 0 or not isfinite(error):
        return f"{value:.2f} K ({value - _ZERO_CELSIUS:.2f} °C)".replace("-", "−")
    text = with_error(value, error)
    places = len(text.split(" ")[0].partition(".")[2])
    return f"{text} K ({value - _ZERO_CELSIUS:.{places}f} °C)".replace("-", "−")


def goal_of(result: Result, case: BodyCase) -> tuple[str, float, float | None]:
    """Return the goal in words, its temperature and the error of it [K]."""
    name = case.goal or next(iter(case.regions))
    numbers = result.summary
    error = numbers.get("goal_error_K")
    if name in case.regions:
        return f"mean temperature of {name}", numbers[f"region_{name}_mean_K"], error
    return f"temperature at {name}", numbers[f"probe_{name}_K"], error


def goal_text(result: Result, case: BodyCase) -> str:
    """Return the goal in a sentence."""
    words, value, error = goal_of(result, case)
    time = result.summary.get("time_s")
    when = "The" if time is None else f"After {time_text(time)} the"
    return f"{when} {words} is {absolute(value, error)}."


def body_path(place: str, path: str) -> str:
    """Return a path of the budget in words: ``convection, right``."""
    return f"{_PATHS.get(path, path.replace('_', ' '))}, {place.replace('_', ' ')}"


def whole_body(case: BodyCase) -> str:
    """Return what the rows of the budget belong to: the only region, or the body of them all."""
    return next(iter(case.regions)) if len(case.regions) == 1 else "body"


def body_question(case: BodyCase) -> str:
    """Return what was asked: geometry and materials in a sentence."""
    parts = ", ".join(f"{name} of {material}" for name, material in case.material_names().items())
    return f"{geometry_words(case)}: {parts}. How warm does it get, and where does the heat go?"


def geometry_words(case: BodyCase) -> str:
    """Return kind, size and symmetry of a geometry."""
    words = {"planar": "planar, per metre of depth", "axisymmetric": "turned about r = 0"}
    turned = words.get(case.symmetry, "in space")
    geometry = case.geometry
    if isinstance(geometry, GeometryFile):
        return f"Geometry of {geometry.file.name}, {turned}"
    intervals = (
        (geometry.x, geometry.y, geometry.z) if isinstance(geometry, Box) else geometry.intervals
    )
    size = " × ".join(si_text(high - low, "m") for low, high in intervals)
    return f"{geometry.kind.capitalize()} of {size}, {turned}"


def body_temperatures(result: Result, case: BodyCase) -> list[tuple[str, str]]:
    """Return the temperatures of goal, probes and regions, in words."""
    numbers = result.summary
    words, value, error = goal_of(result, case)
    rows = [(words, absolute(value, error))]
    for key, found in numbers.items():
        name = f"temperature at {key[6:-2]}"
        if key.startswith("probe_") and key.endswith("_K") and name != words:
            rows.append((name, absolute(found)))
    for name in case.regions:
        low, mean, high = (numbers[f"region_{name}_{key}_K"] for key in ("min", "mean", "max"))
        if words != f"mean temperature of {name}":
            rows.append((f"mean temperature of {name}", absolute(mean)))
        rows.append((f"lowest … highest of {name}", f"{absolute(low)} … {absolute(high)}"))
    return rows
