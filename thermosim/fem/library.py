"""DOLFINx, imported as it must be: `dolfinx.utils` loads numba for helpers that nothing here uses.

That would be a third of the time of a small run, so numba is hidden meanwhile.
"""

from __future__ import annotations

import sys
import warnings

import thermosim.fem.first  # noqa: F401
from thermosim.fem.loading import loading

_HIDE_NUMBA = "numba" not in sys.modules
if _HIDE_NUMBA:
    sys.modules["numba"] = None  # type: ignore[assignment]
with loading(), warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Could not import numba", ImportWarning)
    import dolfinx as dolfinx  # noqa: PLC0414
if _HIDE_NUMBA:
    del sys.modules["numba"]
with loading():
    import dolfinx.fem.petsc  # noqa: F401  makes dolfinx.fem.petsc an attribute
