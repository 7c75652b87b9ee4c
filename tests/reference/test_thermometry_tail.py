"""Tail-ratio thermometry against numbers worked out independently, and against Monte Carlo."""

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim import thermometry as th
from thermosim.gain.escape.closed import ergodic_escape, mean_transmittance
from thermosim.thermometry.counts import Counts, fit_counts

KT_EV = k / e


def alpha(E_eV, T, shift=0.3e-3):
    """Absorption edge of 15.5 meV at 2.400 eV (300 K) that moves by ``shift`` [eV/K]."""
    return 1.0 / (1.0 + np.exp((2.4 + shift * (T - 300.0) - E_eV) / 0.0155))


def emission(energy, temperature):
    E = energy / e
    return alpha(E, temperature) * E**2 / np.expm1(E / (KT_EV * temperature))


def exponential(energy, temperature):
    return np.exp(-(energy - 2.5 * e) / (k * temperature))


@pytest.mark.parametrize(("delta_T", "slope_per_eV"), [(-9.0, "-1.196"), (-1.0, "-0.129")])
def test_slope_of_the_log_ratio(delta_T, slope_per_eV):
    slope = th.ratio_slope(300.0 + delta_T, 300.0)
    assert f"{slope * e:.3f}" == slope_per_eV
    assert th.temperature_from_slope(slope, 300.0) == pytest.approx(300.0 + delta_T, abs=1e-10)


@pytest.mark.parametrize(
    ("counts", "digits", "sigma_K"),
    [(1e3, 1, "3.2"), (1e4, 1, "1.0"), (1e5, 2, "0.32"), (1e6, 2, "0.10")],
)
def test_photon_noise_of_a_tenth_of_an_electronvolt_in_1_meV_bins(counts, digits, sigma_K):
    sigma = th.photon_noise_sigma(300.0, counts, 0.1 * e, 1e-3 * e)
    assert f"{sigma:.{digits}f}" == sigma_K


@pytest.mark.parametrize(
    ("E_min", "E_max", "reading"),
    [(2.43, 2.50, "-10.68"), (2.45, 2.55, "-9.29"), (2.50, 2.60, "-9.01")],
)
def test_gap_shift_bias_of_an_unweighted_fit_on_200_points(E_min, E_max, reading):
    energy = np.linspace(E_min, E_max, 200) * e
    fit = th.fit_tail(energy, emission(energy, 291.0), emission(energy, 300.0), 300.0, "uniform")
    assert f"{fit.temperature - 300.0:.2f}" == reading


@pytest.mark.parametrize(("E_min", "E_max", "bias"), [(2.43, 2.50, -1.68), (2.5, 2.6, -0.01)])
def test_reading_bias_gives_the_same_through_settings(E_min, E_max, bias):
    step = (E_max - E_min) / 200
    settings = th.ThermometrySettings(
        E_min=E_min * e, E_max=E_max * e, bin_width=step * e, weights="uniform"
    )
    # centres of 200 bins are not the 200 points of the printed number: the span is 0.5 % shorter
    assert th.reading_bias(emission, 291.0, settings) == pytest.approx(bias, abs=0.01)


@pytest.mark.parametrize("weights", ["poisson", "binomial"])
@pytest.mark.parametrize("counts", [1e3, 1e5])
def test_monte_carlo_scatter_is_the_analytic_uncertainty(weights, counts):
    settings = th.ThermometrySettings(weights=weights, counts=counts)
    analytic = th.photon_noise_sigma(300.0, counts, 0.1 * e, 1e-3 * e)
    fits = th.simulated_readings(exponential, 300.0, settings, 2000, seed=7)
    assert np.std(fits.temperature, ddof=1) == pytest.approx(analytic, rel=0.05)
    assert np.mean(fits.sigma) == pytest.approx(analytic, rel=0.02)
    assert np.mean(fits.temperature) == pytest.approx(300.0, abs=4 * analytic / np.sqrt(2000))


@pytest.mark.parametrize("counts", [1e3, 1e5])
def test_monte_carlo_scatter_of_the_unweighted_fit_is_its_own_estimate(counts):
    """The scatter measures the noise only where bins are about equally noisy: a narrow window."""
    settings = th.ThermometrySettings(weights="uniform", counts=counts, E_max=2.53 * e)
    fits = th.simulated_readings(exponential, 300.0, settings, 2000, seed=11)
    scatter = np.std(fits.temperature, ddof=1)
    assert np.sqrt(np.mean(fits.sigma**2)) == pytest.approx(scatter, rel=0.1)


@pytest.mark.parametrize("weights", ["poisson", "binomial"])
def test_monte_carlo_at_291_kelvin(weights):
    settings = th.ThermometrySettings(weights=weights, counts=1e4)
    fits = th.simulated_readings(emission, 291.0, settings, 2000, seed=3)
    expected = th.model_fit(emission, 291.0, settings)
    assert np.std(fits.temperature, ddof=1) == pytest.approx(expected.sigma, rel=0.05)
    assert np.mean(fits.temperature) == pytest.approx(
        expected.temperature, abs=4 * expected.sigma / np.sqrt(2000)
    )


