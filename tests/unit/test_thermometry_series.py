import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim import thermometry as th
from thermosim.errors import CaseError
from thermosim.visual import thermometry_plots as plots

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "cases" / "spectra" / "cooling_series.csv"
GAP_SLOPE = 0.3e-3 * e


def tail(energy, temperature):
    return np.exp(-(energy - 2.5 * e) / (k * temperature))


def emission(energy, temperature):
    edge = 2.4 * e + GAP_SLOPE * (temperature - 300.0)
    alpha = 1.0 / (1.0 + np.exp((edge - energy) / (15.5e-3 * e)))
    return alpha * energy**2 * np.exp((2.4 * e - energy) / (k * temperature))


# --- files ------------------------------------------------------------


def test_spectra_survive_writing_and_reading(tmp_path):
    energy = np.linspace(2.4, 2.6, 21) * e
    spectra = th.synthetic_spectra(energy, emission, [300.0, 291.0], [0.0, 600.0], 1e5, seed=1)
    th.write_spectra(spectra, tmp_path / "a.csv", "two lines\nof comment")
    back = th.read_spectra(tmp_path / "a.csv")
    assert back.labels == ("0 s", "600 s")
    assert back.time == pytest.approx([0.0, 600.0])
    assert back.energy == pytest.approx(energy, rel=1e-9, abs=0)
    assert np.array_equal(back.signal, spectra.signal)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("falling", [False, True])
def test_wavelengths_become_rising_energies(tmp_path, delimiter, falling):
    rows = ["wavelength (nm),first,second", "480,1,10", "490,2,20", "500,3,30"]
    rows[1:] = reversed(rows[1:]) if falling else rows[1:]
    path = tmp_path / "w.csv"
    path.write_text("\ufeff# note\n\n" + "\n".join(rows).replace(",", delimiter) + "\n", "utf-8")
    spectra = th.read_spectra(path)
    assert spectra.energy / e == pytest.approx(1239.841984 / np.array([500, 490, 480]), rel=1e-9)
    assert spectra.signal.tolist() == [[3, 2, 1], [30, 20, 10]]
    assert spectra.time is None


