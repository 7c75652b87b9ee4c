"""Sweeps with a fast stand-in for a run: order, failures, crashes, kill and resume."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from thermosim.cli.sweep import crew_of
from thermosim.errors import CaseError, MissingDependencyError, SolveError, StorageError
from thermosim.studies import sweep
from thermosim.studies.dataset import read_dataset
from thermosim.studies.engine import compute_all
from thermosim.studies.executors import cores, environment, given, local
from thermosim.studies.progress import Progress, duration
from thermosim.studies.store import MARK, Record, Store, keep_record, open_store, read_record
from thermosim.studies.sweep import NONE_WORKED, SOME_FAILED, plan_of

ROOT = Path(__file__).parents[2]
TREE = {
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
    "laser": {"intensity": "3 kW/cm^2"},
}
VARY = {"particle.shape.radius": "1um:10um:6log", "laser.intensity": "1e7 W/m^2,2e7 W/m^2"}


class Found:
    def __init__(self, case, **more):
        radius, intensity = case.particle.shape.radius, case.laser.intensity
        self.summary = {
            "format": 1,
            "title": "stand-in",
            "delta_T_mean_K": -radius * intensity,
            "n_cells": 7,
            "wall_s": time.perf_counter(),
            "case_hash": case.digest(),
            **more,
        }
        self.notes = ["warm"] if radius > 5e-6 else []


class Backwards(Executor):
    """An executor that does the last task first, when the first result is asked for."""

    def __init__(self):
        self.tasks = []

    def submit(self, fn, /, *args, **kwargs):
        future = Late(self)
        self.tasks.append((future, fn, args, kwargs))
        return future

    def work(self):
        while self.tasks:
            future, fn, args, kwargs = self.tasks.pop()
            future.set_result(fn(*args, **kwargs))


class Late(Future):
    def __init__(self, executor):
        super().__init__()
        self.executor = executor

    def add_done_callback(self, fn):
        super().add_done_callback(fn)
        if len(self.executor.tasks) == 12:
            self.executor.work()


@pytest.fixture
def no_netcdf(monkeypatch):
    """Tables without `study.nc`, which a new process writes: of tests that look at other files."""
    module = sys.modules["thermosim.studies.sweep"]  # the function has the same name
    monkeypatch.setattr(module, "netcdf_bytes", lambda dataset: b"")


def run_slowly(case):
    time.sleep(0.02 * (hash(case.digest()) % 3))
    return Found(case)


def test_what_can_be_done_meanwhile_is_done_before_a_point_is_waited_for(tmp_path):
    order = []
    with ThreadPoolExecutor(1) as executor:
        crew = replace(given(executor), window=2)
        cases = plan_of(TREE, VARY).cases()
        for record in compute_all(cases, crew, Found, tmp_path, lambda: order.append("while")):
            order.append(record.status)  # noqa: PERF401  both add to it
    assert order == ["while", "done"] * 12


def test_the_dataset_does_not_depend_on_who_computes_when(tmp_path):
    with ThreadPoolExecutor(4) as four, ThreadPoolExecutor(1) as one:
        first = sweep(TREE, VARY, run=run_slowly, executor=four, store=tmp_path / "four")
        second = sweep(TREE, VARY, run=Found, executor=one, store=tmp_path / "one")
    third = sweep(TREE, VARY, run=Found, executor=Backwards(), store=tmp_path / "backwards")
    assert first.computed == second.computed == third.computed == 12
    assert first.dataset.identical(second.dataset)
    assert first.dataset.identical(third.dataset)
    for name in ("study.nc", "study.csv", "study.toml"):
        texts = {(tmp_path / d / name).read_bytes() for d in ("four", "one", "backwards")}
        assert len(texts) == 1, name
    assert list(third.records) != list(second.records)  # it really ran in another order


def test_values_stand_at_their_coordinates():
    with ThreadPoolExecutor(2) as pool:
        data = sweep(TREE, VARY, run=Found, executor=pool).dataset
    assert dict(data.sizes) == {"radius": 6, "intensity": 2}
    expected = -data["radius"] * data["intensity"]
    xr.testing.assert_allclose(
        data["delta_T_mean_K"].drop_attrs(), expected.drop_attrs(), rtol=1e-14
    )


@pytest.mark.usefixtures("no_netcdf")
def test_finished_points_are_not_run_twice_and_a_longer_study_runs_only_what_is_new(tmp_path):
    ran = []

    def run(case):
        ran.append(case.digest())
        return Found(case)

    with ThreadPoolExecutor(1) as pool:
        keep = {"run": run, "executor": pool, "store": tmp_path / "s"}
        sweep(TREE, {"particle.shape.radius": "1um,2um"}, **keep)
        again = sweep(TREE, {"particle.shape.radius": "1um,2um"}, **keep)
        assert (len(ran), again.computed) == (2, 0)
        longer = sweep(TREE, {"particle.shape.radius": "1um,2um,3um"}, **keep)
        assert (len(ran), longer.computed) == (3, 1)
        anew = sweep(TREE, {"particle.shape.radius": "1um,2um"}, anew=True, **keep)
        assert (len(ran), anew.computed) == (5, 2)
    assert Counter(ran).most_common(1)[0][1] == 2


def fails_at_2um(case):
    if case.particle.shape.radius == 2e-6:
        raise SolveError("no steady state found")
    if case.particle.shape.radius == 3e-6:
        raise ZeroDivisionError("a fault of the program")
    return Found(case)


@pytest.mark.usefixtures("no_netcdf")
def test_a_failed_point_is_recorded_and_the_rest_goes_on(tmp_path):
    vary = {"particle.shape.radius": "1um,2um,3um,4um"}
    with ThreadPoolExecutor(2) as pool:
        found = sweep(TREE, vary, run=fails_at_2um, executor=pool, store=tmp_path / "s")
        assert list(found.dataset["status"].values) == ["done", "failed", "failed", "done"]
        assert list(found.dataset["message"].values) == [
            "", "no steady state found", "ZeroDivisionError: a fault of the program", "",
        ]  # fmt: skip
        assert found.dataset["delta_T_mean_K"].isnull().values.tolist() == [
            False,
            True,
            True,
            False,
        ]
        assert found.failed == {
            "particle.shape.radius = 2um": "no steady state found",
            "particle.shape.radius = 3um": "ZeroDivisionError: a fault of the program",
        }
        traced = [r for r in found.records.values() if r.traceback]
        assert len(traced) == 1
        assert "fails_at_2um" in traced[0].traceback
        again = sweep(TREE, vary, run=Found, executor=pool, store=tmp_path / "s")
        assert again.computed == 0
        retried = sweep(
            TREE, vary, run=Found, executor=pool, store=tmp_path / "s", retry_failed=True
        )
    assert retried.computed == 2
    assert not retried.failed


FAULTS_OF_THE_MACHINE = [
    OSError(28, "No space left on device"), TimeoutError("timed out"), MemoryError(),
    PermissionError(13, "Permission denied"), StorageError("cannot be written"),
    subprocess.TimeoutExpired("gmsh", 5),
]  # fmt: skip


@pytest.mark.usefixtures("no_netcdf")
@pytest.mark.parametrize("fault", FAULTS_OF_THE_MACHINE, ids=lambda e: type(e).__name__)
def test_a_fault_of_the_machine_is_none_of_the_point(tmp_path, fault):
    calls = Counter()

    def run(case):
        radius = case.particle.shape.radius
        calls[radius] += 1
        if radius == 2e-6 and calls[radius] < 2:  # goes away
            raise fault
        if radius == 3e-6:  # stays
            raise RuntimeError("of a library") from fault
        return Found(case)

    vary = {"particle.shape.radius": "1um,2um,3um"}
    with ThreadPoolExecutor(1) as pool:
        found = sweep(TREE, vary, run=run, executor=pool, store=tmp_path / "s")
        assert list(found.dataset["status"].values) == ["done", "done", "disturbed"]
        assert found.exit_status == SOME_FAILED
        assert calls == {1e-6: 1, 2e-6: 2, 3e-6: 2}
        assert len(list((tmp_path / "s" / "points").iterdir())) == 2
        again = sweep(TREE, vary, run=Found, executor=pool, store=tmp_path / "s")
    assert (again.computed, again.exit_status) == (1, 0)


def never(case):
    raise SolveError("no steady state found")


def test_a_sweep_in_which_no_point_worked_says_so(tmp_path):
    vary = {"particle.shape.radius": "-1um,1um,2um"}
    study = {"invalid": "record"}
    with ThreadPoolExecutor(1) as pool:
        options = {"study": study, "executor": pool}
        assert sweep(TREE, vary, run=never, **options).exit_status == NONE_WORKED
        assert sweep(TREE, vary, run=fails_at_2um, **options).exit_status == SOME_FAILED
        assert sweep(TREE, vary, run=Found, **options).exit_status == 0


def test_invalid_points_stand_in_the_dataset_when_they_are_recorded():
    with ThreadPoolExecutor(1) as pool:
        data = sweep(
            TREE, {"particle.shape.radius": "-1um,1um"}, study={"invalid": "record"},
            run=Found, executor=pool,
        ).dataset  # fmt: skip
    assert list(data["status"].values) == ["invalid", "done"]
    assert data["radius"].values.tolist() == [-1e-6, 1e-6]


def needs_gmsh(case):
    raise MissingDependencyError("gmsh cannot be imported")


def test_what_the_environment_lacks_ends_the_sweep_and_is_no_fault_of_the_points(tmp_path):
    with ThreadPoolExecutor(1) as pool, pytest.raises(MissingDependencyError):
        sweep(TREE, VARY, run=needs_gmsh, executor=pool, store=tmp_path / "s")
    assert list((tmp_path / "s" / "points").iterdir()) == []


class Lost(Executor):
    """A cluster that goes away."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_exception(CancelledError())
        return future


