"""Full wave optics in three dimensions against series, symmetries and the half plane."""

import math

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
import ufl  # noqa: E402
from mpi4py import MPI  # noqa: E402

from tests.fullwave import (  # noqa: E402
    MICA,
    QUICK,
    WAVELENGTH,
    efficiencies,
    field_errors,
    in_space,
    laser,
    of_disk,
    of_mie,
    series,
    solved,
)
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem import compile as compiling  # noqa: E402
from thermosim.fem.edges import EdgeSpace, Rule  # noqa: E402
from thermosim.fem.kept import obtain  # noqa: E402
from thermosim.fem.library import dolfinx  # noqa: E402
from thermosim.light.fullwave.volume.lights import space_light  # noqa: E402
from thermosim.mesh.optical_volume import VolumeBox, mesh_optical_volume  # noqa: E402
from thermosim.optics.layered_field import Stack  # noqa: E402
from thermosim.optics.layered_space import axial_in_space  # noqa: E402
from thermosim.optics.model import FullWaveOptics  # noqa: E402
from thermosim.shapes import Box, Sphere  # noqa: E402

R = 0.15e-6
COARSE = FullWaveOptics(error_estimate=False, degree=2)


@pytest.fixture(scope="module")
def sphere():
    """A sphere far from everything, with its errors."""
    return in_space(Sphere(radius=R), optics=FullWaveOptics(), polarisation="unpolarised")


def test_matrix_is_that_of_the_compiled_form():
    """Tables of the reference cell give what DOLFINx assembles, in bent cells as well."""
    box = VolumeBox((0, 0, -0.2), (0.4, 0.4, 0.6), 0.3, 0.3, (), (0.5,), 0.2, mirrors=True)
    domain, _ = obtain(
        MPI.COMM_SELF, None,
        lambda: (mesh_optical_volume(Sphere(radius=0.2e-6), 0.0, 1e-6, box), {}),
    )  # fmt: skip
    edges = EdgeSpace(domain, 2)
    k2, rule = 3.7, 5
    plain = np.flatnonzero(edges.straight)
    bent = np.flatnonzero(~edges.straight)
    assert len(plain) > 100 < 4 * len(bent)

    def tensors(at, cells):
        one = np.ones(at.x.shape, complex)
        return one, -k2 * (1.0 + 0.5j) * one

    fixed = edges.on(["outer", "mirror_x"])
    factor = np.full(len(plain), -k2 * (1.0 + 0.5j))
    ours = edges.matrix((plain, factor), (bent, tensors, Rule.of(rule)), fixed)
    u, v = ufl.TrialFunction(edges.space), ufl.TestFunction(edges.space)
    dx = ufl.Measure("dx", domain.mesh, metadata={"quadrature_degree": rule})
    parts = []
    for form in (ufl.inner(ufl.curl(u), ufl.curl(v)) * dx, ufl.inner(u, v) * dx):
        A = dolfinx.fem.assemble_matrix(compiling.compile_form(form))
        parts.append(A.to_dense())
    whole = parts[0] - k2 * (1.0 + 0.5j) * parts[1]
    whole[fixed, :] = whole[:, fixed] = 0.0
    whole[fixed, fixed] = 1.0
    found = np.zeros(whole.shape, complex)
    np.add.at(found, (ours.rows, ours.columns), ours.values)
    assert (ours.rows >= ours.columns).all()
    low = np.tril(whole)
    # straight cells are integrated exactly here, and by the rule there
    assert abs(found - low).max() < 1e-9 * abs(low).max()


def test_sphere_is_that_of_the_series(sphere):
    ext, absorbed, sca = np.abs(of_disk(sphere) / of_mie(R) - 1)
    assert max(ext, sca) < 2e-3
    assert absorbed < 4e-3
    L2, peak = field_errors(sphere, R)
    assert L2 < 1e-2
    assert peak < 2e-2
    assert abs(sphere.balance) < 2e-3


def test_the_error_holds(sphere):
    wrong = np.abs(of_disk(sphere) / of_mie(R) - 1)
    for name, error in zip(("extinction", "absorbed", "scattered"), wrong, strict=True):
        assert error < sphere.errors[name] < 0.2, name
    assert field_errors(sphere, R)[0] < sphere.errors["field"]