@pytest.mark.parametrize(
    "axis", ["energy (eV)", "Energy [eV]", "E_eV", "E (eV)", "energy_eV", "energy eV"]
)
def test_names_of_the_energy_axis(tmp_path, axis):
    path = tmp_path / "a.csv"
    path.write_text(f"{axis},1 min\n2.4,1\n2.5,2\n2.6,3\n")
    spectra = th.read_spectra(path)
    assert spectra.energy[0] == pytest.approx(2.4 * e, rel=1e-12, abs=0)
    assert spectra.time == pytest.approx([60.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no table of numbers"),
        ("# only a comment\n", "holds no table of numbers"),
        ("a,0 s\n-2.4,1\n1,2\n3,4\n", 'line 1, column 1 = "a": must name the axis'),
        ("energy (nm),0 s\n2.4,1\n", 'line 1, column 1 = "energy \\(nm\\)": names an energy, and'),
        ("E (eV)\n2.4\n2.5\n2.6\n", "line 1: there must be at least one column"),
        ("E (eV),a\n2.4,1\n2.5\n", "line 3: has 1 columns where the table has 2"),
        ("E (eV),a\n\n2.4,1\n2.5,x\n", 'line 4, column 2 = "x": must be a number'),
        ("E (eV),a\n2.4,nan\n", 'line 2, column 2 = "nan": must be finite'),
        ("E (eV),a\n2.4,1\n2.5,1\n", "there are 2 rows"),
        ("E (eV),a\n2.4,1\n2.5,1\n2.5,1\n", "line 4, column 1 = 2.5: the axis must rise or fall"),
        ("E (eV),a\n2.4,1\n2.6,1\n2.5,1\n2.7,1\n", "line 4, column 1 = 2.5: the axis must rise"),
        ("E (eV),a\n-2.4,1\n2.5,1\n2.6,1\n", "line 2, column 1 = -2.4: must be > 0"),
    ],
)
def test_bad_files_are_refused_with_line_and_column(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(CaseError, match=message) as error:
        th.read_spectra(path)
    assert str(path) in str(error.value)


def test_names_that_are_missing_or_twice_are_made_up(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("E (eV),a,a,\n2.4,1,2,3\n2.5,1,2,3\n2.6,1,2,3\n")
    assert th.read_spectra(path).labels == ("a", "a (3)", "column 4")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(CaseError, match="cannot be read: No such file"):
        th.read_spectra(tmp_path / "none.csv")


# --- series ------------------------------------------------------------


def series_of(temperatures, seed=None, background=0.0, step=0.5e-3, **fields):
    energy = np.arange(2.45, 2.85, step) * e
    times = 60.0 * np.arange(len(temperatures))
    spectra = th.synthetic_spectra(
        energy, tail, temperatures, times, 1e7, seed=seed, background=background
    )
    return spectra, th.ThermometrySettings(**fields)


def test_series_without_noise_is_exact_and_the_reference_is_given():
    spectra, section = series_of([300.0, 295.0, 310.0], reference_label="60 s")
    section = section.model_copy(update={"reference_temperature": 295.0})
    series = th.temperature_series(spectra, section)
    # the sample on the upper edge is a bin of its own, of another width: 3e-6 K
    assert series.temperature == pytest.approx([300.0, 295.0, 310.0], abs=1e-5)
    assert series.delta_T == pytest.approx([5.0, 0.0, 15.0], abs=1e-5)
    assert series.sigma[1] == series.sigma_common[1] == 0.0
    assert series.sigma[0] > 0.0
    assert series.bins.tolist() == [101, 101, 101]


def test_summing_samples_to_bins_keeps_temperature_and_uncertainty():
    fine, section = series_of([300.0, 291.0], seed=3, step=0.1e-3)
    a = th.temperature_series(fine, section.model_copy(update={"bin_width": 0.1e-3 * e}))
    b = th.temperature_series(fine, section.model_copy(update={"bin_width": 5e-3 * e}))
    assert a.bins[1] in (1000, 1001)
    assert b.bins[1] in (20, 21)
    assert abs(a.temperature[1] - b.temperature[1]) < 0.3 * a.sigma[1]
    assert b.sigma[1] == pytest.approx(a.sigma[1], rel=0.02)


def test_background_is_taken_off_and_its_noise_counted():
    spectra, section = series_of([300.0, 291.0], seed=5, background=2e4)
    clean, _ = series_of([300.0, 291.0], seed=5)
    off = section.model_copy(update={"background_E_min": 2.75 * e, "background_E_max": 2.85 * e})
    with pytest.raises(CaseError, match=r"bends by .* no temperature; look for a dark level"):
        th.temperature_series(spectra, section)
    corrected = th.temperature_series(spectra, off)
    assert abs(corrected.temperature[1] - 291.0) < 3 * corrected.sigma[1]
    wide = section.model_copy(update={"misfit": "inflate"})
    raw = th.temperature_series(spectra, wide)
    assert raw.temperature[1] - 291.0 > 1.0
    assert abs(raw.temperature[1] - 291.0) < raw.sigma[1]
    assert "± is" in raw.warnings[-1]
    assert corrected.sigma[1] > th.temperature_series(clean, section).sigma[1]


def test_variance_of_a_bin_is_its_counts_and_the_noise_of_the_background():
    energy = np.array([2.5005, 2.501, 2.5015, 2.502, 2.5025, 2.51, 2.52, 2.7, 2.71, 2.72, 2.73]) * e
    signal = np.array([[50.0, 60, 70, 80, 90, 40, 30, 8, 10, 12, 10]])
    section = th.ThermometrySettings(
        E_min=2.5 * e, E_max=2.53 * e, bin_width=3e-3 * e, counts_per_unit=2.0,
        background_E_min=2.69 * e, background_E_max=2.74 * e,
    )  # fmt: skip
    window = th.window_counts(th.Spectra(energy, signal, ("a",), None), section)
    # 5 samples in the first bin; background 20 photons a sample, known to 20/4
    assert window.counts.tolist() == [[700.0 - 100.0, 80.0 - 20.0, 60.0 - 20.0]]
    assert window.variance.tolist() == [[700.0 + 25 * 5.0, 80.0 + 5.0, 60.0 + 5.0]]
    assert window.energy / e == pytest.approx([2.5015, 2.51, 2.52], rel=1e-12)


def test_monte_carlo_of_a_series_with_background():
    readings, sigmas = [], []
    for seed in range(150):
        spectra, section = series_of(
            [300.0, 300.0], seed=seed, background=2e4, step=2e-3,
            background_E_min=2.75 * e, background_E_max=2.85 * e,
        )  # fmt: skip
        series = th.temperature_series(spectra, section)
        readings.append(series.temperature[1])
        sigmas.append(series.sigma[1])
    assert np.std(readings) == pytest.approx(np.mean(sigmas), rel=0.15)
    assert abs(np.mean(readings) - 300.0) < 4 * np.mean(sigmas) / np.sqrt(150)


def test_counts_per_unit_sets_the_noise():
    spectra, section = series_of([300.0, 291.0])
    one = th.temperature_series(spectra, section.model_copy(update={"counts_per_unit": 1.0}))
    four = th.temperature_series(spectra, section.model_copy(update={"counts_per_unit": 4.0}))
    assert four.sigma[1] == pytest.approx(one.sigma[1] / 2, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"E_min": 2.2 * e}, "the spectra reach from 2.4500 to 2.84"),
        ({"E_max": 3.2 * e}, "the spectra reach from"),
        ({"reference_label": "1 s"}, '"1 s": is no column of the file; columns are 0 s, 60 s'),
        (
            {"background_E_min": 2.9 * e, "background_E_max": 3.0 * e},
            "holds 0 samples, a background needs 3",
        ),
    ],
)
def test_a_series_that_cannot_be_read_says_why(fields, message):
    spectra, section = series_of([300.0, 291.0], **fields)
    with pytest.raises(CaseError, match=message):
        th.temperature_series(spectra, section)


