"""``thermosim ladder``: which assumption a computed ΔT hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    QuietOption,
    SetOption,
    console,
    is_root,
    plain,
    print_json,
    progress,
)

if TYPE_CHECKING:
    from thermosim.infer.ladder import Ladder


def ladder(
    case: CaseArgument,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Replace the favourable assumptions of a case one by one; name the one that decides.

    From even light without losses to real light, escape, measured efficiency, emissivity, contact.
    """
    from thermosim.case.read import load_case
    from thermosim.fem.parallel import begin_ranks
    from thermosim.infer import ladder as rungs
    from thermosim.run.simulate import simulate

    loaded = load_case(case, overrides)
    begin_ranks()
    with progress(quiet=quiet or json) as tell:
        found = rungs.ladder(loaded, simulate, tell)
    if not is_root():
        return
    if json:
        print_json(found.document())
    else:
        print_ladder(found, loaded.title or str(case))


_FAR = 300.0  # ΔT [K] beyond which no property of the case is known


def _shown(delta: float) -> str:
    """Return a ΔT [K] in words."""
    from thermosim.language.units import si_text

    return f"> {_FAR:g} K" if delta > _FAR else plain(si_text(delta, "K"))


def print_ladder(found: Ladder, title: str) -> None:
    """Print the rungs, one a line, and the one that decides."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), title=title, title_justify="left")
    for name in ("", "mean ΔT", "assumed from here on"):
        table.add_column(name, justify="right" if name == "mean ΔT" else "left")
    for rung in found.rungs:
        value = rung.delta_T_mean_K
        shown = "no steady state" if value is None else _shown(value)
        table.add_row(rung.name, shown, rung.words)
    written = found.as_written_K
    if written is not None:
        table.add_row("case as written", _shown(written), "")
    console().print(table)
    decides = found.decides
    if decides is not None:
        console().print(f"decides: {decides.name} ({decides.words})")