@pytest.mark.usefixtures("no_netcdf")
def test_a_cluster_that_goes_away_is_no_fault_of_the_points(tmp_path):
    with pytest.raises(SolveError, match="start the same sweep again"):
        sweep(TREE, VARY, run=Found, executor=Lost(), store=tmp_path / "s")
    assert list((tmp_path / "s" / "points").iterdir()) == []
    with ThreadPoolExecutor(1) as pool:
        found = sweep(TREE, VARY, run=Found, executor=pool, store=tmp_path / "s")
    assert found.computed == 12


STAND_IN = """
import os, signal, time
from pathlib import Path

class Found:
    def __init__(self, case):
        self.summary = {"delta_T_mean_K": -case.particle.shape.radius}
        self.notes = []

def log(word, case):
    line = f"{word} {case.digest()} {os.getpid()}\\n".encode()
    with open(os.environ["STAND_IN_LOG"], "ab", buffering=0) as stream:
        stream.write(line)

def run(case):
    log("start", case)
    time.sleep(0.05)
    return Found(case)

def crash(case):
    log("start", case)
    if case.particle.shape.radius == 3e-6:
        os.kill(os.getpid(), signal.SIGABRT)
    if case.particle.shape.radius == 5e-6:
        os.kill(os.getpid(), signal.SIGKILL)
    return Found(case)

def threads(case):
    found = Found(case)
    found.summary["threads"] = float(os.environ["OMP_NUM_THREADS"])
    return found
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A module that worker processes can import."""
    (tmp_path / "stand_in_of_a_run.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("STAND_IN_LOG", str(tmp_path / "log"))
    import importlib

    module = importlib.import_module("stand_in_of_a_run")
    yield module
    sys.modules.pop("stand_in_of_a_run")


@pytest.mark.usefixtures("no_netcdf")
def test_a_point_that_kills_its_process_is_found_and_the_others_are_done(tmp_path, stand_in):
    vary = {"particle.shape.radius": "1um,2um,3um,4um,5um,6um"}
    found = sweep(TREE, vary, run=stand_in.crash, executor=local(2), store=tmp_path / "s")
    expected = ["done", "done", "failed", "done", "disturbed", "done"]
    assert list(found.dataset["status"].values) == expected
    assert "process that computed this point died" in found.dataset["message"].values[2]
    assert "too little memory" in found.dataset["message"].values[4]
    assert len(list((tmp_path / "s" / "points").iterdir())) == 5  # not the one that was killed


def test_local_workers_compute_on_one_thread_each(stand_in, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    found = sweep(TREE, {"particle.shape.radius": "1um"}, run=stand_in.threads, executor=local(1))
    assert found.dataset["threads"].values.tolist() == [1.0]
    assert "OMP_NUM_THREADS" not in os.environ
    assert cores() >= 1
    with environment(OMP_NUM_THREADS="3"):
        assert os.environ["OMP_NUM_THREADS"] == "3"


SCRIPT = """
from stand_in_of_a_run import run
from thermosim.studies import sweep
from thermosim.studies.executors import local

if __name__ == "__main__":
    found = sweep({tree!r}, {vary!r}, run=run, executor=local(2), store="study", tell=print)
    print("computed", found.computed)
"""


def test_killed_three_times_and_resumed_no_point_is_lost_or_done_twice(tmp_path, stand_in):
    vary = {"particle.shape.radius": "1um:10um:40log"}
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT).format(tree=TREE, vary=vary))
    points, log = tmp_path / "study" / "points", tmp_path / "log"
    path = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    finished = set()
    for wanted in (3, 12, 25):
        process = subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, env=path)
        wait_until(lambda n=wanted: len(list(points.glob("[!.]*.json"))) >= n)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = {p.stem for p in points.glob("[!.]*.json")}
        assert finished <= now
        finished = now
        wait_until(lambda: not alive(workers(log)))
        finished = {p.stem for p in points.glob("[!.]*.json")}
        started_before = log.read_text().count("start")
    out = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=path, capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    last = log.read_text().splitlines()[started_before:]
    assert f"computed {40 - len(finished)}" in out.stdout
    # by point: a worker that the kill overtook may have begun one that the last run did again
    begun = {line.split()[1] for line in last}
    assert len(begun) == 40 - len(finished)
    assert not begun & {key.partition("-")[0] for key in finished}
    with ThreadPoolExecutor(1) as pool:
        whole = sweep(TREE, vary, run=stand_in.run, executor=pool)
    assert read_dataset(tmp_path / "study" / "study.nc").identical(whole.dataset)
    assert not list((tmp_path / "study").rglob("*.part"))


