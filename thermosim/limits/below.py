"""What lies under a contact, as heat sees it: layers, crystal axes and a pillar.

The heat enters through an isothermal disk and spreads in what is below; where it goes from there
(rim, frame, chamber) is left out, as in the closed form of the half-space. Of a stack the lowest
layer is taken to be endless, and of a pillar the slab under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from thermosim.bodies.substrates import SubstratePart
    from thermosim.materials import Material

Floats: TypeAlias = npt.NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_FINEST = 1e4
"""Largest wave number, times the radius of the contact, that is counted."""
_EASY = 1e3  # how much better than along its plane, squared, a film conducts across


@dataclass(frozen=True)
class LayerBelow:
    """A layer for heat that spreads in it.

    Attributes
    ----------
    spread
        Conductivity of the isotropic half-space that resists a disk as this material does
        [W/(m K)]: √(k_par k_perp) with the crystal axis upright.
    upright
        Conductivity along z [W/(m K)].
    thickness
        In m.
    """

    spread: float
    upright: float
    thickness: float


def layer_below(tensor: Floats, thickness: float) -> LayerBelow:
    """Return a layer of conductivity `tensor` [W/(m K)], shape (3, 3), any direction of its axis.

    A surface wave number q decays as √(qᵀ A q)/K_zz with A = K_zz K_tt - K_tz K_ztᵀ (t: along the
    surface), so a half-space resists a disk of radius b by 1/(4 b agm(√a1, √a2)), a1 and a2 the
    eigenvalues of A: the disk is an ellipse in stretched coordinates, whose resistance (Carslaw
    and Jaeger 1959, section 8.2) is an elliptic integral, written as the mean of Gauss.
    """
    from scipy.special import agm

    upright = float(tensor[2, 2])
    A = upright * tensor[:2, :2] - np.outer(tensor[:2, 2], tensor[2, :2])
    spread = float(agm(*np.sqrt(np.linalg.eigvalsh(A))))
    return LayerBelow(spread, upright, thickness)


def sheet(along: float, thickness: float) -> LayerBelow:
    """Return a film that conducts `along` [W/K] its plane, and has one temperature across it."""
    k = along / thickness
    return LayerBelow(k * _EASY, k * _EASY**2, thickness)


def resistance_below(
    parts: tuple[SubstratePart, ...],
    material: Callable[[str], Material],
    T: float,
    radius: float,
    film: LayerBelow | None = None,
) -> float:
    """Return the resistance [K/W] of the parts to a disk, the lowest taken to be endless.

    Parts of the same outline are layers (`layered_resistance`); each step to a wider outline adds
    the resistance of a pillar (`pillar_resistance`).

    Parameters
    ----------
    parts
        Of the substrate, the one under the contact first.
    material
        Gives a material by its name.
    T
        Temperature [K].
    radius
        Of the contact [m].
    film
        On the lowest part; it counts where there is no pillar.
    """
    total, disk = 0.0, radius
    for plan, group in groupby(parts, key=lambda part: part.plan):
        layers = [
            layer_below(material(part.material).conductivity.at(T, part.axis), part.thickness)
            for part in group
        ]
        if plan == parts[-1].plan:
            on_top = [film] if film and disk == radius else []
            total += layered_resistance(disk, [*on_top, *layers])
        else:
            total += pillar_resistance(disk, plan.inner, layers)
            disk = plan.inner
    return total


def pillar_resistance(disk: float, radius: float, layers: Sequence[LayerBelow]) -> float:
    """Return the resistance [K/W] from a disk to the foot of a pillar of `radius` [m].

    The disk constricts the flow less than on a half-space, by what holds for an isothermal disk
    on an endless pillar of one material (Negus and Yovanovich, ASME 84-HT-84; in stretched
    coordinates also across layers); then the flow is taken to be even over the section,
    t/(k_zz π R²). Right where the pillar is taller than wide; heat from its side is left out.
    """
    e = min(disk / radius, 1.0)
    narrow = 1 - 1.40978 * e + 0.34406 * e**3 + 0.0435 * e**5 + 0.02271 * e**7
    along = sum(layer.thickness / layer.upright for layer in layers)
    return layered_resistance(disk, layers) * narrow + along / (np.pi * radius**2)


def layered_resistance(radius: float, layers: Sequence[LayerBelow]) -> float:
    """Return the resistance [K/W] of a disk of `radius` b [m] on layers, the last one endless.

    Of all distributions of the flux over the disk the isothermal one has the least dissipation.
    It is sought among sums of two, 1/√(b² - r²) and a constant one: exact for one material (and a
    thin layer that conducts far worse than what is below), otherwise an upper bound, by less than
    1.5 % (against nine profiles, for conductivities up to 1e4 apart and layers down to b/1000).
    In waves J0(λr) the layers are a line of impedances, λ Z_i = (1/κ) (h + w)/(1 + h w) with
    h = κ λ Z_{i+1}, w = tanh(λ s t), κ = √(k_par k_perp) and s = κ/k_zz.
    """
    from scipy.special import j1

    first = layers[0].spread
    alone = 1 / (4 * first * radius)
    if len(layers) == 1:
        return alone
    # the two flux profiles on one material in closed form, then what the layers below change
    energy = np.array([[1.0, 1.0], [1.0, 32 / (3 * np.pi**2)]]) * alone
    x, dx = _wave_numbers(radius, layers)
    excess = (_impedance(x / radius, layers) - 1 / first) * dx / (2 * np.pi * radius)
    profiles = np.array([np.sinc(x / np.pi), 2 * j1(x) / x])
    energy += (profiles * excess) @ profiles.T
    return 1 / float(np.linalg.inv(energy).sum())


def _impedance(wave_number: Any, layers: Sequence[LayerBelow]) -> Any:
    """Return λ times temperature over flux at the surface [m K/W]."""
    found = np.full_like(wave_number, 1 / layers[-1].spread)
    for layer in reversed(layers[:-1]):
        bend = np.tanh(wave_number * layer.thickness * layer.spread / layer.upright)
        h = layer.spread * found
        found = (h + bend) / (1 + h * bend) / layer.spread
    return found


def half_space_waves(radius: float, layers: Sequence[LayerBelow], last: float) -> float:
    """Return what waves up to the number `last` [1/m] add to the resistance of layers [K/W].

    Of the flux of an isothermal disk on the layers, the lowest of them endless. Beyond `_FINEST`
    over the radius the top layer hides the others, and the mean of sinc² is 1/(2 x²).
    """
    finest = _FINEST / radius
    beyond = max(1 / finest - 1 / last, 0.0) / (4 * np.pi * radius**2 * layers[0].spread)
    last = min(last, finest)
    edges = np.linspace(0.0, last, max(200, 3 + round(last * radius)))
    half = np.diff(edges)[:, None] / 2
    wave_number = (edges[:-1, None] + half + half * _NODES).ravel()
    weight = (half * _WEIGHTS).ravel()
    shape = np.sinc(wave_number * radius / np.pi) ** 2
    found = float((_impedance(wave_number, layers) * shape * weight).sum() / (2 * np.pi))
    return found + float(beyond)


def _wave_numbers(radius: float, layers: Sequence[LayerBelow]) -> tuple[Floats, Floats]:
    """Return nodes and weights for the wave number times the radius: 0 to where layers hide."""
    depths = [layer.thickness * layer.spread / layer.upright / radius for layer in layers[:-1]]
    last = min(20 / depths[0], _FINEST)
    edges = np.concatenate([[0.0], np.geomspace(1e-6 / max(1.0, sum(depths)), last, 120)])
    pieces = np.maximum(np.ceil(np.diff(edges) / 3.0), 1).astype(int)
    ends = [np.linspace(a, b, n + 1) for a, b, n in zip(edges, edges[1:], pieces, strict=False)]
    low = np.concatenate([e[:-1] for e in ends])
    half = np.concatenate([np.diff(e) for e in ends]) / 2
    x = (low + half)[:, None] + half[:, None] * _NODES
    return x.ravel(), (half[:, None] * _WEIGHTS).ravel()
