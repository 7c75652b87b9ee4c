"""The application: its commands, and how errors end."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from thermosim import __version__
from thermosim.cli.console import go_with_launcher, is_root, under_mpi
from thermosim.errors import CaseError, MissingDependencyError, ThermosimError

app = typer.Typer(
    name="thermosim",
    help="How cold can a particle get? Absorbed light, gain of quantum dots, heat flow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"thermosim {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    """How cold can a particle get? Absorbed light, gain of quantum dots, heat flow."""


def _failed(error: ThermosimError) -> int:
    """Say why on rank 0, and return the exit status."""
    if is_root():
        sys.stderr.write(f"thermosim: {error}\n")
        sys.stderr.flush()
    _leave_together(error)
    return error.exit_status


def _missing(error: ImportError) -> int:
    """Say what is not installed, or not as a whole, and the command that gets it.

    Raises
    ------
    ImportError
        If a module of thermosim itself is at fault.
    """
    from thermosim.cli.installation import how_to_get

    module = (error.name or "").split(".")[0]
    if module == "thermosim":
        raise error
    return _failed(MissingDependencyError(f"{error}. Run:  {how_to_get(module)}"))


def _leave_together(error: ThermosimError) -> None:
    """Wait for the other ranks: mpirun ends them, rank 0 in mid-sentence, once one has failed."""
    if not under_mpi() or importlib.util.find_spec("mpi4py") is None:
        return
    from thermosim.fem.parallel import end_together, wrong_launcher

    if wrong_launcher():
        time.sleep(0.0 if is_root() else 1.0)  # what MPI would be needed for: rank 0 speaks first
        return
    from mpi4py import MPI  # noqa: F401  begins MPI where the command had not come to it

    end_together(str(error), error.exit_status)


def _settle_home() -> None:
    """Give libraries a home where there is none: a user without a name, in a batch system."""
    try:
        Path.home()
    except RuntimeError:
        import tempfile

        os.environ["HOME"] = tempfile.gettempdir()


def _check_completion(arguments: list[str]) -> None:
    """Refuse to install completion for a command that the user's shell does not find.

    Raises
    ------
    CaseError
        If thermosim is not on PATH, or is so inside of docker/run alone.
    """
    if not any(word.startswith("--install-completion") for word in arguments):
        return
    inside = os.environ.get("THERMOSIM_ROUTE") not in (None, "", "host")
    if inside or shutil.which("thermosim") is None:
        where = "inside of docker/run alone" if inside else "not on PATH"
        raise CaseError(
            f"--install-completion: thermosim is {where}, so your shell would complete nothing; "
            "install the package (docs/install.md), then ask again; in a clone "
            "`. docker/completion.bash` completes docker/run thermosim"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    from thermosim.cli import commands
    from thermosim.fem.loading import leave_for_later, leave_to_the_end, loading

    leave_for_later()
    leave_to_the_end(one_command=arguments is None)
    words = sys.argv[1:] if arguments is None else arguments
    with loading():
        commands.register(app, words)
    _settle_home()
    go_with_launcher()
    printed = sys.stdout
    try:
        _check_completion(words)
        app(args=arguments, prog_name="thermosim", standalone_mode=True)
    except ThermosimError as error:
        return _failed(error)
    except ImportError as error:
        return _missing(error)
    except KeyboardInterrupt:
        if is_root():
            sys.stderr.write("thermosim: interrupted\n")
        return 130
    except BrokenPipeError:
        # the reader (head, less) went away; keep the interpreter from complaining at exit
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if is_root():
            name = f"{error.filename}: " if error.filename else ""
            sys.stderr.write(f"thermosim: {name}{error.strerror or error}\n")
        return 5
    except SystemExit as stop:
        if stop.code == 130 and is_root():
            sys.stderr.write("thermosim: interrupted\n")
        if sys.stdout is not printed:  # click's sign that the reader went away
            return 141
        return stop.code if isinstance(stop.code, int) else 1
    return 0
