import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.constants import e, k

from thermosim import thermometry as th
from thermosim.gain.emission import VanRoosbroeckEmission

GAP_SLOPE = 0.3e-3 * e


def tail(energy, temperature):
    return np.exp(-(energy - 2.5 * e) / (k * temperature))


def emission(energy, temperature):
    edge = 2.4 * e + GAP_SLOPE * (temperature - 300.0)
    alpha = 1.0 / (1.0 + np.exp((edge - energy) / (15.5e-3 * e)))
    return alpha * energy**2 * np.exp((2.4 * e - energy) / (k * temperature))


# --- the fit ------------------------------------------------------------


@given(
    T=st.floats(50.0, 900.0),
    T0=st.floats(50.0, 900.0),
    scale=st.floats(1e-3, 1e3),
    weights=st.sampled_from(["poisson", "binomial", "uniform"]),
)
@settings(max_examples=60)
def test_exact_tails_give_the_temperature_back(T, T0, scale, weights):
    energy = np.linspace(2.5, 2.55, 40) * e
    fit = th.fit_tail(energy, scale * 1e4 * tail(energy, T), 1e4 * tail(energy, T0), T0, weights)
    assert fit.temperature == pytest.approx(T, rel=1e-9)
    assert fit.slope == pytest.approx(th.ratio_slope(T, T0), abs=1e-9 / (k * T0))


def test_weighted_line_against_numpy_polyfit():
    rng = np.random.default_rng(1)
    x, y, w = rng.normal(size=20), rng.normal(size=20), rng.uniform(0.1, 3.0, 20)
    line = th.weighted_line(x, y, w)
    coefficients, covariance = np.polyfit(x, y, 1, w=np.sqrt(w), cov="unscaled")
    assert line.slope == pytest.approx(coefficients[0], rel=1e-12, abs=0)
    assert line.intercept == pytest.approx(np.polyval(coefficients, line.centre), rel=1e-12, abs=0)
    assert 1 / line.spread == pytest.approx(covariance[0, 0], rel=1e-12, abs=0)


def test_fits_broadcast_over_leading_axes_like_single_fits():
    energy = np.linspace(2.5, 2.6, 50) * e
    T = np.array([[280.0, 290.0, 305.0], [301.0, 299.0, 320.0]])
    rng = np.random.default_rng(2)
    counts = rng.poisson(1e4 * tail(energy, T[..., None]))
    reference = rng.poisson(1e4 * tail(energy, 300.0))
    for weights in ("poisson", "binomial", "uniform"):
        many = th.fit_tail(energy, counts, reference, 300.0, weights)
        one = th.fit_tail(energy, counts[1, 2], reference, 300.0, weights)
        assert many.temperature.shape == many.sigma_common.shape == many.bins.shape == T.shape
        for name in ("temperature", "sigma", "sigma_common", "reduced_chi2", "intercept"):
            assert getattr(many, name)[1, 2] == pytest.approx(getattr(one, name), rel=1e-9)


def test_binomial_and_poisson_agree_at_high_counts():
    energy = np.linspace(2.5, 2.6, 100) * e
    rng = np.random.default_rng(4)
    N, N0 = rng.poisson(1e7 * tail(energy, 291.0)), rng.poisson(1e7 * tail(energy, 300.0))
    a = th.fit_tail(energy, N, N0, 300.0, "poisson")
    b = th.fit_tail(energy, N, N0, 300.0, "binomial")
    assert abs(a.temperature - b.temperature) < 0.02 * a.sigma
    assert b.sigma == pytest.approx(a.sigma, rel=1e-3)
    assert b.sigma_common == pytest.approx(a.sigma_common, rel=1e-3)
    assert 0.6 < a.reduced_chi2 < 1.4
    assert 0.6 < b.reduced_chi2 < 1.4


@pytest.mark.parametrize("weights", ["poisson", "binomial"])
def test_noise_of_the_reference_is_common_to_all_spectra(weights):
    """Readings against one reference of 100 times less light scatter together, as said."""
    energy = np.linspace(2.5, 2.6, 100) * e
    rng = np.random.default_rng(6)
    N = rng.poisson(1e6 * tail(energy, 300.0), (1000, 100))
    N0 = rng.poisson(1e4 * tail(energy, 300.0), (1000, 100))
    fits = th.fit_tail(energy, N, N0, 300.0, weights)
    own = th.fit_tail(energy, N, N0[0], 300.0, weights)
    assert np.mean(fits.sigma_common / fits.sigma) == pytest.approx(np.sqrt(100 / 101), rel=1e-3)
    own_sigma = np.sqrt(own.sigma**2 - own.sigma_common**2)
    assert np.std(own.temperature) == pytest.approx(np.mean(own_sigma), rel=0.1)


