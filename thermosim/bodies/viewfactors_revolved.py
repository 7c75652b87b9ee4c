"""Exchange areas of bodies of revolution: exact in azimuth with occlusion, quadrature in (r, z).

The profile is a set of straight edges. Two rings at (r₁, z₁) and (r₂, z₂) see each other under the
azimuths whose cosine c lies in an interval where both face the other, less the intervals that edges
block: a straight line between the rings meets the cone of an edge where ``r(t)² = R(z(t))²``, and
r(t)² is linear in c, so that each edge blocks exactly one interval of c. Over what remains,
``cosθ₁ cosθ₂/(π s²)`` is integrated in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.bodies.viewfactors import Estimate

if TYPE_CHECKING:
    from thermosim.bodies.viewfactors import Floats, Ints

_FAR, _NEAR_ORDER, _FAR_ORDER = 3.0, 5, 3
_SPLIT = 1.0  # edges longer than this times their distance are halved
_MAX_LEVEL = 12
_CHUNK = 400_000  # point pairs times blocking edges held at once
_CLOSED = 1e-4  # part of a patch that sees the chamber, below which it counts as closed in
_SMOOTH = 0.8  # cosine between the normals of edges of one face that count as one smooth surface
_WEAK = 0.05  # q/p below which the closed form loses digits and the integrand is smooth


@dataclass(frozen=True)
class Profile:
    """Edges in the half plane: ends (n, 2, 2) as (r, z) [m], normals (n, 2) out of the body.

    `patch` (n,) numbers the patch of each edge, -1 for edges that only block. `face` (n,) says
    which edges belong together; faces that are convex, or before which all others lie, save work.
    """

    ends: Floats
    normals: Floats
    patch: Ints
    face: Ints

    @property
    def lengths(self) -> Floats:
        """Lengths of the edges [m]."""
        return np.asarray(np.linalg.norm(self.ends[:, 1] - self.ends[:, 0], axis=1))

    @property
    def areas(self) -> Floats:
        """Areas of the cones that the edges sweep [m²]."""
        return np.asarray(np.pi * self.ends[:, :, 0].sum(axis=1) * self.lengths)


def exchange_areas(profile: Profile) -> Estimate:
    """Return the exchange areas of the patches among each other and with the chamber."""
    S = _among_patches(profile)
    mine = profile.patch >= 0
    areas = np.bincount(profile.patch[mine], profile.areas[mine], len(S))
    # in a closed cavity the error of the quadrature must not pass for an opening
    chamber = areas - S.sum(axis=1)
    chamber = np.where(chamber > _CLOSED * areas, chamber, 0.0)
    return Estimate(S, chamber, S, chamber)


def _among_patches(profile: Profile) -> Floats:
    n = int(profile.patch.max()) + 1
    S = np.zeros((n, n))
    for i, j, blockers in _groups(profile):
        values = _pairs(profile, i, j, blockers)
        a, b = profile.patch[i], profile.patch[j]
        np.add.at(S, (a, b), values)
        other = i != j
        np.add.at(S, (b[other], a[other]), values[other])
    return S


def _sides(profile: Profile) -> tuple[Any, Any]:
    """Return, for faces a and b, whether b lies behind, or before, every edge's plane of a."""
    faces = np.unique(profile.face)
    vertices = [profile.ends[profile.face == f].reshape(-1, 2) for f in faces]
    mirrored = [np.vstack([v, v * [-1, 1]]) for v in vertices]
    tolerance = 1e-9 * float(np.abs(profile.ends).max())
    behind, before = (np.zeros((len(faces), len(faces)), dtype=bool) for _ in range(2))
    for a, f in enumerate(faces):
        mine = profile.face == f
        start, normal = profile.ends[mine, 0], profile.normals[mine]
        for b, points in enumerate(mirrored):
            height = points @ normal.T - np.sum(start * normal, axis=1)
            behind[a, b] = height.max() <= tolerance
            before[a, b] = height.min() >= -tolerance
    return behind, before


