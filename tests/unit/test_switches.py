"""When formulas of time switch, and the samples that show all that they do."""

import numpy as np
import pytest

from thermosim.heat.stages import RULES
from thermosim.language.formulas import Expression
from thermosim.language.namespaces import NUMPY
from thermosim.schedule.forcing import Course, Forcing

SWITCHES = {
    "where(t < 120, 0, where(t < 126, 4e6, 0))": (240, [120, 126]),
    "where(t > 10 and t < 11 or not t < 15, 1, 0)": (20, [10, 11, 15]),
    "where(abs(t - 100) < 1e-6, 1, 0)": (1000, [100 - 1e-6, 100, 100 + 1e-6]),
    "where((t - 100.3)**2 < 1e-12, 1, 0)": (1000, [100.3 - 1e-6, 100.3 + 1e-6]),
    "heaviside(t - 3)*min(t, 5) + max(t, 7, 9)": (20, [3, 5, 7, 9]),
    "abs(sin(2*pi*t))": (3, [0.5, 1, 1.5, 2, 2.5]),
    "where(sin(2*pi*t/1e-3) > 0, 1, 0)": (1, np.arange(1, 2000) * 5e-4),
    "where(x < 0.5*t, 1, 0)": (10, []),
    "100*sin(pi*t/40) + x": (32, []),
    "where(T > 300, 1, 0)": (10, []),
}


@pytest.mark.parametrize("text", SWITCHES)
def test_switches_are_found_to_rounding(text):
    duration, wanted = SWITCHES[text]
    found = Expression.parse(text).switches(duration)
    assert len(found) == len(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=0)


def test_a_step_at_a_switch_has_it_on_one_side():
    formula = Expression.parse("where(t < pi, 0, 1)")
    (at,) = formula.switches(10)
    beside = np.array([at * (1 - 1e-13), at * (1 + 1e-13)])
    assert formula.evaluate(NUMPY, t=beside).tolist() == [0, 1]


@pytest.mark.parametrize("width", [1e-6, 1e-3, 1.0])
def test_samples_show_a_smooth_pulse_of_any_width(width):
    formula = Expression.parse(f"exp(-((t - 777.7)/{width})**2)")
    times = formula.moments(1000.0)
    heat = np.trapezoid(formula.evaluate(NUMPY, t=times), times)
    assert heat == pytest.approx(width * np.sqrt(np.pi), rel=2e-2)


def test_too_fast_an_oscillation_is_refused():
    with pytest.raises(ValueError, match="periods within"):
        Expression.parse("where(sin(1e9*t) > 0, 1, 0)").switches(1.0)


@pytest.mark.parametrize("method", RULES)
def test_weights_of_a_rule_make_a_whole_step(method):
    rule = RULES[method]
    assert sum(rule.weights) == pytest.approx(1, abs=1e-14)
    if len(rule.places) > 1:  # second order
        half = np.dot(rule.weights, rule.places)
        assert half == pytest.approx(0.5, abs=1e-12)


def test_a_step_is_halved_until_it_sees_the_pulse():
    times = np.linspace(0, 100, 10_001)
    pulse = np.exp(-(((times - 60.1) / 0.5) ** 2))[None]
    forcing = Forcing(100.0, np.empty(0), (Course(times, pulse),))
    step = forcing.limit(0.0, 100.0, RULES["dirk4"])
    assert step < 60.1
    calm = Forcing(100.0, np.empty(0), (Course(times, 0 * pulse + 1),))
    assert calm.limit(0.0, 100.0, RULES["dirk4"]) == 100.0


def test_the_piece_around_a_time():
    forcing = Forcing(10.0, np.array([2.0, 5.0]))
    assert forcing.span(0.0) == (0.0, 2.0)
    assert forcing.span(2.0) == (2.0, 5.0)
    assert forcing.span(5.0) == (5.0, np.inf)
