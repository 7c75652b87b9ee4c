"""Heaps of spheres: how they lie, how they shade each other, how cold each gets."""

import numpy as np
import pytest

from thermosim.bodies.heap import GROUND, Heap, allotted
from thermosim.case.particle_case import Case
from thermosim.language.spread import FactorSpread
from thermosim.limits.heap import radius_of_two
from thermosim.limits.inside import sphere_resistance
from thermosim.limits.lumped import Lumped
from thermosim.limits.many import many_numbers
from thermosim.limits.of_case import limits_of
from thermosim.model.of_case import model_of
from thermosim.optics.rays_heap import light_on_spheres, mean_in_sphere, open_share

R = 5e-6
HEAT = -4e7
DOWN = np.array([0.0, 0.0, -1.0])


def even(points):
    return np.ones(len(points))


def light(centres, index=1.69, *, radii=None, rays=20_000, bend=True, direction=DOWN, beam=even):
    radii = np.full(len(centres), R) if radii is None else radii
    return light_on_spheres(
        np.array(centres), radii, index, direction, beam, rays=rays, seed=3, bend=bend
    )


def case(heap=None, *, source=False, **changes):
    particle = {
        "material": "Cs4PbBr6", "emissivity": 0.9, "shape": {"kind": "sphere", "radius": R},
        **changes.pop("particle", {}),
    }  # fmt: skip
    lit = {
        "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2", **changes.pop("laser", {})},
        "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
    }
    return Case.model_validate({
        "assumptions": "favourable", "particle": {**particle, "heap": heap},
        "substrate": {"kind": "slab", "material": "muscovite", "radius": 1e-3, "thickness": 2e-5},
        "contact": {"kind": "disk", "radius": 2e-7},
        **({"source": {"heat_source": HEAT}} if source else lit), **changes,
    })  # fmt: skip


# the pile


def test_spheres_touch_what_they_rest_on_and_nothing_overlaps():
    radii = R * np.array([1.0, 1.4, 0.6] * 40)
    pile = Heap(count=120, radius=4 * R).pile(radii)
    apart = np.linalg.norm(pile.centres[:, None] - pile.centres[None], axis=2)
    gaps = apart - radii[:, None] - radii[None]
    np.fill_diagonal(gaps, 1.0)
    assert gaps.min() > -1e-9 * R
    for i, j in enumerate(pile.below):
        if j == GROUND:
            assert pile.centres[i, 2] == radii[i]
        else:
            assert j < i
            assert abs(gaps[i, j]) < 1e-9 * R


def test_sticking_spheres_fill_15_percent():
    """Lubachevsky, Privman and Roy, arXiv:cond-mat/9207014: about 15 %, two contacts each."""
    pile = Heap(count=1000, radius=8 * R).pile(np.full(1000, R))
    x, y, z = pile.centres.T
    low, high, wide = 12 * R, 30 * R, 5 * R
    inner = (np.hypot(x, y) < wide) & (z > low) & (z < high)
    share = inner.sum() * 4 / 3 * np.pi * R**3 / (np.pi * wide**2 * (high - low))
    assert share == pytest.approx(0.147, abs=0.012)


def test_sizes_are_allotted_by_their_shares():
    rule = FactorSpread(width=0.3, shape="lognormal").rule(1.0, 9)
    found = rule.values[allotted(rule, 400, 0)]
    assert len(found) == 400
    assert found.mean() == pytest.approx(1.0, rel=0.005)
    assert found.std() == pytest.approx(0.3, rel=0.05)


# light


@pytest.mark.parametrize("index", [1.0, 1.33, 1.69])
def test_a_sphere_alone_has_its_light(index):
    assert light([[0, 0, R]], index)[0] == pytest.approx(1.0, rel=0.01)
    assert light([[0, 0, R]], bend=False)[0] == pytest.approx(1.0, rel=1e-9)


def test_weak_absorption_of_a_sphere_in_the_geometric_limit():
    """Q_abs = (8/3) k/n x (n³ - (n² - 1)^(3/2)); over 4/3 α R with α = 4πk/λ."""
    n = 1.69
    Q_over_kx = 8 / 3 / n * (n**3 - (n**2 - 1) ** 1.5)
    assert mean_in_sphere(n) == pytest.approx(Q_over_kx / (8 / 3), rel=1e-14)


