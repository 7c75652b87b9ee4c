"""``thermosim fit``: what measured data say of the parameters of a model, and what they do not."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thermosim.cli.console import (
    AxisOption,
    BlockOption,
    ColumnOption,
    DecimalOption,
    JsonOption,
    OverwriteOption,
    SeparatorOption,
    is_root,
    print_json,
    print_table,
    say,
)

if TYPE_CHECKING:
    from thermosim.infer.fit.file import Task
    from thermosim.infer.fit.result import Fit

ModelName = Enum(
    "ModelName",
    {
        "trpl": "trpl",
        "efficiency": "efficiency",
        "excitation": "excitation",
        "cooling": "cooling",
        "litmos": "litmos",
    },
)
_SHOWN, _SAMPLES = 15, 5000


def fit(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="Measured data, or one TOML file with [fit]"),
    ],
    model: Annotated[
        ModelName | None,
        typer.Option(
            help="trpl: decays; efficiency: over intensity; excitation: spectrum; cooling: ΔT over "
            "intensity or time; litmos: ΔT per power over wavelength"
        ),
    ] = None,
    case: Annotated[
        Path | None, typer.Option(metavar="CASE", help="Case file: dots, light and body")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="PATH", help="Folder, or one page: fit.html"),
    ] = None,
    fix: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUE", help="Hold a parameter; may repeat"),
    ] = [],  # noqa: B006
    free: Annotated[
        list[str], typer.Option(metavar="NAME", help="Fit a parameter that is held; may repeat")
    ] = [],  # noqa: B006
    prior: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUE+-SIGMA", help="What is known from elsewhere; may repeat"),
    ] = [],  # noqa: B006
    start: Annotated[
        list[str], typer.Option(metavar="NAME=VALUE", help="Where to look first; may repeat")
    ] = [],  # noqa: B006
    share: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="One parameter for all data sets, such as scale"),
    ] = [],  # noqa: B006
    each: Annotated[
        list[str],
        typer.Option(metavar="NAME", help="A parameter that each data set has its own of"),
    ] = [],  # noqa: B006
    noise: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="counts, errors (a column), scatter, relative, a share (3 %) or a value (5 mK)",
        ),
    ] = "",
    window: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="LOW HIGH", help="Take the data between these places of the axis"),
    ] = None,
    unit: Annotated[str, typer.Option(metavar="UNIT", help="Unit of the column: %, mK …")] = "",
    response: Annotated[
        str,
        typer.Option(metavar="WIDTH|FILE", help="trpl: FWHM of the response (300 ps) or its file"),
    ] = "",
    channel: Annotated[
        str, typer.Option(metavar="TIME", help="trpl: time from row to row of counts alone")
    ] = "",
    excitons: Annotated[
        list[float],
        typer.Option(metavar="N", help="trpl: mean excitons of each decay, where known; repeat"),
    ] = [],  # noqa: B006
    misfit: Annotated[
        str,
        typer.Option(metavar="RULE", help='A model that does not fit: "refuse" or "inflate" ±'),
    ] = "refuse",
    posterior: Annotated[
        bool,
        typer.Option("--posterior", help="Sample the posterior, too: intervals, weights of modes"),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of the dice of the posterior (1)")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(metavar="N", help="Most steps of each walker of the posterior (20000)"),
    ] = None,
    axis: AxisOption = "",
    column: ColumnOption = "",
    separator: SeparatorOption = "",
    decimal: DecimalOption = "",
    block: BlockOption = 0,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Fit measured data: parameters with their intervals, and what the data cannot tell apart."""
    from thermosim.infer.fit.data import Asked
    from thermosim.infer.fit.file import Task, model_of, read_fit
    from thermosim.infer.fit.page import document_of, notes_of
    from thermosim.infer.fit.parameters import Wishes
    from thermosim.infer.fit.posterior import walk_of
    from thermosim.infer.fit.result import fit as fitted
    from thermosim.language.tables import Reading

    _require(data, model, misfit, output, overwrite=overwrite)
    if model is None:
        task = read_fit(data[0])
    else:
        reading = Reading(axis, "", separator, decimal, block)
        asked = Asked(reading, noise, unit, window, channel, response, tuple(excitons), column)
        wishes = Wishes(fix, free, start, prior, share, each)
        task = Task([model_of(model.value, data, asked, case)], wishes, misfit == "inflate")
    walk = walk_of(task.walk, seed, steps, posterior=posterior)
    found = fitted(task.models, task.wishes, inflate=task.inflate, curves=output is not None,
                   walk=walk, tell=say)  # fmt: skip
    document = document_of(found)
    if output is not None:
        write_fit(found, _title(task), output, overwrite=overwrite)
    for warning in found.warnings:
        say(f"WARNING: {warning}")
    if json:
        print_json(document)
        return
    for note in notes_of(found):
        say(note)
    print_fit(found, _title(task))
    say(
        f"files: {output}" if output is not None else "page with residuals and profiles: add -o DIR"
    )


