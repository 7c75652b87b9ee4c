"""Text meshes of gmsh that are read without gmsh: node for node what gmsh reads."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
gmsh = pytest.importorskip("gmsh")

from thermosim.bodies.geometry import BodyMesh, GeometryFile  # noqa: E402
from thermosim.errors import MeshError  # noqa: E402
from thermosim.mesh import regions  # noqa: E402
from thermosim.mesh.msh import plain_msh  # noqa: E402
from thermosim.model.drawing import BodyDrawing  # noqa: E402


def write(path, order=1, **options):
    """Two boxes and a ball, three regions, of which one has two parts, and two boundaries."""
    gmsh.initialize(readConfigFiles=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        for name, value in options.items():
            gmsh.option.setNumber(f"Mesh.{name}", value)
        occ = gmsh.model.occ
        boxes = [(3, occ.addBox(x, 0, 0, 1, 1, 1)) for x in (0, 1, 2)]
        occ.fragment(boxes, [(3, occ.addSphere(0.5, 0.5, 0.5, 0.3))])
        occ.synchronize()
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.3)
        volumes = [tag for _, tag in gmsh.model.getEntities(3)]
        for group, (tags, name) in enumerate(
            [([volumes[3], volumes[1]], "ends"), ([volumes[2]], "middle"), ([volumes[0]], "ball")]
        ):
            gmsh.model.addPhysicalGroup(3, tags, 7 - group, name)
        sides = [tag for _, tag in gmsh.model.getBoundary(gmsh.model.getEntities(3))]
        gmsh.model.addPhysicalGroup(2, [abs(tag) for tag in sides[3::-1]], 5, "some")
        gmsh.model.addPhysicalGroup(2, [abs(sides[4])], 2)  # no name: group_2
        gmsh.model.mesh.generate(3)
        gmsh.model.mesh.setOrder(order)
        gmsh.write(str(path))
    finally:
        gmsh.finalize()
    return path


def both(path, monkeypatch):
    """Return the mesh as read here and as read by gmsh."""
    shape = GeometryFile(file=path, unit=1e-3, symmetry="3d")
    drawing = BodyDrawing(geometry=shape, mesh=BodyMesh())
    here = regions.build_body(drawing)
    with monkeypatch.context() as patched:
        patched.setattr(regions, "plain_msh", lambda path: None)
        return here, regions.build_body(drawing)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("all_elements", [0, 1])
def test_same_mesh_as_gmsh_reads(tmp_path, monkeypatch, order, all_elements):
    path = write(tmp_path / "boxes.msh", order, SaveAll=all_elements)
    assert plain_msh(path) is not None
    (data, report), (expected, said) = both(path, monkeypatch)
    assert report == said
    assert data.content_hash() == expected.content_hash()
    assert set(data.regions) == {"ends", "middle", "ball"}
    assert set(data.boundaries) == {"some", "group_2"}
    for name in ("points", "cells", "cell_tags", "facet_tags"):
        np.testing.assert_array_equal(getattr(data, name), getattr(expected, name))


def test_order_of_blocks_is_that_of_gmsh(tmp_path, monkeypatch):
    """Other programs may write the entities in any order."""
    path = write(tmp_path / "boxes.msh")
    text = path.read_text()
    for section, width in (("Nodes", 2), ("Elements", 1)):
        head, rest = text.split(f"${section}\n")
        body, tail = rest.split(f"$End{section}")
        first, *lines = body.splitlines()
        blocks = []
        while lines:
            count = int(lines[0].split()[3]) * width
            blocks.append(lines[: 1 + count])
            lines = lines[1 + count :]
        body = "\n".join([first, *(line for block in blocks[::-1] for line in block), ""])
        text = f"{head}${section}\n{body}$End{section}{tail}"
    path.write_text(text)
    assert plain_msh(path) is not None
    (data, _), (expected, _) = both(path, monkeypatch)
    assert data.content_hash() == expected.content_hash()


@pytest.mark.parametrize(
    "options", [{"Binary": 1}, {"MshFileVersion": 2.2}, {"MshFileVersion": 4.0}]
)
def test_other_formats_are_left_to_gmsh(tmp_path, options):
    path = write(tmp_path / "boxes.msh", **options)
    assert plain_msh(path) is None
    geometry = GeometryFile(file=path, unit=1e-3, symmetry="3d")
    data, _ = regions.build_body(BodyDrawing(geometry=geometry, mesh=BodyMesh()))
    assert len(data.cells) > 100


CHANGES = {
    "cut short": lambda text: text[: len(text) * 2 // 3],
    "no end": lambda text: text.replace("$EndElements\n", ""),
    "twice": lambda text: text + text[text.index("$Nodes") :],
    "unknown section": lambda text: text + "$Periodic\n0\n$EndPeriodic\n",
    "letters in numbers": lambda text: text.replace("\n$EndElements", " x\n$EndElements"),
    "one number more": lambda text: text.replace("\n$EndNodes", " 1\n$EndNodes"),
    "not a number": lambda text: text.replace(
        text[: text.index("\n$EndNodes")].rpartition(" ")[2] + "\n$EndNodes", "nan\n$EndNodes"
    ),
    "a node that is nowhere": lambda text: (
        text[: text.index("\n$EndElements")].rpartition(" ")[0] + " 999999\n$EndElements\n"
    ),
    "fewer than no groups": lambda text: text.replace("$Entities\n", "$Entities\n9", 1).replace(
        " 0 \n", " -4 \n", 1
    ),
    "quotes in a name": lambda text: text.replace('"middle"', '"mid"dle"'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_whole_is_left_to_gmsh(tmp_path, change):
    path = write(tmp_path / "boxes.msh")
    text = path.read_text()
    assert CHANGES[change](text) != text
    path.write_text(CHANGES[change](text))
    assert plain_msh(path) is None


def test_messages_stay(tmp_path):
    """What is refused of a file that gmsh reads is refused in the same words."""
    path = write(tmp_path / "boxes.msh")
    text = path.read_text()
    path.write_text(text.replace('"ball"', '"middle"'))
    geometry = GeometryFile(file=path, unit=1e-3, symmetry="3d")
    with pytest.raises(MeshError, match="have one name here"):
        regions.build_body(BodyDrawing(geometry=geometry, mesh=BodyMesh()))


def test_nodes_stay_where_a_file_has_them(tmp_path, monkeypatch):
    """Other programs may put all nodes into one volume, surfaces or not."""
    path = write(tmp_path / "boxes.msh")
    head, rest = path.read_text().split("$Nodes\n")
    body, tail = rest.split("$EndNodes")
    first, *lines = body.splitlines()
    tags, places = [], []
    while lines:
        count = int(lines[0].split()[3])
        tags += lines[1 : 1 + count]
        places += lines[1 + count : 1 + 2 * count]
        lines = lines[1 + 2 * count :]
    total = first.split()[1]
    moved = np.random.default_rng(0).permutation(int(total))
    block = [f"1 {total} 1 {total}", f"3 2 0 {total}"]
    block += [tags[i] for i in moved] + [places[i] for i in moved]
    path.write_text("\n".join([head + "$Nodes", *block, "$EndNodes"]) + tail)
    assert plain_msh(path) is not None
    (data, _), (expected, _) = both(path, monkeypatch)
    assert data.content_hash() == expected.content_hash()
