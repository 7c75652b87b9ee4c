"""Forms compiled and kept: nothing that ends or disturbs a run spoils them for the next."""

import fcntl
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
import dolfinx  # noqa: E402
import numpy as np  # noqa: E402
import ufl  # noqa: E402
from mpi4py import MPI  # noqa: E402

from thermosim.errors import MissingDependencyError  # noqa: E402
from thermosim.fem import compile as compiled  # noqa: E402


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "forms"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(compiled, "cache_folder", lambda: folder)
    return folder


def area(height):
    """Area of a rectangle by a compiled form; the height is part of the form."""
    corners = [[0.0, 0.0], [2.0, 1.0]]
    mesh = dolfinx.mesh.create_rectangle(MPI.COMM_SELF, corners, [2, 2])
    form = compiled.compile_form(ufl.as_ufl(height) * ufl.dx(mesh))
    return dolfinx.fem.assemble_scalar(form)


def entry(cache):
    (found,) = (path for path in cache.iterdir() if path.is_dir())
    return found


def test_a_form_is_compiled_once(cache):
    assert area(3.0) == pytest.approx(6.0)
    first = entry(cache)
    stamp = (first / compiled.SEAL).stat().st_mtime_ns
    assert len(list(first.glob("*.c"))) == 1, "DOLFINx compiled it a second time"
    assert area(3.0) == pytest.approx(6.0)
    assert (entry(cache) / compiled.SEAL).stat().st_mtime_ns == stamp


def test_an_expression_is_compiled_once(cache):
    """Also one of a function, whose type DOLFINx writes in another way."""
    mesh = dolfinx.mesh.create_unit_square(MPI.COMM_SELF, 2, 2)
    function = dolfinx.fem.Function(dolfinx.fem.functionspace(mesh, ("Lagrange", 2)))
    points = np.array([[0.25, 0.25], [0.5, 0.25]])
    for expression in (function, ufl.SpatialCoordinate(mesh)):
        compiled.compile_expression(expression, points, mesh.comm)
    folders = [path for path in cache.iterdir() if path.is_dir()]
    assert [len(list(folder.glob("*.c"))) for folder in folders] == [1, 1]
    assert all(compiled.is_whole(folder) for folder in folders)


@pytest.mark.parametrize(("suffix", "damage"), [("so", "cut"), ("c", "gone"), ("json", "cut")])
def test_what_is_damaged_heals(cache, suffix, damage):
    name = {"so": 7, "c": 8, "json": 9}[suffix]
    script = f"""if True:
        import sys, thermosim.fem.first; sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
        import test_compile as t
        from pathlib import Path
        t.compiled.cache_folder = lambda: Path({str(cache)!r})
        print(t.area({name}.0))"""
    for _ in range(2):  # in processes of their own: this one has the library in its memory
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert float(done.stdout) == pytest.approx(2.0 * name), done.stderr
        (path,) = entry(cache).glob(f"*.{suffix}")
        path.write_bytes(path.read_bytes()[:40]) if damage == "cut" else path.unlink()
    assert compiled.is_whole(entry(cache)) is False


def test_what_a_killed_run_left_is_no_obstacle(cache):
    assert area(4.0) == pytest.approx(8.0)
    whole = entry(cache)
    left = cache / f".{whole.name}.killed"
    whole.rename(left)
    (left / compiled.SEAL).unlink()
    assert area(4.0) == pytest.approx(8.0)
    assert compiled.is_whole(whole)
    assert not left.exists()


def test_the_form_of_another_process_is_waited_for(cache, tmp_path, capfd):
    assert area(5.0) == pytest.approx(10.0)
    whole = entry(cache)
    aside = whole.rename(tmp_path / "made")
    script = (
        "import fcntl, sys, time, os; s = open(sys.argv[1], 'a'); fcntl.flock(s, fcntl.LOCK_EX);"
        "print('locked', flush=True); time.sleep(1.5); os.rename(sys.argv[2], sys.argv[3])"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, f"{whole}.lock", aside, whole], stdout=subprocess.PIPE
    )
    assert other.stdout.readline() == b"locked\n"
    start = time.monotonic()
    assert area(5.0) == pytest.approx(10.0)
    assert time.monotonic() - start > 0.5
    assert other.wait() == 0
    other.stdout.close()
    assert "compiles forms that this run needs; waiting for it" in capfd.readouterr().err


def test_a_lock_without_owner_is_none(cache):
    assert area(6.0) == pytest.approx(12.0)
    whole = entry(cache)
    (cache / f"{whole.name}.lock").write_text("elsewhere 1")
    (whole / compiled.SEAL).unlink()
    assert area(6.0) == pytest.approx(12.0)
    with (cache / f"{whole.name}.lock").open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_machine_code_that_others_may_have_written_is_not_run(cache):
    assert area(8.0) == pytest.approx(16.0)
    entry(cache).chmod(0o777)
    assert not compiled.is_whole(entry(cache))
    assert area(8.0) == pytest.approx(16.0)
    assert compiled.is_whole(entry(cache))


def test_a_missing_compiler_is_told_with_what_to_install(cache, monkeypatch):
    monkeypatch.setenv("CC", "no-such-compiler -pthread")
    with pytest.raises(MissingDependencyError, match=r"no-such-compiler.*apt-get install gcc"):
        area(9.0)


def test_a_missing_header_is_told_with_what_to_install(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(compiled.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(MissingDependencyError, match=r"Python\.h.*python3\.\d+-dev"):
        area(9.0)


def test_a_compiler_that_fails_ends_in_one_message(cache, monkeypatch):
    monkeypatch.setenv("CC", "false")
    with pytest.raises(MissingDependencyError, match="does not compile a form"):
        area(9.0)
    assert not any(path.is_dir() for path in cache.iterdir())
