"""Dots that are not alike: limits, sampling, published shapes, and what is refused."""

import math

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim.gain import (
    GainModel,
    cooling_gain,
    external_efficiency,
    heat_source,
    mean_escape,
    pump_absorption,
)
from thermosim.gain.cooling import best_photon_energy, optimum, parameters_over
from thermosim.gain.numerics import mean_energy, trapezoid
from thermosim.gain.rules import gain_problems
from thermosim.gain.source import cross_section, emission_rate, excitation_number
from thermosim.language.spread import FactorSpread, GapSpread, Rule, ShareSpread, gauss_of_points

PUMP = 2.33 * e
MEV = 1e-3 * e
INTENSITY = np.array([1e4, 3e6, 2.9e7, 4e8])
BODIES = {
    "plain": {},
    "edge": {"absorption": {"kind": "fermi_edge"}},
    "body": {
        "absorption": {"kind": "fermi_edge", "E_U_model": "einstein"},
        "escape": {"kind": "given", "f_escape": 0.9, "f_reabsorbed": 0.099, "red_shift": 3 * MEV},
        "alpha_background": 0.1,
        "dark_fraction": 0.001,
        "recombination": {"kind": "trion_biexciton", "eta_X": 0.99, "A": 0.05, "C": 4.0},
    },
    "ladder": {
        "recombination": {"kind": "ladder", "eta_X": 0.99, "ionisation": 0.1, "bleaching": True}
    },
}


def numbers(p, T):
    """Everything that leaves the gain; the gain over the absorbed power, since it changes sign."""
    x = excitation_number(INTENSITY, T, p)
    absorbed = pump_absorption(INTENSITY, T, p)
    values = (
        1.0 + cooling_gain(INTENSITY, T, p) * p.n_dots / (absorbed * INTENSITY),
        1.0 + heat_source(INTENSITY, T, p) / (absorbed * INTENSITY),
        x, absorbed, external_efficiency(x, p, T), emission_rate(INTENSITY, T, p),
        mean_escape(T, p), cross_section(T, p),
    )  # fmt: skip
    return np.concatenate([np.atleast_1d(value) for value in values])


def exact(model, T):
    return parameters_over(model, PUMP, T)


@pytest.mark.parametrize("width", [0.0, 1e-13])
@pytest.mark.parametrize("name", BODIES)
def test_narrow_distributions_are_identical_dots(name, width):
    alike = GainModel(**BODIES[name])
    kinds = {
        "gap": {"width": width * e},
        "sigma_abs": {"width": width, "shape": "lognormal"},
        "eta_X": {"width": width if BODIES[name].get("recombination") else 0.0},
        "charged": {"mean": 0.0, "width": 0.0},
    }
    spread = GainModel(**BODIES[name], ensemble={"nodes": 3, **kinds})
    for T in (250.0, 300.0, 420.0):
        # at one temperature, since the interpolant over all of them is good to 1e-11 only
        found, expected = numbers(spread.parameters(PUMP), T), numbers(exact(alike, T), T)
        assert np.max(np.abs(found / expected - 1.0)) < 1e-12
    best, same = (optimum(300.0, m.parameters(PUMP)) for m in (spread, alike))
    assert best == pytest.approx(same, rel=2e-6, abs=0)
    assert best.net_gain == pytest.approx(same.net_gain, rel=1e-12, abs=0)


def left(**kinds):
    """Net gain per absorbed photon over that of dots that are alike, at their optimum."""
    alike = GainModel().parameters(PUMP)
    best = optimum(300.0, alike).intensity
    p = GainModel(ensemble=kinds).parameters(PUMP)
    per_photon = [cooling_gain(best, 300.0, q) / cross_section(300.0, q) for q in (p, alike)]
    return float(per_photon[0] / per_photon[1])


def test_what_a_spread_costs():
    assert left(gap={"width": 5 * MEV}) == pytest.approx(0.84, abs=0.005)
    assert left(gap={"width": 10 * MEV}) == pytest.approx(0.28, abs=0.005)
    assert left(gap={"width": 15 * MEV}) < 0.0
    assert left(dark={"mean": 0.01, "width": 0.0}) == pytest.approx(0.17, abs=0.005)
    assert left(dark={"mean": 0.02, "width": 0.0}) < 0.0


