"""Pictures of the light in the lit region, and of what it does to the temperature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError
from thermosim.results import load_result
from thermosim.visual.fields_read import FIELDS
from thermosim.visual.light_map import LightMap, read_light_map
from thermosim.visual.style import WARMS, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.results import Result

Floats = NDArray[np.float64]
INTENSITY, DELTA_T = "intensity_W_per_m2", "delta_T_K"
_DECADES = 4.0
_KW_PER_CM2 = 1e-7  # per W/m²
_FOUR = ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5))  # VTK's order of six nodes


@dataclass(frozen=True)
class Cut:
    """The lit region in a plane, as triangles.

    Attributes
    ----------
    points
        x (or r) and z [µm], shape (n, 2); half of them where `half`.
    triangles
        Shape (m, 3).
    intensity
        Mean of each triangle's cell [W/m²], shape (m,).
    delta_T
        At the points [K], shape (n,).
    """

    points: Floats
    triangles: NDArray[np.int64]
    intensity: Floats
    delta_T: Floats
    half: bool


def read_cut(folder: Path, result: Result | None = None) -> Cut:
    """Read the light and ΔT of a result on the plane y = 0, or the middle of what lies beside it.

    Raises
    ------
    CaseError
        If the folder holds no result, no fields, or no light.
    """
    import pyvista

    result = result or load_result(folder)
    try:
        grid: Any = pyvista.get_reader(folder / FIELDS).read()[0]
    except (OSError, IndexError, ValueError) as error:
        raise CaseError(
            f"{FIELDS} cannot be read ({error}); run the case again", str(folder)
        ) from error
    layout, numbers = result.layout, result.summary
    if INTENSITY not in grid.cell_data or layout.lit is None:
        raise CaseError(f"holds no field {INTENSITY}; is there a laser?", str(folder))
    grid.points *= numbers["mesh_unit_m"] / 1e-6
    body = grid.extract_cells(np.rint(grid.cell_data["region"]) == numbers["regions"][layout.lit])
    half = layout.symmetry in ("axisymmetric", "quarter")
    if layout.symmetry in ("axisymmetric", "planar"):  # r, z or x, y stand as x, y
        return _of_half_plane(body, half=half)
    cut = body.slice("y", origin=_inside(body)).triangulate()
    return Cut(
        np.asarray(cut.points[:, [0, 2]], np.float64),
        np.asarray(cut.faces.reshape(-1, 4)[:, 1:], np.int64),
        np.asarray(cut.cell_data[INTENSITY], np.float64),
        np.asarray(cut.point_data[DELTA_T], np.float64),
        half,
    )


def _of_half_plane(body: Any, *, half: bool) -> Cut:
    """Return the triangles themselves, those of second order as four."""
    cells = np.asarray(body.cell_connectivity, np.int64).reshape(body.n_cells, -1)
    parts = _FOUR if cells.shape[1] == 6 else ((0, 1, 2),)
    return Cut(
        np.asarray(body.points[:, :2], np.float64),
        cells[:, np.array(parts)].reshape(-1, 3),
        np.repeat(np.asarray(body.cell_data[INTENSITY], np.float64), len(parts)),
        np.asarray(body.point_data[DELTA_T], np.float64),
        half,
    )


def _inside(body: Any) -> tuple[float, float, float]:
    """Return a point of the plane to cut at: a hair off y = 0, where faces of cells may lie."""
    low, high = body.points[:, 1].min(), body.points[:, 1].max()
    return 0.0, 1e-4 * (high - low) + (0.0 if low <= 0.0 < high else 0.5 * (low + high)), 0.0


def draw_light_picture(folder: Path, result: Result) -> Figure:
    """Draw the intensity in the lit region on a cut, and along the two lines through its peak.

    By the model of the light itself where that knows it everywhere, else the mean of each cell.

    Raises
    ------
    CaseError
        If the folder holds no light.
    """
    light = light_of(folder, result)
    layout, factor = result.layout, result.summary["hot_spot_factor"]
    half = layout.symmetry in ("axisymmetric", "quarter")
    bright = float(light.intensity.max())
    low = max(10.0**-_DECADES * bright, float(light.intensity.min()))
    peak = light.corners[int(light.intensity.argmax())].mean(axis=0)
    with styled():
        figure = new_figure(11.4, 5.2, layout="constrained")
        places: Any = figure.add_gridspec(2, 2, width_ratios=(1.25, 1.0))
        axes = figure.add_subplot(places[:, 0])
        drawn = _draw_pieces(axes, light, (low, bright), half=half)
        axes.set(xlabel="across (µm)", ylabel="height z (µm)", title=result.case.title)
        figure.colorbar(drawn, ax=axes, label="intensity (kW/cm²)", extend="min")
        for row, (axis, words) in enumerate(((1, "Upward"), (0, "Across"))):
            line = figure.add_subplot(places[row, 1])
            at = 0.0 if axis == 1 and half else float(peak[1 - axis])
            _draw_line(line, light, axis, at, half=half)
            where = f"{'across' if axis else 'height z'} = {at:.3g} µm"
            line.set_title(f"{words}, at {where}", fontsize=10.5)
            line.set_xlabel("height z (µm)" if axis else "across (µm)")
        figure.text(0.99, 0.01, f"⟨I²⟩/⟨I⟩² = {factor:.3g}", ha="right", va="bottom", fontsize=9)
    return figure


def light_of(folder: Path, result: Result) -> LightMap:
    """Return the light on the cut: as its model gives it, else the mean of each cell."""
    found = read_light_map(folder, result)
    if found is not None:
        return found
    cut = read_cut(folder, result)
    return LightMap(cut.points[cut.triangles], cut.intensity)


def _draw_pieces(axes: Axes, light: LightMap, limits: tuple[float, float], *, half: bool) -> Any:
    from matplotlib.colors import LogNorm

    low, high = (_KW_PER_CM2 * x for x in limits)
    style: dict[str, Any] = {"cmap": "inferno", "norm": LogNorm(low, high), "rasterized": True}
    x, z = light.corners.reshape(-1, 2).T
    pieces = np.arange(len(x)).reshape(-1, 3)
    shown = np.clip(_KW_PER_CM2 * light.intensity, low, high)
    for side in (1.0, -1.0) if half else (1.0,):
        drawn = axes.tripcolor(side * x, z, pieces, facecolors=shown, **style)
    axes.set_aspect("equal")
    return drawn


def _draw_line(axes: Axes, light: LightMap, axis: int, at: float, *, half: bool) -> None:
    place, value = light.along(axis, at)
    if half and axis == 0:
        place, value = np.append(-place[::-1], place), np.append(value[::-1], value)
    axes.plot(place, _KW_PER_CM2 * value, color=WARMS, lw=0.9)
    axes.set_ylabel("intensity (kW/cm²)")
    axes.set_ylim(bottom=0.0)
