"""``thermosim thermometry``: from a file of spectra to temperatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    AxisOption,
    BlockOption,
    ColumnOption,
    DecimalOption,
    JsonOption,
    OutputOption,
    OverwriteOption,
    SeparatorOption,
    console,
    is_root,
    print_json,
    say,
)
from thermosim.cli.gain import FIGURE_HINT

if TYPE_CHECKING:
    from thermosim.thermometry import Spectra, ThermometrySeries, ThermometrySettings

_OPTIONS = {
    "E_min": "--window (first)",
    "E_max": "--window (second)",
    "bin_width": "--bin",
    "reference_temperature": "--reference-temperature",
    "reference_label": "--reference",
    "background_E_min": "--background (first)",
    "background_E_max": "--background (second)",
    "counts_per_unit": "--counts-per-unit",
    "read_noise": "--read-noise",
    "weights": "--weights",
    "misfit": "--misfit",
    "case": "--window",
}
_SHOWN_ROWS = 40


def thermometry(
    spectra: Annotated[
        list[Path],
        typer.Argument(
            metavar="SPECTRA...",
            help="Text of an axis and spectra; or several files, one spectrum each",
        ),
    ],
    output: OutputOption = None,
    window: Annotated[
        tuple[str, str],
        typer.Option(
            metavar="LOW HIGH",
            help="Photon energies, or wavelengths, between which the line is fitted",
        ),
    ] = ("2.50 eV", "2.60 eV"),
    background: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="LOW HIGH",
            help="Photon energies, or wavelengths, without emission, for the background",
        ),
    ] = None,
    reference: Annotated[
        str, typer.Option(metavar="NAME", help="Column of the reference; the first by default")
    ] = "",
    reference_temperature: Annotated[
        str, typer.Option(metavar="T", help="Temperature of the reference")
    ] = "300 K",
    bin_width: Annotated[
        str, typer.Option("--bin", metavar="WIDTH", help="Samples are summed to bins of this width")
    ] = "1 meV",
    weights: Annotated[
        str, typer.Option(metavar="RULE", help='"poisson", "binomial" or "uniform"')
    ] = "poisson",
    counts_per_unit: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Photons per unit of the numbers; by default 1, or what their scatter tells",
        ),
    ] = None,
    read_noise: Annotated[
        float | None,
        typer.Option(metavar="A", help="Noise of a sample without light, in units of the numbers"),
    ] = None,
    misfit: Annotated[
        str,
        typer.Option(metavar="RULE", help='A bent log ratio: "refuse" the number or "inflate" ±'),
    ] = "refuse",
    axis: AxisOption = "",
    column: ColumnOption = "",
    separator: SeparatorOption = "",
    decimal: DecimalOption = "",
    block: BlockOption = 0,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Read temperatures from luminescence spectra, by the ratio of their high-energy tails."""
    from thermosim.language.named import photon_energies
    from thermosim.language.tables import Reading
    from thermosim.thermometry import read_spectra, summary, temperature_series

    window = photon_energies(*window)
    background = background and photon_energies(*background)
    settings = settings_of(
        E_min=window[0],
        E_max=window[1],
        reference_temperature=reference_temperature,
        reference_label=reference,
        bin_width=bin_width,
        weights=weights,
        counts_per_unit=counts_per_unit,
        read_noise=read_noise,
        misfit=misfit,
        background_E_min=background[0] if background else None,
        background_E_max=background[1] if background else None,
    )
    data = read_spectra(spectra, Reading(axis, column, separator, decimal, block))
    series = temperature_series(data, settings)
    document = {**summary(series, settings), "reading": list(data.notes)}
    if output is not None:
        write_readings(data, series, document, output, overwrite=overwrite)
    for warning in series.warnings:
        say(f"WARNING: {warning}")
    if json:
        print_json(document)
        return
    say_reading(data, series)
    print_readings(series, f"{data.source}: {window[0]} to {window[1]}")
    say(f"files: {output}" if output is not None else FIGURE_HINT)


def say_reading(data: Spectra, series: ThermometrySeries) -> None:
    """Say what was taken for axis, columns, background and noise."""
    used = series.settings
    noise = {
        "uniform": "noise: from the scatter about the line",
        "binomial": "noise: of counts",
    }.get(used.weights, f"noise: of counts, {used.counts_per_unit:.4g} photons per unit")
    if used.read_noise:
        noise += f", and {used.read_noise:.4g} units a sample without light"
    known = data.dark is not None or used.background is not None
    background = "" if known else "background: none taken off (--background LOW HIGH)"
    per = "signal: per sample; a ratio needs neither per nm nor per eV"
    for text in filter(None, (*data.notes, per, background, noise)):
        say(text)


def settings_of(**given: Any) -> ThermometrySettings:
    """Return validated settings.

    Raises
    ------
    CaseError
        Naming the option of each fault.
    """
    from pydantic import ValidationError

    from thermosim.case.errors import problems_of
    from thermosim.errors import CaseError, Problem
    from thermosim.thermometry import ThermometrySettings

    tree = {name: value for name, value in given.items() if value is not None}
    try:
        return ThermometrySettings.model_validate(tree, context={"case_file": "command line"})
    except ValidationError as error:
        found = problems_of(error, tree, ThermometrySettings)
        renamed = [Problem(_OPTIONS[p.path], p.value, p.rule, p.remedy) for p in found]
        raise CaseError(renamed) from error


def print_readings(series: ThermometrySeries, title: str) -> None:
    """Print one row for each spectrum."""
    if not is_root():
        return
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    for name in ("spectrum", "T (K)", "ΔT (K)", "± (K)", "reduced χ²"):
        table.add_column(name, justify="left" if name == "spectrum" else "right")
    for i, label in enumerate(series.labels[:_SHOWN_ROWS]):
        if series.refused[i]:
            chi2 = f"{series.reduced_chi2[i]:.2f}"
            table.add_row(label, "none", "refused", "", chi2)
            continue
        if i == series.reference_index:
            table.add_row(label, f"{series.reference_temperature:.2f}", "reference", "", "")
            continue
        numbers = (series.temperature[i], series.delta_T[i], series.sigma[i])
        chi2 = f"{series.reduced_chi2[i]:.2f}"
        table.add_row(label, *(f"{value:.2f}" for value in numbers), chi2)
    console().print(table)
    if len(series.labels) > _SHOWN_ROWS:
        say(f"{len(series.labels) - _SHOWN_ROWS} more spectra: see --json, or -o DIR")


def write_readings(
    spectra: Spectra,
    series: ThermometrySeries,
    document: dict[str, Any],
    output: Path,
    *,
    overwrite: bool,
) -> None:
    """Write the readings as JSON and CSV, and three figures, to a folder."""
    from thermosim.cli.folder import filled_folder, write_columns, write_json
    from thermosim.visual import thermometry_plots as plots
    from thermosim.visual.style import save

    with filled_folder(output, "thermometry", overwrite=overwrite) as folder:
        write_json(folder / "thermometry.json", document)
        write_columns(folder / "readings.csv", document["readings"])
        save(plots.plot_spectra(spectra, series.settings), folder / "spectra.png")
        save(plots.plot_ratios(spectra, series, series.settings), folder / "ratios.png")
        save(plots.plot_series(series), folder / "temperature.png")
