"""Light on the heat mesh: powers of the models, their account, coupling and numbers."""

import math
import re

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from closed_forms import geometric_sphere_absorption  # noqa: E402
from mpi4py import MPI  # noqa: E402

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.fem.domain import integrate  # noqa: E402
from thermosim.gain import heat_source  # noqa: E402
from thermosim.light import absorbed_light  # noqa: E402
from thermosim.light.accounts import power_on_mesh  # noqa: E402
from thermosim.light.ground import top_index  # noqa: E402
from thermosim.mesh.build import domain_of  # noqa: E402
from thermosim.model.drawing import drawing_of  # noqa: E402
from thermosim.model.of_case import model_of  # noqa: E402
from thermosim.optics.beam import wavelength_of  # noqa: E402
from thermosim.optics.mie import extinction_coefficient, mie_efficiencies, size_parameter  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

R, I0 = 2e-6, 1e6
N_DOTS = 1.66e22
LIGHT = {"photon_energy": "2.33 eV", "intensity": f"{I0} W/m^2"}
COARSE_SLAB = {
    "substrate": {
        "kind": "slab", "material": "silicon", "radius": "50 um", "thickness": "10 um",
        "rim": "held", "bottom": "held", "emissivity": 0.5,
    },
    "contact": {"kind": "disk", "radius": "100 nm"},
}  # fmt: skip
HELD = {"shape": {"kind": "sphere", "radius": f"{R} m"}, "emissivity": 1.0}


def case_of(model, radius=R, **sections):
    optics = {"model": model, "refractive_index": 1.9, **sections.pop("optics", {})}
    density = {"kind": "given", "n_dots": f"{N_DOTS} 1/m^3"}
    return parse_case(
        {
            "assumptions": "favourable",
            "particle": {"shape": {"kind": "sphere", "radius": f"{radius} m"}},
            "laser": LIGHT,
            "optics": optics,
            "gain": {"density": density},
            "solver": {"error_estimate": False},
            **sections,
        }
    )


def light_of(case, degree=5):
    domain, _ = domain_of(drawing_of(case), MPI.COMM_WORLD)
    light = model_of(case).light
    assert light is not None
    return absorbed_light(light, domain, degree)


def mean_intensity(light):
    from thermosim.fem.domain import constant, volume

    domain = light.domain
    dx = domain.dx("particle", light.quadrature_degree)
    total = integrate(domain, constant(domain, 1.0) * light.intensity, dx)
    return total * domain.volume_scale / volume(domain, "particle")


@pytest.mark.parametrize(
    ("symmetry", "tolerance"), [("axisymmetric", 5e-4), ("quarter", 5e-3), ("3d", 5e-3)]
)
def test_series_on_the_default_mesh_absorbs_the_power_of_the_sphere(symmetry, tolerance):
    """The integral of the power density is Q_abs π R² I0, Q_abs that of the light outside."""
    case = case_of("mie", symmetry=symmetry, optics={"host_absorption": "1e3 1/m"})
    light = light_of(case)
    wavelength = wavelength_of(case.laser.photon_energy)
    k = extinction_coefficient(light.alpha, wavelength)
    Q_abs = mie_efficiencies(complex(1.9, k), size_parameter(R, wavelength))[2]
    assert power_on_mesh(light) == pytest.approx(Q_abs * math.pi * R**2 * I0, rel=tolerance)
    assert any("fringes" in note for note in light.notes)


def test_series_converges_with_the_rule_and_with_the_mesh():
    def miss(degree, finer):
        case = case_of(
            "mie", 5e-6, optics={"quadrature_degree": degree}, mesh={"refinement": finer}
        )
        light = light_of(case)
        return abs(power_on_mesh(light) / light.expected - 1.0)

    by_rule = [miss(degree, 1.0) for degree in (4, 12, 30)]
    assert by_rule[0] > 10 * by_rule[2]
    assert by_rule[2] < 4e-3
    by_mesh = [miss(6, finer) for finer in (1.0, 3.0, 9.0)]
    assert by_mesh[0] > 4 * by_mesh[2]
    assert by_mesh[2] < 2e-4


