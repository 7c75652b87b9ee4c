"""The layers under a body as full wave optics takes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from thermosim.errors import CaseError, Problem
from thermosim.optics.layered_field import Stack
from thermosim.optics.layers import COHERENT

if TYPE_CHECKING:
    from thermosim.model.model import Ground, Light
    from thermosim.optics.model import FullWaveOptics

_CLOSE = 2e-9


def stack_of(light: Light, optics: FullWaveOptics) -> tuple[Stack, list[str]]:
    """Return the media around a body on z = 0, in wavelengths, and what a reader must know.

    The first layer that is too thick to interfere goes on without end. Without a contact coatings
    stand between the body and the layers; on a contact they end beside it.

    Raises
    ------
    CaseError
        If a layer has no index of refraction, or ends beside the body.
    """
    unit = light.laser.wavelength
    notes: list[str] = []
    if optics.coatings:
        notes.append(
            f"light: coatings, {optics.coated * 1e9:.3g} nm in all, are in the light alone: the "
            "heat has no such layer"
        )
    if not light.ground:
        return Stack(), notes
    indices, thicknesses = [complex(1.0)], []
    for layer in light.ground:
        _check(layer, light)
        indices.append(layer.index)
        if layer.thickness > COHERENT:
            if layer.index.imag * 4.0 * math.pi / unit * layer.thickness < 3.0:
                notes.append(
                    f"light: the {layer.region}, {layer.thickness * 1e6:.3g} um thick, goes on "
                    "without end: its back face reflects nothing"
                )
            break
        thicknesses.append(layer.thickness / unit)
    else:
        indices.append(complex(1.0))
    top = 0.0
    assert light.shape is not None
    flat = bool(light.shape.base_area) and optics.in_space(light.shape)
    if flat and not light.contact_radius and optics.gap is None:
        notes.append("light: the particle lies flat on the substrate")
    elif not light.contact_radius:
        top = -((optics.gap or _CLOSE) + optics.coated) / unit
        if optics.gap is None:
            notes.append("light: without a contact the particle is lit 2 nm above the substrate")
    return Stack(tuple(indices), tuple(thicknesses), top), notes


def _check(layer: Ground, light: Light) -> None:
    if math.isnan(layer.index.real):
        rule = f'full wave optics needs the refractive index of "{layer.material}", which has none'
        remedy = "give the material a refractive_index"
        raise CaseError([Problem(layer.key, f'"{layer.material}"', rule, remedy)])
    assert light.shape is not None
    size = light.shape.equivalent_radius
    if layer.plan.inner < 2.0 * size + 2.0 * light.laser.wavelength:
        raise CaseError([Problem(
            "optics.model", '"full_wave"',
            f"takes layers as endless, and the {layer.region} ends {layer.plan.inner:.3g} m from "
            "the axis", 'choose optics.model = "rays"',
        )])  # fmt: skip
