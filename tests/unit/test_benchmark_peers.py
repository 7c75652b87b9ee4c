"""The benchmark beside other packages: meshes for all, one problem in each, what it refuses."""

import ast
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from benchmarks.peers import formats, heat, launch, optics, problem

SIDES = formats.BOUNDARIES


def two_cells():
    """Two cells over and under one triangle, counted with gaps like gmsh does, one node unused."""
    numbers = [3, 5, 7, 8, 11, 20]
    points = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9], [0, 0, 1], [0, 0, -2]]
    cells = np.array([[3, 5, 7, 11], [3, 5, 7, 20]])
    faces = [[3, 5, 11], [11, 7, 3], [5, 7, 11], [20, 3, 5], [3, 7, 20], [7, 20, 5]]
    tags = [11, 11, 11, 12, 13, 14]
    return formats.numbered(
        numbers, np.ravel(points), cells, np.array([1, 2]), np.array(faces), np.array(tags)
    )


def test_nodes_are_counted_anew_and_all_cells_are_positive():
    mesh = two_cells()
    assert len(mesh.points) == 5
    assert formats.six_volumes(mesh.points, mesh.cells) == pytest.approx([1.0, 2.0])
    assert sorted(map(sorted, mesh.cells.tolist())) == [[0, 1, 2, 3], [0, 1, 2, 4]]


def test_the_tag_of_a_facet_is_that_of_its_triangle():
    mesh = two_cells()
    table = formats.facet_table(mesh)
    wanted = {
        frozenset(face): tag
        for face, tag in zip(mesh.triangles.tolist(), mesh.triangle_tags, strict=True)
    }
    for nodes, tags in zip(mesh.cells.tolist(), table, strict=True):
        for local in range(4):
            facet = frozenset(nodes) - {nodes[local]}
            assert tags[local] == wanted.get(facet, 0)
    wrong = mesh.triangles.copy()
    wrong[0] = [0, 3, 4]
    with pytest.raises(ValueError, match="6 boundary triangles, but 5 facets"):
        formats.facet_table(mesh._replace(triangles=wrong))


def test_the_arrays_are_read_as_written_and_serve_the_plain_script(tmp_path):
    mesh, path = two_cells(), tmp_path / "m.npz"
    formats.write_npz(path, mesh)
    for mine, read in zip(mesh, formats.read_npz(path), strict=True):
        assert np.array_equal(mine, read)
    with np.load(path) as stored:
        assert {"points", "cells", "cell_tags", "facet_tags", "header"} <= set(stored.files)


def test_the_text_for_freefem_holds_the_same_mesh(tmp_path):
    mesh, path = two_cells(), tmp_path / "m.mesh"
    formats.write_medit(path, mesh)
    words = path.read_text().split()

    def block(name, width):
        start = words.index(name) + 2
        count = int(words[start - 1])
        return np.array(words[start : start + count * width], dtype=float).reshape(count, width)

    assert np.array_equal(block("Vertices", 4)[:, :3], mesh.points)
    assert np.array_equal(block("Tetrahedra", 5), np.column_stack([mesh.cells + 1, mesh.cell_tags]))
    triangles = np.column_stack([mesh.triangles + 1, mesh.triangle_tags])
    assert np.array_equal(block("Triangles", 4), triangles)


def test_the_mean_of_a_linear_function_is_its_value_at_the_centre():
    mesh = two_cells()
    values = mesh.points @ [1.0, 2.0, 3.0] + 4.0
    # The centres are at z = 1/4 and -1/2, volumes 1 and 2.
    assert formats.mean_over(mesh.points, mesh.cells, values) == pytest.approx(4.75 + 3 * -0.25)