@pytest.mark.parametrize("off", [0.0, 1e-24, -1e-15])
def test_light_on_the_axis_is_that_beside_it(sphere, off):
    beside, on = (
        sphere.squared(np.array([[x, -0.5 * x, z] for z in (0.1e-6, 0.4e-6)]), MPI.COMM_SELF)
        for x in (1e-10, off)
    )
    assert on == pytest.approx(beside, rel=5e-3)


def test_above_mica():
    found = in_space(Sphere(radius=R), MICA)
    ext, absorbed = np.abs(of_disk(found)[:2] / np.array(series(R)) - 1)
    assert ext < 2e-3
    assert absorbed < 5e-3
    assert abs(found.balance) < 2e-3
    round_ = solved(R, MICA).best.powers
    assert found.best.powers.up == pytest.approx(round_.up, rel=5e-3)
    assert found.best.powers.down == pytest.approx(round_.down, rel=5e-3)


@pytest.mark.parametrize("angle", [0.0, math.pi / 2], ids=["p", "s"])
def test_oblique_light_above_mica(angle):
    """The sum over azimuthal modes and four parts in a quarter of space, at 45°."""
    light = {"tilt": math.pi / 4, "polarisation_angle": angle}
    small = 0.1e-6
    fewer = QUICK.model_copy(update={"cells_per_wavelength": 2.2})
    found = of_disk(in_space(Sphere(radius=small), MICA, optics=fewer, **light))
    exact = efficiencies(solved(small, MICA, **light), small)
    assert found == pytest.approx(exact, rel=1e-2)
    normal = efficiencies(solved(small, MICA), small)
    assert abs(exact[1] / normal[1] - 1) > 0.03  # it is another light


def test_the_force_of_the_light(sphere):
    """As by azimuthal modes, which meet the radiation pressure of the series."""
    exact = solved(R, polarisation="unpolarised").best.powers.force
    assert sphere.best.powers.force == pytest.approx(exact, rel=1e-2)
    assert exact < 0


def test_nothing_scatters_nothing():
    """A body of index 1 leaves light alone; one near it is that of the series."""
    nothing = in_space(Sphere(radius=R), index=1.0 + 0j, optics=COARSE)
    assert nothing.best.powers.extinction == 0.0
    assert nothing.best.powers.scattered == 0.0
    middle = np.array([[0.02e-6, 0.03e-6, R]])
    assert nothing.squared(middle, MPI.COMM_SELF) == pytest.approx([1.0])
    little = in_space(Sphere(radius=R), index=1.01 + 1e-3j, optics=COARSE)
    assert of_disk(little) == pytest.approx(of_mie(R, 1.01 + 1e-3j), rel=2e-2)


def test_a_box_turned_by_a_right_angle():
    """With its light it is the same; of another light it makes another one."""
    a, b, c = 0.2e-6, 0.12e-6, 0.1e-6
    along = of_disk(in_space(Box(a=a, b=b, c=c), optics=COARSE))
    turned = in_space(Box(a=b, b=a, c=c), optics=COARSE, polarisation_angle=math.pi / 2)
    assert of_disk(turned) == pytest.approx(along, rel=5e-3)
    across = of_disk(in_space(Box(a=b, b=a, c=c), optics=COARSE))
    assert abs(across[0] / along[0] - 1) > 0.1


def test_a_square_box_takes_all_polarisations_alike():
    """A quarter turn serves where the body has it, and two solutions where it has not."""
    box = Box(a=0.15e-6, b=0.15e-6, c=0.1e-6)
    points = np.array([[0.05e-6, 0.02e-6, 0.03e-6], [-0.02e-6, 0.05e-6, 0.03e-6]])
    one = in_space(box, optics=COARSE, polarisation="unpolarised")
    assert set(one.light.fields) == {"p"}
    nearly = Box(a=0.15e-6, b=0.150001e-6, c=0.1e-6)
    two = in_space(nearly, optics=COARSE, polarisation="unpolarised")
    assert set(two.light.fields) == {"p", "s"}
    assert of_disk(two) == pytest.approx(of_disk(one), rel=2e-2)
    squared = one.squared(points, MPI.COMM_SELF)
    assert squared[0] == pytest.approx(squared[1], rel=1e-9)
    assert two.squared(points, MPI.COMM_SELF) == pytest.approx(squared, rel=2e-2)


