"""Each preconditioner that a PETSc may have gives the same temperatures; the best one is taken."""

from pathlib import Path

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
    KINDS["boomeramg"] = multigrid.BOOMERAMG


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
