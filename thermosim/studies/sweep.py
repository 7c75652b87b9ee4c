"""`sweep`: a study from its case file to its dataset, resumable at any point."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.case.read import read_toml
from thermosim.case.study import flattened
from thermosim.case.tree import merged, with_override
from thermosim.errors import CaseError
from thermosim.run.order import by_mesh
from thermosim.studies.dataset import csv_text, make_dataset, make_ready, netcdf_bytes
from thermosim.studies.engine import compute_all
from thermosim.studies.executors import Crew, given, local
from thermosim.studies.plan import Plan, make_plan, parse_study, plan_summary
from thermosim.studies.progress import Progress
from thermosim.studies.store import MARK, Record, Store, open_store
from thermosim.studies.worker import Run, run_alone

if TYPE_CHECKING:
    import xarray as xr

    from thermosim.case.read import AnyCase
    from thermosim.studies.plot import StudyPlot

NONE_WORKED, SOME_FAILED = 6, 7
NETCDF, CSV, TIMES = "study.nc", "study.csv", "times.csv"


@dataclass(repr=False)
class StudyResult:
    """What a study found.

    Attributes
    ----------
    dataset : all numbers over the dimensions of the study
    plan : the points and their cases
    records : by key of the point
    computed : how many points this call computed; the others were there
    directory : where the files are; None if nothing was kept
    """

    dataset: xr.Dataset
    plan: Plan
    records: dict[str, Record]
    computed: int
    directory: Path | None

    @property
    def plot(self) -> StudyPlot:
        """Draws it: ``plot.map("radius", "intensity")``, ``plot.line("radius")``."""
        from thermosim.studies.plot import StudyPlot

        return StudyPlot(self.dataset, self.plan.study.objective)

    @property
    def failed(self) -> dict[str, str]:
        """Messages of the points without result, by the values of the point."""
        found = {}
        for point in self.plan.points:
            record = self.records.get(point.key)
            if point.case is None:
                found[point.label] = point.problem
            elif record is not None and record.status != "done":
                found[point.label] = record.message
        return found

    def __repr__(self) -> str:
        where = f", {str(self.directory)!r}" if self.directory is not None else ""
        return f"StudyResult({self._headline()}{where})"

    def _headline(self) -> str:
        over = ", ".join(f"{name} ({size})" for name, size in self.dataset.sizes.items())
        return f"{len(self.plan.points)} points over {over}; {len(self.failed)} without result"

    def _repr_html_(self) -> str:
        from thermosim.language.notebook import table_html

        rows = list(self.failed.items())
        data = self.dataset.get("delta_T_mean_K")
        if data is not None and data.notnull().any():
            low, high = float(data.min()), float(data.max())
            rows.insert(0, ("delta_T_mean_K", f"{low:.4g} K … {high:.4g} K"))
        return table_html("Study", self._headline(), rows)

    @property
    def exit_status(self) -> int:
        """Status for the shell: 0, or `NONE_WORKED`, or `SOME_FAILED`.

        Points that are no valid case do not count where ``invalid = "record"`` lets them be.
        """
        done = [record.status == "done" for record in self.records.values()]
        if not any(done):
            return NONE_WORKED
        return 0 if all(done) else SOME_FAILED


def sweep(
    case: str | Path | Mapping[str, Any] | AnyCase,
    vary: Mapping[str, Any] | None = None,
    *,
    study: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    run: Run = run_alone,
    executor: Executor | Crew | None = None,
    store: str | Path | None = None,
    anew: bool = False,
    retry_failed: bool = False,
    part: tuple[int, int] | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> StudyResult:
    """Run a case over all points of a study and return the results as one dataset.

    Parameters
    ----------
    case
        A case file, its tree (``tomllib``), or a `Case`; its section ``[study]`` is the start.
    vary
        Path to a list of values or a range: ``{"laser.intensity": "1 kW/cm^2:9 kW/cm^2:5log"}``.
    study
        Other keys of ``[study]``, laid over those of the case: ``{"method": "sobol", ...}``.
    overrides
        Values of the case by dotted path.
    run
        Any function of a `Case` whose result has ``summary`` and ``notes``; workers import it.
    executor
        Any `concurrent.futures.Executor`, or a `Crew`; local processes, one per core, if None.
    store
        Folder that keeps every finished point; a sweep that was stopped goes on from there.
    anew, retry_failed
        Forget all points, or those that failed.
    part
        (n, m): compute only every m-th point from the n-th on, in a folder that the sweeps of the
        other parts may work in at the same time. The tables of the study are left to a sweep
        without a part.
    tell
        Called with lines about the progress.

    Raises
    ------
    CaseError
        If the study or any of its points is no valid case; before anything runs.
    SolveError
        If an executor breaks that cannot be started again.
    """
    tree, source = case_tree(case)
    for path, value in (overrides or {}).items():
        tree = with_override(tree, path, value)
    plan = plan_of(tree, vary, study, source)
    crew = executor if isinstance(executor, Crew) else given(executor) if executor else local()
    mine = _of_part(plan, part, store, anew=anew)
    with _folder(store) as folder, open_store(folder, anew=anew, shared=part is not None) as kept:
        _write_study(kept, plan, anew=anew)
        records = _known(kept, mine, retry_failed=retry_failed)
        tell(f"{plan_summary(plan)}; {_left(len(records), len(mine) - len(records), part, crew)}")
        computed = _compute(kept, mine, records, crew, run, tell)
        dataset = make_dataset(plan, records)
        if part is None and store is not None:  # a folder that is kept
            _write_tables(kept, dataset, plan, records)
    return StudyResult(dataset, plan, records, computed, None if store is None else folder)


def case_tree(case: str | Path | Mapping[str, Any] | AnyCase) -> tuple[dict[str, Any], Path | None]:
    """Return the tree of a case and the file it came from."""
    if isinstance(case, str | Path):
        return read_toml(Path(case)), Path(case)
    if isinstance(case, Mapping):
        return dict(case), None
    import tomllib

    return tomllib.loads(case.to_toml()), None


def plan_of(
    tree: Mapping[str, Any],
    vary: Mapping[str, Any] | None = None,
    study: Mapping[str, Any] | None = None,
    source: Path | None = None,
) -> Plan:
    """Return the plan of a case with a section ``[study]``, with `vary` and `study` laid over it.

    Raises
    ------
    CaseError
        See `make_plan` and `parse_study`.
    """
    base = {key: value for key, value in tree.items() if key != "study"}
    section = tree.get("study", {})
    if not isinstance(section, Mapping):
        raise CaseError("study: must be a section", str(source or ""))
    section = merged(section, study or {})
    if vary:
        old = section.get("vary", {})
        section["vary"] = {**flattened(old), **vary} if isinstance(old, Mapping) else vary
    return make_plan(base, parse_study(section, source), source)


@contextlib.contextmanager
def _folder(store: str | Path | None) -> Iterator[Path]:
    if store is not None:
        yield Path(store)
        return
    with tempfile.TemporaryDirectory(prefix="thermosim-study-") as folder:
        yield Path(folder)


def _of_part(
    plan: Plan, part: tuple[int, int] | None, store: str | Path | None, *, anew: bool
) -> dict[str, AnyCase]:
    """Return the cases of one part by key, in the order of the study; all if `part` is None.

    Raises
    ------
    CaseError
        If there is no such part, no folder to share, or the others' points would be forgotten.
    """
    if part is None:
        return plan.cases()
    n, m = part
    if not 1 <= n <= m:
        raise CaseError(
            f"part {n}/{m}: must be one of 1/{m} … {m}/{m}, with a whole number above 0"
        )
    if store is None or anew:
        raise CaseError(
            f"part {n}/{m}: all parts share one folder"
            + (", and one of them must not forget what the others found" if anew else ": name it")
        )
    return dict(list(plan.cases().items())[n - 1 :: m])


def _left(before: int, left: int, part: tuple[int, int] | None, crew: Crew) -> str:
    whose = "" if part is None else f"of part {part[0]}/{part[1]} "
    where = f" on {crew.name}" if left else ""
    return f"{whose}{before} computed before, {left} to compute{where}"


def _known(store: Store, cases: Iterable[str], *, retry_failed: bool) -> dict[str, Record]:
    """Return the records that are there, but for failures that are to be tried again."""
    found = {}
    for key in cases:
        record = store.read(key)
        if record is not None and record.status == "failed" and retry_failed:
            store.forget(key)
        elif record is not None:
            found[key] = record
    return found


def _compute(
    store: Store,
    cases: Mapping[str, AnyCase],
    records: dict[str, Record],
    crew: Crew,
    run: Run,
    tell: Callable[[str], None],
) -> int:
    """Compute what is missing, add it to `records`, and return how many points that were."""
    missing = {key: case for key, case in cases.items() if key not in records}
    if not missing:
        return 0
    progress = Progress(len(missing), tell, time.monotonic)
    folder = store.points.resolve()
    for record in compute_all(by_mesh(missing), crew, run, folder, make_ready):
        store.keep(record)
        records[record.key] = record
        progress.step(failed=record.status != "done")
    return len(missing)


def _write_study(store: Store, plan: Plan, *, anew: bool) -> None:
    """Write the case with its study: a case file that `sweep` takes.

    Raises
    ------
    CaseError
        If the folder holds a study of another case, unless it begins `anew`.
    """
    import tomllib

    import tomli_w

    study = plan.study.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    text = tomli_w.dumps({**plan.base, "study": study})
    older = store.folder / MARK
    if older.exists() and not anew:
        texts = (older.read_text(encoding="utf-8"), text)
        one, other = (flattened({**tomllib.loads(t), "study": {}}) for t in texts)
        changed = sorted(k for k in one.keys() | other.keys() if one.get(k) != other.get(k))
        if changed:
            listed = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
            raise CaseError(
                f"holds a study of another case (it differs in {listed}); name another folder "
                "with -o, or add --overwrite to begin anew",
                str(store.folder),
            )
    store.write(MARK, text.encode())


def _write_tables(
    store: Store, dataset: xr.Dataset, plan: Plan, records: Mapping[str, Record]
) -> None:
    store.write(NETCDF, netcdf_bytes(dataset))
    store.write(CSV, csv_text(dataset).encode())
    store.write(TIMES, _times(plan.cases(), records).encode())


def _times(keys: Sequence[str] | Mapping[str, Any], records: Mapping[str, Record]) -> str:
    """Return wall time and memory of each point as CSV; kept apart from the results."""
    rows = [records[key] for key in keys if key in records]
    names = {name for record in rows for name in record.summary} - {"wall_s"}
    phases = sorted(name for name in names if name.startswith(("wall_", "memory_")))
    lines = [",".join(["key", "wall_s", *phases])]
    for record in rows:
        cells = [record.key, repr(record.wall_s)]
        lines.append(",".join([*cells, *(str(record.summary.get(name, "")) for name in phases)]))
    return "\n".join([*lines, ""])
