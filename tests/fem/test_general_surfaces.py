"""Films and enclosures on the boundaries of a body of any geometry."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import CaseError, simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402

RADIATION = {"emissivity": 0.5, "T_env": "300 K"}


def strip(**more):
    """A glass strip of 1 mm x 0.1 mm between 310 K and 300 K, a metre deep."""
    return {
        "geometry": {"kind": "rectangle", "x": ["0 mm", "1 mm"], "y": ["0 mm", "0.1 mm"]},
        "materials": {
            "glass": {"conductivity": "1 W/(m*K)"},
            "metal": {"conductivity": "300 W/(m*K)"},
        },
        "regions": {"body": {"material": "glass"}},
        "boundaries": {"left": {"temperature": "310 K"}, "right": {"temperature": "300 K"}},
        **more,
    }


def test_a_film_conducts_beside_the_body():
    film = {"boundary": "top", "material": "metal", "thickness": "50 nm"}
    found = simulate(parse_case(strip(films=[film, {**film, "boundary": "bottom"}])))
    conductance = (1.0 * 0.1e-3 + 2 * 300.0 * 50e-9) / 1e-3
    assert found.budget["right:held"] == pytest.approx(10 * conductance, rel=1e-9, abs=0)


ENCLOSURES = {
    "no radiation": ({"gap": {"boundaries": ["top"]}}, {}, "has no radiation"),
    "no such boundary": ({"gap": {"boundaries": ["tpo"]}}, {}, "top"),
    "two surroundings": (
        {"gap": {"boundaries": ["top", "bottom"]}},
        {"top": RADIATION, "bottom": {**RADIATION, "T_env": "77 K"}},
        "T_env",
    ),
    "twice": (
        {"a": {"boundaries": ["top"]}, "b": {"boundaries": ["top"]}},
        {"top": RADIATION},
        "enclosure a too",
    ),
    "formula": (
        {"gap": {"boundaries": ["top"]}},
        {"top": {**RADIATION, "emissivity": {"expression": "0.5 + 0*T", "unit": "1"}}},
        "numbers",
    ),
}


@pytest.mark.parametrize("fault", ENCLOSURES)
def test_enclosures_that_cannot_be(fault):
    enclosures, radiating, words = ENCLOSURES[fault]
    tree = strip(enclosures=enclosures)
    extent = {"r": ["1 mm", "2 mm"], "z": ["0 mm", "0.1 mm"]}
    tree["geometry"] = {"kind": "rectangle", "symmetry": "axisymmetric", **extent}
    tree["boundaries"] |= {name: {"radiation": law} for name, law in radiating.items()}
    with pytest.raises(CaseError, match=words):
        parse_case(tree)


def test_a_film_on_nothing():
    film = {"boundary": "tpo", "material": "metal", "thickness": "50 nm"}
    with pytest.raises(CaseError, match="top"):
        parse_case(strip(films=[film]))
