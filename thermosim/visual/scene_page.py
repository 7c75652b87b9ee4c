"""What a page needs to show a scene: data, vtk.js and the program, in one file."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.visual.scene import IN_REPORT, scene_bytes, scene_of

if TYPE_CHECKING:
    from thermosim.results import Result

ASSETS = Path(__file__).parent / "assets"
_PROGRAM = ("scene.js", "view.js", "controls.js")


def scene_parts(result: Result, most: int = IN_REPORT, **begin: Any) -> dict[str, Any]:
    """Return what the template of a scene asks for.

    `begin` sets what is shown at first: ``field``, ``open`` (angle cut open) and so on.
    """
    from markupsafe import Markup

    scene = {**scene_of(result, most), "begin": begin}
    data = base64.b64encode(scene_bytes(scene)).decode()
    return {
        "scene": scene,
        "caption": _caption(result),
        "library": _library(),
        "data": data,
        "program": Markup(program()),  # files of this package
    }


def _caption(result: Result) -> str:
    about = {
        "axisymmetric": "The body of revolution, cut open.",
        "planar": "The cross-section of the body.",
        "quarter": "The quarter that was computed, and its images.",
    }.get(result.layout.symmetry, "The body, cut by a plane.")
    return f"{about} Colours span what the view shows; with a sign they are centred on zero."


def program() -> str:
    """Return the program of scenes."""
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in _PROGRAM)


@cache
def _library() -> str:
    content = (ASSETS / "vtk.min.js").read_bytes()
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
