"""Light in the layers under a body: of the beam beside it, and of rays that have met it.

The layers reflect, transmit and absorb as `optics.layers` says; what they absorb heats them where
it is absorbed. It is put into cells on rank 0, so that every watt is somewhere.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import basix
import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem.parallel import on_root
from thermosim.light.cells import Floats, Integers, gather_cells, neighbours
from thermosim.optics.layers import LayeredLight, LayerLight, layered_light
from thermosim.optics.mie import absorption_coefficient
from thermosim.optics.rays_launch import REPLICAS

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.light.cells import Cells
    from thermosim.light.outline import Outline
    from thermosim.model.model import Ground, Light
    from thermosim.optics.rays_bundle import Rays

Layers = tuple["Ground", ...]
LayerCells = dict[str, "Cells | None"]
_DEPTHS = {2: 24, 3: 8}  # equal shares of the light of a column, by dimension of the mesh
_RAY_DEPTHS = 16
_TOGETHER = 400_000  # half of it: most points of a column that are looked for at once
_FINE = 0.25  # of the size of the beam, or of the distance to the body: longest piece of a face
_SHADOW = 40.0  # pieces along the radius of the body whose shadow falls on a face
_LEVEL = 1e-9  # of the thickness, by which the corners of a level face may differ
_UNKNOWN = 1.5  # real index of a layer whose material has none
_EDGE = np.polynomial.legendre.leggauss(4)
_TRIANGLE = basix.make_quadrature(basix.CellType.triangle, 4)


@dataclass(frozen=True)
class BeamHeat:
    """What the beam leaves in the layers, in W; `density` [W/m³] by region on rank 0."""

    incident: float
    reflected: float
    transmitted: float
    absorbed: dict[str, float]
    density: dict[str, Floats]


def top_index(ground: Layers) -> complex | None:
    """Return the refractive index of what lies under a body; None if nothing does.

    Raises
    ------
    CaseError
        If its material has none.
    """
    if not ground:
        return None
    top = ground[0]
    if math.isnan(top.index.real):
        rule = f'rays need the refractive index of "{top.material}", which is not known'
        remedy = "give the material a refractive_index"
        raise CaseError([Problem(top.key, f'"{top.material}"', rule, remedy)])
    return top.index


def absorption(layer: Ground, wavelength: float) -> float:
    """Return the absorption coefficient of a layer [1/m]; 0 where its index is not known."""
    k = layer.index.imag
    return 0.0 if math.isnan(k) else absorption_coefficient(k, wavelength)


def absorbing_cells(ground: Layers, wavelength: float, domain: Domain) -> LayerCells:
    """Return the cells of each layer that absorbs, by region (collective)."""
    return {
        layer.region: gather_cells(domain, layer.region)
        for layer in ground
        if absorption(layer, wavelength)
    }


def beam_heat(
    light: Light,
    ground: Layers,
    domain: Domain,
    outline: Outline,
    *,
    shadow: bool,
    coarser: int = 1,
) -> BeamHeat | None:
    """Return what the beam leaves in the layers that the mesh has (collective).

    None where no layer absorbs, or the beam is a plane wave, which has no width and would bring
    any power. With `shadow` the part of the beam that meets the body is left out; columns may be
    `coarser`.

    Raises
    ------
    CaseError
        For light from below on layers of different outlines.
    """
    laser = light.laser
    dark = not any(absorption(layer, laser.wavelength) for layer in ground)
    if dark or laser.profile == "plane":
        return None
    if laser.direction[2] > 0 and any(layer.plan != ground[0].plan for layer in ground):
        rule = "comes from below, where it is followed only through layers of one outline"
        raise CaseError([Problem("laser.tilt", f"{laser.tilt:.4g} rad", rule)])
    cells = {layer.region: gather_cells(domain, layer.region) for layer in ground}
    body = outline if shadow else None
    return on_root(domain.comm, lambda: _Beam(light, ground, cells, body, coarser).heat())


@dataclass(frozen=True)
class Columns:
    """Light that enters a layer at points (n, 3) [m] with power (n,) [W], all at one angle.

    `cos` is that of the angle of incidence, `aside` the horizontal part of the unit vector, (2,) or
    (n, 2).
    """

    points: Floats
    power: Floats
    cos: float
    aside: Floats


class Falling(ABC):
    """Light that falls on layers, from pieces of the faces that it meets, layer after layer.

    `ground` in the order in which it is met.
    """

    def __init__(
        self,
        ground: Layers,
        cells: LayerCells,
        wavelength: float,
        *,
        from_below: bool = False,
        coarser: int = 1,
    ) -> None:
        self.ground, self.cells, self.wavelength = ground, cells, wavelength
        self.from_below, self.coarser = from_below, coarser
        self.amount: dict[str, Floats] = {}
        self.shares = np.zeros(3)  # incident, reflected, transmitted [W]

    @abstractmethod
    def columns(self, first: int) -> Iterator[Columns]:
        """Yield the light that meets a layer first."""

    def heat(self) -> BeamHeat:
        """Return the whole account."""
        for first in range(len(self.ground)):
            if first and self.ground[first].plan == self.ground[first - 1].plan:
                continue  # covered by the layer that the light comes through
            for column in self.columns(first):
                if len(column.points):
                    self._go_down(first, column)
        density = {r: a / self.cells_of(r).volumes for r, a in self.amount.items()}
        absorbed = {region: float(amount.sum()) for region, amount in self.amount.items()}
        incident, reflected, transmitted = (float(share) for share in self.shares)
        return BeamHeat(incident, reflected, transmitted, absorbed, density)

    def cells_of(self, region: str) -> Cells:
        """Return the cells of a region, which rank 0 has."""
        found = self.cells[region]
        assert found is not None
        return found

    def uncovered(self, first: int, points: Floats) -> Any:
        """Return which points of the face of a layer nothing stands on."""
        if not first:
            return np.ones(len(points), bool)
        return ~self.ground[first - 1].plan.holds(points[:, 0], points[:, 1])

    def _go_down(self, first: int, column: Columns) -> None:
        layers, power = self.ground[first:], column.power
        # unpolarised, or what of the beam is in the plane of incidence: at normal incidence alike
        found = light_in_layers(layers, self.wavelength, column.cos)
        total = power.sum()
        self.shares += total * np.array([1.0, found.reflected, found.transmitted])
        at = column.points.copy()
        for layer, taken in zip(layers, found.layers, strict=True):
            # a metal, whose n is below 1, is dark before its light has gone aside
            n = _UNKNOWN if math.isnan(layer.index.real) else max(layer.index.real, 1.0)
            slope = self.slope(np.asarray(column.aside / n))
            if taken.absorbed > 0.0:
                count = _DEPTHS[self.cells_of(layer.region).corners.shape[2]] // self.coarser
                self.deposit(layer, depths_of(taken, count), at, slope, power)
            at = at + layer.step * slope

    def slope(self, across: Floats) -> Floats:
        """Return the way of light per depth from the horizontal part of its unit vector."""
        down = np.sqrt(np.maximum(1.0 - (across**2).sum(axis=-1, keepdims=True), 1e-12))
        sign = np.full_like(down, 1.0 if self.from_below else -1.0)
        return np.concatenate([across / down, sign], axis=-1)

    def deposit(
        self,
        layer: Ground,
        depths: Iterable[tuple[float, float]],
        at: Floats,
        slope: Floats,
        power: Floats,
    ) -> None:
        """Leave shares of the power at depths [m] below points of the upper face of a layer."""
        cells = self.cells_of(layer.region)
        amount = self.amount.setdefault(layer.region, np.zeros(len(cells.names)))
        table = np.array(list(depths))
        parts = min(len(table), 1 + table.size * len(at) // _TOGETHER)
        for depth, share in (part.T for part in np.array_split(table, parts)):
            cell = cells.locator()((at + depth[:, None, None] * slope).reshape(-1, 3))
            amount += np.bincount(cell, np.outer(share, power).ravel(), minlength=len(amount))


class _Beam(Falling):
    """The beam of the laser."""

    def __init__(
        self, light: Light, ground: Layers, cells: LayerCells, body: Outline | None, coarser: int
    ) -> None:
        laser = light.laser
        from_below = bool(laser.direction[2] > 0)
        ground = ground[::-1] if from_below else ground
        super().__init__(ground, cells, laser.wavelength, from_below=from_below, coarser=coarser)
        self.laser, self.body = laser, body
        beam = laser.waist or laser.radius
        self.piece = coarser * _FINE * (beam or math.inf)
        self.edge = math.inf if body is None else float(body.surface().radius)

    def columns(self, first: int) -> Iterator[Columns]:
        """Yield the beam on the pieces of a face."""
        layer, cos = self.ground[first], abs(float(self.laser.direction[2]))
        level = layer.top - layer.step if self.from_below else layer.top
        points, area = face_points(self.cells_of(layer.region), level, self._longest)
        power = self.laser.intensity_at(points) * cos * area
        lit = (power > 0.0) & self.uncovered(first, points)
        if self.body is not None and not self.from_below:
            lit &= ~self._shaded(points)
        yield Columns(points[lit], power[lit], cos, self.laser.direction[:2])

    def _longest(self, distance: Floats) -> Floats:
        """Return how long a piece of a face may be at a distance from the axis [m], (n,)."""
        beyond = np.maximum(distance - 1.5 * self.edge, 0.0) if self.edge < math.inf else 0.0
        near = self.coarser * (self.edge / _SHADOW + _FINE * beyond)
        return np.asarray(np.broadcast_to(np.minimum(self.piece, near), distance.shape))

    def _shaded(self, points: Floats) -> Any:
        """Return which points the body hides from the beam."""
        assert self.body is not None
        surface = self.body.surface()
        below = points - np.array([0.0, 0.0, 1e-6 * surface.radius])
        back = np.broadcast_to(-self.laser.direction, points.shape)
        return np.isfinite(surface.first_hit(below, back, False)[0])


def light_in_layers(layers: Layers, wavelength: float, cos_0: float) -> LayeredLight:
    """Return what layers over vacuum do with light; a layer without index is clear, n = 1.5."""
    indices = [
        complex(_UNKNOWN) if math.isnan(layer.index.real) else layer.index for layer in layers
    ]
    sizes = [layer.thickness for layer in layers]
    return layered_light([1.0, *indices, 1.0], sizes, wavelength, cos_0)


def depths_of(taken: LayerLight, count: int) -> Iterator[tuple[float, float]]:
    """Yield depths [m] and the share of the incident light absorbed there: middles of quantiles."""
    middles = (np.arange(count) + 0.5) / count
    if not taken.attenuation:
        yield from ((q * taken.thickness, taken.absorbed / count) for q in middles)
        return
    gone = -math.expm1(-taken.attenuation * taken.thickness)
    depth = -np.log1p(-middles * gone) / taken.attenuation
    for d in depth:
        yield float(d), taken.down * gone / count
        if taken.up > 0.0:
            yield float(taken.thickness - d), taken.up * gone / count


def face_points(
    cells: Cells, level: float, longest: Callable[[Floats], Floats]
) -> tuple[Floats, Floats]:
    """Return points on the level faces of a region at z = `level`, (n, 3) [m], and areas [m²].

    Faces longer than `longest` says at their distance from the axis are divided. The areas are
    those of whole rings, or of all quarters; their sum is the face of the body.
    """
    corners, behind = cells.corners, neighbours(cells.corners)
    dim, thickness = corners.shape[2], float(np.ptp(corners[:, :, -1]))
    found = []
    for i in range(dim + 1):
        face = np.delete(corners[behind[:, i] < 0], i, axis=1)
        flat = np.abs(face[:, :, -1] - level).max(axis=1) < _LEVEL * thickness
        found.append(face[flat])
    faces = np.concatenate(found)
    return _on_edges(faces, longest) if dim == 2 else _on_triangles(faces, longest, cells.symmetry)


def _on_edges(edges: Floats, longest: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
    """Return points and ring areas on level edges in (r, z), shape (n, 2, 2)."""
    points, areas = [], []
    pieces = longest(edges[:, :, 0].min(axis=1))
    for (first, last), piece in zip(edges, pieces, strict=True):
        count = max(1, math.ceil(abs(last[0] - first[0]) / piece))
        ends = np.linspace(min(first[0], last[0]), max(first[0], last[0]), count + 1)
        half = np.diff(ends) / 2
        r = (ends[:-1] + half)[:, None] + half[:, None] * _EDGE[0]
        points.append(np.column_stack([r.ravel(), np.zeros(r.size), np.full(r.size, first[1])]))
        areas.append((2 * math.pi * r * half[:, None] * _EDGE[1]).ravel())
    return np.concatenate(points), np.concatenate(areas)


def _on_triangles(
    faces: Floats, longest: Callable[[Floats], Floats], symmetry: str
) -> tuple[Floats, Floats]:
    """Return points and areas on level triangles, shape (n, 3, 3)."""
    kept = []
    for _ in range(8):
        size = np.linalg.norm(faces - np.roll(faces, 1, axis=1), axis=2).max(axis=1)
        small = size <= longest(np.hypot(faces[:, :, 0], faces[:, :, 1]).min(axis=1))
        kept.append(faces[small])
        faces = faces[~small]
        if not len(faces):
            break
        a, b, c = faces[:, 0], faces[:, 1], faces[:, 2]
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        faces = np.concatenate([np.stack(part, axis=1) for part in parts])
    triangles = np.concatenate([*kept, faces])
    sides = triangles[:, 1:] - triangles[:, :1]
    area = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) / 2
    copies = 4.0 if symmetry == "quarter" else 1.0
    places, shares = _TRIANGLE
    points = triangles[:, :1] + np.einsum("qi,nij->nqj", places, sides)
    return points.reshape(-1, 3), (2.0 * copies * area[:, None] * shares).ravel()


def heat_of_rays(
    ground: Layers, wavelength: float, rays: Rays, layers: LayerCells
) -> dict[str, Floats]:
    """Return the power [W] that each set of rays leaves in each cell of each absorbing layer.

    Shape (REPLICAS, n). Rays go down from layer to layer and bend there (Snell's law, real parts);
    what interfaces below the top one reflect is left out.
    """
    found: dict[str, Floats] = {}
    origin, direction, power = rays.origin, rays.direction, rays.power
    above: Ground | None = None
    for layer in ground:
        if above is not None:
            direction = _bent(direction, above.index.real, layer.index.real)
        alpha = absorption(layer, wavelength)
        path = layer.thickness / np.maximum(-direction[:, 2], 1e-3)
        cells = layers.get(layer.region)
        if cells is not None and alpha:
            taken = (origin, direction, power, path)
            left = _left_by_rays(taken, rays.ray % REPLICAS, alpha, cells)
            found[layer.region] = found.get(layer.region, 0.0) + left
        power = power * np.exp(-alpha * path)
        if not layer.film:
            origin = origin + path[:, None] * direction
        above = layer
    return found


def _bent(direction: Floats, n_from: float, n_to: float) -> Floats:
    """Return downward unit vectors, shape (n, 3), refracted at a level interface."""
    ratio = 1.0 if math.isnan(n_from) or math.isnan(n_to) else n_from / n_to
    across = ratio * direction[:, :2]
    down = np.sqrt(np.maximum(1.0 - (across**2).sum(axis=1), 0.0))
    return np.column_stack([across, -down])


def _left_by_rays(
    rays: tuple[Floats, Floats, Floats, Floats], own: Integers, alpha: float, layer: Cells
) -> Floats:
    """Return the power that each set of rays leaves in the cells of a layer [W].

    Rays are given by origin, direction, power and path, and by their `own` set. Each leaves equal
    shares at the middles of equal quantiles of Beer and Lambert's law over its path.
    """
    origin, direction, power, path = rays
    absorbed = -np.expm1(-alpha * path)
    count, locate = len(layer.names), layer.locator()
    amount = np.zeros(REPLICAS * count)
    for quantile in (np.arange(_RAY_DEPTHS) + 0.5) / _RAY_DEPTHS:
        along = -np.log1p(-quantile * absorbed) / alpha
        cell = locate(origin + along[:, None] * direction)
        left = power * absorbed / _RAY_DEPTHS
        amount += np.bincount(own * count + cell, left, minlength=len(amount))
    return amount.reshape(REPLICAS, count)
