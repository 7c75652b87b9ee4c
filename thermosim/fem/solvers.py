"""PETSc's solvers: their options, and functions that they call."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

import thermosim.fem.first  # noqa: F401

# isort: split
from petsc4py import PETSc

_PREFIXES = itertools.count()


def weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a bound method for PETSc to call, which does not keep its object alive.

    What PETSc holds Python's garbage collector does not see: object and solver would hold each
    other for ever, with mesh, matrices and communicators, of which MPICH has 2048.
    """
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Any:
        alive = reference()
        assert alive is not None, "the owner of a solver lives while it is solved with"
        return alive(*arguments)

    return call


def configure(solver: Any, options: dict[str, Any]) -> None:
    """Give a PETSc object (SNES, KSP, TS) its options under a prefix of its own.

    Those of matrices, which are read when the first one is factored, stay under one for all.
    """
    late = {key for key in options if key.startswith("mat_")}
    prefix = "thermosim_factored_" if late else f"thermosim_{next(_PREFIXES)}_"
    solver.setOptionsPrefix(prefix)
    database = PETSc.Options()
    for key, value in options.items():
        database[prefix + key] = value
    solver.setFromOptions()
    for key in options.keys() - late:
        database.delValue(prefix + key)
