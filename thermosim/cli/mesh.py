"""``thermosim mesh``: build the mesh of a case, report its quality and sizes, draw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thermosim.cli.console import (
    CaseArgument,
    JsonOption,
    OutputOption,
    OverwriteOption,
    SetOption,
    is_root,
    print_json,
    print_table,
    say,
)

if TYPE_CHECKING:
    from thermosim.fem.data import MeshData

ShowOption = Annotated[
    bool,
    typer.Option("--show", help="Also write mesh.html: turn and zoom the mesh in any browser"),
]


def mesh(
    case: CaseArgument,
    output: OutputOption = None,
    overrides: SetOption = [],  # noqa: B006  typer copies it
    overwrite: OverwriteOption = False,
    show: ShowOption = False,
    json: JsonOption = False,
) -> None:
    """Build the mesh of a case, report its quality and sizes, and draw it.

    Without -o and --show nothing is written. With --show alone the folder is named after the case.
    """
    from thermosim.case.read import load_case
    from thermosim.mesh.build import build_mesh
    from thermosim.mesh.quality import mesh_numbers

    if not is_root():
        return
    data, report = build_mesh(load_case(case, overrides))
    numbers = mesh_numbers(data, report)
    folder = output or (Path(f"{case.stem}_mesh") if show else None)
    if folder is not None:
        _write(data, numbers, folder, show=show, overwrite=overwrite)
    if json:
        print_json(numbers)
        return
    print_table(f"{case}: mesh", {name: _shown(value) for name, value in numbers.items()})
    if folder is not None:
        say(f"files: {folder}")


def _write(
    data: MeshData, numbers: dict[str, Any], folder: Path, *, show: bool, overwrite: bool
) -> None:
    from thermosim.cli.folder import filled_folder, write_json
    from thermosim.visual.mesh_view import draw_mesh, write_view

    with filled_folder(folder, "mesh", overwrite=overwrite) as staged:
        write_json(staged / "mesh.json", numbers)
        draw_mesh(data, staged / "mesh.png")
        if show:
            write_view(data, staged / "mesh.html")


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
