"""The results of a study as one xarray Dataset and as CSV, with units; the same on every run."""

from __future__ import annotations

import functools
import io
import json
import pickle
import re
import subprocess
import sys
import tempfile
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim import __version__
from thermosim.errors import StorageError
from thermosim.language.units import Quantity, parse_quantity
from thermosim.studies.plan import FORMAT, SAMPLE, Plan, as_json
from thermosim.studies.store import Record

if TYPE_CHECKING:
    import xarray as xr

# of a summary: what tells about the machine, and what is the same for all points
_LEFT_OUT = re.compile(
    r"wall_.*|memory_.*|.*_version|format|n_ranks|title|kind|mesh_hash|case_hash"
)
_UNIT = re.compile(r"(?:K|W|m|s|J|eV|Pa|Hz|rad|kg|mol)[2-4]?")
_QUANTITY = re.compile(r"\s*[+-]?[\d.]+(?:[eE][+-]?\d+)?\s*(.*)")


@functools.cache
def make_ready() -> None:
    """Load what datasets are made with: most of a second, while others compute the points.

    With its first dataset xarray loads all kinds of arrays that are installed.
    """
    import xarray as xr

    xr.Dataset({"nothing": ("x", [0.0])}, coords={"x": [0.0]})


def make_dataset(plan: Plan, records: Mapping[str, Record]) -> xr.Dataset:
    """Return the numbers of all points over the dimensions of the study.

    Numbers of points without a result are NaN; ``status`` says "done", "failed" or
    "disturbed" (``message`` tells why), "invalid" or "missing". Nothing
    in it depends on who computed which point when.
    """
    import xarray as xr

    dims = [dimension.name for dimension in plan.dimensions]
    shape = [dimension.size for dimension in plan.dimensions]
    found = [records.get(point.key) for point in plan.points]
    data: dict[str, Any] = {}
    for name in _number_names(found):
        values = [np.nan if r is None else float(r.summary.get(name, np.nan)) for r in found]
        data[name] = (dims, np.array(values).reshape(shape), attributes_of(name))
    for name, texts in _texts(plan, found).items():
        data[name] = (dims, np.array(texts, dtype=object).reshape(shape))
    return xr.Dataset(data, coords=_coordinates(plan), attrs=_attributes(plan))


