"""Properties that cannot be at the temperatures that a solution visits, and those that jump."""

import pytest
from bounded_cases import body, in_time

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

BAR = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "0.2 m"]}
ENDS = {"left": {"temperature": "300 K"}, "right": {"temperature": "500 K"}}
FALLING = {"kind": "polynomial", "coefficients": [-2.0]}  # value (1 - 2 (T/300 - 1)): 0 at 450 K


def table(unit, *points, interpolation="linear"):
    return {
        "kind": "table",
        "temperatures": [f"{T} K" for T, _ in points],
        "values": [f"{value} {unit}" for _, value in points],
        "interpolation": interpolation,
    }


def refused(tree):
    with pytest.raises(CaseError) as told:
        simulate(parse_case(tree))
    assert told.value.exit_status == 2
    return str(told.value)


def test_a_conductivity_below_zero_is_named_with_its_temperature():
    tree = body(BAR, ENDS, 0.1, k={"kind": "isotropic", "k": {**FALLING, "value": "2 W/(m*K)"}})
    told = refused(tree)
    assert 'region "body", conductivity = -' in told
    assert "W/(m*K): must be above 0, at" in told
    assert "table" in told


def test_one_that_stays_above_zero_where_the_solution_is_passes():
    ends = {**ENDS, "right": {"temperature": "440 K"}}
    k = {"kind": "isotropic", "k": {**FALLING, "value": "2 W/(m*K)"}}
    found = simulate(parse_case(body(BAR, ends, 0.1, k=k)))
    assert found.budget["left:held"] > 0


def test_a_spline_that_overshoots_is_named():
    points = ((200, 1), (300, 1), (330, 1e-3), (360, 1e-3), (400, 3), (600, 3))
    law = table("W/(m*K)", *points, interpolation="spline")
    told = refused(body(BAR, ENDS, 0.1, k={"kind": "isotropic", "k": law}))
    assert "must be above 0" in told


@pytest.mark.parametrize(("name", "unit"), [("specific_heat", "J/(kg*K)"), ("density", "kg/m^3")])
def test_in_time_heat_capacities_are_watched(name, unit):
    tree = in_time(body(BAR, {}, 0.2, source="100 W/m^3"), 10.0)
    tree["materials"]["m"][name] = {**FALLING, "value": f"1 {unit}"}
    told = refused(tree)
    assert name.replace("_", " ") in told
    assert "must be above 0" in told


def test_a_step_of_a_property_is_told_as_such():
    law = table("W/(m*K)", (200, 1), (349.99, 1), (350.01, 10), (600, 10))
    told = refused(body(BAR, ENDS, 0.1, k={"kind": "isotropic", "k": law}))
    assert "jumps to 10 between 349.99 K and 350.01 K" in told
    assert "smooth" in told


def test_a_step_that_is_spread_is_solved():
    """∫k dT = 1·45 + 55·10/2 + 10·100 W/m over the bar, by the exact integral of the law."""
    law = table("W/(m*K)", (200, 1), (350, 1), (450, 10), (600, 10), interpolation="smooth")
    found = simulate(parse_case(body(BAR, ENDS, 0.05, k={"kind": "isotropic", "k": law})))
    heat = 0.2 * (50 + 550 + 500)
    error = abs(found.budget["left:held"] - heat)
    assert error <= found.summary["errors"]["left:held"]
    assert error < 1e-2 * heat


def test_in_time_a_step_of_the_heat_capacity_is_solved():
    """100 W/m³ heat the block through a step of ρ cp from 1 to 10 at 310 K: 10 s and 90 s."""
    tree = in_time(body(BAR, {}, 0.2, source="1 W/m^3"), 100.0)
    law = table("J/(kg*K)", (200, 1), (309.999, 1), (310.001, 10), (600, 10))
    tree["materials"]["m"]["specific_heat"] = law
    found = simulate(parse_case(tree))
    assert found.region_body_mean_K == pytest.approx(319.0, abs=0.02)
    assert found.energy_account_rel < 1e-3


def test_an_emissivity_above_one_at_the_temperature_found_is_refused():
    law = {"expression": "0.5 + (T - 300)/200", "unit": "1"}
    ends = {**ENDS, "top": {"radiation": {"emissivity": law, "T_env": "300 K"}}}
    told = refused(body(BAR, ends, 0.1, k="50 W/(m*K)"))
    assert "boundaries.top.radiation.emissivity" in told
    assert "must be <= 1" in told
