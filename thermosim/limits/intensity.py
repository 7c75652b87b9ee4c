"""The light in a particle as closed forms take it: how much of the body sees how much intensity.

The same models of the light as in a run, without a mesh: the series at points of a sphere, rays
into rings or boxes, beams at points of the body.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from thermosim.gain import pump_absorption
from thermosim.optics.choice import choose
from thermosim.optics.layers import layered_light
from thermosim.optics.model import (
    AutoOptics,
    FullWaveOptics,
    MieOptics,
    RayOptics,
    trace_body,
)
from thermosim.optics.rays_segments import deposit_on_cells
from thermosim.shapes import Sphere
from thermosim.shapes.hits import SphereSurface

if TYPE_CHECKING:
    from thermosim.gain import GainParameters
    from thermosim.model.model import Emitted, Ground, Light
    from thermosim.optics.model import IntensityField

Floats = NDArray[np.float64]
_POINTS = 20_000
_WORK = 3e7  # terms of the series times points
_SAMPLES = 200_000
_MANY = 1_000_000  # boxes at most, far more than there are samples
_BOXES = 24  # across a body without symmetry
_DEPTHS = 24
_UNKNOWN = 1.5  # real index of a layer whose material has none
_AROUND = 8
_BINS, _DARKEST = 4000, 1e-9  # of intensities, down to this share of the highest


@dataclass(frozen=True)
class LitBody:
    """Intensities in a body: `intensity` [W/m²] in the share `weight` of its volume.

    `points` [m], shape (n, 3), are where, from the centre of a sphere; None where that is not
    known or does not matter.
    """

    intensity: Floats
    weight: Floats
    points: Floats | None = None

    def by_intensity(self, *others: Floats) -> tuple[LitBody, list[Floats]]:
        """Return the body with points of like intensity as one, and the means of other numbers."""
        top = float(self.intensity.max(initial=0.0))
        if len(self.intensity) <= _BINS or not top:
            return self, list(others)
        floor = np.maximum(self.intensity / top, _DARKEST)
        place = np.rint(_BINS * np.log(floor) / np.log(_DARKEST)).astype(int)
        weight = np.bincount(place, self.weight, _BINS + 1).astype(float)
        there = weight > 0.0
        means = [
            np.bincount(place, self.weight * values, _BINS + 1)[there] / weight[there]
            for values in (self.intensity, *others)
        ]
        return LitBody(means[0], weight[there]), means[1:]


def settled(light: Light) -> Light:
    """Return the light with the model chosen that a run would choose; no full wave without mesh."""
    shape, b = light.shape, light.contact_radius
    if shape is None or not isinstance(light.optics, AutoOptics | FullWaveOptics):
        return light
    cut = shape.truncated(b).depth if b else 0.0
    sphere = (_centre(shape, b), shape.radius) if isinstance(shape, Sphere) else None
    found = choose(
        light.optics, light.laser, light.index, shape.equivalent_radius, sphere, light.symmetry,
        alone=light.alone, cut=cut,
    )  # fmt: skip
    return replace(light, optics=found.optics)


def unlike_a_run(light: Light | None) -> list[str]:
    """Return what closed forms of a case take otherwise than its run does, for people."""
    if light is None or not isinstance(light.optics, FullWaveOptics):
        return []
    instead = settled(light).optics.model
    found = [
        f'WARNING: light: these numbers take optics.model = "{instead}"; a run solves Maxwell\'s '
        "equations (full_wave), and heats otherwise"
    ]
    if light.optics.purcell_in_gain:
        found.append(
            "WARNING: gain: these numbers leave out optics.purcell_in_gain; only a run knows how "
            "fast dots radiate in the body"
        )
    if light.optics.escape_in_gain:
        found.append(
            "WARNING: gain: these numbers leave out optics.escape_in_gain; only a run knows how "
            "much light leaves the body"
        )
    return found


def lit_body(light: Light, p: GainParameters) -> LitBody:
    """Return the intensities in a lit particle."""
    host = light.optics.host_absorption
    alpha = float(pump_absorption(0.0, light.T_ref, p)) + host
    # of the dots the light knows what they absorb alone
    bare = replace(settled(light), gain=cast("Any", None), emitted=None)
    return _lit(bare, alpha, host + float(p.alpha_background))


@functools.lru_cache(maxsize=8)
def _lit(light: Light, alpha: float, host: float) -> LitBody:
    """Return the intensities; absorption coefficients [1/m] of all, and of what only heats."""
    optics, laser = light.optics, light.laser
    if not laser.peak_intensity:
        return LitBody(np.zeros(1), np.ones(1))
    if isinstance(optics, RayOptics):
        return _by_rays(light, alpha, host)
    if isinstance(optics, MieOptics):
        return _by_series(light, optics, alpha)
    intensity = optics.intensity(laser, light.index, alpha)
    if not callable(intensity):
        return LitBody(np.array([intensity]), np.ones(1))
    return _at_points(light, intensity)


def _centre(shape: Any, b: float) -> Floats:
    depth = shape.truncated(b).depth if b else 0.0
    return np.array([0.0, 0.0, shape.radius - depth])


def _at_points(light: Light, intensity: IntensityField) -> LitBody:
    """Ask for the intensity at points of the body."""
    shape, b = light.shape, light.contact_radius
    assert shape is not None
    if isinstance(shape, Sphere):
        points, weight = _ball(16, 16, 16)
        points = shape.radius * points
        return LitBody(intensity(points + _centre(shape, b)), weight, points)
    points = _inside(light, _POINTS)
    return LitBody(intensity(points), np.full(len(points), 1.0 / len(points)))


def _inside(light: Light, count: int) -> Floats:
    """Return points evenly spread in the body, cut by its contact."""
    shape, b = light.shape, light.contact_radius
    assert shape is not None
    depth = shape.truncated(b).depth if b else 0.0
    points = shape.hit_body().sample(np.random.default_rng(0), count)
    points = points - np.array([0.0, 0.0, depth])
    return np.asarray(points[points[:, 2] > 0.0])


def _ball(radial: int, polar: int, around: int) -> tuple[Floats, Floats]:
    """Return Gauss points in the unit ball, shape (n, 3), and weights that add up to 1."""
    x, w = np.polynomial.legendre.leggauss(20)
    panels = max(1, round(radial / 20))
    s = ((np.arange(panels)[:, None] + 0.5 * (1.0 + x)) / panels).ravel()
    w_s = np.tile(0.5 * w / panels, panels) * 3.0 * s**2
    mu, w_mu = np.polynomial.legendre.leggauss(polar)
    phi = 2.0 * np.pi * (np.arange(around) + 0.5) / around
    S, M, F = np.meshgrid(s, mu, phi, indexing="ij")
    across = S * np.sqrt(1.0 - M**2)
    points = np.stack([across * np.cos(F), across * np.sin(F), S * M], axis=-1).reshape(-1, 3)
    weight = (w_s[:, None] * w_mu / 2.0)[:, :, None] * np.full(around, 1.0 / around)
    return points, weight.ravel()


def _by_series(light: Light, optics: MieOptics, alpha: float) -> LitBody:
    """Evaluate the series at points that resolve its waves, or at random ones if those are many.

    Whatever the points, the mean is that of the series itself.
    """
    shape, laser, n = light.shape, light.laser, light.index
    assert isinstance(shape, Sphere)
    centre, R = _centre(shape, light.contact_radius), shape.radius
    lit = light.in_sphere(centre, R, alpha)
    phase = n * max(sphere.inside.x for _, sphere in lit.spheres)
    terms = max(sphere.inside.c.size for _, sphere in lit.spheres) * len(lit.spheres)
    even = optics.average == "orientation"
    round_ = laser.polarisation != "linear" and abs(laser.direction[2]) == 1.0
    around = 1 if even or round_ else _AROUND
    counts = (round(2.5 * phase) + 20, 1 if even else round(2 * phase) + 16, around)
    if math.prod(counts) * terms <= _WORK:
        points, weight = _ball(*counts)
    else:
        count = max(round(_WORK / terms), 2000)
        points = SphereSurface(1.0).sample(np.random.default_rng(0), count)
        weight = np.full(count, 1.0 / count)
    turned = R * (points if even else points @ laser.axes)
    found = lit.intensity(turned + centre)
    found *= lit.absorbed / (alpha * 4 / 3 * math.pi * R**3) / float(found @ weight)
    return LitBody(found, weight, None if even else turned)


def _by_rays(light: Light, alpha: float, host_alpha: float) -> LitBody:
    """Trace the rays of the case and share their light within rings or boxes, as a run does."""
    optics, shape, b = light.optics, light.shape, light.contact_radius
    assert isinstance(optics, RayOptics)
    assert shape is not None
    host = optics.model_copy(update={"host_absorption": host_alpha})
    top = light.ground[0].index if light.ground else None
    below = None if top is None or math.isnan(top.real) else top
    surface = shape.hit_surface(b)
    traced = trace_body(host, light.laser, surface, light.index, alpha - host_alpha, below)
    size = optics.finest(light.laser.wavelength, light.index, shape.equivalent_radius)
    if light.symmetry != "axisymmetric":
        size = max(size, 2 * shape.equivalent_radius / _BOXES)
    points, round_ = _inside(light, _SAMPLES), light.symmetry == "axisymmetric"
    box = _Boxes(points, size, round_=round_)
    if box.count > _MANY:  # of a body much longer than it is wide
        size *= (box.count / _MANY) ** (1.0 / len(box.shape))
        box = _Boxes(points, size, round_=round_)
    amount, _ = deposit_on_cells(traced.segments, box, box.count, 0.5 * size, scattered=True)
    owner = box(points)
    share = np.bincount(owner, minlength=box.count) / len(points)
    full = share > 0
    volume = shape.truncated(b).volume
    intensity = amount[full] / (share[full] * volume)
    intensity *= amount.sum() / max(amount[full].sum(), 1e-300)
    if not isinstance(shape, Sphere):
        return LitBody(intensity, share[full])
    sums = np.stack([np.bincount(owner, x, box.count) for x in box.folded(points).T], axis=1)
    middle: Floats = sums[full] / (share[full, None] * len(points))
    if middle.shape[1] == 2:
        middle = np.asarray(np.insert(middle, 1, 0.0, axis=1))
    return LitBody(intensity, share[full], middle - _centre(shape, b))


class _Boxes:
    """A lattice of boxes, or of rings about the axis, that points are put into."""

    def __init__(self, points: Floats, size: float, *, round_: bool) -> None:
        self.size, self.round = size, round_
        x = self.folded(points)
        self.low = x.min(axis=0)
        self.shape = tuple((np.floor((x.max(axis=0) - self.low) / size).astype(int) + 1).tolist())
        self.count = math.prod(self.shape)

    def folded(self, points: Floats) -> Floats:
        """Return the coordinates that tell boxes apart."""
        if not self.round:
            return points
        return np.column_stack([np.hypot(points[:, 0], points[:, 1]), points[:, 2]])

    def __call__(self, points: Floats) -> NDArray[np.int64]:
        box = np.floor((self.folded(points) - self.low) / self.size).astype(np.int64)
        box = np.clip(box, 0, np.array(self.shape) - 1)
        return np.asarray(np.ravel_multi_index(tuple(box.T), self.shape))


def light_in_ground(light: Light, layers: Sequence[Ground]) -> list[tuple[float, float]]:
    """Return depths [m] below the top of layers and the share of the beam absorbed there.

    None where no layer absorbs, or the beam is a plane wave, which has no width.
    """
    if light.laser.profile == "plane":
        return []
    z, wavelength = float(light.laser.direction[2]), light.laser.wavelength
    return _absorbed_in(layers, wavelength, abs(z), from_below=z > 0)


def emission_in_ground(
    emitted: Emitted, layers: Sequence[Ground], cos: float
) -> list[tuple[float, float]]:
    """Return, as `light_in_ground`, what is absorbed of emission at a cosine of incidence."""
    return _absorbed_in(layers, emitted.wavelength, cos)


def _absorbed_in(
    layers: Sequence[Ground], wavelength: float, cos: float, *, from_below: bool = False
) -> list[tuple[float, float]]:
    if not any(layer.index.imag > 0 for layer in layers):
        return []
    stack = tuple(
        (complex(_UNKNOWN) if math.isnan(a.index.real) else a.index, a.thickness, a.step)
        for a in layers
    )
    return list(_absorbed_by(stack, wavelength, cos, from_below))


@functools.lru_cache(maxsize=4096)
def _absorbed_by(
    stack: tuple[tuple[complex, float, float], ...], wavelength: float, cos: float, from_below: bool
) -> tuple[tuple[float, float], ...]:
    """Return depths and shares of layers given by index, thickness and step [m]."""
    indices, sizes = [index for index, _, _ in stack], [size for _, size, _ in stack]
    if from_below:
        indices, sizes = indices[::-1], sizes[::-1]
    found = layered_light([1.0, *indices, 1.0], sizes, wavelength, cos)
    shares, begins = list[tuple[float, float]](), 0.0
    taken_by = found.layers[:: -1 if from_below else 1]
    for (_, thickness, step), taken in zip(stack, taken_by, strict=True):
        middle = (np.arange(_DEPTHS) + 0.5) / _DEPTHS * taken.thickness
        part = taken.density(taken.thickness - middle if from_below else middle)
        part = part * taken.absorbed / max(part.sum(), 1e-300)
        deep = middle * (step / thickness)  # a film heats the face that it lies on
        shares += [(begins + float(d), float(a)) for d, a in zip(deep, part, strict=True) if a]
        begins += step
    return tuple(shares)
