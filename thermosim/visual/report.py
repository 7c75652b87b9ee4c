"""What a run draws: pictures and a report of a result folder, and results side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.results import load_result
from thermosim.visual.fields_read import has_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from thermosim.results import Result
    from thermosim.visual.fields_cut import Cut

TEMPERATURE, MESH, BUDGET = "temperature.png", "mesh.png", "budget.png"
COURSE, COURSE_HEAT = "course.png", "course_heat.png"
LIGHT, NEAR_FIELD, LADDER = "light.png", "near_field.png", "ladder.json"
UNCERTAINTY = "uncertainty.png"
PICTURES = (COURSE, COURSE_HEAT, TEMPERATURE, LIGHT, NEAR_FIELD, BUDGET, UNCERTAINTY, MESH)
_EVEN = 1e-6  # hot-spot factor minus one, below which there is nothing to see
REPORT, COMPARISON, INDEX = "report.html", "comparison.png", "index.html"


def draw_result(folder: str | Path, ladder: dict[str, Any] | None = None) -> list[Path]:
    """Draw every picture that the files of a result allow, and its report; return what was written.

    A `ladder` (see `infer.ladder`) is kept beside them, and drawn in the report.

    Without field files (``output.fields = false``) there is a picture of the budget only, and the
    report says so.

    Raises
    ------
    CaseError
        If the folder holds no result, or its field files are damaged.
    """
    from thermosim.results import manifest
    from thermosim.visual.budget import draw_budget
    from thermosim.visual.near_field import draw_near_field, read_near_field
    from thermosim.visual.style import save, write_bytes
    from thermosim.visual.uncertainty import draw_uncertainty, has_uncertainty

    result = load_result(folder)
    place = Path(folder)
    written = draw_series(result)
    if has_fields(place):
        temperature, mesh = draw_fields(result)
        written.append(save(temperature, place / TEMPERATURE))
        written.append(save(mesh, place / MESH))
    if has_fields(place) and shows_light(result):
        from thermosim.visual.optics_plots import draw_light_picture

        written.append(save(draw_light_picture(place, result), place / LIGHT))
    if (near := read_near_field(place)) is not None:
        written.append(save(draw_near_field(near, result), place / NEAR_FIELD))
    written.append(save(draw_budget(result), place / BUDGET))
    if ladder is not None:
        written.append(write_bytes(place / LADDER, json.dumps(ladder, indent=1).encode()))
    if has_uncertainty(result):
        written.append(save(draw_uncertainty(result), place / UNCERTAINTY))
    written.append(write_report(place))
    manifest.add(place, [path.name for path in written])
    return written


def shows_light(result: Result) -> bool:
    """Whether the fields hold light that differs from place to place (those of transients: no)."""
    factor = float(result.summary.get("hot_spot_factor", 1.0))
    return factor > 1.0 + _EVEN and result.summary["kind"] == "steady"


def draw_fields(result: Result) -> tuple[Figure, Figure]:
    """Draw temperature and mesh from the field files."""
    from thermosim.visual.bodies import draw_body_mesh, draw_body_temperature
    from thermosim.visual.fields import draw_temperature
    from thermosim.visual.meshes import draw_mesh

    cuts = load_cuts(result)
    if result.layout.focus is None:
        return draw_body_temperature(cuts, result), draw_body_mesh(cuts, result)
    return draw_temperature(cuts[0][1], result), draw_mesh(cuts[0][1], result)


def draw_series(result: Result) -> list[Path]:
    """Draw temperature and heat over time beside the files of a transient; nothing if steady."""
    from thermosim.results.series import SERIES, load_series
    from thermosim.visual.series import draw_course
    from thermosim.visual.style import save

    folder = result.directory
    if folder is None or not (folder / SERIES).is_file():
        return []
    figures = draw_course(result, load_series(folder))
    return [save(f, folder / n) for f, n in zip(figures, (COURSE, COURSE_HEAT), strict=True)]


def load_cut(result: Result) -> Cut | None:
    """Read the first cut from the field files; None if there are none."""
    cuts = load_cuts(result)
    return cuts[0][1] if cuts else None


def load_cuts(result: Result) -> list[tuple[str, Cut]]:
    """Read the cuts of a result, with titles, from its field files; none if there are none.

    Of a particle it is the one through the first particle, in ΔT; of other bodies see
    `bodies.body_cuts`, in absolute temperatures.

    Raises
    ------
    CaseError
        If the files are damaged, or of a version that did not tell its regions.
    """
    from thermosim.visual.bodies import body_cuts
    from thermosim.visual.fields_cut import cut_of
    from thermosim.visual.fields_read import read_field

    folder, numbers = result.directory, result.summary
    if folder is None or not has_fields(folder):
        return []
    if not {"regions", "mesh_unit_m"} <= numbers.keys():
        rule = "summary.json tells no regions and mesh_unit_m: an older thermosim wrote it"
        raise CaseError(f"{rule}; run the case again", str(folder))
    field = read_field(folder, unit=numbers["mesh_unit_m"])
    layout = result.layout
    if layout.focus is not None:
        y = 1e6 * layout.focus.foot[1]
        cuts = [("", cut_of(field, layout.symmetry, y))]
    else:
        cuts = body_cuts(replace(field, values=field.values + layout.T_ref), layout)
    return [(title, replace(cut, numbers=numbers["regions"])) for title, cut in cuts]


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
    kept = place / LADDER
    ladder = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else None
    page = report_page(load_result(place), {name: place / name for name in PICTURES}, ladder)
    return write_bytes(place / REPORT, page.encode())


def write_scene(result: Result, path: Path, **begin: Any) -> Path:
    """Write a page that shows the fields of a result and needs no other file; return its path.

    `begin` sets what is shown at first: ``field``, ``open`` (angle cut open) and so on.
    """
    from thermosim.visual.budget import headline
    from thermosim.visual.html import render
    from thermosim.visual.scene import IN_PAGE
    from thermosim.visual.scene_page import scene_parts
    from thermosim.visual.style import write_bytes

    title = result.case.title or "Untitled case"
    parts = scene_parts(result, IN_PAGE, **begin)
    page = render("scene_page.html.j2", title=title, headline=headline(result), scene_parts=parts)
    return write_bytes(path, page.encode())


def draw_comparison(folders: Sequence[str | Path], output: str | Path) -> list[Path]:
    """Draw results side by side and a page that links to their reports; return what was written.

    Raises
    ------
    CaseError
        If there are fewer than two folders, one holds no result, or particles are to be compared
        with bodies of another geometry.
    """
    from thermosim.visual.compare import draw_side_by_side
    from thermosim.visual.html import comparison_page
    from thermosim.visual.style import save, write_bytes

    if len(folders) < 2:
        raise CaseError(f"a comparison needs two results or more, not {len(folders)}", str(output))
    results = [load_result(folder) for folder in folders]
    if len({result.layout.about for result in results}) > 1:
        rule = "a particle is compared with particles, a [geometry] with others of its kind"
        raise CaseError(f"{rule}; leave one kind out", str(output))
    place = Path(output)
    place.mkdir(parents=True, exist_ok=True)
    picture = save(draw_side_by_side(results, [load_cut(r) for r in results]), place / COMPARISON)
    page = comparison_page(results, picture, place, REPORT)
    return [picture, write_bytes(place / INDEX, page.encode())]
