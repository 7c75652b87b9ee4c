"""The local intensity of each model on the mesh, and the account of where the light went."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.fem.domain import (
    quadrature_points,
    set_at_quadrature_points,
)
from thermosim.fem.parallel import on_root
from thermosim.fem.spaces import per_cell, quadrature_function
from thermosim.gain import GainParameters
from thermosim.gain.source import aged_efficiency
from thermosim.light.cells import gather_cells, set_by_cell
from thermosim.light.ground import (
    BeamHeat,
    LayerCells,
    absorbing_cells,
    beam_heat,
)
from thermosim.light.outline import sphere_of
from thermosim.light.sampled import sampled
from thermosim.light.series import parts_by_machine_code
from thermosim.light.source import GainSource, LightSource
from thermosim.light.traced import traced_into
from thermosim.optics.model import (
    FullWaveOptics,
    MieOptics,
    RayOptics,
)

if TYPE_CHECKING:
    from thermosim.fem.domain import Domain
    from thermosim.gain import GainModel
    from thermosim.light.cells import Cells, Floats
    from thermosim.light.fullwave.dots import DotLight
    from thermosim.light.fullwave.heat import FullWaveLight
    from thermosim.light.outline import Outline
    from thermosim.light.traced import Put
    from thermosim.model.model import Ground, Light
    from thermosim.optics.rays import Ledger
    from thermosim.optics.sphere_light import LightInSphere


_KEPT = 2_000_000  # values at points of a rule that are kept for another intensity


@dataclass
class AbsorbedLight:
    """The light in the dots of a model, on its mesh.

    Attributes
    ----------
    light, domain
        What it belongs to.
    outline
        What the light meets.
    gain
        With the escape worked out for this body.
    facts
        Numbers for a summary: of the escape, of optics that have some.
    parameters
        Of the gain at the photon energy of the laser.
    alpha
        Absorption coefficient [1/m] of dots and host that the light was computed with.
    intensity
        Local intensity [W/m²]: a float, a function at quadrature points, or one value a cell.
    quadrature_degree
        Of the rule at whose points it lives; None if it lives everywhere.
    ground
        Light that the layers under the body turn into heat [W/m³], one value a cell; None if they
        take none.
    beam
        Account of the beam that falls on these layers; None in a plane wave, or if they take none.
    glow
        Account of a watt of emission on these layers; None if they absorb none of it.
    ledger
        Where the power of the rays went; None in other models.
    wave
        Maxwell's field, of full wave optics.
    dots
        Light of the dots by full wave optics, where a case asks for it.
    expected
        Power that the body absorbs according to the model itself, without mesh [W]; None if the
        model has no such number.
    notes
        What a reader of the result must know.
    scale
        Constant of the form that multiplies all light of a transient; None stands for 1.
    exposure
        Constant of the form: how long dots that age have had the whole intensity [s]; else None.
    others
        Of rays: what they would have been in other samples, see `traced.Traced`.
    """

    light: Light
    domain: Domain
    outline: Outline
    gain: GainModel
    facts: dict[str, float]
    parameters: GainParameters
    alpha: float
    intensity: Any
    quadrature_degree: int | None = None
    ground: Any = None
    beam: BeamHeat | None = None
    glow: BeamHeat | None = None
    ledger: Ledger | None = None
    wave: FullWaveLight | None = None
    dots: DotLight | None = None
    expected: float | None = None
    notes: list[str] = field(default_factory=list)
    scale: Any = None
    exposure: Any = None
    others: list[tuple[float, list[AbsorbedLight]]] = field(default_factory=list)

    @property
    def region(self) -> str:
        """The region with the dots."""
        return self.light.region

    @property
    def factor(self) -> float:
        """What multiplies the light at this moment."""
        return 1.0 if self.scale is None else float(self.scale.value)

    @property
    def alpha_host(self) -> float:
        """Absorption coefficient [1/m] of all that only heats."""
        return self.light.optics.host_absorption + float(self.parameters.alpha_background)

    @property
    def ground_layers(self) -> tuple[Ground, ...]:
        """The layers under the body that the mesh has."""
        return tuple(layer for layer in self.light.ground if layer.region in self.domain.regions)

    @property
    def ground_regions(self) -> tuple[str, ...]:
        """The regions of these layers; films lie on that of another."""
        return tuple(dict.fromkeys(layer.region for layer in self.ground_layers))

    @property
    def source(self) -> GainSource:
        """The heat source of the dots."""
        host = self.light.optics.host_absorption
        origin = None if isinstance(self.light.optics, RayOptics) else self
        return GainSource(
            self.parameters, self.intensity, self.scale, host, self.quadrature_degree,
            self.exposure, origin,
        )  # fmt: skip

    @property
    def fringe(self) -> float:
        """Distance of the fringes of standing waves in the body [m]: λ/(2n)."""
        index = 1.0 if math.isnan(self.light.index) else self.light.index
        return self.light.laser.wavelength / (2.0 * index)

    def intensity_at(self, points: Floats) -> Floats:
        """Return the intensity [W/m²] at points of the body, shape (n, 3) [m] (collective).

        At this moment and by the model itself, not by what the mesh knows of it.
        """
        light = self.light
        if self.wave is not None:
            return self.factor * self.wave.intensity_at(points)
        if isinstance(light.optics, MieOptics):
            centre, radius = sphere_of(self.outline)
            return self.factor * light.in_sphere(centre, radius, self.alpha).intensity(points)
        found = light.optics.intensity(light.laser, light.index, self.alpha)
        if callable(found):
            return np.asarray(self.factor * found(points))
        return np.full(len(points), self.factor * found)

    def present(self, intensity: Any) -> GainParameters:
        """Return the parameters of dots under local intensities [W/m²], as old as they are."""
        if self.exposure is None or not self.factor:
            return self.parameters
        dose = float(self.exposure.value) * np.asarray(intensity) / self.factor
        aged = aged_efficiency(dose, self.parameters.ageing)
        return self.parameters._replace(aged=aged)

    def sources(self) -> dict[str, GainSource | LightSource]:
        """Return the heat sources that the light makes, by region."""
        found: dict[str, GainSource | LightSource] = {self.region: self.source}
        if self.ground is not None:
            source = LightSource(self.ground, self.scale)
            found |= dict.fromkeys(self.ground_regions, source)
        return found

    def rebuild(self, alpha: float) -> None:
        """Compute the light anew for an absorption coefficient [1/m], in place (collective)."""
        self.alpha = alpha
        fill = _FILL.get(type(self.light.optics))
        if fill is not None:
            fill(self)


def fill_by_formula(light: AbsorbedLight, degree: int) -> None:
    """Ask a model of the light that knows the intensity at any point, without the mesh."""
    intensity = light.light.optics.intensity(light.light.laser, light.light.index, light.alpha)
    if callable(intensity):
        light.quadrature_degree = degree
        light.intensity = quadrature_function(light.domain, degree)
        set_at_quadrature_points(light.intensity, intensity, light.domain)
    else:
        light.intensity = intensity


def with_rule(light: AbsorbedLight, degree: int) -> AbsorbedLight:
    """Return the light at the points of another rule (collective)."""
    found = replace(light, quadrature_degree=degree)
    if isinstance(light.light.optics, MieOptics | FullWaveOptics):
        found.intensity = quadrature_function(light.domain, degree)
        _fill_from_series(found) if light.wave is None else _take_full_wave(found)
    else:
        fill_by_formula(found, degree)
    return found


def with_coarser_beam(light: AbsorbedLight) -> AbsorbedLight:
    """Return the light with a beam of columns twice as wide and deep in the layers (collective)."""
    assert light.beam is not None
    shadow = isinstance(light.light.optics, RayOptics)
    layers, domain = light.ground_layers, light.domain
    beam = beam_heat(light.light, layers, domain, light.outline, shadow=shadow, coarser=2)
    assert beam is not None
    found = replace(light, beam=beam, ground=light.ground.copy())
    for region in beam.density:
        change = beam.density[region] - light.beam.density[region]
        cells = gather_cells(domain, region)
        set_by_cell(found.ground, domain, cells, change, add=True)
    return found


def add_to_ground(light: AbsorbedLight, layers: LayerCells, rays: dict[str, Floats]) -> None:
    """Set the light in the layers: of the beam, and of rays that have met the body (collective)."""
    beam = {} if light.beam is None else light.beam.density
    if not (beam or layers):
        return
    domain = light.domain
    if light.ground is None:
        light.ground = per_cell(domain)
    light.ground.x.array[:] = 0.0
    for region in light.ground_regions:
        if region in beam or region in layers:
            known = region in layers  # None on all ranks but one
            cells = layers[region] if known else gather_cells(domain, region)
            total = beam.get(region, 0.0) + rays.get(region, 0.0)
            set_by_cell(light.ground, domain, cells, np.asarray(total), add=True)


def _fill_from_series(light: AbsorbedLight) -> None:
    centre, radius = sphere_of(light.outline)
    found = light.light.in_sphere(centre, radius, light.alpha)
    light.intensity.x.array[:] = found.incident * _of_one_watt(light, found)
    light.expected = found.absorbed
    if found.optics.substrate:
        Q_ext, Q_abs = found.efficiency("Q_ext"), found.efficiency("Q_abs")
        light.facts = light.facts | {"optics_Q_ext": Q_ext, "optics_Q_abs": Q_abs}


def _of_one_watt(light: AbsorbedLight, found: LightInSphere) -> Floats:
    """Return the intensity at the points of the rule over the incident one (collective).

    That of the last light is kept with the mesh: it serves for any intensity, with the same digits.
    """
    kept, place, lit = light.domain.kept, light.quadrature_degree, light.domain.cells(light.region)
    assert place is not None
    key = (light.region, light.light.index, light.light.laser.wavelength, *found.pattern)
    known = kept.get(("series", place))
    if known is not None and known[0] == key:
        values: Floats = known[1]
        return values
    waves = 4.0 * math.pi * light.light.index / light.light.laser.wavelength  # of |E|²
    function = quadrature_function(light.domain, place)
    parts, lit_by_one = parts_by_machine_code(light.domain.comm), replace(found, incident=1.0)
    rule, field = quadrature_points(function), partial(lit_by_one.intensity, parts=parts)
    inside = sampled(field, rule, waves, found.centre, found.radius)
    set_at_quadrature_points(function, inside, light.domain, lit)
    values = function.x.array
    if len(values) <= _KEPT:
        kept["series", place] = key, values
    return values


def _put_rays(light: AbsorbedLight, body: Cells | None, layers: LayerCells, put: Put) -> None:
    """Set intensity and light in the layers from what rank 0 knows of each cell (collective)."""
    set_by_cell(light.intensity, light.domain, body, put[0])
    add_to_ground(light, layers, put[1])


def _fill_from_rays(light: AbsorbedLight) -> None:
    """Trace on rank 0, put the light into the cells, and hand the values to their owners."""
    domain = light.domain
    body = gather_cells(domain, light.region)
    layers = absorbing_cells(light.ground_layers, light.light.laser.wavelength, domain)
    alpha, ground = (light.alpha - light.alpha_host, light.alpha_host), light.ground_layers
    traced = on_root(
        domain.comm,
        lambda: traced_into(light.light, light.outline, alpha, ground, body, layers),
    )
    light.ledger, light.expected = traced.ledger, traced.ledger.absorbed
    _put_rays(light, body, layers, traced.put)
    light.others = []
    for share, sets in traced.others:
        found = []
        for put in sets:
            other = replace(light, intensity=light.intensity.copy(), ground=None)
            _put_rays(other, body, layers, put)
            found.append(other)
        light.others.append((share, found))


def _fill_from_full_wave(light: AbsorbedLight) -> None:
    """Solve Maxwell's equations and take the field at the points of the heat mesh (collective)."""
    from thermosim.light.fullwave.heat import full_wave_light

    light.wave = found = full_wave_light(light.light, light.alpha, light.domain.comm)
    light.expected = found.absorbed
    light.facts = light.facts | found.numbers
    light.notes = light.notes + [note for note in found.notes if note not in light.notes]
    _take_full_wave(light)
    _heat_layers(light, found)


