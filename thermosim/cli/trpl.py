"""``thermosim trpl``: the emission after a pulse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    AxisOption,
    CaseArgument,
    ColumnOption,
    JsonOption,
    OutputOption,
    OverwriteOption,
    SetOption,
    print_json,
    print_table,
    say,
)
from thermosim.cli.gain import FIGURE_HINT, lit_case

if TYPE_CHECKING:
    from thermosim.gain import GainModel
    from thermosim.gain.tables import Decays
    from thermosim.language.tables import Decays as Measured


def trpl(
    case: CaseArgument,
    output: OutputOption = None,
    fluence: Annotated[
        list[float],
        typer.Option("--excitons", help="Mean number of excitons per dot and pulse; may repeat"),
    ] = [0.1, 0.3, 1.0, 3.0],  # noqa: B006
    charged: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the dots that hold a charge")
    ] = 0.0,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="Length of the decay; 5 tau_X by default")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Measured decays to lay beside: time and counts"),
    ] = None,
    axis: AxisOption = "",
    column: ColumnOption = "",
    channel: Annotated[
        str, typer.Option(metavar="TIME", help="Time from row to row, where FILE has counts alone")
    ] = "",
    overrides: SetOption = [],  # noqa: B006
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Print the decay of the emission after a short pulse, over fluence."""
    loaded, light = lit_case(case, overrides)
    decays = decays_of(light.gain, fluence, charged, duration)
    measured = None
    if data is not None:
        from thermosim.language.tables import Reading, read_decays

        measured = read_decays(data, Reading(axis, column), channel)
    if output is not None:
        write_decays(decays, measured, loaded.title, output, overwrite=overwrite)
    if json:
        document = decay_document(decays, charged)
        print_json(document | ({"measured": measured_document(measured)} if measured else {}))
        return
    for note in measured.notes if measured is not None else ():
        say(note)
    print_decays(decays, loaded.title or str(case))
    say(f"files: {output}" if output is not None else FIGURE_HINT)


def decays_of(
    model: GainModel, fluence: list[float], charged: float, duration: str | None
) -> Decays:
    """Return decays at 401 times, dense early on, for each mean number of excitons.

    Raises
    ------
    CaseError
        If a number of excitons is not positive, or the duration is no positive time.
    """
    import numpy as np

    from thermosim.errors import CaseError, Problem
    from thermosim.gain.tables import trpl_table
    from thermosim.language.units import parse_quantity

    low = [n for n in fluence if not 0.0 < n < float("inf")]
    if low:
        raise CaseError([Problem("--excitons", f"{low[0]:g}", "must be > 0 and finite")])
    end = 5.0 * model.recombination.tau_X
    if duration is not None:
        try:
            end = parse_quantity(duration, "s")
        except ValueError as error:
            raise CaseError([Problem("--duration", f'"{duration}"', str(error))]) from error
        if end <= 0.0:
            raise CaseError([Problem("--duration", f'"{duration}"', "must be > 0")])
    return trpl_table(model, end * np.linspace(0.0, 1.0, 401) ** 2, sorted(set(fluence)), charged)


def decay_document(decays: Decays, charged: float) -> dict[str, Any]:
    """Return decays as plain values; the signal is ``I tau_rad / n``, one list per fluence."""
    return {
        "charged_fraction": charged,
        "mean_excitons": decays.mean_excitons.tolist(),
        "time_ns": (decays.time * 1e9).tolist(),
        "signal_times_tau_rad_per_exciton": decays.signal.tolist(),
    }


def measured_document(measured: Measured) -> dict[str, Any]:
    """Return measured decays as plain values, with what the reader took."""
    return {
        "reading": list(measured.notes),
        "label": list(measured.labels),
        "time_ns": (measured.time * 1e9).tolist(),
        "counts": measured.counts.tolist(),
        "peak_ns": (measured.time[measured.counts.argmax(axis=1)] * 1e9).tolist(),
        "response": None if measured.response is None else measured.response.tolist(),
    }


def print_decays(decays: Decays, title: str) -> None:
    """Print the 20th and each 40th time."""
    rows = {"excitons per pulse": "".join(f"{n:>11g}" for n in decays.mean_excitons)}
    for i in (0, 20, *range(40, len(decays.time), 40)):
        name = f"{decays.time[i] * 1e9:.4g} ns"
        rows[name] = "".join(f"{value:>11.4g}" for value in decays.signal[:, i])
    print_table(f"{title}: I tau_rad/<n> (1) after a pulse", rows)


def write_decays(
    decays: Decays, measured: Measured | None, title: str, output: Path, *, overwrite: bool
) -> None:
    """Write decays as CSV and as a figure to a folder."""
    from thermosim.cli.folder import filled_folder, write_columns
    from thermosim.visual.gain_plots import draw_decays
    from thermosim.visual.style import save

    with filled_folder(output, "trpl", overwrite=overwrite) as folder:
        columns = {"time_ns": decays.time * 1e9}
        for n, row in zip(decays.mean_excitons, decays.signal, strict=True):
            columns[f"excitons_{n:g}"] = row
        write_columns(folder / "trpl.csv", columns)
        if measured is not None:
            pairs = zip(measured.labels, measured.counts, strict=True)
            write_columns(folder / "measured.csv", {"time_ns": measured.time * 1e9, **dict(pairs)})
        save(draw_decays(decays, title, measured), folder / "trpl.png")
