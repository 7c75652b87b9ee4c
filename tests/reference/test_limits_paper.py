"""The limits of optical cooling at 300 K, for the numbers of Yamada et al., arXiv:2406.10641.

Targets are printed to the digits given; each is compared at half a unit of its last digit. Where a
limit has a second closed form, it is compared to 1e-10 as well.
"""

import numpy as np
import pytest
from closed_forms import ensemble_delta_T, isolated_dot_delta_T, relaxation_time
from scipy import constants

from thermosim.bodies.chamber import radiative_conductance, radiative_flux
from thermosim.limits.closed import (
    contact_conductance,
    cooling_rate,
    ensemble_power,
    isolated_dot_radius,
    largest_conductance,
    linear_delta_T,
    required_n_R,
    sphere_area,
    sphere_volume,
    steady_delta_T,
)

G_MAX = 2.1e-15
RADIUS = 5e-6
SIGMA = constants.Stefan_Boltzmann
RHO_CP = 4290.0 * 225.0


def printed(value, digits):
    """Tolerance of a number printed as ``value`` with its last digit at ``10**digits``."""
    return pytest.approx(value, rel=0, abs=0.5 * 10.0**digits)


def test_isolated_black_dot():
    radius = float(isolated_dot_radius(G_MAX, -1.0))
    assert radius * 1e9 == printed(5.24, -2)
    closed = np.sqrt(G_MAX / (4 * np.pi * SIGMA * (300.0**4 - 299.0**4)))
    assert radius == pytest.approx(closed, rel=1e-10, abs=0)
    assert float(isolated_dot_delta_T(G_MAX, radius)) == pytest.approx(-1.0, rel=1e-10)


def test_ensemble_by_radiation_only():
    flux = -float(radiative_flux(-10.0, 300.0))
    assert flux == printed(58.25, -2)
    assert flux == pytest.approx(SIGMA * (300.0**4 - 290.0**4), rel=1e-10)
    n_R = float(required_n_R(-10.0, G_MAX))
    assert n_R / 1e16 == printed(8.32, -2)
    n_dots = n_R / RADIUS
    assert n_dots / 1e22 == printed(1.66, -2)
    power = float(ensemble_power(n_dots, G_MAX, sphere_volume(RADIUS)))
    assert power * 1e9 == printed(18.3, -1)
    assert float(ensemble_delta_T(n_dots, G_MAX, RADIUS)) == pytest.approx(-10.0, rel=1e-10)


def test_conductances_of_a_5_um_particle():
    black = float(sphere_area(RADIUS) * radiative_conductance(300.0))
    assert black * 1e9 == printed(1.92, -2)
    assert float(largest_conductance(18.3e-9, -9.0)) * 1e9 == printed(2.03, -2)


def test_contact_undoes_the_cooling():
    # stated as about 1.4e-7 W/K, with the conductivity of the particle known to a factor 1.5
    low, high = (float(contact_conductance(129e-9, k, 3.9, 0.46)) for k in (0.2, 0.5))
    assert low < 1.4e-7 < high
    assert float(linear_delta_T(18.3e-9, 1.4e-7)) == printed(-0.13, -2)
    exact = float(steady_delta_T(18.3e-9, sphere_area(RADIUS), 1.4e-7))
    assert exact == printed(-0.13, -2)
    assert exact == pytest.approx(-18.3e-9 / (1.4e-7 + 1.92e-9), rel=1e-4)


def test_thermal_clock():
    n_dots = float(required_n_R(-10.0, G_MAX)) / RADIUS
    rate = float(cooling_rate(n_dots, G_MAX, RHO_CP))
    assert -9.0 / rate == printed(0.25, -2)
    tau = relaxation_time(
        RHO_CP * sphere_volume(RADIUS), sphere_area(RADIUS) * radiative_conductance(300.0)
    )
    assert float(tau) == pytest.approx(RHO_CP * RADIUS / (12 * SIGMA * 300.0**3), rel=1e-10)
    assert 600.0 / float(tau) > 2000  # the cooling observed took ten minutes
