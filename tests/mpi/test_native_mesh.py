"""Meshes in shares, and those of earlier runs, are what DOLFINx makes, on 1, 2 and 3 ranks."""

import json

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

SETTING = """
import json, sys
from pathlib import Path
import numpy as np
from mpi4py import MPI
from thermosim.fem import domain as fem
from thermosim.case.read import parse_case
from thermosim.fem import native
from thermosim.mesh import kept
from thermosim.fem.parallel import abort_on_exception
from thermosim.mesh.build import domain_of
from thermosim.mesh import build as building
from thermosim.model.drawing import drawing_of
from thermosim.run.simulate import simulate

comm = MPI.COMM_WORLD
abort_on_exception(comm)
folder = Path(sys.argv[1])
kept.cache_folder = lambda: folder
native.SMALLEST = 0


class Nothing(dict):
    def __setitem__(self, key, value):
        pass


building._LAST = Nothing()  # as if every mesh were asked for in a process of its own


def case(symmetry="quarter", cache=True, order=2):
    return parse_case({
        "symmetry": symmetry,
        "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 0.9},
        "substrate": {"kind": "slab", "material": "mica", "radius": "50 um",
                      "thickness": "5 um"},
        "contact": {"kind": "disk", "radius": "1 um"},
        "source": {"heat_source": "-2e7 W/m^3"},
        "mesh": {"cells_per_radius": 2, "cells_per_contact": 3, "growth": 1, "sectors": 8,
                 "cache": cache, "order": order, "min_quality": 0},
        "solver": {"error_estimate": False},
    })


def entries():
    comm.Barrier()
    return sorted(folder.glob("*.native"))
"""
SAME = """
import shutil
from thermosim.fem import kept as stored
from thermosim.fem.facets import between_ranks
from thermosim.fem.spaces import quadrature_function
from thermosim.fem.symbols import lowered
from dolfinx import cpp, fem as dfem, mesh as dmesh

TAG = (1,) if "tag" in (cpp.common.IndexMap.__init__.__doc__ or "") else ()


def of_map(m):
    return [m.size_local, m.size_global, m.ghosts, m.owners, m.index_to_dest_ranks(*TAG).array]


def everything(domain):
    mesh, d = domain.mesh, domain.tdim
    topology, geometry = mesh.topology, mesh.geometry
    topology.create_entities(1)
    topology.create_entity_permutations()
    found = [topology.original_cell_index, topology.get_cell_permutation_info(),
             topology.get_facet_permutations(), domain.outer_facets(),
             between_ranks(topology) if domain.between is None else domain.between]
    found += [domain.entities("ds", number)[1] for number in domain.boundaries.values()]
    for i in range(d + 1):
        found += of_map(topology.index_map(i))
    for i, j in {(0, 0), (1, 0), (d - 1, 0), (d, 0), (d, d - 1), (d - 1, d)}:
        links = topology.connectivity(i, j)
        found += [links.array, links.offsets]
    found += [geometry.x, geometry.dim, fem.geometry_dofmap(mesh), geometry.input_global_indices]
    found += of_map(geometry.index_map())
    for tags in (domain.cell_tags, domain.facet_tags):
        found += [tags.indices, tags.values]
    for element in (("Lagrange", 1), ("Lagrange", 2), ("Lagrange", 3), ("DG", 1)):
        space = dfem.functionspace(mesh, element)
        found += [*of_map(space.dofmap.index_map), space.dofmap.list]
        found.append(fem.boundary_dofs(space, domain, domain.boundaries))
    found += of_map(quadrature_function(domain, 3).function_space.dofmap.index_map)
    part = dmesh.create_submesh(mesh, d - 1, domain.facets("particle_surface"))[0]
    found += [*of_map(part.topology.index_map(d - 1)), part.geometry.x]
    found += [fem.coordinate_element(mesh).degree]
    return [np.asarray(value) for value in found]


def by_ufl(domain, name):
    form = lowered(fem.constant(domain, 1.0) * domain.ds(name))
    return dfem.assemble_scalar(dfem.form(form))


for large, symmetry in ((0, "axisymmetric"), (0, "quarter"), (0, "3d"), (10**9, "quarter")):
    for order in (1, 2):
        stored.LARGE = large
        shutil.rmtree(folder, ignore_errors=True) if comm.rank == 0 else None
        comm.Barrier()
        drawing = drawing_of(case(symmetry, True, order))
        (a, report), (b, again) = (domain_of(drawing, comm) for _ in "ab")
        assert not a.cached and b.cached
        assert report == again
        one, two = everything(a), everything(b)
        assert [np.array_equal(x, y) for x, y in zip(one, two, strict=True)] == [True] * len(one)
        for name in ("regions", "boundaries", "unit", "exact", "mesh_hash", "multiplicity"):
            assert getattr(a, name) == getattr(b, name)
        assert all(fem.volume(a, name) == fem.volume(b, name) for name in a.regions)
        assert all(fem.area(a, name) == fem.area(b, name) for name in a.boundaries)
        assert all(by_ufl(a, name) == by_ufl(b, name) for name in a.boundaries)
"""
SHARES = """
from thermosim.fem import kept as stored
from thermosim.fem.spaces import lagrange
from thermosim.mesh.build import build

for symmetry, order in (("axisymmetric", 2), ("quarter", 1), ("3d", 1), ("3d", 2)):
    data = build(drawing_of(case(symmetry, False, order)))[0] if comm.rank == 0 else None
    theirs = fem.distribute(data, comm)
    stored.LARGE = 0
    ours = stored.distribute(data, comm)
    sizes = comm.allgather(ours.mesh.topology.index_map(ours.tdim).size_local)
    assert max(sizes) - min(sizes) <= 1, sizes
    for name in ours.regions:
        assert abs(fem.volume(ours, name) / fem.volume(theirs, name) - 1) < 1e-12
    for name in ours.boundaries:
        assert abs(fem.area(ours, name) - fem.area(theirs, name)) <= 1e-12 * fem.area(theirs, name)
    for degree in (1, 2, 3):
        a, b = (lagrange(domain, degree).dofmap.index_map.size_global for domain in (ours, theirs))
        assert a == b
    assert ours.mesh_hash == theirs.mesh_hash
found = []
for stored.LARGE in (0, 10**9):
    result = simulate(case("3d", False), tell=lambda line: None, comm=comm)
    found.append([result.delta_T_mean_K, result.summary["heat_to_chamber_W"]])
if comm.rank == 0:
    print(json.dumps(found))
"""
RUNS = """
lines, found = [], []
for _ in range(2):
    result = simulate(case(), tell=lines.append, comm=comm)
    found.append([result.delta_T_mean_K, result.summary["heat_to_chamber_W"]])
if comm.rank == 0:
    said = [line for line in lines if line.startswith("mesh: ")]
    print(json.dumps({"said": said, "found": found}))
"""
DAMAGE = """
def cached():
    return domain_of(drawing_of(case()), comm)[0].cached

assert [cached(), cached()] == [False, True]
entry, last = entries()[0], f"{comm.size - 1}.npz"
harms = {
    "missing": lambda file: file.unlink(),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "altered": lambda file: file.write_bytes(
        (data := file.read_bytes())[: (half := len(data) // 2)]
        # a single byte may be one of the archive that says nothing, such as a date
        + bytes(byte ^ 1 for byte in data[half : half + 300]) + data[half + 300 :]),
    "empty": lambda file: file.write_bytes(b""),
    "foreign": lambda file: file.write_text("something else"),
}
for name, harm in harms.items():
    if comm.rank == 0:
        harm(entry / last)
    comm.Barrier()
    assert [cached(), cached()] == [False, True], name
# parts of two distributions do not fit together, even if each is whole
if comm.rank == 0:
    kept = (entry / last).read_bytes()
    (entry / "0.npz").unlink()
comm.Barrier()
assert not cached()
if comm.rank == 0:
    (entry / last).write_bytes(kept)
comm.Barrier()
assert cached() == (comm.size == 1)
assert cached()
assert {path.suffix for path in folder.iterdir()} == {".native", ".npz"}
"""
NONE = """
assert not any(domain_of(drawing_of(case(cache=False)), comm)[0].cached for _ in range(2))
assert not folder.exists()
comm.Barrier()
if comm.rank == 0:
    folder.write_text("in the way")
comm.Barrier()
assert not any(domain_of(drawing_of(case()), comm)[0].cached for _ in range(2))
comm.Barrier()
if comm.rank == 0:
    folder.unlink()
comm.Barrier()
native.SMALLEST = 10**9
assert not any(domain_of(drawing_of(case()), comm)[0].cached for _ in range(2))
assert not entries()
"""
BODY = """
body = {
    "geometry": {"kind": "box", "x": ["0 mm", "3 mm"], "y": ["0 mm", "2 mm"],
                 "z": ["0 mm", "1 mm"]},
    "materials": {"m": {"conductivity": "2 W/(m*K)"}},
    "regions": {"body": {"material": "m", "heat_source": "1e6 W/m^3"}},
    "boundaries": {"left": {"temperature": "300 K"}},
    "mesh": {"size": "0.5 mm"},
}
plain = parse_case(body | {"mesh": {"size": "0.5 mm", "cache": False}})
lines, found = [], []
for given in (plain, parse_case(body), parse_case(body)):
    lines.append([])
    found.append(simulate(given, tell=lines[-1].append, comm=comm).summary["region_body_mean_K"])
said = [any("from the cache" in line for line in told) for told in lines]
assert said == ([False, False, True] if comm.rank == 0 else [False] * 3)
assert len(entries()) == 1
assert max(abs(value / found[0] - 1) for value in found) < 1e-12
"""


@pytest.fixture(params=[1, 2, 3])
def run(mpirun, tmp_path, request):
    def launch(text):
        script = tmp_path / "script.py"
        script.write_text(SETTING + text)
        done = mpirun(request.param, script, tmp_path / "meshes")
        assert done.returncode == 0, done.stderr[-3000:]
        return request.param, done.stdout

    return launch


def test_all_of_the_mesh_is_the_same(run):
    run(SAME)


def test_shares_make_the_same_mesh(run):
    ours, theirs = json.loads(run(SHARES)[1].splitlines()[-1])
    assert ours == pytest.approx(theirs, rel=1e-10, abs=0)


def test_second_run_says_so_and_finds_the_same(run):
    ranks, out = run(RUNS)
    told = json.loads(out.splitlines()[-1])
    assert "cache" not in told["said"][0]
    assert told["said"][1] == f"{told['said'][0]}, from the cache of {ranks} ranks"
    assert told["found"][1] == pytest.approx(told["found"][0], rel=1e-12, abs=0)


def test_damaged_entries_are_made_anew(run):
    run(DAMAGE)


def test_without_a_cache_nothing_is_kept(run):
    run(NONE)


def test_a_body_of_any_geometry_is_kept(run):
    run(BODY)
