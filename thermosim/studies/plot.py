"""Pictures of a study by the names of its parameters: ``study.plot.map("radius", "intensity")``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.language.units import parse_quantity
from thermosim.studies.optimum import require_number
from thermosim.studies.pictures import both_signs, map_of, readable
from thermosim.visual.studies import draw_array

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class StudyPlot:
    """Draws the numbers of a study; each picture is a matplotlib figure.

    Attributes
    ----------
    dataset : all numbers over the dimensions of the study
    objective : the number that is drawn unless another is asked for
    """

    dataset: xr.Dataset
    objective: str

    def map(self, x: str, y: str, number: str | None = None, **where: Any) -> Figure:
        """Draw a number over two parameters as colours, those of both signs centred on zero.

        `where` chooses the values of other dimensions, by the nearest: ``stage="real"``,
        ``pressure="1e-3 Pa"``, or a number in SI units.

        Raises
        ------
        CaseError
            If there is no such parameter or number, or dimensions are left to choose.
        """
        array = self._chosen((x, y), number, where)
        return map_of(array.transpose(y, x), _title(where))

    def line(
        self, x: str, number: str | None = None, *, family: str | None = None, **where: Any
    ) -> Figure:
        """Draw a number over a parameter, a line for each value of `family` if that is given.

        Raises
        ------
        CaseError
            As `map`.
        """
        array = self._chosen((family, x) if family else (x,), number, where)
        ordered = array.transpose(family, x) if family else array
        return both_signs(draw_array(readable(ordered), title=_title(where)), ordered)

    def _chosen(
        self, names: tuple[str, ...], number: str | None, where: dict[str, Any]
    ) -> xr.DataArray:
        found = number or self.objective
        require_number(self.dataset, found)
        array = self.dataset[found]
        there = [str(dim) for dim in array.dims]
        for name in (*names, *where):
            if name not in there:
                raise CaseError(f'"{name}" is no dimension of the study; it has {", ".join(there)}')
        for name, value in where.items():
            array = _at(array, name, value)
        left = [str(dim) for dim in array.dims if dim not in names]
        if left:
            first = self.dataset[left[0]]
            unit = first.attrs.get("units", "")
            shown = first.values[0] if first.dtype == object else f"{first.values[0]:g} {unit}"
            example = f'{left[0]}="{shown}"'
            raise CaseError(f"{', '.join(left)}: choose a value, for instance {example}")
        return array


def _at(array: xr.DataArray, name: str, value: Any) -> xr.DataArray:
    """Return an array at the value of a dimension: a text as it is, a number by the nearest."""
    coordinate = array[name]
    try:
        if coordinate.dtype == object:
            return array.sel({name: value})
        if isinstance(value, str):
            value = parse_quantity(value, str(coordinate.attrs.get("units", "")))
    except (KeyError, ValueError) as error:
        known = ", ".join(str(one) for one in coordinate.values)
        raise CaseError(f"{name} = {value!r} is not in the study; it has {known}") from error
    return array.sel({name: value}, method="nearest")


def _title(where: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in where.items())
