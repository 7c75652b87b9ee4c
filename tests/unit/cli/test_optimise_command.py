"""The coldest point: closed forms of one dot, bounds, constraints, map, refusals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e
from scipy.optimize import brentq

from thermosim.case.read import load_case
from thermosim.cli.app import main
from thermosim.infer.bench import Bench
from thermosim.infer.optimise import Constraints, Search, Varied, beam_power, mapped, optimise
from thermosim.model.priors import unit_at, with_value
from thermosim.visual.optimum_map import draw_optimum

CASES = Path(__file__).parents[3] / "cases"
MICA, ALONE = CASES / "microparticle_on_mica.toml", CASES / "yamada2024_radiation_limited.toml"
INTENSITY = Varied("laser.intensity", 1e5, 3e8, "W/m^2")
LIT = (
    'laser.profile="gaussian"', 'laser.waist="20 um"', "assumptions=favourable",
    "materials.muscovite.refractive_index.k=[1e-7]",
)  # fmt: skip


def search(file, *varied, limits=None, overrides=("assumptions=favourable",)):
    return Search(Bench(load_case(file, overrides)), varied, limits or Constraints())


def test_the_best_intensity_is_that_of_one_dot():
    """Where ΔT is small (-0.15 K) the gain decides: x* = √(a/b) - 1, and 1 % by g(x)."""
    found = optimise(search(MICA, INTENSITY))
    eta_BX, E_PL, E_ex, tau, sigma = 0.09, 2.3871, 2.33, 29e-9, 6.0e-21
    a, b = (1 - eta_BX) * E_PL, E_ex - eta_BX * E_PL
    x = math.sqrt(a / b) - 1
    per_x = E_ex * e / (sigma * tau)  # W/m²

    def g(x):
        return x * ((1 + eta_BX * x) / (1 + x) * E_PL - E_ex)

    assert found.values["laser.intensity"] == pytest.approx(x * per_x, rel=4e-3)
    ends = [brentq(lambda y: g(y) - 0.99 * g(x), *span) for span in ((1e-4, x), (x, 0.03))]
    assert found.intervals["laser.intensity"] == pytest.approx(
        [end * per_x for end in ends], rel=8e-3
    )
    assert found.at_bound == ()
    assert found.delta_T == pytest.approx(-0.1461, rel=2e-3)


def test_a_number_that_always_helps_ends_at_its_bound():
    found = optimise(search(MICA, Varied("gain.density.n_dots", 1e21, 5e22, "1/m^3")))
    assert found.at_bound == ("gain.density.n_dots",)
    assert found.values["gain.density.n_dots"] == pytest.approx(5e22, rel=1e-3)


def test_two_numbers_beat_one():
    """A lower photon energy and more light are colder together (gain --map: joint best)."""
    photon = Varied("laser.photon_energy", 2.29 * e, 2.35 * e, "J")
    one, two = (optimise(search(ALONE, *varied)) for varied in ((INTENSITY,), (INTENSITY, photon)))
    assert two.delta_T < 1.5 * one.delta_T < 0
    space = search(ALONE, INTENSITY, photon)
    for shift in (0.97, 1.03):  # nothing beside it is colder
        for path in two.values:
            values = {**two.values, path: shift * two.values[path]}
            if 1e5 <= values["laser.intensity"] <= 3e8:
                assert space.delta_T(values) >= two.delta_T * (1 + 1e-9)


@pytest.fixture(scope="module")
def lit():
    """The search without constraints where mica absorbs light (k = 1e-7), and what it finds."""
    space = search(MICA, INTENSITY, overrides=LIT)
    return space, optimise(space)


def test_constraints_hold_back(lit):
    free = lit[1]
    full = beam_power(load_case(MICA, LIT).laser)
    assert full == pytest.approx(0.5 * math.pi * 20e-6**2 * 3e7, rel=1e-12)
    most = 0.5 * full * free.values["laser.intensity"] / 3e7
    tight = optimise(search(MICA, INTENSITY, limits=Constraints(most), overrides=LIT))
    assert tight.values["laser.intensity"] == pytest.approx(
        0.5 * free.values["laser.intensity"], rel=1e-2
    )
    assert tight.binding == ("beam power",)
    assert tight.delta_T > free.delta_T


def test_the_heating_of_the_substrate_holds_back(lit):
    """Light that mica absorbs warms it in proportion: half of that, half the light."""
    space, free = lit
    rise = space.bench.body(free.values).support.lit
    assert rise > 0.0
    limits = Constraints(substrate_heating=0.5 * rise)
    tight = optimise(search(MICA, INTENSITY, limits=limits, overrides=LIT))
    assert tight.binding == ("heating of the substrate",)
    assert tight.values["laser.intensity"] == pytest.approx(
        0.5 * free.values["laser.intensity"], rel=1e-2
    )


@pytest.mark.parametrize(
    ("varied", "coldest"),
    [
        (Varied("gain.density.n_dots", 1e21, 5e22, "1/m^3"), 5e22),
        (Varied("contact.radius", 1e-9, 1e-7, "m"), 1e-9),
        (Varied("laser.photon_energy", 2.31 * e, 2.36 * e, "J"), None),
        (Varied("particle.shape.radius", 1e-6, 1e-5, "m"), None),
    ],
)
def test_nothing_of_a_fine_scan_is_colder(varied, coldest):
    """Each kind of number: the optimum is the least of 100 points, or colder."""
    space = search(ALONE, varied)
    found = optimise(space)
    scan = [space.delta_T({varied.path: v}) for v in varied.at(np.linspace(0.0, 1.0, 100))]
    assert found.delta_T <= min(scan) + 1e-9
    assert found.delta_T == pytest.approx(min(scan), rel=1e-3)
    if coldest is not None:
        assert found.values[varied.path] == pytest.approx(coldest, rel=1e-3, abs=0)


def test_the_sight_of_the_thermometer_holds_back():
    """Noise falls as one over the root of the counts: twice the sigmas, four times the counts."""
    counts = Varied("thermometry.counts", 1.0, 1e5, "")
    free = optimise(search(ALONE, counts))
    assert free.intervals["thermometry.counts"] == pytest.approx((1.0, 1e5))
    least = []
    for sigmas in (3.0, 6.0):
        tight = optimise(search(ALONE, counts, limits=Constraints(sight=sigmas)))
        assert tight.delta_T == pytest.approx(free.delta_T, rel=1e-9)
        least.append(tight.intervals["thermometry.counts"][0])
        assert tight.values["thermometry.counts"] >= least[-1] > 1.0
        held = search(ALONE, counts, limits=Constraints(sight=sigmas))
        assert held.broken({"thermometry.counts": 0.99 * least[-1]})
        assert held.broken({"thermometry.counts": least[-1] * (1 + 1e-5)}, 1e-3) == [
            "sight of the thermometer"
        ]
    assert least[1] / least[0] == pytest.approx(4.0, rel=1e-3)


def test_what_a_thermometer_cannot_see_is_no_answer(capfd):
    """-0.15 K against 0.3 K of noise."""
    command = ["optimise", str(MICA), "--set", "assumptions=favourable", "--lumped"]
    vary = ["--vary", "laser.intensity=0.01..30 kW/cm^2"]
    assert main([*command, *vary, "--sight", "3"]) == 2
    told = capfd.readouterr().err
    assert "leaves no point" in told
    assert "sight of the thermometer at 64" in told


def test_a_plane_wave_has_no_end_of_power(capfd):
    command = ["optimise", str(CASES / "yamada2024_radiation_limited.toml"), "--lumped"]
    vary = ["--vary", "laser.intensity=0.01..30 kW/cm^2"]
    assert main([*command, *vary, "--beam-power", "1 W"]) == 2
    told = capfd.readouterr().err
    assert "(beam power at 64)" in told
    assert "give the beam a laser.profile" in told


def test_wavelength_goes_with_the_photon_energy():
    laser = with_value(load_case(MICA), "laser.photon_energy", 2.0 * e).laser
    assert laser.wavelength == pytest.approx(619.92e-9, rel=1e-4)


def test_map_has_zero_where_the_gain_turns():
    """x0 = x*(2 + x*) at the contact's small ΔT: 2.013 times the best intensity."""
    space = search(MICA, INTENSITY)
    best = optimise(space)
    found = mapped(space, best)
    intensity, theta = found["axes"][0], found["delta_T_K"]
    turn = np.flatnonzero((theta[:-1] < 0) & (theta[1:] >= 0))
    assert len(turn) == 1
    assert intensity[turn[0]] < 2.0134 * best.values["laser.intensity"] < intensity[turn[0] + 1]
    figure = draw_optimum(found, best.values)
    assert figure.axes[0].get_xscale() == "log"


