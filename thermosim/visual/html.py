"""Pages of HTML that need no other file: the report of a result, and results side by side."""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.results.result import CASE, LOG
from thermosim.results.words import ending_rows, particle_rows
from thermosim.visual import style
from thermosim.visual.budget import headline, percent, rows_of, shares
from thermosim.visual.compare import letter, name_of
from thermosim.visual.general import (
    body_question,
    body_temperatures,
    general_case,
    heat_unit,
    particle_case,
    support_words,
)

if TYPE_CHECKING:
    from thermosim.results import Result

Table = list[tuple[str, str]]

_PHYSICS = (
    "particle", "substrate", "contact", "laser", "optics", "source", "gain", "chamber", "radiation",
    "geometry", "regions", "boundaries", "contacts", "enclosures", "films", "probes", "goal",
    "transient", "thermometry", "materials",
)  # fmt: skip
_NUMERICS = ("mesh", "solver", "output")
_CAPTIONS = {
    "temperature.png": "Temperature on the cut through particle and substrate; each panel has its "
    "own colour scale. White lines are isotherms.",
    "light.png": "Intensity in the particle on the cut y = 0, the mean of each cell, on a "
    "logarithmic scale. Hot spots excite dots beyond their optimum.",
    "budget.png": "Heat budget: each bar is the heat that a path brings to a body (right) or takes "
    "from it (left). The bars of a body sum to zero.",
    "course.png": "Temperature of the particle over time.",
    "course_heat.png": "Heat that each path brings to the particle over time.",
    "mesh.png": "The mesh in the same windows.",
}
_GENERAL_CAPTIONS = {
    "temperature.png": "Temperature of the body. White lines are isotherms.",
    "budget.png": "Heat budget: each bar is the heat that a path brings to the body (right) or "
    "takes from it (left). The bars sum to zero.",
    "course.png": "Temperatures over time.",
    "course_heat.png": "Heat that each path brings to the body over time.",
}
_WITH_PREFIX = {"m", "s", "W", "Pa", "Hz", "W/m^2", "W/K"}
_WALL = {"mesh": "mesh", "setup": "set-up", "solve": "solve", "budget": "budget",
         "error_estimate": "error estimate", "output": "output", "": "all"}  # fmt: skip


def report_page(result: Result, pictures: Mapping[str, Path]) -> str:
    """Return the report of a result; pictures (file name to path) that exist are embedded."""
    there = {name: path for name, path in pictures.items() if path.is_file()}
    general = general_case(result) is not None
    return render(
        "report.html.j2",
        title=result.case.title or "Untitled case",  # the folder has its final name later
        headline=headline(result),
        question=question(result),
        warnings=warnings_of(result),
        general=general,
        closing=closing_table(result),
        budget=budget_table(result),
        pictures=[
            (embedded(path), _caption(name, general=general)) for name, path in there.items()
        ],
        without_fields="temperature.png" not in there,
        physics=sections(result, _PHYSICS),
        numerics=sections(result, _NUMERICS),
        provenance=provenance(result),
        case_text=_text(result, CASE),
        log_text=_text(result, LOG),
    )


def _caption(name: str, *, general: bool) -> str:
    return (_CAPTIONS | _GENERAL_CAPTIONS if general else _CAPTIONS).get(name, "")


def comparison_page(results: Sequence[Result], picture: Path, place: Path, report: str) -> str:
    """Return the page of results side by side; links are relative to the folder `place`."""
    columns = []
    for i, result in enumerate(results):
        target = result.directory / report if result.directory else None
        link = os.path.relpath(target, place) if target and target.is_file() else ""
        columns.append({"letter": letter(i), "name": name_of(result), "link": link})
    labels = dict.fromkeys(label for r in results for label, _ in closing_table(r))
    tables = [dict(closing_table(r)) for r in results]
    return render(
        "comparison.html.j2",
        title="Results side by side",
        columns=columns,
        rows=[(label, [table.get(label, "–") for table in tables]) for label in labels],
        differences=differences(results),
        picture=embedded(picture),
        headlines=[headline(r) for r in results],
        warnings=[f"{letter(i)}: {w}" for i, r in enumerate(results) for w in warnings_of(r)],
    )


