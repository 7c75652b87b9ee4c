"""`thermosim doctor`: what it finds here, and what it says about a machine that lacks things."""

import json
import subprocess
import sys

import pytest

from thermosim.cli import app
from thermosim.cli import installation as doctor
from thermosim.errors import MissingDependencyError
from thermosim.fem import parallel, pieces
from thermosim.shapes import cad


@pytest.fixture(scope="module")
def healthy():
    """Return a report as of a complete installation, without looking at this one."""
    versions = dict.fromkeys((*doctor.REQUIRED, *doctor.OPTIONAL), "1.0")
    return {
        "route": {"route": "host"},
        "versions": {**versions, "dolfinx": "0.9.0"},
        "mpi": {"library": "Open MPI v5", "ranks": 1},
        "launchers": {"/usr/bin/mpirun": "Open MPI"},
        "petsc": {"scalar": "float64", "mumps": True, "multigrid": "hypre"},
        "compiler": {"ready": True, "detail": ""},
        "gmsh": {"loads": True, "detail": "4.13"},
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
        ("petsc", {"mumps": False}, "without mumps", True),
        ("petsc", {"error": "ImportError: libpetsc"}, "libpetsc", True),
        ("versions", {"lmfit": None}, "Without lmfit", False),
        ("rendering", {"works": False, "detail": "no EGL"}, "no EGL", False),
        ("compiler", {"ready": False, "detail": "no gcc"}, "no gcc", True),
        ("gmsh", {"loads": False, "detail": "OSError: libGLU.so.1"}, "libGLU.so.1", True),
        ("launchers", {"/opt/bin/mpiexec": "MPICH"}, "/opt/bin/mpiexec belongs to MPICH", False),
    ],
)
def test_each_lack_is_named_with_a_remedy(healthy, part, values, words, required):
    problems = doctor._problems(changed(healthy, part, **values))
    assert [words in problem["what"] for problem in problems] == [True]
    assert problems[0]["required"] is required
    assert problems[0]["remedy"]


def test_no_launcher_is_told(healthy):
    (problem,) = doctor._problems({**healthy, "launchers": {}})
    assert "No mpirun or mpiexec" in problem["what"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mpirun (Open MPI) 5.0.7", "Open MPI"),
        ("Open MPI v5.0.7", "Open MPI"),
        ("HYDRA build details:\n    Version: 5.0.2", "MPICH"),
        ("MPICH Version: 5.0.2", "MPICH"),
        ("Intel(R) MPI Library for Linux", "MPICH"),
        ("srun", ""),
    ],
)
def test_families_of_mpi(text, name):
    assert doctor.family(text) == name


def test_one_command_gets_what_is_missing(monkeypatch):
    """A module of DOLFINx's family asks for the whole family, and others beside it."""
    monkeypatch.setattr(pieces, "why_no_wheel", lambda: "")
    monkeypatch.setattr(sys, "prefix", "/venv")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "executable", "/venv/bin/python3")
    pip = "/venv/bin/python3 -m pip install"
    assert doctor.how_to_get("lmfit", "netCDF4") == f"{pip} lmfit netCDF4"
    assert doctor.how_to_get("petsc4py", "lmfit") == f"{pip} dolfinx-solver-real gmsh lmfit"
    monkeypatch.setattr(pieces, "why_no_wheel", lambda: "glibc is old")
    assert "docker/run" in doctor.how_to_get("dolfinx")


@pytest.mark.parametrize(
    ("tool", "command"),
    [
        ("apt-get", "sudo apt-get install gcc libc6-dev python3.13-dev"),
        ("dnf", "sudo dnf install gcc glibc-devel python3-devel"),
    ],
)
def test_the_command_is_that_of_the_system(monkeypatch, tool, command):
    monkeypatch.setattr(pieces.shutil, "which", lambda name: name if name == tool else None)
    monkeypatch.setattr(pieces.os, "geteuid", lambda: 1000)
    words = pieces.install(pieces.COMPILER).replace(pieces.PYTHON, "python3.13")
    assert words == command


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'dolfinx'", name="dolfinx"), "No module named"),
        (ImportError("petsc4py would be imported from elsewhere"), "from elsewhere"),
    ],
)
def test_what_cannot_be_imported_ends_in_one_line(monkeypatch, capsys, error, words):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(app.typer.Typer, "__call__", fails)
    assert app.main(["run", "case.toml"]) == 4
    printed = capsys.readouterr().err
    assert words in printed
    assert "Run:  " in printed
    assert printed.count("\n") == 1


def test_a_fault_of_our_own_is_not_taken_for_a_missing_package(monkeypatch):
    def fails(*_, **__):
        raise ImportError("cannot import name", name="thermosim.heat")

    monkeypatch.setattr(app.typer.Typer, "__call__", fails)
    with pytest.raises(ImportError):
        app.main(["run", "case.toml"])


def test_gmsh_that_lacks_a_library_says_which_packages_have_it(monkeypatch, tmp_path):
    text = 'raise OSError("libGLU.so.1: cannot open shared object file")'
    (tmp_path / "gmsh.py").write_text(text)
    monkeypatch.delitem(sys.modules, "gmsh", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingDependencyError, match=r"libGLU\.so\.1.*Run:"):
        cad.load_gmsh()


def test_a_launcher_of_another_mpi_is_told_before_mpi_ends_the_process(monkeypatch):
    monkeypatch.setattr(parallel.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("PMIX_RANK", "0")
    monkeypatch.delenv("PMI_RANK", raising=False)
    with pytest.raises(MissingDependencyError, match=r"Run it with .*inside the job"):
        parallel.begin_ranks()


@pytest.mark.fem
def test_processes_that_are_each_alone_are_told(monkeypatch):
    pytest.importorskip("mpi4py")
    monkeypatch.setenv("PMI_SIZE", "2")
    with pytest.raises(MissingDependencyError, match="2 processes were started together"):
        parallel.begin_ranks()


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


def test_one_command_gets_all_that_the_system_lacks(monkeypatch, healthy, capsys):
    """Whole on one line, to be copied; a run that misses one piece names the others, too."""
    monkeypatch.setattr(pieces, "lacks_compiler", lambda: "there is no C compiler (cc)")
    monkeypatch.setattr(pieces, "lacks_library", lambda piece: piece.libraries[0])
    every = pieces.install(pieces.COMPILER, pieces.GMSH, pieces.PICTURES)
    assert sorted(pieces.install_all(pieces.GMSH).split()) == sorted(every.split())
    sick = {
        **healthy,
        "compiler": {"ready": False, "detail": "there is no C compiler (cc)"},
        "gmsh": {"loads": False, "detail": "libGLU.so.1"},
        "rendering": {"works": False, "detail": "there is no libEGL.so.1"},
    }
    sick["problems"] = doctor._problems(sick)
    assert {problem["remedy"] for problem in sick["problems"]} == {every}
    doctor.render({**sick, "route": {}, "caches": {}, "ok": False})
    printed = capsys.readouterr().out
    assert printed.count(every) == 1
    assert printed.index("No pictures") < printed.index(every) < printed.index("Not ready")