def test_two_spheres_one_above_the_other():
    """Straight down, what the upper one leaves of the lower: a disk less a lens."""
    assert light([[0, 0, R], [0, 0, 3 * R]], bend=False) == pytest.approx([0.0, 1.0], abs=1e-9)
    d = 0.8 * R
    lens = 2 * R**2 * np.arccos(d / 2 / R) - d / 2 * np.sqrt(4 * R**2 - d**2)
    lower, upper = light([[0, 0, R], [d, 0, 4 * R]], bend=False, rays=200_000)
    assert upper == pytest.approx(1.0, rel=1e-9)
    assert lower == pytest.approx(1 - lens / (np.pi * R**2), abs=0.005)
    # bent: what the upper one lets through reaches the lower one in part
    assert 0.4 < light([[0, 0, R], [0, 0, 3.4 * R]])[0] < 0.7
    # what does not bend light shades nothing
    assert light([[0, 0, R], [0, 0, 3 * R]], 1.0) == pytest.approx([1.0, 1.0], rel=0.01)


def test_a_tilted_beam_passes_by():
    tilt = np.array([np.sin(1.2), 0.0, -np.cos(1.2)])
    assert light([[0, 0, R], [0, 0, 3 * R]], bend=False, direction=tilt)[0] > 0.5


def test_beer_and_lambert_where_spheres_are_far_apart():
    """Straight light falls by exp(-c) over a coverage c; on average over it (1 - exp(-c))/c."""
    random = np.random.default_rng(2)
    wide, count = 60 * R, 900
    places, height = wide * random.random((count, 2)), R + 1e5 * R * random.random(count)
    inner = np.all((places > 2 * R) & (places < wide - 2 * R), axis=1)
    c = count * np.pi * R**2 / wide**2
    found = light(np.column_stack([places, height]), bend=False, rays=20_000)
    assert found[inner].mean() == pytest.approx((1 - np.exp(-c)) / c, rel=0.03)
    low = inner & (height < 0.3e5 * R)
    assert found[low].mean() == pytest.approx((np.exp(-0.7 * c) - np.exp(-c)) / (0.3 * c), rel=0.06)


def test_light_of_a_clear_heap_is_kept_or_lost_but_not_made():
    pile = Heap(count=60, radius=5 * R).pile(np.full(60, R))
    bent = light(pile.centres)
    assert light(pile.centres, bend=False).mean() < bent.mean() < 1.0
    assert np.array_equal(bent, light(pile.centres))  # the same rays every time


def test_what_a_sphere_sees():
    assert open_share(np.array([[0, 0, R]]), np.array([R]), rays=100, seed=0) == [1.0]
    # one that touches a huge one sees it over half of all directions
    centres, radii = np.array([[0, 0, 1e4 * R], [0, 0, 2e4 * R + R]]), np.array([1e4 * R, R])
    assert open_share(centres, radii, rays=20_000, seed=0)[1] == pytest.approx(0.5, abs=0.02)


# temperatures


def test_a_heap_of_one_is_that_one():
    alone = limits_of(case())["delta_T_all_paths_K"]
    found = many_numbers(case({"count": 1, "radius": 1e-5, "light": "direct", "rays": 1000}))
    assert found["ensemble_delta_T_mean_K"] == pytest.approx(alone, rel=1e-8, abs=0)
    assert found["ensemble_delta_T_emission_K"] == pytest.approx(alone, rel=1e-8, abs=0)
    assert found["ensemble_delta_T_deviation_K"] < 1e-12
    assert found["ensemble_delta_T_by_others_K"] == 0.0
    bent = many_numbers(case({"count": 1, "radius": 1e-5, "rays": 5000}))
    assert bent["ensemble_delta_T_mean_K"] == pytest.approx(alone, rel=0.01, abs=0)


def test_a_thin_heap_is_a_film_of_single_particles():
    """Coverage to 0: all lie on the substrate, see everything and have all their light."""
    found = many_numbers(case({"count": 5, "radius": 2e-4, "light": "direct", "rays": 1000}))
    assert found["heap_share_on_substrate"] == 1.0
    assert found["heap_light_mean"] == pytest.approx(1.0, rel=1e-9)
    assert found["heap_coverage"] < 0.01
    alone = limits_of(case())["delta_T_all_paths_K"]
    rest = found["ensemble_delta_T_mean_K"] - found["ensemble_delta_T_by_others_K"]
    assert rest == pytest.approx(alone, rel=2e-3, abs=0)


