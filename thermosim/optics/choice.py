"""Which model of the light suits a body: the choice behind ``optics.model = "auto"``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.optics.mie import size_parameter
from thermosim.optics.model import (
    MieOptics,
    OpticsModel,
    RayOptics,
    UniformOptics,
)
from thermosim.optics.rules import Symmetry, optics_problems
from thermosim.optics.sphere_light import check_plane_wave, on_axis_of_beam

if TYPE_CHECKING:
    from thermosim.optics.beam import Laser

WEAK_CONTRAST = 0.1
"""Difference of the refractive index from 1 below which the beam is taken undisturbed."""
_RAYS_FROM = 60.0  # size parameter below which rays miss absorbed power by more than about 5 %
CUT = 0.02
"""Depth of the cut by a contact, over the radius, up to which a sphere counts as whole."""
_RAYS_ALWAYS = 1000.0  # above it rays are as exact as the series, and cost less


@dataclass(frozen=True)
class Choice:
    """A model of the light and why it was chosen; a doubt is what a reader must be warned of."""

    optics: OpticsModel
    why: str
    doubt: str = ""


def choose(
    asked: OpticsModel,
    laser: Laser,
    n: float,
    size: float,
    sphere: tuple[Any, float] | None,
    symmetry: Symmetry,
    *,
    alone: bool = True,
    cut: float = 0.0,
) -> Choice:
    """Return the best model that the package has for a body.

    Parameters
    ----------
    asked
        The section of the case, whose index and host absorption go on.
    laser
        The beam.
    n
        Real refractive index of the body; not a number if nobody knows it.
    size
        Radius of the sphere of equal volume [m].
    sphere
        Centre and radius [m] if the body is a sphere.
    symmetry
        Of the mesh.
    alone
        Whether it is the only body in the beam.
    cut
        Depth that a flat contact cuts off a sphere [m].
    """
    common = asked.model_dump(include={"refractive_index", "host_absorption"})
    uniform = UniformOptics(**common)
    if math.isnan(n):
        doubt = "its refractive index is not known: refraction and hot spots are left out"
        return Choice(uniform, "the undisturbed beam", doubt)
    if abs(n - 1.0) < WEAK_CONTRAST:
        return Choice(uniform, f"the undisturbed beam: index contrast {abs(n - 1):.2g}")
    if not alone:
        doubt = "several particles: refraction, hot spots and shadows are left out"
        return Choice(uniform, "the undisturbed beam", doubt)
    x = size_parameter(size, laser.wavelength)
    mie, rays = MieOptics(**common), RayOptics(**common)
    series = sphere is not None and _takes_series(laser, sphere)
    if sphere is not None and series and x < _RAYS_ALWAYS and _fits(mie, laser, n, symmetry):
        doubt = ""
        if cut > CUT * sphere[1]:
            doubt = f"the contact cuts off {cut / sphere[1]:.1%} of the radius, which it ignores"
        return Choice(mie, f"Mie series: a sphere, size parameter {x:.0f}", doubt)
    body = "no sphere" if sphere is None else "a sphere in an uneven beam"
    body = "a large sphere" if series and x >= _RAYS_ALWAYS else body
    if _fits(rays, laser, n, symmetry):
        doubt = ""
        if x < _RAYS_FROM:
            doubt = f"at size parameter {x:.0f} rays miss 5 to 45 % of the absorbed power"
        return Choice(rays, f"ray optics: {body}, size parameter {x:.0f}", doubt)
    doubt = f'linear light refracts without the symmetry of the mesh ("{symmetry}")'
    mean = mie.model_copy(update={"average": "polarisation"})
    if series and x < _RAYS_ALWAYS and _fits(mean, laser, n, symmetry):
        doubt += ": its mean over all polarisations is taken"
        return Choice(mean, f"Mie series, averaged: a sphere, size parameter {x:.0f}", doubt)
    return Choice(uniform, "the undisturbed beam", doubt)


def _takes_series(laser: Laser, sphere: tuple[Any, float]) -> bool:
    """Whether the series is for the beam: even over the sphere, or focused on its axis."""
    centre, radius = sphere
    if on_axis_of_beam(laser, centre, radius):
        return True
    try:
        check_plane_wave(laser, radius, centre)
    except CaseError:
        return False
    return laser.speckle is None


def _fits(optics: MieOptics | RayOptics, laser: Laser, n: float, symmetry: Symmetry) -> bool:
    """Whether no rule keeps a model from a beam and a symmetry."""
    asked = optics.model_copy(update={"refractive_index": n})
    return not list(optics_problems(asked, laser, None, symmetry, known=True, transient=False))
