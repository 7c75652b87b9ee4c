"""The table of the reproduction: what agrees, what does not and why, and the page that says so."""

import csv
import io

import numpy as np
import pytest

from thermosim.reproduce import yamada2024
from thermosim.reproduce.figures import draw_steady
from thermosim.reproduce.rows import Row, counts, half_of_last_digit, plain_number, to_csv
from thermosim.reproduce.yamada_experiment import (
    Experiment,
    crossover,
    read_measured,
    settling_time,
)

# Known disagreements: each is an inconsistency of the paper, or stated in the comment of its row.
DISAGREE = {
    "x* at ⟨E_PL⟩ = 2.3871 eV",
    "x* at ⟨E_PL⟩ = 2.38 eV",
    "g_max at ⟨E_PL⟩ = 2.38 eV",
    "g_max at ⟨E_PL⟩ = 2.3896 eV",
    "η_X needed to cool at 2.33 eV",
    "conductance of the JKR contact on mica",
    "ΔT with that contact, black body",
    "emissivity at R = 50 µm",
    "η_ext of a rough grain, R = 50 µm",
}


@pytest.fixture(scope="module")
def rows():
    return yamada2024.table()


def test_every_number_agrees_but_the_known_ones(rows):
    assert {row.quantity for row in rows if row.agrees is False} == DISAGREE
    assert sum(row.agrees is True for row in rows) >= 45
    assert all(row.comment for row in rows if row.agrees is False)


def test_deviations_stay_small_where_nothing_is_inconsistent(rows):
    exempt = {q for q in DISAGREE if "x*" in q or "g_max" in q}
    for row in rows:
        if row.deviation is not None and row.quantity not in exempt:
            assert abs(row.deviation) < 0.11, row


def test_printed_numbers_round():
    assert Row("s", "q", "1", "0.014", 0.01449).agrees
    assert not Row("s", "q", "1", "0.014", 0.01341).agrees
    assert Row("s", "q", "1", "-1.196", -1.1964).agrees
    assert Row("s", "q", "1", "8.32e16", 8.323e16).agrees
    assert not Row("s", "q", "1", "8.32e16", 8.34e16).agrees
    assert Row("s", "q", "1", "about 1", 1.0).agrees is None
    assert Row("s", "q", "1", None, 1.0).deviation is None
    assert plain_number("−9") == -9.0
    assert half_of_last_digit("8.32e16") == pytest.approx(0.005e16)


def test_csv_holds_every_row(rows):
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert len(read) == len(rows)
    assert float(read[0]["computed"]) == rows[0].computed


def test_page_is_complete(rows, tmp_path):
    pictures = [(tmp_path / "a.png", "a caption")]
    pictures[0][0].write_bytes(b"png")
    text = yamada2024.page(rows, pictures)
    assert all(row.quantity in text for row in rows)
    assert "a caption" in text
    assert "data:image/png;base64," in text


def test_the_paper_and_our_expectation_are_counted_apart(rows):
    found = counts(rows)
    assert found["paper"] == {"compared": 10, "agree": 3, "agree_by_choice": 2}
    assert found["expected"]["compared"] > 40
    assert found["expected"]["agree_by_choice"] == 0
    chosen = {row.chosen for row in rows if row.agrees and row.chosen}
    assert chosen == {"⟨E_PL⟩"}
    assert not any("read off" in row.comment for row in rows)


def test_measured_points_are_read_and_drawn(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("intensity_kW_per_cm2,delta_T_K\n2.7,-4\n5.4,-9\n")
    points = read_measured(file)
    assert points.intensity == pytest.approx([2.7e7, 5.4e7])
    figure = draw_steady([experiment([-1.0, -2.0, 2.0])], points)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["measured"]
    for text in ("a,b\n1,2\n", "intensity_kW_per_cm2,delta_T_K\n1,x\n"):
        file.write_text(text)
        with pytest.raises(ValueError, match="intensity_kW_per_cm2, delta_T_K"):
            read_measured(file)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="found the columns a, b"):
        read_measured(file)


def experiment(steady):
    intensity = np.geomspace(1e7, 1e8, len(steady))
    return Experiment("name", intensity, np.asarray(steady, dtype=float))


def test_crossover_is_between_the_states_around_it():
    found = experiment([-1.0, -2.0, 2.0, 5.0])
    assert crossover(found) == pytest.approx(np.sqrt(found.intensity[1] * found.intensity[2]))
    assert crossover(experiment([-1.0, -2.0])) == np.inf


def test_settling_time_of_an_exponential():
    time = np.linspace(0.01, 10.0, 4000)
    course = -9.0 * (1 - np.exp(-time / 0.5))
    assert settling_time(time, course) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(
    ("printed", "computed", "digits", "shown"),
    [
        ("0.46", 0.4641, 2, "0.464"), ("1.0920", 1.09196, 4, "1.09196"), ("83", 83.21, 3, "83.2"),
        ("0.147", 0.14629, 2, "0.1463"), ("8.32e16", 8.3202e16, 3, "8.320e16"),
        ("a few", 2.0, 2, "2.0"), (None, 36.25, 4, "36.25"), ("129", 128.96, 3, "129.0"),
    ],
)  # fmt: skip
def test_a_digit_more_than_printed_is_shown(printed, computed, digits, shown):
    assert Row("s", "q", "1", printed, computed, digits).shown == shown
