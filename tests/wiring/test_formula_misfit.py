"""What a quadrature rule misses of a formula counts in the error with its sign."""

import numpy as np
import pytest
from scipy.integrate import quad

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402

from .helpers import case_of  # noqa: E402

STRENGTH = 1e4  # W/m³


@pytest.mark.parametrize(
    ("middle", "width", "size"), [(0.33, 0.02, 0.1), (0.5, 0.05, 0.2), (0.7, 0.05, 0.2)]
)
def test_the_error_of_a_spot_between_nodes(middle, width, size):
    """A bar of 1 W/(m K), held at one end, with a hot stretch narrower than its cells.

    -T'' = q, T(0) = T'(1) = 0 has the mean ∫ q (x - x²/2) dx. Cells miss part of q and part of T,
    here with opposite signs, so that a sum of the wrong sign is far off.
    """
    spot = f"{STRENGTH}*exp(-((x - {middle})/{width})**2)"
    tree = {
        "geometry": {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "0.1 m"]},
        "materials": {"bar": {"conductivity": "1 W/(m*K)"}},
        "regions": {
            "body": {"material": "bar", "heat_source": {"expression": spot, "unit": "W/m^3"}}
        },
        "boundaries": {"left": {"temperature": "300 K"}},
        "mesh": {"size": f"{size} m", "order": 1, "cache": False},
        "solver": {"degree": 1},
    }
    result = simulate(case_of(tree))
    found = result.summary
    mean, _ = quad(
        lambda x: STRENGTH * np.exp(-(((x - middle) / width) ** 2)) * (x - x**2 / 2),
        0, 1, points=[middle - 3 * width, middle, middle + 3 * width],
    )  # fmt: skip
    true = 300 + mean - found["region_body_mean_K"]
    assert abs(found["delta_T_error_discretisation_K"]) == pytest.approx(abs(true), rel=0.08)
    assert abs(true) <= found["delta_T_error_K"] <= 6 * abs(true)
    spot_heat, _ = quad(
        lambda x: 0.1 * STRENGTH * np.exp(-(((x - middle) / width) ** 2)),
        0, 1, points=[middle - 3 * width, middle, middle + 3 * width],
    )  # fmt: skip
    missed = abs(spot_heat - result.budget["left:held"])
    assert missed <= found["errors"]["left:held"] <= 6 * missed