def _heat_layers(light: AbsorbedLight, found: FullWaveLight) -> None:
    """Heat the layers by the beam, and by what the body changes of their light (collective)."""
    layers = absorbing_cells(light.ground_layers, light.light.laser.wavelength, light.domain)
    if layers:
        light.notes = light.notes + [note for note in found.of_layers if note not in light.notes]
    changes: dict[str, Floats] = {}
    for medium, change in found.layers.items():
        layer = light.light.ground[medium - 1]
        cells = layers.get(layer.region)
        if cells is None:  # other ranks, and layers that the mesh does not have
            continue
        points = change.points.copy()
        points[:, 2] = layer.top - (0.0 if layer.film else points[:, 2])
        put = np.bincount(cells.locator()(points), change.change, len(cells.names))
        changes[layer.region] = changes.get(layer.region, 0.0) + put / cells.volumes
    add_to_ground(light, layers, changes)


def _take_full_wave(light: AbsorbedLight) -> None:
    assert light.wave is not None
    light.intensity.x.array[:] = 0.0
    lit = light.domain.cells(light.region)
    set_at_quadrature_points(light.intensity, light.wave.intensity_at, light.domain, lit)


_FILL: dict[type, Callable[[AbsorbedLight], None]] = {
    RayOptics: _fill_from_rays,
    MieOptics: _fill_from_series,
    FullWaveOptics: _fill_from_full_wave,
}