def wait_until(condition, seconds=180.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


def workers(log):
    return {int(line.split()[2]) for line in log.read_text().splitlines()}


def alive(pids):
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def test_records_survive_the_disk_and_damaged_ones_are_made_anew(tmp_path):
    record = Record("k-1", "done", summary={"a": 0.1 + 0.2, "b": float("nan"), "c": 3}, notes=["n"])
    keep_record(tmp_path, record)
    path = tmp_path / "k-1.json"
    kept = read_record(path)
    assert kept.summary["a"] == 0.1 + 0.2
    assert kept.summary["b"] == "nan"
    assert json.loads(path.read_text())["notes"] == ["n"]
    whole = path.read_text()
    for damaged in (whole[: len(whole) // 2], "[]", '{"key": "k-1"}', whole.replace("k-1", "k-2")):
        path.write_text(damaged)
        assert read_record(path) is None, damaged
    assert read_record(tmp_path / "none.json") is None


def test_folders_that_hold_something_else_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError, match="is a file"), open_store(tmp_path / "file"):
        pass
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("")
    with pytest.raises(CaseError, match="holds no study"), open_store(tmp_path / "other"):
        pass


@pytest.mark.usefixtures("no_netcdf")
def test_a_study_of_another_case_is_refused(tmp_path, stand_in):
    vary = {"particle.shape.radius": "1um,2um"}
    with ThreadPoolExecutor(1) as pool:
        keep = {"run": stand_in.run, "store": tmp_path / "study", "executor": pool}
        sweep(TREE, vary, **keep)
        text = (tmp_path / "study" / "study.csv").read_text()
        sweep(TREE, {"particle.shape.radius": "1um,2um,3um"}, **keep)
        other = {"chamber.temperature": "280 K"}
        with pytest.raises(CaseError, match=r"another case \(it differs in chamber\.temperature\)"):
            sweep(TREE, vary, overrides=other, **keep)
        sweep(TREE, vary, overrides=other, anew=True, **keep)
    assert (tmp_path / "study" / "study.csv").read_text() != text


def test_two_sweeps_do_not_work_in_one_folder(tmp_path):
    with open_store(tmp_path / "s") as store:
        assert isinstance(store, Store)
        with pytest.raises(CaseError, match="another sweep"), open_store(tmp_path / "s"):
            pass
    with open_store(tmp_path / "s"):
        pass


@pytest.mark.usefixtures("no_netcdf")
def test_the_folder_says_what_was_run_as_a_case_file(tmp_path):
    tree = {**TREE, "study": {"vary": {"particle": {"shape": {"radius": "1um,2um"}}}}}
    with ThreadPoolExecutor(1) as pool:
        first = sweep(tree, run=Found, executor=pool, store=tmp_path / "s")
        again = sweep(tmp_path / "s" / MARK, run=Found, executor=pool, store=tmp_path / "s")
    assert again.computed == 0
    assert again.dataset.identical(first.dataset)


def test_progress_tells_rate_time_left_and_failures():
    told, clock = [], iter([0.0, 1.0, 4.0, 4.5, 6.0])
    progress = Progress(4, told.append, lambda: next(clock))
    for failed in (False, True, False, False):
        progress.step(failed=failed)
    assert told == [
        "2 of 4 points, 30 per minute, 4 s left, 1 failed",
        "4 of 4 points, 40 per minute, 1 failed",
    ]
    assert [duration(s) for s in (0.4, 59.6, 3725)] == ["0 s", "1 min 00 s", "1 h 02 min"]


def test_parts_share_a_folder_and_the_whole_collects_them(tmp_path):
    """As the tasks of a job array: each computes its own points, whatever the others do."""
    alone = sweep(TREE, VARY, run=Found, executor=ThreadPoolExecutor(1), store=tmp_path / "alone")
    shared, computed, one = tmp_path / "shared", [], ThreadPoolExecutor(1)
    with open_store(shared, shared=True):  # another part is at work all the time
        for n in (3, 1, 2):
            mine = sweep(TREE, VARY, run=Found, executor=one, store=shared, part=(n, 3))
            assert mine.exit_status == 0
            computed += mine.records
            assert mine.computed == len(mine.records) == 4
        assert not (shared / "study.nc").exists()
        with pytest.raises(CaseError, match="another sweep"):
            sweep(TREE, VARY, run=Found, store=shared)
    assert sorted(computed) == sorted(alone.plan.cases())
    whole = sweep(TREE, VARY, run=Found, executor=ThreadPoolExecutor(1), store=shared)
    assert whole.computed == 0
    assert (shared / "study.nc").read_bytes() == (tmp_path / "alone" / "study.nc").read_bytes()


def test_a_part_leaves_what_others_are_writing(tmp_path):
    with open_store(tmp_path / "s", shared=True) as store:
        half = store.points / ".key.json.x.part"
        half.write_text("half")
        sweep(
            TREE,
            VARY,
            run=Found,
            executor=ThreadPoolExecutor(1),
            store=tmp_path / "s",
            part=(1, 12),
        )
        assert half.exists()


@pytest.mark.parametrize(
    ("part", "options", "words"),
    [
        ((4, 3), {"store": "s"}, "one of 1/3"),
        ((0, 3), {"store": "s"}, "one of 1/3"),
        ((1, 3), {}, "share one folder: name it"),
        ((1, 3), {"store": "s", "anew": True}, "must not forget"),
    ],
)
def test_parts_that_make_no_sense_are_refused(tmp_path, monkeypatch, part, options, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaseError, match=words):
        sweep(TREE, VARY, run=Found, part=part, **options)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("variables", "alone"),
    [
        ({"SLURM_PROCID": "0"}, True),  # a batch script
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, True),
        ({"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, False),
        ({"PMI_RANK": "0"}, False),
    ],
)
def test_a_batch_script_of_slurm_is_no_rank(monkeypatch, variables, alone):
    for name in ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if alone:
        assert crew_of(3, None).name == "3 local processes"
    else:
        with pytest.raises(CaseError, match="under mpirun"):
            crew_of(3, None)
