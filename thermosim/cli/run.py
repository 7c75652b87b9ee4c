"""``thermosim run`` and ``thermosim compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.body import body_rows
from thermosim.cli.console import (
    JsonOption,
    OutputOption,
    OverwriteOption,
    QuietOption,
    SetOption,
    console,
    engineering,
    is_root,
    print_json,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from thermosim.case import AnyCase
    from thermosim.results import Result

_PATHS = {
    "heat_source_W": "released in the particle",
    "heat_to_chamber_W": "particle to chamber",
    "heat_to_substrate_W": "particle to substrate",
    "heat_substrate_to_chamber_W": "substrate to chamber",
    "heat_to_holder_W": "substrate to holder",
}


ResumeOption = Annotated[
    Path | None,
    typer.Option("--resume", metavar="DIR", help="Go on with the interrupted transient in DIR"),
]


def run(
    case: Annotated[Path | None, typer.Argument(metavar="CASE", help="Case file (TOML)")] = None,
    output: OutputOption = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    overwrite: OverwriteOption = False,
    resume: ResumeOption = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Compute a case: ΔT, where the heat goes, files and pictures.

    Runs alone or under mpirun/srun. Without -o the results go to a folder named after the case.
    """
    from thermosim.case import load_case
    from thermosim.errors import CaseError

    if (case is None) == (resume is None):
        raise CaseError("thermosim run needs a case file, or --resume DIR alone")
    if case is None or resume is not None:
        assert resume is not None
        if output is not None or overrides or overwrite:
            raise CaseError("--resume goes on as the run began: leave out -o, --set, --overwrite")
        result = resume_case(resume, quiet=quiet or json)
    else:
        folder = output or Path(case.stem)
        loaded = load_case(case, overrides)
        result = run_case(loaded, folder, overwrite=overwrite, quiet=quiet or json)
    if json:
        print_json(result.document())
    elif not quiet:
        print_result(result)


def run_case(case: AnyCase, folder: Path, *, overwrite: bool, quiet: bool) -> Result:
    """Run one case with progress and pictures."""
    from mpi4py import MPI

    from thermosim.parallel import abort_on_exception
    from thermosim.simulation import simulate

    abort_on_exception(MPI.COMM_WORLD)
    with progress(quiet=quiet) as tell:

        def draw(staged: Path) -> None:
            if case.output.pictures:
                from thermosim.visual.report import draw_result

                tell("pictures")
                draw_result(staged)

        return simulate(case, folder, overwrite=overwrite, tell=tell, finish=draw)


def resume_case(directory: Path, *, quiet: bool) -> Result:
    """Go on with an interrupted transient, with progress and pictures."""
    from mpi4py import MPI

    from thermosim.parallel import abort_on_exception
    from thermosim.simulate_transient import find_interrupted, resume_transient

    abort_on_exception(MPI.COMM_WORLD)
    _, case = find_interrupted(directory)
    with progress(quiet=quiet) as tell:

        def draw(staged: Path) -> None:
            if case.output.pictures:
                from thermosim.visual.report import draw_result

                tell("pictures")
                draw_result(staged)

        return resume_transient(directory, tell=tell, finish=draw)


def print_result(result: Result) -> None:
    """Print the closing table."""
    from thermosim.case import Case

    rows = particle_rows(result) if isinstance(result.case, Case) else body_rows(result)
    for note in result.notes:
        rows[f"note {len(rows)}"] = note
    if result.directory is not None:
        rows["files"] = str(result.directory)
    print_table(result.case.title or "result", rows)


def particle_rows(result: Result) -> dict[str, str]:
    """Return the rows of the closing table of a particle."""
    numbers = result.summary
    mean = engineering(numbers["delta_T_mean_K"], "K", 5)
    if "delta_T_error_K" in numbers:
        mean += f" ± {engineering(numbers['delta_T_error_K'], 'K', 2)} (numerical)"
    low = engineering(numbers["delta_T_min_K"], "K", 5)
    high = engineering(numbers["delta_T_max_K"], "K", 5)
    rows = {"ΔT of the particle, mean": mean, "lowest … highest": f"{low} … {high}"}
    if "delta_T_thermometer_K" in numbers:
        reading = engineering(numbers["delta_T_thermometer_K"], "K")
        noise = f"{numbers['delta_T_thermometer_sigma_K']:.2g} K"
        rows["PL thermometry would read"] = f"{reading} ± {noise} (photon noise)"
    for name, text in _PATHS.items():
        if name in numbers:
            rows[text] = engineering(numbers[name], "W")
    rows["energy balance"] = f"{numbers['energy_balance_rel']:.1e} of the heat turned over"
    rows["solved"] = (
        f"{numbers['n_dofs']} unknowns, {numbers['newton_iterations']} Newton and "
        f"{numbers['linear_iterations']} linear iterations, {numbers['wall_s']:.2f} s"
    )
    if numbers.get("kind") == "transient":
        rows |= _transient_rows(numbers)
    return rows


def _transient_rows(numbers: dict[str, Any]) -> dict[str, str]:
    """Return what the table says of a transient: when it ended, steps, time constants, lock-in."""
    early = " (steady)" if numbers["ended_steady"] else ""
    rows = {"at": f"{engineering(numbers['time_s'], 's')}{early} in {numbers['n_steps']} steps"}
    if "time_constant_63_s" in numbers:
        rows["63 % of the last change after"] = engineering(numbers["time_constant_63_s"], "s")
    for entry in numbers.get("lock_in", []):
        amplitude = engineering(entry["amplitude_K"], "K")
        name = f"lock-in at {engineering(entry['frequency_Hz'], 'Hz')}"
        rows[name] = f"{amplitude}, {entry['lag_rad']:.4f} rad behind the light"
    return rows


def compare(
    cases: Annotated[list[Path], typer.Argument(metavar="CASE…", help="Two or more case files")],
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Run several cases and set them side by side: ΔT and the heat-leak budget."""
    from thermosim.case import load_case

    folder = output or Path("comparison")
    loaded = {path.stem: load_case(path) for path in cases}
    results = {
        name: run_case(case, folder / name, overwrite=True, quiet=quiet or json)
        for name, case in loaded.items()
    }
    if not is_root():
        return
    if loaded and all(case.output.pictures for case in loaded.values()):
        from thermosim.visual.report import draw_comparison

        draw_comparison([folder / name for name in results], folder)
    if json:
        print_json({name: result.document() for name, result in results.items()})
    elif not quiet:
        print_comparison(results)


def print_comparison(results: dict[str, Any]) -> None:
    """Print the results in columns."""
    from rich.table import Table

    table = Table(title="side by side", title_justify="left")
    table.add_column("")
    for name in results:
        table.add_column(name, justify="right", overflow="fold")
    keys = {"delta_T_mean_K": "ΔT mean", "delta_T_error_K": "± numerical", **_PATHS}
    for key, text in keys.items():
        unit = key.rpartition("_")[2]
        values = [
            engineering(r.summary[key], unit) if key in r.summary else "" for r in results.values()
        ]
        table.add_row(text, *values)
    console().print(table)