def test_colours_of_a_map_are_centred_on_zero():
    photon = Varied("laser.photon_energy", 2.29 * e, 2.38 * e, "J")
    theta = np.array([[-5.0, -1.0], [-1.0, 80.0]])
    found = {
        "paths": ["laser.intensity", photon.path], "units": ["W/m^2", "J"],
        "logarithmic": [True, False], "axes": [np.array([1e6, 1e8]), np.array([2.3, 2.38]) * e],
        "delta_T_K": theta, "broken": np.zeros((2, 2), bool),
    }  # fmt: skip
    figure = draw_optimum(found, {"laser.intensity": 1e6, photon.path: 2.3 * e}, "two")
    mesh = figure.axes[0].collections[0]
    assert mesh.get_clim() == (-5.0, 5.0)
    assert figure.axes[0].get_ylabel() == "laser.photon_energy (eV)"


def test_json_and_files(capfd, tmp_path):
    command = ["optimise", str(ALONE), "--vary", "laser.intensity=0.1..30 kW/cm^2", "--lumped"]
    assert main([*command, "--json", "-o", str(tmp_path / "best")]) == 0
    found = json.loads(capfd.readouterr().out)
    best = found["best"]["laser.intensity"]
    assert best["unit"] == "W/m^2"
    assert best["interval"][0] < best["value"] < best["interval"][1]
    assert {p.name for p in (tmp_path / "best").iterdir()} >= {"optimum.json", "map.png"}
    again = load_case(tmp_path / "best" / "case.toml")
    assert again.laser.intensity == pytest.approx(best["value"], rel=1e-9)
    assert Bench(again).body().steady() == pytest.approx(found["delta_T_K"], rel=1e-9)


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ("laser.intensity", "gives no bounds"),
        ("laser.intensity=1 kW/cm^2", "gives no bounds"),
        ("laser.intensity=1..2 K", "--vary"),
        ("laser.intensity=3..2 kW/cm^2", "lower one"),
        ("laser.colour=1..2 nm", "is no number of this case"),
    ],
)
def test_bounds_that_are_none_are_refused(vary, words, capfd):
    assert main(["optimise", str(ALONE), "--vary", vary]) == 2
    err = capfd.readouterr().err
    assert words in err
    assert len(err.strip().splitlines()) == 1


def test_units_of_paths():
    case = load_case(MICA)
    assert unit_at(case, "laser.intensity") == "W/m^2"
    assert unit_at(case, "particle.shape.radius") == "m"
