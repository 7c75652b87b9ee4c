"""Which module holds which command; the modules import what is heavy inside their functions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

# In the order of the help; a command is the function of its name.
HOMES = {
    "run": "run",
    "compare": "run",
    "view": "view",
    "sweep": "sweep",
    "check": "case",
    "mesh": "mesh",
    "gain": "gain",
    "limits": "gain",
    "ladder": "ladder",
    "claim": "claim",
    "optimise": "optimise",
    "trpl": "trpl",
    "thermometry": "thermometry",
    "fit": "fit",
    "reproduce": "reproduce",
    "init": "case",
    "schema": "case",
    "doctor": "case",
}


def register(app: typer.Typer, arguments: Sequence[str] = ()) -> None:
    """Add the command that the arguments begin with to the application, or all where none does.

    The others are needed by help, completion and the message about an unknown command; reading
    their options takes as long as importing typer.
    """
    app.registered_commands.clear()
    for name in arguments[:1] if arguments and arguments[0] in HOMES else HOMES:
        app.command()(getattr(import_module(f"thermosim.cli.{HOMES[name]}"), name))
