"""What made a result: versions, ranks, mesh and case."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import sys

from thermosim import __version__

_PACKAGES = ("numpy", "scipy", "pydantic", "pint", "mpi4py", "petsc4py", "fenics-dolfinx", "gmsh")


@functools.cache
def _of_package(name: str) -> str | None:
    """Return the version in a package's metadata, which takes a millisecond to read."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    """Return the versions of what computes; packages without metadata are asked themselves."""
    found = {"thermosim_version": __version__, "python_version": platform.python_version()}
    for name in _PACKAGES:
        key = name.replace("fenics-", "").replace("-", "_")
        version, module = _of_package(name), sys.modules.get(key)
        if version is None:
            version = getattr(module, "__version__", None)
        if version is not None:
            found[f"{key}_version"] = str(version)
    return found
