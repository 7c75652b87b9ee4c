"""Loops over many points of a rule are cut where functions are called, with the same digits."""

import re
import subprocess

import numpy as np
import pytest

from thermosim.fem.lanes import in_lanes
from thermosim.fem.pieces import lacks_compiler

# as FFCx writes: a table, sums over nodes, a comparison, functions, and what goes into the element
CODE = """
void tabulate_tensor_integral_0(double* restrict A, const double* restrict w,
                                const double* restrict c, const double* restrict weights)
{
static const double FE[1][1][40][2] = {{{TABLE}}};
double sp_0 = c[0] + 1.0;
for (int iq = 0; iq < 40; ++iq)
{
  // Section: Function
  double w0 = 0.0;
  {
    for (int ic = 0; ic < 2; ++ic)
    {
      w0 += w[(ic)] * FE[0][0][iq][ic];
    }
  }
  double fw0 = 0;
  {
    double sv_0 = w0 * sp_0;
    double sv_1 = fmax(sv_0, c[1]);
    bool sv_2 = sv_0 > c[1];
    double sv_3 = sv_2 ? 1 : 0.0;
    double sv_4 = exp(sv_1);
    double sv_5 = sv_4 + sv_3;
    double sv_6 = sv_5 / sv_0;
    fw0 = sv_6 * weights[iq];
  }
  // Section: Tensor Computation
  {
    for (int i = 0; i < 2; ++i)
    {
      A[(i)] += fw0 * FE[0][0][iq][i];
    }
  }
}

}

static const char* after = "of the function";
"""


def code():
    numbers = np.random.default_rng(0).random((40, 2))
    rows = ", ".join("{" + ", ".join(map(repr, row)) + "}" for row in numbers.tolist())
    return CODE.replace("{TABLE}", "{" + rows + "}")


def test_the_loop_is_cut_where_functions_are_called():
    cut = in_lanes(code())
    assert len(re.findall(r"for \(int iq = 0; iq < 40; \+\+iq\)", cut)) == 6
    assert "double sv_0_at[40];" in cut
    assert "bool sv_2_at[40];" not in cut  # asked for where it is made
    assert "weights_at" not in cut
    assert cut.count("FOR_EACH_PROCESSOR\nvoid tabulate_tensor") == 1
    assert cut.count("push_options") == cut.count("pop_options") == 1
    assert 'after = "of the function"' in cut


@pytest.mark.parametrize(
    ("old", "new"),
    [("40", "30"), ("double sv_6 = sv_5 / sv_0;", "if (c[0]) { fw0 = 1; }"),
     ("    {\n      A[(i)]", "    {\n      B[(i)]"), ("\nvoid tabulate", "\nstatic void tabulate")],
)  # fmt: skip
def test_code_that_looks_otherwise_is_left_alone(old, new):
    assert in_lanes(code().replace(old, new)) == code().replace(old, new)


@pytest.mark.skipif(bool(lacks_compiler()), reason="no C compiler")
def test_digits_are_the_same(tmp_path):
    import ctypes

    found = []
    for name, text in (("plain", code()), ("cut", in_lanes(code()))):
        head = "#include <math.h>\n#include <stdbool.h>\n"
        (tmp_path / f"{name}.c").write_text(head + text)
        library = tmp_path / f"{name}.so"
        command = ["cc", "-O2", "-fPIC", "-shared", f"{name}.c", "-o", library, "-lm"]
        subprocess.run(command, cwd=tmp_path, check=True)
        arrays = [np.zeros(2), np.array([0.3, -0.7]), np.array([0.2, 0.1]), np.linspace(1, 2, 40)]
        pointers = [a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for a in arrays]
        ctypes.CDLL(str(library)).tabulate_tensor_integral_0(*pointers)
        found.append(arrays[0])
    assert np.all(found[0] != 0.0)
    np.testing.assert_array_equal(*found)