def _title(task: Task) -> str:
    sources = dict.fromkeys(Path(one.source).name for m in task.models for one in m.sets)
    return f"{' + '.join(m.name for m in task.models)}: {', '.join(sources)}"


def _require(
    data: list[Path], model: ModelName | None, misfit: str, output: Path | None, *, overwrite: bool
) -> None:
    """Refuse options that do not go together, before anything is computed.

    Raises
    ------
    CaseError
        Naming the option.
    """
    from thermosim.errors import CaseError, Problem

    if misfit not in ("refuse", "inflate"):
        raise CaseError([Problem("--misfit", f'"{misfit}"', "must be refuse or inflate")])
    if model is None and (len(data) != 1 or data[0].suffix != ".toml"):
        rule = "is needed: trpl, efficiency, excitation, cooling or litmos"
        raise CaseError([Problem("--model", "", rule, "or give one TOML file with [fit]")])
    if output is not None and output.suffix == ".html":
        if output.exists() and not overwrite:
            raise CaseError([Problem("--output", str(output), "exists", "add --overwrite")])
        if not output.parent.is_dir():
            raise CaseError([Problem("--output", str(output), "lies in no folder that exists")])


def print_fit(found: Fit, title: str) -> None:
    """Print the parameters, chi², and what cannot be told apart."""
    from thermosim.infer.fit.shown import follows, shown

    rows = {}
    for estimate in found.estimates:
        row = shown(estimate)
        rows[row["name"]] = row["value"] + ("  held" if estimate.parameter.held
                                            else f"   95 %: {row['95']}")  # fmt: skip
    for name, (unit, value, sigma) in found.derived.items():
        rows[name] = follows(unit, value, sigma)
    if found.posterior is not None:
        _add_posterior(rows, found)
    rows["reduced chi²"] = f"{found.chi2_reduced:.3g} ({found.freedom} degrees of freedom)"
    for one in found.degenerate[:_SHOWN]:
        rows.setdefault("cannot be told apart", "")
        line = f"{' and '.join(one['parameters'])}: {one['why']}"
        before = rows["cannot be told apart"]
        rows["cannot be told apart"] = f"{before}\n{line}" if before else line
    print_table(title, rows)


def _add_posterior(rows: dict[str, str], found: Fit) -> None:
    """Add to each row of a table what the posterior says."""
    from thermosim.infer.fit.corner import mode_lines, posterior_rows, walk_words

    for name, row in posterior_rows(found).items():
        rows[name] += f"\nposterior {row['median']}   95 %: {row['95']}"
    if lines := mode_lines(found):
        rows["modes"] = "\n".join(lines)
    rows["posterior"] = walk_words(found)


def write_fit(found: Fit, title: str, output: Path, *, overwrite: bool) -> None:
    """Write a page, or a folder of page, numbers, residuals and pictures."""
    from thermosim.cli.folder import filled_folder, write_columns, write_json
    from thermosim.infer.fit.corner import draw_posterior
    from thermosim.infer.fit.page import document_of, draw_fit, draw_profiles, page_of
    from thermosim.visual.style import save, write_bytes

    page = page_of(found, title).encode()
    if output.suffix == ".html":
        if is_root():
            write_bytes(output, page)
        return
    with filled_folder(output, "fit", overwrite=overwrite) as folder:
        (folder / "fit.html").write_bytes(page)
        write_json(folder / "fit.json", document_of(found))
        save(draw_fit(found), folder / "fit.png")
        if found.curves:
            save(draw_profiles(found), folder / "profiles.png")
        if found.posterior is not None:
            save(draw_posterior(found), folder / "posterior.png")
            samples = found.posterior.samples[:: -(-len(found.posterior.samples) // _SAMPLES)]
            of = zip(found.posterior.parameters, samples.T, strict=True)
            write_columns(folder / "posterior.csv", {p.name: list(v) for p, v in of if not p.held})
        sets = list(zip(found.joint.sets, found.predicted, found.residual, strict=True))
        columns = {
            "data_set": [one.label for one, _, _ in sets for _ in one.x],
            "x_SI": [x for one, _, _ in sets for x in one.x],
            "measured": [y for one, _, _ in sets for y in one.y],
            "model": [y for _, m, _ in sets for y in m],
            "residual_over_sigma": [r for _, _, rest in sets for r in rest],
        }
        write_columns(folder / "residuals.csv", columns)
