"""Points of one mesh follow each other; all else keeps its order."""

import pytest

from thermosim.case.read import parse_case
from thermosim.run.order import by_mesh


def case(radius, intensity, **mesh):
    return parse_case(
        {
            "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": radius}},
            "laser": {"photon_energy": "2.33 eV", "intensity": intensity},
            "mesh": mesh,
        }
    )


@pytest.fixture
def cases():
    return {
        "a1": case("1 um", "1 kW/cm^2"), "b1": case("2 um", "1 kW/cm^2"),
        "a2": case("1 um", "2 kW/cm^2"), "c1": case("1 um", "1 kW/cm^2", cells_per_radius=5),
        "b2": case("2 um", "2 kW/cm^2"),
    }  # fmt: skip


def test_points_of_one_mesh_follow_each_other(cases):
    ordered = by_mesh(cases)
    assert list(ordered) == ["a1", "a2", "b1", "b2", "c1"]
    assert all(ordered[name] is cases[name] for name in cases)


def test_meshes_that_are_not_kept_stay_where_they_are():
    cases = {str(i): case("1 um", f"{i + 1} kW/cm^2", cache=False) for i in range(3)}
    assert list(by_mesh(cases)) == ["0", "1", "2"]
