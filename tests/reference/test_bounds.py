"""The ± bounds: on cases with known answers no error is larger, and none five times smaller.

``docker/run python3 tests/bounds_table.py`` prints them. Where an error goes through zero by luck a
± is wider; such points are not among the cases.
"""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from bounds_table import CASES, bounds, judged, narrow  # noqa: E402


@pytest.mark.parametrize("name", CASES)
def test_no_error_is_larger_than_its_bound(name, tmp_path):
    for key, *row in judged(name, tmp_path):
        assert bounds(*row), (key, *row)
        assert narrow(*row), (key, *row)


def test_there_are_enough_of_them(tmp_path):
    numbers = [key for make in CASES.values() for key in make(tmp_path)[1]]
    assert len(CASES) >= 25
    assert len(numbers) >= 60
