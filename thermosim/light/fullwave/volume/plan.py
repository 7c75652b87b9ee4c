"""What full wave optics in space will draw and need, before anything is meshed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.light.fullwave.volume.system import Layer
from thermosim.mesh.optical_volume import GROWTH, VolumeBox
from thermosim.shapes import FacetedShape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.optics.layered_field import Stack
    from thermosim.optics.model import Elements
    from thermosim.shapes import ShapeBase

    Floats = NDArray[np.float64]

STRENGTH, WEAKER = 6.0, 0.6
_ROUND, _FLAT = 3.0, 1.5  # cells across a body that is small against the wavelength
_RIM = 10e-9  # cells at the rim of a flat that a contact cut [m]
_SKIN = 0.8  # cells over the depth (of power) to which light enters a metal
_OF_CELL = 0.105  # volume of a cell over the cube of its size
_PER_CELL = {1: 1.3, 2: 6.8, 3: 20.3, 4: 43.0, 5: 76.0}  # unknowns
_BYTES = 250.0  # times unknowns to the 4/3: matrix, factors, and what assembling takes
_SECONDS = 9.0 / 4e4**2  # times the square of unknowns: to factor one part on one core
_GRID = 20


@dataclass(frozen=True)
class VolumePlan:
    """The drawing, the absorbing layer, and about what solving takes.

    Attributes
    ----------
    box
        The drawing.
    unknowns, memory, seconds
        Of one part of the light; memory in bytes, seconds of one core.
    """

    box: VolumeBox
    unknowns: float
    memory: float
    seconds: float

    def layer(self, change: float = 1.0) -> Layer:
        """Return the absorbing layer, its strength times `change`."""
        box = self.box
        return Layer(box.low, box.high, box.pml, box.below, STRENGTH * change, box.mirrors)


def plan(
    shape: ShapeBase, contact_radius: float, unit: float, index: complex, stack: Stack,
    elements: Elements,
) -> VolumePlan:  # fmt: skip
    """Return what is drawn of a body on z = 0 of a complex index, `unit` the wavelength [m].

    Raises
    ------
    CaseError
        If it takes more unknowns than the case allows.
    """
    depth = shape.truncated(contact_radius).depth if contact_radius else 0.0
    low, high = (np.array(corner) / unit for corner in shape.bounding_box)
    high[2] -= depth / unit
    low[2] = 0.0
    N, margin = elements.cells_per_wavelength, elements.margin
    sizes = tuple(1.0 / (N * max(abs(complex(n).real), 1.0)) for n in stack.indices)
    along = _FLAT if isinstance(shape, FacetedShape) else _ROUND
    h_body = min(1.0 / (N * max(index.real, 1.0)), float((high - low).min()) / along)
    if index.imag > 0.3:
        h_body = min(h_body, _SKIN / (4.0 * math.pi * index.imag))
    bent = bool(contact_radius) and not shape.base_area
    rim = contact_radius / unit if bent else 0.0
    gap = -stack.top if len(stack.indices) > 1 else 0.0
    mirrors = shape.has_mirror_planes
    lowest, last = min((0.0, *stack.levels)), max(abs(complex(stack.indices[-1]).real), 1.0)
    corner = (low[0] - margin, low[1] - margin) if not mirrors else (0.0, 0.0)
    box = VolumeBox(
        (float(corner[0]), float(corner[1]), lowest - margin / last),
        (float(high[0]) + margin, float(high[1]) + margin, float(high[2]) + margin),
        elements.pml_thickness, elements.pml_thickness / last, stack.levels, sizes, h_body,
        min(_RIM / unit, h_body, 0.5 * rim) if rim else 0.0, rim,
        0.0 if shape.base_area else gap, mirrors,
    )  # fmt: skip
    cells = estimated_cells(box, low, high, flat=isinstance(shape, FacetedShape))
    unknowns = cells * _PER_CELL[elements.degree]
    found = VolumePlan(box, unknowns, _BYTES * unknowns ** (4 / 3), _SECONDS * unknowns**2)
    if unknowns > elements.max_unknowns:
        raise CaseError([_too_large(found, elements, shape)])
    return found


def estimated_cells(box: VolumeBox, low: Floats, high: Floats, *, flat: bool) -> float:
    """Return about how many tetrahedra the mesh will have.

    `low` and `high` are the corners of the box around the body; `flat` tells facets, which are
    taken to fill it, from round sides, taken for an ellipsoid.
    """
    ends = [
        _steps(*sides, box.h_body)
        for sides in zip(*box.outer, np.maximum(low, box.outer[0]), high, strict=True)
    ]
    middles = [0.5 * (e[1:] + e[:-1]) for e in ends]
    x, y, z = np.meshgrid(*middles, indexing="ij")
    beyond = _beyond(np.stack([x, y, z], axis=-1), low, high, flat=flat)
    medium = sum((z < level).astype(int) for level in box.levels) + np.zeros(x.shape, int)
    h = np.minimum(np.array(box.sizes)[medium], box.h_body + GROWTH * beyond)
    dx, dy, dz = (np.diff(e) for e in ends)
    count = float(((dx[:, None, None] * dy[:, None] * dz) / h**3).sum())
    images = 4.0 if box.mirrors else 1.0
    for small, length in ((box.gap, 0.0), (box.h_rim, 2.0 * math.pi * box.rim)):
        if small:
            count += _graded(small, box.h_body, length) / images
    return count / _OF_CELL


def _steps(left: float, right: float, low: float, high: float, h: float) -> Floats:
    """Return places from left to right that are close together at a body from low to high."""
    found = [np.linspace(low, high, _GRID)]
    if right > high:
        found.append(high + np.geomspace(min(0.5 * h, 0.5 * (right - high)), right - high, _GRID))
    if left < low:
        found.append(low - np.geomspace(min(0.5 * h, 0.5 * (low - left)), low - left, _GRID))
    return np.asarray(np.unique(np.concatenate(found)))


def _beyond(x: Floats, low: Floats, high: Floats, *, flat: bool) -> Floats:
    """Return the distance of places (..., 3) from a box, or from the ellipsoid in it."""
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    far = x - middle
    if flat:
        return np.asarray(np.linalg.norm(np.maximum(np.abs(far) - half, 0.0), axis=-1))
    times = np.linalg.norm(far / half, axis=-1)
    return np.asarray(np.linalg.norm(far, axis=-1) * np.maximum(1.0 - 1.0 / times, 0.0))


def _graded(small: float, large: float, length: float) -> float:
    """Return ``∫ dV/h³`` around a point, or a line of some length, from which cells grow."""
    if small >= large:
        return 0.0
    far = np.geomspace(1e-3 * small, (large - small) / GROWTH, 200)
    area = 2.0 * math.pi * far * length if length else 4.0 * math.pi * far**2
    return float(np.trapezoid(area / (small + GROWTH * far) ** 3, far))


def _too_large(found: VolumePlan, elements: Elements, shape: ShapeBase) -> Problem:
    smaller = (elements.max_unknowns / found.unknowns) ** (1.0 / 3.0)
    size = f"{shape.equivalent_radius * 1e6:.4g} um"
    return Problem(
        "optics.model", '"full_wave"',
        f"in three dimensions takes about {found.unknowns:.2g} unknowns ({found.memory / 1e9:.2g} "
        f"GB, {found.seconds / 60.0:.2g} minutes of one core for each solution), more than "
        f"optics.max_unknowns = {elements.max_unknowns}",
        f'choose optics.model = "rays", or a body of revolution (a sphere of {size} has the same '
        "volume), lower optics.cells_per_wavelength, make the body smaller by a factor of "
        f"{smaller:.2g}, or raise the limit",
    )  # fmt: skip
