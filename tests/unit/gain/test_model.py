import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.constants import e, k

from thermosim.gain import GainModel, cooling_gain, heat_source, mean_escape, pump_absorption
from thermosim.gain.absorption import dot_volume, local_field_factor
from thermosim.gain.source import chebyshev, cross_section

PUMP = 2.33 * e
LONG_STATE = {"excitons": 1, "charged": True, "tau": 20e-9}
LONG_TRION = {"kind": "trion_biexciton", "tau_T": 20e-9, "multi": {"kind": "scaled"}}


def test_import_is_light():
    code = (
        "import sys; import thermosim.gain; "
        "heavy = {'ufl','dolfinx','gmsh','pint','matplotlib','lmfit','scipy.linalg',"
        "'scipy.optimize','scipy.special','scipy.interpolate'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_arrays_broadcast():
    p = GainModel().parameters(PUMP)
    I, T = np.logspace(3, 9, 7)[:, None], np.array([280.0, 300.0, 320.0])
    gain = cooling_gain(I, T, p)
    assert gain.shape == (7, 3)
    assert gain[4, 2] == cooling_gain(I[4, 0], 320.0, p)
    assert heat_source(list(I[:, 0]) * np.ones(7), 300.0, p).shape == (7,)


def test_gap_moves_absorption_and_emission_with_temperature():
    model = GainModel()
    p = model.parameters(PUMP)
    for T in (210.0, 300.0, 437.0, 900.0):
        moved = 0.25e-3 * e * (T - 300.0)
        assert float(cross_section(T, p)) == pytest.approx(
            6.0e-21 * np.exp(-moved / (15.5e-3 * e)), rel=1e-12, abs=0.0
        )
        assert float(mean_escape(T, p)) == pytest.approx(2.3871 * e + moved, rel=1e-14, abs=0.0)


def test_interpolants_keep_their_end_values_outside_their_range():
    p = GainModel(temperature_min=250.0, temperature_max=400.0).parameters(PUMP)
    assert float(cross_section(100.0, p)) == float(cross_section(250.0, p))
    assert float(mean_escape(900.0, p)) == float(mean_escape(400.0, p))


@pytest.mark.parametrize(
    "section",
    [
        {"absorption": {"kind": "fermi_edge"}, "emission": {"kind": "van_roosbroeck"}},
        {
            "absorption": {"kind": "urbach", "E_U_model": "einstein", "phonon_temperature": 120.0},
            "emission": {
                "kind": "van_roosbroeck",
                "edge": {"E_U_model": "einstein", "phonon_temperature": 120.0},
            },
        },
    ],
)
def test_interpolation_error_is_below_1e_10(section):
    model = GainModel(**section)
    p = model.parameters(2.37 * e)
    T = np.random.default_rng(1).uniform(200.0, 1000.0, 300)
    np.testing.assert_allclose(cross_section(T, p), model.sigma_abs(2.37 * e, T), rtol=1e-10)
    np.testing.assert_allclose(mean_escape(T, p), model.mean_emission(T), rtol=1e-10)
    assert float(cross_section(300.0, p)) == pytest.approx(p.sigma_abs, rel=1e-14, abs=0.0)


def test_einstein_urbach_energy_rises_and_meets_the_reference():
    tail = GainModel(
        absorption={"kind": "urbach", "E_U_model": "einstein", "phonon_temperature": 150.0}
    ).absorption
    values = tail.urbach_energy(np.array([50.0, 300.0, 3000.0, 6000.0]), 300.0)
    assert np.all(np.diff(values) > 0)
    assert values[1] == pytest.approx(15.5e-3 * e, rel=1e-14, abs=0.0)
    assert values[3] / values[2] == pytest.approx(2.0, rel=1e-3, abs=0.0)


def test_detailed_balance_needs_kT_above_the_urbach_energy():
    with pytest.raises(ValidationError, match="raise temperature_min"):
        GainModel(emission={"kind": "van_roosbroeck"}, temperature_min=180.0)


def test_detailed_balance_mean_of_a_saturated_edge_is_known():
    """With E_U → 0 the mean is a ratio of incomplete gamma functions."""
    from scipy.special import gammaincc

    E_1 = 2.4 * e
    line = GainModel(
        emission={"kind": "van_roosbroeck", "edge": {"E_1": E_1, "E_U": 1e-3 * e}}
    ).emission
    a = E_1 / (k * 300.0)
    sharp = 3.0 * gammaincc(4, a) / gammaincc(3, a) * k * 300.0
    # Sommerfeld's expansion of a Fermi edge: lower by (pi E_U)²/(3 kT) to first order.
    shift = (np.pi * 1e-3 * e) ** 2 / (3.0 * k * 300.0)
    mean = float(line.mean_at(300.0, 300.0, 0.0))
    assert abs(mean - sharp + shift) < 0.05 * shift


@pytest.mark.parametrize(
    ("density", "cross_section_", "n_dots", "sigma"),
    [
        ({"kind": "given", "n_dots": 1e22}, {"kind": "macroscopic", "alpha": 100.0}, 1e22, 1e-20),
        ({"kind": "macroscopic", "alpha": 5.0}, {"kind": "given", "sigma_abs": 1e-20}, 5e20, 1e-20),
        (
            {"kind": "volume_fraction", "volume_fraction": 0.01, "dot_diameter": 8e-9},
            {"kind": "optimum", "intensity": 1e7, "x_opt": 0.01},
            0.01 / (np.pi / 6.0 * 512e-27),
            0.01 * PUMP / (29e-9 * 1e7),
        ),
    ],
)  # fmt: skip
def test_density_and_cross_section_by_every_route(density, cross_section_, n_dots, sigma):
    model = GainModel(density=density, cross_section=cross_section_)
    assert model.n_dots == pytest.approx(n_dots, rel=1e-13, abs=0.0)
    assert float(model.sigma_abs(PUMP)) == pytest.approx(sigma, rel=1e-13, abs=0.0)
    assert float(model.alpha(PUMP)) == pytest.approx(n_dots * sigma, rel=1e-13, abs=0.0)
    p = model.parameters(PUMP)
    assert float(pump_absorption(0.0, 300.0, p)) == pytest.approx(
        n_dots * sigma, rel=1e-13, abs=0.0
    )


def test_cross_section_of_a_small_sphere_of_bulk_material():
    model = GainModel(
        cross_section={
            "kind": "bulk", "alpha_bulk": 4e5, "dot_diameter": 8e-9, "n_dot": 2.292, "n_host": 1.69
        }
    )  # fmt: skip
    # Rayleigh absorption k V Im(3 (eps - eps_h)/(eps + 2 eps_h)) n_h, to first order in Im(eps)
    k_0 = PUMP / (1.054571817e-34 * 299792458.0)
    n = 2.292 + 1j * 4e5 / (2.0 * k_0)
    eps, eps_h = n**2, 1.69**2
    rayleigh = k_0 * 1.69 * dot_volume(8e-9) * (3.0 * (eps - eps_h) / (eps + 2.0 * eps_h)).imag
    assert float(model.sigma_abs(PUMP)) == pytest.approx(rayleigh, rel=1e-3, abs=0.0)
    assert float(local_field_factor(1.5, 1.5)) == pytest.approx(1.0, rel=1e-15, abs=0.0)


def test_both_macroscopic_is_refused():
    with pytest.raises(ValidationError, match="only their product"):
        GainModel(
            density={"kind": "macroscopic", "alpha": 100.0},
            cross_section={"kind": "macroscopic", "alpha": 100.0},
        )


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"reference_temperature": 100.0}, "must lie between"),
        ({"escape": {"kind": "given", "f_escape": 0.7, "f_reabsorbed": 0.4}}, "above 1"),
        (
            {"recombination": LONG_TRION},
            "longer than its radiative lifetime",
        ),
        ({"recombination": {"kind": "ladder", "tau_T": 20e-9}}, "negative"),
        ({"recombination": {"kind": "ladder", "measured": [LONG_STATE]}}, "shorten it"),
        ({"recombination": {"kind": "ladder", "measured": [LONG_STATE] * 2}}, "twice"),
        ({"recombination": {"kind": "ladder", "measured": [{"excitons": 1}]}}, "eta_X instead"),
        (
            {"recombination": {"kind": "ladder", "ionisation": 0.1, "neutralisation": 0.0}},
            "rate at which charged dots",
        ),
        ({"absorption": {"kind": "table", "file": "missing.csv"}}, "missing.csv"),
    ],
)  # fmt: skip
def test_impossible_sections_are_refused_with_a_remedy(section, text):
    with pytest.raises(ValidationError, match=text):
        GainModel(**section)


