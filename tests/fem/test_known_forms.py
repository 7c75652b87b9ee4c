"""Forms written as symbols: equal readings are equal forms, and a known one needs no UFL."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402

from thermosim.fem import compile as compiled  # noqa: E402
from thermosim.fem import known, symbols  # noqa: E402
from thermosim.fem.library import dolfinx  # noqa: E402

fem = dolfinx.fem
by_hand = pytest.mark.skipif(
    not known._is_made_by_hand(), reason="forms are known again on DOLFINx 0.9 alone"
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "forms"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(compiled, "cache_folder", lambda: folder)
    monkeypatch.setattr(known, "_KNOWN", {})
    return folder


class Tagged:
    """A rectangle whose cells left of x = a are number 1, with tags as a `Domain` has them."""

    def __init__(self, width=2.0, n=4):
        corners = [[0.0, 0.0], [width, 1.0]]
        self.mesh = dolfinx.mesh.create_rectangle(MPI.COMM_SELF, corners, [n, n])
        cells = dolfinx.mesh.locate_entities(self.mesh, 2, lambda x: x[0] <= width / 2 + 1e-9)
        self.cell_tags = dolfinx.mesh.meshtags(
            self.mesh, 2, cells, np.full(len(cells), 1, dtype=np.int32)
        )
        self.facet_tags = None

    def entities(self, kind, number):
        (found,) = fem.forms.get_integration_domains(
            fem.IntegralType.cell, self.cell_tags, [number]
        )
        return found


def heat(domain, k=1.0, degree=2, number=1, rule=4, power=2):
    """∫ k u² grad u·grad v over a part, with u = 1 + x y, and its parts."""
    space = fem.functionspace(domain.mesh, ("Lagrange", degree))
    u, v = fem.Function(space), symbols.test_function(space)
    u.interpolate(lambda x: 1.0 + x[0] * x[1])
    over = symbols.measure("dx", domain.mesh, domain, number, rule)
    constant = symbols.Constant(domain.mesh, k)
    flux = constant * symbols.symbol(u) ** power * symbols.grad(u)
    return symbols.inner(flux, symbols.grad(v)) * over, constant, u


def assembled(form):
    return fem.assemble_vector(known.compile_form(form)).array.copy()


def by_ufl(form):
    return fem.assemble_vector(fem.form(symbols.lowered(form))).array.copy()


@by_hand
@pytest.mark.parametrize("again", ["in the process", "by a note"])
def test_a_known_form_serves_another_mesh_and_other_numbers(cache, monkeypatch, again):
    assembled(heat(Tagged())[0])
    if again == "by a note":
        known._KNOWN.clear()
    other, constant, u = heat(Tagged(3.0, 7), k=5.0)
    wanted = by_ufl(other)

    def refuse(form):
        raise AssertionError("UFL was asked about a form that is known")

    monkeypatch.setattr(compiled, "compile_form", refuse)
    form = known.compile_form(other)
    np.testing.assert_array_equal(fem.assemble_vector(form).array, wanted)
    constant.value = 10.0
    np.testing.assert_allclose(fem.assemble_vector(form).array, 2 * wanted, rtol=1e-14, atol=1e-14)
    u.x.array[:] = 0.0
    assert np.all(fem.assemble_vector(form).array == 0.0)


def test_a_constant_is_one_number_for_both_kinds_of_form():
    domain = Tagged()
    form, constant, _ = heat(domain, k=3.0)
    plain = fem.form(symbols.lowered(form))
    first = fem.assemble_vector(plain).array.copy()
    constant.value = 6.0
    np.testing.assert_allclose(fem.assemble_vector(plain).array, 2 * first, rtol=1e-14, atol=1e-14)
    assert float(constant.value) == 6.0


OTHERS = {
    "degree": {"degree": 1},
    "part": {"number": 2},
    "rule": {"rule": 5},
    "exponent": {"power": 3},
    "kind of number": {"power": 2.0},
    "everywhere": {"number": None},
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_form_reads_otherwise(name):
    domain = Tagged()
    ours, theirs = heat(domain)[0], heat(domain, **OTHERS[name])[0]
    assert symbols.reading(ours).lines != symbols.reading(theirs).lines
    assert symbols.reading(ours).lines == symbols.reading(heat(Tagged(9.0, 3), k=7.0)[0]).lines


def test_the_order_and_the_sharing_of_leaves_are_read():
    domain = Tagged()
    a, b = symbols.Constant(domain.mesh, 2.0), symbols.Constant(domain.mesh, 3.0)
    over = symbols.measure("dx", domain.mesh, None, None, None)
    lines = [
        symbols.reading(form * over).lines for form in (a - b, a - a, (a - b) * a, (a - b) * b)
    ]
    assert all(lines[i] != lines[j] for i in range(4) for j in range(i))
    values = [
        fem.assemble_scalar(known.compile_form(form * over))
        for form in (a - b, b - a, a - a, (a - b) * a, (a - b) * b)
    ]
    np.testing.assert_allclose(values, 2.0 * np.array([-1, 1, 0, -2, -3]), atol=1e-14)


def test_what_only_ufl_knows_is_left_to_ufl(cache):
    import ufl

    domain = Tagged()
    wave = symbols.symbol(ufl.tanh(ufl.SpatialCoordinate(domain.mesh)[0]))
    v = symbols.test_function(fem.functionspace(domain.mesh, ("Lagrange", 1)))
    odd = wave * v * symbols.measure("dx", domain.mesh, domain, 1, 4)
    assert not symbols.reading(odd).known
    np.testing.assert_array_equal(assembled(odd), by_ufl(odd))
    assert not list(cache.glob("*.note"))


def test_reads_finds_a_function_behind_symbols_and_ufl():
    form, _, u = heat(Tagged())
    other = fem.Function(u.function_space)
    assert symbols.reads(form, u)
    assert not symbols.reads(form, other)
    assert symbols.reads(symbols.symbol(other * other) * form, other)


def forge(note):
    """Swap two constants in a note, with a checksum that fits no longer."""
    text, checksum = json.loads(note.read_text())
    note.write_text(json.dumps([text.replace("[0, 1]", "[1, 0]"), checksum]))


@by_hand
@pytest.mark.parametrize(
    "damage",
    [
        forge,
        lambda note: note.write_bytes(note.read_bytes()[:20]),
        lambda note: note.chmod(0o666),
        lambda note: note.unlink(),
        lambda note: next(p for p in note.parent.iterdir() if p.is_dir()).rename(
            note.parent / "away"
        ),
    ],
    ids=["altered", "cut", "writable", "gone", "form gone"],
)
def test_a_note_that_is_not_whole_is_made_anew(cache, damage):
    domain = Tagged()
    a, b = symbols.Constant(domain.mesh, 2.0), symbols.Constant(domain.mesh, 3.0)
    over = symbols.measure("dx", domain.mesh, None, None, None)
    form = (a - b) * over
    assert fem.assemble_scalar(known.compile_form(form)) == pytest.approx(-2.0)
    (note,) = cache.glob("*.note")
    assert known._read(note) is not None
    damage(note)
    assert known._read(note) is None
    known._KNOWN.clear()
    assert fem.assemble_scalar(known.compile_form(form)) == pytest.approx(-2.0)
    assert known._read(note) is not None


@by_hand
def test_notes_of_other_versions_and_other_code_are_not_read(cache, monkeypatch):
    lines = symbols.reading(heat(Tagged())[0]).lines
    now = known._note_of(lines)
    assert known._note_of(lines) == now
    monkeypatch.setattr("ufl.__version__", "1999.1")
    known._versions.cache_clear()
    other = known._note_of(lines)
    monkeypatch.undo()
    known._versions.cache_clear()
    assert other.name != now.name
    monkeypatch.setattr(known.Path, "read_bytes", lambda path: b"other code")
    other = known._note_of(lines)
    monkeypatch.undo()
    known._versions.cache_clear()
    assert other.name != now.name


@by_hand
def test_another_process_asks_no_ufl(cache):
    form, _, _ = heat(Tagged())
    wanted = assembled(form).sum()
    script = f"""if True:
        import sys; sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
        import test_known_forms as t
        from pathlib import Path
        t.compiled.cache_folder = lambda: Path({str(cache)!r})
        t.compiled.compile_form = None
        print(t.assembled(t.heat(t.Tagged())[0]).sum())"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert float(done.stdout) == pytest.approx(wanted, rel=1e-14), done.stderr
