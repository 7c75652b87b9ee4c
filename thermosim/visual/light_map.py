"""The light on a cut of the lit region in pieces finer than its fringes, from its model itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.visual import fields_lattice as lattice
from thermosim.visual.fields_cut import cut_of
from thermosim.visual.fields_read import read_field
from thermosim.visual.style import write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from thermosim.results import Result
    from thermosim.visual.fields_cut import Cut

Floats = NDArray[np.float64]
FILE = "light.npz"
MOST = 150_000  # pieces
_PER_FRINGE = 6.0


@dataclass(frozen=True)
class LightMap:
    """Intensity on a cut: corners of triangles (t, 3, 2) [µm], intensity of each [W/m²]."""

    corners: Floats
    intensity: Floats

    def along(self, axis: int, at: float) -> tuple[Floats, Floats]:
        """Return places [µm] along an axis (0 across, 1 up) and intensities next to a line.

        The line stands at `at` [µm] of the other axis; the pieces that it crosses are taken.
        """
        other = 1 - axis
        low, high = self.corners[:, :, other].min(axis=1), self.corners[:, :, other].max(axis=1)
        slack = 1e-6 * float(np.abs(self.corners).max())
        there = (low <= at + slack) & (high >= at - slack)
        place, value = self.corners[there][:, :, axis].mean(axis=1), self.intensity[there]
        order = np.argsort(place)
        return place[order], value[order]


def write_light_map(
    folder: Path, result: Result, fringe: float, intensity: Callable[[Floats], Floats], comm: Any
) -> None:
    """Sample a model of the light on the cut that pictures show, and write it (collective).

    `fringe` is the length over which the light changes [m]; `intensity` takes points (n, 3) [m].
    """
    points: Any = None
    parts: Any = None
    if comm.rank == 0:
        cut, y = lit_cut(folder, result)
        parts = parts_for(cut, 1e6 * fringe / _PER_FRINGE)
        middle = pieces(cut, parts).mean(axis=1)
        points = 1e-6 * np.column_stack([middle[:, 0], np.full(len(middle), y), middle[:, 1]])
    points = comm.bcast(points, root=0)
    values = intensity(points)
    if comm.rank == 0:
        import io

        stream = io.BytesIO()
        np.savez_compressed(stream, parts=parts, intensity=values.astype(np.float32))
        write_bytes(folder / FILE, stream.getvalue())


def read_light_map(folder: Path, result: Result) -> LightMap | None:
    """Return the light on the cut as its model gives it; None where it was not sampled."""
    if not (folder / FILE).is_file():
        return None
    with np.load(folder / FILE) as kept:
        parts, intensity = kept["parts"], np.asarray(kept["intensity"], float)
    cut, _ = lit_cut(folder, result)
    return LightMap(pieces(cut, parts), intensity)


def lit_cut(folder: Path, result: Result) -> tuple[Cut, float]:
    """Return the lit region on the cut of pictures, half of what is mirrored, and its y [µm]."""
    numbers, layout = result.summary, result.layout
    assert layout.lit is not None
    field = read_field(folder, unit=numbers["mesh_unit_m"])
    number = numbers["regions"][layout.lit]
    x = field.points[field.cells[field.regions == number].ravel(), 1]
    low, high = float(x.min()), float(x.max())
    y = 0.0 if field.dim == 2 or low <= 0.0 < high else 0.5 * (low + high)
    if layout.focus is not None and field.dim == 3:
        y = 1e6 * layout.focus.foot[1]
    cut = cut_of(field, layout.symmetry, y).of_region(number)
    if layout.symmetry in ("axisymmetric", "quarter"):  # mirrored cells follow the others
        half = len(cut.x) // 2
        cut = type(cut)(
            cut.x[:half], cut.values[:half], cut.regions[:half], cut.degree, cut.edges, cut.outlines
        )
    return cut, y


def parts_for(cut: Cut, size: float) -> NDArray[np.int64]:
    """Return into how many pieces the edges of each triangle are cut, for pieces of a size [µm]."""
    corners = cut.x[:, :3]
    edge = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    for _ in range(60):
        parts = np.maximum(1, np.ceil(edge / size)).astype(np.int64)
        if (parts**2).sum() <= MOST:
            break
        size *= 1.1
    return np.asarray(np.minimum(parts, 400))


def pieces(cut: Cut, parts: NDArray[np.int64]) -> Floats:
    """Return the corners of the pieces of all triangles, shape (t, 3, 2), triangle by triangle."""
    order, found = [], []
    for count in np.unique(parts):
        there = np.flatnonzero(parts == count)
        at, cells = lattice.subdivision(2, int(count))
        points = lattice.evaluate(lattice.basis(2, cut.degree, at), cut.x[there])
        found.append(points[:, cells].reshape(-1, 3, 2))
        order.append(np.repeat(there, len(cells)))
    return np.concatenate(found)[np.argsort(np.concatenate(order), kind="stable")]
