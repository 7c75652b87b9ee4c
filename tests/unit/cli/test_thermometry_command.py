"""``thermosim thermometry``: readings, JSON, folder, faults."""

import json
from pathlib import Path

import pytest

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
