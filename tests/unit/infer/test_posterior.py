"""The posterior of a fit: Gaussian and bimodal closed forms, profiles, seeds, short walks."""

import json
from pathlib import Path

import numpy as np
import pytest

import thermosim
from thermosim.cli import main
from thermosim.errors import CaseError
from thermosim.infer.fit.likelihood import Likelihood, Piece
from thermosim.infer.fit.minimum import minimised, spread_at
from thermosim.infer.fit.parameters import Parameter
from thermosim.infer.fit.posterior import Density, Walk, sampled
from thermosim.infer.fit.walkers import Hills, autocorrelation_times, walked

EXAMPLES = Path(__file__).parents[3] / "examples" / "fit"
EFFICIENCY = [str(EXAMPLES / "efficiency.csv"), "--model", "efficiency"]


def linear(d, seed=4):
    """Return a likelihood of a linear model with a prior on its first number, and its solution."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((3 * d, d)) @ np.diag(np.geomspace(1.0, 1e-2, d))
    pieces = [
        Piece(lambda rows: rows @ A.T, slice(0, 3 * d), frozenset(range(d))),
        Piece(lambda rows: rows[:, :1], slice(3 * d, 3 * d + 1), frozenset({0})),
    ]
    data = np.concatenate([A @ np.ones(d) + rng.standard_normal(3 * d), [0.7]])
    variance = np.concatenate([np.ones(3 * d), [0.05**2]])
    big = np.full(d, 1e4)
    none = np.zeros(d, bool)
    found = Likelihood(
        pieces, data, variance, np.zeros(len(data), bool), -big, big, none, np.ones(d)
    )
    rows = np.vstack([A, np.eye(d)[:1]]) / np.sqrt(variance)[:, None]
    covariance = np.linalg.inv(rows.T @ rows)
    return found, covariance @ rows.T @ (data / np.sqrt(variance)), covariance


def names(d):
    return [Parameter.level(f"p{j}", "1", 1.0, "") for j in range(d)]


def minima(likelihood, *places):
    free = np.ones((len(places), len(places[0])), bool)
    found = minimised(likelihood, np.array(places), free)
    assert found.converged.all()
    return found.inner


@pytest.mark.parametrize("d", [1, 6, 13])
def test_a_gaussian_is_that_of_the_curvature(d):
    """Monte Carlo error of a mean is sigma/√n, of a sigma sigma/√(2 n); 4 of them."""
    likelihood, mean, covariance = linear(d)
    density = Density(likelihood, np.ones(d, bool))
    found = sampled(density, minima(likelihood, np.zeros(d)), names(d), Walk())
    n, sigma = found.chain.independent, np.sqrt(np.diag(covariance))
    assert n > 3000
    assert not found.warnings
    assert np.abs(found.samples.mean(axis=0) - mean).max() < 4.0 * (sigma / np.sqrt(n)).max()
    assert found.samples.std(axis=0) / sigma == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * n))
    high = found.document()["parameters"]["p0"]["high_95"]
    assert (high - mean[0]) / sigma[0] == pytest.approx(1.96, abs=0.1)
    assert [m.weight for m in found.modes] == [1.0]


def test_noise_of_unknown_size_is_integrated_out():
    """The posterior of a linear model is then Student's t: wider by √(ν/(ν - 2)), ν = n - p."""
    rng = np.random.default_rng(7)
    n, d = 12, 2
    A = np.stack([np.ones(n), np.linspace(-1.0, 1.0, n)], axis=1)
    y = A @ [1.0, 2.0] + 0.3 * rng.standard_normal(n)
    piece = Piece(lambda rows: rows @ A.T, slice(0, n), frozenset({0, 1}))
    big = np.full(d, 1e4)
    told = [piece], y, np.ones(n), np.zeros(n, bool), -big, big, np.zeros(d, bool), np.ones(d)
    likelihood = Likelihood(*told)
    best = minima(likelihood, np.zeros(d))
    rest = float(likelihood.deviance(likelihood.predicted(best))[0])
    likelihood = Likelihood(*told, dispersion=rest / (n - d))
    density = Density(likelihood, np.ones(d, bool), [slice(0, n)])
    found = sampled(density, best, names(d), Walk())
    sigma = np.sqrt(rest / (n - d) * np.diag(np.linalg.inv(A.T @ A)))
    wide = np.sqrt((n - d) / (n - d - 2.0))
    assert found.samples.std(axis=0) / sigma == pytest.approx(wide, rel=0.05)