def test_quantities_with_units():
    model = GainModel(
        recombination={"kind": "trion_biexciton", "tau_X": "29 ns"},
        cross_section={"kind": "given", "sigma_abs": "6e-17 cm^2", "photon_energy": "2.33 eV"},
        gap_shift="0.25 meV/K",
    )
    expected = GainModel().parameters(PUMP)
    found = model.parameters(PUMP)
    for field in ("sigma_abs", "mean_emission", "tau_X", "log_sigma", "mean_emission_shift"):
        np.testing.assert_allclose(getattr(found, field), getattr(expected, field), rtol=1e-13)


def test_losses_heat():
    p = GainModel(dark_fraction=0.1, alpha_background=3.0).parameters(PUMP)
    I = 1e5
    beta = 6.0e-21 * I / PUMP
    x = beta * 29e-9
    eta = 0.9 * (1.0 + 0.09 * x) / (1.0 + x)
    expected = 3.0 * I - 1.66e22 * beta * (eta * 2.3871 * e - PUMP)
    assert float(heat_source(I, 300.0, p)) == pytest.approx(expected, rel=1e-13, abs=0.0)


def test_with_escape_keeps_the_rest():
    model = GainModel().with_escape(0.6, 0.4, 0.01 * e)
    p = model.parameters(PUMP)
    assert (p.f_escape, p.f_reabsorbed) == (0.6, 0.4)
    assert p.red_shift == pytest.approx(0.01 * e, rel=1e-14, abs=0.0)
    assert p.sigma_abs == GainModel().parameters(PUMP).sigma_abs


def test_chebyshev_sum():
    s = np.linspace(-1, 1, 9)
    coefficients = (0.3, -1.0, 0.2, 4.0, -0.7)
    expected = np.polynomial.chebyshev.chebval(s, coefficients)
    np.testing.assert_allclose(chebyshev(s, coefficients), expected, rtol=1e-13, atol=1e-14)
    np.testing.assert_array_equal(chebyshev(s, (2.5,)), np.full(9, 2.5))
    many = tuple(0.8 ** np.arange(129))
    exact = np.polynomial.chebyshev.chebval(s, many)
    np.testing.assert_allclose(chebyshev(s, many), exact, rtol=1e-12, atol=1e-13)
