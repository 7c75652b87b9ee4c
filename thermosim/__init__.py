"""thermosim: finite-element simulation of laser cooling and heating of small particles.

The names below are imported from their modules on first use, so that ``import thermosim`` is
instant and what needs no finite elements runs without DOLFINx.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Case": "thermosim.case.particle_case",
    "CaseError": "thermosim.errors",
    "DotCase": "thermosim.case.dot_case",
    "GainModel": "thermosim.gain",
    "BodyCase": "thermosim.case.body_case",
    "Laser": "thermosim.optics.beam",
    "Material": "thermosim.materials",
    "Result": "thermosim.results",
    "SolveError": "thermosim.errors",
    "build_mesh": "thermosim.mesh.build",
    "check": "thermosim.infer.check",
    "claim": "thermosim.infer.python",
    "fields": "thermosim.visual.access",
    "fit": "thermosim.infer.python",
    "load_case": "thermosim.case.read",
    "load_material": "thermosim.materials",
    "load_result": "thermosim.results",
    "load_series": "thermosim.results.series",
    "mie_efficiencies": "thermosim.optics.mie",
    "parse_case": "thermosim.case.read",
    "result_rows": "thermosim.results.words",
    "simulate": "thermosim.run.simulate",
    "solve_steady": "thermosim.heat.steady",
    "sweep": "thermosim.studies",
    "write_report": "thermosim.visual.report",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Import a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module 'thermosim' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
