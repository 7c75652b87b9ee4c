"""What commands share: arguments, printing, one voice among several ranks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

_OF_MPIRUN = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")
_RANK_VARIABLES = (*_OF_MPIRUN, "SLURM_PROCID")
_PR_SET_PDEATHSIG = 1  # prctl(2)

CaseArgument = Annotated[Path, typer.Argument(metavar="CASE", help="Case file (TOML)")]
SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help='Override a value of the case, e.g. --set particle.shape.radius="2 um"; may repeat',
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else")]
OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for the results")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace a result that is in the folder")
]
AxisOption = Annotated[
    str, typer.Option(metavar="UNIT", help="Unit of the axis of the file, such as nm, eV, 1/cm, ns")
]
ColumnOption = Annotated[
    str, typer.Option(metavar="NAME", help="The one column to take, by name or number")
]
SeparatorOption = Annotated[
    str, typer.Option(metavar="MARK", help="What separates columns: tabs, commas, semicolons …")
]
DecimalOption = Annotated[str, typer.Option(metavar="MARK", help='Mark of decimals: "." or ","')]
BlockOption = Annotated[
    int, typer.Option(min=0, metavar="N", help="Which table of the file, where it has several")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors")]


def is_root() -> bool:
    """Whether this process is rank 0 of an MPI run, or alone; asks no MPI library."""
    for name in _RANK_VARIABLES:
        if name in os.environ:
            return os.environ[name] == "0"
    return True


def under_mpi() -> bool:
    """Whether a launcher (mpirun, srun) started this process, as one of several if it is Slurm.

    Slurm gives a number to a batch script too, which is alone.
    """
    several = int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1
    return several or any(name in os.environ for name in _OF_MPIRUN)


def go_with_launcher() -> None:
    """End this rank when mpirun is killed: MPI would wait for ever for what mpirun should say."""
    if not any(name in os.environ for name in _OF_MPIRUN):
        return
    import ctypes
    import signal

    launcher = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher:
        os.kill(os.getpid(), signal.SIGKILL)


def console(*, stderr: bool = False) -> Any:
    """Return a rich console; plain text under mpirun, whose ranks write to terminals of its own."""
    from rich.console import Console

    return Console(stderr=stderr, force_terminal=False if under_mpi() else None)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object (on rank 0)."""
    if is_root():
        text = json.dumps(document, indent=2, allow_nan=False, default=_plain)
        sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def print_table(title: str, rows: Mapping[str, str]) -> None:
    """Print two columns, name and value (on rank 0)."""
    if not is_root():
        return
    from rich.table import Table

    table = Table(title=title, show_header=False, title_justify="left", box=None, padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, value)
    console().print(table)


def say(text: str) -> None:
    """Print a line for people, on rank 0, to stderr: stdout is for figures."""
    if is_root():
        sys.stderr.write(text + "\n")


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what goes on: a spinner on a terminal, plain lines elsewhere."""
    if quiet or not is_root():
        yield lambda text: None
        return
    if under_mpi() or not sys.stderr.isatty():
        yield say
        return
    screen = console(stderr=True)
    with screen.status("starting") as status:

        def tell(text: str) -> None:
            screen.print(text, highlight=False, style="yellow" if "WARNING" in text else "dim")
            status.update(text)

        yield tell


def plain(text: str) -> str:
    """Return a text with a minus that can be copied into a file or a shell."""
    return text.replace("−", "-")


def engineering(value: float, unit: str, digits: int = 4, *, zeros: bool = False) -> str:
    """Return a number with an SI prefix and a plain minus: ``-18 nW``; see `units.si_text`."""
    from thermosim.language.units import si_text

    return plain(si_text(value, unit, digits, zeros=zeros))