def test_weak_light_in_an_exponential_tail_is_a_closed_form():
    """Dots of a normal spread s absorb exp(s²/2E_U²) more, at gaps lower by s²/E_U on average."""
    width, E_U = 8 * MEV, 15.5 * MEV
    model = GainModel(ensemble={"gap": {"width": width}})
    p = model.parameters(PUMP)
    shift = float(model.mean_emission()) - float(mean_escape(300.0, p))
    assert shift == pytest.approx(width**2 / E_U, rel=1e-9, abs=0)
    # the mean cross-section is the one given, so that of a dot of mean gap is lower
    middle = min((d for g in p.groups for d in g.dots), key=lambda dot: abs(dot.gap))
    assert middle.sigma_abs / p.sigma_abs == pytest.approx(
        math.exp(-0.5 * (width / E_U) ** 2), rel=1e-9, abs=0
    )


SAMPLED = {
    "gap": {"gap": {"width": 9 * MEV}},
    "lognormal": {"sigma_abs": {"width": 0.5, "shape": "lognormal"}},
    "uniform": {"gap": {"width": 7 * MEV, "shape": "uniform"}},
    "beta": {"eta_X": {"mean": 0.99, "width": 0.008, "shape": "beta"}},
    "all": {
        "gap": {"width": 6 * MEV}, "sigma_abs": {"width": 0.3, "shape": "lognormal"},
        "eta_X": {"mean": 0.985, "width": 0.01, "shape": "beta"},
    },
}  # fmt: skip


def draw(rng, spread, mean, n):
    """Samples by other means than the quadrature: NumPy's generators."""
    if spread is None:
        return np.full(n, mean)
    mean = spread.get("mean", mean)
    width, shape = spread["width"], spread.get("shape", "normal")
    if shape == "normal":
        return rng.normal(mean, width, n)
    if shape == "uniform":
        return rng.uniform(mean - math.sqrt(3) * width, mean + math.sqrt(3) * width, n)
    if shape == "lognormal":
        s2 = math.log1p((width / mean) ** 2)
        return rng.lognormal(math.log(mean) - 0.5 * s2, math.sqrt(s2), n)
    free = mean * (1 - mean) / width**2 - 1
    return rng.beta(mean * free, (1 - mean) * free, n)


@pytest.mark.parametrize("name", SAMPLED)
@pytest.mark.parametrize("absorption", ["urbach", "fermi_edge"])
def test_quadrature_against_a_million_dots(name, absorption):
    """Eq. (3) for every dot by itself, weak and strong light, away from the reference."""
    kinds, T, n = SAMPLED[name], 285.0, 1_000_000
    model = GainModel(absorption={"kind": absorption}, ensemble=kinds)
    p = model.parameters(PUMP)
    rng = np.random.default_rng(7)
    gap = draw(rng, kinds.get("gap"), 0.0, n)
    factor = draw(rng, kinds.get("sigma_abs"), 1.0, n)
    eta_X = draw(rng, kinds.get("eta_X"), 1.0, n)
    shape = model.absorption.log_shape
    at_ref = factor * np.exp(shape(PUMP - gap, 300.0, 300.0))
    moved = float(model.gap_moved(T))
    # the scale is a mean over dots, too; taken from the samples so that errors add up once
    sigma = 6e-21 * factor * np.exp(shape(PUMP - gap - moved, T, 300.0)) / at_ref.mean()
    for I in (1e5, 2.5e7):
        x = sigma * I / PUMP * 29e-9
        eta = (eta_X + 0.09 * x) / (1.0 + x)
        gain = sigma * I / PUMP * (eta * (2.3871 * e + moved + gap) - PUMP)
        standard = gain.std() / math.sqrt(n)
        # the scale of the cross-sections is sampled as well
        standard += abs(gain.mean()) * at_ref.std() / at_ref.mean() / math.sqrt(n)
        assert abs(gain.mean() - float(cooling_gain(I, T, p))) < 3.0 * standard
        more = GainModel(absorption={"kind": absorption}, ensemble={**kinds, "nodes": 14})
        finer = float(cooling_gain(I, T, more.parameters(PUMP)))
        assert float(cooling_gain(I, T, p)) == pytest.approx(finer, rel=2e-4, abs=0)


