"""The public names resolve, and the light parts of the package load nothing heavy."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import thermosim

NEED_DOLFINX = {
    "build_mesh",
    "simulate",
    "solve_steady",
    "solve_transient",
    "Result",
    "load_result",
}
HEAVY = (
    "dolfinx", "gmsh", "pyvista", "vtk", "mpi4py", "petsc4py", "ufl", "basix", "matplotlib", "pint",
    "trimesh", "lmfit", "xarray", "dask", "miepython", "shapely", "rtree", "embreex", "SALib",
    "scipy.optimize", "scipy.interpolate", "scipy.special", "scipy.integrate", "scipy.spatial",
    "scipy.sparse", "scipy.stats", "scipy.linalg", "scipy.signal", "scipy.ndimage",
)  # fmt: skip
MODULES = [
    "thermosim", "thermosim.gain", "thermosim.case.particle_case", "thermosim.limits.of_case",
    "thermosim.materials",
    "thermosim.shapes", "thermosim.gain.escape.methods", "thermosim.thermometry",
    "thermosim.limits.closed",
    "thermosim.cli", "thermosim.cli.gain", "thermosim.cli.thermometry",
]  # fmt: skip


def environment():
    return {**os.environ, "PYTHONPATH": str(Path(thermosim.__file__).parents[1])}


@pytest.mark.filterwarnings("ignore:Could not import numba:ImportWarning")
@pytest.mark.parametrize("name", thermosim.__all__)
def test_public_name_resolves(name):
    if name in NEED_DOLFINX and importlib.util.find_spec("dolfinx") is None:
        pytest.skip("needs DOLFINx")
    assert getattr(thermosim, name) is not None
    assert name in dir(thermosim)


def test_simulate_takes_a_case_not_a_file():
    with pytest.raises(TypeError, match=r"write simulate\(load_case\('my.toml'\)\)"):
        thermosim.simulate("my.toml")


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'coolest'"):
        thermosim.coolest  # noqa: B018


def test_light_modules_load_nothing_heavy():
    """Each module in turn in one fresh interpreter; the first to load something heavy is told."""
    code = (
        "import sys, importlib\n"
        f"for name in {MODULES!r}:\n"
        "    importlib.import_module(name)\n"
        f"    heavy = [m for m in {HEAVY!r} if m in sys.modules]\n"
        "    assert not heavy, f'{name} loads {heavy}'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_check_loads_no_finite_elements(tmp_path):
    """`thermosim check` of a common case needs neither DOLFINx nor pint."""
    case = Path(__file__).parents[2] / "cases" / "yamada2024_radiation_limited.toml"
    code = (
        "import sys\n"
        "from thermosim.cli import main\n"
        f"assert main(['check', {str(case)!r}, '--json']) == 0\n"
        "heavy = [m for m in ('dolfinx', 'gmsh', 'pyvista', 'petsc4py', 'mpi4py', 'matplotlib', "
        "'pint') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_run_loads_only_what_it_uses(tmp_path):
    """No compiler of Python (DOLFINx from 0.11 on takes it in itself), no pictures, no waves."""
    dolfinx = pytest.importorskip("dolfinx")
    by_dolfinx = tuple(map(int, dolfinx.__version__.split(".")[:2])) >= (0, 11)
    case = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"
    waves = ("thermosim.light.fullwave", "thermosim.gain.ladder_section")
    pictures = ("matplotlib", "pyvista", "thermosim.visual")
    unused = (*pictures, *waves, *(() if by_dolfinx else ("numba",)))
    code = (
        "import sys\n"
        "from thermosim.cli import main\n"
        f"assert main(['run', {str(case)!r}, '--set', 'output.pictures=false', '--quiet', "
        f"'-o', {str(tmp_path / 'out')!r}]) == 0\n"
        f"found = [name for name in {unused!r} if name in sys.modules]\n"
        "assert not found, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_simulate_is_the_function_whatever_was_imported_before():
    pytest.importorskip("dolfinx")
    code = (
        "import thermosim.run.simulate, thermosim.run.transient\n"
        "from thermosim import simulate\n"
        "assert callable(simulate), simulate\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