@pytest.mark.parametrize("symmetry", ["axisymmetric", "quarter", "3d"])
def test_rays_leave_in_the_cells_what_they_lost(symmetry):
    optics = {"host_absorption": "2e4 1/m", "n_rays": 4000}
    light = light_of(case_of("rays", symmetry=symmetry, optics=optics))
    assert power_on_mesh(light) == pytest.approx(light.ledger.absorbed, rel=1e-12)
    closed = geometric_sphere_absorption(1.9, light.alpha * R) * math.pi * R**2 * I0
    assert light.ledger.absorbed == pytest.approx(closed, rel=3e-3)
    assert light.expected == light.ledger.absorbed


@pytest.mark.parametrize(
    ("symmetry", "scatter"), [("axisymmetric", 0.003), ("quarter", 0.01), ("3d", 0.015)]
)
def test_rays_are_put_where_they_are(symmetry, scatter):
    """A clear sphere of index 1: the undisturbed beam in every cell, shadow and edge alike."""
    optics = {"refractive_index": 1.0, "n_rays": 60_000}
    light = light_of(case_of("rays", symmetry=symmetry, optics=optics))
    assert mean_intensity(light) == pytest.approx(I0, rel=2e-4)
    cells = light.domain.cells("particle")
    values = light.intensity.x.array[cells]
    assert np.abs(values / I0 - 1).mean() < scatter
    assert np.abs(values / I0 - 1).max() < 20 * scatter


def test_dots_and_host_are_kept_apart():
    optics = {"host_absorption": "500 1/m"}
    case = case_of("mie", optics=optics)
    found = simulate(case).summary
    without = simulate(case_of("mie")).summary
    volume = 4 / 3 * math.pi * R**3
    host = 500.0 * found["intensity_mean_W_per_m2"] * volume
    assert found["absorbed_by_host_W"] == pytest.approx(host, rel=1e-4)  # the mesh is no sphere
    assert without["absorbed_by_host_W"] == 0.0
    gained = found["heat_source_W"] - without["heat_source_W"]
    assert gained == pytest.approx(host, rel=2e-2)  # dots at another temperature cool otherwise
    assert found["absorbed_power_W"] == pytest.approx(
        found["absorbed_by_dots_W"] + found["absorbed_by_host_W"], rel=1e-12
    )


def test_gain_lost_to_hot_spots_is_that_of_the_distribution():
    """Against the same average by hand, over the points of the light."""
    cooled = {**COARSE_SLAB, "substrate": {**COARSE_SLAB["substrate"], "material": "mica"}}
    case = case_of("mie", laser={**LIGHT, "intensity": "0.2 kW/cm^2"}, **cooled)
    result = simulate(case)
    found, problem = result.summary, result.state
    source = problem.model.body("particle").source
    T, p = 300.0, model_of(case).light.resolved().model.parameters(case.laser.photon_energy)
    per_unit = integrate(problem.domain, source.intensity, problem.domain.dx(
        "particle", source.quadrature_degree))  # fmt: skip
    assert per_unit > 0.0
    values = source.intensity.x.array
    even = -heat_source(found["intensity_mean_W_per_m2"], T, p)
    heats = -heat_source(values, T, p)
    assert heats.min() < 0 < heats.max()  # the brightest points heat
    expected = 1.0 - found["heat_source_W"] / (-even * 4 / 3 * math.pi * R**3)
    assert found["gain_reduction_rel"] == pytest.approx(expected, rel=3e-3)
    assert found["hot_spot_factor"] > 4
    assert found["intensity_max_W_per_m2"] == values.max()


