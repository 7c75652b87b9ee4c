"""`limits` of a case against arithmetic of its own: every size, factor and path is handed on."""

import math

import pytest
from scipy.constants import R as GAS
from scipy.constants import Stefan_Boltzmann, e

from .helpers import limits

RADIUS, B, T, EPS = 5e-6, 1e-6, 310.0, 0.37
Q = -3e7  # W/m³
K, RHO, CP = 0.42, 4200.0, 350.0
K_PAR, K_PERP, H_C = 4.5, 0.46, 2e7
PRESSURE, ACCOMMODATION = 2.0, 0.8
OWN = {
    "grain": {
        "conductivity": f"{K} W/(m*K)",
        "density": f"{RHO} kg/m^3",
        "specific_heat": f"{CP} J/(kg*K)",
        "emissivity": EPS,
    },
    "sheet": {
        "conductivity": {
            "kind": "uniaxial", "k_par": f"{K_PAR} W/(m*K)", "k_perp": f"{K_PERP} W/(m*K)",
        }
    },
}  # fmt: skip
SPHERE = {"kind": "sphere", "radius": f"{RADIUS} m"}
BOX = {"kind": "box", "a": "8 um", "b": "6 um", "c": "2 um"}
SHEET = {"kind": "slab", "material": "sheet", "radius": "1 mm", "thickness": "20 um",
         "emissivity": 0.5}  # fmt: skip
TOUCH = {"kind": "disk", "radius": f"{B} m", "h_c": f"{H_C} W/(m^2*K)"}
CHAMBER = {
    "temperature": f"{T} K", "pressure": f"{PRESSURE} Pa", "gas": "N2",
    "accommodation": ACCOMMODATION,
}  # fmt: skip


def tree(shape=SPHERE, **sections):
    particle = {"shape": shape, "material": "grain"}
    symmetry = "axisymmetric" if shape is SPHERE else "3d"
    found = {"particle": particle, "materials": OWN, "chamber": CHAMBER, "symmetry": symmetry}
    found["assumptions"] = "favourable"
    if "laser" not in sections:
        found["source"] = {"heat_source": f"{Q} W/m^3"}
    return found | sections


def cut_sphere():
    """Volume and free area of the sphere cut flat by its contact."""
    depth = RADIUS - math.sqrt(RADIUS**2 - B**2)
    volume = 4 / 3 * math.pi * RADIUS**3 - math.pi * depth**2 * (3 * RADIUS - depth) / 3
    return volume, 4 * math.pi * RADIUS**2 - 2 * math.pi * RADIUS * depth


BODIES = {
    "sphere": (SPHERE, 4 / 3 * math.pi * RADIUS**3, 4 * math.pi * RADIUS**2),
    "box": (BOX, 96e-18, 2 * (48 + 16 + 12) * 1e-12),
    "cut sphere": (SPHERE, *cut_sphere()),
    "box that touches": (BOX, 96e-18, 2 * (48 + 16 + 12) * 1e-12 - math.pi * B**2),
}


def radiated(delta_T, area):
    return area * EPS * Stefan_Boltzmann * ((T + delta_T) ** 4 - T**4)


def gas_conductance(distance):
    """Kennard's free-molecular conductance of nitrogen, bridged to the continuum."""
    free = 2.4 / 0.4 * math.sqrt(GAS / (8 * math.pi * 28.0134e-3 * T)) * PRESSURE * ACCOMMODATION
    continuum = 0.0260 * (T / 300) ** 0.79 / distance
    return 1 / (1 / free + 1 / continuum)


@pytest.mark.parametrize("name", BODIES)
def test_every_path_of_a_case(name):
    shape, volume, area = BODIES[name]
    touching = name in ("cut sphere", "box that touches")
    found = limits(tree(shape, **({"substrate": SHEET, "contact": TOUCH} if touching else {})))
    size = (3 * math.prod((8e-6, 6e-6, 2e-6)) / (4 * math.pi)) ** (1 / 3)
    size = RADIUS if shape is SPHERE else size
    power, gas = -Q * volume, area * gas_conductance(size)
    expected = {
        "cooling_power_W": power,
        "heat_released_W": -power,
        "conductance_gas_W_per_K": gas,
        "temperature_difference_inside_K": Q * size**2 / (6 * K),
    }
    assert {n: found[n] for n in expected} == pytest.approx(expected, rel=1e-9)
    radiation = 4 * area * EPS * Stefan_Boltzmann * T**3
    assert found["conductance_radiation_W_per_K"] == pytest.approx(radiation, rel=1e-5)
    contact = found.get("conductance_contact_W_per_K", 0.0)
    if touching:  # two half-spaces and the interface, to what the finite bodies change
        spreading = 1 / (4 * B * K) + 1 / (4 * B * math.sqrt(K_PAR * K_PERP))
        half_spaces = 1 / (spreading + 1 / (math.pi * B**2 * H_C))
        changed = (0.97, 1.0) if shape is SPHERE else (1.0, 1.4)
        assert changed[0] < contact / half_spaces < changed[1]
    else:
        assert contact == 0.0
    total = found["conductance_total_W_per_K"]
    assert total == pytest.approx(radiation + gas + contact, rel=1e-5)
    assert found["initial_rate_K_per_s"] == pytest.approx(Q / (RHO * CP), rel=1e-9)
    # at the colder state radiation conducts less
    slope = found["relaxation_time_s"] * total / (RHO * CP * volume)
    assert 1.0 < slope < 1.1
    # radiation leaves from the surface, which is a little warmer than the mean
    warmer = -Q * volume / (20 * math.pi * K * size)
    theta = found["delta_T_all_paths_K"]
    leaving = {
        "radiation": radiated(theta + warmer, area), "contact": contact * theta, "gas": gas * theta,
    }  # fmt: skip
    leaving["total"] = -power
    for key, heat in leaving.items():
        if key != "contact" or touching:
            assert found[f"heat_leaving_by_{key}_W"] == pytest.approx(heat, rel=1e-6), key
    alone = found["delta_T_radiation_only_K"]
    assert radiated(alone + warmer, area) == pytest.approx(-power, rel=1e-9)


