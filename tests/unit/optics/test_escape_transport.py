"""Photon by photon: conservation, limits, and the sphere's short cut against single chords."""

from math import cos, sqrt

import closed_forms
import numpy as np
import pytest
from closed_forms import BoxSurface
from scipy.constants import e

from thermosim.gain.escape import closed
from thermosim.gain.escape.mc import (
    DOTS,
    ESCAPED,
    KEPT,
    LEAKED,
    PARASITIC,
    SUBSTRATE,
    Emitter,
    OpticalContact,
    OpticalSurface,
    Transport,
)
from thermosim.gain.escape.mc_sphere import run_chords
from thermosim.gain.escape.methods import escape_of_fates
from thermosim.optics.fresnel import reflect
from thermosim.shapes.hits import SphereSurface, dot, isotropic_directions

UM = 1e-6
LINE = Emitter([2.4 * e], [1.0], 2e5)
CLEAR = Emitter([2.4 * e], [1.0], 0.0)
CUBE = BoxSurface((UM, UM, UM))
N = 40_000


def under_sphere(index, radius, polar_angle):
    """The contact of a sphere up to `polar_angle` from its lowest point."""
    return OpticalContact(index, radius * 2.0 * float(np.sin(0.5 * polar_angle)) ** 2)


class Chords:
    """A sphere that the transport does not know for one: every chord is followed."""

    def __init__(self, sphere):
        self.volume, self.area, self.bottom = sphere.volume, sphere.area, sphere.bottom
        self.sample, self.exit = sphere.sample, sphere.exit


@pytest.mark.parametrize("eta_int", [0.0, 0.95])
@pytest.mark.parametrize("body", [SphereSurface(UM), CUBE])
def test_photons_are_conserved(body, eta_int):
    surface = OpticalSurface(1.9, 0.1, OpticalContact(1.5, 0.05 * UM))
    fates = Transport(body, surface, LINE, parasitic=3e4, eta_int=eta_int).run(N, seed=1)
    counts = [fates.count(f) for f in (ESCAPED, SUBSTRATE, DOTS, PARASITIC, KEPT, LEAKED)]
    assert sum(counts) == N
    assert min(counts[:4]) > 0
    assert counts[4:] == [0, 0]
    found = escape_of_fates(fates, LINE)
    assert found.f_escape + found.f_reabsorbed + found.f_lost == pytest.approx(1, abs=1e-15)
    # every absorption by a dot ends the chain or begins a new emission
    emissions = N + fates.reabsorbed.sum() - fates.count(DOTS)
    assert round(found.f_reabsorbed * emissions) == fates.reabsorbed.sum()
    if eta_int == 0.0:
        assert fates.reabsorbed.max() == 1
        assert np.array_equal(fates.reabsorbed == 1, fates.fate == DOTS)


def test_energy_is_conserved():
    """What left, what the dots and the rest took and what the re-emissions added: each photon
    of a chain keeps its energy, so the first generation sums up exactly."""
    energy = np.linspace(2.2, 2.6, 401) * e
    emitter = Emitter(energy, np.exp(-(((energy / e - 2.4) / 0.05) ** 2)), 2e5)
    fates = Transport(SphereSurface(UM), OpticalSurface(1.9), emitter, parasitic=1e5).run(N, seed=2)
    parts = [fates.energy[fates.fate == f].sum() for f in (ESCAPED, DOTS, PARASITIC)]
    assert sum(parts) == pytest.approx(fates.energy.sum(), rel=1e-13, abs=0)
    mean, spread = emitter.weights @ energy, 0.05 * e / sqrt(2)
    assert abs(fates.energy.mean() - mean) < 4 * spread / sqrt(N)


@pytest.mark.parametrize("body", [SphereSurface(UM), CUBE])
def test_index_one_and_clear_lets_everything_out(body):
    assert Transport(body, OpticalSurface(1.0), CLEAR).run(2000, seed=1).count(ESCAPED) == 2000


@pytest.mark.parametrize("body", [SphereSurface(UM), CUBE])
def test_rough_and_clear_lets_everything_out(body):
    fates = Transport(body, OpticalSurface(2.3, 0.5), CLEAR).run(2000, seed=1)
    assert fates.count(ESCAPED) == 2000


