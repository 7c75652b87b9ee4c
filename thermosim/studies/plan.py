"""From a case file and its study to the list of points, every one validated before any runs."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from thermosim.case.errors import problems_of
from thermosim.case.read import AnyCase, parse_case
from thermosim.case.study import Study
from thermosim.case.tree import expanded, merged, with_override
from thermosim.errors import CaseError, Problem
from thermosim.results import FORMAT as RESULT_FORMAT
from thermosim.studies.sampling import sample_columns

FORMAT = 1
STAGE, SAMPLE = "stage", "sample"
_SHOWN = 20
_SHOWN_OF_A_RULE = 3  # values; more than these are told by the first


@dataclass(frozen=True)
class Dimension:
    """One axis of a study: its name, and the values of each path along it."""

    name: str
    columns: dict[str, tuple[Any, ...]]

    @property
    def size(self) -> int:
        """Number of places along the axis."""
        return len(next(iter(self.columns.values())))


@dataclass(frozen=True)
class Point:
    """One case of a study, or the reason why it is none.

    Attributes
    ----------
    index : place along each dimension
    values : what varies, by path (and ``stage``)
    key : content hash of the resolved case and the formats; equal cases have equal keys
    problem : why it is no case, with the values that are to blame
    rules : which rules that breaks, and where; the same at other values of the same fault
    """

    index: tuple[int, ...]
    values: dict[str, Any]
    case: AnyCase | None
    key: str
    problem: str = ""
    rules: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The values in words."""
        return ", ".join(f"{path} = {value}" for path, value in self.values.items())


@dataclass(frozen=True)
class Plan:
    """The dimensions and points of a study, in the order of the dataset (last index fastest)."""

    study: Study
    base: dict[str, Any]
    dimensions: tuple[Dimension, ...]
    names: dict[str, str]
    points: tuple[Point, ...]

    @property
    def pictures(self) -> bool:
        """Whether the case wants pictures (``output.pictures``)."""
        return all(point.case.output.pictures for point in self.points if point.case is not None)

    def cases(self) -> dict[str, AnyCase]:
        """Return the cases to run by key; each once, however many points it stands for."""
        return {point.key: point.case for point in self.points if point.case is not None}


def make_plan(tree: Mapping[str, Any], study: Study, source: Path | None = None) -> Plan:
    """Return the points of a study of the case `tree` (which has no section ``study``).

    Raises
    ------
    CaseError
        If points are no valid case and ``study.invalid`` is "refuse": all faults, each with the
        number of points that have it.
    """
    names = short_names(study.vary)
    dimensions = dimensions_of(study, names)
    points = tuple(_points(tree, study, dimensions, source))
    if study.invalid == "refuse":
        _refuse_invalid(points, source)
    return Plan(study, dict(tree), dimensions, names, points)


def dimensions_of(study: Study, names: Mapping[str, str]) -> tuple[Dimension, ...]:
    """Return the axes: stages first, then each group of variables, or all samples as one."""
    found = []
    if study.stages:
        found.append(Dimension(STAGE, {STAGE: tuple(stage.name for stage in study.stages)}))
    groups = study.groups()
    if study.sampling.samples:
        return (*found, Dimension(SAMPLE, sample_columns(study, groups)))
    for group in groups:
        columns = {variable.path: variable.values for variable in group}
        found.append(Dimension(names[group[0].path], columns))
    return tuple(found)


def short_names(paths: Mapping[str, Any]) -> dict[str, str]:
    """Return a short unique name of each path: its last part, or more where that is not unique."""
    taken = {STAGE, SAMPLE, "status", "message", "notes", "key"}
    names: dict[str, str] = {}
    for path in paths:
        parts = path.split(".")
        candidates = ["_".join(parts[-n:]) for n in range(1, len(parts) + 1)]
        ends = [other.split(".") for other in paths if other != path]
        names[path] = next(
            (
                name
                for n, name in enumerate(candidates, 1)
                if name not in taken and all(other[-n:] != parts[-n:] for other in ends)
            ),
            "_".join(["case", *parts]),
        )
    return names


