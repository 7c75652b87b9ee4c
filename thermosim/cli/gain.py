"""``thermosim gain`` and ``limits``: the dots and the closed forms, without a mesh."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    OutputOption,
    OverwriteOption,
    SetOption,
    print_json,
    print_table,
    say,
)
from thermosim.cli.gain_rows import gain_rows
from thermosim.fem.loading import starting

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.gain import GainModel
    from thermosim.gain.tables import CoolingMap
    from thermosim.model.model import Light

FIGURE_HINT = "figures and tables: add -o DIR"
MapName = Enum(
    "MapName", {"litmos": "litmos", "mat": "mat", "efficiency": "efficiency", "size": "size"}
)
MapOption = Annotated[
    MapName | None,
    typer.Option(
        "--map",
        help="litmos: ΔT per absorbed power over wavelength; mat: minimum achievable "
        "temperature; efficiency: of cooling, over photon energy and intensity; size: over the "
        "diameter of the dots (needs [gain.size])",
    ),
]
HotSpotsOption = Annotated[
    float,
    typer.Option(help="<I²>/<I>² within the body for --map: the hot_spot_factor of a run"),
]
_AT_CASE = (
    "intensity_peak_W_per_m2",
    "beta_tau_X",
    "eta_ext",
    "gain_per_dot_W",
    "heat_source_W_per_m3",
)
_CLAIM = "--claim"
_DOUBT = (
    'absorption.kind = "urbach" grows without bound under the emission, which exaggerates '
    'reabsorption; use "fermi_edge" or a table with an escape model'
)


def gain(
    case: CaseArgument,
    output: OutputOption = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    chart: MapOption = None,
    hot_spots: HotSpotsOption = 1.0,
) -> None:
    """Print what the dots of a case can do: efficiency, gain, optimum, crossover, escape.

    With -o also draw efficiency and gain over intensity, the gain spectrum for several
    efficiencies, and net cooling over photon energy and intensity; with --map that map.
    """
    with starting():
        loaded, light = lit_case(case, overrides)
    if chart is not None:
        from thermosim.cli.maps import show_map

        show_map(chart, loaded, light, hot_spots, output, overwrite=overwrite, json=json)
        return
    with starting():
        from thermosim.model.of_case import model_of

        numbers, cooling = gain_numbers(light)
        numbers |= model_of(loaded).closed
    if output is not None:
        write_gain(loaded, light, numbers, cooling, output, overwrite=overwrite)
    if json:
        print_json(numbers)
        return
    for note in numbers.get("data_read", ()):
        say(note)
    print_table(loaded.title or str(case), gain_rows(numbers))
    for problem in numbers["problems"]:
        say(f"WARNING: {problem}")
    say(f"files: {output}" if output is not None else FIGURE_HINT)


def lit_case(path: Path, overrides: list[str]) -> tuple[AnyCase, Light]:
    """Return a case of a file, and its light.

    Raises
    ------
    CaseError
        If the case has no laser, so no photon energy.
    """
    from thermosim.case.read import load_case
    from thermosim.errors import CaseError, Problem
    from thermosim.model.of_case import model_of

    case = load_case(path, overrides)
    light = model_of(case).light
    if light is None:
        rule = "is missing; the gain needs a photon energy and an intensity"
        raise CaseError([Problem("laser", "", rule, "add a section [laser]")], str(path))
    return case, light


def gain_numbers(light: Light) -> tuple[dict[str, Any], CoolingMap]:
    """Return every number of the gain of a lit body, and its map over photon energy and intensity.

    Raises
    ------
    CaseError
        If the escape of the emission is not known, or cannot be worked out.
    """
    from thermosim.gain.tables import gain_summary, temperature_variants
    from thermosim.limits.best import best_in_body
    from thermosim.limits.of_case import escape_of, light_numbers

    model, escape = light.resolved()
    numbers = gain_summary(model, light.laser.photon_energy, light.T_ref)
    problems = numbers.pop("problems")
    if escape is not None and light.gain.absorption.kind == "urbach":
        problems = [*problems, _DOUBT]
    cooling = _map(light, model)
    at_case = light_numbers(light)
    I, E = light.laser.peak_intensity, light.laser.photon_energy
    best = numbers.get("intensity_opt_W_per_m2")
    return {
        **numbers,
        **({} if best is None else best_in_body(light, best)),
        **temperature_variants(model, E, I, light.T_ref),
        **escape_of(light),
        **{f"case_{name}": at_case[name] for name in _AT_CASE},
        **_joint(cooling),
        "problems": problems,
    }, cooling


def _joint(cooling: CoolingMap) -> dict[str, Any]:
    from scipy.constants import e

    return {
        "map_photon_energy_min_eV": float(cooling.photon_energy[0]) / e,
        "map_photon_energy_max_eV": float(cooling.photon_energy[-1]) / e,
        "map_intensity_max_W_per_m2": float(cooling.intensity[-1]),
        "joint_best_photon_energy_eV": cooling.best_photon_energy / e,
        "joint_best_intensity_W_per_m2": cooling.best_intensity,
        "joint_best_net_cooling_W_per_m3": cooling.best_net_cooling,
        "joint_best_at_edge": cooling.at_edge,
    }


def _map(light: Light, model: GainModel) -> CoolingMap:
    from scipy.constants import e

    from thermosim.gain.source import mean_escape
    from thermosim.gain.tables import default_intensities, net_cooling_map

    T, E = light.T_ref, light.laser.photon_energy
    top = float(mean_escape(T, model.parameters(E)))
    intensities = default_intensities(model, E, T)
    span = (float(intensities[0]), float(intensities[-1]))
    return net_cooling_map(model, (top - 0.16 * e, top + 0.01 * e), span, T)


def write_gain(
    case: AnyCase,
    light: Light,
    numbers: dict[str, Any],
    cooling: CoolingMap,
    output: Path,
    *,
    overwrite: bool,
) -> None:
    """Write the numbers, the curves over intensity and three figures to a folder."""
    from thermosim.cli.folder import filled_folder, write_columns, write_json
    from thermosim.gain import tables
    from thermosim.visual import gain_plots
    from thermosim.visual.style import save

    model, T = light.resolved().model, light.T_ref
    curve = tables.intensity_curve(model, light.laser.photon_energy, temperature=T)
    spectrum = tables.spectrum_curves(model, temperature=T)
    with filled_folder(output, "gain", overwrite=overwrite) as folder:
        write_json(folder / "gain.json", numbers)
        (folder / "case.toml").write_text(case.to_toml(), encoding="utf-8")
        columns = {
            "intensity_W_per_m2": curve.intensity,
            "x": curve.x,
            "eta_ext": curve.eta_ext,
            "gain_per_dot_W": curve.gain,
            "gain_per_dot_without_auger_W": curve.gain_without_auger,
            "heat_source_W_per_m3": curve.heat_source,
        }
        write_columns(folder / "gain_over_intensity.csv", columns)
        save(gain_plots.draw_intensity_curve(curve, case.title), folder / "gain_over_intensity.png")
        save(gain_plots.draw_gain_spectrum(spectrum, case.title), folder / "gain_spectrum.png")
        save(gain_plots.draw_cooling_map(cooling, case.title), folder / "cooling_map.png")


def limits(
    case: CaseArgument,
    claim: Annotated[
        str | None,
        typer.Option(
            _CLAIM, metavar="ΔT", help='A claimed temperature change to test, such as "-9 K"'
        ),
    ] = None,
    overrides: SetOption = [],  # noqa: B006
    json: JsonOption = False,
) -> None:
    """Print the closed-form limits of a case: how cold, how fast, through which leak."""
    from thermosim.case.read import load_case
    from thermosim.errors import CaseError, Problem
    from thermosim.limits.intensity import unlike_a_run
    from thermosim.limits.of_case import limits_of
    from thermosim.model.of_case import model_of

    claimed = None if claim is None else temperature_difference(claim)
    loaded = load_case(case, overrides)
    model = model_of(loaded)
    T = model.T_ref
    if claimed is not None and claimed <= -T:
        rule = f"lies below absolute zero: the chamber is at {T:g} K"
        raise CaseError([Problem(_CLAIM, f'"{claim}"', rule)])
    numbers = limits_of(loaded, claimed)
    if json:
        print_json(numbers)
    else:
        print_table(loaded.title or str(case), limit_rows(numbers))
        for line in (*unlike_a_run(model.light), *model.remarks(())):
            say(line)


def limit_rows(numbers: dict[str, float]) -> dict[str, str]:
    """Return the rows of the table; a limit that does not exist is said not to."""
    from thermosim.language.named import readable, shown

    rows = {readable(name): shown(name, value) for name, value in numbers.items()}
    for name in ("delta_T_radiation_only_K", "delta_T_all_paths_K"):
        if name not in numbers and "dot_delta_T_closed_K" not in numbers:  # of a dot: its own row
            rows[readable(name)] = "none: no steady state above 0 K and below 5000 K"
    if "claimed_delta_T_K" in numbers:
        lacking = {
            "largest_total_conductance_W_per_K": "none: at that temperature it is driven away",
            "largest_contact_conductance_W_per_K": "none: the other paths alone bring more heat",
            "time_to_claimed_delta_T_s": "never reached",
        }
        rows |= {readable(name): why for name, why in lacking.items() if name not in numbers}
    return rows


def temperature_difference(text: str) -> float:
    """Return a claimed temperature change [K].

    Raises
    ------
    CaseError
        If it is no finite difference other than zero.
    """
    from thermosim.errors import CaseError, Problem
    from thermosim.language.units import parse_quantity

    try:
        value = parse_quantity(text, "delta_degC")
    except ValueError as error:
        rule = 'must be a temperature change, such as "-9 K"'
        raise CaseError([Problem(_CLAIM, f'"{text}"', rule)]) from error
    if value == 0.0:
        raise CaseError([Problem(_CLAIM, f'"{text}"', "must not be zero")])
    return value
