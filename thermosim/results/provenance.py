"""What made a result: versions, ranks, mesh and case."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from typing import Any

from thermosim import __version__

_PACKAGES = ("numpy", "scipy", "pydantic", "pint", "mpi4py", "petsc4py", "fenics-dolfinx", "gmsh")


def versions() -> dict[str, str]:
    """Return the versions of what computes; packages without metadata are asked themselves."""
    found = {"thermosim_version": __version__, "python_version": platform.python_version()}
    for name in _PACKAGES:
        key = name.replace("fenics-", "").replace("-", "_")
        try:
            found[f"{key}_version"] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            module: Any = sys.modules.get(key)
            if module is not None and hasattr(module, "__version__"):
                found[f"{key}_version"] = str(module.__version__)
    return found
