"""What a run draws: pictures and a report of a result folder, and results side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from thermosim.errors import CaseError
from thermosim.results import load_result
from thermosim.visual.fields_read import has_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.results import Result
    from thermosim.visual.fields_cut import Cut

TEMPERATURE, MESH, BUDGET = "temperature.png", "mesh.png", "budget.png"
COURSE, COURSE_HEAT = "course.png", "course_heat.png"
PICTURES = (COURSE, COURSE_HEAT, TEMPERATURE, BUDGET, MESH)
REPORT, COMPARISON, INDEX = "report.html", "comparison.png", "index.html"


def draw_result(folder: str | Path) -> list[Path]:
    """Draw every picture that the files of a result allow, and its report; return what was written.

    Without field files (``output.fields = false``) there is a picture of the budget only, and the
    report says so.

    Raises
    ------
    CaseError
        If the folder holds no result, or its field files are damaged.
    """
    from thermosim.visual.budget import draw_budget
    from thermosim.visual.fields import draw_temperature
    from thermosim.visual.meshes import draw_mesh
    from thermosim.visual.style import save

    result = load_result(folder)
    place = Path(folder)
    written = draw_series(result)
    cut = load_cut(result)
    if cut is not None:
        written.append(save(draw_temperature(cut, result), place / TEMPERATURE))
        written.append(save(draw_mesh(cut, result), place / MESH))
    written.append(save(draw_budget(result), place / BUDGET))
    return [*written, write_report(place)]


def draw_series(result: Result) -> list[Path]:
    """Draw ΔT and heat over time beside the files of a transient; nothing of a steady result."""
    from thermosim.results.series import SERIES, load_series
    from thermosim.visual.series import draw_course
    from thermosim.visual.style import save

    folder = result.directory
    if folder is None or not (folder / SERIES).is_file():
        return []
    figures = draw_course(result, load_series(folder))
    return [save(f, folder / n) for f, n in zip(figures, (COURSE, COURSE_HEAT), strict=True)]


def load_cut(result: Result) -> Cut | None:
    """Read the cut through the first particle from the field files; None if there are none."""
    from thermosim.visual.fields_cut import cut_of
    from thermosim.visual.fields_read import read_field

    if result.directory is None or not has_fields(result.directory):
        return None
    y = float(result.case.particle.places()[0, 1]) * 1e6
    return cut_of(read_field(result.directory), result.case.symmetry, y)


def write_report(folder: str | Path) -> Path:
    """Write ``report.html`` of a result, one page that needs no other file; return its path.

    It embeds the pictures that are in the folder and draws none: `draw_result` does both.

    Raises
    ------
    CaseError
        If the folder holds no result.
    """
    from thermosim.visual.html import report_page
    from thermosim.visual.style import write_bytes

    place = Path(folder)
    page = report_page(load_result(place), {name: place / name for name in PICTURES})
    return write_bytes(place / REPORT, page.encode())


def draw_comparison(folders: Sequence[str | Path], output: str | Path) -> list[Path]:
    """Draw results side by side and a page that links to their reports; return what was written.

    Raises
    ------
    CaseError
        If there are fewer than two folders, or one holds no result.
    """
    from thermosim.visual.compare import draw_side_by_side
    from thermosim.visual.html import comparison_page
    from thermosim.visual.style import save, write_bytes

    if len(folders) < 2:
        raise CaseError(f"a comparison needs two results or more, not {len(folders)}", str(output))
    place = Path(output)
    place.mkdir(parents=True, exist_ok=True)
    results = [load_result(folder) for folder in folders]
    picture = save(draw_side_by_side(results, [load_cut(r) for r in results]), place / COMPARISON)
    page = comparison_page(results, picture, place, REPORT)
    return [picture, write_bytes(place / INDEX, page.encode())]
