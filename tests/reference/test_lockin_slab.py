"""A slab lit at one side in a sine, held at the other: q0/(k s) tanh(s L) with s² = i ω/α.

For q0 = 1 W/m², k = 1 W/(m K), L = 1 m, α = 1 m²/s and 1 Hz the lit side swings by 0.42070505 K,
0.80807538 rad behind the flux.
"""

import cmath
import math

import numpy as np
import pytest
from bounded_cases import body, formula, in_time

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.results.series import load_series  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

PERIODS, PER_PERIOD = 6, 64
S = cmath.sqrt(2j * math.pi)
SURFACE = cmath.tanh(S) / S
MEAN = (1 - 1 / cmath.cosh(S)) / S**2


@pytest.fixture(scope="module")
def slab(tmp_path_factory):
    bar = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "0.2 m"]}
    faces = {
        "left": {"heat_flux": formula("sin(2*pi*t)", "W/m^2")},
        "right": {"temperature": "300 K"},
    }
    tree = body(bar, faces, 0.1, goal="lit", lit=(0.0, 0.1))
    tree = in_time(
        tree, PERIODS, tolerance="1e-6 K", relative_tolerance=1e-6,
        output_every=f"{1 / PER_PERIOD} s", lock_in={"period": "1 s", "periods": 1},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("slab") / "run"
    return simulate(parse_case(tree), folder), load_series(folder)


def test_the_lit_side(slab):
    assert abs(SURFACE) == pytest.approx(0.42070505, abs=5e-9)
    assert cmath.phase(SURFACE) == pytest.approx(-0.80807538, abs=5e-9)
    result, series = slab
    times = PERIODS - 1 + np.arange(1, PER_PERIOD + 1) / PER_PERIOD
    rows = [int(np.argmin(abs(series.time - t))) for t in times]
    T = series["probe_lit_K"][rows] - 300
    answer = 2j * np.mean(T * np.exp(-2j * math.pi * times))  # 1 for sin(2 pi t)
    assert abs(answer) == pytest.approx(0.42070505, abs=2e-6)
    assert cmath.phase(answer) == pytest.approx(-0.80807538, abs=2e-6)
    modes, w = ((np.arange(20_000) + 0.5) * math.pi) ** 2, 2 * math.pi
    start = np.sum(2 * w / (modes**2 + w**2) * np.exp(-modes * PERIODS))  # not yet forgotten
    now = 300 + SURFACE.imag + start  # at the end, where sin(2 pi t) = 0
    assert abs(result.probe_lit_K - now) <= result.delta_T_error_K < 1e-5


def test_the_mean_by_lock_in(slab):
    result, _ = slab
    (found,) = result.lock_in
    bound = result.summary["errors"]["region_body_mean_K"]
    assert found["amplitude_K"] == pytest.approx(abs(MEAN), abs=bound)
    assert found["lag_rad"] == pytest.approx(-cmath.phase(MEAN), abs=bound / abs(MEAN))
