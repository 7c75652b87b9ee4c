"""Which models of the light suit which case."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from thermosim.errors import Problem
from thermosim.optics.model import (
    AttenuatingOptics,
    AutoOptics,
    FullWaveOptics,
    MieOptics,
    OpticsModel,
    RayOptics,
)
from thermosim.shapes import ShapeBase, Sphere

if TYPE_CHECKING:
    from thermosim.optics.beam import Laser

Symmetry = Literal["planar", "axisymmetric", "quarter", "3d"]
_REMEDY = 'write symmetry = "3d"'
_ROUNDING = 1e-9


def laser_symmetry_problems(laser: Laser, symmetry: Symmetry) -> Iterator[Problem]:
    """Yield what in a beam breaks the symmetry of a case."""
    if symmetry == "3d":
        return
    if symmetry == "planar":
        rule = "a beam is round: it has no planar section of which W are per metre of depth"
        yield Problem("laser", "", rule, "use an axisymmetric or 3-D geometry, or give heat_source")
        return
    if math.sin(laser.tilt) > _ROUNDING or laser.aim[0] or laser.aim[1]:
        yield Problem("laser", "", "tilted or off the axis, it breaks the symmetry", _REMEDY)
    if laser.speckle is not None:
        yield Problem("laser.speckle", "", "breaks the symmetry", _REMEDY)


def optics_problems(
    optics: OpticsModel, laser: Laser | None, shape: ShapeBase | None, symmetry: Symmetry, *,
    known: bool, transient: bool,
) -> Iterator[Problem]:  # fmt: skip
    """Yield what keeps a model of the light from a case; without `shape` the mesh tells more.

    `known` tells whether the material of the body has a refractive index.
    """
    yield from _focus_problems(optics, laser, shape)
    if not isinstance(optics, AttenuatingOptics):
        return
    model = f'"{optics.model}"'
    if laser is None:
        yield Problem("optics.model", model, "but there is no light", "add a section [laser]")
        return
    if isinstance(optics, MieOptics) and not isinstance(shape, Sphere | None):
        remedy = 'choose optics.model = "rays", or particle.shape.kind = "sphere"'
        kind = getattr(shape, "kind", type(shape).__name__)
        yield Problem("optics.model", model, f'is for spheres, not "{kind}"', remedy)
    if isinstance(optics, FullWaveOptics):
        yield from _full_wave_problems(optics, laser, shape)
    if isinstance(optics, MieOptics) and optics.substrate and laser.tilt > _ROUNDING:
        rule = "is for light that falls straight down on the substrate"
        yield Problem("optics.substrate", "true", rule, "remove it, or laser.tilt")
    if optics.refractive_index is None and not known:
        rule = "needs the refractive index of the particle, which its material does not have"
        yield Problem("optics.model", model, rule, "write for instance refractive_index = 1.7")
    if transient and (optics.temperature_coupling or optics.saturation):
        key = "temperature_coupling" if optics.temperature_coupling else "saturation"
        rule = "is for steady states; a transient keeps the light of its beginning"
        yield Problem(f"optics.{key}", "true", rule, "remove it")
    yield from _polarisation_problems(optics, laser, symmetry)


def _focus_problems(
    optics: OpticsModel, laser: Laser | None, shape: ShapeBase | None
) -> Iterator[Problem]:
    """Yield a focus narrower than the wavelength, which only fields on the axis of it are for."""
    if laser is None or laser.waist is None or laser.waist >= laser.wavelength:
        return
    central = not (laser.aim[0] or laser.aim[1] or math.sin(laser.tilt) > _ROUNDING)
    taken = isinstance(optics, AutoOptics) and isinstance(shape, Sphere) and central
    if taken or not isinstance(optics, AutoOptics | RayOptics):
        return
    rule = (
        f"is narrower than the wavelength ({laser.wavelength * 1e9:.4g} nm): rays are parallel "
        "and do not come to such a focus"
    )
    remedy = 'widen it, or choose optics.model = "mie" or "full_wave" for a body on its axis'
    yield Problem("laser.waist", f"{laser.waist * 1e9:.4g} nm", rule, remedy)


def _polarisation_problems(
    optics: AttenuatingOptics, laser: Laser, symmetry: Symmetry
) -> Iterator[Problem]:
    averaged = isinstance(optics, MieOptics) and optics.average != "none"
    if laser.polarisation != "linear" or averaged or symmetry == "3d":
        return
    remedy = 'write polarisation = "unpolarised", or symmetry = "3d"'
    turns = laser.polarisation_angle / (0.5 * math.pi)
    if symmetry == "axisymmetric":
        rule = f'refracts without the symmetry of the axis (optics.model = "{optics.model}")'
        yield Problem("laser.polarisation", '"linear"', rule, remedy)
    elif abs(turns - round(turns)) > _ROUNDING:
        rule = "must be along x or y (0 or 90 deg) in a quarter"
        value = f"{math.degrees(laser.polarisation_angle):.6g} deg"
        yield Problem("laser.polarisation_angle", value, rule, _REMEDY)


def _full_wave_problems(
    optics: FullWaveOptics, laser: Laser, shape: ShapeBase | None
) -> Iterator[Problem]:
    """Yield what full wave optics does not do."""
    rays = 'choose optics.model = "rays"'
    if shape is None:
        rule = "is for the shapes of [particle]"
        yield Problem("optics.model", '"full_wave"', rule, rays)
    elif optics.in_space(shape):
        yield from _in_space_problems(optics, shape)
    which = 'a plane wave, or a profile = "gaussian" down the axis'
    if laser.speckle is not None:
        yield Problem(
            "laser.speckle", "", f"is no light that full wave optics knows: {which}", rays
        )
    if laser.profile == "top_hat":
        rule = f"is no light that full wave optics knows: {which}"
        yield Problem("laser.profile", '"top_hat"', rule, rays)
    in_space = shape is not None and optics.in_space(shape)
    aside = not in_space and (laser.aim[0] or laser.aim[1])
    if laser.profile == "gaussian" and (laser.tilt or aside):
        key = "laser.tilt" if laser.tilt else "laser.aim"
        remedy = rays if laser.tilt else f'{rays}, or write optics.solution = "3d"'
        yield Problem(key, "", f"is off the axis; full wave optics knows {which}", remedy)
    if laser.linewidth:
        rule = "full wave optics solves for one wavelength"
        yield Problem("laser.linewidth", f"{laser.linewidth:.4g} J", rule, "remove it")


def _in_space_problems(optics: FullWaveOptics, shape: ShapeBase) -> Iterator[Problem]:
    """Yield what full wave optics in three dimensions does not do."""
    size = f"{shape.equivalent_radius * 1e6:.4g} um"
    round_ = f"take a body of revolution: a sphere of {size} has the same volume"
    if optics.solution == "revolution" and not shape.is_axisymmetric:
        rule = f'is for bodies of revolution, not "{shape.kind}"'
        yield Problem("optics.solution", '"revolution"', rule, f'write "3d", or {round_}')
    remedy = 'write optics.solution = "revolution"' if shape.is_axisymmetric else round_
    rule = "is for bodies of revolution solved in the half plane"
    if optics.coatings:
        yield Problem("optics.coatings", "", rule, f"remove them, or {remedy}")
    if optics.purcell_places:
        value = str(optics.purcell_places)
        yield Problem("optics.purcell_places", value, rule, f"remove it, or {remedy}")
