"""``thermosim optimise``: the coldest point within bounds, and what keeps it from being colder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
    SetOption,
    console,
    is_root,
    plain,
    print_json,
    progress,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from thermosim.case.read import AnyCase
    from thermosim.infer.optimise import Best, Constraints, Search, Varied

_EXAMPLE = "write PATH=LOW..HIGH UNIT, such as laser.intensity=0.01..10 kW/cm^2"


def optimise(
    case: CaseArgument,
    vary: Annotated[
        list[str],
        typer.Option(metavar="PATH=LOW..HIGH UNIT", help=f"What varies: {_EXAMPLE}; may repeat"),
    ],
    beam_power: Annotated[
        str | None, typer.Option(metavar="P", help='Most power of the beam, such as "50 mW"')
    ] = None,
    substrate_heating: Annotated[
        str | None,
        typer.Option(metavar="ΔT", help="Most that light in the substrate warms the contact"),
    ] = None,
    sight: Annotated[
        float | None,
        typer.Option(metavar="N", help="Fewest sigma of photon noise of [thermometry] that ΔT is"),
    ] = None,
    lumped: Annotated[
        bool, typer.Option("--lumped", help="Do without the finite-element run at the optimum")
    ] = False,
    by_runs: Annotated[
        bool,
        typer.Option("--by-runs", help="Go on from there by runs, along the adjoint gradient"),
    ] = False,
    output: OutputOption = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Find the coldest point of a case within bounds, and confirm it by a run.

    The balance of `limits` is searched; with -o also a map about the optimum.
    """
    from thermosim.case.read import load_case
    from thermosim.infer.bench import Bench
    from thermosim.infer.optimise import Constraints, Search
    from thermosim.infer.optimise import optimise as best_of

    loaded = load_case(case, overrides)
    _require_light(loaded)
    varied = [_varied(loaded, text) for text in vary]
    limits = Constraints(
        _limit("--beam-power", beam_power, "W"),
        _limit("--substrate-heating", substrate_heating, "delta_degC"),
        sight,
    )
    particle: Any = loaded
    search = Search(Bench(particle), varied, limits)
    with progress(quiet=quiet or json) as tell:
        best = best_of(search, tell)
        document = _document(loaded, search, best, limits)
        if by_runs:
            document["by_runs"] = _by_runs(search, best, tell)
            document["delta_T_run_K"] = document["by_runs"]["first_K"]
        elif not lumped:
            tell("a run at the optimum")
            document["delta_T_run_K"] = _run(search, best)
    if not is_root():
        return
    if output is not None:
        _write(output, search, best, document, overwrite=overwrite)
    if json:
        print_json(document)
    else:
        _print(document, varied, best)
        if output is not None:
            say(f"files: {output}")


def _require_light(case: AnyCase) -> None:
    from thermosim.errors import CaseError, Problem
    from thermosim.model.of_case import model_of

    model = model_of(case)
    for there, path, remedy in (
        (model.lump, "particle", "vary a body with thermosim sweep"),
        (model.light, "laser", "add a section [laser]"),
    ):
        if there is None:
            rule = "is missing: an optimum is sought of a lit particle"
            raise CaseError([Problem(path, "", rule, remedy)])


def _varied(case: AnyCase, text: str) -> Varied:
    """Return what ``PATH=LOW..HIGH UNIT`` says."""
    from thermosim.errors import CaseError, Problem
    from thermosim.infer.optimise import Varied
    from thermosim.language.units import parse_quantity
    from thermosim.model.priors import unit_at, value_at

    path, _, span = text.partition("=")
    ends, _, given = span.strip().partition(" ")
    low, dots, high = ends.partition("..")
    if not dots:
        raise CaseError([Problem("--vary", f'"{text}"', "gives no bounds", _EXAMPLE)])
    path = path.strip()
    value_at(case, path)
    unit = unit_at(case, path)
    try:
        bounds = [parse_quantity(f"{end} {given}".strip(), unit) for end in (low, high)]
    except ValueError as error:
        raise CaseError([Problem("--vary", f'"{text}"', str(error))]) from error
    if not bounds[0] < bounds[1]:
        raise CaseError([Problem("--vary", f'"{text}"', "the first bound must be the lower one")])
    return Varied(path, bounds[0], bounds[1], unit)


