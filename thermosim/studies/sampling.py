"""Samples of the unit cube and what they stand for: random, Latin hypercube, Sobol, Morris."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.case.study import Study, Variable


def sample_columns(
    study: Study, groups: tuple[tuple[Variable, ...], ...]
) -> dict[str, tuple[Any, ...]]:
    """Return the values of each path at every sample; grouped paths share one coordinate."""
    assert study.samples is not None
    cube = unit_samples(study.method, study.samples, len(groups), study.seed)
    return {
        variable.path: variable.at(shares)
        for shares, group in zip(cube.T, groups, strict=True)
        for variable in group
    }


def unit_samples(method: str, n: int, dim: int, seed: int) -> NDArray[np.float64]:
    """Return samples of the unit cube, shape (n_samples, dim); the same for the same seed.

    "random", "latin_hypercube" and "sobol" (scrambled) give `n` samples, "saltelli" ``n (dim + 2)``
    (10.1016/j.cpc.2009.09.018), "morris" ``n (dim + 1)`` (10.1080/00401706.1991.10484804).
    """
    if method in ("saltelli", "morris"):
        return _salib(method, n, dim, seed)
    from scipy.stats import qmc

    if method == "random":
        return np.random.default_rng(seed).random((n, dim))
    if method == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dim, seed=seed).random(n))
    return np.asarray(qmc.Sobol(dim, seed=seed).random(n))


def salib_problem(names: list[str]) -> dict[str, Any]:
    """Return SALib's description of the unit cube."""
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _salib(method: str, n: int, dim: int, seed: int) -> NDArray[np.float64]:
    problem = salib_problem([f"x{i}" for i in range(dim)])
    if method == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(problem, n, seed=seed))
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem, n, calc_second_order=False, seed=seed))