def test_optimum_of_an_ensemble_is_where_the_gain_is_largest():
    p = GainModel(ensemble=SAMPLED["all"], alpha_background=0.02).parameters(PUMP)
    best = optimum(300.0, p)
    I = best.intensity * np.array([0.99, 1.0, 1.01])
    net = -heat_source(I, 300.0, p) / p.n_dots
    assert net[1] > max(net[0], net[2])
    assert net[1] == pytest.approx(best.net_gain, rel=1e-12, abs=0)
    assert abs(heat_source(best.intensity_crossover, 300.0, p)) < 1e-9 * p.n_dots * best.net_gain


def test_best_photon_energy_of_an_ensemble():
    """In an exponential tail a spread s moves it by s²/E_U, as it moves the emission."""
    width = 8 * MEV
    best = best_photon_energy(GainModel(ensemble={"gap": {"width": width}}))
    alike = best_photon_energy(GainModel())
    assert alike - best == pytest.approx(width**2 / (15.5 * MEV), abs=1e-4 * MEV)


def test_recycled_light_conserves_photons():
    """All light that does not leave is lost or heats: the emitted photons follow chain by chain."""
    body = {"kind": "given", "f_escape": 0.3, "f_reabsorbed": 0.6, "red_shift": 0.0}
    p = GainModel(ensemble=SAMPLED["all"], escape=body).parameters(PUMP)
    (group,) = p.groups
    dots, eta = group.dots, group.emitted[0]
    absorbed = np.array([dot.weight for dot in dots]) / p.sigma_abs
    again = np.array([dot.recycled for dot in dots])
    light, out = absorbed * eta, 0.0
    for _ in range(400):
        out += 0.3 * light.sum()
        light = 0.6 * light.sum() * again * eta
    assert float(external_efficiency(0.0, p, 300.0)) == pytest.approx(out, rel=1e-12, abs=0)
    assert again.sum() == pytest.approx(1.0, abs=1e-12)
    # energy: first light by those that absorb the pump, later light by those that absorb light
    gap, light, drawn = np.array([dot.gap for dot in dots]), absorbed * eta, 0.0
    for _ in range(400):
        drawn += 0.3 * float(light @ (2.3871 * e + gap))
        light = 0.6 * light.sum() * again * eta
    weak = 1e-3
    per_photon = float(cooling_gain(weak, 300.0, p)) / (weak / PUMP * p.sigma_abs) + PUMP
    assert per_photon == pytest.approx(drawn, rel=1e-10, abs=0)


def test_every_dot_is_in_balance_with_its_own_absorption():
    """PL/(sigma E² exp(-E/kT)) is the same at all energies, for each of the dots."""
    model = GainModel(
        absorption={"kind": "fermi_edge"}, emission={"kind": "detailed_balance"},
        ensemble={"gap": {"width": 10 * MEV}},
    )  # fmt: skip
    E, T = np.linspace(2.2, 2.6, 41) * e, 310.0
    moved = float(model.gap_moved(T))
    for one in model.members():
        light = model.line.at_offset(E, one.gap, T, 300.0, moved)
        ratio = light / (model.member_sigma(one, E, T) * E**2 * np.exp(-(E - PUMP) / (k * T)))
        assert ratio == pytest.approx(np.full(41, ratio[0]), rel=1e-11, abs=0)
        mean = float(mean_energy(*_whole(model, one, 300.0)))
        offset = model.line.mean_offset(one.gap, 300.0)
        assert mean - float(model.mean_emission()) == pytest.approx(offset, abs=1e-4 * MEV)


def _whole(model, one, T):
    E = np.linspace(1.5, 4.0, 20001) * e
    return E, model.line.at_offset(E, one.gap, T, 300.0, float(model.gap_moved(T)))