def test_without_mirrors():
    """A box that no mirror plane cuts is solved whole, and is the same turned with its light."""
    box = {"a": 0.12e-6, "b": 0.08e-6, "c": 0.06e-6}
    straight = in_space(Box(**box), optics=COARSE)
    aslant = in_space(Box(**box, azimuth=0.5), optics=COARSE, azimuth=0.5)
    assert (straight.best.system.images, aslant.best.system.images) == (4, 1)
    assert of_disk(aslant) == pytest.approx(of_disk(straight), rel=3e-2)
    turn = np.array(
        [[math.cos(0.5), -math.sin(0.5), 0], [math.sin(0.5), math.cos(0.5), 0], [0, 0, 1]]
    )
    points = np.array([[0.04e-6, 0.02e-6, 0.03e-6], [-0.04e-6, 0.01e-6, 0.01e-6]])
    ours = aslant.squared(points @ turn.T, MPI.COMM_SELF)
    assert ours == pytest.approx(straight.squared(points, MPI.COMM_SELF), rel=5e-2)


def test_a_focus_off_the_axis():
    """A speck beside the axis of a beam absorbs by the light at its place."""
    a, beam = 10e-9, {"profile": "gaussian", "waist": 0.4e-6}
    taken = []
    for aim in ((0.0, 0.0, a), (0.15e-6, 0.1e-6, a)):
        found = in_space(Sphere(radius=a), optics=COARSE, **beam, aim=aim)
        light = space_light(laser(**beam, aim=aim), WAVELENGTH, Stack(), a, fourfold=False).fields[
            "p"
        ](np.array([[0.0, 0.0, a / WAVELENGTH]]))
        taken.append(found.best.powers.absorbed / (np.abs(light) ** 2).sum())
    assert taken[1] == pytest.approx(taken[0], rel=2e-2)


def test_numbers_compile_nothing(monkeypatch):
    def never(*_):
        raise AssertionError("compiled anew")

    in_space(Sphere(radius=20e-9), optics=COARSE)
    monkeypatch.setattr(compiling, "_make", never)
    thin = QUICK.model_copy(update={"pml_thickness": 0.5, "degree": 2})
    in_space(Sphere(radius=15e-9), MICA, index=1.6, optics=thin, wavelength=600e-9)


def test_too_large_is_refused_before_meshing():
    with pytest.raises(CaseError, match="three dimensions") as told:
        in_space(Box(a=3e-6, b=3e-6, c=1e-6))
    for word in ("unknowns", "GB", "minutes", "rays", "a sphere of 1.29 um", "max_unknowns"):
        assert word in str(told.value), word


def test_what_stands_around_a_box():
    """The near field has its outline: right of the axis, from below to above."""
    found = in_space(Box(a=0.16e-6, b=0.1e-6, c=0.1e-6), MICA, optics=COARSE)
    around = found.surroundings
    (curve,) = around.outlines
    assert curve[0] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert curve[-1] == pytest.approx([0.0, 0.1e-6], abs=1e-12)
    assert curve.max(axis=0) == pytest.approx([0.08e-6, 0.1e-6], rel=1e-2)
    assert around.levels == pytest.approx([-50e-9])
    assert around.radius > 0.2e-6
    # on the axis as beside it, above the box less than without it, in the mica below it more
    places = np.array([[0.0, 0.0, 0.15e-6], [0.0, 0.0, -0.1e-6]])
    on = found.around(places, MPI.COMM_SELF)
    assert on == pytest.approx(found.around(np.add(places, [1e-10, 0, 0]), MPI.COMM_SELF), rel=1e-3)
    alone = (np.abs(axial_in_space(MICA)(places / WAVELENGTH)) ** 2).sum(axis=1)
    assert alone[1] == pytest.approx((2 / 2.58) ** 2)
    assert on[0] < 0.9 * alone[0]
    assert on[1] > 1.1 * alone[1]
