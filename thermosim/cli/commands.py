"""Which module holds which command; the modules import what is heavy inside their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add every command to the application, in the order of the help."""
    if app.registered_commands:
        return
    from thermosim.cli import (
        case,
        claim,
        fit,
        gain,
        ladder,
        mesh,
        optimise,
        reproduce,
        run,
        sweep,
        thermometry,
        trpl,
        view,
    )

    for command in (
        run.run,
        run.compare,
        view.view,
        sweep.sweep,
        case.check,
        mesh.mesh,
        gain.gain,
        gain.limits,
        ladder.ladder,
        claim.claim,
        optimise.optimise,
        trpl.trpl,
        thermometry.thermometry,
        fit.fit,
        reproduce.reproduce,
        case.init,
        case.schema,
        case.doctor,
    ):
        app.command()(command)
