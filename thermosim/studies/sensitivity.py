"""Which input matters: Sobol indices and Morris effects of a sampled study, by SALib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import CaseError
from thermosim.studies.optimum import require_number

if TYPE_CHECKING:
    import xarray as xr

    from thermosim.studies.plan import Plan


def sensitivity(plan: Plan, dataset: xr.Dataset) -> xr.Dataset:
    """Return the indices of the study's objective for each varied parameter (or zipped group).

    What they are, the method of the study says (`thermosim.case.methods`).

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
    assert study.samples is not None
    numbers = study.sampling.indices(names, study.samples, study.seed, y)
    has_unit = study.sampling.indices_have_unit
    unit = dataset[study.objective].attrs["units"] if has_unit else "1"
    data = {
        name: (["parameter"], np.asarray(values, float), {"units": unit})
        for name, values in numbers.items()
    }
    return xr.Dataset(data, coords={"parameter": names}, attrs={"objective": study.objective})
