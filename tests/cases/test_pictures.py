"""Pictures of results that were computed: every symmetry and degree, from the solver's files."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("dolfinx", reason="computes the results that are drawn")

from dolfinx import fem
from dolfinx.io import VTKFile
from dolfinx.mesh import create_box, create_rectangle
from mpi4py import MPI

from thermosim.case.read import load_case, parse_case
from thermosim.results import load_result
from thermosim.run.simulate import simulate
from thermosim.visual import fields_lattice as lattice
from thermosim.visual import report
from thermosim.visual.fields_read import read_field
from thermosim.visual.optics_plots import draw_light_picture, read_cut

CASE = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
COARSE = [
    "assumptions=favourable",
    "mesh.cells_per_radius=4",
    "mesh.cells_per_contact=4",
    "mesh.growth=0.6",
    "mesh.cache=false",
    "solver.error_estimate=false",
    "output.pictures=false",
]
BAR = {
    "title": "A bar",
    "geometry": {"kind": "rectangle", "x": ["0 mm", "40 mm"], "y": ["0 mm", "10 mm"]},
    "materials": {"metal": {"conductivity": "20 W/(m*K)"}},
    "regions": {"body": {"material": "metal"}},
    "boundaries": {"left": {"temperature": "20 degC"}, "right": {"temperature": "60 degC"}},
    "mesh": {"size": "5 mm"},
    "solver": {"error_estimate": False},
}

PICTURES = ["temperature.png", "mesh.png", "budget.png", "report.html"]

pytestmark = pytest.mark.fem


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """Run each variant once."""
    kept = {}

    def run(symmetry, degree):
        if (symmetry, degree) not in kept:
            folder = tmp_path_factory.mktemp("runs") / "result"
            choice = [f'symmetry="{symmetry}"', f"solver.degree={degree}"]
            if symmetry != "axisymmetric":  # what is unknown is worked out and drawn there alone
                choice.append("uncertainty.method=none")
            kept[symmetry, degree] = simulate(load_case(CASE, [*COARSE, *choice]), folder)
        return kept[symmetry, degree]

    return run


def area(x):
    a, b = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
    return 0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()


@pytest.mark.parametrize(
    ("symmetry", "degree", "tolerance"),
    [
        ("axisymmetric", 1, 0.1),  # straight cells: a polygon
        ("axisymmetric", 2, 2e-3),
        ("quarter", 2, 5e-3),
        ("3d", 2, 2e-2),
    ],
)
def test_cut_is_the_section_of_the_body(computed, symmetry, degree, tolerance):
    result = computed(symmetry, degree)
    cut = report.load_cut(result)
    x0, x1, z0, z1 = cut.extent(1)
    assert (x0, x1, z0, z1) == pytest.approx((-5, 5, 0, 10), abs=2e-2 * 5)
    rim = 1e-2 if symmetry == "3d" else 1e-9  # the cut meets the round rim between nodes
    assert cut.extent(2) == pytest.approx((-1000, 1000, -20, 0), rel=rim, abs=1e-6)
    points, triangles, _ = cut.of_region(1).triangles((-6, 6, -1, 11))
    assert area(points[triangles]) == pytest.approx(np.pi * 25, rel=tolerance)
    assert area(cut.of_region(2).x[:, :3]) == pytest.approx(2000 * 20, rel=rim)


@pytest.mark.parametrize(("symmetry", "degree"), [("axisymmetric", 1), ("quarter", 2), ("3d", 2)])
def test_cut_holds_the_temperatures_of_the_summary(computed, symmetry, degree):
    result = computed(symmetry, degree)
    particle = report.load_cut(result).of_region(1).values
    low, high = result.delta_T_min_K, result.delta_T_max_K
    slack = 1e-9 * (high - low)
    assert particle.min() >= low - slack
    assert particle.max() <= high + slack
    # the coldest place is the top, on the axis: every cut passes through it
    assert particle.min() == pytest.approx(low, rel=1e-3)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_nodes_stand_where_pictures_take_them(tmp_path, dim, degree):
    """The order and place of nodes in DOLFINx's files, on straight cells."""
    mesh = create_box(MPI.COMM_SELF, [[0] * 3, [1, 2, 3]], [1] * 3)
    if dim == 2:
        mesh = create_rectangle(MPI.COMM_SELF, [[0] * 2, [1, 2]], [1] * 2)
    temperature = fem.Function(fem.functionspace(mesh, ("Lagrange", degree)), name="delta_T_K")
    temperature.interpolate(lambda x: 1 + x[0] ** degree - 2 * x[1] ** degree)
    region = fem.Function(fem.functionspace(mesh, ("DG", 0)), name="region")
    region.x.array[:] = 1
    with VTKFile(mesh.comm, str(tmp_path / "fields.pvd"), "w") as stream:
        stream.write_function([temperature, region], 0.0)
    field = read_field(tmp_path)
    assert (field.dim, field.degree) == (dim, degree)
    x = field.points[field.cells]
    straight = lattice.evaluate(lattice.nodes(dim, degree), x[:, : dim + 1])
    np.testing.assert_allclose(x, straight, atol=1e-14)
    at = np.random.default_rng(2).dirichlet(np.ones(dim + 1), size=9)
    shape = lattice.basis(dim, degree, at)
    x, values = (lattice.evaluate(shape, v[field.cells]) for v in (field.points, field.values))
    wanted = 1 + x[:, :, 0] ** degree - 2 * x[:, :, 1] ** degree
    np.testing.assert_allclose(values, wanted, atol=1e-12)


