"""Methods of a study, ``study.method``: where in the unit cube of what varies it computes points.

A method is registered where it is written: a class below `Method` with its name.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from thermosim.language.kinds import enter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MODULES: tuple[str, ...] = ()
"""Modules that hold methods besides those here."""
_REGISTER: dict[str, type[Method]] = {}


class Method(ABC):
    """A way to sample the unit cube; ``grid`` alone takes every combination instead."""

    samples: ClassVar[bool] = True
    power_of_2: ClassVar[bool] = False
    """Whether the number of samples must be a power of 2."""
    ranks: ClassVar[bool] = False
    """Whether `indices` tells how much each input matters; stages are then refused."""
    indices_have_unit: ClassVar[bool] = False
    """Whether the indices have the unit of the objective; they are shares otherwise."""

    def __init_subclass__(cls, name: str) -> None:
        """Enter the method in the register."""
        super().__init_subclass__()
        enter(_REGISTER, name, cls, f'study.method = "{name}"')

    @abstractmethod
    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return samples of the unit cube, shape (n_samples, dim); the same for the same seed."""

    def indices(self, names: list[str], n: int, seed: int, y: Floats) -> dict[str, Floats]:
        """Return numbers that tell how much each input (by name) matters for the results `y`."""
        return {}


def methods() -> dict[str, type[Method]]:
    """Return every method by its name."""
    for name in MODULES:
        importlib.import_module(name)
    return _REGISTER


class Grid(Method, name="grid"):
    """Every combination of the values given: nothing is sampled."""

    samples = False

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return no samples."""
        import numpy as np

        return np.empty((0, dim))


class RandomSamples(Method, name="random"):
    """Independent uniform samples."""

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return `n` samples."""
        import numpy as np

        return np.random.default_rng(seed).random((n, dim))


class LatinHypercube(Method, name="latin_hypercube"):
    """One sample in every n-th share of every input."""

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return `n` samples."""
        import numpy as np
        from scipy.stats import qmc

        return np.asarray(qmc.LatinHypercube(dim, seed=seed).random(n))


class SobolSequence(Method, name="sobol"):
    """A scrambled Sobol sequence."""

    power_of_2 = True

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return `n` samples."""
        import numpy as np
        from scipy.stats import qmc

        return np.asarray(qmc.Sobol(dim, seed=seed).random(n))


class Saltelli(Method, name="saltelli"):
    """Samples for Sobol indices (10.1016/j.cpc.2009.09.018), by SALib."""

    power_of_2 = True
    ranks = True

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return ``n (dim + 2)`` samples."""
        import numpy as np
        from SALib.sample import sobol

        problem = _problem([f"x{i}" for i in range(dim)])
        return np.asarray(sobol.sample(problem, n, calc_second_order=False, seed=seed))

    def indices(self, names: list[str], n: int, seed: int, y: Floats) -> dict[str, Floats]:
        """Return first-order ``S1`` and total ``ST`` indices with 95 % intervals.

        10.1016/S0378-4754(00)00270-6.
        """
        from SALib.analyze import sobol

        found = sobol.analyze(_problem(names), y, calc_second_order=False, seed=seed)
        return {key: found[key] for key in ("S1", "S1_conf", "ST", "ST_conf")}


class Morris(Method, name="morris"):
    """Trajectories for elementary effects (10.1080/00401706.1991.10484804), by SALib."""

    ranks = True
    indices_have_unit = True

    def cube(self, n: int, dim: int, seed: int) -> Floats:
        """Return ``n (dim + 1)`` samples."""
        import numpy as np
        from SALib.sample import morris

        return np.asarray(morris.sample(_problem([f"x{i}" for i in range(dim)]), n, seed=seed))

    def indices(self, names: list[str], n: int, seed: int, y: Floats) -> dict[str, Floats]:
        """Return ``mu``, ``mu_star``, ``sigma`` of the effects over the whole ranges.

        10.1016/j.envsoft.2006.10.004; in the unit of `y`.
        """
        from SALib.analyze import morris

        found = morris.analyze(_problem(names), self.cube(n, len(names), seed), y, seed=seed)
        return {key: found[key] for key in ("mu", "mu_star", "mu_star_conf", "sigma")}


def _problem(names: list[str]) -> dict[str, Any]:
    """Return SALib's description of the unit cube."""
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