def two_hills(d, s, m):
    """Return a likelihood with modes at x = 3 and -3, and the share of that above zero.

    x² = 9 ± s is measured, x = m ± 2 known; d - 1 other numbers follow x, and are correlated.
    """
    M = np.random.default_rng(0).standard_normal((d - 1, d - 1)) + 2.0 * np.eye(d - 1)
    pieces = [
        Piece(lambda rows: rows[:, :1] ** 2, slice(0, 1), frozenset({0})),
        Piece(lambda rows: rows[:, :1], slice(1, 2), frozenset({0})),
        Piece(lambda rows: (rows[:, 1:] + 0.5 * rows[:, :1]) @ M.T, slice(2, d + 1),
              frozenset(range(d))),
    ]  # fmt: skip
    data = np.concatenate([[9.0, m], np.zeros(d - 1)])
    variance = np.concatenate([[s**2, 4.0], np.ones(d - 1)])
    big, none = np.full(d, 20.0), np.zeros(d, bool)
    x = np.linspace(-6.0, 6.0, 200_001)
    p = np.exp(-0.5 * ((x * x - 9.0) / s) ** 2 - 0.125 * (x - m) ** 2)
    likelihood = Likelihood(pieces, data, variance, np.zeros(d + 1, bool), -big, big, none,
                            np.ones(d))  # fmt: skip
    return likelihood, float(p[x > 0.0].sum() / p.sum())


@pytest.mark.parametrize(("d", "s", "m"), [(4, 3.0, 0.3), (4, 0.6, 0.1), (13, 0.6, 0.6)])
def test_two_modes_have_their_weights(d, s, m):
    """In 13 dimensions they are 60 standard deviations apart."""
    likelihood, share = two_hills(d, s, m)
    places = [[x, *np.full(d - 1, -0.5 * x)] for x in (3.0, -3.0)]
    density = Density(likelihood, np.ones(d, bool))
    found = sampled(density, minima(likelihood, *places), names(d), Walk())
    assert not found.warnings
    error = np.sqrt(share * (1.0 - share) / found.chain.independent)
    assert np.mean(found.samples[:, 0] > 0.0) == pytest.approx(share, abs=4.0 * error)
    assert len(found.modes) == 2
    above = next(mode for mode in found.modes if mode.values[0] > 0.0)
    assert above.weight == pytest.approx(share, abs=4.0 * above.sigma)
    assert found.document()["modes"][0]["weight"] == max(mode.weight for mode in found.modes)


def test_walkers_that_stay_in_their_modes_show():
    """The correlation is about the mean of all walkers, not of each: two modes never left."""
    rng = np.random.default_rng(3)
    mixed = rng.standard_normal((400, 20, 1))
    assert autocorrelation_times(mixed)[0] == pytest.approx(1.0, abs=0.1)
    stuck = mixed + 10.0 * (np.arange(20) % 2)[None, :, None]
    assert autocorrelation_times(stuck)[0] > 100.0


def test_correlation_of_a_known_process():
    """x_n = a x_{n-1} + noise: (1 + a)/(1 - a) steps."""
    rng, a = np.random.default_rng(8), 0.8
    x = np.zeros((4000, 30, 1))
    for n in range(1, len(x)):
        x[n] = a * x[n - 1] + rng.standard_normal((30, 1))
    assert autocorrelation_times(x[200:])[0] == pytest.approx(9.0, rel=0.06)


def test_hills_may_be_off():
    """Draws from hills at the wrong place, six times too narrow: the density is what it is."""
    hills = Hills(np.array([[1.0, -1.0]]), 0.15 * np.eye(2)[None], np.ones(1))
    chain = walked(lambda at: -0.5 * (at**2).sum(axis=1), hills, 20_000, 2, lambda text: None)
    flat = chain.places.reshape(-1, 2)
    assert flat.std(axis=0) == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * chain.independent))


def test_a_bound_is_kept():
    likelihood, _, _ = linear(2)
    bounded = Likelihood(**{**vars(likelihood), "low": np.array([0.75, -1e4])})
    density = Density(bounded, np.ones(2, bool))
    found = sampled(density, minima(bounded, [0.8, 0.0]), names(2), Walk())
    assert found.samples[:, 0].min() >= 0.75
    sigma = spread_at(bounded, np.ones((1, 2)), np.ones((1, 2), bool)).sigma[0, 0]
    assert found.samples[:, 0].min() < 0.75 + 0.1 * sigma


# the command


def document(capsys, *arguments, status=0):
    assert main(["fit", *map(str, arguments), "--json"]) == status
    captured = capsys.readouterr()
    return json.loads(captured.out) if status == 0 else captured.err