def render(template: str, **content: Any) -> str:
    """Return a template of this package, filled."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**content)


def embedded(path: Path) -> str:
    """Return a PNG as a data URL."""
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def question(result: Result) -> str:
    """Return what was asked: body, place and light of the case in a sentence."""
    general = general_case(result)
    if general is not None:
        return body_question(general)
    case = particle_case(result)
    names = case.material_names()
    size = style.si_text(case.particle.shape.equivalent_radius, "m", 3)
    kind = case.particle.shape.kind.replace("_", " ")
    radius = "radius" if kind == "sphere" else "equivalent radius"
    text = f"{kind.capitalize()} of {names['particle']}, {radius} {size}"
    if case.particle.count > 1:
        text = f"{case.particle.count} particles, each a {text[0].lower()}{text[1:]}"
    if support_words(case):
        text += f", on {support_words(case)} ({case.substrate.kind})"
    b = result.summary.get("contact_radius_m", 0.0)
    if b and case.contact is not None:
        text += f", contact radius {style.si_text(b, 'm', 3)} ({case.contact.kind})"
    T = result.summary["chamber_temperature_K"]
    return f"{text}; chamber at {T:g} K. How cold or warm does it get, and where does the heat go?"


def warnings_of(result: Result) -> list[str]:
    """Return the notes of a result, and what its numbers say against it."""
    found = list(result.notes)
    numbers = result.summary
    mean = numbers["delta_T_mean_K"]
    error = numbers.get("delta_T_error_K")
    if "goal_K" in numbers:
        mean = numbers["goal_K"] - numbers["T_ref_K"]
    if error is None and numbers.get("kind") == "steady":
        found.append("no error estimate was asked for (solver.error_estimate = false)")
    elif error is not None and error > 0.05 * abs(mean):
        found.append(
            f"the numerical error is {percent(error / abs(mean)) if mean else 'not'} of ΔT; "
            "raise mesh.refinement"
        )
    return found


def closing_table(result: Result) -> Table:
    """Return the numbers that a run prints at its end, in words."""
    numbers, general = result.summary, general_case(result)
    if general is not None:
        rows = body_temperatures(result, general)
        unit = heat_unit(result)
        comes = sum(row.heat for row in rows_of(result) if row.heat > 0)
        rows.append(("heat that comes in", style.si_text(comes, unit, zeros=True)))
        return rows + ending_rows(numbers)
    return particle_rows(numbers)


def budget_table(result: Result) -> list[dict[str, str]]:
    """Return the budget, one row per path."""
    rows, unit = rows_of(result), heat_unit(result)
    return [
        {
            "body": row.body,
            "label": row.label,
            "heat": style.si_text(row.heat, unit, zeros=True),
            "effect": "cools" if row.heat < 0 else "warms" if row.heat > 0 else "",
            "share": percent(share),
        }
        for row, share in zip(rows, shares(rows), strict=True)
    ]


def sections(result: Result, names: Sequence[str]) -> list[tuple[str, Table]]:
    """Return the resolved parameters of the named sections, readable."""
    tree = _tree(result)
    parts = {n: tree[n] if isinstance(tree[n], dict) else {n: tree[n]} for n in names if n in tree}
    found = [(name, list(flattened(part).items())) for name, part in parts.items()]
    return [(name, table) for name, table in found if table]


def _tree(result: Result) -> dict[str, Any]:
    return tomllib.loads(result.case.to_toml())


def flattened(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested parameters as ``shape.radius -> 5 µm``; what is empty is left out."""
    found: dict[str, str] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= flattened(value, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            named = {
                str(item.get("name", i + 1)): {k: v for k, v in item.items() if k != "name"}
                for i, item in enumerate(value)
            }
            found |= flattened(named, f"{name}.")
        elif value not in ([], ""):
            found[name] = readable(value)
    return found


def readable(value: Any) -> str:
    """Return a parameter for people: ``5e-06 m`` becomes ``5 µm``, an energy is told in eV."""
    if isinstance(value, list):
        return ", ".join(readable(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return style.power_of_ten(value) if isinstance(value, float) else str(value)
    number, _, unit = value.partition(" ")
    try:
        size = float(number)
    except ValueError:
        return value
    return quantity(size, unit)


def quantity(value: float, unit: str) -> str:
    """Return a quantity with an SI prefix where that is usual for its unit, else a power of ten."""
    from scipy.constants import e

    if unit in {"J", "J/K"}:
        return style.si_text(value / e, unit.replace("J", "eV"), 6)
    written = (
        unit.replace("^2", "²").replace("^3", "³").replace("*", " ").replace("delta_degC", "K")
    )
    if unit in _WITH_PREFIX:
        return style.si_text(value, written, 6)
    return f"{style.power_of_ten(value)} {written}"


def provenance(result: Result) -> Table:
    """Return versions, hashes and times."""
    numbers = result.summary
    rows = [
        (key.removesuffix("_version").replace("thermosim", "thermosim (this program)"), str(value))
        for key, value in numbers.items()
        if key.endswith("_version")
    ]
    rows += [
        (key.replace("_", " "), str(numbers[key]))
        for key in ("created", "case_hash", "mesh_hash", "n_ranks")
        if key in numbers
    ]
    for name, words in _WALL.items():
        key = f"wall_{name}_s".replace("__", "_")
        if key in numbers:
            rows.append((f"time, {words}", f"{numbers[key]:.2f} s"))
    return rows


def differences(results: Sequence[Result]) -> list[tuple[str, list[str]]]:
    """Return the parameters in which the cases differ, those of the mesh and solver included."""
    tables = [flattened(_tree(result)) for result in results]
    names = dict.fromkeys(name for table in tables for name in table if name != "title")
    rows = [(name, [table.get(name, "–") for table in tables]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def _text(result: Result, name: str) -> str:
    path = result.directory / name if result.directory else None
    return path.read_text() if path is not None and path.is_file() else ""