def test_empty_bins_are_left_out_of_the_log_and_used_by_the_likelihood():
    energy = np.linspace(2.5, 2.6, 6) * e
    N, N0 = [50, 30, 12, 5, 0, 1], [60, 35, 20, 9, 4, 0]
    assert th.fit_tail(energy, N, N0, 300.0, "poisson").bins == 4
    assert th.fit_tail(energy, N, N0, 300.0, "binomial").bins == 6


def test_a_binomial_fit_is_the_maximum_of_the_likelihood():
    from scipy.optimize import minimize

    x = np.linspace(0.0, 1.0, 30)
    rng = np.random.default_rng(9)
    N, N0 = rng.poisson(8 * np.exp(-1.5 * x)), rng.poisson(8 * np.exp(-x))
    fit = th.fit_tail((2.5 + 0.1 * x) * e, N, N0, 300.0, "binomial")

    def minus_log_likelihood(p):
        eta = p[0] + p[1] * (x - 0.5)
        return np.sum((N + N0) * np.logaddexp(0.0, eta) - N * eta)

    best = minimize(minus_log_likelihood, [0.0, 0.0], method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    assert fit.slope * 0.1 * e == pytest.approx(best.x[1], abs=1e-5)


def test_uncertainty_of_temperature_is_the_slope_of_temperature_times_that_of_the_slope():
    T, sigma, step = np.array([77.0, 291.0, 450.0]), 1e-3 / e, 1e-4 / e
    s = th.ratio_slope(T, 300.0)
    up, down = (th.temperature_from_slope(s + d, 300.0) for d in (step, -step))
    derivative = (up - down) / (2 * step)
    assert th.temperature_sigma(T, sigma) == pytest.approx(derivative * sigma, rel=1e-8)


@pytest.mark.parametrize("counts", [(1e9, 2.0), (2.0, 1e9), (1e9, 1e9)])
def test_binomial_settles_for_any_contrast_of_counts(counts):
    energy = np.linspace(2.5, 2.6, 100) * e
    rng = np.random.default_rng(0)
    N, N0 = (rng.poisson(c * tail(energy, 300.0), (200, 100)) for c in counts)
    keep = (N.sum(-1) > 3) & (N0.sum(-1) > 3)
    fit = th.fit_tail(energy, N[keep], N0[keep], 300.0, "binomial")
    pull = (fit.slope - 0.0) / fit.sigma_slope
    assert np.std(pull) == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize(
    ("N", "N0", "weights", "message"),
    [
        ([5, 4, 0, 0], [5, 4, 3, 2], "poisson", "only 2 bins"),
        ([5, 4, 3, -1], [5, 4, 3, 2], "binomial", "negative"),
        ([0, 0, 0, 0], [5, 4, 3, 2], "binomial", "no counts"),
        ([1, 1e3, 1e6, 1e9], [1e9, 1e6, 1e3, 1], "poisson", "no temperature"),
        ([9, 9, 0, 0], [0, 0, 9, 9], "binomial", "no maximum"),
        ([5, 4, 3, np.nan], [5, 4, 3, 2], "poisson", "finite"),
        ([5, 4, 3], [5, 4, 3], "poisson", "same last axis"),
        ([5, 4, 3, 2], [5, 4, 3, 2], "cash", "must be one of poisson, binomial, uniform"),
    ],
)
def test_a_fit_that_cannot_be_made_says_why(N, N0, weights, message):
    with pytest.raises(ValueError, match=message):
        th.fit_tail(np.linspace(2.5, 2.6, 4) * e, N, N0, 300.0, weights)


def test_variances_of_the_caller_replace_photon_noise():
    energy = np.linspace(2.5, 2.6, 40) * e
    N, N0 = 1e5 * tail(energy, 295.0), 1e5 * tail(energy, 300.0)
    plain = th.fit_tail(energy, N, N0, 300.0)
    noisy = th.fit_tail(energy, N, N0, 300.0, variance=4 * N, reference_variance=4 * N0)
    assert noisy.sigma == pytest.approx(2 * plain.sigma, rel=1e-12, abs=0)
    with pytest.raises(ValueError, match="no variances"):
        th.fit_tail(energy, N, N0, 300.0, "binomial", variance=N)


# --- the section ------------------------------------------------------------


def test_settings_read_text_with_units():
    section = th.ThermometrySettings.model_validate(
        {"E_min": "2.45 eV", "E_max": "2.55 eV", "bin_width": "2 meV"},
        context={"case_file": True},
    )
    assert section.E_min / e == pytest.approx(2.45, rel=1e-12)
    centres = th.bin_centres(section.E_min, section.E_max, section.bin_width) / e
    assert centres == pytest.approx(2.451 + 0.002 * np.arange(50), rel=1e-12)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"E_min": 2.7 * e}, "must be above E_min"),
        ({"bin_width": 0.05 * e}, "holds 2 bins"),
        ({"bin_width": 1e-9 * e}, "raise bin_width"),
        ({"background_E_min": 2.7 * e}, "together"),
        ({"background_E_min": 2.55 * e, "background_E_max": 2.7 * e}, "overlap"),
        ({"background_E_min": 2.9 * e, "background_E_max": 2.7 * e}, "above background_E_min"),
        (
            {"background_E_min": 2.8 * e, "background_E_max": 2.9 * e, "weights": "binomial"},
            "raw counts",
        ),
        ({"counts": 0.0}, "greater than 0"),
        ({"weights": "guess"}, "poisson"),
        ({"reference_temperature": "-3 K"}, "greater than 0"),
        ({"window": 1.0}, "Extra inputs"),
    ],
)
def test_bad_settings_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        th.ThermometrySettings(**fields)


