"""Light in plane layers: reflected, transmitted, and absorbed in each layer.

Layers thinner than a given thickness interfere (transfer matrices); thicker ones, whose faces are
never flat and parallel to a fraction of the wavelength, pass on power alone (Katsidis and Siapkas,
10.1364/AO.41.003978). Indices are ``n + ik``; light comes from a transparent medium.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from thermosim.optics.fresnel import cos_refracted

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
COHERENT = 2e-6
"""Thickness [m] up to which a layer interferes; thicker sheets are not even to a wavelength."""


@dataclass(frozen=True)
class LayerLight:
    """What one layer does with light, as shares of the power that falls on the layers.

    Attributes
    ----------
    absorbed : share that the layer absorbs
    thickness : in m
    attenuation : of power along the normal [1/m]; 0 for one that interferes, where the share is
        spread evenly
    down, up : power that enters at the upper face and, from below, at the lower face
    """

    absorbed: float
    thickness: float
    attenuation: float = 0.0
    down: float = 0.0
    up: float = 0.0

    def density(self, depth: Floats) -> Floats:
        """Return the absorbed share per depth [1/m] at depths [m] below the upper face."""
        if not self.attenuation:
            return np.full(np.shape(depth), self.absorbed / self.thickness)
        a, rest = self.attenuation, self.thickness - depth
        return np.asarray(a * (self.down * np.exp(-a * depth) + self.up * np.exp(-a * rest)))


@dataclass(frozen=True)
class LayeredLight:
    """Shares of the power that falls on layers: reflected, transmitted, absorbed in each."""

    reflected: float
    transmitted: float
    layers: tuple[LayerLight, ...]


@dataclass(frozen=True)
class CoherentStack:
    """Reflectance, transmittance and absorbed share of each film of a coherent stack."""

    R: float
    T: float
    absorbed: tuple[float, ...]


def coherent_stack(
    indices: list[complex], thicknesses: list[float], cos_0: float, wavelength: float, wave: str
) -> CoherentStack:
    """Return what films do with a plane wave; the first and last medium are endless.

    Abelès' matrices (Born and Wolf, Principles of Optics, section 1.6), with the power that enters
    each film from the Poynting vector at its face (Byrnes, arXiv:1603.02720, eqs. 21-24).

    Parameters
    ----------
    indices
        Of all media, the first with the light in it.
    thicknesses
        Of the films between the first and the last medium [m].
    cos_0
        Cosine of the angle of incidence in the first medium.
    wavelength
        In vacuum [m].
    wave
        "s" or "p".
    """
    n = np.asarray(indices, complex)
    cos = cos_refracted(cos_0, n[0], n)
    delta = 2 * pi / wavelength * n[1:-1] * cos[1:-1] * np.asarray(thicknesses, float)
    # beyond this the far side of a film is dark, and its exponential too large to compute
    delta = delta.real + 1j * np.minimum(delta.imag, 35.0)
    r, t = _interfaces(n, cos, wave)
    fields = [np.array([1.0 + 0j, 0.0])]  # forward and backward, at the upper face of each medium
    for i in range(len(n) - 2, -1, -1):
        ahead, back = fields[0]
        field = np.array([ahead + r[i] * back, r[i] * ahead + back]) / t[i]
        if i:
            field *= np.exp(np.array([-1j, 1j]) * delta[i - 1])
        fields.insert(0, field)
    incident = fields[0][0]
    R = float(abs(fields[0][1] / incident) ** 2)
    into = _power(np.array([1.0, 0.0]), n[0], cos[0], wave)
    passing = [
        _power(field / incident, n_i, cos_i, wave) / into
        for field, n_i, cos_i in zip(fields[1:], n[1:], cos[1:], strict=True)
    ]
    passing[0] = 1.0 - R  # what enters is what is not reflected, to the last digit
    shares = tuple(above - below for above, below in itertools.pairwise(passing))
    return CoherentStack(R, passing[-1], shares)


def stack_reflection(
    indices: tuple[complex, ...], thicknesses: tuple[float, ...], mu: Complexes | Floats
) -> tuple[Complexes, Complexes]:
    """Return ``(r_s, r_p)`` of films on an endless medium for plane and evanescent waves in vacuum.

    Airy's formula from film to film, in which nothing grows; signs as in `fresnel_amplitudes`.

    Parameters
    ----------
    indices
        Of the films from above, and of the endless medium.
    thicknesses
        Of the films, in units of the wavelength in vacuum over 2 pi.
    mu
        Cosine of the angle of incidence, real and imaginary part not negative; ``i y`` is a wave
        that decays as ``exp(-k y z)``.
    """
    mu = np.asarray(mu, complex)
    n2 = np.array([1.0, *(complex(n) ** 2 for n in indices)])
    normal = [mu] + [np.sqrt(square - 1.0 + mu**2) for square in n2[1:]]
    normal = [np.where(q.imag < 0.0, -q, q) for q in normal]
    found = []
    for weigh in (np.ones(len(n2)), n2):
        below = np.zeros(mu.shape, complex)
        for i in range(len(n2) - 2, -1, -1):
            above, under = weigh[i + 1] * normal[i], weigh[i] * normal[i + 1]
            r = (above - under) / (above + under)
            if i < len(thicknesses):
                below = below * np.exp(2j * thicknesses[i] * normal[i + 1])
            below = (r + below) / (1.0 + r * below)
        found.append(below)
    return found[0], found[1]


def _interfaces(n: Complexes, cos: Complexes, wave: str) -> tuple[Complexes, Complexes]:
    """Return amplitude reflection and transmission at each interface, from above."""
    above, below = slice(None, -1), slice(1, None)
    first = n[above] * cos[above] if wave == "s" else n[below] * cos[above]
    other = n[below] * cos[below] if wave == "s" else n[above] * cos[below]
    return (first - other) / (first + other), 2 * n[above] * cos[above] / (first + other)


def _power(field: Complexes, n: complex, cos: complex, wave: str) -> float:
    """Return the power along the normal of a forward and a backward wave (Byrnes, 21-22)."""
    ahead, back = field
    if wave == "s":
        return float((n * cos * np.conj(ahead + back) * (ahead - back)).real)
    return float((n * np.conj(cos) * (ahead + back) * np.conj(ahead - back)).real)


def layered_light(
    indices: list[complex],
    thicknesses: list[float],
    wavelength: float,
    cos_0: float = 1.0,
    waves: tuple[tuple[float, str], ...] = ((0.5, "s"), (0.5, "p")),
    coherent: float = COHERENT,
) -> LayeredLight:
    """Return what layers do with a plane wave from above.

    Parameters
    ----------
    indices
        Of the medium above (transparent), of each layer, and of the endless medium below.
    thicknesses
        Of the layers [m]; those up to `coherent` [m] interfere.
    wavelength
        In vacuum [m].
    cos_0
        Cosine of the angle of incidence.
    waves
        Shares of power of the polarisations "s" and "p".
    """
    parts = [
        (share, _one_wave(indices, thicknesses, wavelength, cos_0, wave, coherent))
        for share, wave in waves
        if share
    ]
    layers = tuple(_mean([(share, found.layers[i]) for share, found in parts])
                   for i in range(len(thicknesses)))  # fmt: skip
    return LayeredLight(
        sum(share * found.reflected for share, found in parts),
        sum(share * found.transmitted for share, found in parts),
        layers,
    )


def _mean(parts: list[tuple[float, LayerLight]]) -> LayerLight:
    """Return the mean over polarisations, which have one attenuation."""
    first = parts[0][1]
    absorbed, down, up = (
        sum(share * getattr(layer, name) for share, layer in parts)
        for name in ("absorbed", "down", "up")
    )
    return LayerLight(absorbed, first.thickness, first.attenuation, down, up)


def _one_wave(
    indices: list[complex],
    thicknesses: list[float],
    wavelength: float,
    cos_0: float,
    wave: str,
    coherent: float,
) -> LayeredLight:
    """Return what layers do with one polarisation: films between thick layers pass on power."""
    thick = [i for i, d in enumerate(thicknesses) if d > coherent]
    media = [0, *(i + 1 for i in thick), len(indices) - 1]
    n_0 = complex(indices[0])

    def films(start: int, stop: int, *, reverse: bool) -> CoherentStack:
        inside = list(indices[start : stop + 1])
        between = list(thicknesses[start : stop - 1])
        if reverse:
            inside, between = inside[::-1], between[::-1]
        # power in a medium that absorbs has no clear meaning where it also reflects: its real part
        first = complex(inside[0].real)
        cos = complex(cos_refracted(cos_0, n_0, first))
        if not cos.real:  # a metal (n < 1) into which light of this angle has no way by its real n
            return CoherentStack(1.0, 0.0, (0.0,) * len(between))
        return coherent_stack([first, *inside[1:]], between, cos.real, wavelength, wave)

    pairs = list(itertools.pairwise(media))
    down = [films(a, b, reverse=False) for a, b in pairs]
    up = [films(a, b, reverse=True) for a, b in pairs]
    index = [complex(indices[m]) for m in media[1:-1]]
    rate = [4 * pi / wavelength * (n * complex(cos_refracted(cos_0, n_0, n))).imag for n in index]
    pass_on = [float(np.exp(-a * thicknesses[i])) for a, i in zip(rate, thick, strict=True)]
    flows = _flows(down, up, pass_on)
    layers: list[LayerLight | None] = [None] * len(thicknesses)
    for k, i in enumerate(thick):
        enter, rise = flows[k][0], flows[k][1]
        taken = (enter + rise) * (1 - pass_on[k])
        layers[i] = LayerLight(taken, thicknesses[i], rate[k], enter, rise)
    for k, (a, b) in enumerate(pairs):
        from_above = 1.0 if k == 0 else flows[k - 1][0] * pass_on[k - 1]
        from_below = flows[k][1] * pass_on[k] if k < len(flows) else 0.0
        for j in range(b - a - 1):
            share = from_above * down[k].absorbed[j] + from_below * up[k].absorbed[-1 - j]
            layers[a + j] = LayerLight(share, thicknesses[a + j])
    reflected = down[0].R + (flows[0][1] * pass_on[0] * up[0].T if flows else 0.0)
    transmitted = down[-1].T * (flows[-1][0] * pass_on[-1] if flows else 1.0)
    return LayeredLight(reflected, transmitted, tuple(layer for layer in layers if layer))


def _flows(
    down: list[CoherentStack], up: list[CoherentStack], pass_on: list[float]
) -> list[tuple[float, float]]:
    """Return for each thick layer the power that enters it at its upper and at its lower face."""
    count = len(pass_on)
    if not count:
        return []
    A, b = np.eye(2 * count), np.zeros(2 * count)
    for k in range(count):
        enter, rise = 2 * k, 2 * k + 1
        # at the upper face: what comes through from above, and what is reflected back down
        A[enter, rise] -= pass_on[k] * up[k].R
        if k:
            A[enter, enter - 2] -= pass_on[k - 1] * down[k].T
        else:
            b[enter] = down[0].T
        # at the lower face: what is reflected up, and what comes through from below
        A[rise, enter] -= pass_on[k] * down[k + 1].R
        if k + 1 < count:
            A[rise, rise + 2] -= pass_on[k + 1] * up[k + 1].T
    found = np.linalg.solve(A, b)
    return [(float(found[2 * k]), float(found[2 * k + 1])) for k in range(count)]
