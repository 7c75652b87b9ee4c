"""Which input matters: Sobol indices and Morris effects of a sampled study, by SALib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError
from thermosim.studies.optimum import require_number
from thermosim.studies.sampling import salib_problem, unit_samples

if TYPE_CHECKING:
    import xarray as xr

    from thermosim.studies.plan import Plan

Floats = NDArray[np.float64]
METHODS = ("saltelli", "morris")


def sensitivity(plan: Plan, dataset: xr.Dataset) -> xr.Dataset:
    """Return the indices of the study's objective for each varied parameter (or zipped group).

    "saltelli": first-order ``S1`` and total ``ST`` indices with 95 % intervals
    (10.1016/S0378-4754(00)00270-6); "morris": ``mu``, ``mu_star``, ``sigma`` of the elementary
    effects over the whole ranges (10.1016/j.envsoft.2006.10.004), in the unit of the objective.

    Raises
    ------
    CaseError
        If a point has no result: the indices need them all.
    """
    import xarray as xr

    study = plan.study
    require_number(dataset, study.objective)
    y = np.asarray(dataset[study.objective].values, dtype=float)
    if not np.isfinite(y).all():
        raise CaseError(
            f"indices of sensitivity need a result at every point; {np.sum(~np.isfinite(y))} of "
            f"{len(y)} have none; narrow the ranges, or run the failed points again"
        )
    names = ["+".join(plan.names[v.path] for v in group) for group in study.groups()]
    numbers = _analyse(plan, names, y)
    unit = dataset[study.objective].attrs["units"] if study.method == "morris" else "1"
    data = {
        name: (["parameter"], np.asarray(values, float), {"units": unit})
        for name, values in numbers.items()
    }
    return xr.Dataset(data, coords={"parameter": names}, attrs={"objective": study.objective})


def _analyse(plan: Plan, names: list[str], y: Floats) -> dict[str, Floats]:
    study, problem = plan.study, salib_problem(names)
    assert study.samples is not None
    if study.method == "morris":
        from SALib.analyze import morris

        cube = unit_samples("morris", study.samples, len(names), study.seed)
        found = morris.analyze(problem, cube, y, seed=study.seed)
        return {key: found[key] for key in ("mu", "mu_star", "mu_star_conf", "sigma")}
    from SALib.analyze import sobol

    found = sobol.analyze(problem, y, calc_second_order=False, seed=study.seed)
    return {key: found[key] for key in ("S1", "S1_conf", "ST", "ST_conf")}
