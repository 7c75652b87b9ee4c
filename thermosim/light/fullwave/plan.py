"""What full wave optics will draw and need, before anything is meshed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from thermosim.errors import CaseError, Problem
from thermosim.light.fullwave.forms import Layer
from thermosim.mesh.optical import GROWTH, OpticalBox
from thermosim.optics.model import HALF_PLANE

if TYPE_CHECKING:
    from thermosim.optics.layered_field import Stack
    from thermosim.optics.model import Elements, FullWaveOptics
    from thermosim.shapes.profile import Profile

_MARGIN, _LOSSY = 0.5, 4.0  # of the box beside the body, in wavelengths; over layers that absorb
_DARK = 1e-3  # Im n from which on a layer takes what is scattered within wavelengths
_GONE = 0.5  # wavelengths over Im n, in which e^-6 of the light is left
STRENGTH, WEAKER = 8.0, 0.6
_ALONG = 2.5  # cells along the radius of a body that is small against the wavelength
_RIM = 10e-9  # cells at the rim of a flat base [m]
_THIN = 2.0  # length of cells in a coating over its thickness
_AROUND = 4.0  # triangles in a strip of the outline, whose length is about that of the box
_SKIN = 0.8  # cells over the depth (of power) to which light enters a metal
_PER_CELL = {2: 7.3, 3: 15.4, 4: 26.5, 5: 41.0}  # unknowns
_FULL = 0.79  # area of a profile over that of the box around it
_BYTES = 5500.0  # an unknown at degree 4: matrix, factors, and what assembling takes


@dataclass(frozen=True)
class Plan:
    """The drawing, the absorbing layer, and about what solving takes.

    Attributes
    ----------
    box
        The drawing.
    unknowns, memory
        Of one mode, at the degree asked for; memory in bytes.
    """

    box: OpticalBox
    unknowns: float
    memory: float

    def layer(self, change: float = 1.0) -> Layer:
        """Return the absorbing layer, its strength times `change`."""
        box = self.box
        return Layer(box.radius, box.bottom, box.top, box.pml, STRENGTH * change)


def plan(
    profile: Profile, unit: float, index: complex, stack: Stack, optics: FullWaveOptics
) -> Plan:
    """Return what is drawn of a body on z = 0 of a complex index, `unit` the wavelength [m].

    Raises
    ------
    CaseError
        If it takes more unknowns than the case allows.
    """
    elements = optics.elements(HALF_PLANE)
    thick = sum(coating.thickness for coating in optics.coatings) / unit
    reach, height = profile.reach / unit + thick, profile.height / unit + thick
    under = 0.0 if profile.base_radius else thick
    N = optics.cells_per_wavelength
    margin, beside, under_it = _margins(stack, optics.margin)
    sizes = [1.0 / (N * max(abs(complex(n).real), 1.0)) for n in stack.indices]
    smallest = min(reach, 0.5 * height)
    h_body = min(1.0 / (N * max(index.real, 1.0)), smallest / _ALONG)
    if index.imag > 0.3:
        h_body = min(h_body, _SKIN / (4.0 * 3.141592653589793 * index.imag))
    h_coats = tuple(
        min(1.0 / (N * coating.refractive_index), _THIN * coating.thickness / unit)
        for coating in optics.coatings
    )
    has_gap = len(stack.indices) > 1 and not profile.base_radius
    gap = -stack.top - under if has_gap else 0.0
    sizes[0] = min(sizes[0], max(2.0 * margin, 1.0) / N)
    h_rim = min(_RIM / unit, h_body, 0.5 * profile.base_radius / unit or h_body)
    lowest = min((-under, *stack.levels))
    box = OpticalBox(
        reach + beside, lowest - under_it, height + margin, elements.pml_thickness,
        stack.levels, tuple(sizes), h_body, h_rim, gap, h_coats,
    )  # fmt: skip
    cells = box.estimated_cells(_FULL * reach * height)
    for h, coating in zip(h_coats, optics.coatings, strict=True):
        cells += _AROUND * (reach + height) * (coating.thickness / unit + h / GROWTH) / h**2
    unknowns = cells * _PER_CELL[elements.degree]
    if unknowns > elements.max_unknowns:
        raise CaseError([_too_large(unknowns, elements, reach * unit)])
    return Plan(box, unknowns, unknowns * _BYTES)


def _margins(stack: Stack, asked: float | None) -> tuple[float, float, float]:
    """Return the space above the body, beside it and under the layers, in wavelengths."""
    if asked is not None:
        return asked, asked, asked
    losses = [abs(complex(n).imag) for n in stack.indices]
    if max(losses) < _DARK:
        return _MARGIN, _MARGIN, _MARGIN
    depth = min(max(_GONE / losses[-1], _MARGIN), _LOSSY) if losses[-1] > _DARK else _MARGIN
    return _MARGIN, _LOSSY, depth


def _too_large(unknowns: float, elements: Elements, radius: float) -> Problem:
    fits = radius * (elements.max_unknowns / unknowns) ** 0.5
    return Problem(
        "optics.model", '"full_wave"',
        f"takes about {unknowns:.2g} unknowns ({unknowns * _BYTES / 1e9:.2g} GB), more than "
        f"optics.max_unknowns = {elements.max_unknowns}",
        f'choose optics.model = "rays", lower optics.cells_per_wavelength, take a radius below '
        f"about {fits * 1e6:.2g} um, or raise the limit",
    )  # fmt: skip
