"""``thermosim view``: the fields of a result in a window, or in a page to turn in any browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from thermosim.cli.console import OverwriteOption, is_root, say

if TYPE_CHECKING:
    from thermosim.visual.access import Fields

SCENE = "scene.html"


def view(
    directory: Annotated[Path, typer.Argument(help="Folder of a result", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write a page (one file, no network) instead"),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option("--field", help="Shown first: delta_T, T, intensity, excitation or source"),
    ] = None,
    revolve: Annotated[
        bool, typer.Option(help="Show an axisymmetric result as the body it is, cut open")
    ] = True,
    overwrite: OverwriteOption = False,
) -> None:
    """Show the fields of a result: turn, cut, isosurfaces, heat flux, time.

    In a window where there is a screen; else, and with -o, as a page for any browser. Without -o
    the page is scene.html in the folder of the result.
    """
    from thermosim.results import load_result
    from thermosim.visual.access import Fields

    if not is_root():
        return
    fields = Fields(load_result(directory))
    name = fields.checked_name(field)
    if output is None and _has_screen():
        fields.show(name, revolve=revolve)
        return
    place = output or directory / SCENE
    _write_page(fields, place, name, revolve=revolve, overwrite=overwrite or output is None)
    say(f"open in a browser: {place}")


def _write_page(fields: Fields, place: Path, field: str, *, revolve: bool, overwrite: bool) -> None:
    from thermosim.errors import CaseError
    from thermosim.results import manifest
    from thermosim.visual.report import write_scene

    if place.is_dir():
        raise CaseError("is a folder; name a file such as scene.html with -o", str(place))
    if place.exists() and not overwrite:
        raise CaseError("exists; name another file with -o, or add --overwrite", str(place))
    write_scene(fields.result, place, field=field, open=180 if revolve else 360)
    if fields.result.directory == place.parent:
        manifest.add(place.parent, [place.name])


def _has_screen() -> bool:
    """Whether a window can be opened."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