def test_uniform_light_has_no_hot_spots():
    found = simulate(case_of("uniform")).summary
    assert found["hot_spot_factor"] == pytest.approx(1.0, abs=1e-12)
    assert found["gain_reduction_rel"] == pytest.approx(0.0, abs=1e-12)
    assert found["intensity_mean_W_per_m2"] == pytest.approx(I0, rel=1e-12)
    assert "reflected_fraction" not in found


def test_absorbing_substrate_takes_its_light_as_heat():
    optics = {"n_rays": 4000}
    result = simulate(case_of("rays", optics=optics, **COARSE_SLAB))
    found = result.summary
    # 10 µm of silicon take 1 - exp(-7.7) or more of what enters
    entered = found["into_substrate_fraction"] * found["incident_power_W"]
    assert 1 - math.exp(-7.6) < found["absorbed_by_substrate_W"] / entered < 1
    assert result.budget["source:substrate"] == pytest.approx(
        found["absorbed_by_substrate_W"], rel=1e-12
    )
    shares = ("reflected_fraction", "transmitted_fraction", "into_substrate_fraction")
    spent = sum(found[name] for name in shares) + found["truncated_fraction"]
    absorbed = found["absorbed_power_model_W"] / found["incident_power_W"]
    assert spent + absorbed == pytest.approx(1.0, abs=1e-10)
    assert any("beside the particle" in note for note in result.notes)


def test_coupling_to_temperature_reaches_the_fixed_point():
    """Host heat warms the sphere, the edge moves, and the light is that of the moved edge."""
    hot = {"host_absorption": "1e3 1/m", "temperature_coupling": True}
    given = {"cross_section": {"kind": "given", "sigma_abs": "2e-19 m^2"}}
    density = {"density": {"kind": "given", "n_dots": "2e23 1/m^3"}}
    case = case_of("mie", optics=hot, gain={**given, **density}, laser=LIGHT)
    lines = []
    found = simulate(case, tell=lines.append).summary
    steps = [line for line in lines if line.startswith("light and heat")]
    assert 2 <= len(steps) <= 12
    p = model_of(case).light.resolved().model.parameters(case.laser.photon_energy)
    alpha = float(re.search(r"alpha =? ?(\S+)", steps[-1])[1])
    from thermosim.gain import pump_absorption

    T = 300.0 + found["delta_T_mean_K"]  # uniform to a few mK
    assert alpha == pytest.approx(float(pump_absorption(0.0, T, p)) + 1e3, rel=1e-4)
    assert abs(found["light_on_mesh_error_rel"]) < 1e-3
    assert found["absorbed_power_W"] == pytest.approx(found["absorbed_power_model_W"], rel=1e-3)


MICA_SLAB = {
    "substrate": {
        "kind": "slab", "material": "muscovite", "radius": "30 um", "thickness": "10 um",
        "rim": "held", "bottom": "held", "emissivity": 0.5,
    },
    "contact": {"kind": "disk", "radius": "30 nm"},
    "laser": {"wavelength": "532 nm", "intensity": f"{I0} W/m^2"},
}  # fmt: skip


def test_the_substrate_lights_the_sphere_when_asked_for():
    """From the case to its light: efficiencies over mica, power on the mesh, and what is said."""
    from thermosim.optics.axial import plane_wave
    from thermosim.optics.mie_layers import PlaneLayers, lit_sphere

    radius, gap = 0.3e-6, 50e-9
    optics = {"host_absorption": "23600 1/m", "substrate": True, "gap": f"{gap} m"}
    case = case_of("mie", radius, optics=optics, **MICA_SLAB)
    light = light_of(case)
    k = 2 * math.pi / 532e-9
    layers = PlaneLayers(k * (radius + gap), (light.light.ground[0].index,))
    m = complex(1.9, extinction_coefficient(light.alpha, 532e-9))
    wanted = lit_sphere(m, k * radius, plane_wave(), layers)
    # the contact lowers the centre by 1.5 nm, which counts as touching
    assert light.facts["optics_Q_ext"] == pytest.approx(wanted.Q_ext, rel=1e-10)
    assert light.facts["optics_Q_abs"] == pytest.approx(wanted.Q_abs, rel=1e-10)
    assert light.expected == pytest.approx(wanted.Q_abs * math.pi * radius**2 * I0, rel=1e-10)
    assert power_on_mesh(light) == pytest.approx(light.expected, rel=2e-3)
    alone = mie_efficiencies(m, k * radius)
    ratio = wanted.Q_abs / float(alone[2])
    (said,) = (note for note in light.notes if note.startswith("light: over its substrate"))
    assert f"absorbs {ratio:.4g} times" in said
    assert ratio == pytest.approx(1.02, abs=0.02)
    assert "optics_Q_ext" not in light_of(case_of("mie", radius, **MICA_SLAB)).facts


