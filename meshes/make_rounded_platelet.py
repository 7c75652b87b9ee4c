"""Write ``rounded_platelet.step``: 12 x 8 x 3 mm with all edges rounded by 1 mm, by OpenCASCADE.

Run from the root of the checkout: ``python3 meshes/make_rounded_platelet.py``. The geometry is the
same each time; the text of the file may differ with the version of OpenCASCADE.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from thermosim.shapes.cad import gmsh_session

EDGES, ROUNDING = (12.0, 8.0, 3.0), 1.0


def main() -> None:
    """Write the file beside this script, or to the path given."""
    here = Path(__file__).parent / "rounded_platelet.step"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else here
    with gmsh_session() as gmsh:
        box = gmsh.model.occ.addBox(-EDGES[0] / 2, -EDGES[1] / 2, 0.0, *EDGES)
        gmsh.model.occ.synchronize()
        edges = [edge for _, edge in gmsh.model.getEntities(1)]
        gmsh.model.occ.fillet([box], edges, [ROUNDING])
        gmsh.model.occ.synchronize()
        gmsh.write(str(target))
    # neither the time of writing nor the path of the writer belongs to the body
    name = f"FILE_NAME('{here.name}','2026-01-01T00:00:00'"
    text = re.sub(r"FILE_NAME\('[^']*','[^']*'", name, target.read_text(encoding="ascii"))
    target.write_text(text, encoding="ascii")
    print(f"{target}: {' x '.join(map(str, EDGES))} mm, edges rounded by {ROUNDING} mm")


if __name__ == "__main__":
    main()