def test_one_on_top_of_another_in_closed_form():
    """All heat of both goes through the lower one, that of the upper through their contact."""
    dark = {"particle": {"emissivity": 0.0}, "source": True}
    found = many_numbers(case({"count": 2, "radius": 1e-9}, **dark))
    one = model_of(case(**dark))
    body = Lumped.of(one, one.lump)
    P = HEAT * body.volume
    down = P * body.contact_resistance(300.0)
    b = case().contact.radius_for(radius_of_two(R, R))
    between = 2 * sphere_resistance(R, b, body.k(300.0))
    assert found["heap_delta_T_warmest_K"] == pytest.approx(2 * down, rel=1e-3, abs=0)
    assert found["heap_delta_T_coldest_K"] == pytest.approx(2 * down + P * between, rel=1e-3, abs=0)
    assert found["ensemble_delta_T_mean_K"] == pytest.approx(2 * down + P * between / 2, rel=1e-3)


FILM = {"arrangement": {"kind": "positions", "positions": [[-2e-5, 0.0], [0.0, 0.0], [2e-5, 0.0]]}}


def test_a_film_in_a_beam_that_is_not_even():
    film = {"particle": FILM, "symmetry": "3d", "optics": {"model": "uniform"}}
    flat = many_numbers(case(**film))
    wide = many_numbers(case(**film, laser={"profile": "gaussian", "waist": 2e-2}))
    for name, value in flat.items():
        rel = 1e-3 if "deviation" in name else 1e-5
        assert wide[name] == pytest.approx(value, rel=rel, abs=1e-12), name
    narrow = many_numbers(case(**film, laser={"profile": "gaussian", "waist": 5e-6}))
    # only the middle one is lit: it alone is seen, and only two thirds of nothing are cold
    lit = narrow["ensemble_delta_T_emission_K"]
    assert narrow["ensemble_delta_T_mean_K"] == pytest.approx(lit / 3, rel=0.05)
    assert narrow["ensemble_delta_T_thermometer_K"] == pytest.approx(lit, rel=0.1)


@pytest.mark.parametrize("profile", [("gaussian", "waist", 5e-6), ("top_hat", "radius", 6e-6)])
def test_a_beam_beside_the_origin_is_that_beam_moved(profile):
    """A film and its beam moved together stay what they were; no particle needs to be at 0."""
    kind, size, value = profile
    laser = {"profile": kind, size: value}
    rest = {"symmetry": "3d", "optics": {"model": "uniform"}}
    film = many_numbers(case(particle=FILM, laser=laser, **rest))
    at = [[x + 6e-5, 0.0] for x in (-2e-5, 0.0, 2e-5)]
    moved = {"arrangement": {"kind": "positions", "positions": at}}
    beside = many_numbers(case(particle=moved, laser=laser | {"aim": [6e-5, 0.0, 0.0]}, **rest))
    assert film["ensemble_delta_T_mean_K"] < -1e-3
    for name, number in film.items():
        assert beside[name] == pytest.approx(number, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("profile", [("gaussian", "waist", 5e-6), ("top_hat", "radius", 6e-6)])
def test_a_beam_that_misses_all_does_nothing(profile):
    kind, size, value = profile
    laser = {"profile": kind, size: value, "aim": [5e-4, 0.0, 0.0]}
    heap = {"count": 3, "radius": 1e-5, "rays": 1000}
    found = many_numbers(case(heap, laser=laser, symmetry="3d"))
    assert found["heap_light_mean"] == 0.0
    assert found["ensemble_delta_T_mean_K"] == 0.0


def test_the_thermometer_leans_to_what_shines():
    found = many_numbers(case({"count": 20, "radius": 1.2e-5, "rays": 5000}))
    assert found["heap_light_mean"] < 1.0
    assert found["heap_delta_T_coldest_K"] < found["ensemble_delta_T_mean_K"]
    assert found["ensemble_delta_T_mean_K"] < found["heap_delta_T_warmest_K"] < 0.0
    assert found["ensemble_delta_T_thermometer_K"] == pytest.approx(
        found["ensemble_delta_T_emission_K"], rel=0.1
    )
