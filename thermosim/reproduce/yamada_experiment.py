"""Yamada et al. 2024, Fig. 5: the particle under steps of intensity, by finite elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thermosim.reproduce.rows import Row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim import Case

COLUMNS = ("intensity_kW_per_cm2", "delta_T_K")
LEVELS = (2.7e7, 5.4e7, 8.1e7, 13.5e7, 18.9e7, 27.0e7)  # W/m²: 2.7 to 27 kW/cm²
STEP = 900.0  # s: the intensity changes every 15 minutes
_PARTICLE = {"shape": {"kind": "sphere", "radius": "5 um"}}
_MICA = {"kind": "slab", "material": "muscovite", "radius": "1 mm", "thickness": "20 um"}
_EVEN, _REAL = {"assumptions": "favourable"}, {"assumptions": "careful"}
ASSUMPTIONS: dict[str, dict[str, Any]] = {
    "black body, hardly any contact": {
        **_EVEN,
        "particle": {**_PARTICLE, "emissivity": 1.0},
        "contact": {"kind": "disk", "radius": "1 nm", "h_c": "1e7 W/(m^2*K)"},
    },
    "emissivity of a small body, JKR contact": {
        **_EVEN,
        "particle": {**_PARTICLE, "emissivity": "small_body"},
        "contact": {"kind": "jkr"},
    },
    "and real light, which has to get out": {
        **_REAL,
        "particle": {**_PARTICLE, "emissivity": "small_body"},
        "contact": {"kind": "jkr"},
    },
}


@dataclass(frozen=True)
class Experiment:
    """What one set of assumptions gives.

    Attributes
    ----------
    intensity, steady : steady mean ΔT [K] at each intensity [W/m²]
    time, course : mean ΔT [K] over time [s] under the steps of Fig. 5d; None if not computed
    settling : time [s] to 63 % of the first plateau
    """

    name: str
    intensity: NDArray[np.float64]
    steady: NDArray[np.float64]
    time: NDArray[np.float64] | None = None
    course: NDArray[np.float64] | None = None
    settling: float | None = None


class Measured(NamedTuple):
    """Measured points: intensity [W/m²] and ΔT [K]."""

    intensity: NDArray[np.float64]
    delta_T: NDArray[np.float64]


def read_measured(file: Path) -> Measured:
    """Return the points of a CSV file with the columns of `COLUMNS`.

    Raises
    ------
    ValueError
        If a column is missing, or an entry is no number.
    OSError
        If it cannot be read.
    """
    import csv

    with file.open(newline="", encoding="utf-8-sig") as stream:
        table = csv.DictReader(stream)
        rows, head = list(table), table.fieldnames or ()
    rule = f"must be a CSV file of numbers with the columns {', '.join(COLUMNS)}"
    if not {*COLUMNS} <= {*head}:
        raise ValueError(f"{rule}; found the columns {', '.join(head) or '(none)'}")
    try:
        values = [[float(row[name]) for name in COLUMNS] for row in rows]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{rule}; found {error}") from error
    if not values:
        raise ValueError(f"{rule}; it holds no point")
    intensity, delta_T = np.array(values, dtype=np.float64).T
    return Measured(1e7 * intensity, delta_T)


def case_of(name: str, intensity: float, transient: dict[str, Any] | None = None) -> Case:
    """Return the case of one set of assumptions at one intensity [W/m²]."""
    from thermosim import parse_case

    tree = {
        "title": f"Yamada et al. 2024, {name}",
        "substrate": _MICA,
        "laser": {"intensity": f"{intensity} W/m^2"},
        "solver": {"error_estimate": False},
        **ASSUMPTIONS[name],
    }
    if transient is not None:
        tree["transient"] = transient
    return parse_case(tree)


def run_experiments(folder: Path, tell: Callable[[str], None]) -> Iterator[Experiment]:
    """Yield the experiment under each set of assumptions; its transients are kept in `folder`."""
    from thermosim import simulate

    intensity = np.asarray(np.geomspace(0.3e7, 30e7, 13), dtype=np.float64)
    for name in ASSUMPTIONS:
        tell(f"Fig. 5e, {name}: {len(intensity)} steady states")
        steady = np.array([simulate(case_of(name, float(I))).delta_T_mean_K for I in intensity])
        if ASSUMPTIONS[name]["assumptions"] == "careful":  # a steady state in time tells no more
            yield Experiment(name, intensity, steady)
            continue
        tell(f"Fig. 5d, {name}: {len(LEVELS)} steps of 15 minutes")
        time, course = _course(name, folder / name.replace(", ", "_").replace(" ", "_"))
        yield Experiment(name, intensity, steady, time, course, settling_time(time, course))


def _course(name: str, folder: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from thermosim import load_series, simulate

    schedule = {
        "kind": "steps",
        "every": f"{STEP} s",
        "intensities": [f"{level} W/m^2" for level in LEVELS],
    }
    transient = {"duration": f"{len(LEVELS) * STEP} s", "schedule": schedule}
    simulate(case_of(name, LEVELS[0], transient), folder)
    series = load_series(folder)
    return series["time_s"], series["delta_T_mean_K"]


def settling_time(time: NDArray[np.float64], course: NDArray[np.float64]) -> float:
    """Return the time [s] at which ΔT has come 63 % of the way to its first plateau."""
    first = time <= STEP * (1 - 1e-9)
    t, y = np.append(0.0, time[first]), np.append(0.0, course[first])
    share = y / y[-1]
    return float(np.interp(1 - np.exp(-1.0), np.maximum.accumulate(share), t))


def experiment_rows(experiments: list[Experiment]) -> list[Row]:
    """Return the rows of Fig. 5."""
    rows = []
    for found in experiments:
        name = found.name
        best = int(np.argmin(found.steady))
        rows += [
            Row("Fig. 5c", f"lowest ΔT: {name}", "K", "-9", float(found.steady[best]), 3,
                "18.3 nW in all at most; density of dots and emissivity are missing input",
                "paper", "n_dots"),
            Row("Fig. 5e", f"intensity of the lowest ΔT: {name}", "kW/cm²", "a few",
                float(found.intensity[best]) / 1e7, 2, "one of 13 computed; by choice of σ_abs g "
                "is largest at 2.9, and falls as dots cool", "paper", "σ_abs"),
            Row("Fig. 5e", f"intensity where heating begins: {name}", "kW/cm²", None,
                crossover(found) / 1e7, 2, "Auger recombination; the paper prints no number"),
        ]  # fmt: skip
        if found.settling is not None:
            rows.append(
                Row("Fig. 5c", f"time to 63 % of the first plateau: {name}", "s", "about 600",
                    found.settling, 2, "a particle alone is faster than the 10 minutes observed",
                    "paper")
            )  # fmt: skip
    return rows


def crossover(found: Experiment) -> float:
    """Return the intensity [W/m²] where the steady ΔT changes sign; infinity if it does not."""
    warm = np.flatnonzero((found.steady[1:] > 0) & (found.steady[:-1] <= 0))
    if not len(warm):
        return float("inf")
    i = int(warm[0])
    low, high = found.steady[i], found.steady[i + 1]
    x0, x1 = np.log(found.intensity[i]), np.log(found.intensity[i + 1])
    return float(np.exp(x0 + (x1 - x0) * low / (low - high)))