def test_all_tools_solve_one_problem():
    numbers = {name: value for name, value in vars(problem).items() if name.isupper()}
    script = ast.parse((heat.HERE.parent / "plain_dolfinx.py").read_text())
    plain = {}
    for part in (part for part in script.body if isinstance(part, ast.Assign)):
        names = re.findall(r"\w+", ast.unparse(part.targets[0]))
        if set(names) <= set(numbers):
            values = eval(ast.unparse(part.value))  # products of numbers
            plain |= dict(zip(names, values if len(names) > 1 else [values], strict=True))
    assert plain == numbers
    text = (heat.HERE / "solve_freefem.edp").read_text()
    text = text.replace("1600. * 1000.", "1.6e6").replace("2400. * 1000.", "2.4e6")
    free = dict(re.findall(r"(\w+) = (-?[\d.e-]+)[,;]", text))
    names = {"SIGMA": "sigma", "EPSILON": "epsilon", "K_PARTICLE": "kParticle"}
    names |= {"K_PAR": "kPar", "K_PERP": "kPerp", "STEP": "stepLength"}
    names |= {"C_PARTICLE": "cParticle", "C_SHEET": "cSheet"}
    assert {name: float(free[names.get(name, name)]) for name in numbers} == numbers

    ours = tomllib.loads((heat.HERE / "own_geometry.toml").read_text())
    reference = tomllib.loads(heat.CASE.read_text())
    assert ours["materials"] == reference["materials"]
    assert ours["regions"]["particle"]["heat_source"] == reference["source"]["heat_source"]
    assert float(reference["source"]["heat_source"].split()[0]) == problem.Q
    k = ours["materials"]["sheet_material"]["conductivity"]
    assert [float(k[n].split()[0]) for n in ("k_par", "k_perp")] == [problem.K_PAR, problem.K_PERP]
    assert set(ours["boundaries"]) == set(SIDES)
    assert set(ours["regions"]) == set(formats.REGIONS)


def row(tool="a", **other):
    found = {"tool": tool, "at": "1", "mesh": "30k", "n_dofs": 5}
    return found | {"delta_T_min_K": -0.017, "delta_T_mean_K": -0.016} | other


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"delta_T_min_K": -0.017 * (1 + 2e-6)}, "delta_T_min_K is off by 2.0e-06"),
        ({"delta_T_mean_K": float("nan")}, "delta_T_mean_K is off by nan"),
        ({"n_dofs": 6}, "6 unknowns, not 5"),
    ],
)
def test_tools_that_disagree_end_the_benchmark(other, words):
    heat.check_agreement([row(), row("b", delta_T_min_K=-0.017 * (1 + 1e-8))])
    with pytest.raises(RuntimeError, match=re.escape(words)):
        heat.check_agreement([row(), row("b", **other)])


def test_optics_that_disagrees_ends_the_benchmark():
    def line(tool, what, value):
        return {"tool": tool, "what": what, "value": value, "count": 10_000}

    ours = [line("thermosim", what, 0.3) for what in optics.UNITS]
    near = {"mie": 0.3 + 1e-8, "rays": 0.304, "escape": 0.31}
    far = {"mie": 0.3 + 1e-6, "rays": 0.31, "escape": 0.34}
    optics.check_agreement([*ours, *(line("b", *pair) for pair in near.items())])
    for what, value in far.items():
        with pytest.raises(RuntimeError, match=f"^{what}: b is off"):
            optics.check_agreement([*ours, line("b", what, value)])


def test_phases_mean_the_same_for_all():
    plain = {"mesh_import_s": 1.0, "setup_s": 2.0, "assembly_s": 0.5, "solve_s": 3.0}
    assert heat.phases(plain) == {"mesh_s": 1.0, "assembly_s": 2.5, "solve_s": 2.5}
    ours = {"wall_mesh_s": 1.0, "wall_setup_s": 2.0, "wall_solve_s": 3.0}
    assert heat.phases(ours) == {"mesh_s": 1.0, "assembly_s": 2.0, "solve_s": 3.0}
    peer = {"mesh_s": 1.0, "assembly_s": 2.0, "solve_s": 3.0}
    assert heat.phases(peer) == peer


