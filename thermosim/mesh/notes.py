"""What was changed in a mesh that was read, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thermosim.mesh.plane import PLANES

TURNED, SPLIT, STRAIGHTENED = "plane_of_file", "split_cells", "straightened_cells"
"""Keys of the report of a mesh; they stand there only where something was done."""


def notes(report: Mapping[str, float], symmetry: str) -> Iterator[str]:
    """Yield what was done to a mesh on reading it."""
    if TURNED in report:
        axes = "(r, z)" if symmetry == "axisymmetric" else "(x, y)"
        plane = list(PLANES)[int(report[TURNED])]
        yield f"mesh: the figure lies in {plane} of its file, which is {axes} here"
    if SPLIT in report:
        yield (
            f"mesh: {int(report[SPLIT])} cells with four-cornered faces were split into triangles "
            "or tetrahedra"
        )
    if STRAIGHTENED in report:
        yield (
            f"mesh: {int(report[STRAIGHTENED])} curved cells folded over and were straightened; "
            "smaller cells follow the curved faces better"
        )
