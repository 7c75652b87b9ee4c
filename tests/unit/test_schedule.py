"""Schedules, the section [transient], series files, checkpoint files, lock-in: no DOLFINx."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from thermosim.errors import CaseError, StorageError
from thermosim.fem.statemap import NodalValues
from thermosim.results.checkpoint import (
    latest_checkpoint,
    read_checkpoint,
    rotate_and_write,
    write_checkpoint,
)
from thermosim.results.series import SeriesWriter, load_series
from thermosim.schedule.lockin import fit_relaxation, fourier_coefficient, lock_in, rise_time
from thermosim.schedule.schedule import Schedule, largest_factor, walk
from thermosim.schedule.settings import TransientSettings

SCHEDULE = TypeAdapter(Schedule)


def pieces(reference=None, directory=None, **tree):
    context = {"case_file": True, "directory": directory}
    return SCHEDULE.validate_python(tree, context=context).pieces(reference)


def shape(found, duration):
    return [(p.start, p.stop, p.first, p.last) for p in walk(found, duration)]


def test_constant():
    assert shape(pieces(kind="constant", factor=0.5), 3.0) == [(0.0, 3.0, 0.5, 0.5)]


def test_steps_of_intensity_refer_to_the_laser():
    found = pieces(3e7, kind="steps", every="15 min", intensities=["2.7 kW/cm^2", "27 kW/cm^2"])
    assert shape(found, 3600.0) == [(0.0, 900.0, 0.9, 0.9), (900.0, 3600.0, 9.0, 9.0)]
    assert largest_factor(found, 3600.0) == 9.0
    assert largest_factor(found, 800.0) == 0.9


def test_intensities_without_a_laser_are_refused():
    with pytest.raises(ValueError, match="no laser"):
        pieces(None, kind="steps", every="1 s", intensities=["1 W/m^2"])


def test_chopped_switches_where_phase_and_duty_say():
    found = pieces(kind="chopped", period="4 s", duty=0.25, phase=0.5, on=2.0, off=1.0)
    assert shape(found, 7.0) == [
        (0.0, 2.0, 1.0, 1.0), (2.0, 3.0, 2.0, 2.0), (3.0, 6.0, 1.0, 1.0), (6.0, 7.0, 2.0, 2.0),
    ]  # fmt: skip


@given(
    duty=st.floats(0.05, 0.95), phase=st.floats(0.0, 0.99), on=st.floats(0.1, 3.0),
    harmonic=st.integers(1, 4),
)  # fmt: skip
def test_fundamental_of_the_chopped_light(duty, phase, on, harmonic):
    chopped = SCHEDULE.validate_python(
        {"kind": "chopped", "period": 2.0, "duty": duty, "phase": phase, "on": on}
    )
    w = 2j * np.pi * harmonic / 2.0
    exact = sum(
        p.first * (np.exp(-w * p.stop) - np.exp(-w * p.start)) / (-w) / 2.0
        for p in walk(chopped.pieces(None), 2.0)
    )
    assert chopped.fundamental(harmonic) == pytest.approx(exact, abs=1e-12)


def test_pulses():
    found = pieces(kind="pulses", width="1 s", delay="2 s", period="5 s", count=2, background=0.1)
    assert shape(found, 20.0) == [
        (0.0, 2.0, 0.1, 0.1), (2.0, 3.0, 1.0, 1.0), (3.0, 7.0, 0.1, 0.1), (7.0, 8.0, 1.0, 1.0),
        (8.0, 20.0, 0.1, 0.1),
    ]  # fmt: skip


def test_ramp_is_linear_and_cut_at_the_end():
    found = pieces(kind="ramp", duration="10 s", delay="1 s", last=2.0)
    assert shape(found, 6.0) == [(0.0, 1.0, 0.0, 0.0), (1.0, 6.0, 0.0, 1.0)]
    later = [found(i).factor(t) for i, t in ((1, 1.0), (1, 6.0), (2, 11.0), (2, 50.0))]
    np.testing.assert_allclose(later, [0, 1, 2, 2], atol=1e-15)


def test_table_from_a_file(tmp_path):
    (tmp_path / "light.csv").write_text("time_s,factor\n0,1\n2,3\n4,0\n")
    found = pieces(None, tmp_path, kind="table", file="light.csv")
    assert shape(found, 5.0) == [(0, 2, 1, 3), (2, 4, 3, 0), (4, 5, 0, 0)]
    held = pieces(None, tmp_path, kind="table", file="light.csv", between="steps")
    assert shape(held, 5.0) == [(0, 2, 1, 1), (2, 4, 3, 3), (4, 5, 0, 0)]
    (tmp_path / "power.csv").write_text("intensity_W_m2,time_s\n5,0\n10,1\n")
    assert shape(pieces(10.0, tmp_path, kind="table", file="power.csv"), 1.0) == [(0, 1, 0.5, 1.0)]


def test_table_is_whole_once_it_was_read(tmp_path):
    (tmp_path / "light.csv").write_text("time_s,factor\n0,1\n2,3\n")
    read = SCHEDULE.validate_python(
        {"kind": "table", "file": "light.csv"}, context={"directory": tmp_path}
    )
    tree = read.model_dump(mode="json", exclude_none=True, context={"units": True})
    assert SCHEDULE.validate_python(tree, context={"case_file": True}) == read


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"kind": "steps", "every": "1 s"}, "either factors or intensities"),
        ({"kind": "steps", "every": "1 s", "times": ["0 s"], "factors": [1.0]}, "every or times"),
        ({"kind": "steps", "times": ["1 s"], "factors": [1.0]}, "first time must be 0 s"),
        ({"kind": "steps", "times": ["0 s", "0 s"], "factors": [1.0, 2.0]}, "times must rise"),
        ({"kind": "steps", "times": ["0 s"], "factors": [1.0, 2.0]}, "1 times but 2 values"),
        ({"kind": "chopped"}, "period or frequency"),
        ({"kind": "chopped", "period": "1 s", "off": 1.0}, "nothing is chopped"),
        ({"kind": "pulses", "width": "1 s", "count": 2}, "need a period"),
        ({"kind": "pulses", "width": "2 s", "period": "1 s"}, "must be below period"),
        ({"kind": "table", "file": "none.csv"}, "cannot be read"),
        ({"kind": "table", "factors": [1.0]}, "0 times but 1 values"),
        ({"kind": "constant", "factor": -1.0}, "greater than or equal to 0"),
    ],
)
def test_faults_are_named(tree, message, tmp_path):
    with pytest.raises(ValidationError, match=message):
        pieces(None, tmp_path, **tree)


def test_table_with_a_bad_row_names_it(tmp_path):
    (tmp_path / "t.csv").write_text("time_s,factor\n0,1\n1,x\n")
    with pytest.raises(ValidationError, match=r"row 3.*1,x"):
        pieces(None, tmp_path, kind="table", file="t.csv")


@given(st.lists(st.floats(0.01, 10.0), min_size=1, max_size=8), st.floats(0.01, 50.0))
def test_pieces_follow_each_other_without_gap(lengths, duration):
    times = np.concatenate([[0.0], np.cumsum(lengths)])
    schedule = {"kind": "steps", "times": list(times), "factors": list(range(len(times)))}
    found = list(walk(SCHEDULE.validate_python(schedule).pieces(None), duration))
    assert found[0].start == 0.0
    assert found[-1].stop == duration
    for before, after in itertools.pairwise(found):
        assert before.stop == after.start


# the section


def test_outputs_are_merged_and_end_at_the_duration():
    settings = TransientSettings(
        duration=10.0, output_every=3.0, output_times=(3.0, 4.5), outputs_per_decade=1,
        first_output=0.1,
    )  # fmt: skip
    np.testing.assert_allclose(settings.outputs(), [0.1, 1.0, 3.0, 4.5, 6.0, 9.0, 10.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"integrator": "backward_euler"}, "give a step"),
        ({"step": 1.0, "max_step": 1.0}, "step is fixed"),
        ({"output_times": (11.0,)}, "beyond duration"),
        ({"field_times": (11.0,)}, "beyond duration"),
        ({"lock_in": {}}, "needs either schedule.kind"),
        ({"first_output": 1.0}, "needs outputs_per_decade"),
        ({"output_every": 1e-9}, "more than"),
        ({"probes": {"a b": {"region": "particle"}}}, "pattern"),
        ({"probes": {"a": {}}}, "give a point"),
        ({"initial": {"kind": "steady"}}, "either factor or intensity"),
        (
            {"lock_in": {"periods": 3}, "schedule": {"kind": "chopped", "period": 4.0}},
            "fewer than 3 periods",
        ),
        (
            {"lock_in": {}, "series": "outputs", "schedule": {"kind": "chopped", "period": 4.0}},
            'series = "steps"',
        ),
    ],
)
def test_section_faults(change, message):
    with pytest.raises(ValidationError, match=message):
        TransientSettings(duration=10.0, **change)


# series


def test_series_gives_back_the_same_floats(tmp_path):
    path = tmp_path / "series.csv"
    writer = SeriesWriter.create(path, ["time_s", "a"])
    rows = [(0.0, 1 / 3), (1e-9, -5e-324), (2.0, 1.7976931348623157e308)]
    for t, a in rows:
        writer.append({"time_s": t, "a": a})
    writer.close()
    read = load_series(tmp_path)
    assert list(zip(read.time, read["a"], strict=True)) == rows
    with pytest.raises(CaseError, match="no column b; it has time_s, a"):
        read["b"]


def test_series_continues_at_its_mark(tmp_path):
    path = tmp_path / "series.csv"
    writer = SeriesWriter.create(path, ["time_s"])
    writer.append({"time_s": 1.0})
    mark = writer.mark()
    writer.append({"time_s": 2.0})
    writer.close()
    with path.open("a") as stream:
        stream.write("3.")  # cut short by a kill
    assert load_series(path).time.tolist() == [1.0, 2.0]
    writer = SeriesWriter.resume(path, ["time_s"], mark)
    writer.append({"time_s": 4.0})
    writer.close()
    assert load_series(path).time.tolist() == [1.0, 4.0]
    path.write_text(path.read_text().replace("1.0", "1.5"))
    with pytest.raises(StorageError, match="was changed or cut"):
        SeriesWriter.resume(path, ["time_s"], mark)
    path.write_text("time_s\n")
    with pytest.raises(StorageError, match="was changed or cut"):
        SeriesWriter.resume(path, ["time_s"], mark)


def test_series_with_a_bad_row_is_refused(tmp_path):
    (tmp_path / "series.csv").write_text("time_s,a\n1,2\n1,x\n")
    with pytest.raises(CaseError, match="row 3"):
        load_series(tmp_path)
    (tmp_path / "series.csv").write_text("time_s,a\n1\n")
    with pytest.raises(CaseError, match="1 entries, not 2"):
        load_series(tmp_path)
    with pytest.raises(CaseError, match="no transient"):
        load_series(tmp_path / "none")


def test_full_disk_is_told(tmp_path):
    (tmp_path / "series.csv").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"No space left.*--resume"):
        SeriesWriter.create(tmp_path / "series.csv", ["time_s"])


# checkpoint files


def state(value):
    return {"theta": NodalValues(np.arange(5), np.full(5, value))}


def test_checkpoint_gives_back_what_was_written(tmp_path):
    values = np.array([1 / 3, -0.0, 5e-324, np.pi, 1e300])
    field = {"theta": NodalValues(np.array([7, 1, 3, 2, 0]), values)}
    write_checkpoint(tmp_path / "c", {"time": 0.1}, field)
    read = read_checkpoint(tmp_path / "c")
    assert read.header == {"time": 0.1}
    assert read.fields["theta"].values.tobytes() == values.tobytes()
    assert read.fields["theta"].keys.tolist() == [7, 1, 3, 2, 0]


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "header"])
def test_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    for number in (1, 2, 3):
        rotate_and_write(tmp_path, {"number": number}, state(number))
    told = []
    assert latest_checkpoint(tmp_path, told.append).header["number"] == 3
    assert told == []
    path = tmp_path / "checkpoint.npz"
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-300] ^= 1
    elif damage == "header":
        data[0] = 0
    path.write_bytes({"cut": data[: len(data) // 2], "empty": b""}.get(damage, bytes(data)))
    found = latest_checkpoint(tmp_path, told.append)
    assert found.header["number"] == 2
    np.testing.assert_array_equal(found.fields["theta"].values, np.full(5, 2))
    assert "damaged" in told[0] or "no checkpoint" in told[0]
    (tmp_path / "checkpoint.previous.npz").write_bytes(b"x")
    with pytest.raises(StorageError, match="no checkpoint can be used"):
        latest_checkpoint(tmp_path, told.append)


def test_no_checkpoint_at_all(tmp_path):
    assert latest_checkpoint(tmp_path, print) is None


def test_full_disk_keeps_the_checkpoints_there(tmp_path, monkeypatch):
    rotate_and_write(tmp_path, {"number": 1}, state(1))
    (tmp_path / "checkpoint.npz.next.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        rotate_and_write(tmp_path, {"number": 2}, state(2))
    assert latest_checkpoint(tmp_path, print).header["number"] == 1


# lock-in and time constants


def chopped_answer(tau, T, n=21):
    """Steady answer of a first-order body to light on for half of each period, and its rate."""
    t = np.linspace(0, T, 2 * n - 1)
    e = np.exp(-T / (2 * tau))
    low = (1 - e) * e / (1 - e**2)
    rise = 1 - (1 - low) * np.exp(-t / tau)
    fall = (1 - (1 - low) * e) * np.exp(-(t - T / 2) / tau)
    y = np.where(t <= T / 2, rise, fall)
    return t, y, (np.where((t > 0) & (t <= T / 2), 1.0, 0.0) - y) / tau


@pytest.mark.parametrize("tau", [0.1, 0.3, 4.0])
def test_lock_in_of_a_first_order_body(tau):
    T = 1.5
    t, y, dy = chopped_answer(tau, T)
    pump = SCHEDULE.validate_python({"kind": "chopped", "period": T}).fundamental()
    for sign, extra in ((1.0, 0.0), (-1.0, np.pi)):
        found = lock_in(t, sign * y, sign * dy, [0.0, T / 2, T], 1 / T, pump)
        w = 2 * np.pi / T
        assert found.amplitude == pytest.approx(2 / np.pi / np.hypot(1, w * tau), rel=3e-4)
        lag = (np.arctan(w * tau) + extra + np.pi) % (2 * np.pi) - np.pi
        assert found.lag == pytest.approx(lag, abs=3e-4)


def test_fourier_coefficient_of_a_wave():
    t = np.linspace(0, 3.0, 61)
    y = 2 * np.cos(2 * np.pi * t + 0.4) + 7
    found = fourier_coefficient(t, y, -4 * np.pi * np.sin(2 * np.pi * t + 0.4), [], 1.0)
    assert found == pytest.approx(np.exp(0.4j), abs=1e-4)


@pytest.mark.parametrize("rows", [9, 200])
def test_time_constants_of_an_exponential(rows):
    """Few rows do, since their slopes are known; the slope of the first one may be wrong."""
    t = np.concatenate([[0.0], np.geomspace(1e-3, 20.0, rows)])
    y = -9.0 * (1 - np.exp(-t / 1.7))
    rates = -9.0 / 1.7 * np.exp(-t / 1.7)
    rates[0] = 1e9
    assert rise_time(t, y, rates) == pytest.approx(1.7, rel=0.02 if rows == 9 else 3e-5)
    fit = fit_relaxation(t + 100.0, y, rates)
    assert fit.tau == pytest.approx(1.7, rel=0.02 if rows == 9 else 3e-5)
    assert fit.last == pytest.approx(-9.0, rel=0.02 if rows == 9 else 3e-5)
    assert fit.misfit < (0.02 if rows == 9 else 1e-5)


def test_nothing_that_changes_has_no_time_constant():
    t, one, zero = np.linspace(0, 1, 10), np.ones(10), np.zeros(10)
    assert rise_time(t, one, zero) is None
    assert fit_relaxation(t, one, zero) is None
    assert fit_relaxation(t[:3], t[:3], one[:3]) is None


def test_two_times_show_in_the_misfit():
    t = np.linspace(0, 100.0, 2000)
    y = 1 - 0.5 * np.exp(-t / 0.5) - 0.5 * np.exp(-t / 30)
    fit = fit_relaxation(t, y, np.exp(-t / 0.5) + np.exp(-t / 30) / 60)
    assert fit.misfit > 1e-2
