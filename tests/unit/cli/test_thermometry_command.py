"""``thermosim thermometry``: readings, JSON, folder, faults."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e, k

from thermosim.cli import main

SPECTRA = str(Path(__file__).parents[3] / "cases" / "spectra" / "cooling_series.csv")


def printed(capsys, *arguments, status=0):
    assert main(["thermometry", *arguments]) == status
    return capsys.readouterr()


def test_readings_as_json(capsys):
    numbers = json.loads(printed(capsys, SPECTRA, "--bin", "2 meV", "--json").out)
    assert numbers["coldest"] == "600 s"
    # made with 300 K - 9 K (1 - exp(-600/150)) = -8.84 K
    error = abs(numbers["coldest_delta_T_K"] + 8.835)
    assert error < 3 * numbers["coldest_sigma_K"]
    assert numbers["readings"]["time_s"] == [0.0, 60.0, 120.0, 240.0, 360.0, 480.0, 600.0]
    assert numbers["E_min_eV"] == pytest.approx(2.5)


def test_readings_as_a_table(capsys):
    captured = printed(capsys, SPECTRA, "--bin", "2 meV")
    assert "-9.06" in captured.out
    assert "reference" in captured.out


def test_window_matters(capsys):
    low = printed(capsys, SPECTRA, "--window", "2.45 eV", "2.55 eV", "--json").out
    high = printed(capsys, SPECTRA, "--json").out
    assert json.loads(low)["E_max_eV"] == pytest.approx(2.55)
    assert json.loads(low)["coldest_sigma_K"] < json.loads(high)["coldest_sigma_K"]


def test_reference_by_name(capsys):
    options = ["--reference", "600 s", "--reference-temperature", "291 K", "--json"]
    numbers = json.loads(printed(capsys, SPECTRA, *options).out)
    assert numbers["reference_temperature_K"] == 291.0
    assert numbers["hottest"] == "0 s"
    assert numbers["hottest_delta_T_K"] == pytest.approx(9.0, abs=1.0)


def spectra_of(scale=1.0, level=0.0, seed=4):
    """Two spectra of a tail, 300 and 291 K, with photon noise."""
    rng = np.random.default_rng(seed)
    energy = np.arange(2.45, 2.65, 1e-3)
    kT = np.array([[300.0], [291.0]]) * k / e
    return energy, rng.poisson(1e5 * np.exp(-(energy - 2.5) / kT) + level) * scale


def test_normalised_spectra_warn_and_read(capsys, tmp_path):
    energy, signal = spectra_of(scale=1e-6)
    lines = [f"{E:.4f};{a:.8g};{b:.8g}" for E, a, b in zip(energy, *signal, strict=True)]
    (tmp_path / "pl.csv").write_text("\n".join(["E / eV;0 s;600 s", *lines]).replace(".", ","))
    captured = printed(capsys, str(tmp_path / "pl.csv"), "--json")
    numbers = json.loads(captured.out)
    assert numbers["coldest_delta_T_K"] == pytest.approx(-9.0, abs=3 * numbers["coldest_sigma_K"])
    assert numbers["coldest_sigma_K"] == pytest.approx(0.31, rel=0.3)
    assert "the numbers are no counts: largest" in captured.err
    assert "counts_per_unit" in numbers["warnings"][0]
    assert "semicolons between columns, decimal commas" in numbers["reading"]
    scatter = printed(capsys, str(tmp_path / "pl.csv"), "--weights", "uniform")
    assert "from the scatter about the line" in scatter.err


def test_a_dark_level_is_told_and_refused(capsys, tmp_path):
    energy, signal = spectra_of(level=3e4)
    files = []
    for name, row in zip(("pl_0s", "pl_600s"), signal, strict=True):
        lines = [f"{1239.841984 / E:.4f}\t{v}" for E, v in zip(energy, row, strict=True)]
        files.append(tmp_path / f"{name}.asc")
        files[-1].write_text("\n".join(lines))
    paths = [str(file) for file in files]
    refused = printed(capsys, *paths, status=2)
    assert "flatten as on 3" in refused.err
    assert "no temperature; look for a dark level (--background LOW HIGH)" in refused.err
    wide = json.loads(printed(capsys, *paths, "--misfit", "inflate", "--json").out)
    error = abs(wide["coldest_delta_T_K"] + 9.0)
    assert error > 3.0
    assert error < 1.5 * wide["coldest_sigma_K"]
    assert wide["readings"]["time_s"] == [0.0, 600.0]


def test_a_file_that_asks_is_answered_by_an_option(capsys, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{E:.3f} {i + 9}\n" for i, E in enumerate(np.arange(0.9, 1.2, 0.01))))
    assert "say which: --axis um or --axis eV" in printed(capsys, str(path), status=2).err
    window = ["--window", "0.95 eV", "1.05 eV", "--bin", "10 meV"]
    assert "energy in eV" in printed(capsys, str(path), "--axis", "eV", *window).err


def test_folder(capsys, tmp_path):
    printed(capsys, SPECTRA, "-o", str(tmp_path / "out"))
    names = sorted(p.name for p in (tmp_path / "out").iterdir() if p.name[0] != ".")
    assert names == ["ratios.png", "readings.csv", "spectra.png", "temperature.png",
                     "thermometry.json"]  # fmt: skip
    assert len((tmp_path / "out" / "readings.csv").read_text().splitlines()) == 8
    again = printed(capsys, SPECTRA, "-o", str(tmp_path / "out"), status=2)
    assert "add --overwrite" in again.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--window", "2.6 eV", "2.5 eV"], "--window: E_max = 2.5 eV must be above"),
        (["--window", "2.5", "2.6 eV"], '--window (first) = "2.5": has no unit'),
        (["--window", "2.5 eV", "2.6 um"], '--window (second) = "2.6 um": has the wrong dimension'),
        (["--window", "5 eV", "6 eV"], "the spectra reach from"),
        (["--weights", "poison"], "did you mean poisson?"),
        (["--reference", "700 s"], "is no column of the file"),
        (["--bin", "0 meV"], "--bin"),
        (["--bin", "90 meV"], "a line needs 3"),
        (["--reference-temperature", "-5 K"], "--reference-temperature"),
        (["--counts-per-unit", "-1"], "--counts-per-unit"),
        (["--background", "2.51 eV", "2.52 eV"], "must not overlap the window"),
    ],
)
def test_broken_options(capsys, options, words):
    captured = printed(capsys, SPECTRA, *options, status=2)
    assert words in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00\x01", b"a,b\n1,2\n", b"energy (eV),x\n2.5,1\n2.4,nan\n"]
)
def test_broken_spectra(capsys, content, tmp_path):
    path = tmp_path / "spectra.csv"
    path.write_bytes(content)
    captured = printed(capsys, str(path), status=2)
    assert captured.err.startswith(f"thermosim: {path}: ")


def test_missing_spectra(capsys, tmp_path):
    assert "cannot be read" in printed(capsys, str(tmp_path / "none.csv"), status=2).err
    assert "cannot be read" in printed(capsys, str(tmp_path), status=2).err