def _groups(profile: Profile) -> list[tuple[Ints, Ints, Ints]]:
    """Return pairs of edges (i ≤ j) by pair of faces, with the edges that may block them.

    A convex face does not see itself, nor block what it sees. A face x blocks nothing between a
    and b if both lie within its convex hull, or both before all its planes.
    """
    faces = np.unique(profile.face)
    behind, before = _sides(profile)
    found = []
    for a, first in enumerate(faces):
        for b, second in enumerate(faces[a:], start=a):
            if a == b and behind[a, a]:
                continue
            i, j = (
                np.flatnonzero((profile.face == f) & (profile.patch >= 0)) for f in (first, second)
            )
            i, j = (grid.ravel() for grid in np.meshgrid(i, j, indexing="ij"))
            if a == b:
                i, j = i[i <= j], j[i <= j]
            may = ~(behind[:, a] & behind[:, b] & np.diag(behind))
            may &= ~(before[:, a] & before[:, b] & np.diag(before))
            may &= ~(np.isin(faces, [first, second]) & np.diag(behind))
            found.append((i, j, np.flatnonzero(np.isin(profile.face, faces[may]))))
    return found


def _pairs(profile: Profile, i: Ints, j: Ints, blockers: Ints) -> Floats:
    """Return the exchange area of each pair of edges, near ones halved until they are far."""
    total = np.zeros(len(i))
    facing = _may_face(profile, i, j)
    who = np.flatnonzero(facing)
    # where a smooth cavity sees itself nearby, the kernel is bounded
    aligned = np.einsum("nd,nd->n", profile.normals[i], profile.normals[j]) > _SMOOTH
    smooth = aligned & (profile.face[i] == profile.face[j])
    deepest = np.where(i == j, 0, np.where(smooth, 1, _MAX_LEVEL))
    u = np.tile([0.0, 1.0], (len(who), 1))
    v = u.copy()
    for level in range(_MAX_LEVEL + 1):
        if not len(who):
            break
        gap, long_1, long_2 = _geometry(profile, i[who], j[who], u, v)
        longest = np.maximum(long_1, long_2)
        split = (longest > _SPLIT * gap) & (level < deepest[who])
        for order, chosen in (
            (_NEAR_ORDER, ~split & (longest > gap / _FAR)),
            (_FAR_ORDER, ~split & (longest <= gap / _FAR)),
        ):
            part = _quadrature(
                profile, i[who[chosen]], j[who[chosen]], u[chosen], v[chosen], order, blockers
            )
            np.add.at(total, who[chosen], part)
        who, u, v = _halved(who[split], u[split], v[split], long_1[split], long_2[split])
    return total


def _may_face(profile: Profile, i: Ints, j: Ints) -> Floats:
    """Whether some point of each edge may face some point of the other, at any azimuth."""
    found = np.ones(len(i), dtype=bool)
    for a, b in ((i, j), (j, i)):
        normal, start = profile.normals[a], profile.ends[a, 0]
        corners = profile.ends[b]
        both = np.concatenate([corners, corners * [-1, 1]], axis=1)
        height = np.einsum("nkd,nd->nk", both - start[:, None], normal)
        scale = profile.lengths[a] + profile.lengths[b]
        found &= height.max(axis=1) > 1e-12 * scale
    return found