def test_a_spectrum_without_light_is_named():
    spectra, section = series_of([300.0, 291.0])
    spectra.signal[1] = 0.0
    with pytest.raises(CaseError, match=r'spectrum "60 s" \(column 3\): only 0 bins'):
        th.temperature_series(spectra, section)


def test_summary_has_units_in_its_keys_and_is_plain_json():
    import json

    spectra, section = series_of([300.0, 291.0, 304.0])
    told = json.loads(json.dumps(th.summary(th.temperature_series(spectra, section), section)))
    assert told["coldest"] == "60 s"
    assert told["coldest_delta_T_K"] == pytest.approx(-9.0, abs=1e-5)
    assert told["hottest_delta_T_K"] == pytest.approx(4.0, abs=1e-5)
    assert told["readings"]["slope_per_eV"][1] == pytest.approx(-1.19634, abs=1e-5)
    assert told["readings"]["time_s"] == [0.0, 60.0, 120.0]


def test_the_shipped_example_is_what_its_script_makes_and_reads_the_truth():
    script = runpy.run_path(str(EXAMPLE.with_name("make_example.py")))
    made, shipped = script["example"](), th.read_spectra(EXAMPLE)
    assert shipped.labels == made.labels
    assert shipped.energy == pytest.approx(made.energy, rel=1e-9, abs=0)
    # NumPy may change how it draws, so counts agree within noise
    assert np.all(np.abs(shipped.signal - made.signal) < 7 * np.sqrt(made.signal))
    series = th.temperature_series(shipped, th.ThermometrySettings())
    pull = (series.temperature - script["true_temperature"](series.time))[1:] / series.sigma[1:]
    assert np.max(np.abs(pull)) < 3.0


# --- numbers that are no counts, lines that are none ---


def noisy(temperatures, peak=1e6, seed=1, step=0.5e-3):
    energy = np.arange(2.45, 2.65, step) * e
    times = 60.0 * np.arange(len(temperatures))
    return th.synthetic_spectra(energy, tail, temperatures, times, peak, seed=seed)


def scaled(spectra, factor):
    return th.Spectra(spectra.energy, spectra.signal * factor, spectra.labels, spectra.time)


@pytest.mark.parametrize("factor", [1e-6, 0.02, 30.0])
def test_normalised_spectra_get_the_noise_that_they_show(factor):
    spectra = noisy([300.0, 291.0, 285.0])
    counts = th.temperature_series(spectra, th.ThermometrySettings())
    assert counts.warnings == ()
    series = th.temperature_series(scaled(spectra, factor), th.ThermometrySettings())
    assert series.temperature[1:] == pytest.approx(counts.temperature[1:], abs=0.02)
    assert series.sigma[1:] == pytest.approx(counts.sigma[1:], rel=0.25)
    assert series.settings.counts_per_unit == pytest.approx(1 / factor, rel=0.4)
    assert "the numbers are no counts: largest" in series.warnings[0]
    given = th.ThermometrySettings(counts_per_unit=1 / factor)
    told = th.temperature_series(scaled(spectra, factor), given)
    assert told.warnings == ()
    assert told.sigma[1] == pytest.approx(counts.sigma[1], rel=1e-6)


