"""Fields at points: curved cells are evaluated exactly, nothing outside."""

from pathlib import Path

import numpy as np
import pytest

import thermosim
from thermosim.errors import CaseError
from thermosim.visual import fields_lattice as lattice
from thermosim.visual.access import _at
from thermosim.visual.fields_read import Field

MICA = Path(__file__).parents[2] / "cases" / "microparticle_on_mica.toml"


@pytest.mark.parametrize("dim", [2, 3])
def test_a_curved_cell_is_evaluated_exactly(dim):
    at = lattice.nodes(dim, 2)
    points = np.zeros((len(at), 3))
    points[:, :dim] = at[:, 1:]
    points[dim + 1, :dim] += 0.07  # a bent edge
    values = at[:, 1] ** 2 - 3.0 * at[:, 2]
    ones = np.ones(1, dtype=np.int64)
    cells = np.arange(len(at))[None]
    field = Field(points, cells, values, ones, np.arange(len(at)), dim, 2)
    nodes = points[cells][:, :, :dim]
    part = np.full(dim + 1, 0.2)
    part[0] = 1.0 - 0.2 * dim
    x = (lattice.basis(dim, 2, part[None]) @ nodes[0])[0]
    assert _at(x, nodes, field) == (0, pytest.approx(0.04 - 0.6, rel=1e-10))
    assert np.isnan(_at(x + 5.0, nodes, field)[1])


def test_a_result_without_fields_says_what_to_do():
    result = thermosim.Result({}, {}, thermosim.load_case(MICA))
    with pytest.raises(CaseError, match=r"output\.fields = true"):
        thermosim.fields(result).to_pyvista()
    with pytest.raises(CaseError, match=r"there are the fields .*, no flux"):
        thermosim.fields(result).probe([0, 0, 0], "flux")