def test_roughness_leads_from_smooth_to_lambertian():
    emitter = Emitter([2.4 * e], [1.0], 0.03 / UM)
    shares = [
        Transport(SphereSurface(UM), OpticalSurface(1.9, r), emitter).run(N, seed=1).count(ESCAPED)
        / N
        for r in (0.0, 0.01, 0.1, 1.0)
    ]
    assert np.all(np.diff(shares) > 0.02)
    assert shares[0] == pytest.approx(closed.sphere_escape(0.03, 1.9), abs=0.01)
    assert shares[3] == pytest.approx(closed_forms.lambertian_sphere_escape(0.03, 1.9), abs=0.01)


@pytest.mark.parametrize("contact", [None, under_sphere(1.7, UM, 0.4)])
@pytest.mark.parametrize("roughness", [0.0, 0.05])
@pytest.mark.parametrize("eta_int", [0.0, 0.9])
def test_runs_of_chords_are_like_single_chords(contact, roughness, eta_int):
    """Re-emission needs the place of absorption, so eta_int tests the position, too."""
    surface = OpticalSurface(1.9, roughness, contact)
    both = []
    for seed, body in enumerate([SphereSurface(UM), Chords(SphereSurface(UM))]):
        transport = Transport(body, surface, LINE, parasitic=2e4, eta_int=eta_int)
        both.append(escape_of_fates(transport.run(N, seed), LINE))
    for name in ("f_escape", "f_reabsorbed", "f_lost"):
        error = sqrt(sum(getattr(one, name + "_error") ** 2 for one in both))
        assert abs(getattr(both[0], name) - getattr(both[1], name)) < 4 * error
    assert abs(both[0].f_substrate - both[1].f_substrate) < 4 * sqrt(2 * 0.1 / N)
    assert (both[0].f_substrate > 0) == (contact is not None)


def test_runs_of_chords_end_on_the_mirrored_path():
    """Each place of absorption lies on the polygon that mirror reflections draw."""
    rng, sphere, count = np.random.default_rng(4), SphereSurface(1.0), 500
    direction = isotropic_directions(rng, count)
    start = sphere.exit(sphere.sample(rng, count), direction)
    run = run_chords(
        rng, 1.0, start.normal, direction, np.full(count, 0.3), np.zeros(count), roughness=0.0
    )
    assert np.all(run.absorbed)
    nearest = np.full(count, np.inf)
    point, ray, normal = start.point, direction, start.normal
    for _ in range(60):
        ray = reflect(ray, normal)
        hit = sphere.exit(point, ray)
        along = np.clip(dot(run.position - point, ray), 0.0, hit.distance)
        miss = point + along[:, None] * ray - run.position
        nearest = np.minimum(nearest, np.sqrt(dot(miss, miss)))
        point, normal = hit.point, hit.normal
    long_chords = dot(direction, start.normal) > 0.5  # 60 chords are 18 absorption lengths
    assert nearest[long_chords].max() < 1e-9


def test_absorbed_light_of_a_smooth_sphere_sits_where_it_should():
    """Trapped light never comes nearer to the centre than R/n sqrt(..): whispering gallery."""
    places = []

    class Recording(Transport):
        def _absorb(self, pool, which, rng):
            places.append(pool.position[which].copy())
            return super()._absorb(pool, which, rng)

    mean_radius = []
    for body in (SphereSurface(UM), Chords(SphereSurface(UM))):
        places.clear()
        Recording(body, OpticalSurface(1.9), LINE).run(N, seed=5)
        radius = np.linalg.norm(np.concatenate(places), axis=1) / UM
        assert radius.max() <= 1 + 1e-12
        mean_radius.append(radius.mean())
        spread = radius.std() / sqrt(radius.size)
    assert abs(mean_radius[0] - mean_radius[1]) < 4 * sqrt(2) * spread
    assert mean_radius[0] > 0.75 + 10 * spread  # nearer to the surface than uniform


def test_substrate_of_index_one_takes_its_share_of_the_surface():
    """No refraction: the flux is the same all over a sphere, and over the faces of a cube."""
    angle = 0.7
    contact = under_sphere(1.0, UM, angle)
    into = Transport(SphereSurface(UM), OpticalSurface(1.0, 0, contact), LINE).run(N, 3)
    share = into.count(SUBSTRATE) / into.count(SUBSTRATE, ESCAPED)
    expected = (1 - cos(angle)) / 2
    assert abs(share - expected) < 4 * sqrt(expected / N)
    faces = Transport(CUBE, OpticalSurface(1.0, 0, OpticalContact(1.0)), LINE).run(N, 3)
    share = faces.count(SUBSTRATE) / faces.count(SUBSTRATE, ESCAPED)
    assert abs(share - 1 / 6) < 4 * sqrt(1 / 6 / N)


