"""The field around a body by Maxwell's equations, pixel by pixel on the plane of its axis."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thermosim.model.surroundings import Surroundings
from thermosim.visual.style import new_figure, styled, write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from matplotlib.figure import Figure

    from thermosim.results import Result

Floats = NDArray[np.float64]
FILE = "near_field.npz"
MOST = 40_000
"""Pixels of the half plane."""
_PER_WAVE = 100.0  # pixels over the wavelength, if there are not too many then
_DECADES = 3.0


@dataclass(frozen=True)
class NearField:
    """``|E|²`` over that of the light in vacuum, at pixels (z, x) [m], and what is there."""

    x: Floats
    z: Floats
    squared: Floats
    around: Surroundings


def pixels(around: Surroundings) -> tuple[Floats, Floats]:
    """Return the middles of pixels across, right of the axis, and upward [m]."""
    height = around.top - around.bottom
    size = max(around.wavelength / _PER_WAVE, math.sqrt(around.radius * height / MOST))
    across, up = math.ceil(around.radius / size), math.ceil(height / size)
    x = (np.arange(across) + 0.5) * around.radius / across
    return x, around.bottom + (np.arange(up) + 0.5) * height / up


def write_near_field(
    folder: Path, around: Surroundings, squared: Callable[[Floats], Floats], comm: Any
) -> None:
    """Write the field on the plane y = 0; `squared` takes points (n, 3) [m] (collective)."""
    right, z = pixels(around)
    x = np.concatenate([-right[::-1], right])
    grid = np.stack(np.meshgrid(x, np.zeros(1), z, indexing="ij"), axis=-1).reshape(-1, 3)
    mine = np.array_split(np.arange(len(grid)), comm.size)[comm.rank]
    parts = comm.gather(squared(grid[mine]), root=0)
    if comm.rank == 0:
        values = np.concatenate(parts).reshape(len(x), len(z)).T.astype(np.float32)
        box = np.array([around.radius, around.bottom, around.top, around.wavelength])
        arrays: dict[str, Any] = {f"outline_{i}": curve for i, curve in enumerate(around.outlines)}
        arrays |= {"x": x, "z": z, "squared": values, "box": box, "levels": np.array(around.levels)}
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)
        write_bytes(folder / FILE, stream.getvalue())


def read_near_field(folder: Path) -> NearField | None:
    """Return the field around the body of a result; None where it was not computed."""
    if not (folder / FILE).is_file():
        return None
    with np.load(folder / FILE) as kept:
        curves = tuple(kept[name] for name in sorted(kept.files) if name.startswith("outline_"))
        radius, bottom, top, wavelength = (float(value) for value in kept["box"])
        levels = tuple(float(z) for z in kept["levels"])
        around = Surroundings(radius, bottom, top, wavelength, curves, levels)
        return NearField(kept["x"], kept["z"], np.asarray(kept["squared"], float), around)


def draw_near_field(field: NearField, result: Result) -> Figure:
    """Draw ``|E|²`` around a body, logarithmic, with its outline and the faces of the layers."""
    from matplotlib.colors import LogNorm

    around, bright = field.around, float(field.squared.max())
    low = max(float(field.squared.min()), bright * 10.0**-_DECADES)
    edges = 1e6 * np.array([-around.radius, around.radius, around.bottom, around.top])
    with styled():
        figure = new_figure(6.4, 5.2, layout="constrained")
        axes = figure.subplots()
        drawn = axes.imshow(
            np.clip(field.squared, low, bright), origin="lower", extent=tuple(edges),
            norm=LogNorm(low, bright), cmap="inferno", interpolation="nearest", aspect="equal",
        )  # fmt: skip
        for curve in around.outlines:
            for side in (1.0, -1.0):
                axes.plot(1e6 * side * curve[:, 0], 1e6 * curve[:, 1], color="white", lw=0.8)
        for level in around.levels:
            if around.bottom < level < around.top:
                axes.axhline(1e6 * level, color="white", lw=0.8, ls="--")
        axes.set(
            xlim=edges[:2], ylim=edges[2:], xlabel="across (µm)", ylabel="height z (µm)",
            title=result.case.title,
        )  # fmt: skip
        figure.colorbar(drawn, ax=axes, label="|E|² over that of the light in vacuum", extend="min")
    return figure
