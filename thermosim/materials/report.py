"""Materials for printing: the library as tables in Markdown, and properties that vary with T."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from thermosim.materials.catalogue import load_material, material_names
from thermosim.materials.laws import ROOM_TEMPERATURE, Law
from thermosim.materials.material import Material
from thermosim.materials.size_table import SizeTable

_SYMBOLS = {"k": "k", "k_par": "∥", "k_perp": "⊥"}
_UNITS = {"conductivity": "_W_per_m_K", "density": "_kg_per_m3", "specific_heat": "_J_per_kg_K"}
STEP = 100.0
"""Distance [K] between the two temperatures of `varying_properties`."""
_HEAD = (
    "| material | k [W/(m K)] | cp [J/(kg K)] | ρ [kg/m³] | n (532 nm) | IR emissivity |",
    "|---|---|---|---|---|---|",
)


def varying_properties(materials: Mapping[str, Material], T: float) -> dict[str, float]:
    """Return each property that is no constant, by material, at ``T`` and 100 K above it [K].

    They show whether coefficients mean what they were meant to.
    """
    found = {}
    for name, material in materials.items():
        for path, law in material.laws().items():
            if law.is_constant:
                continue
            what, unit = path.replace(".", "_"), _UNITS.get(path.partition(".")[0], "")
            for at in (T, T + STEP):
                found[f"{name}_{what}_at_{at:g}_K{unit}"] = float(law.at(at))
    return found


def table() -> str:
    """Return the values of the library at 300 K; ``~`` marks estimates."""
    return "\n".join([*_HEAD, *(_row(name) for name in material_names())])


def sources() -> str:
    """Return, for every property of the library, value, range, uncertainty and source."""
    head = "| property | value | range | ± | source |\n|---|---|---|---|---|"
    blocks = []
    for name in material_names():
        material = load_material(name)
        rows = "\n".join(_source_row(*entry) for entry in _entries(material))
        blocks.append(f"### {name}\n{material.description}.\n\n{head}\n{rows}")
    return "\n\n".join(blocks)


def _row(name: str) -> str:
    material = load_material(name)
    components = material.conductivity.laws()
    if len(components) == 1:
        k = _law_text(components["k"])
    else:
        k = ", ".join(f"{_SYMBOLS[part]} {_law_text(law)}" for part, law in components.items())
    cells = [name, k, _law_text(material.specific_heat), _law_text(material.density)]
    return f"| {' | '.join([*cells, _index_text(material), _emissivity_text(material)])} |"


def _law_text(law: Law[Any] | None) -> str:
    if law is None:
        return "–"
    return f"{'~' if law.estimate else ''}{float(law.at(ROOM_TEMPERATURE)):.5g}"


def _index_text(material: Material) -> str:
    index = material.refractive_index
    if index is None:
        return "–"
    value = complex(index.at(532e-9))
    absorption = f" + {value.imag:.4g}i" if value.imag else ""
    return f"{'~' if index.estimate else ''}{value.real:.4g}{absorption}"


def _emissivity_text(material: Material) -> str:
    emissivity = material.emissivity
    if emissivity is None:
        return "–"
    if isinstance(emissivity, SizeTable):
        first, last = emissivity.sizes[0] * 1e6, emissivity.sizes[-1] * 1e6
        return (
            f"{'~' if emissivity.estimate else ''}{emissivity.values[0]:g} to "
            f"{emissivity.values[-1]:g} for {emissivity.size} {first:g} to {last:g} µm"
        )
    return _law_text(emissivity)


def _entries(material: Material) -> Iterator[tuple[str, str, Any]]:
    laws = {**material.conductivity.laws()}
    for part, law in laws.items():
        yield part, _law_text(law), law
    yield "cp", _law_text(material.specific_heat), material.specific_heat
    yield "ρ", _law_text(material.density), material.density
    yield "n", _index_text(material), material.refractive_index
    if material.emissivity is not None:
        yield "ε", _emissivity_text(material), material.emissivity


def _source_row(name: str, value: str, entry: Any) -> str:
    spread = f"{entry.low:g} to {entry.high:g}"
    factor = getattr(entry, "uncertainty_factor", None)
    sigma = f"factor {factor:g}" if factor else f"{100 * entry.relative_uncertainty:g} %"
    return f"| {name} | {value} | {spread} | {sigma} | {entry.source} |"