def test_charged_dots_emit_as_trions():
    charged = GainModel(ensemble={"charged": {"mean": 0.1, "width": 0.05, "shape": "beta"}})
    eta = external_efficiency(np.array([0.0, 0.5]), charged.parameters(PUMP), 300.0)
    neutral = (1.0 + 0.09 * 0.5) / 1.5
    assert eta == pytest.approx([0.9 + 0.1 * 0.26, 0.9 * neutral + 0.1 * 0.26], rel=1e-12, abs=0)


def test_widths_of_the_line_add_in_squares():
    """Homogeneous and inhomogeneous width, where all dots absorb alike (pump far above the gap)."""
    width = 12 * MEV
    kinds = {"gap": {"width": width, "nodes": 20}}
    section = {"kind": "given", "photon_energy": 3.2 * e}
    model = GainModel(
        absorption={"kind": "fermi_edge"}, ensemble=kinds, cross_section=section,
        emission={"kind": "van_roosbroeck"},
    )  # fmt: skip
    alike = model.model_copy(update={"ensemble": None})
    E = np.linspace(1.9, 3.0, 4001) * e

    def moments(one):
        s = one.emission_spectrum(E)
        mean = float(mean_energy(E, s))
        return mean, float(trapezoid(s * (E - mean) ** 2, E))

    (mean, variance), (mean_0, variance_0) = moments(model), moments(alike)
    assert mean == pytest.approx(mean_0, abs=1e-4 * MEV)
    assert variance == pytest.approx(variance_0 + width**2, rel=1e-3, abs=0)


def test_a_line_measured_on_all_dots_is_that_of_all_dots():
    """The spread is taken out of the line of one dot, and the ensemble gives the line back."""
    width = 15 * MEV
    line = [{"centre": 2.38 * e, "width": 0.035 * e, "tail": 0.02 * e}]
    section = {"kind": "given", "photon_energy": 3.2 * e}  # where all dots absorb alike
    shared = {
        "absorption": {"kind": "fermi_edge"}, "cross_section": section,
        "emission": {"kind": "emg", "components": line},
    }  # fmt: skip
    gap = {"width": width}
    whole = GainModel(**shared, ensemble={"gap": gap, "line_of": "ensemble"})
    wider = GainModel(**shared, ensemble={"gap": gap})
    E = np.linspace(1.9, 3.0, 8001) * e

    def moments(one):
        s = one.emission_spectrum(E)
        mean = float(mean_energy(E, s))
        return mean / e, float(trapezoid(s * (E - mean) ** 2, E)) / e**2

    measured = 0.035**2 + 0.02**2
    mean, variance = moments(whole)
    assert mean == pytest.approx(2.40, abs=1e-5)
    assert variance == pytest.approx(measured, rel=1e-3, abs=0)
    assert moments(wider)[1] == pytest.approx(measured + (width / e) ** 2, rel=1e-3, abs=0)
    with pytest.raises(ValueError, match="more than the line of all dots is wide"):
        GainModel(**shared, ensemble={"gap": {"width": 50 * MEV}, "line_of": "ensemble"})


def test_histogram_of_a_file(tmp_path):
    offsets = np.linspace(-30.0, 30.0, 121)
    shares = np.exp(-0.5 * (offsets / 6.0) ** 2)
    file = tmp_path / "gaps.csv"

    def write(values):
        rows = [f"{a},{b!r}" for a, b in zip(offsets, values.tolist(), strict=True)]
        file.write_text("gap (meV),share\n" + "\n".join(rows) + "\n")

    write(shares / shares.sum())
    I = 2e7
    by_file = GainModel(ensemble={"gap": {"file": str(file)}}).parameters(PUMP)
    by_width = GainModel(ensemble={"gap": {"width": 6 * MEV}}).parameters(PUMP)
    assert float(cooling_gain(I, 300.0, by_file)) == pytest.approx(
        float(cooling_gain(I, 300.0, by_width)), rel=2e-3, abs=0
    )
    file = tmp_path / "counts.csv"
    write(shares)
    with pytest.raises(ValueError, match=r"add up to 30\.07.*normalise = true"):
        GapSpread(file=file)
    rule = GapSpread(file=file, normalise=True).rule(0.0, 9)
    assert rule.shares.sum() == pytest.approx(1.0, abs=1e-14)
    for power in range(18):
        x = offsets / 30.0
        exact = (shares / shares.sum()) @ x**power
        assert rule.shares @ (rule.values / (30 * MEV)) ** power == pytest.approx(exact, abs=1e-12)