def test_a_claim_against_a_case():
    volume, area = cut_sphere()
    found = limits(tree(substrate=SHEET, contact=TOUCH), claimed=-0.1)
    power = -Q * volume
    warmer = power / (20 * math.pi * K * RADIUS)
    left = (power + radiated(-0.1 + warmer, area)) / 0.1 - area * gas_conductance(RADIUS)
    assert found["cooling_power_at_claim_W"] == pytest.approx(power, rel=1e-9)
    assert found["largest_total_conductance_W_per_K"] == pytest.approx(power / 0.1, rel=1e-9)
    assert found["largest_contact_conductance_W_per_K"] == pytest.approx(left, rel=1e-9)
    # what the contact takes the body never gets to
    assert found["delta_T_all_paths_K"] > -0.1
    assert "time_to_claimed_delta_T_s" not in found
    quick = limits(tree(), claimed=-1e-3)
    assert quick["time_to_claimed_delta_T_s"] == pytest.approx(-1e-3 * RHO * CP / Q, rel=1e-3)


# In light: the density of dots and the gain of each, both by hand.

SIGMA, DOTS, INTENSITY = 5e-21, 2e22, 1.0
E_EX, E_PL, SHIFT = 2.33 * e, 2.39 * e, 5e-3 * e
ETA_X, DARK, ESCAPES, AGAIN, BACKGROUND = 0.995, 0.004, 0.9, 0.098, 1e-3
LIT = {
    "laser": {"photon_energy": "2.33 eV", "intensity": f"{INTENSITY} W/m^2"},
    "gain": {
        "reference_temperature": f"{T} K",
        "cross_section": {
            "kind": "given", "sigma_abs": f"{SIGMA} m^2", "photon_energy": "2.33 eV",
        },
        "density": {"kind": "given", "n_dots": f"{DOTS} 1/m^3"},
        "recombination": {"kind": "trion_biexciton", "eta_X": ETA_X},
        "emission": {"kind": "given", "mean_emission": "2.39 eV"},
        "escape": {"kind": "given", "f_escape": ESCAPES, "f_reabsorbed": AGAIN,
                   "red_shift": "5 meV"},
        "dark_fraction": DARK,
        "alpha_background": f"{BACKGROUND} 1/m",
    },
}  # fmt: skip


def gain_by_hand():
    """Cooling of one dot [W] where light is weak: β (η_ext <E_esc> - E_ex)."""
    eta = ETA_X * (1 - DARK)
    leaves = eta * ESCAPES / (1 - eta * AGAIN)
    dot = SIGMA * INTENSITY / E_EX * (leaves * (E_PL - SHIFT) - E_EX)
    return dot - BACKGROUND * INTENSITY / DOTS


def test_both_factors_of_the_power_in_light():
    volume, _ = cut_sphere()
    found = limits(tree(**LIT, substrate=SHEET, contact=TOUCH), claimed=-1e-9)
    g = gain_by_hand()
    assert g > 0
    source = {
        "cooling_power_W": DOTS * g * volume,
        "temperature_difference_inside_K": -DOTS * g * RADIUS**2 / (6 * K),
        "initial_rate_K_per_s": -DOTS * g / (RHO * CP),
    }
    assert {n: found[n] for n in source} == pytest.approx(source, rel=1e-6)
    # what is said of one dot knows its own gain, and no density
    flux = EPS * Stefan_Boltzmann * (T**4 - (T - 1) ** 4)
    alone = found["isolated_black_dot_radius_for_minus_1K_m"]
    assert alone == pytest.approx(math.sqrt(g * EPS / (4 * math.pi * flux)), rel=1e-6)
    claimed = 3 * 4 * EPS * Stefan_Boltzmann * T**3 * 1e-9 / g
    assert found["n_R_for_claimed_delta_T_per_m2"] == pytest.approx(claimed, rel=1e-6)
