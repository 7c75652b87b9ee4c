"""Seven claims of cooling, and what better models of the package make of them.

``python3 -m tests.cases.better_models`` writes their table into docs/ladder.md, by the lumped
balance that reports use; `test_better_models.py` holds it and compares it with finite elements.
"""

from __future__ import annotations

from pathlib import Path

from thermosim.case.read import load_case
from thermosim.gain.cooling import optimum
from thermosim.infer.quick import quick_ladder
from thermosim.limits.of_case import limits_of
from thermosim.model.of_case import model_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "ladder.md"
BEGIN, END = "<!-- made by tests/cases/better_models.py -->", "<!-- end -->"
MICA, BLACK = "microparticle_on_mica", "yamada2024_radiation_limited"
BEAM = ('laser.profile="gaussian"', 'laser.waist="50 um"')
SMALL = 'particle.shape.radius="1.5 um"'
OWN = "as written"
SHORT = {"substrate in the light": "tinted"}

# name -> case, overrides, sign as written, the rung that decides
ROWS: dict[str, tuple[str, tuple[str, ...], int, str]] = {
    "README demo: 5 µm on mica, 3 kW/cm²": (MICA, (), 1, "real light"),
    "radiation limited, with real light": (
        BLACK, ('assumptions="careful"',), 1, "real light",
    ),
    "1.5 µm, at the optimum of its dots": (MICA, (SMALL,), 1, "real light"),
    "50 µm": (MICA, ('particle.shape.radius="50 um"',), 1, "real light"),
    "eta_X = 0.8, as measured": (
        MICA, ('gain.recombination={kind="trion_biexciton", eta_X=0.8}',), 1, "real light",
    ),
    "50 µm beam on gold": (MICA, (*BEAM, 'substrate.material="gold"'), 1, "real light"),
    "50 µm beam at 0.2 kW/cm² on mica": (
        MICA, (*BEAM, 'laser.intensity="0.2 kW/cm^2"'), -1, "efficiency",
    ),
    "the same, extinction of the mica 1e-6": (
        MICA, (*BEAM, 'laser.intensity="0.2 kW/cm^2"', "@tint"), 1, "efficiency",
    ),
}  # fmt: skip


def case_of(name: str):
    """Return the case of a row."""
    stem, overrides, _, _ = ROWS[name]
    path = ROOT / "cases" / f"{stem}.toml"
    case = load_case(path, [o for o in overrides if not o.startswith("@")])
    if SMALL in overrides:
        light = model_of(case).light
        best = optimum(light.T_ref, light.resolved().model.parameters(light.laser.photon_energy))
        case = load_case(path, [*overrides, f'laser.intensity="{best.intensity} W/m^2"'])
    return tinted(case) if "@tint" in overrides else case


def tinted(case):
    """Return the case with an extinction of 1e-6 in its mica."""
    mica = case.material("muscovite")
    table = mica.refractive_index
    other = table.model_copy(update={"k": (1e-6,) * len(table.wavelengths)})
    materials = {"muscovite": mica.model_copy(update={"refractive_index": other})}
    return case.model_copy(update={"materials": case.materials | materials})


def favourable_of(name: str) -> float:
    """Return ΔT [K] of a row with even light, and all emission out."""
    stem, overrides, _, _ = ROWS[name]
    case = case_of(name)
    intensity = f'laser.intensity="{case.laser.intensity} W/m^2"'
    kept = [o for o in overrides if not o.startswith(("@", "assumptions", "laser.intensity"))]
    even = load_case(
        ROOT / "cases" / f"{stem}.toml", [*kept, intensity, 'assumptions="favourable"']
    )
    even = tinted(even) if "@tint" in overrides else even
    return limits_of(even)["delta_T_all_paths_K"]


def climbed() -> dict[str, tuple[float, dict]]:
    """Return by name ΔT [K] with favourable assumptions, and the ladder."""
    return {name: (favourable_of(name), quick_ladder(case_of(name))) for name in ROWS}


def table(found: dict[str, tuple[float, dict]]) -> str:
    """Return the table of docs/ladder.md."""
    rungs = list(dict.fromkeys(s["name"] for _, ladder in found.values() for s in ladder["steps"]))
    head = ["case", "favourable", *(SHORT.get(r, r) for r in rungs[1:]), OWN, "decides"]
    lines = [head, ["---"] * len(head)]
    for name, (even, ladder) in found.items():
        steps = {s["name"]: s["delta_T_mean_K"] for s in ladder["steps"]}
        numbers = [kelvin(even), *(kelvin(steps.get(rung)) for rung in rungs[1:])]
        lines.append([name, *numbers, f"**{kelvin(ladder[KEY])}**", ladder["decides"]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


KEY = "as_written_delta_T_mean_K"


def kelvin(value: float | None) -> str:
    """Return a temperature in two or three digits, with its sign."""
    if value is None:
        return "-"
    if value > 300.0:
        return "> 300 K"
    scale, unit = (1e3, "mK") if abs(value) < 1.0 else (1.0, "K")
    return f"{scale * value:+.3g} {unit}"


def main() -> None:
    """Write the table."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table(climbed())}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
