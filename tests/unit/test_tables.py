"""The reader of spectra, traces and tables: dialects, headings, faults, questions."""

from pathlib import Path

import numpy as np
import pytest
from scipy.constants import c, e, h

from thermosim.errors import CaseError
from thermosim.language.tables import Reading, axis_of, read_decays, read_table, seconds_of
from thermosim.language.tables.dialects import DIALECTS
from thermosim.language.tables.words import understood, written_into
from thermosim.thermometry import read_spectra

DOCS = Path(__file__).parents[2] / "docs" / "thermometry.md"
NM = np.array([490.0, 490.5, 491.0, 491.5])
COUNTS = np.array([[5.0, 7.0, 6.0, 8.0], [50.0, 70.0, 60.0, 80.0]])


def table(header="wavelength (nm),0 s,600 s", separator=",", decimal=".", end=""):
    rows = [header] if header else []
    for x, a, b in zip(NM, *COUNTS, strict=True):
        rows.append(separator.join(f"{v:.3f}".replace(".", decimal) for v in (x, a, b)) + end)
    return "\n".join(rows) + "\n"


PREAMBLE = "Data from node 1\nUser: lab\nIntegration Time (usec): 100000\n"
WAYS = {
    "commas": table(),
    "slash": table("Wavelength / nm,0 s,600 s"),
    "semicolons": table("Wavelength [nm];0 s;600 s", ";", ","),
    "tabs at the end": table("wavelength (nm)\t0 s\t600 s", "\t", end="\t"),
    "spaces": table("wavelength (nm)   0 s   600 s", "   "),
    "two lines": "a 1\nAverage: 3\n" + table("Wave   ;0 s  ;600 s\n[nm]   ;[counts];[counts]", ";"),
    "origin": table("Wavelength\tIntensity\tIntensity\nnm\ta.u.\ta.u.\n\t0 s\t600 s", "\t"),
    "a comment names": table("# Wavelength (nm)\t0 s\t600 s", "\t"),
    "a comment before": "# slit 50 µm\n" + table(),
    "preamble": PREAMBLE + table(),
    "text after": table() + "\nDate and Time:\tFri\nGain: 3\n",
    "german": table("Wellenlänge in nm;0 s;600 s", ";", ","),
    "quotes": table('"wavelength (nm)","0 s","600 s"'),
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_one_table_written_in_many_ways(tmp_path, text, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    spectra = read_spectra(path)
    assert spectra.energy == pytest.approx(h * c / (NM[::-1] * 1e-9), rel=1e-12, abs=0)
    assert spectra.signal.tolist() == COUNTS[:, ::-1].tolist()
    assert spectra.time is not None
    assert spectra.time.tolist() == [0.0, 600.0]


def test_japanese_text_of_an_older_code_page(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(table("波長 (nm),0 s,600 s").encode("cp932"))
    assert read_spectra(path).signal.shape == (2, 4)
    assert "Shift JIS text" in read_spectra(path).notes


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
def test_each_dialect_is_known_by_its_example(tmp_path, dialect):
    path = tmp_path / "a.asc"
    path.write_text(dialect.example, encoding="utf-8")
    decay = dialect.name in ("PicoQuant", "Becker & Hickl")
    found = read_decays(path) if decay else read_spectra(path)
    assert f"written by {dialect.name}" in found.notes
    if decay:
        step = {"PicoQuant": 4e-12, "Becker & Hickl": 5e-8 / 4 / 1024}[dialect.name]
        assert found.time == pytest.approx(step * np.arange(found.time.size), rel=1e-9, abs=1e-20)
        assert found.counts[0, :3].tolist() == [0, 900, 500]
    else:
        assert found.energy[-1] == pytest.approx(h * c / 490.1e-9, rel=1e-12, abs=0)
        assert found.signal[0, -1] == (110.0 if dialect.name == "Avantes" else 10.0)


def test_dark_counts_and_times_that_the_instrument_tells(tmp_path):
    examples = {dialect.name: dialect.example for dialect in DIALECTS}
    (tmp_path / "a.ttt").write_text(examples["Avantes"])
    (tmp_path / "b.asc").write_text(examples["Andor Solis"])
    dark = read_spectra(tmp_path / "a.ttt")
    assert dark.labels == ("Sample",)
    assert dark.dark.tolist() == [99.0, 101.0, 100.0]
    kinetic = read_spectra(tmp_path / "b.asc")
    assert kinetic.labels == ("0 s", "60 s")
    assert kinetic.time.tolist() == [0.0, 60.0]


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("Photon energy, eV", "energy", "eV"), ("hν (eV)", "energy", "eV"),
        ("E_eV", "energy", "eV"),
        ("λ(µm)", "wavelength", "um"), ("wavelength_um", "wavelength", "um"),
        ("Wavelength (Å)", "wavelength", "angstrom"), ("nm", "wavelength", "nm"),
        ("Wavenumber (cm⁻¹)", "wavenumber", "1/cm"), ("Energy (cm-1)", "wavenumber", "1/cm"),
        ("Time[ns]", "time", "ns"), ("t / ps", "time", "ps"), ("X [nm]", "wavelength", "nm"),
        ("Wavelength", "wavelength", ""), ("energy_mev", "energy", "meV"),
    ],
)  # fmt: skip
def test_names_of_axes(name, kind, unit):
    axis = axis_of(name)
    assert (axis.kind, axis.unit) == (kind, unit)


@pytest.mark.parametrize(
    "name", ["PL", "absorption", "counts", "0 s", "Raman shift (cm-1)", "Item"]
)
def test_names_that_are_no_axis(name):
    assert axis_of(name) is None


@pytest.mark.parametrize(
    ("label", "seconds"),
    [("10 min", 600.0), ("t = 60s", 60.0), ("0,5 sec", 0.5), ("2 (h)", 7200.0), ("10", None),
     ("sample 1", None), ("300 K", None)],
)  # fmt: skip
def test_times_in_headings(label, seconds):
    assert seconds_of(label) == seconds


@pytest.mark.parametrize(
    ("unit", "values"),
    [("nm", NM), ("eV", 1239.8 / NM), ("1/cm", 1e7 / NM), ("um", NM / 1e3), ("angstrom", NM * 10)],
)
def test_without_a_heading_the_axis_is_guessed_and_told_or_asked_for(tmp_path, unit, values):
    path = tmp_path / "a.asc"
    path.write_text("".join(f"{x:.6f}\t{i}\n" for i, x in enumerate(values)))
    spectra = read_spectra(path)
    assert spectra.energy[[0, -1]] == pytest.approx(h * c / (NM[[-1, 0]] * 1e-9), rel=1e-4, abs=0)
    told = [note for note in spectra.notes if "taken as" in note]
    assert len(told) == 1
    assert f"in {unit}" in told[0]


def test_an_axis_with_two_readings_is_asked_for(tmp_path):
    path = tmp_path / "a.asc"
    path.write_text("0.9\t1\n1.0\t2\n1.1\t3\n")
    with pytest.raises(CaseError, match="could be um or eV; say which: --axis um or --axis eV"):
        read_spectra(path)
    assert read_spectra(path, Reading(axis="eV")).energy[0] == pytest.approx(0.9 * e, abs=0)
    path.write_text("5\t1\n6000\t2\n61000\t3\n")
    with pytest.raises(CaseError, match="nothing tells what it is; say which: --axis nm"):
        read_spectra(path)


def test_commas_that_mark_decimals_or_thousands_are_asked_for(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("E (eV)\ta\n2\t1,234\n3\t2,345\n4\t3,456\n")
    with pytest.raises(CaseError, match='"1,234": the comma may mark decimals or thousands'):
        read_spectra(path)
    assert read_spectra(path, Reading(decimal=",")).signal[0, 0] == 1.234
    assert read_spectra(path, Reading(decimal="'")).signal[0, 0] == 1234.0
    path.write_text("E (eV)\ta\n2\t1,234.5\n3\t12,345.0\n4\t3.0\n")
    assert read_spectra(path).signal[0].tolist() == [1234.5, 12345.0, 3.0]


def test_decimal_commas_between_commas_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("E (eV),a\n2,4,1,0\n2,5,2,0\n2,6,3,0\n")
    with pytest.raises(CaseError, match="2 names stand above 4 numbers a row; decimal commas"):
        read_spectra(path)


def test_two_tables_in_a_file_are_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("E (eV),a\n2,1\n3,2\n4,3\nE (eV),b\n2,7\n3,8\n4,9\n")
    with pytest.raises(CaseError, match="2 tables, in lines 2 to 4, 6 to 8; say which: --block"):
        read_spectra(path)
    second = read_spectra(path, Reading(block=2))
    assert (second.labels, second.signal.tolist()) == (("b",), [[7.0, 8.0, 9.0]])


def test_one_cause_is_one_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("E (eV),a,b\n" + "".join(f"2.{i:03d},x,1\n" for i in range(400)))
    with pytest.raises(CaseError) as error:
        read_spectra(path)
    assert len(error.value.problems) == 1
    assert 'line 2, column 2 (and 399 more lines) = "x": must be a number' in str(error.value)


def test_columns_are_chosen_by_name_number_or_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("pixel,nm,PL,PL error,absorption\n1,490,1,9,7\n2,491,2,9,8\n3,492,3,9,9\n")
    read = read_table(path)
    assert read.labels == ("PL", "absorption")
    spectra = read_spectra(path)
    assert spectra.column("", ("abs", "absorption")) == 1
    assert spectra.column("Absorption") == 1
    assert spectra.column("3") == 1
    with pytest.raises(CaseError, match="any of PL, absorption could be meant; say which: column"):
        spectra.column("")
    with pytest.raises(CaseError, match="is no column of the file; columns are PL, absorption"):
        spectra.column("x")
    assert read_spectra(path, Reading(column="PL")).signal.tolist() == [[3.0, 2.0, 1.0]]


def test_a_second_axis_is_left_out_or_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("nm\teV\tcounts\n490\t2.53\t1\n491\t2.525\t2\n492\t2.52\t3\n")
    assert read_spectra(path).signal.tolist() == [[3.0, 2.0, 1.0]]
    head = "Wavelength (nm)\ta\tWavelength (nm)\tb\n"
    path.write_text(head + "490\t1\t490\t4\n491\t2\t491\t5\n492\t3\t492\t6\n")
    assert read_spectra(path).labels == ("a", "b")
    path.write_text(head + "490\t1\t495\t4\n491\t2\t496\t5\n492\t3\t497\t6\n")
    with pytest.raises(CaseError, match="columns 1 and 3 are two axes with other values"):
        read_spectra(path)


@pytest.mark.parametrize(
    ("start", "words"),
    [(b"PK\x03\x04", "spreadsheet"), (b"Andor Technology Multi", "Andor .sif"),
     (b"PQTTTR\0", "PicoQuant .ptu"),
     (b"\x01\x00\x02\x00\x07\x00\x05\x00\x00\x00\x00\x01", "no t")],
)  # fmt: skip
def test_files_that_are_no_text_say_what_to_export(tmp_path, start, words):
    (tmp_path / "a.bin").write_bytes(start)
    with pytest.raises(CaseError, match=words) as error:
        read_spectra(tmp_path / "a.bin")
    assert "export" in str(error.value) or "no table" in str(error.value)


def test_a_silent_pipe_is_not_waited_for(tmp_path, monkeypatch):
    import os

    from thermosim.language import files

    monkeypatch.setattr(files, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CaseError, match="is a pipe into which nobody has written"):
        read_spectra(tmp_path / "pipe")


def test_several_files_give_one_series_in_order_of_time(tmp_path):
    for name, k in (("pl_10min.txt", 3), ("pl_0s.txt", 1), ("pl_60 s.txt", 2)):
        rows = "".join(f"{x}\t{k * (i + 1)}\n" for i, x in enumerate(NM))
        (tmp_path / name).write_text("Wavelength (nm)\tcounts\n" + rows)
    paths = sorted(tmp_path.iterdir())
    spectra = read_spectra(paths)
    assert spectra.labels == ("0 s", "60 s", "600 s")
    assert spectra.signal[:, -1].tolist() == [1.0, 2.0, 3.0]
    (tmp_path / "pl_0s.txt").write_text("Wavelength (nm)\tcounts\n480\t1\n481\t2\n482\t3\n")
    with pytest.raises(CaseError, match="has another axis than"):
        read_spectra(paths)


def test_decays_with_time_response_and_counts_alone(tmp_path):
    path = tmp_path / "a.dat"
    path.write_text("Time [ns]\tDecay [Cnts]\tIRF [Cnts]\n0\t0\t9\n0.5\t80\t3\n1\t40\t0\n")
    decays = read_decays(path)
    assert decays.time == pytest.approx([0.0, 0.5e-9, 1e-9], abs=1e-20)
    assert decays.counts.tolist() == [[0.0, 80.0, 40.0]]
    assert decays.response.tolist() == [9.0, 3.0, 0.0]
    path.write_text("0\n80\n40\n20\n")
    with pytest.raises(CaseError, match=r"these are counts alone: give .* --channel"):
        read_decays(path)
    assert read_decays(path, channel="4 ps").time[-1] == pytest.approx(12e-12, abs=1e-22)
    with pytest.raises(CaseError, match="channel"):
        read_decays(path, channel="4 nm")
    path.write_text("Time [ns]\tc\n0\t0\n2\t80\n1\t40\n")
    with pytest.raises(CaseError, match="line 4: times must rise"):
        read_decays(path)


def test_the_table_of_the_documentation_is_that_of_the_code():
    text = DOCS.read_text(encoding="utf-8")
    assert written_into(text) == text
    for dialect in DIALECTS:
        assert dialect.name in understood()