def test_matched_substrate_takes_all_that_comes_and_a_disk_less():
    slab = BoxSurface((50 * UM, 50 * UM, 0.1 * UM))
    # a wide clear plate on matched glass: half of the light goes down at once, what is trapped
    # above follows, and the escape cone at the top keeps Fresnel's share
    fates = Transport(slab, OpticalSurface(1.9, 0, OpticalContact(1.9)), CLEAR).run(N, 1)
    mu = np.linspace(np.sqrt(1 - 1 / 1.9**2), 1, 20_001)
    up = np.trapezoid(_unpolarised(mu, 1.9), mu) / 2
    assert abs(fates.count(ESCAPED) / N - up) < 0.01
    small = Transport(slab, OpticalSurface(1.9, 0, OpticalContact(1.9, 0.0, UM)), LINE).run(N, 1)
    assert 0 < small.count(SUBSTRATE) < 0.02 * N


def _unpolarised(mu, n):
    out = np.sqrt(np.maximum(1 - n**2 * (1 - mu**2), 0))
    rs, rp = (n * mu - out) / (n * mu + out), (mu - n * out) / (mu + n * out)
    return 1 - (rs**2 + rp**2) / 2


def test_drawn_energies_follow_the_spectrum():
    energy = np.array([1.0, 2.0, 2.5, 4.0])
    emitter = Emitter(energy, [0.0, 1.0, 3.0, 0.0], [0.0, 1.0, 2.0, 5.0])
    drawn = emitter.sample(np.random.default_rng(1), 200_000)
    fine = np.linspace(1, 4, 30_001)
    density = np.interp(fine, energy, [0.0, 1.0, 3.0, 0.0])
    cumulative = np.cumsum(density) / density.sum()
    distance = np.abs(np.interp(np.sort(drawn), fine, cumulative) - np.arange(200_000) / 200_000)
    assert distance.max() < 1.95 / sqrt(200_000)  # Kolmogorov-Smirnov at 1e-3
    np.testing.assert_allclose(emitter.alpha_at(np.array([1.5, 2.25])), [0.5, 1.5])


def test_seed_fixes_the_photons_and_number_does_not_bias():
    transport = Transport(SphereSurface(UM), OpticalSurface(1.9, 0.2), LINE)
    first, again = transport.run(5000, 7), transport.run(5000, 7)
    assert np.array_equal(first.fate, again.fate)
    assert not np.array_equal(first.fate, transport.run(5000, 8).fate)
    # more photons than are under way at once
    assert np.all(transport.run(70_000, 7).fate > 0)


def test_given_origins():
    """From the centre of a smooth sphere all light meets the surface head on."""
    centre = Transport(
        SphereSurface(UM),
        OpticalSurface(1.9),
        CLEAR,
        origins=lambda rng, count: np.zeros((count, 3)),
    )
    assert centre.run(3000, 1).count(ESCAPED) == 3000


def test_bound_light_is_kept_and_counted_as_lost():
    fates = Transport(CUBE, OpticalSurface(1.9), CLEAR, max_flights=50).run(3000, 1)
    assert fates.count(KEPT) + fates.count(ESCAPED) == 3000
    assert escape_of_fates(fates, CLEAR).f_lost == fates.count(KEPT) / 3000


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OpticalSurface(0.9), "at least 1"),
        (lambda: OpticalSurface(1.5, 1.2), "between 0 and 1"),
        (lambda: Transport(CUBE, OpticalSurface(1.5), LINE, eta_int=1.1), "eta_int = 1.1"),
        (lambda: Transport(CUBE, OpticalSurface(1.5), LINE, parasitic=-1.0), "parasitic"),
        (lambda: Transport(CUBE, OpticalSurface(1.5), LINE).run(0, 1), "photons = 0"),
        (lambda: Emitter([1.0, 2.0], [1.0, 1.0], [1.0, -1.0]), "alpha"),
    ],
)
def test_bad_numbers_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
