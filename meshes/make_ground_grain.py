"""Write ``ground_grain.stl``: an irregular grain of 10 µm, in micrometres, always the same bytes.

Run from the root of the checkout: ``python3 meshes/make_ground_grain.py``.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np

from thermosim.shapes import Grain

GRAIN = Grain(diameter=10e-6, aspect=(1.0, 0.85, 0.7), facets=24, roughness=0.3, seed=2024)


def binary_stl(triangles: np.ndarray, title: str) -> bytes:
    """Return triangles, shape (n, 3, 3), as a binary STL file (little-endian, 50 bytes each)."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(triangles), dtype=[("floats", "<f4", 12), ("attribute", "<u2")])
    records["floats"][:, :3] = normals
    records["floats"][:, 3:] = triangles.reshape(-1, 9)
    header = title.encode("ascii").ljust(80, b" ")[:80]
    return header + struct.pack("<I", len(triangles)) + records.tobytes()


def main() -> None:
    """Write the file beside this script, or to the path given."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "ground_grain.stl"
    vertices, faces = GRAIN.vertices_faces()
    fans = [(f[0], f[i], f[i + 1]) for f in faces for i in range(1, len(f) - 1)]
    # to float32 before the triangles are made, so that shared corners stay shared
    micrometres = np.round(vertices * 1e6, 6).astype("<f4").astype(float)
    target.write_bytes(binary_stl(micrometres[np.array(fans)], "ground grain, lengths in um"))
    print(f"{target}: {len(fans)} triangles, {GRAIN.volume * 1e18:.3f} um^3")


if __name__ == "__main__":
    main()