# --- bias, windows, particle ------------------------------------------------------------


def test_correction_undoes_the_bias():
    section = th.ThermometrySettings(E_min=2.43 * e, E_max=2.50 * e)
    T = np.array([280.0, 291.0, 300.0, 315.0])
    reading = T + th.reading_bias(emission, T, section)
    assert np.max(np.abs(reading - T)) > 1.0
    assert th.corrected_temperature(reading, emission, section) == pytest.approx(T, abs=1e-7)


def test_no_correction_where_the_model_cannot_give_the_reading():
    section = th.ThermometrySettings()
    with pytest.raises(ValueError, match="no temperature of the model"):
        th.corrected_temperature(1e6, lambda E, T: emission(E, 300.0 + 0.0 * T), section)


def test_reabsorption_biases_only_where_absorption_changes():
    section = th.ThermometrySettings(E_min=2.43 * e, E_max=2.50 * e)

    def escape(energy, temperature, depth=2.0, slope=GAP_SLOPE):
        edge = 2.4 * e + slope * (temperature - 300.0)
        return 1.0 / (1.0 + depth / (1.0 + np.exp((edge - energy) / (15.5e-3 * e))))

    still = th.escaping(tail, lambda E, T: escape(E, T, slope=0.0))
    assert th.reading_bias(still, 291.0, section) == pytest.approx(0.0, abs=1e-9)
    moving = th.reading_bias(th.escaping(tail, escape), 291.0, section)
    alone = th.reading_bias(emission, 291.0, section)
    # the gap makes light appear at the low end, reabsorption takes it away again
    assert moving > 0.3
    assert alone < -1.0
    changed = th.reading_bias(
        th.escaping(tail, lambda E, T: escape(E, T, depth=4.0)), 300.0, section,
        th.escaping(tail, escape),
    )  # fmt: skip
    assert abs(changed) > 0.3


def test_window_errors_trade_bias_for_noise():
    section = th.ThermometrySettings()
    low = np.linspace(2.42, 2.56, 15) * e
    errors = th.window_errors(emission, 291.0, section, low, low + 0.1 * e)
    assert np.all(np.diff(np.abs(errors.bias)) < 0.0)
    assert np.all(np.diff(errors.sigma) > 0.0)
    assert 0 < errors.best < 14
    own = th.window_errors(emission, 291.0, section, section.E_min, section.E_max)
    assert own.sigma[0] == pytest.approx(th.model_fit(emission, 291.0, section).sigma, rel=1e-9)
    counts = 1e5 * emission(2.4505 * e, 300.0) / emission(2.5005 * e, 300.0)
    lower = th.ThermometrySettings(E_min=2.45 * e, E_max=2.55 * e, counts=counts)
    lowered = th.window_errors(emission, 291.0, section, 2.45 * e, 2.55 * e)
    assert lowered.sigma[0] == pytest.approx(th.model_fit(emission, 291.0, lower).sigma, rel=1e-9)
    with pytest.raises(ValidationError, match="must be above"):
        th.window_errors(emission, 291.0, section, 2.6 * e, 2.5 * e)


def test_a_uniform_particle_reads_its_temperature():
    section = th.ThermometrySettings(E_min=2.5 * e, E_max=2.6 * e)
    reading = th.virtual_reading(np.full(7, 291.0), np.arange(7.0), emission, section)
    assert reading.temperature == pytest.approx(th.model_fit(emission, 291.0, section).temperature)
    assert [reading.emission_mean, reading.window_mean] == pytest.approx([291.0] * 2, rel=1e-14)
    assert reading.sigma == pytest.approx(th.model_fit(emission, 291.0, section).sigma, rel=1e-6)


