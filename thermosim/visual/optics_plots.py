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
from thermosim.visual.style import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from thermosim.results import Result

Floats = NDArray[np.float64]
INTENSITY, DELTA_T = "intensity_W_per_m2", "delta_T_K"
_DECADES = 4.0
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


def draw_light(axes: Axes, cut: Cut, low: float, high: float) -> Any:
    """Draw the intensity over W/m² on a logarithmic scale; return what a colour bar needs."""
    from matplotlib.colors import LogNorm

    x, z = cut.points.T
    style: dict[str, Any] = {"cmap": "inferno", "norm": LogNorm(low, high), "rasterized": True}
    for side in (1.0, -1.0) if cut.half else (1.0,):
        values = np.clip(cut.intensity, low, high)
        drawn = axes.tripcolor(side * x, z, cut.triangles, facecolors=values, **style)
    axes.set_aspect("equal")
    return drawn


def draw_delta_T(axes: Axes, cut: Cut, low: float, high: float) -> Any:
    """Draw ΔT [mK]; return what a colour bar needs."""
    x, z = cut.points.T
    style: dict[str, Any] = {"cmap": "RdBu_r", "vmin": 1e3 * low, "vmax": 1e3 * high}
    style |= {"shading": "gouraud", "rasterized": True}
    for side in (1.0, -1.0) if cut.half else (1.0,):
        values: Any = 1e3 * cut.delta_T
        drawn: Any = axes.tripcolor(side * x, z, values, triangles=cut.triangles, **style)
    axes.set_aspect("equal")
    return drawn


def draw_light_picture(folder: Path, result: Result) -> Figure:
    """Draw the intensity in the lit region on a cut; cells show the mean of their light.

    Raises
    ------
    CaseError
        If the folder holds no light.
    """
    cut, numbers = read_cut(folder, result), result.summary
    high = float(cut.intensity.max())
    with styled():
        figure = new_figure(6.4, 5.2, layout="constrained")
        axes = figure.subplots()
        drawn = draw_light(axes, cut, max(10.0**-_DECADES * high, float(cut.intensity.min())), high)
        axes.set_xlabel("across (µm)")
        axes.set_ylabel("height z (µm)")
        axes.set_title(f"{result.case.title}\nlight, ⟨I²⟩/⟨I⟩² = {numbers['hot_spot_factor']:.3g}")
        figure.colorbar(drawn, ax=axes, label="intensity (W/m²)", extend="min")
    return figure