def test_what_is_not_installed_is_said(tmp_path):
    assert launch.not_installed([sys.executable], ["json"]) is None
    assert launch.missing([sys.executable], ["json", "no_such_module"]) == ["no_such_module"]
    nowhere = (str(tmp_path / "python"),)
    said = "not installed: pip install ngsolve"
    assert launch.not_installed(nowhere, ["ngsolve"]) == said
    places = launch.Places.of(sys.executable, nowhere[0], str(tmp_path / "FreeFem++"), tmp_path)
    tools = {tool.name: tool.lacks for tool in heat.tools(places)}
    assert tools["thermosim"] is None
    assert tools["NGSolve, multigrid"] == said
    assert tools["FreeFEM"] == "not installed: apt install freefem++"
    line = {"mesh": "30k", "n_nodes": 1, "tool": "NGSolve", "at": "1", "lacks": said}
    assert said in heat.table([line])


def test_without_thermosim_there_is_one_message(tmp_path):
    places = launch.Places.of(fem_python=str(tmp_path / "python"), folder=tmp_path)
    with pytest.raises(SystemExit, match="has no dolfinx, gmsh, pydantic: give the Python"):
        heat.run(places, ["30k"], 1)


def test_a_peer_that_fails_is_said_and_thermosim_that_fails_ends_it(tmp_path):
    command = ("{python}", "-c", "import sys; sys.exit('out of memory')")
    peer, broken = heat.Tool("NGSolve", (sys.executable,), command), {}
    assert heat.attempt(peer, "stem", tmp_path, broken) is None
    assert broken == {peer: "failed: exit status 1: out of memory"}
    with pytest.raises(launch.ToolError, match="out of memory"):
        heat.attempt(heat.Tool("thermosim", (sys.executable,), command), "", tmp_path, {})


def test_threads_and_settings_reach_the_process():
    code = (
        "import os, json; print('words'); "
        "print(json.dumps([os.environ[n] for n in ('A', 'OMP_NUM_THREADS')]))"
    )
    answer = launch.timed([sys.executable], ["{python}", "-c", code], 2, A="b c")
    assert launch.numbers(answer) == ["b c", "2"]
    assert answer["wall_s"] > 0
    assert answer["peak_MB"] > 1


@pytest.mark.fem
def test_plain_script_and_own_geometry_agree_on_a_small_mesh(tmp_path):
    stem = tmp_path / "small"
    make = [sys.executable, heat.HERE / "make_mesh.py", "0.8", stem]
    subprocess.run(list(map(str, make)), check=True, capture_output=True)
    mesh = formats.read_npz(tmp_path / "small.npz")
    inside = mesh.cell_tags == formats.REGIONS["particle"]
    volume = formats.six_volumes(mesh.points, mesh.cells[inside]).sum() / 6
    assert volume == pytest.approx(4 / 3 * np.pi * 125, rel=0.1)
    assert set(mesh.triangle_tags) == set(SIDES.values())
    rows = []
    for tool in heat.tools(launch.Places.of(freefem="none", folder=tmp_path)):
        if tool.name in {"thermosim", "plain DOLFINx"} and tool.processes == "1":
            steady, in_time = (tool.run(stem, None, steps) for steps in (0, heat.STEPS))
            said = {"tool": tool.name, "at": "1", "mesh": "small"}
            rows.append(said | heat.summary([(steady, steady)]) | heat.followed([in_time]))
    assert len(rows) == 2
    heat.check_agreement(rows)
    heat.check_agreement([row | row["in_time"] for row in rows])
    assert rows[0]["delta_T_min_K"] < -0.01
    # a little is left to the steady state, or the steps would say nothing
    left = rows[0]["in_time"]["delta_T_min_K"] / rows[0]["delta_T_min_K"] - 1
    assert 1e-4 < abs(left) < 1e-2


def test_the_error_at_equal_time_lies_between_those_of_two_meshes():
    def line(mesh, seconds, error):
        times = {"whole_warm_s": seconds, "error_of_min_percent": error}
        return {"tool": "a", "at": "1", "mesh": mesh} | times

    rows = [line("30k", 1.0, -8.0), line("200k", 4.0, -2.0), line("its own", 0.1, 0.01)]
    assert heat.error_after(rows, 2.0) == {("a", "1"): pytest.approx(4.0)}
    assert heat.error_after(rows, 5.0) == {("a", "1"): None}
    assert "| a | 1 | 4 % |  |" in heat.table_of_errors(rows, (2.0, 5.0))
