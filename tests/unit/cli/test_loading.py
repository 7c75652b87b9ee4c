"""A quick start leaves nothing out that is used."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from thermosim.fem.loading import loading

CASE = Path(__file__).parents[3] / "cases" / "microparticle_on_mica.toml"
SCRIPT = """
import sys
from thermosim.cli import main
assert main(["check", sys.argv[1], "--json"]) == 0
assert "scipy" in sys.modules
assert not any(name.startswith("numpy.f2py.") for name in sys.modules)
import numpy.f2py
assert callable(numpy.f2py.run_main)
assert "numpy.f2py.f2py2e" in sys.modules
"""


def test_a_command_loads_no_fortran_and_who_asks_gets_it():
    done = subprocess.run([sys.executable, "-c", SCRIPT, CASE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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
