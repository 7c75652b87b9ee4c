"""Pages of HTML that need no other file: the report of a result, and results side by side."""

from __future__ import annotations

import base64
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.results.result import CASE, LOG
from thermosim.results.words import goal_delta, result_rows
from thermosim.visual import style
from thermosim.visual.budget import headline, percent, rows_of, shares
from thermosim.visual.compare import letter, name_of

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
    "temperature.png": "Temperature {where}. White lines are isotherms.",
    "light.png": "Intensity in the {lit} on a cut through its middle, on a logarithmic scale, and "
    "along two lines. Series and beams are drawn point by point, rays as the mean of each cell. "
    "Hot spots excite dots beyond their optimum.",
    "near_field.png": "Square of the electric field in and around the {lit}, over that of the "
    "light in vacuum, on the plane of its axis, by Maxwell's equations. Layers are dashed.",
    "budget.png": "Heat budget: each bar is the heat that a path brings to a body (right) or takes "
    "from it (left). The bars of a body sum to zero.",
    "course.png": "Temperature of the {about} over time.",
    "course_heat.png": "Heat that each path brings to the {about} over time.",
    "uncertainty.png": "What each number that is not known exactly does to ΔT within one standard "
    "deviation; where it comes from stands in summary.json.",
    "mesh.png": "The mesh in the same windows.",
}
_CUT = "on the cut through {about} and {other}; each panel has its own colour scale"
_BAR_FROM, _BAR_TO = 1e-3, 300.0  # K
_WITH_PREFIX = {"m", "s", "W", "Pa", "Hz", "W/m^2", "W/K"}
_WALL = {"mesh": "mesh", "setup": "set-up", "solve": "solve", "budget": "budget",
         "error_estimate": "error estimate", "output": "output", "": "all"}  # fmt: skip


def report_page(
    result: Result, pictures: Mapping[str, Path], ladder: Mapping[str, Any] | None = None
) -> str:
    """Return the report of a result; pictures (file name to path) that exist are embedded."""
    there = {name: path for name, path in pictures.items() if path.is_file()}
    return render(
        "report.html.j2",
        title=result.case.title or "Untitled case",  # the folder has its final name later
        headline=headline(result),
        question=result.layout.question,
        warnings=warnings_of(result),
        layout=result.layout,
        closing=result_rows(result),
        budget=budget_table(result),
        ladder=ladder_rows(ladder) if ladder else [],
        decides=decision(ladder) if ladder else "",
        pictures=[(embedded(path), _caption(name, result)) for name, path in there.items()],
        without_fields="temperature.png" not in there,
        scene_parts=_scene(result),
        physics=sections(result, _PHYSICS),
        numerics=sections(result, _NUMERICS),
        provenance=provenance(result),
        case_text=_text(result, CASE),
        log_text=_text(result, LOG),
    )


def _scene(result: Result) -> dict[str, Any] | None:
    """Return what the template of a scene asks for; None without fields or ``output.scene``."""
    from thermosim.visual.fields_read import has_fields
    from thermosim.visual.scene_page import scene_parts

    if result.directory is None or not has_fields(result.directory):
        return None
    return scene_parts(result) if result.case.output.scene else None


def _caption(name: str, result: Result) -> str:
    layout = result.layout
    words = {"about": layout.about, "other": layout.other, "lit": layout.lit}
    where = "of the body" if layout.focus is None else _CUT.format(**words)
    return _CAPTIONS[name].format(where=where, **words)


def comparison_page(results: Sequence[Result], picture: Path, place: Path, report: str) -> str:
    """Return the page of results side by side; links are relative to the folder `place`."""
    columns = []
    for i, result in enumerate(results):
        target = result.directory / report if result.directory else None
        link = os.path.relpath(target, place) if target and target.is_file() else ""
        columns.append({"letter": letter(i), "name": name_of(result), "link": link})
    labels = dict.fromkeys(label for r in results for label, _ in result_rows(r))
    tables = [dict(result_rows(r)) for r in results]
    return render(
        "comparison.html.j2",
        title="Results side by side",
        columns=columns,
        rows=[(label, [table.get(label, "–") for table in tables]) for label in labels],
        differences=differences(results),
        picture=embedded(picture),
        headlines=[headline(r) for r in results],
        warnings=shared([warnings_of(result) for result in results]),
    )


def shared(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return the warnings of several results once each, with the letters of those that have it."""
    owners: dict[str, list[str]] = {}
    for i, own in enumerate(lines):
        for line in own:
            owners.setdefault(line, []).append(letter(i))
    return [f"{', '.join(found)}: {line}" for line, found in owners.items()]


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


def warnings_of(result: Result) -> list[str]:
    """Return the notes of a result, and what its numbers say against it."""
    found = list(result.notes)
    mean, error = goal_delta(result)
    if error is None and result.summary.get("kind") == "steady":
        found.append("no error estimate was asked for (solver.error_estimate = false)")
    elif error is not None and error > 0.05 * abs(mean):
        found.append(
            f"the numerical error is {percent(error / abs(mean)) if mean else 'not'} of ΔT; "
            "raise mesh.refinement"
        )
    return found


def budget_table(result: Result) -> list[dict[str, str]]:
    """Return the budget, one row per path."""
    rows, unit = rows_of(result), result.layout.heat_unit
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


def ladder_rows(ladder: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the steps of a ladder: name, words, ΔT, and the length of its bar on a log scale.

    Bars begin at 1 mK and end at 300 K.
    """
    rows = []
    steps = list(ladder["steps"])
    if (written := ladder.get("as_written_delta_T_mean_K")) is not None:
        last = {"name": "case as written", "words": "everything that the case says"}
        steps.append({**last, "delta_T_mean_K": written})
    for step in steps:
        delta = step["delta_T_mean_K"]
        length = 0.0
        if delta:
            decades = math.log10(abs(delta) / _BAR_FROM) / math.log10(_BAR_TO / _BAR_FROM)
            length = min(max(decades, 0.01), 1.0)
        far = delta is not None and delta > _BAR_TO
        shown = "none" if delta is None else style.si_text(delta, "K", zeros=True)
        rows.append({
            "name": step["name"], "words": step["words"],
            "delta": f"> {_BAR_TO:g} K" if far else shown,
            "length": f"{100.0 * length:.0f}", "effect": "cools" if (delta or 0) < 0 else "warms",
        })  # fmt: skip
    return rows


def decision(ladder: Mapping[str, Any]) -> str:
    """Return which step decides, in words."""
    words = {step["name"]: step["words"] for step in ladder["steps"]}
    name = ladder["decides"]
    return f"Decides: {name} ({words[name]})." if name else ""


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
    """Return a parameter for people: ``5e-06 m`` and ``5 um`` become ``5 µm``, joules eV."""
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
    if unit in {"J", "J/K", *_WITH_PREFIX}:
        return quantity(size, unit)
    return f"{style.power_of_ten(size)} {style.printed_unit(unit)}"


def quantity(value: float, unit: str) -> str:
    """Return a quantity with an SI prefix where that is usual for its unit, else a power of ten."""
    from scipy.constants import e

    if unit in {"J", "J/K"}:
        return style.si_text(value / e, unit.replace("J", "eV"), 6)
    if unit in _WITH_PREFIX:
        return style.si_text(value, style.printed_unit(unit), 6)
    return f"{style.power_of_ten(value)} {style.printed_unit(unit)}"


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