def test_noise_of_dark_counts_that_were_taken_off_is_found():
    readings, sigmas = [], []
    for seed in range(60):
        spectra = noisy([300.0, 291.0], peak=3e4, seed=seed)
        rng = np.random.default_rng(1000 + seed)
        dark = rng.normal(0.0, 40.0, spectra.signal.shape)
        off = th.Spectra(spectra.energy, spectra.signal + dark, spectra.labels, spectra.time)
        series = th.temperature_series(off, th.ThermometrySettings())
        readings.append(series.temperature[1])
        sigmas.append(series.sigma[1])
    assert series.settings.read_noise == pytest.approx(40.0, rel=0.3)
    assert np.mean(sigmas) == pytest.approx(np.std(readings), rel=0.25)
    assert abs(np.mean(readings) - 291.0) < 4 * np.std(readings) / np.sqrt(60)


def test_a_column_of_dark_counts_is_taken_off_with_its_noise(tmp_path):
    pulls = []
    for seed in range(60):
        spectra = noisy([300.0, 291.0], peak=1e5, seed=seed)
        rng = np.random.default_rng(1000 + seed)
        level = 500.0
        raw = spectra.signal + rng.poisson(level, spectra.signal.shape)
        dark = rng.poisson(level, spectra.energy.size).astype(float)
        whole = th.Spectra(spectra.energy, raw, spectra.labels, spectra.time, dark=dark)
        series = th.temperature_series(whole, th.ThermometrySettings(counts_per_unit=1.0))
        pulls.append((series.temperature[1] - 291.0) / series.sigma[1])
    assert np.std(pulls) == pytest.approx(1.0, abs=0.25)
    assert abs(np.mean(pulls)) < 4 / np.sqrt(60)


def test_a_refused_spectrum_is_no_number_and_leaves_the_others():
    spectra = noisy([300.0, 291.0, 291.0], peak=1e6)
    spectra.signal[2] += 3e4
    series = th.temperature_series(spectra, th.ThermometrySettings())
    assert series.refused.tolist() == [False, False, True]
    told = th.summary(series, series.settings)
    assert told["readings"]["delta_T_K"][2] is None
    assert told["coldest"] == "60 s"
    assert len(told["warnings"]) == 1
    assert "no temperature; look for a dark level (--background LOW HIGH)" in told["warnings"][0]


# --- pictures ------------------------------------------------------------


def test_pictures_have_labels_with_units_and_the_right_points(tmp_path):
    spectra, section = series_of([300.0 - i for i in range(11)], seed=1, reference_label="300 s")
    series = th.temperature_series(spectra, section)
    figures = {
        "photons per sample": plots.plot_spectra(spectra, section),
        'ln(I / I of "300 s"), shifted': plots.plot_ratios(spectra, series, section),
        "T − 300 K (K)": plots.plot_series(series),
    }
    for name, figure in figures.items():
        axes = figure.axes[0]
        assert axes.get_ylabel() == name
        assert "(" in axes.get_xlabel()
        figure.savefig(tmp_path / "a.png", dpi=40)
        assert (tmp_path / "a.png").stat().st_size > 2000
    drawn = figures["T − 300 K (K)"].axes[0].containers[0].lines[0].get_xydata()
    assert drawn[:, 0] == pytest.approx([0, 1, 2, 3, 4, 6, 7, 8, 9, 10])
    assert drawn[:, 1] == pytest.approx(np.delete(series.delta_T, 5))


def test_a_series_without_times_is_drawn_by_name():
    spectra, section = series_of([300.0, 295.0])
    nameless = th.Spectra(spectra.energy, spectra.signal, ("cold", "warm"), None)
    axes = plots.plot_series(th.temperature_series(nameless, section)).axes[0]
    assert axes.get_xlabel() == "spectrum"
    assert [t.get_text() for t in axes.get_xticklabels()] == ["cold", "warm"]


def test_long_series_draw_eight_columns_with_the_reference():
    columns = plots.shown_columns(100, always=37)
    assert len(columns) <= 8
    assert {0, 37, 99} <= set(columns.tolist())