def _geometry(
    profile: Profile, i: Ints, j: Ints, u: Floats, v: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return a lower bound of the distance of two parts of edges, and their lengths [m]."""
    middles: list[Floats] = []
    longs: list[Floats] = []
    for edge, part in ((i, u), (j, v)):
        start, along = profile.ends[edge, 0], profile.ends[edge, 1] - profile.ends[edge, 0]
        middles.append(start + along * part.mean(axis=1)[:, None])
        longs.append(profile.lengths[edge] * (part[:, 1] - part[:, 0]))
    gap = np.linalg.norm(middles[0] - middles[1], axis=1) - (longs[0] + longs[1]) / 2
    return np.maximum(gap, 0.0), longs[0], longs[1]


def _halved(
    who: Ints, u: Floats, v: Floats, long_1: Floats, long_2: Floats
) -> tuple[Ints, Floats, Floats]:
    """Halve the longer part of each pair, or both where they are about equal."""
    halve = [long_1 >= long_2 / 1.5, long_2 >= long_1 / 1.5]
    for which in (0, 1):
        chosen = np.flatnonzero(halve[which])
        parts = (u, v)[which]
        middle = parts[chosen].mean(axis=1)
        extra = [u[chosen].copy(), v[chosen].copy()]
        extra[which][:, 0] = middle
        parts[chosen, 1] = middle
        who = np.concatenate([who, who[chosen]])
        u, v = np.vstack([u, extra[0]]), np.vstack([v, extra[1]])
        halve[1] = np.concatenate([halve[1], halve[1][chosen]])
    return who, u, v


def _quadrature(
    profile: Profile, i: Ints, j: Ints, u: Floats, v: Floats, order: int, blockers: Ints
) -> Floats:
    """Return the exchange area of parts of edges by Gauss points on both."""
    nodes, weights = _rule(order)
    nodes_2, weights_2 = _rule(order + 1)  # other points, should both be the same edge
    size = max(1, _CHUNK // (order**2 * (len(blockers) + 4)))
    parts = [np.empty(0)]
    for start in range(0, len(i), size):
        s = slice(start, start + size)
        p_1, w_1 = _gauss(profile, i[s], u[s], nodes, weights)
        p_2, w_2 = _gauss(profile, j[s], v[s], nodes_2, weights_2)
        shape = (len(p_1), order, order + 1)
        x_1 = np.broadcast_to(p_1[:, :, None], (*shape, 2)).reshape(-1, 2)
        x_2 = np.broadcast_to(p_2[:, None, :], (*shape, 2)).reshape(-1, 2)
        edges = [np.repeat(e[s], order * (order + 1)) for e in (i, j)]
        kernel = ring_to_ring(profile, edges[0], x_1, edges[1], x_2, blockers).reshape(shape)
        parts.append(np.einsum("na,nab,nb->n", w_1, kernel, w_2))
    return np.concatenate(parts)


def _rule(order: int) -> tuple[Floats, Floats]:
    """Return the points and weights of Gauss on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return (nodes + 1) / 2, weights / 2


def _gauss(
    profile: Profile, edge: Ints, part: Floats, nodes: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """Return points (n, order, 2) on parts of edges and their weights 2πr dl / √(2π) [m^1.5]."""
    start, along = profile.ends[edge, 0], profile.ends[edge, 1] - profile.ends[edge, 0]
    width = part[:, 1] - part[:, 0]
    at = part[:, :1] + width[:, None] * nodes
    points = start[:, None] + along[:, None] * at[:, :, None]
    lengths = profile.lengths[edge] * width
    return points, lengths[:, None] * weights * points[:, :, 0] * np.sqrt(2 * np.pi)


def ring_to_ring(
    profile: Profile, edge_1: Ints, x_1: Floats, edge_2: Ints, x_2: Floats, blockers: Ints
) -> Floats:
    """Return ``∫ cosθ₁ cosθ₂/(π s²) dφ`` over the visible azimuths [1/m²], shape (n,).

    Parameters
    ----------
    edge_1, edge_2 : shape (n,), the edges on which the rings lie
    x_1, x_2 : shape (n, 2), the rings (r, z) [m]
    blockers : edges that may stand between
    """
    n_1, n_2 = profile.normals[edge_1], profile.normals[edge_2]
    low, high = _facing(x_1, n_1, x_2, n_2)
    value = np.zeros(len(x_1))
    sees = np.flatnonzero(high > low)
    if not len(blockers):
        value[sees] = _integral(x_1[sees], n_1[sees], x_2[sees], n_2[sees], low[sees], high[sees])
        return value
    own = (blockers == edge_1[sees, None]) | (blockers == edge_2[sees, None])
    starts, stops = _unblocked(profile, blockers, own, x_1[sees], x_2[sees], low[sees], high[sees])
    pair, gap = np.nonzero(stops > starts)
    at = sees[pair]
    part = _integral(x_1[at], n_1[at], x_2[at], n_2[at], starts[pair, gap], stops[pair, gap])
    np.add.at(value, at, part)
    return value


def _facing(x_1: Floats, n_1: Floats, x_2: Floats, n_2: Floats) -> tuple[Floats, Floats]:
    """Return the interval of c = cos φ in which both rings face each other."""
    low: Floats = np.full(len(x_1), -1.0)
    high: Floats = np.ones(len(x_1))
    for here, normal, there in ((x_1, n_1, x_2), (x_2, n_2, x_1)):
        slope = normal[:, 0] * there[:, 0]
        offset = -normal[:, 0] * here[:, 0] + normal[:, 1] * (there[:, 1] - here[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            root = -offset / slope
        low = np.where(slope > 0, np.maximum(low, root), low)
        high = np.where(slope < 0, np.minimum(high, root), high)
        high = np.where((slope == 0) & (offset <= 0), -1.0, high)
    return low, high


def _unblocked(
    profile: Profile, blockers: Ints, own: Any, x_1: Floats, x_2: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Return what no edge blocks of the interval of c, in parts of shape (n, blockers + 1)."""
    bottom, top = _blocked(profile, blockers, x_1, x_2)
    nothing = own | ~(top >= bottom)
    # an edge that blocks nothing is sorted last, and what comes after it is empty
    bottom, top = np.where(nothing, np.inf, bottom), np.where(nothing, np.inf, top)
    order = np.argsort(bottom, axis=1)
    bottom = np.take_along_axis(bottom, order, axis=1)
    top = np.maximum.accumulate(np.take_along_axis(top, order, axis=1), axis=1)
    starts = np.maximum(np.hstack([low[:, None], top]), low[:, None])
    stops = np.minimum(np.hstack([bottom, high[:, None]]), high[:, None])
    return starts, stops


def _blocked(profile: Profile, blockers: Ints, x_1: Floats, x_2: Floats) -> tuple[Floats, Floats]:
    """Return the interval of c in which lines between two rings meet each edge; empty for none.

    With z = z₁ + t Δz, a line meets the cone R(z) at t where c is `_line_meets`: the interval runs
    between the extremes over the edge, at its ends or where dC/dt = 0, a quadratic equation.
    """
    (a_r, a_z), (b_r, b_z) = (profile.ends[blockers, k].T for k in (0, 1))
    r_1, z_1, r_2 = x_1[:, :1], x_1[:, 1:], x_2[:, :1]
    scale = np.abs(x_1).max(axis=1, keepdims=True) + np.abs(x_2).max(axis=1, keepdims=True)
    rise = x_2[:, 1:] - z_1
    rise = np.where(np.abs(rise) < 1e-12 * scale, 1e-12 * scale, rise)
    flat = a_z == b_z
    slope = np.where(flat, 0.0, (b_r - a_r) / np.where(flat, 1.0, b_z - a_z))
    with np.errstate(divide="ignore", invalid="ignore"):
        t_a, t_b = (a_z - z_1) / rise, (b_z - z_1) / rise
        R_0, grows = a_r + slope * (z_1 - a_z), slope * rise
        found = [_at_end(a_r, t_a, R_0, grows, r_1, r_2), _at_end(b_r, t_b, R_0, grows, r_1, r_2)]
        first, last = np.minimum(t_a, t_b), np.maximum(t_a, t_b)
        gamma = (R_0 - r_1) * (R_0 + r_1)
        both = grows**2 - r_2**2 + r_1**2 + 2 * R_0 * grows
        root = np.sqrt(gamma**2 + gamma * both)
        for signed in (-root, root):
            t = np.where(both == 0, 0.5, (signed - gamma) / both)
            inside = (t > np.maximum(first, 0)) & (t < np.minimum(last, 1)) & ~flat
            value = _line_meets(R_0 + grows * t, t, r_1, r_2)
            found.append(np.where(inside, value, np.nan))
    passed = (last <= 0) | (first >= 1)
    bottom = np.where(passed, np.inf, np.fmin.reduce(found))
    top = np.where(passed, -np.inf, np.fmax.reduce(found))
    return bottom, top


def _line_meets(R: Floats, t: Floats, r_1: Floats, r_2: Floats) -> Floats:
    """Return ``(R² - (1-t)² r₁² - t² r₂²)/(2 t (1-t) r₁ r₂)``, the c of lines with r = R at t."""
    top = (R - r_1) * (R + r_1) + 2 * t * r_1**2 - t**2 * (r_1**2 + r_2**2)
    return np.asarray(top / (2 * t * (1 - t) * r_1 * r_2))


def _at_end(R: Floats, t: Floats, R_0: Floats, grows: Floats, r_1: Floats, r_2: Floats) -> Floats:
    """Return C at one end of an edge; ±∞ where the edge runs on past one of the rings."""
    below = np.where(r_1 < R_0, np.inf, -np.inf)
    above = np.where(r_2 < R_0 + grows, np.inf, -np.inf)
    inner = (t > 0) & (t < 1)
    return np.where(inner, _line_meets(R, t, r_1, r_2), np.where(t <= 0, below, above))


def _integral(
    x_1: Floats, n_1: Floats, x_2: Floats, n_2: Floats, low: Floats, high: Floats
) -> Floats:
    """Return ``2/π ∫ (A₁ + B₁ u)(A₂ + B₂ u)/u² dφ`` over cos φ in [low, high], u = s²."""
    weak = 2 * x_1[:, 0] * x_2[:, 0] < _WEAK * _squares(x_1, x_2)[0]
    result = np.empty(len(x_1))
    for chosen, integrate in ((weak, _smooth), (~weak, _closed)):
        part = [a[chosen] for a in (x_1, n_1, x_2, n_2)]
        phi = [np.arccos(np.clip(c[chosen], -1.0, 1.0)) for c in (high, low)]
        result[chosen] = integrate(*part, *phi)
    return 2 / np.pi * result


def _squares(x_1: Floats, x_2: Floats) -> tuple[Floats, Floats, Floats]:
    """Return p, p - q and p + q [m²] of s² = p - q cos φ."""
    dz2 = (x_2[:, 1] - x_1[:, 1]) ** 2
    near, far = (x_1[:, 0] - x_2[:, 0]) ** 2 + dz2, (x_1[:, 0] + x_2[:, 0]) ** 2 + dz2
    return (near + far) / 2, near, far


def _closed(
    x_1: Floats, n_1: Floats, x_2: Floats, n_2: Floats, start: Floats, stop: Floats
) -> Floats:
    p, near, far = _squares(x_1, x_2)
    q, dz = (far - near) / 2, x_2[:, 1] - x_1[:, 1]
    out = (x_2[:, 0] - x_1[:, 0]) * (x_2[:, 0] + x_1[:, 0])
    B_1, B_2 = -n_1[:, 0] / (2 * x_1[:, 0]), -n_2[:, 0] / (2 * x_2[:, 0])
    A_1 = -B_1 * (dz**2 + out) + n_1[:, 1] * dz
    A_2 = -B_2 * (dz**2 - out) - n_2[:, 1] * dz
    root = np.sqrt(near * far)

    def integrals(phi: Floats) -> tuple[Floats, Floats]:
        first = (
            2 / root * np.arctan2(np.sqrt(far) * np.sin(phi / 2), np.sqrt(near) * np.cos(phi / 2))
        )
        second = (q * np.sin(phi) / (near + 2 * q * np.sin(phi / 2) ** 2) + p * first) / root**2
        return first, second

    (I_1, I_2), (J_1, J_2) = integrals(start), integrals(stop)
    return np.asarray(
        A_1 * A_2 * (J_2 - I_2) + (A_1 * B_2 + A_2 * B_1) * (J_1 - I_1) + B_1 * B_2 * (stop - start)
    )


def _smooth(
    x_1: Floats, n_1: Floats, x_2: Floats, n_2: Floats, start: Floats, stop: Floats
) -> Floats:
    nodes, weights = np.polynomial.legendre.leggauss(8)
    phi = start[:, None] + (stop - start)[:, None] * (nodes + 1) / 2
    c = np.cos(phi)
    p, near, far = (a[:, None] for a in _squares(x_1, x_2))
    (r_1, z_1), (r_2, z_2) = (x.T[:, :, None] for x in (x_1, x_2))
    cos_1 = n_1[:, :1] * (r_2 * c - r_1) + n_1[:, 1:] * (z_2 - z_1)
    cos_2 = n_2[:, :1] * (r_1 * c - r_2) + n_2[:, 1:] * (z_1 - z_2)
    kernel = cos_1 * cos_2 / (p - (far - near) / 2 * c) ** 2
    return np.asarray((stop - start) / 2 * (kernel @ weights))