def test_it_agrees_with_profiles(capsys, tmp_path):
    """Where a likelihood is nearly Gaussian: ends within a tenth of a standard deviation."""
    found = document(capsys, EXAMPLES / "litmos.csv", "--model", "litmos", "--posterior",
                     "-o", tmp_path / "out")  # fmt: skip
    told = found["posterior"]
    for name, p in found["parameters"].items():
        if not p["held"]:
            for end in ("low_68", "high_68", "low_95", "high_95"):
                away = told["parameters"][name][end] - p[end]
                assert abs(away) < 0.1 * p["sigma"], (name, end)
    derived = told["parameters"]["crossing_blue"]
    wide = 0.5 * (derived["high_68"] - derived["low_68"])
    assert wide == pytest.approx(found["derived"]["crossing_blue"]["sigma"], rel=0.1)
    assert told["walkers"] >= 32
    assert told["burn_in"] >= 10.0 * max(told["autocorrelation_steps"].values())
    assert told["lengths"] >= 50.0
    assert 0.1 < told["acceptance"] < 0.9
    assert (told["seed"], told["warnings"]) == (1, [])
    assert told["modes"][0]["weight"] == 1.0
    made = sorted(p.name for p in (tmp_path / "out").iterdir() if p.name[0] != ".")
    assert made == ["fit.html", "fit.json", "fit.png", "posterior.csv", "posterior.png",
                    "profiles.png", "residuals.csv"]  # fmt: skip
    page = (tmp_path / "out" / "fit.html").read_text()
    assert page.count("data:image/png") == 3
    assert "walkers of" in page
    assert json.loads((tmp_path / "out" / "fit.json").read_text())["posterior"] == told


def test_a_short_walk_is_told_and_a_seed_repeats_it(capsys):
    short = [*EFFICIENCY, "--posterior", "--steps", "200"]
    one = document(capsys, *short)
    assert one["posterior"]["steps"] == 200
    assert "autocorrelation times long, below 50" in one["posterior"]["warnings"][0]
    assert one["posterior"]["warnings"][0] in one["warnings"]
    assert document(capsys, *short)["posterior"] == one["posterior"]
    other = document(capsys, *short, "--seed", "2")["posterior"]
    assert other["parameters"]["A"]["median"] != one["posterior"]["parameters"]["A"]["median"]


def test_what_the_data_do_not_bound_is_told(capsys, tmp_path):
    """Emission under weak light: only the product of eta_X and the scale is told."""
    I = np.geomspace(1.0, 30.0, 20)
    y = 100.0 * I * (1.0 + 0.01 * np.random.default_rng(1).standard_normal(20))
    lines = [f"{a:.6g},{b:.6g},{0.01 * b:.6g}" for a, b in zip(I, y, strict=True)]
    path = tmp_path / "pl.csv"
    path.write_text("\n".join(["I (W/cm2),PL (a.u.),error", *lines]))
    held = ["--fix", "A=", "--fix", "C="]
    told = document(capsys, path, "--model", "efficiency", *held, "--posterior", "--steps", "500")
    assert any("do not bound sigma_abs" in line for line in told["warnings"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seed", "3"], "--seed"),
        (["--steps", "500"], "add --posterior"),
        (["--posterior", "--steps", "20"], "must be 100 or more"),
        (["--posterior", "--seed", "-1"], "must be between 0 and 2^32 - 1"),
    ],
)
def test_options_that_do_not_go_together(capsys, options, words):
    told = document(capsys, *EFFICIENCY, *options, status=2)
    assert words in told
    assert len(told.strip().splitlines()) == 1


def test_a_file_and_python_ask_for_it(capsys, tmp_path):
    file = tmp_path / "fit.toml"
    data = EXAMPLES / "efficiency.csv"
    file.write_text(
        f'[fit]\nposterior = true\nseed = 4\nsteps = 200\n[[fit.data]]\nmodel = "efficiency"\n'
        f'files = ["{data}"]\n'
    )
    told = document(capsys, file)["posterior"]
    assert (told["seed"], told["steps"]) == (4, 200)
    found = thermosim.fit(data, "efficiency", posterior=True, seed=4, steps=200)
    assert found.posterior.document() == told
    with pytest.raises(CaseError, match="not asked for"):
        thermosim.fit(data, "efficiency", seed=4)
    file.write_text(file.read_text().replace("steps = 200", "steps = 2"))
    assert "steps = 2: must be" in document(capsys, file, status=2)
