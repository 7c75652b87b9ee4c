"""A body of any geometry is asked the questions of a particle, and answers by the same names."""

import math

import pytest
from scipy.constants import Stefan_Boltzmann

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402

from .bodies import own_geometry, particle, slab  # noqa: E402
from .helpers import LIT_REGION, LOCK_IN_PERIOD, case_of, mesh_of  # noqa: E402

# A block of 1 cm that gives its heat to air: one temperature, relaxation time C/hA of 5/6 s.
SIDE, RHO_C, FILM = 0.01, 1e6, 2e3
AREA_PER_VOLUME = 6 / SIDE
POWER = 1e6  # W/m³
PERIOD = 2.0
QUICK = {"solver": {"error_estimate": False}}
BLOCK = {
    "geometry": {"kind": "box", **{axis: ["0 m", f"{SIDE} m"] for axis in "xyz"}},
    "materials": {
        "lump": {
            "conductivity": "1e6 W/(m*K)",
            "density": "1000 kg/m^3",
            "specific_heat": "1000 J/(kg*K)",
        }
    },
    "boundaries": {
        face: {"convection": {"h": f"{FILM} W/(m^2*K)", "T_env": "300 K"}}
        for face in ("left", "right", "front", "back", "bottom", "top")
    },
    "mesh": {"size": f"{SIDE} m", "order": 1, "cache": False},
    "solver": {"degree": 1, "error_estimate": False},
}
START = {"kind": "temperature", "temperature": "300 K"}
TIMES = {"duration": f"{5 * PERIOD} s", "initial": START, "tolerance": "1e-4 delta_degC"}
CHOPPED = {"schedule": {"kind": "chopped", "period": f"{PERIOD} s"}}


def block(source, **sections):
    return BLOCK | {"regions": {"body": {"material": "lump", "heat_source": source}}} | sections


def lump_answer(swing):
    """Amplitude [K] and lag [rad] of the block under a source that swings by `swing` [W/m³]."""
    omega = 2 * math.pi / PERIOD
    loss = FILM * AREA_PER_VOLUME
    return swing / math.hypot(loss, omega * RHO_C), math.atan2(omega * RHO_C, loss)


def test_lock_in_under_chopped_light():
    asked = {**TIMES, **CHOPPED, "lock_in": {"periods": 1}}
    found = simulate(case_of(block(f"{POWER} W/m^3", transient=asked))).summary
    assert "lock_in" in found
    amplitude, lag = lump_answer(2 / math.pi * POWER)
    (first,) = found["lock_in"]
    assert first["frequency_Hz"] == pytest.approx(1 / PERIOD)
    assert first["amplitude_K"] == pytest.approx(amplitude, rel=5e-3)
    assert first["lag_rad"] == pytest.approx(lag, abs=5e-3)


@pytest.mark.parametrize("where", ["heat_source", "heat_flux"])
def test_lock_in_with_a_formula_of_time(where):
    """A source, or a flux through one face, that swings about its mean by all of it."""
    swing = f"{POWER}*(1 + sin(2*pi*t/{PERIOD}))"
    asked = {**TIMES, "lock_in": {"periods": 1, LOCK_IN_PERIOD: f"{PERIOD} s"}}
    if where == "heat_source":
        tree = block({"expression": swing, "unit": "W/m^3"}, transient=asked)
    else:
        flux = {"heat_flux": {"expression": f"{SIDE}*{swing}", "unit": "W/m^2"}}
        air = BLOCK["boundaries"]["top"]["convection"]
        faces = BLOCK["boundaries"] | {"top": flux | {"convection": air}}
        tree = block("0 W/m^3", transient=asked, boundaries=faces)
    found = simulate(case_of(tree)).summary
    assert "lock_in" in found
    amplitude, _ = lump_answer(POWER)
    assert found["lock_in"][0]["amplitude_K"] == pytest.approx(amplitude, rel=1e-2)


HOT, COLD = 3e9, 5e7
RADIUS = 5e-6


def igniting(**solver):
    """A cylinder that radiates, with a source that switches on around 450 K."""
    step = f"{COLD} + {HOT - COLD}*(1 + tanh((T - 450)/10))/2"
    black = {"radiation": {"emissivity": 1.0, "T_env": "300 K"}}
    return {
        "geometry": {
            "kind": "rectangle",
            "symmetry": "axisymmetric",
            "r": ["0 m", f"{RADIUS} m"],
            "z": ["0 m", f"{2 * RADIUS} m"],
        },
        "materials": {"lump": {"conductivity": "1e3 W/(m*K)"}},
        "regions": {
            "body": {"material": "lump", "heat_source": {"expression": step, "unit": "W/m^3"}}
        },
        "boundaries": dict.fromkeys(("right", "bottom", "top"), black),
        "mesh": {"size": f"{RADIUS} m", "cache": False},
        "solver": {"error_estimate": False, **solver},
    }


def radiating(source):
    """Temperature [K] of the cylinder, whose surface is 3/R of its volume."""
    return (300.0**4 + source * RADIUS / (3 * Stefan_Boltzmann)) ** 0.25


