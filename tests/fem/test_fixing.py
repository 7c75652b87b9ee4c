"""A part of a body whose temperature nothing fixes is named; messages fit what makes the heat."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError, SolveError  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

TWO = """
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 1};
Rectangle(2) = {2, 0, 0, 1, 1};
Physical Surface("first") = {1};
Physical Surface("second") = {2};
Physical Curve("cold") = {4};
Physical Curve("hot") = {6};
"""
DOTS = ("density of dots", "intensity", "runaway")


def two(folder, hot=None, **second):
    path = folder / "two.geo"
    path.write_text(TWO)
    return {
        "goal": "first",
        "geometry": {"file": str(path), "unit": "m", "symmetry": "planar"},
        "materials": {"m": {"conductivity": "2 W/(m*K)", "density": "1 kg/m^3",
                            "specific_heat": "1 J/(kg*K)"}},
        "regions": {
            "first": {"material": "m", "heat_source": "100 W/m^3"},
            "second": {"material": "m", **second},
        },
        "boundaries": {"cold": {"temperature": "280 K"}, **({"hot": hot} if hot else {})},
        "mesh": {"size": "0.3 m"},
        "output": {"pictures": False, "fields": False},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hot", "second"),
    [(None, {}), (None, {"heat_source": "100 W/m^3"}), ({"heat_flux": "5 W/m^2"}, {})],
)
def test_a_part_that_nothing_fixes_is_named(tmp_path, hot, second):
    with pytest.raises(CaseError, match='region "second": nothing fixes') as told:
        simulate(parse_case(two(tmp_path, hot, **second)))
    assert told.value.exit_status == 2
    assert not any(word in str(told.value) for word in DOTS)


@pytest.mark.parametrize(
    ("hot", "second"),
    [
        ({"temperature": "300 K"}, {}),
        ({"convection": {"h": "5 W/(m^2*K)", "T_env": "300 K"}}, {}),
        (None, {"heat_source": {"expression": "300 - T", "unit": "W/m^3"}}),
    ],
)
def test_what_fixes_it_is_enough(tmp_path, hot, second):
    found = simulate(parse_case(two(tmp_path, hot, **second))).summary
    assert found["region_second_mean_K"] == pytest.approx(300, abs=1e-6)


def test_in_time_nothing_need_be_fixed(tmp_path):
    tree = two(tmp_path, heat_source="3 W/m^3")
    tree["transient"] = {
        "duration": "2 s",
        "initial": {"kind": "temperature", "temperature": "290 K"},
    }
    found = simulate(parse_case(tree)).summary
    assert found["region_second_mean_K"] == pytest.approx(296, abs=1e-6)


def test_no_dots_are_spoken_of_where_there_are_none(tmp_path):
    """A heat source that grows with T faster than it can leave: there is no steady state."""
    grows = {"expression": "1e3*exp((T - 280)/5)", "unit": "W/m^3"}
    tree = two(tmp_path, {"convection": {"h": "5 W/(m^2*K)", "T_env": "300 K"}}, heat_source=grows)
    with pytest.raises(SolveError) as told:
        simulate(parse_case(tree))
    assert "lower the sources" in str(told.value)
    assert "dots" not in str(told.value)
    assert "intensity" not in str(told.value)
