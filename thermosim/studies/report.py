"""What is said of a finished study: its optimum, its pictures, its indices of sensitivity."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError
from thermosim.studies.found import Report
from thermosim.studies.optimum import Optimum, optima, require_number
from thermosim.studies.sensitivity import sensitivity
from thermosim.studies.store import write_aside
from thermosim.studies.sweep import StudyResult
from thermosim.visual.claim_words import quantity

if TYPE_CHECKING:
    import xarray as xr

OPTIMUM, SENSITIVITY = "optimum.json", "sensitivity.csv"


def report(result: StudyResult, tell: Callable[[str], None] = lambda text: None) -> Report:
    """Find optimum and sensitivity, write them, and draw pictures unless the case forbids it.

    Raises
    ------
    CaseError
        If ``study.objective`` is no number of the results.
    """
    study, dataset = result.plan.study, result.dataset
    numbers = [n for n, v in dataset.data_vars.items() if v.dtype != object]
    found = Report(
        title=str(dataset.attrs["title"]),
        objective=study.objective,
        goal=study.goal,
        unit="",
        along_unit="",
        points=len(result.plan.points),
        computed=result.computed,
        failed=result.failed,
        directory=result.directory,
        optima=[],
    )
    if not numbers:
        tell("WARNING: no point has a result")
        return found
    require_number(dataset, study.objective)
    found.unit = unit_shown(dataset[study.objective])
    _find_optima(found, result)
    if study.sampling.ranks:
        try:
            found.indices = sensitivity(result.plan, dataset)
        except CaseError as error:
            tell(f"WARNING: {error}")
    if result.directory is not None:
        _write(found, result, tell)
    return found


def _find_optima(found: Report, result: StudyResult) -> None:
    """Name the optimum along the first varied parameter that is a number."""
    dataset = result.dataset
    array = dataset[found.objective]
    along = next((str(d) for d in array.dims if dataset[d].dtype != object), None)
    if along is None:
        return
    found.along_unit = unit_shown(dataset[along])
    for best in optima(dataset, found.objective, found.goal, along):
        found.optima.append((_place(dataset, best), best))


def unit_shown(array: xr.DataArray) -> str:
    """Return the unit of an array as people write it: nothing for a pure number."""
    unit = str(array.attrs.get("units", "1"))
    return "" if unit == "1" else unit


def _place(dataset: xr.Dataset, best: Optimum) -> str:
    parts = []
    for dim, value in best.where.items():
        if isinstance(value, str):
            parts.append(value)
        else:
            parts.append(f"{dim} {quantity(value, unit_shown(dataset[dim]))}".strip())
    return ", ".join(parts)


def _write(found: Report, result: StudyResult, tell: Callable[[str], None]) -> None:
    folder = result.directory
    assert folder is not None
    document = found.document()
    kept = {key: document[key] for key in ("objective", "goal", "optima")}
    text = json.dumps(kept, indent=2, allow_nan=False, default=_plain)
    write_aside(folder / OPTIMUM, f"{text}\n".encode())
    if found.indices is not None:
        write_aside(folder / SENSITIVITY, _indices_csv(found.indices).encode())
    if result.plan.pictures:
        from thermosim.studies.pictures import draw_study

        tell("pictures")
        found.pictures = draw_study(result.dataset, found.objective, folder)
    from thermosim.studies.page import PAGE, study_page

    write_aside(folder / PAGE, study_page(found, result).encode())


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _indices_csv(indices: xr.Dataset) -> str:
    names = [str(name) for name in indices.data_vars]
    lines = [",".join(["parameter", *names])]
    for i, parameter in enumerate(indices["parameter"].values):
        cells = (repr(float(indices[name].values[i])) for name in names)
        lines.append(",".join([str(parameter), *cells]))
    return "\n".join([*lines, ""])