@pytest.mark.parametrize("by_energy", [False, True])
@pytest.mark.parametrize(("low", "high", "rel"), [(285.0, 305.0, 1e-9), (150.0, 500.0, 1e-8)])
def test_particle_spectrum_is_the_sum_over_places(by_energy, low, high, rel):
    rng = np.random.default_rng(8)
    T, w = rng.uniform(low, high, 200), rng.uniform(0.0, 1.0, 200)
    energy = np.linspace(2.5, 2.6, 30) * e
    escape = rng.uniform(0.2, 1.0, (200, 30) if by_energy else 200)
    band = (2.0 * e, 3.2 * e)
    fine = np.linspace(*band, 20001)
    area = np.trapezoid(emission(fine, T[:, None]), fine, axis=1)
    places = (w / area)[:, None] * emission(energy, T[:, None])
    places *= escape if by_energy else escape[:, None]
    total, share = th.particle_spectrum(energy, T, w, emission, escape=escape, band=band)
    assert total == pytest.approx(places.sum(0), rel=rel)
    assert share == pytest.approx(places.sum(1), rel=10 * rel, abs=rel * share.max())


def test_virtual_reading_of_two_halves_to_second_order():
    """Small differences read as the mean weighted by the photons of the tail."""
    section = th.ThermometrySettings(weights="uniform")
    band = (2.3 * e, 3.3 * e)
    reading = th.virtual_reading([299.0, 301.0], [1.0, 1.0], tail, section, band=band)
    assert reading.emission_mean == 300.0
    # photons above E in a tail normalised from 2.3 eV: the hotter half has more of them
    middle = 2.55 * e
    more = (middle - band[0]) / (k * 300.0) - 1.0
    expected = 300.0 + (more - 1.0) / 300.0  # - 1/300: the mean of 1/T is above 1/300 K
    assert reading.temperature == pytest.approx(expected, abs=2e-5)
    assert reading.window_mean > reading.emission_mean
    assert reading.bias == pytest.approx(reading.temperature - 300.0)
    assert reading.delta_T == pytest.approx(reading.temperature - 300.0)


def test_escape_moves_the_reading_to_the_places_that_are_seen():
    section = th.ThermometrySettings()
    T, w = [290.0, 300.0], [1.0, 1.0]
    inner = th.virtual_reading(T, w, emission, section, escape=[1.0, 0.0])
    both = th.virtual_reading(T, w, emission, section, escape=[1.0, 0.5])
    assert inner.temperature == pytest.approx(th.model_fit(emission, 290.0, section).temperature)
    assert inner.window_mean == pytest.approx(290.0)
    assert inner.temperature < both.temperature < 300.0


@pytest.mark.parametrize(
    ("places", "kwargs", "message"),
    [
        (([300.0], [1.0, 2.0]), {}, "must be equal"),
        (([300.0, 0.0], [1.0, 2.0]), {}, "> 0 K"),
        (([300.0, 301.0], [0.0, 0.0]), {}, "not all 0"),
        (([300.0, 301.0], [1.0, 1.0]), {"escape": [1.0]}, r"must be \(2,\) or \(2, 100\)"),
        (([300.0, 301.0], [1.0, 1.0]), {"escape": [1.0, 1.5]}, "between 0 and 1"),
        (([300.0, 301.0], [1.0, 1.0]), {"escape": [0.0, 0.0]}, "no light"),
        (([300.0, 301.0], [1.0, 1.0]), {"band": (2.55 * e, 3.0 * e)}, "band must enclose"),
    ],
)
def test_bad_particles_are_refused(places, kwargs, message):
    with pytest.raises(ValueError, match=message):
        th.virtual_reading(*places, emission, th.ThermometrySettings(), **kwargs)


def test_the_emission_section_of_the_gain_model_serves_as_model():
    line = VanRoosbroeckEmission()
    model = th.emission_model(lambda E, T: line.spectrum(E, T, 300.0, GAP_SLOPE * (T - 300.0)))
    energy = np.linspace(2.45, 2.6, 20) * e
    T = np.array([291.0, 300.0])
    given = model(energy, T[:, None])
    own = emission(energy, T[:, None])
    assert given.shape == (2, 20)
    assert given / given[:, :1] == pytest.approx(own / own[:, :1], rel=1e-10, abs=0)
    assert model(np.asarray(2.5 * e), np.asarray(300.0)).shape == ()
    with pytest.raises(ValueError, match="must have shape"):
        model(energy, T)
    section = th.ThermometrySettings()
    ours = th.virtual_reading(T, [1.0, 1.0], emission, section)
    theirs = th.virtual_reading(T, [1.0, 1.0], model, section)
    assert theirs.temperature == pytest.approx(ours.temperature, abs=1e-6)