def test_body_is_drawn_where_and_as_warm_as_it_is(tmp_path):
    result = simulate(parse_case(BAR), tmp_path / "bar")
    assert set(result.summary["regions"]) == {"body"}
    made = datetime.fromisoformat(result.summary["created"])
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=10)
    cut = report.load_cut(load_result(tmp_path / "bar"))
    assert cut.extent(result.summary["regions"]["body"]) == pytest.approx((0, 40e3, 0, 10e3))
    np.testing.assert_allclose(cut.values, 293.15 + 1e-3 * cut.x[:, :, 0], rtol=1e-9)


def test_light_of_a_region_is_drawn_beside_the_axis(tmp_path):
    """A box that y = 0 misses, in a mesh told in mm, lit by a beam along its far edge."""
    tree = {
        "title": "A lit box",
        "geometry": {
            "kind": "box", "region": "crystal",
            "x": ["10 um", "20 um"], "y": ["5 um", "9 um"], "z": ["0 um", "4 um"],
        },
        "regions": {"crystal": {"material": "Cs4PbBr6"}},
        "boundaries": {"bottom": {"temperature": "300 K"}},
        "laser": {"intensity": "3 kW/cm^2", "profile": "gaussian", "waist": "4 um",
                  "aim": ["20 um", "7 um", "0 um"]},
        "gain": {},
        "mesh": {"size": "1 um"},
        "solver": {"error_estimate": False},
    }  # fmt: skip
    simulate(parse_case(tree), tmp_path / "box")
    names = [path.name for path in report.draw_result(tmp_path / "box")]
    assert set(names) == {*PICTURES, "light.png", "uncertainty.png"}
    result = load_result(tmp_path / "box")
    cut = read_cut(tmp_path / "box", result)
    assert cut.points.min(axis=0) == pytest.approx([10.0, 0.0], abs=1e-9)
    assert cut.points.max(axis=0) == pytest.approx([20.0, 4.0], abs=1e-9)
    x = cut.points[cut.triangles, 0].mean(axis=1)
    assert cut.intensity[x > 19.5].mean() > 0.8 * 3e7
    assert cut.intensity[x < 12.0].max() < 0.02 * 3e7
    temperature, _ = report.draw_fields(result)
    bars = [axes.get_ylim() for axes in temperature.axes if not axes.get_xlabel()]
    assert len(bars) == 2
    assert bars[0] == bars[1]
    assert "colder than 300 K" in (tmp_path / "box" / "report.html").read_text()


def test_run_is_drawn_and_compared(computed, tmp_path):
    results = [computed("axisymmetric", 2), computed("3d", 2)]
    names = [path.name for path in report.draw_result(results[1].directory)]
    assert sorted(names) == sorted(PICTURES)
    assert all((results[1].directory / name).stat().st_size > 10_000 for name in names)
    written = report.draw_comparison([r.directory for r in results], tmp_path)
    assert [path.name for path in written] == ["comparison.png", "index.html"]
    row = re.search(r"<tr><td>symmetry</td>.*</tr>", written[1].read_text())
    assert row is not None
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row[0]) == ["symmetry", "axisymmetric", "3d"]


def test_light_is_drawn_where_it_is_uneven(tmp_path):
    """A beam narrower than the particle gets a picture of its light, a plane wave none."""
    for name, beam in (("plane", []), ("beam", ['laser.profile="gaussian"', 'laser.waist="2 um"'])):
        result = simulate(load_case(CASE, [*COARSE, *beam]), tmp_path / name)
        names = [path.name for path in report.draw_result(tmp_path / name)]
        assert (report.LIGHT in names) == (name == "beam"), (name, result.hot_spot_factor)
    figure = draw_light_picture(tmp_path / "beam", load_result(tmp_path / "beam"))
    light, bar, up, across = figure.axes
    assert bar.get_ylim()[1] == pytest.approx(3.0, rel=0.01)  # kW/cm², on the axis
    for line in (up, across):
        assert line.lines[0].get_ydata().max() == pytest.approx(3.0, rel=0.01)
    cells = light.collections[0].get_array()
    assert cells.max() == pytest.approx(bar.get_ylim()[1], rel=1e-6)