def test_binomial_stays_unbiased_where_the_log_of_few_counts_does_not():
    few = {"counts": 20.0, "E_max": 2.56 * e}
    likelihood = th.ThermometrySettings(weights="binomial", **few)
    log_fit = th.ThermometrySettings(weights="poisson", **few)
    true = th.ratio_slope(280.0, 300.0)
    best = th.simulated_readings(exponential, 280.0, likelihood, 4000, seed=5)
    usual = th.simulated_readings(exponential, 280.0, log_fit, 4000, seed=5)
    error = np.std(best.slope) / np.sqrt(4000)
    assert abs(np.mean(best.slope) - true) < 4 * error
    assert abs(np.mean(usual.slope) - true) > 8 * error
    assert np.std(best.slope) == pytest.approx(np.mean(best.sigma_slope), rel=0.1)


@pytest.mark.parametrize("dark", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("counts", [50.0, 1e2, 1e3, 1e4, 1e5])
def test_few_counts_on_a_dark_level_are_unbiased_and_their_sigma_is_the_scatter(counts, dark):
    """1500 pairs at 291 and 300 K; where sigma is 38 K, a line is no longer one: 15 % there."""
    energy = (2.5 + 1e-3 * (np.arange(100) + 0.5)) * e
    rng = np.random.default_rng(12)
    level, draws = dark * counts, 1500

    def pair(T):
        mean = counts * exponential(energy, T) / exponential(energy[0], T)
        net = rng.poisson(mean + level, (draws, 100)) - level
        return Counts(net, np.full(net.shape, level), np.zeros(draws), np.ones(100))

    fit = fit_counts(energy, pair(291.0), pair(300.0), 300.0)
    scatter = np.std(fit.tail.temperature, ddof=1)
    assert abs(np.mean(fit.tail.temperature) - 291.0) < 2.5 * scatter / np.sqrt(draws)
    assert np.mean(fit.tail.sigma) == pytest.approx(scatter, rel=0.15 if scatter > 30.0 else 0.1)
    assert np.mean(fit.tail.reduced_chi2) == pytest.approx(1.0, abs=0.03)
    assert np.std(fit.bend) == pytest.approx(1.0, abs=0.1)
    assert np.mean(fit.excess > 4.0) < 0.005


def test_counts_without_dark_level_are_the_likelihood():
    energy = np.linspace(2.5, 2.6, 100) * e
    rng = np.random.default_rng(3)
    N, N0 = (rng.poisson(60.0 * exponential(energy, T), (50, 100)) for T in (285.0, 300.0))
    best = th.fit_tail(energy, N, N0, 300.0, "binomial")
    none, one = np.zeros(N.shape), np.ones(100)
    first, second = (Counts(n, none, np.zeros(50), one) for n in (N, N0))
    fit = fit_counts(energy, first, second, 300.0).tail
    assert fit.slope == pytest.approx(best.slope, rel=1e-6, abs=1e-6 / (k * 300.0))
    assert fit.temperature == pytest.approx(best.temperature - fit.sigma**2 / best.temperature)


def test_scatter_is_the_uncertainty_of_an_unweighted_fit_over_the_whole_window():
    """Noise grows along 0.1 eV: the HC2 estimate holds where the mean square of residuals fails."""
    settings = th.ThermometrySettings(weights="uniform", counts=1e5)
    fits = th.simulated_readings(exponential, 300.0, settings, 2000, seed=11)
    scatter = np.std(fits.temperature, ddof=1)
    assert np.sqrt(np.mean(fits.sigma**2)) == pytest.approx(scatter, rel=0.05)


def grain(radius, shift=0.3e-3):
    """Emission that leaves a rough grain of ``radius`` [m], n = 1.7, alpha(2.33 eV) = 1/cm."""
    alpha_top = 100.0 / alpha(2.33, 300.0)
    transmittance = mean_transmittance(1.7)

    def escape(energy, temperature):
        depth = 4.0 / 3.0 * radius * alpha_top * alpha(energy / e, temperature, shift)
        return ergodic_escape(depth, transmittance)

    return th.escaping(emission, escape)


def test_an_opaque_grain_is_a_black_body_and_shows_no_bias():
    """Where all is reabsorbed the escape is 1/alpha, and alpha E²/(exp(E/kT) - 1) loses alpha."""
    window = th.ThermometrySettings(E_min=2.43 * e, E_max=2.50 * e, weights="uniform")
    bias = [float(th.reading_bias(grain(R), 291.0, window)) for R in (1e-9, 5e-6, 50e-6, 1e3)]
    assert bias[0] == pytest.approx(float(th.reading_bias(emission, 291.0, window)), abs=1e-4)
    assert bias[0] < bias[1] < bias[2] < bias[3]
    assert bias[3] == pytest.approx(0.0, abs=1e-6)
