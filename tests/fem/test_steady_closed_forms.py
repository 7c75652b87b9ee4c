"""Steady states against closed forms: radiating sphere, constriction, contact conductance."""

import math

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from scipy.constants import Stefan_Boltzmann  # noqa: E402

from thermosim.bodies.contact import constriction_resistance  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

R = 5e-6
K_PARTICLE, K_PAR, K_PERP = 0.3, 3.9, 0.46
POWER = -18.25e-9
SPHERE = 4 / 3 * math.pi * R**3


def run(**sections):
    tree = {
        "particle": {"shape": {"kind": "sphere", "radius": f"{R} m"}, "emissivity": 1.0},
        "source": {"heat_source": f"{POWER / SPHERE} W/m^3"},
        **sections,
    }
    return simulate(parse_case(tree)).summary


def radiating_sphere(q: float) -> float:
    """Mean ΔT of a black sphere with a uniform source: its surface, and q R²/(15 k) inside."""
    surface = (300.0**4 + q * R / (3 * Stefan_Boltzmann)) ** 0.25 - 300.0
    if abs(surface) < 1e-3:  # the fourth root loses digits: linearised, exact to 1e-5
        surface = q * R / 3 / (4 * Stefan_Boltzmann * 300.0**3)
        surface *= 1 - 1.5 * surface / 300.0
    return surface + q * R**2 / (15 * K_PARTICLE)


@pytest.mark.parametrize("symmetry", ["axisymmetric", "quarter", "3d"])
@pytest.mark.parametrize(("refinement", "tolerance"), [(1, 1e-5), (2, 1e-6)])
def test_radiating_sphere(symmetry, refinement, tolerance):
    q = POWER / SPHERE
    found = run(
        symmetry=symmetry,
        mesh={"refinement": float(refinement)},
        solver={"error_estimate": False},
        gain={},
    )
    assert found["delta_T_mean_K"] == pytest.approx(radiating_sphere(q), rel=tolerance, abs=0)
    assert found["energy_balance_rel"] < 1e-8


@pytest.mark.parametrize("q", [-1e-3, -1e3, -2.2e8, 1e9, 5e9, 1e11])
def test_from_microkelvin_to_a_thousand_kelvin(q):
    """From 3e-10 K to +1000 K and down to -100 K: the same relative accuracy, cold start."""
    found = run(source={"heat_source": f"{q} W/m^3"}, solver={"error_estimate": False})
    assert found["delta_T_mean_K"] == pytest.approx(radiating_sphere(q), rel=2e-6, abs=0)
    assert found["energy_balance_rel"] < 1e-8


def contact_case(radius: float, slab: float, thickness: float, **contact):
    held = {"rim": "held", "bottom": "held", "emissivity": 0.0}
    size = {"radius": f"{slab} m", "thickness": f"{thickness} m"}
    return run(
        particle={"shape": {"kind": "sphere", "radius": f"{R} m"}, "emissivity": 0.0},
        substrate={"kind": "slab", "material": "mica", **size, **held},
        contact={"kind": "disk", "radius": f"{radius} m", **contact},
    )


def test_constriction_approaches_the_half_space_with_domain_size():
    """Sphere and slab are finite: the misfit falls like contact radius over size."""
    misfits = []
    for radius in (100e-9, 10e-9, 2e-9):
        found = contact_case(radius, 1e-3, 20e-6)
        resistance = found["delta_T_mean_K"] / POWER
        closed = float(constriction_resistance(radius, K_PARTICLE, K_PAR, K_PERP))
        misfits.append(resistance / closed - 1)
    assert 0 < misfits[2] < 6e-4
    assert misfits[1] < 2.5e-3
    assert misfits[0] < 2e-2
    assert misfits[1] / misfits[2] == pytest.approx(5, rel=0.15)


