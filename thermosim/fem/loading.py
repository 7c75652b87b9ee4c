"""A quick start: what takes its time while modules are loaded and serves nothing here."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

_FORTRAN = "numpy.f2py"


class _LaterFortran:
    """Loads NumPy's wrapper of Fortran once something of it is used.

    SciPy takes all names of NumPy, this one among them, and uses nothing of it: 0.1 s.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the wrapper is, to be loaded later; None for any other module."""
        if name != _FORTRAN:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def leave_fortran() -> None:
    """Load NumPy's wrapper of Fortran when it is used, not with SciPy."""
    if _LaterFortran not in sys.meta_path:
        sys.meta_path.insert(0, _LaterFortran)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Keep the collector of cycles still: what is loaded stays, and it would look through it all.

    A sixth of the time of `thermosim check`. Not for work that makes much and drops it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
