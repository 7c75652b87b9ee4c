"""The page of a study: its optimum, its pictures, what failed, what was held fixed; one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thermosim.language.units import si_text
from thermosim.visual.claim_words import quantity
from thermosim.visual.html import embedded, flattened, readable, render

if TYPE_CHECKING:
    from thermosim.studies.found import Report
    from thermosim.studies.optimum import Optimum
    from thermosim.studies.sweep import StudyResult

PAGE = "report.html"
_MOST_FAILED = 200


def study_page(found: Report, result: StudyResult) -> str:
    """Return the page of a finished study; its pictures are embedded."""
    plan = result.plan
    varied = {path for d in plan.dimensions for path in d.columns}
    return render(
        "sweep.html.j2",
        title=found.title or "Study",
        points=found.points,
        failed=list(found.failed.items())[:_MOST_FAILED],
        failed_count=len(found.failed),
        goal_words=found.goal_words,
        optima=[_row(place, best, found) for place, best in found.optima],
        indices=_indices(found),
        pictures=[(embedded(path), _caption(path.stem, found)) for path in found.pictures],
        varied=[
            (path, _values(values)) for d in plan.dimensions for path, values in d.columns.items()
        ],
        fixed=[
            (name, value)
            for name, value in flattened(dict(plan.base)).items()
            if name != "title" and name not in varied
        ],
    )


def _row(place: str, best: Optimum, found: Report) -> dict[str, str]:
    between = "at the end of the range: widen it"
    if not best.at_end:
        ends = [quantity(x, found.along_unit) for x in (best.low, best.high)]
        between = "" if best.low == best.high else " … ".join(ends)
    return {
        "place": place + (" (best of all)" if best is found.best and len(found.optima) > 1 else ""),
        "at": f"{best.along} = {quantity(best.at, found.along_unit)}",
        "value": si_text(best.value, found.unit, 4) if found.unit else f"{best.value:.4g}",
        "between": between,
    }


def _indices(found: Report) -> dict[str, Any]:
    """Return the indices of sensitivity as a table: heads and rows."""
    if found.indices is None:
        return {}
    names = [str(name) for name in found.indices.data_vars]
    rows = [
        (str(parameter), [f"{float(found.indices[name].values[i]):.3g}" for name in names])
        for i, parameter in enumerate(found.indices["parameter"].values)
    ]
    return {"heads": names, "rows": rows}


def _caption(name: str, found: Report) -> str:
    over = name.removeprefix(found.objective).strip("_").replace("_", " ")
    if over.endswith("map"):
        over = over.removesuffix("map").strip()
        return f"Map of {found.words} over the parameters varied, {over} upwards"
    each = f", a line for each {over}" if over else ""
    return f"{found.words} over the first parameter varied{each}"


def _values(values: tuple[Any, ...]) -> str:
    shown = [readable(value) for value in values]
    if len(shown) > 12:
        return f"{shown[0]} … {shown[-1]} ({len(shown)} values)"
    return ", ".join(shown)
