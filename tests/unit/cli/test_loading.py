"""A quick start leaves nothing out that is used."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from thermosim.cli.commands import HOMES, register
from thermosim.fem.loading import loading

CASE = Path(__file__).parents[3] / "cases" / "microparticle_on_mica.toml"
# Heavy modules; of those that SciPy names and that are loaded when they are used, a part.
FINITE_ELEMENTS = ("dolfinx", "gmsh", "mpi4py", "petsc4py", "ufl")
PICTURES = ("PIL", "jinja2", "matplotlib", "pyvista", "vtkmodules", "thermosim.visual")
LATER = ("numpy.f2py.f2py2e", "numpy.testing._private", "pydoc_data", "unittest")
HEAVY = (*FINITE_ELEMENTS, *PICTURES, *LATER, "pint", "scipy.stats", "trimesh", "xarray")
LIBRARIES = (*HEAVY, "numpy", "pydantic", "rich", "scipy", "thermosim.case", "thermosim.language")
OTHER_KINDS = ("thermosim.case.study", "thermosim.light", "thermosim.run")
UNUSED = {
    "--help": LIBRARIES,
    "--version": LIBRARIES,
    "nonsense": (*HEAVY, "numpy", "rich", "scipy", "thermosim.case"),
    "check --help": (*HEAVY, "numpy", "rich", "scipy", "thermosim.cli.run"),
    f"check {CASE}": (*HEAVY, *OTHER_KINDS, "thermosim.cli.run"),
    f"check {CASE} --json": (*HEAVY, *OTHER_KINDS, "rich"),
    f"gain {CASE}": (*HEAVY, *OTHER_KINDS, "scipy.spatial._kdtree", "thermosim.cli.run"),
    f"limits {CASE}": (*HEAVY, *OTHER_KINDS, "thermosim.cli.run"),
}
SCRIPT = """
import sys
from thermosim.cli import main
status = main(sys.argv[1:])
print("LOADED", *sys.modules)
sys.exit(status)
"""


def _loaded(words: str) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, *words.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == (2 if words == "nonsense" else 0), done.stderr
    return set(done.stdout.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("words", UNUSED, ids=lambda words: words.replace(str(CASE), "CASE"))
def test_a_command_loads_nothing_that_it_does_not_use(words):
    loaded = _loaded(words)
    assert "thermosim.cli.app" in loaded
    assert set(UNUSED[words]) & loaded == set()


USED = """
import sys
from thermosim.cli import main
assert main(["--version"]) == 0
import numpy.f2py, pydoc, scipy.constants, scipy.linalg, scipy.spatial
assert "scipy.linalg.blas" not in sys.modules
assert callable(numpy.f2py.run_main)
assert "numpy.f2py.f2py2e" in sys.modules
assert numpy.random.default_rng(1).integers(9) < 9
assert numpy.ma.masked_equal([1.0, 2.0], 2.0).count() == 1
assert numpy.polynomial.Polynomial([1.0, 2.0])(3.0) == 7.0
numpy.testing.assert_equal(1, 1)
assert scipy.linalg.det([[2.0, 0.0], [0.0, 3.0]]) == 6.0
assert scipy.spatial.cKDTree([[0.0], [2.0]]).query([1.9])[1] == 1
assert pydoc.plain("text") == "text"
"""


def test_who_uses_what_was_left_for_later_gets_it():
    done = subprocess.run([sys.executable, "-c", USED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


END = """
import atexit, gc
atexit.register(lambda: print("FROZEN", gc.get_freeze_count() > 10_000, gc.isenabled()))
from thermosim.cli import main
main(["--version"])
assert gc.get_freeze_count() == 0
"""


def test_no_cycles_are_looked_for_when_a_process_ends():
    done = subprocess.run([sys.executable, "-c", END], capture_output=True, text=True)
    assert done.stdout.endswith("FROZEN True True\n"), done.stdout + done.stderr


START = """
import gc, sys
from thermosim.fem.loading import starting
from thermosim.cli import main
sys.argv = ["thermosim", "--version"]
main({arguments})
with starting():
    assert not gc.isenabled()
print("FROZEN", gc.get_freeze_count() > 10_000, gc.isenabled())
"""


@pytest.mark.parametrize(("arguments", "frozen"), [("", True), ('["--version"]', False)])
def test_a_command_alone_in_its_process_leaves_out_what_it_began_with(arguments, frozen):
    """Not where something else calls it, which may have much to free."""
    program = START.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.endswith(f"FROZEN {frozen} True\n"), done.stdout + done.stderr


PLUGINS = """
import os
from thermosim.cli import main
main(["--version"])
print(os.environ["PYDANTIC_DISABLE_PLUGINS"])
"""


@pytest.mark.parametrize(
    ("told", "then"), [(None, "__all__"), ("logfire-plugin", "logfire-plugin")]
)
def test_plug_ins_of_pydantic_are_those_that_somebody_asked_for(monkeypatch, told, then):
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    if told is not None:
        monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", told)
    done = subprocess.run([sys.executable, "-c", PLUGINS], capture_output=True, text=True)
    assert done.stdout.endswith(f"{then}\n"), done.stderr


def test_every_command_has_its_home():
    """The commands of the help, in its order, after another command was asked for alone."""
    app = typer.Typer()
    register(app, ["gain", "case.toml"])
    assert [command.callback.__name__ for command in app.registered_commands] == ["gain"]
    register(app)
    assert [command.callback.__name__ for command in app.registered_commands] == list(HOMES)


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was(on):
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(ZeroDivisionError), loading():
            1 / gc.isenabled()  # off: a division by zero
        assert gc.isenabled() is on
    finally:
        (gc.enable if was_on else gc.disable)()
