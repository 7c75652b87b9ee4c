"""The ± holds the sampling of the light: coarse runs against fine ones, no error beyond its bound.

The fine runs have four times as fine cells, or 200 000 rays (in time three times and 50 000: those
have ten times as many as the coarse run whose error is judged); what they lack themselves, up to
0.02 K, is allowed for. By chance an error of rays may be near zero, so that only sets of rays
whose error is of the usual size are asked for how wide the ± is.
"""

from functools import cache

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

WIDEST = 5.0  # times the error
SHAPES = {
    "mie": {"kind": "sphere", "radius": "5 um"},
    "rays": {"kind": "box", "a": "6 um", "b": "5 um", "c": "4 um"},
}


@cache
def summary(model, refinement=1.0, rays=None, seed=0, duration=None, estimate=True, **laser):
    optics = {"model": model, "refractive_index": 1.9}
    if rays is not None:
        optics |= {"n_rays": rays, "seed": seed}
    case = {
        "assumptions": "favourable",
        "symmetry": "axisymmetric" if model == "mie" else "quarter",
        "particle": {"shape": SHAPES["mie" if model == "uniform" else model]},
        "laser": {"photon_energy": "2.33 eV", "intensity": "3 kW/cm^2"} | laser,
        "optics": optics,
        "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
        "mesh": {"refinement": refinement},
        "solver": {"error_estimate": estimate},
    }
    if duration:
        case["transient"] = {"duration": duration}
    return simulate(parse_case(case)).summary


def fine(model, duration=None):
    if model == "mie":
        return summary("mie", 3.0 if duration else 4.0, estimate=False, duration=duration)
    rays = 50_000 if duration else 200_000
    return summary("rays", rays=rays, estimate=False, duration=duration)


STEADY = [
    ("mie", {"refinement": 1.0}),
    ("mie", {"refinement": 2.0}),
    *(("rays", {"rays": 5000, "seed": seed}) for seed in (0, 1, 2)),
    ("rays", {"rays": 20_000, "seed": 2}),
]


@pytest.mark.parametrize(("model", "given"), STEADY)
def test_no_error_of_the_light_is_larger_than_its_bound(model, given):
    found = summary(model, **given)
    error = abs(found["delta_T_mean_K"] - fine(model)["delta_T_mean_K"])
    assert error <= found["delta_T_error_K"] <= WIDEST * error
    assert found["delta_T_error_light_K"] > 0.9 * found["delta_T_error_K"]


@pytest.mark.parametrize(
    ("model", "given"), [("mie", {"refinement": 1.0}), ("rays", {"rays": 5000})]
)
def test_it_is_carried_through_time(model, given):
    found = summary(model, duration="1 s", **given)
    error = abs(found["delta_T_mean_K"] - fine(model, "1 s")["delta_T_mean_K"])
    assert not found["ended_steady"]
    assert error <= found["delta_T_error_K"] <= WIDEST * error


def test_even_light_has_no_such_part():
    assert "delta_T_error_light_K" not in summary("uniform")


def test_the_light_in_errors_of_heats_is_that_of_the_source():
    """All heat of the source leaves by the surface: both are as uncertain."""
    errors = summary("rays", rays=5000)["errors"]
    assert errors["source:particle"] == pytest.approx(
        errors["particle_surface:radiation"], rel=0.05
    )