def test_gauss_rules_integrate_polynomials():
    from scipy import stats

    cases = {
        "normal": stats.norm(0.7, 0.05),
        "uniform": stats.uniform(0.7 - 0.05 * 3**0.5, 0.1 * 3**0.5),
        "beta": stats.beta(0.7 * 83, 0.3 * 83),
        "lognormal": stats.lognorm(math.log1p((0.05 / 0.7) ** 2) ** 0.5,
                                   scale=0.7 / math.sqrt(1 + (0.05 / 0.7) ** 2)),
    }  # fmt: skip
    for shape, exact in cases.items():
        spread = FactorSpread(mean=0.7, width=0.05, shape=shape)
        rule = spread.rule(1.0, 9)
        for power in range(1, 9):
            assert rule.shares @ rule.values**power == pytest.approx(
                exact.moment(power), rel=1e-9, abs=0
            )
        assert spread.share_outside(0.0, 0.6, 0.8) == pytest.approx(
            exact.cdf(0.6) + exact.sf(0.8), rel=1e-9, abs=0
        )
    few = Rule(np.array([1.0, 2.0]), np.array([0.4, 0.6]))
    assert gauss_of_points(few, 9) is few


REFUSED = {
    "efficiency": ({"eta_X": {"mean": 0.99, "width": 0.01}}, r"eta_X: 15\.9 % of the dots.*beta"),
    "factor": ({"sigma_abs": {"width": 0.5}}, r"sigma_abs: 2\.28 % of the dots.*lognormal"),
    "both": ({"gap": {}}, "either width"),
    "no mean": ({"dark": {"width": 0.1}}, "dark needs a mean"),
    "beta": ({"eta_X": {"mean": 0.9, "width": 0.5, "shape": "beta"}}, r"width below 0\.3"),
    "lognormal": ({"gap": {"width": MEV, "shape": "lognormal"}}, "needs a mean above 0"),
    "many": (
        {"nodes": 15, "gap": {"width": MEV}, "sigma_abs": {"width": 0.1}},
        "225 kinds of dots",
    ),
    "no file": ({"gap": {"file": "nowhere.csv"}}, r"nowhere\.csv: cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    kinds, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        GainModel(ensemble=kinds)


def test_dark_dots_are_given_once():
    with pytest.raises(ValueError, match="same number"):
        GainModel(dark_fraction=0.01, ensemble={"dark": {"mean": 0.01, "width": 0.0}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gap,share\n0,1\n", "must name value and unit"),
        ("gap (meV),share\n0,-1\n1,2\n", "must be >= 0"),
        ("gap (meV),share\n0,x\n", "could not convert"),
        ("gap (meV),share\n0\n", "rows must be"),
    ],
)
def test_bad_histograms(tmp_path, text, message):
    file = tmp_path / "h.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        GapSpread(file=file)


def test_gaps_below_the_pump_are_told_with_their_share():
    wide = GainModel(ensemble={"gap": {"width": 25 * MEV}})
    (problem,) = gain_problems(wide, PUMP, 300.0)
    assert problem.path == "gain.ensemble.gap"
    assert "0.256 % of the dots have a gap below the pump of 2.33 eV" in problem.rule
    assert not list(gain_problems(GainModel(ensemble={"gap": {"width": 15 * MEV}}), PUMP, 300.0))


def test_shares_of_a_distribution_keep_units():
    model = GainModel.model_validate(
        {"ensemble": {"gap": {"width": "5 meV"}}}, context={"case_file": True}
    )
    assert model.ensemble.gap.width == pytest.approx(5 * MEV, rel=1e-12, abs=0)
    assert ShareSpread(mean=0.5, width=0.0).rule(0.0, 9).values == [0.5]
