"""ΔT over samples of all that is not known exactly: for where a straight line does not do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem, SolveError
from thermosim.model.priors import Prior, priors, with_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from thermosim.case.read import AnyCase
    from thermosim.studies.executors import Crew

    Floats = NDArray[np.float64]

_LEVELS = {"p2_5": 0.025, "p16": 0.16, "median": 0.5, "p84": 0.84, "p97_5": 0.975}


def sampled(
    case: AnyCase,
    tell: Callable[[str], None] = lambda text: None,
    crew: Crew | None = None,
    seed: int = 1,
) -> dict[str, Any]:
    """Return how ΔT spreads over a scrambled Sobol sequence of the priors of a case.

    Each sample is a run of its own, done by the processes of a study. Entries are those of a
    summary: quantiles and mean [K], share of the samples that cool, and the rank correlation of
    each parameter with ΔT; of a transient those of its end, and of where ΔT is largest.

    Raises
    ------
    CaseError
        If nothing of the case is uncertain.
    SolveError
        If fewer than half of the samples have a result.
    """
    known = [prior for prior in priors(case) if prior.kind != "assumed"]
    if not known:
        rule = "but no number of the case is uncertain"
        remedy = "name some in [uncertainty.parameters]"
        raise CaseError([Problem("uncertainty.method", '"sobol"', rule, remedy)])
    n = case.uncertainty.samples
    values = sample(known, n, seed)
    tell(f"uncertainty: {n} runs with other values of {len(known)} numbers")
    found, failures = _deltas(case, known, values, crew, tell)
    good = np.isfinite(found["end"])
    if 2 * np.count_nonzero(good) < n:
        why = f"; the first: {failures[0]}" if failures else ""
        raise SolveError(f"only {np.count_nonzero(good)} of {n} samples have a result{why}")
    failed = int(n - np.count_nonzero(good))
    numbers = summary_of(known, values[good], found["end"][good], failed)
    if "extreme" in found:
        extreme = summary_of(known, values[good], found["extreme"][good], failed)
        numbers["delta_T_extreme_material_K"] = extreme["delta_T_material_K"]
        numbers["samples_of_extreme"] = extreme["samples"]
    return numbers


def sample(known: list[Prior], n: int, seed: int) -> Floats:
    """Return values of each prior [SI], shape (n, len(known)), by a scrambled Sobol sequence."""
    from scipy.stats import qmc

    cube = qmc.Sobol(len(known), seed=seed).random(n)
    return np.column_stack([quantile(p, u) for p, u in zip(known, cube.T, strict=True)])


def quantile(prior: Prior, share: Floats) -> Floats:
    """Return the values below which shares of a prior lie; it ends at its bounds."""
    from scipy.stats import norm

    if prior.shape == "uniform":
        half = 3.0**0.5 * prior.sigma
        low, high = max(prior.low, prior.value - half), min(prior.high, prior.value + half)
        return np.asarray(low + share * (high - low))
    low, high = (float(norm.cdf(prior.distance(end))) for end in (prior.low, prior.high))
    sigmas = np.asarray(norm.ppf(low + share * (high - low)))
    if prior.shape == "lognormal":
        return np.asarray(prior.value * np.exp(sigmas * prior.sigma / prior.value))
    return np.asarray(prior.value + sigmas * prior.sigma)


def summary_of(known: list[Prior], values: Floats, delta: Floats, failed: int) -> dict[str, Any]:
    """Return the numbers of samples for a summary; shapes (n, k) and (n,)."""
    from scipy.stats import spearmanr

    levels = np.quantile(delta, list(_LEVELS.values()))
    ranks = {p.path: _finite(spearmanr(values[:, i], delta)[0]) for i, p in enumerate(known)}
    ordered = sorted(ranks.items(), key=lambda item: -abs(item[1]))
    return {
        "delta_T_material_K": float(np.std(delta, ddof=1)),
        "samples": {
            "n": len(delta), "failed": failed, "mean_K": float(np.mean(delta)),
            "sigma_K": float(np.std(delta, ddof=1)),
            **{f"{name}_K": float(level) for name, level in zip(_LEVELS, levels, strict=True)},
            "cooling_share": float(np.mean(delta < 0.0)), "rank_correlation": dict(ordered),
        },
    }  # fmt: skip


def _finite(value: float) -> float:
    """Return a rank correlation; 0 of a parameter that changes nothing."""
    return float(value) if np.isfinite(value) else 0.0


def _deltas(
    case: AnyCase,
    known: list[Prior],
    values: Floats,
    crew: Crew | None,
    tell: Callable[[str], None],
) -> tuple[dict[str, Floats], list[str]]:
    """Return ΔT of every sample [K], not a number where it failed, and what failures said."""
    from thermosim.studies.engine import compute_all
    from thermosim.studies.executors import local
    from thermosim.studies.worker import delta_alone

    cases = {str(i): _with_values(case, known, row) for i, row in enumerate(values)}
    names = ("end",) if case.transient is None else ("end", "extreme")
    found: dict[str, Floats] = {name: np.full(len(cases), np.nan) for name in names}
    failures = list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for count, record in enumerate(
            compute_all(cases, crew or local(), delta_alone, Path(folder))
        ):
            if record.status == "done":
                for name in names:
                    found[name][int(record.key)] = record.summary[name]
            else:
                failures.append(record.message)
            if (count + 1) % max(len(cases) // 8, 1) == 0:
                tell(f"uncertainty: {count + 1} of {len(cases)} runs")
    return found, failures


def _with_values(case: AnyCase, known: list[Prior], values: Floats) -> AnyCase:
    for prior, value in zip(known, values, strict=True):
        case = with_value(case, prior.path, float(value))
    return case