def test_closed_forms_and_the_run_see_the_same_sphere_over_mica():
    from thermosim.limits.intensity import lit_body

    optics = {"host_absorption": "23600 1/m", "substrate": True}
    case = case_of("mie", 0.3e-6, optics=optics, **MICA_SLAB)
    model = model_of(case)
    p = model.light.resolved().model.parameters(case.laser.photon_energy)
    body = lit_body(model.light, p)
    mean = float(body.intensity @ body.weight)
    found = simulate(case).summary
    assert found["intensity_mean_W_per_m2"] == pytest.approx(mean, rel=3e-3)
    assert found["optics_Q_abs"] > 0.01


def test_a_contact_that_cuts_deep_is_told_over_a_substrate():
    for radius, told in (("70 nm", True), ("30 nm", False)):
        contact = {"contact": {"kind": "disk", "radius": radius}}
        case = case_of("mie", 0.3e-6, optics={"substrate": True}, **{**MICA_SLAB, **contact})
        notes = light_of(case).notes
        assert any("cuts off 2.8% of the radius" in note for note in notes) == told


def test_another_substrate_is_another_light_where_it_reflects():
    """Sensitivities do not take the light of the case for that of a case with other layers."""
    from dataclasses import replace

    from thermosim.light.changed import ChangedLight

    for substrate in (True, False):
        known = light_of(case_of("mie", 0.3e-6, optics={"substrate": substrate}, **MICA_SLAB))
        (layer,) = known.light.ground
        other = replace(known.light, ground=(replace(layer, index=2.4 + 0j),))
        found = ChangedLight(known, 5).of(other).expected
        assert (found == known.expected) == (not substrate)


def test_a_focused_beam_on_the_axis_is_not_refused():
    """A waist of 0.4 um on a sphere of 0.3 um: absorbed on the mesh as by the series."""
    beam = {
        "wavelength": "532 nm", "profile": "gaussian", "waist": "0.4 um", "power": "1 uW",
        "aim": ["0 m", "0 m", "0.3 um"],
    }  # fmt: skip
    for optics in ({}, {"substrate": True}):
        case = case_of("mie", 0.3e-6, optics=optics, **{**MICA_SLAB, "laser": beam})
        light = light_of(case)
        assert power_on_mesh(light) == pytest.approx(light.expected, rel=2e-3)
    aside = {**beam, "aim": ["50 nm", "0 m", "0.3 um"]}
    with pytest.raises(CaseError, match="not on the axis"):
        light_of(case_of("mie", 0.3e-6, symmetry="3d", **{**MICA_SLAB, "laser": aside}))


def test_a_substrate_that_is_not_there_is_refused():
    floating = case_of("mie", optics={"substrate": True})
    with pytest.raises(CaseError, match=r"optics\.substrate = true: but the case has none"):
        light_of(floating)
    metal = {**MICA_SLAB, "substrate": {**MICA_SLAB["substrate"], "material": "gold"}}
    with pytest.raises(CaseError, match=r"optics\.gap"):
        light_of(
            case_of("mie", 0.3e-6, optics={"substrate": True, "refractive_index": 4.0}, **metal)
        )