def _points(
    tree: Mapping[str, Any], study: Study, dimensions: tuple[Dimension, ...], source: Path | None
) -> Iterator[Point]:
    stages = dict(zip((s.name for s in study.stages), stage_trees(tree, study), strict=True))
    for index in itertools.product(*(range(dimension.size) for dimension in dimensions)):
        values = {
            path: column[i]
            for i, dimension in zip(index, dimensions, strict=True)
            for path, column in dimension.columns.items()
        }
        changed = dict(stages[values[STAGE]]) if STAGE in values else dict(tree)
        for path, value in values.items():
            if path != STAGE:
                changed = with_override(changed, path, value)
        yield _point(index, values, changed, source)


def stage_trees(tree: Mapping[str, Any], study: Study) -> list[dict[str, Any]]:
    """Return the tree of each stage: its overrides over the case or over the stage before."""
    trees = []
    present = dict(tree)
    for stage in study.stages:
        base = present if study.cumulative else tree
        present = merged(base, expanded(stage.set))
        trees.append(present)
    return trees


def _point(
    index: tuple[int, ...], values: dict[str, Any], tree: dict[str, Any], source: Path | None
) -> Point:
    try:
        case = parse_case(tree, source)
    except CaseError as error:
        text = "; ".join(str(problem) for problem in error.problems)
        rules = tuple((problem.path, problem.rule) for problem in error.problems)
        return Point(index, values, None, "", text, rules)
    return Point(index, values, case, point_key(case))


def point_key(case: AnyCase) -> str:
    """Return what names a point on disk: the case's content hash and the formats."""
    return f"{case.digest()}-{FORMAT}.{RESULT_FORMAT}"


def _refuse_invalid(points: tuple[Point, ...], source: Path | None) -> None:
    invalid = [point for point in points if point.case is None]
    if not invalid:
        return
    values = Counter(rules for rules, _ in {(point.rules, point.problem) for point in invalid})
    faults: dict[Any, list[Point]] = {}
    for point in invalid:  # random points break one rule each with a value of its own
        alike = point.rules if values[point.rules] > _SHOWN_OF_A_RULE else point.problem
        faults.setdefault(alike, []).append(point)
    problems = []
    for found in list(faults.values())[:_SHOWN]:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        problems.append(Problem(f"study, point {found[0].label}{more}", "", found[0].problem))
    if len(faults) > _SHOWN:
        problems.append(Problem("study", "", f"{len(faults) - _SHOWN} more faults like these"))
    problems.append(
        Problem("study", "", "nothing was run", 'study.invalid = "record" runs the valid points')
    )
    raise CaseError(problems, str(source or ""))


def parse_study(tree: Mapping[str, Any], source: Path | None = None) -> Study:
    """Validate a section ``[study]`` and the values of everything it varies.

    Raises
    ------
    CaseError
        Listing every fault at once, with paths that begin with ``study``.
    """
    try:
        return Study.model_validate(dict(tree))
    except ValidationError as error:
        problems = [
            replace(problem, path=_in_study(problem.path))
            for problem in problems_of(error, dict(tree), Study)
        ]
        raise CaseError(problems, str(source or "")) from error


def _in_study(path: str) -> str:
    unknown = "unknown key "
    if path.startswith(unknown):
        return f"{unknown}study.{path.removeprefix(unknown)}"
    return "study" if path == "case" else f"study.{path}"


def plan_summary(plan: Plan) -> str:
    """Return the size of a study in words."""
    names = " × ".join(dimension.name for dimension in plan.dimensions)
    sizes = " × ".join(str(dimension.size) for dimension in plan.dimensions)
    return f"{len(plan.points)} points: {names} = {sizes}, {len(plan.cases())} different cases"


def as_json(value: Any) -> str:
    """Return a value of a case file as one line of text: what stands in a table."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