@pytest.mark.parametrize(
    "solver", [{}, {"second_start": "400 delta_degC"}], ids=["default", "asked"]
)
def test_the_second_state_is_found(solver):
    result = simulate(case_of(igniting(**solver)))
    assert result.summary["region_body_mean_K"] == pytest.approx(radiating(COLD), rel=1e-6)
    told = [note for note in result.notes if "second steady state" in note]
    assert len(told) == 1
    assert "runaway" in told[0]
    assert f"{radiating(HOT):.4g} K" in told[0]


def test_a_single_state_is_not_doubled():
    tree = igniting()
    tree["regions"]["body"]["heat_source"] = f"{COLD} W/m^3"
    assert not simulate(case_of(tree)).notes


def test_a_thermometer_without_light_is_told():
    """What is asked for by name is refused by name, or a note says why there is no reading."""
    tree = igniting() | {"output": {"thermometer": True}}
    try:
        told = " ".join(simulate(case_of(tree)).notes)
    except CaseError as refused:
        told = str(refused)
    assert "thermometer" in told


LIGHT = {
    "uniform": {"laser": {"intensity": "20 W/cm^2"}, "optics": {"model": "uniform"}},
    "rays": {"laser": {"intensity": "20 W/cm^2"}, "optics": {"model": "rays", "n_rays": 512}},
    "mie": {"laser": {"intensity": "20 W/cm^2"}, "optics": {"model": "mie"}},
}
TOLERANCE = {"uniform": 1e-9, "rays": 1e-6, "mie": 1e-6}
"""The sphere is found from the corners of the mesh."""
AT_A_STEP = {"duration": "2 ms", "step": "0.5 ms", "initial": START}


def lit(light, folder, **sections):
    """The particle in light, and its mesh as own geometry with the same light in its region."""
    sections = {**QUICK, "gain": {"dark_fraction": 0.01}, **LIGHT[light], **sections}
    ours = particle(slab() if light == "uniform" else None, **sections)
    theirs = own_geometry(mesh_of(case_of(ours)), folder, **sections)
    section, key = LIT_REGION
    theirs[section] = theirs.get(section, {}) | {key: "particle"}
    theirs = case_of(theirs, folder)
    return simulate(case_of(ours)), simulate(theirs)


@pytest.mark.parametrize("transient", [False, True], ids=["steady", "transient"])
@pytest.mark.parametrize("light", LIGHT)
def test_light_in_a_region(tmp_path, light, transient):
    ours, theirs = lit(light, tmp_path, **({"transient": AT_A_STEP} if transient else {}))
    one, two = ours.summary, theirs.summary
    assert one["delta_T_mean_K"] < 0
    for name in ("delta_T_mean_K", "delta_T_min_K", "absorbed_power_W", "heat_source_W"):
        assert two[name] == pytest.approx(one[name], rel=TOLERANCE[light]), name
    assert two["n_dofs"] == one["n_dofs"]


def test_the_thermometer_of_a_lit_region(tmp_path):
    ours, theirs = lit("uniform", tmp_path)
    names = ("delta_T_thermometer_K", "delta_T_thermometer_sigma_K", "delta_T_emission_mean_K",
             "emitted_photons_per_s", "eta_ext_low_intensity")  # fmt: skip
    for name in names:
        assert theirs.summary[name] == pytest.approx(ours.summary[name], rel=1e-9), name


def test_lock_in_of_a_lit_region(tmp_path):
    asked = {"duration": "2 ms", "initial": START, "lock_in": {"periods": 1}}
    asked["schedule"] = {"kind": "chopped", "period": "1 ms"}
    one, two = (r.summary["lock_in"] for r in lit("uniform", tmp_path, transient=asked))
    assert one[0]["amplitude_K"] > 0
    assert two[0] == pytest.approx(one[0], rel=1e-6)


def test_the_error_of_a_particle_has_its_name():
    assert simulate(case_of(particle())).summary["delta_T_error_K"] > 0


def test_the_error_of_own_geometry_has_the_same_name(tmp_path):
    same = own_geometry(mesh_of(case_of(particle())), tmp_path)
    found = simulate(case_of(same, tmp_path)).summary
    assert "delta_T_error_K" in found
    assert "goal_error_K" not in found


PROBES = [
    {"name": "middle", "point": ["0 um", "5 um"]},
    {"name": "grain", "region": "particle"},
]


def test_probes_of_a_steady_particle():
    found = simulate(case_of(particle(probes=PROBES, **QUICK))).summary
    low, high = (300 + found[f"delta_T_{end}_K"] for end in ("min", "max"))
    assert low - 1e-9 <= found["probe_middle_K"] <= high + 1e-9
    assert found["probe_grain_K"] - 300 == pytest.approx(found["delta_T_mean_K"], rel=1e-9)


def test_probes_of_own_geometry(tmp_path):
    same = own_geometry(mesh_of(case_of(particle())), tmp_path, probes=PROBES, **QUICK)
    found = simulate(case_of(same, tmp_path)).summary
    low, high = (300 + found[f"delta_T_{end}_K"] for end in ("min", "max"))
    assert low - 1e-9 <= found["probe_middle_K"] <= high + 1e-9
    assert found["probe_grain_K"] == found["region_particle_mean_K"]