def test_models_that_do_not_suit_are_refused():
    cube = {
        "particle": {"shape": {"kind": "box", "a": "2 um", "b": "2 um", "c": "2 um"}},
        "symmetry": "3d",
    }
    with pytest.raises(CaseError, match="is for spheres"):
        case_of("mie", **cube)
    linear = {"laser": {**LIGHT, "polarisation": "linear"}}
    for model in ("mie", "rays"):
        with pytest.raises(CaseError, match="symmetry of the axis"):
            case_of(model, **linear)
    case_of("mie", optics={"average": "polarisation"}, **linear)
    case_of("uniform", **linear)
    case_of("rays", symmetry="quarter", **linear)
    turned = {"laser": {**linear["laser"], "polarisation_angle": "30 deg"}}
    with pytest.raises(CaseError, match="along x or y"):
        case_of("rays", symmetry="quarter", **turned)
    tilted = {"laser": {**LIGHT, "tilt": "10 deg"}}
    for symmetry in ("axisymmetric", "quarter"):
        with pytest.raises(CaseError, match="breaks the symmetry"):
            case_of("rays", symmetry=symmetry, **tilted)
    case_of("rays", symmetry="3d", **tilted)


def test_saturation_needs_a_gain_that_bleaches():
    case = case_of("rays", optics={"saturation": True})
    with pytest.raises(CaseError, match="counts no bleaching"):
        light_of(case)


def test_bleached_dots_absorb_less_and_let_more_light_through():
    ladder = {"kind": "ladder", "bleaching": True, "absorbing": "below_top"}
    density = {"kind": "given", "n_dots": "2e24 1/m^3"}
    cross = {"kind": "given", "sigma_abs": "2e-19 m^2"}
    gain = {"recombination": ladder, "density": density, "cross_section": cross}

    def run(intensity, **optics):
        laser = {**LIGHT, "intensity": f"{intensity} W/m^2"}
        optics = {"n_rays": 250, **optics}
        case = case_of("rays", optics=optics, gain=gain, laser=laser, particle=HELD, **COARSE_SLAB)
        return simulate(case).summary

    weak = run(1.0, saturation=True)
    assert weak["absorbed_power_model_W"] == pytest.approx(weak["absorbed_by_dots_W"], rel=1e-6)
    strong = run(1e9, saturation=True)
    gained = strong["intensity_mean_W_per_m2"] / 1e9 / weak["intensity_mean_W_per_m2"]
    assert 1.03 < gained < 1.2
    unsaturated = run(1e9)["intensity_mean_W_per_m2"]
    assert unsaturated == pytest.approx(1e9 * weak["intensity_mean_W_per_m2"], rel=1e-6)
    # with both couplings the rays book what the dots take on the mesh
    both = run(2e7, saturation=True, temperature_coupling=True)
    assert both["absorbed_power_model_W"] == pytest.approx(both["absorbed_by_dots_W"], rel=1e-4)


def test_light_meets_the_part_under_the_particle():
    """The index of slab and one-layer stack is one; one that nobody knows is told by its key."""
    dull = {"conductivity": "1 W/(m*K)"}
    layer = {"material": "dull", "thickness": "10 um"}
    plan = {"radius": "50 um", "emissivity": 0.5}

    def ground(substrate):
        sections = {**COARSE_SLAB, "substrate": {**plan, **substrate}}
        model = model_of(case_of("rays", materials={"dull": dull}, **sections))
        assert model.light is not None
        return model.light.ground

    silicon = {"material": "silicon", "thickness": "10 um"}
    one = top_index(ground({"kind": "slab", **silicon}))
    assert one == top_index(ground({"kind": "stack", "layers": [silicon]}))
    for substrate, key in (
        ({"kind": "slab", **layer}, r"substrate\.material"),
        ({"kind": "stack", "layers": [layer]}, r"substrate\.layers\[0\]\.material"),
    ):
        with pytest.raises(CaseError, match=f'{key} = "dull": rays need the refractive index'):
            top_index(ground(substrate))
    assert top_index(()) is None
