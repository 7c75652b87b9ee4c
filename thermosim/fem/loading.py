"""A quick start and end: what takes its time with modules and serves nothing here."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# SciPy takes all names of NumPy, its submodules among them; its special functions take linear
# algebra for the zeros of polynomials, one of its optimisers a triangulation, its documentation
# pydoc: half of what SciPy costs a command.
_LATER = (
    "numpy.f2py",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.random",
    "numpy.testing",
    "pydoc",
    "scipy.linalg",
    "scipy.spatial",
)


class _Later:
    """Loads the modules of `_LATER` once something of them is used, not where they are named."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where such a module is, to be loaded later; None for any other module."""
        if name not in _LATER:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def leave_for_later() -> None:
    """Load what SciPy names and seldom uses when it is used, not with SciPy.

    Nor does pydantic look for plug-ins of its own in all that is installed, unless it is told to.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if _Later not in sys.meta_path:
        sys.meta_path.insert(0, _Later)


class _Process:
    """What is known of the process."""

    is_one_command = False


def leave_to_the_end(*, one_command: bool) -> None:
    """Leave what is loaded to the end of the process, where Python would look for cycles in it.

    A fifth of the time of `thermosim check`. What is in no cycle is freed as ever, and files are
    closed where they are written. `one_command` says that the process is there for one command.
    """
    atexit.register(gc.freeze)
    _Process.is_one_command = one_command


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


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Do as `loading`, at the start of a command: what is there then is never looked through.

    Else all of it would be at the first look after `loading`, a sixteenth of the time of
    `thermosim check`. Not in a process that has something else to do, where it might free much.
    """
    with loading():
        yield
        if _Process.is_one_command:
            gc.freeze()
