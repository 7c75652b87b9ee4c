"""Functions at the points of a rule: one product a point, and the same digits as FFCx's sums."""

import re

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.fem.points import at_points  # noqa: E402


def table(name, matrix):
    rows = ", ".join("{" + ", ".join(str(float(x)) for x in row) + "}" for row in matrix)
    n = len(matrix)
    return f"static const double {name}[1][1][{n}][{n}] = {{{{{{{rows}}}}}}};\n"


def kernel(matrix, more=""):
    return f"""
void tabulate_tensor_1(double* restrict A, const double* restrict w)
{{
{table("FE0_C0_Q1", matrix)}for (int iq = 0; iq < {len(matrix)}; ++iq)
{{
  double w1 = 0.0;
  {{
    for (int ic = 0; ic < {len(matrix)}; ++ic)
    {{
      w1 += w[10 + (ic)] * FE0_C0_Q1[0][0][iq][ic];
    }}
  }}
  {{
    for (int i = 0; i < {len(matrix)}; ++i)
    {{
      A[(i)] += fw0 * FE0_C0_Q1[0][0][iq][i];
    }}
  }}{more}
}}
}}
"""


def test_sums_over_a_unit_matrix_are_one_term():
    made = at_points(kernel(np.eye(5)))
    assert "w1 += w[10 + (iq)];" in made
    assert "A[(iq)] += fw0;" in made
    assert "FE0_C0_Q1" not in made


@pytest.mark.parametrize(
    "code",
    [
        kernel(np.eye(5) + 1e-16 * np.ones((5, 5))),
        kernel(np.eye(5)[::-1]),
        kernel(np.eye(5), more="x += FE0_C0_Q1[0][0][iq][2];"),
    ],
    ids=["nearly a unit matrix", "another order", "a use that is not known"],
)
def test_all_else_stays_as_it_is(code):
    assert at_points(code) == code


def test_a_table_of_one_function_is_not_that_of_the_next():
    both = kernel(np.eye(5)) + kernel(np.eye(5)[::-1]).replace("tensor_1", "tensor_2")
    first, second = re.split(r"(?=void tabulate_tensor_2)", at_points(both))
    assert "w[10 + (iq)]" in first
    assert second in kernel(np.eye(5)[::-1]).replace("tensor_1", "tensor_2")


@pytest.fixture
def both_ways(monkeypatch, tmp_path):
    """Assemble a form compiled as thermosim does and as FFCx does; a word tells the code apart."""
    from thermosim.fem import compile as compiling
    from thermosim.fem import points

    def assembled(form, assemble, word):
        found = []
        for way in (points.at_points, lambda code: code):
            monkeypatch.setattr(points, "at_points", way)
            folder = tmp_path / str(len(found))
            folder.mkdir()
            monkeypatch.setattr(compiling, "cache_folder", lambda folder=folder: folder)
            found.append(assemble(compiling.compile_form(form)))
            text = "".join(path.read_text() for path in folder.rglob("*.c"))
            assert (word in text) is (len(found) == 1)
        return found

    return assembled


def test_compiled_forms_have_the_digits_of_ffcx(both_ways):
    """A form of a function at points, with and without: equal to the last bit."""
    import basix.ufl
    import dolfinx
    import ufl
    from mpi4py import MPI

    mesh = dolfinx.mesh.create_unit_square(MPI.COMM_SELF, 3, 3)
    element = basix.ufl.quadrature_element("triangle", degree=7)
    f = dolfinx.fem.Function(dolfinx.fem.functionspace(mesh, element))
    f.x.array[:] = np.random.default_rng(3).random(len(f.x.array))
    v = ufl.TestFunction(dolfinx.fem.functionspace(mesh, ("Lagrange", 2)))
    x = ufl.SpatialCoordinate(mesh)
    F = ufl.exp(f) * v * x[0] * ufl.dx(metadata={"quadrature_degree": 7})
    found = both_ways(F, lambda form: dolfinx.fem.assemble_vector(form).array.copy(), "w[iq]")
    assert np.array_equal(*found)


def test_large_matrices_by_rows_have_the_digits_of_ffcx(both_ways):
    """Conduction of third order, by rows and down the columns: equal to the last bit."""
    import dolfinx
    import ufl
    from mpi4py import MPI

    mesh = dolfinx.mesh.create_unit_cube(MPI.COMM_SELF, 2, 1, 1)
    space = dolfinx.fem.functionspace(mesh, ("Lagrange", 3))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    K = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx(metadata={"quadrature_degree": 9})
    word = "FOR_EACH_PROCESSOR"
    found = both_ways(K, lambda form: dolfinx.fem.assemble_matrix(form).data.copy(), word)
    assert np.array_equal(*found)