def _limit(option: str, text: str | None, unit: str) -> float | None:
    from thermosim.errors import CaseError, Problem
    from thermosim.language.units import parse_quantity

    if text is None:
        return None
    try:
        found = parse_quantity(text, unit)
    except ValueError as error:
        raise CaseError([Problem(option, f'"{text}"', str(error))]) from error
    if found <= 0.0:
        raise CaseError([Problem(option, f'"{text}"', "must be above zero")])
    return found


def _run(search: Search, best: Best) -> float:
    """Return the mean ΔT [K] of a finite-element run at the optimum."""
    from thermosim.fem.parallel import begin_ranks
    from thermosim.run.simulate import simulate

    begin_ranks()
    found: float = simulate(search.bench.changed(best.values)).summary["delta_T_mean_K"]
    return found


def _by_runs(search: Search, best: Best, tell: Callable[[str], None]) -> dict[str, Any]:
    """Return where runs go from the optimum."""
    from mpi4py import MPI

    from thermosim.fem.parallel import begin_ranks
    from thermosim.infer.descent import descend, solver_of

    begin_ranks()
    return vars(descend(search, best, solver_of(search, MPI.COMM_WORLD), tell))


def _document(case: AnyCase, search: Search, best: Best, limits: Constraints) -> dict[str, Any]:
    units = {v.path: v.unit for v in search.varied}
    return {
        "title": case.title,
        "delta_T_K": best.delta_T,
        "best": {
            path: {"value": value, "unit": units[path], "interval": list(best.intervals[path]),
                   "at_bound": path in best.at_bound}
            for path, value in best.values.items()
        },
        "within": 0.01,
        "delta_T_as_written_K": search.delta_T({}),
        "constraints": {name: v for name, v in vars(limits).items() if v is not None},
        "binding": list(best.binding),
    }  # fmt: skip


def _write(
    output: Path, search: Search, best: Best, document: dict[str, Any], *, overwrite: bool
) -> None:
    from thermosim.cli.folder import filled_folder, write_json
    from thermosim.infer.optimise import mapped
    from thermosim.visual.optimum_map import draw_optimum
    from thermosim.visual.style import save

    found = mapped(search, best)
    case = search.bench.changed(best.values)
    with filled_folder(output, "optimise", overwrite=overwrite) as folder:
        write_json(folder / "optimum.json", document)
        (folder / "case.toml").write_text(case.to_toml(), encoding="utf-8")
        save(draw_optimum(found, best.values, case.title), folder / "map.png")


def _print(document: dict[str, Any], varied: list[Varied], best: Best) -> None:
    """Print the optimum, the interval of each number, and what binds."""
    from rich.table import Table

    from thermosim.visual.claim_words import kelvin, quantity

    run = document.get("delta_T_run_K")
    beside = "" if run is None else f"; a run there gives {kelvin(run)}"
    before = document["delta_T_as_written_K"]
    word = "coldest" if best.delta_T < 0.0 else "nothing cools; least warm"
    text = f"{word}: {kelvin(best.delta_T)}{beside}; the case as it stands {kelvin(before)}"
    console().print(plain(text), highlight=False, soft_wrap=True)
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("number", no_wrap=True)
    for name in ("best", "within 1 % of it from", "to", ""):
        table.add_column(name, justify="right" if name else "left")
    for v in varied:
        low, high = best.intervals[v.path]
        row = [quantity(x, v.unit) for x in (best.values[v.path], low, high)]
        table.add_row(v.path, *map(plain, row), "at a bound" if v.path in best.at_bound else "")
    console().print(table)
    if (runs := document.get("by_runs")) is not None:
        units = {v.path: v.unit for v in varied}
        there = ", ".join(f"{p} = {quantity(x, units[p])}" for p, x in runs["values"].items())
        count = f"{runs['runs']} run{'s' if runs['runs'] > 1 else ''}"
        text = f"coldest of {count}: {kelvin(runs['delta_T_K'])} at {there}"
        console().print(plain(text), highlight=False, soft_wrap=True)
        if runs["failure"]:
            console().print(plain(f"ended early: {runs['failure']}"), highlight=False)
    if best.binding:
        console().print(f"held back by: {', '.join(best.binding)}", highlight=False)
