"""Each preconditioner that a PETSc may have gives the same temperatures; the best one is taken."""

from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from petsc4py import PETSc  # noqa: E402

from thermosim.case.read import load_case  # noqa: E402
from thermosim.fem import multigrid  # noqa: E402
from thermosim.heat import newton  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

MICA = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
COARSE = [
    "symmetry=quarter", "mesh.cells_per_contact=3", "mesh.cells_per_radius=2", "mesh.growth=0.8",
    "substrate.radius=100 um", "solver.linear_rtol=1e-9", "solver.degree=1",
    "assumptions=favourable", "output.thermometer=false",
]  # fmt: skip
KINDS = {"gamg": multigrid.GAMG, "mumps": multigrid.FACTORED}
if PETSc.Sys.hasExternalPackage("hypre"):
    KINDS["boomeramg"] = multigrid.preconditioner()


@pytest.fixture
def chosen(monkeypatch):
    """Make PETSc look as if it had some packages only."""

    def choose(*packages):
        multigrid._kind.cache_clear()
        monkeypatch.setattr(multigrid, "has_package", lambda name: name in packages)
        monkeypatch.setattr(multigrid, "has", lambda kind: kind in packages)
        return multigrid.preconditioner()

    yield choose
    multigrid._kind.cache_clear()


def test_the_best_that_is_there_is_taken(chosen):
    assert chosen("hypre", "gamg").items() > multigrid.BOOMERAMG.items()
    assert chosen("gamg") is multigrid.GAMG
    assert chosen() is multigrid.FACTORED


def test_what_this_petsc_has_is_seen():
    assert multigrid.has("gamg")
    assert not multigrid.has("no such preconditioner")
    name = "hypre" if PETSc.Sys.hasExternalPackage("hypre") else "gamg"
    assert multigrid.preconditioner()["pc_type"] == name


@pytest.mark.parametrize("extra", [[], ["radiation.model=enclosure", "radiation.patches=40"]])
def test_all_give_the_same_temperature(monkeypatch, extra):
    found, errors = {}, {}
    for name, options in KINDS.items():
        monkeypatch.setattr(newton, "preconditioner", lambda *_, o=options, **__: o)
        summary = simulate(load_case(MICA, COARSE + extra)).summary
        found[name] = summary["delta_T_mean_K"]
        errors[name] = summary["delta_T_error_K"]
        assert summary["linear_iterations"] < 500
    assert list(found.values()) == pytest.approx([found["mumps"]] * len(KINDS), rel=1e-8, abs=0)
    assert list(errors.values()) == pytest.approx([errors["mumps"]] * len(KINDS), rel=1e-3, abs=0)


def test_the_threshold_goes_by_order_and_by_stretch():
    if not PETSc.Sys.hasExternalPackage("hypre"):
        pytest.skip("PETSc has no hypre")
    key = "pc_hypre_boomeramg_strong_threshold"
    strengths = [multigrid.preconditioner(order)[key] for order in (1, 2, 3)]
    assert strengths == sorted(strengths)
    assert multigrid.preconditioner(3, stretched=True)[key] > strengths[2]


@pytest.mark.parametrize("longer", [1.0, 3.0])
def test_stretch_of_cells(longer):
    """A box of cubes cut in six: longest over shortest edge is the diagonal over the height."""
    import dolfinx
    from mpi4py import MPI

    ends = [[0.0, 0.0, 0.0], [longer, longer, 1.0]]
    mesh = dolfinx.mesh.create_box(MPI.COMM_SELF, ends, [2, 2, 2])
    domain = SimpleNamespace(mesh=mesh, tdim=3, comm=mesh.comm)
    expected = (2 * longer**2 + 1) ** 0.5
    assert multigrid.stretch(domain) == pytest.approx(expected, rel=1e-12)
