"""Heat of held faces that share edges and corners: exact where the space holds the solution."""

import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402


def held(formula, geometry, faces, material=None, **region):
    temperature = {"expression": formula, "unit": "K"}
    return parse_case(
        {
            "goal": "body",
            "geometry": geometry,
            "materials": {"m": {"conductivity": material or "2 W/(m*K)"}},
            "regions": {"body": {"material": "m", **region}},
            "boundaries": {face: {"temperature": temperature} for face in faces},
            "mesh": {"size": "0.25 m"},
            "output": {"pictures": False, "fields": False, "thermometer": False},
        }
    )


PLATE = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]}
CYLINDER = {
    "kind": "rectangle",
    "symmetry": "axisymmetric",
    "r": ["0 m", "0.5 m"],
    "z": ["0 m", "1 m"],
}
SIDES = ("left", "right", "top", "bottom")
TILTED = {"kind": "uniaxial", "k_par": "7 W/(m*K)", "k_perp": "1 W/(m*K)"}
AREA = math.pi * 0.25

CASES = {
    "anisotropic": (  # K_xx = 4, K_xy = -3
        held("300+20*x", PLATE, SIDES, TILTED, axis=[1, 1, 0]),
        {"left": 80, "right": -80, "top": 60, "bottom": -60},
    ),
    "quadratic": (  # -k dT/dx = -2·(20 + 60 x), -k dT/dy = 2·60 y: no source is needed
        held("300 + 20*x + 30*x**2 - 30*y**2", PLATE, SIDES),
        {"left": 40, "right": -160, "top": 120, "bottom": 0},
    ),
    "cylinder": (
        held("300 + 40*z", CYLINDER, ("right", "top", "bottom")),
        {"bottom": 80 * AREA, "top": -80 * AREA, "right": 0},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_face_gets_its_own(name):
    case, wanted = CASES[name]
    budget = simulate(case).budget
    scale = max(map(abs, wanted.values()))
    for face, heat in wanted.items():
        assert budget[f"{face}:held"] == pytest.approx(heat, rel=0, abs=1e-6 * scale)


def test_the_split_converges_where_no_polynomial_fits():
    """T = 300 + 20 e^x sin y is harmonic: -k∫dT/dy dx over the bottom is -2·20 (e - 1)."""
    flux = 40 * (math.e - 1)
    wanted = {"bottom": flux, "top": -flux * math.cos(1), "left": 40 * (1 - math.cos(1))}
    wanted["right"] = -wanted["left"] * math.e
    budget = simulate(held("300 + 20*exp(x)*sin(y)", PLATE, SIDES)).budget
    for face, heat in wanted.items():
        assert budget[f"{face}:held"] == pytest.approx(heat, rel=0, abs=2e-3 * flux)
    assert sum(budget[f"{face}:held"] for face in SIDES) == pytest.approx(0, abs=1e-9 * flux)
