"""NAFEMS benchmark T3 (one-dimensional transient) and closed forms of relaxation."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from transient_bar import March, Source, body, strip  # noqa: E402

from thermosim.model.heat import HeatModel, Held  # noqa: E402

T_REF = 273.15


def test_nafems_t3():
    """36.60 °C at x = 0.08 m after 32 s; with more digits 36.603."""
    w, clock = np.pi / 40, SimpleNamespace(value=0.0)

    def driven(points):
        return np.full(len(points), T_REF + 100 * np.sin(w * clock.value))

    bar = body("bar", k=35.0, rho=7200.0, cp=440.5)
    model = HeatModel(T_REF, (bar,), (), (Held("left", T_REF), Held("right", driven)))
    rates = {"right": lambda t: 100 * w * np.cos(w * t)}
    march = March(
        strip(np.linspace(0, 0.1, 41)), model, 2, held_rates=rates, time=clock,
        settings={"duration": 32.0, "tolerance": 1e-5, "relative_tolerance": 0.0},
    )  # fmt: skip
    end = march.states()[-1]
    found = end[np.abs(march.x - 0.08) < 1e-12]
    assert len(found) >= 2
    np.testing.assert_allclose(found, 36.603, rtol=4e-5)


def test_temperature_dependent_source():
    """ρ cp = 2, q = 2 - 4 T, T(0) = 0: T(1) = (1 - exp(-2))/2."""
    decay = Source(lambda T, n: n(2.0) - n(4.0) * (T - n(T_REF)))
    march = March(
        strip([0.0, 1.0]), HeatModel(T_REF, (body("bar", decay, cp=2.0),)),
        settings={"duration": 1.0, "tolerance": 1e-10, "relative_tolerance": 0.0},
    )  # fmt: skip
    np.testing.assert_allclose(march.states()[-1], (1 - np.exp(-2)) / 2, rtol=3e-9)


def test_slab_cooling_series():
    """A slab at θ = 1 whose faces are held at 0: the Fourier series at the middle."""
    L, k, c = 0.02, 0.46, 2830.0 * 819.0
    model = HeatModel(
        T_REF, (body("bar", k=k, rho=2830.0, cp=819.0),), (),
        (Held("left", T_REF), Held("right", T_REF)),
    )  # fmt: skip
    times = [60.0, 300.0, 900.0]
    march = March(
        strip(np.linspace(0, L, 41)), model, 2, 1.0,
        settings={"duration": 1800.0, "tolerance": 1e-7, "relative_tolerance": 0.0},
    )  # fmt: skip
    states = march.states(times)
    middle = np.abs(march.x - L / 2) < 1e-12
    odd = np.arange(1, 200, 2)
    for t, state in zip([*times, 1800.0], states, strict=True):
        decay = np.exp(-((odd * np.pi / L) ** 2) * k / c * t)
        series = np.sum(4 / (np.pi * odd) * (-1) ** ((odd - 1) // 2) * decay)
        np.testing.assert_allclose(state[middle], series, atol=2e-5)
