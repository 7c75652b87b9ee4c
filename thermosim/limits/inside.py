"""Heat inside a particle on its way to the contact: the terms of a body of finite size.

A sphere of radius R whose heat is released evenly and leaves by an isothermal disk of radius b at
its pole: mean less disk is ``f/(4 k b)``, f from Neumann's function of the sphere with the source
on its surface (`neumann`), averaged over the disk, and a cut that is flat:
``f = 1 + (e/π) (ln(2/e) - 4/5 - 2 ln 2 + …)``, e = b/R. The rest of the series is fitted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import constants

Floats = npt.NDArray[np.float64]

_SERIES = (
    -0.8 - 2 * np.log(2.0), -0.93012955, 1.21504152, -5.22458834, 13.98843398, -15.17227665,
    5.7452547,
)  # fmt: skip
_HALF_BALL = {2: 0.01772769, 3: 0.3129063, 4: 0.23656222, 5: -0.08732863}
_EVEN_FLUX = 32 / (3 * constants.pi**2) - 1
"""What an even flux through the disk resists more than an isothermal disk, over the latter."""
_EVENING = (0.1455, 0.904)


def sphere_resistance(radius: float, contact_radius: float, k: float) -> float:
    """Return (mean less contact)/heat [K/W] of a sphere cut flat, heated evenly, on its disk.

    The polynomial is fitted to finite elements of third degree for b/R from 0.01 to 0.9 (own
    computation), and right to 3e-5.
    """
    e = contact_radius / radius
    inner = np.log(2.0 / e) + sum(c * e**n for n, c in enumerate(_SERIES))
    return float((1.0 + e / np.pi * inner) / (4.0 * k * contact_radius))


def flat_resistance(volume: float, contact_radius: float, k: float) -> float:
    """Return (mean less contact)/heat [K/W] of a body on a facet, heated evenly, on its disk.

    The body counts as the half of a ball of its volume, a = ∛(3V/2π): ``f = 1 - 18/(5π) b/a`` from
    Neumann's function of a source in the middle of its base, further terms fitted to finite
    elements of half a ball (own computation; 2e-4 up to b = a, where its whole base conducts).
    """
    e = min(contact_radius / float(np.cbrt(3.0 * volume / (2.0 * constants.pi))), 1.0)
    f = 1.0 - 18.0 / (5.0 * constants.pi) * e + sum(c * e**n for n, c in _HALF_BALL.items())
    return float(f / (4.0 * k * contact_radius))


def pointed_resistance(depth: float, contact_radius: float, k: float) -> float:
    """Return the resistance [K/W] of a body that stands on a point, cut `depth` [m] above it.

    Heat spreads in the solid angle Ω of the cone of half-angle α that ends in the disk,
    ``1/(k Ω b/sin α)``, plus ``(1 - 2/π) sin²α/(4kb)``, which makes a blunt body a half-space.
    """
    slant = float(np.hypot(depth, contact_radius))
    sine, cosine = contact_radius / slant, depth / slant
    spread = 2.0 * sine / (constants.pi * (1.0 - cosine))
    return float((spread + (1.0 - 2.0 / constants.pi) * sine**2) / (4.0 * k * contact_radius))


def crossing_resistances(r: Floats, share: Floats, contact_radius: float) -> tuple[float, float]:
    """Return k times what heat across a narrow gap meets on its way in a body: own, mutual [1/m].

    The heat passes rings of radius r [m] about the contact in the shares `share`, which add up to
    1. With itself ``∫ q(λ)² dλ/2π``, q the sum of the shares times J0(λr); with an isothermal
    disk of radius b the temperature of that, ``asin(b/r)/2πb``.
    """
    from scipy.special import j0

    wave_number = np.geomspace(1e-3 / r.max(), 50.0 / r.min(), 800)
    waves = j0(np.outer(wave_number, r)) @ share
    own = float(np.trapezoid(waves**2 * wave_number, np.log(wave_number))) / (2 * constants.pi)
    disk = np.arcsin(np.minimum(contact_radius / r, 1.0)) / (2 * constants.pi * contact_radius)
    return own, float(disk @ share)


def neumann(points: npt.ArrayLike, radius: float) -> Floats:
    """Return ``4π k R`` times how much a watt released at a point warms the pole over the mean.

    Points, shape (n, 3) [m], from the centre; the pole is (0, 0, -R); the watt is drawn evenly
    from the volume. ``2R/d - ln((R - r cos γ + d)/2R) + r²/2R² - 23/10`` with d the distance to the
    pole and γ the angle from it (Kellogg, Foundations of Potential Theory, 1929, chapter 9); its
    mean over the sphere is 0.
    """
    x = np.asarray(points, float) / radius
    r2 = (x**2).sum(axis=1)
    d = np.sqrt(np.maximum(r2 + 1.0 + 2.0 * x[:, 2], 1e-300))
    return np.asarray(2.0 / d - np.log((1.0 + x[:, 2] + d) / 2.0) + r2 / 2.0 - 2.3)


def surface_shift(heat: float, radius: float, k: float) -> float:
    """Return surface less mean [K] of a sphere in which `heat` [W] is released evenly."""
    return float(-heat / (20.0 * constants.pi * k * radius))


def interface_resistance(contact_radius: float, h_c: float, spreading: float) -> float:
    """Return the resistance [K/W] of an interface on a disk, with what it changes on both sides.

    ``1/(πb²h_c)``, and where that is large the flux is even and both sides resist up to 8 % more:
    ``spreading`` [K/W] is what they resist to an isothermal disk. Between the limits the share is
    fitted to finite elements (own computation), and right to 1e-3.
    """
    alone = 1.0 / (constants.pi * contact_radius**2 * h_c)
    biot = 4.0 / constants.pi * spreading / alone
    factor, power = _EVENING
    share: Any = 1.0 / (1.0 + factor * biot**power)
    return float(alone + spreading * _EVEN_FLUX * share)