def _number_names(found: list[Record | None]) -> list[str]:
    """Return the names of all numbers, in the order in which the points bring them."""
    names: dict[str, None] = {}
    for record in found:
        if record is not None:
            names.update(
                (name, None)
                for name, value in record.summary.items()
                if _is_number(value) and not _LEFT_OUT.fullmatch(name)
            )
    return list(names)


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value in ("nan", "inf", "-inf")
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(plan: Plan, found: list[Record | None]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {"status": [], "message": [], "notes": [], "key": []}
    for point, record in zip(plan.points, found, strict=True):
        if point.case is None:
            status, message = "invalid", point.problem
        elif record is None:
            status, message = "missing", ""
        else:
            status, message = record.status, record.message
        texts["status"].append(status)
        texts["message"].append(message)
        texts["notes"].append("; ".join(record.notes) if record else "")
        texts["key"].append(point.key)
    return texts


def attributes_of(name: str) -> dict[str, str]:
    """Return unit and readable name of a number of the summary, from the end of its name.

    ``…_K`` is in K, ``…_W_per_m2`` in W/m^2, ``emitted_photons_per_s`` in 1/s.
    """
    words = name.split("_")
    end = len(words)
    while end > 1 and _UNIT.fullmatch(words[end - 1]):
        end -= 1
    units = [re.sub(r"(\d)$", r"^\1", word) for word in words[end:]]
    per = f"({'*'.join(units)})" if len(units) > 1 else "".join(units)
    if per and words[end - 1] == "per" and end > 1:
        over = words[end - 2] if end > 2 and _UNIT.fullmatch(words[end - 2]) else ""
        stem = words[: end - 2] if over else words[: end - 1]
        return {"units": f"{over or 1}/{per}", "long_name": _words("_".join(stem))}
    if len(units) == 1:
        return {"units": per, "long_name": _words("_".join(words[:end]))}
    return {"units": "1", "long_name": _words(name.removesuffix("_rel"))}


def _words(name: str) -> str:
    return name.replace("delta_T", "ΔT").replace("_", " ")


def _attributes(plan: Plan) -> dict[str, Any]:
    case = json.dumps(plan.base, sort_keys=True, default=str)
    study = plan.study.model_dump_json(exclude_defaults=True)
    return {
        "title": str(plan.base.get("title", "")),
        "case": case,
        "study": study,
        "format": FORMAT,
        "source": f"thermosim {__version__}",
        "Conventions": "CF-1.10",
    }


def _coordinates(plan: Plan) -> dict[str, Any]:
    coordinates: dict[str, Any] = {}
    for dimension in plan.dimensions:
        if dimension.name == SAMPLE:
            numbers = np.arange(dimension.size)
            coordinates[SAMPLE] = ([SAMPLE], numbers, {"units": "1", "long_name": "sample"})
        for path, given in dimension.columns.items():
            name = plan.names.get(path, path)
            values, unit = column_of(plan, path, given)
            attributes = {"long_name": _words(name)}
            if name != path:
                attributes["parameter"] = path
            if unit is not None:
                attributes["units"] = unit
                attributes |= _as_asked(given)
                attributes["scale"] = scale_of(values)
            coordinates[name] = ([dimension.name], values, attributes)
    return coordinates


def column_of(plan: Plan, path: str, given: tuple[Any, ...]) -> tuple[Any, str | None]:
    """Return the values of a path as an array, SI floats where it is a quantity, and the unit.

    The unit is None where the values are texts.
    """
    case = next((point.case for point in plan.points if point.case is not None), None)
    unit = unit_at(case, path.split(".")) if case is not None else None
    if unit is None:
        unit = _unit_given(given)
    try:
        numbers = [_as_number(value, unit) for value in given]
    except ValueError:
        return np.array([as_json(value) for value in given], dtype=object), None
    return np.array(numbers), unit or "1"


def scale_of(values: NDArray[np.float64]) -> str:
    """Return "log" for values over more than a decade whose logarithms are spread more evenly."""
    x = np.unique(values)
    if len(x) < 3 or x[0] <= 0 or x[-1] < 10 * x[0]:
        return "linear"
    steps, ratios = np.diff(x), np.diff(np.log(x))
    return "log" if np.ptp(ratios) / ratios.mean() < np.ptp(steps) / steps.mean() else "linear"


def _as_number(value: Any, unit: str | None) -> float:
    if isinstance(value, str) and unit is not None:
        return parse_quantity(value, unit)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number")
    return float(value)


def _as_asked(given: tuple[Any, ...]) -> dict[str, str]:
    """Return the unit in which values were asked for as an attribute: pictures are drawn in it."""
    unit = _unit_given(given)
    return {} if unit is None else {"unit_written": unit}


def _unit_given(given: tuple[Any, ...]) -> str | None:
    """Return the unit of the first value that has one: for keys with a short form of a section."""
    matches = (_QUANTITY.fullmatch(value) for value in given if isinstance(value, str))
    return next((match[1] for match in matches if match and match[1]), None)


def unit_at(section: Any, parts: list[str]) -> str | None:
    """Return the SI unit of the quantity at a path of a case; None if there is none."""
    head, *rest = parts
    if rest:
        inner = section.get(head) if isinstance(section, dict) else getattr(section, head, None)
        return None if inner is None else unit_at(inner, rest)
    info = getattr(type(section), "model_fields", {}).get(head)
    if info is None:
        return None
    return _quantity_in([*info.metadata, info.annotation])


def _quantity_in(items: list[Any]) -> str | None:
    """Return the unit that stands in annotations or their arguments."""
    for item in items:
        if isinstance(item, Quantity):
            return item.unit
        inner = [*typing.get_args(item), *getattr(item, "metadata", ())]
        if inner and (unit := _quantity_in(inner)) is not None:
            return unit
    return None


# xarray asks dask for its scheduler where it finds it: half of the time of such a process.
_WITHOUT_DASK = "import sys; sys.modules.update(dask=None, distributed=None)"
_WRITE = f"""{_WITHOUT_DASK}
import pickle
pickle.load(sys.stdin.buffer).to_netcdf(sys.argv[1], engine="netcdf4", format="NETCDF4")
"""


def netcdf_bytes(dataset: xr.Dataset) -> bytes:
    """Return a dataset as a netCDF-4 file.

    Written by a process of its own where DOLFINx is in this one: its HDF5 library and that of
    netCDF4 may be two versions of the same symbols, which do not get along.

    Raises
    ------
    StorageError
        If there is no room for temporary files.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.nc"
        try:
            if "dolfinx" in sys.modules:
                command = [sys.executable, "-c", _WRITE, str(path)]
                subprocess.run(command, input=pickle.dumps(dataset), check=True)
            else:
                dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4")
            return path.read_bytes()
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            raise StorageError(
                f"{path} cannot be written: {error}; is there room for temporary files?"
            ) from error


_MOST_BYTES = 4 * 2**30  # of a study in memory: a small file may hold far more, packed
_READ = f"""{_WITHOUT_DASK}
import pickle
import xarray
with xarray.open_dataset(sys.argv[1], engine="netcdf4") as stored:
    if stored.nbytes > int(sys.argv[2]):
        sys.exit(f"it holds {{stored.nbytes}} bytes")
    sys.stdout.buffer.write(pickle.dumps(stored.load()))
"""


def read_dataset(path: str | Path) -> xr.Dataset:
    """Read ``study.nc``; by a process of its own where DOLFINx is in this one (`netcdf_bytes`).

    Raises
    ------
    StorageError
        If it is damaged, or unpacks to more than 4 GiB.
    """
    if "dolfinx" in sys.modules:
        command = [sys.executable, "-c", _READ, str(path), str(_MOST_BYTES)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise StorageError(f"{path} cannot be read: {done.stderr.decode().splitlines()[-1]}")
        found: xr.Dataset = pickle.loads(done.stdout)  # from the process just started
        return found
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="netcdf4") as stored:
            if stored.nbytes > _MOST_BYTES:
                raise StorageError(f"{path} cannot be read: it holds {stored.nbytes} bytes")
            return stored.load()
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error


def csv_text(dataset: xr.Dataset) -> str:
    """Return a dataset as CSV: a row for each point, in order; units in the heads of columns."""
    import csv

    import xarray as xr

    names = [*dataset.coords, *dataset.data_vars]
    full = xr.broadcast(*(dataset[name] for name in names))
    order = list(dataset[next(iter(dataset.data_vars))].dims)
    columns = [array.transpose(*order).values.ravel() for array in full]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_head(dataset, str(name)) for name in names])
    writer.writerows(zip(*(map(_cell, column) for column in columns), strict=True))
    return stream.getvalue()


def _head(dataset: xr.Dataset, name: str) -> str:
    unit = dataset[name].attrs.get("units", "1")
    return name if unit == "1" else f"{name} [{unit}]"


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else repr(value.item() if hasattr(value, "item") else value)
