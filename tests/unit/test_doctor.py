"""`thermosim doctor`: what it finds here, and what it says about a machine that lacks things."""

import json
import subprocess
import sys

import pytest

from thermosim.cli import installation as doctor


@pytest.fixture(scope="module")
def healthy():
    """Return a report as of a complete installation, without looking at this one."""
    versions = dict.fromkeys((*doctor.REQUIRED, *doctor.OPTIONAL), "1.0")
    return {
        "route": {"route": "host"},
        "versions": {**versions, "dolfinx": "0.9.0"},
        "mpi": {"library": "Open MPI v5", "ranks": 1},
        "petsc": {"scalar": "float64", "hypre": True, "mumps": True, "superlu_dist": True},
        "rendering": {"works": True, "detail": "vtkEGLRenderWindow"},
        "caches": {},
    }


def changed(report, part, **values):
    """Return a copy of a report with other values in one part."""
    return {**report, part: {**report[part], **values}}


def test_nothing_is_wrong_with_a_complete_installation(healthy):
    assert doctor._problems(healthy) == []


@pytest.mark.parametrize(
    ("part", "values", "words", "required"),
    [
        ("versions", {"dolfinx": None}, "Missing: dolfinx", True),
        ("versions", {"dolfinx": "0.5.2"}, "0.5.2 is older than 0.9", True),
        ("petsc", {"scalar": "complex128"}, "complex128", True),
        ("petsc", {"hypre": False}, "without hypre", True),
        ("petsc", {"mumps": False}, "without mumps", False),
        ("petsc", {"error": "ImportError: libpetsc"}, "libpetsc", True),
        ("versions", {"lmfit": None}, "Without lmfit", False),
        ("rendering", {"works": False, "detail": "no EGL"}, "no EGL", False),
    ],
)
def test_each_lack_is_named_with_a_remedy(healthy, part, values, words, required):
    problems = doctor._problems(changed(healthy, part, **values))
    assert [words in problem["what"] for problem in problems] == [True]
    assert problems[0]["required"] is required
    assert problems[0]["remedy"]


def test_numbers_of_versions():
    assert doctor.numbers("0.9.0") < doctor.numbers("0.10.0.post1") == (0, 10)


def test_the_report_prints(healthy, capsys):
    bad = changed(healthy, "versions", gmsh=None)
    doctor.render({**bad, "problems": doctor._problems(bad), "ok": False})
    printed = capsys.readouterr().out
    assert "Missing: gmsh" in printed
    assert "Not ready" in printed


def test_importing_the_doctor_imports_nothing_heavy():
    heavy = "dolfinx petsc4py mpi4py gmsh pyvista vtk numpy"
    names = heavy.split()
    code = f"import sys, thermosim.cli.installation;print([m for m in {names} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.fem
def test_this_installation_is_ready():
    report = doctor.collect()
    assert report["ok"], report["problems"]
    assert report["mpi"]["ranks"] == 1
    assert report["rendering"]["works"], report["rendering"]
    json.dumps(report)
