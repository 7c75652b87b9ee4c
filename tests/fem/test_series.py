"""The Mie series as machine code is that in NumPy."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim.fem.domain  # noqa: E402, F401  imports DOLFINx as it must be

# isort: split
from mpi4py import MPI  # noqa: E402

from thermosim.light.series import (  # noqa: E402
    lattice_by_machine_code,
    parts_by_machine_code,
)
from thermosim.optics.mie import MieSphere  # noqa: E402


@pytest.mark.parametrize("count", [1, 7, 500])
@pytest.mark.parametrize(
    ("m", "x"),
    [(1.5 + 0j, 1e-3), (1.9 + 1e-5j, 0.7), (1.9 + 1e-5j, 59.0), (1.33 + 0.2j, 300.0),
     (0.2 + 3.4j, 20.0), (2.4 + 1e-9j, 900.0)],
)  # fmt: skip
def test_it_is_the_sum_in_numpy(m, x, count):
    sphere, rng = MieSphere.build(m, x), np.random.default_rng(1)
    s, mu = rng.random(count) ** (1 / 3), rng.uniform(-1.0, 1.0, count)
    s[:2], mu[-2:] = (0.0, 1.0)[:count], (1.0, -1.0)[:count]
    machine = parts_by_machine_code(MPI.COMM_SELF)(sphere, s, mu)
    for found, wanted in zip(machine, sphere.intensity_parts(s, mu), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-13 * wanted.max())


@pytest.mark.parametrize("angles", [1, 16, 41])
@pytest.mark.parametrize(("m", "x"), [(1.9 + 1e-5j, 0.7), (1.9 + 1e-5j, 59.0), (1.33 + 0.2j, 90.0)])
def test_a_lattice_is_that_of_numpy(m, x, angles):
    sphere, s = MieSphere.build(m, x), np.linspace(0.01, 1.0, 7)
    mu = np.cos(np.linspace(0.0, np.pi, angles))
    machine = lattice_by_machine_code(MPI.COMM_SELF)(sphere, s, mu)
    for found, wanted in zip(machine, sphere.lattice_parts(s, mu), strict=True):
        assert found.shape == wanted.shape == (7, angles)
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-13 * wanted.max())
