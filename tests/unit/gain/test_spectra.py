import numpy as np
import pytest
from pydantic import ValidationError
from scipy.constants import c, e, h

from thermosim.gain import GainModel, mean_escape
from thermosim.gain.absorption import UrbachTail, log_table
from thermosim.gain.emg import (
    Component,
    emg_mean,
    emg_sum,
    exponentially_modified_gaussian,
    fit_double_emg,
)
from thermosim.gain.emission import measured_spectrum
from thermosim.gain.numerics import mean_energy
from thermosim.gain.source import cross_section
from thermosim.gain.tables import gain_summary

TRUE = (
    Component(0.7, 2.375 * e, 0.020 * e, -0.018 * e),
    Component(0.3, 2.385 * e, 0.025 * e, 0.024 * e),
)


def write(path, energy, signal, header="energy (eV)"):
    rows = [
        f"{header},0 s",
        *(f"{float(E)!r},{float(s)!r}" for E, s in zip(energy, signal, strict=True)),
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("tail", [-0.03, -1e-4, 1e-3, 0.02])
def test_moments_of_the_modified_gaussian(tail):
    E = np.linspace(1.5, 3.5, 40_001)
    s = exponentially_modified_gaussian(E, 2.0, 2.4, 0.02, tail)
    step = 2.0 / 40_000
    area = s.sum() * step
    mean = (E * s).sum() * step / area
    assert area == pytest.approx(2.0, rel=1e-12, abs=0.0)
    assert mean == pytest.approx(2.4 + tail, rel=1e-12, abs=0.0)
    variance = ((E - mean) ** 2 * s).sum() * step / area
    assert variance == pytest.approx(0.02**2 + tail**2, rel=1e-9, abs=0.0)


def test_modified_gaussian_does_not_overflow():
    s = exponentially_modified_gaussian(np.array([-1e3, 0.0, 1e3, 1e5]), 1.0, 0.0, 1.0, 1e-3)
    assert np.all(np.isfinite(s))
    assert s[1] == pytest.approx(1.0 / np.sqrt(2.0 * np.pi), rel=1e-5, abs=0.0)


def test_fit_recovers_a_double_line():
    E = np.linspace(2.15, 2.65, 501) * e
    fit = fit_double_emg(E, emg_sum(E, TRUE) * 1e-17)
    assert fit.mean == pytest.approx(emg_mean(TRUE), rel=1e-8, abs=0.0)
    for found, true in zip(fit.components, TRUE, strict=True):
        np.testing.assert_allclose(found[1:], true[1:], rtol=1e-4)
        assert found.amplitude == pytest.approx(true.amplitude * 1e-17, rel=1e-4, abs=0.0)


def test_fit_of_a_noisy_line_is_within_its_errors():
    E = np.linspace(2.15, 2.65, 501) * e
    clean = emg_sum(E, TRUE)
    counts = np.random.default_rng(3).poisson(clean / clean.max() * 1e5).astype(float)
    fit = fit_double_emg(E, counts, 1.0 / np.sqrt(counts + 1.0))
    assert abs(fit.mean - emg_mean(TRUE)) < 0.1e-3 * e
    assert 0.8 < fit.reduced_chi_square < 1.2
    scale = clean.max() / 1e5
    amplitude = fit.components[0].amplitude * scale
    assert abs(amplitude - 0.7) < 4.0 * fit.errors[0].amplitude * scale
    assert fit.errors[0].amplitude * scale < 0.5


def test_fit_refuses_too_few_points():
    with pytest.raises(ValueError, match="16 or more"):
        fit_double_emg(np.arange(5.0), np.ones(5))


@pytest.mark.parametrize("use", ["data", "double_emg"])
def test_measured_emission_from_a_file(tmp_path, use):
    E = np.linspace(2.1, 2.7, 601)
    path = write(tmp_path / "pl.csv", E, emg_sum(E * e, TRUE) / emg_sum(TRUE[0].centre, TRUE))
    model = GainModel(emission={"kind": "spectrum", "file": path, "use": use})
    assert float(model.mean_emission()) == pytest.approx(emg_mean(TRUE), rel=1e-6, abs=0.0)
    p = model.parameters(2.33 * e)
    assert float(mean_escape(320.0, p)) == pytest.approx(
        emg_mean(TRUE) + 5e-3 * e, rel=1e-6, abs=0.0
    )
    grid = np.linspace(2.1, 2.7, 2001) * e
    s = model.emission_spectrum(grid, 320.0)
    assert np.sum(s) * (grid[1] - grid[0]) == pytest.approx(1.0, rel=1e-4, abs=0.0)
    assert mean_energy(grid, s) == pytest.approx(emg_mean(TRUE) + 5e-3 * e, rel=1e-5, abs=0.0)


def test_signal_per_wavelength_is_converted(tmp_path):
    E = np.linspace(2.1, 2.7, 1201)[::-1]
    per_wavelength = emg_sum(E * e, TRUE) * (E * e) ** 2 / (h * c)
    nm = h * c / (E * e) * 1e9
    path = write(tmp_path / "pl.csv", nm, per_wavelength, "wavelength (nm)")
    section = {"kind": "spectrum", "file": path, "signal_per": "wavelength"}
    mean = float(GainModel(emission=section).mean_emission())
    assert mean == pytest.approx(emg_mean(TRUE), rel=1e-6, abs=0.0)
    plain = float(GainModel(emission=section | {"signal_per": "energy"}).mean_emission())
    assert abs(plain - mean) > 0.5e-3 * e


def test_the_heading_says_per_nm_and_what_was_read_is_told(tmp_path):
    E = np.linspace(2.1, 2.7, 1201)[::-1]
    nm = h * c / (E * e) * 1e9
    per_wavelength = emg_sum(E * e, TRUE) * (E * e) ** 2 / (h * c)
    path = tmp_path / "pl.csv"
    rows = zip(nm, 0.0 * nm + 1.0, per_wavelength / per_wavelength.max(), strict=True)
    lines = ["Wavelength / nm;absorption;PL (counts/nm)", *(f"{a};{b};{p}" for a, b, p in rows)]
    path.write_text("\n".join(lines).replace(".", ","))
    model = GainModel(emission={"kind": "spectrum", "file": path})
    assert float(model.mean_emission()) == pytest.approx(emg_mean(TRUE), rel=1e-6, abs=0.0)
    told = gain_summary(model, 2.33 * e)["data_read"][0]
    assert told.startswith('pl.csv: column "PL (counts/nm)", semicolons between columns')
    assert "signal per wavelength" in told


def test_absorption_is_the_column_of_that_name_or_asked_for(tmp_path):
    path = tmp_path / "two.csv"
    E = np.linspace(2.2, 2.5, 40)
    alpha, pl = np.exp((E - 2.4) / 0.0155), np.exp(-(((E - 2.36) / 0.03) ** 2)) + 0.01
    lines = [f"{a:.6g},{b:.8g},{d:.8g}" for a, b, d in zip(E, pl, alpha, strict=True)]

    def best(header, **section):
        path.write_text("\n".join([header, *lines]))
        clear_caches()
        table = {"kind": "table", "file": path, **section}
        return GainModel(absorption=table)

    energy = np.array([2.25, 2.3, 2.35]) * e
    expected = UrbachTail().log_shape(energy, 300.0, 300.0)
    for header, column in (("E (eV),PL,absorption", ""), ("E (eV),a,b", "b")):
        shape = best(header, column=column).absorption.log_shape(energy, 300.0, 300.0)
        assert shape - shape[0] == pytest.approx(expected - expected[0], abs=1e-5)
    with pytest.raises(ValidationError, match="any of a, b could be meant; say which: column"):
        best("E (eV),a,b")
    with pytest.raises(ValidationError, match="is no column of the file; columns are a, b"):
        best("E (eV),a,b", column="d")


def clear_caches():
    log_table.cache_clear()
    measured_spectrum.cache_clear()


def test_emg_section():
    components = [
        {"amplitude": one.amplitude, "centre": one.centre, "width": one.width, "tail": one.tail}
        for one in TRUE
    ]
    model = GainModel(emission={"kind": "emg", "components": components})
    assert float(model.mean_emission()) == pytest.approx(emg_mean(TRUE), rel=1e-14, abs=0.0)


def test_given_emission_has_a_line_with_its_mean():
    model = GainModel()
    E = np.linspace(1.6, 3.6, 40_001) * e
    s = model.emission_spectrum(E, 330.0)
    assert mean_energy(E, s) == pytest.approx(float(model.mean_emission(330.0)), rel=1e-7, abs=0.0)


def test_given_slope_replaces_the_gap_shift():
    model = GainModel(emission={"kind": "given", "slope": 1e-4 * e})
    assert float(model.mean_emission(310.0)) == pytest.approx(
        (2.3871 + 1e-3) * e, rel=1e-14, abs=0.0
    )


def test_tabulated_absorption(tmp_path):
    E = np.linspace(2.25, 2.55, 61)
    alpha = 1.0 / (1.0 + np.exp((2.4 - E) / 0.0155))
    path = write(tmp_path / "alpha.csv", E, alpha)
    table = GainModel(
        absorption={"kind": "table", "file": path}, temperature_min=280.0, temperature_max=330.0
    )
    edge = GainModel(
        absorption={"kind": "fermi_edge"}, temperature_min=280.0, temperature_max=330.0
    )
    energies = np.linspace(2.2, 2.5, 200) * e  # 2.2 to 2.25 eV: the tail beyond the table
    np.testing.assert_allclose(table.sigma_abs(energies), edge.sigma_abs(energies), rtol=2e-3)
    T = np.linspace(280.0, 330.0, 101)
    p = table.parameters(2.33 * e)
    np.testing.assert_allclose(cross_section(T, p), table.sigma_abs(2.33 * e, T), rtol=1.1e-3)


def test_absorption_table_with_a_zero_names_it(tmp_path):
    E = np.linspace(2.25, 2.55, 31)
    path = write(tmp_path / "alpha.csv", E, np.where(E < 2.3, 0.0, E))
    with pytest.raises(ValidationError, match="must be positive"):
        GainModel(absorption={"kind": "table", "file": path})


def test_files_are_found_beside_the_case(tmp_path):
    E = np.linspace(2.25, 2.55, 31)
    write(tmp_path / "alpha.csv", E, E)
    section = {"absorption": {"kind": "table", "file": "alpha.csv"}}
    model = GainModel.model_validate(
        section | {"temperature_min": 280.0, "temperature_max": 320.0},
        context={"directory": tmp_path},
    )
    assert model.absorption.file == tmp_path / "alpha.csv"