def test_disk_on_anisotropic_half_space():
    """A very conductive particle is an isothermal disk: R = 1/(4 a sqrt(k_par k_perp))."""
    conductor = {"conductivity": "1e6 W/(m*K)", "emissivity": 0.0}
    a = 50e-9
    misfits = []
    for size in (20, 80, 320):
        found = run(
            particle={
                "shape": {"kind": "sphere", "radius": f"{R} m"},
                "material": "conductor",
                "emissivity": 0.0,
            },
            materials={"conductor": conductor},
            substrate={
                "kind": "slab",
                "material": "mica",
                "radius": f"{size * a * math.sqrt(K_PAR / K_PERP)} m",
                "thickness": f"{size * a} m",
                "rim": "held",
                "bottom": "held",
                "emissivity": 0.0,
            },
            contact={"kind": "disk", "radius": f"{a} m"},
            mesh={"cells_per_contact": 20000.0, "growth": 0.1},
        )
        resistance = found["delta_T_mean_K"] / POWER
        misfits.append(resistance * 4 * a * math.sqrt(K_PAR * K_PERP) - 1)
    assert misfits[0] < misfits[1] < misfits[2] < 0
    assert abs(misfits[2]) < 1e-3
    # the misfit is s a/size: what is left for an infinite domain is the error of the mesh
    assert abs(4 * misfits[2] - misfits[1]) / 3 < 5e-5


def test_contact_conductance_tends_to_perfect_contact_and_to_none():
    perfect = contact_case(129e-9, 100e-6, 20e-6)["delta_T_mean_K"]
    nearly = contact_case(129e-9, 100e-6, 20e-6, h_c="1e15 W/(m^2*K)")["delta_T_mean_K"]
    assert nearly == pytest.approx(perfect, rel=1.5e-8, abs=0)
    weak = contact_case(129e-9, 100e-6, 20e-6, h_c="2e3 W/(m^2*K)")["delta_T_mean_K"]
    interface = POWER / (math.pi * 129e-9**2 * 2e3)
    uniform_flux = 32 / (3 * math.pi**2)  # mean temperature of a disk of even flux, over isothermal
    # the constriction itself, 0.15 K, to 1 %: sphere and slab are finite
    assert weak - interface == pytest.approx(perfect * uniform_flux, rel=1e-2)


def test_series_of_resistances_bounds_the_finite_conductance():
    """Uniform flux (h_c → 0) and uniform temperature (h_c → ∞) enclose the truth within 8 %."""
    radius, h_c = 129e-9, 1e7
    found = contact_case(radius, 1e-3, 20e-6, h_c=f"{h_c} W/(m^2*K)")
    perfect = contact_case(radius, 1e-3, 20e-6)["delta_T_mean_K"] / POWER
    resistance = found["delta_T_mean_K"] / POWER
    lower = perfect + 1 / (math.pi * radius**2 * h_c)
    constriction = float(constriction_resistance(radius, K_PARTICLE, K_PAR, K_PERP))
    upper = lower + (32 / (3 * math.pi**2) - 1) * constriction
    assert lower < resistance < upper


def test_a_quarter_of_a_platelet_is_a_quarter_of_the_whole():
    """A box on a crystal whose axis lies along x, its mirror planes cut: the same ΔT and heat."""
    found = {}
    for symmetry in ("quarter", "3d"):
        found[symmetry] = run(
            symmetry=symmetry,
            particle={"shape": {"kind": "box", "a": "8 um", "b": "5 um", "c": "4 um"}},
            substrate={
                "kind": "slab",
                "material": "mica",
                "width": "60 um",
                "length": "40 um",
                "thickness": "10 um",
                "crystal_axis": [1, 0, 0],
            },
            contact={"kind": "disk", "radius": "1 um"},
            mesh={"cells_per_contact": 40.0},
            solver={"error_estimate": False},
        )
    one, whole = found["quarter"], found["3d"]
    assert one["n_cells"] < whole["n_cells"] / 3
    for name in ("delta_T_mean_K", "heat_to_substrate_W", "heat_to_chamber_W"):
        assert one[name] == pytest.approx(whole[name], rel=1e-3, abs=0), name
    assert one["heat_source_W"] == pytest.approx(whole["heat_source_W"], rel=1e-9, abs=0)
    assert max(abs(run["energy_balance_rel"]) for run in found.values()) < 1e-8
