"""What a study found: its optimum, its sensitivities, its failed points."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.studies.optimum import Optimum

if TYPE_CHECKING:
    import xarray as xr


_COMMON = {"delta_T_mean_K": "mean ΔT"}


@dataclass
class Report:
    """What people ask of a study first.

    Attributes
    ----------
    optima : words for the place in the other dimensions, and the optimum there
    indices : indices of sensitivity, if the study is of that kind
    """

    title: str
    objective: str
    goal: str
    unit: str
    along_unit: str
    points: int
    computed: int
    failed: dict[str, str]
    directory: Path | None
    optima: list[tuple[str, Optimum]]
    indices: xr.Dataset | None = None
    pictures: list[Path] = field(default_factory=list)

    @property
    def goal_words(self) -> str:
        """The row's name: lowest or highest objective."""
        return f"{'lowest' if self.goal == 'min' else 'highest'} {self.words}"

    @property
    def words(self) -> str:
        """The objective as people say it."""
        return _COMMON.get(self.objective, self.objective)

    @property
    def best(self) -> Optimum | None:
        """The best of all optima; None of a study without one."""
        sign = 1.0 if self.goal == "min" else -1.0
        return min((o for _, o in self.optima), key=lambda o: sign * o.value, default=None)

    def document(self) -> dict[str, Any]:
        """Return everything as JSON can hold it; numbers that are none become null."""
        indices = None
        if self.indices is not None:
            names = [str(name) for name in self.indices["parameter"].values]
            indices = {
                name: {str(k): float(v.values[i]) for k, v in self.indices.data_vars.items()}
                for i, name in enumerate(names)
            }
        return {
            "title": self.title,
            "objective": self.objective,
            "goal": self.goal,
            "points": self.points,
            "computed": self.computed,
            "failed": self.failed,
            "directory": None if self.directory is None else str(self.directory),
            "optima": [{k: _finite(v) for k, v in asdict(best).items()} for _, best in self.optima],
            "sensitivity": indices,
            "pictures": [path.name for path in self.pictures],
        }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
