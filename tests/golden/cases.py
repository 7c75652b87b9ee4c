"""The golden cases: every shipped case, coarse, and what no shipped case covers.

A case is a file and overrides. ``tests/golden/summaries.json`` holds what each of them gave, and
`found` is what is compared: the summary, the heat budget and the notes, less what tells of the
machine, of the versions and of the time of day.
"""

import json
from pathlib import Path

from thermosim import load_case, simulate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHIPPED, EXTRA = ROOT / "cases", HERE / "extra"
GOLDEN = HERE / "summaries.json"

PLAIN = ("solver.error_estimate=false", "output.thermometer=false")
FLAT = (
    "assumptions=favourable",
    "mesh.cells_per_radius=5",
    "mesh.cells_per_contact=200",
    "mesh.growth=0.5",
)
SOLID = (
    "assumptions=favourable", "mesh.cells_per_radius=2", "mesh.cells_per_contact=2",
    "mesh.growth=0.9", "solver.degree=1",
)  # fmt: skip
ESTIMATE, THERMOMETER = "solver.error_estimate=true", "output.thermometer=true"

SHIPPED_OVERRIDES = {
    "gain_rough_grain": (*PLAIN, *FLAT),
    # where trapped light ends after 1e6 chords hangs on the last bit of its angle: a lossy host
    "gain_smooth_sphere": (*PLAIN, *FLAT, 'gain.escape.parasitic_absorption="30 1/cm"'),
    "lit_cylinder": ('mesh.size="0.8 um"',),
    "microparticle_on_mica": (*FLAT,),  # error estimate and thermometer as shipped
    "microparticle_best_intensity": (*PLAIN, *FLAT, "assumptions=careful"),
    "optics_full_wave": (
        *PLAIN, *FLAT, "optics.degree=3", "optics.cells_per_wavelength=1.5",
        "optics.error_estimate=false",
    ),
    "optics_mie": (*PLAIN, *FLAT),
    "optics_rays": (*PLAIN, *FLAT, "optics.n_rays=300"),
    "optics_uniform": (*FLAT, PLAIN[0]),
    "size_study": (*PLAIN, *FLAT),
    "yamada2024_radiation_limited": (*PLAIN, *FLAT),
    "yamada2024_steps": (
        *PLAIN, *FLAT, "solver.degree=1", 'transient.duration="6 s"',
        'transient.schedule.every="2 s"', 'transient.output_every="1 s"',
        'transient.field_times=["6 s"]', 'transient.tolerance="5 mK"',
    ),
    "dots/dot_in_host": (),
    "dots/dot_in_toluene": (*PLAIN, "uncertainty.method=none"),
    "dots/dot_in_vacuum": (*PLAIN, "uncertainty.method=none"),
    "dots/dot_on_mica": (*PLAIN, "uncertainty.method=none"),
    "dots/sparse_film": (
        *PLAIN, *FLAT, "symmetry=axisymmetric", 'particle.arrangement={kind="single"}',
    ),
    "dots/dot_diameter": (*PLAIN, *FLAT),
    "dots/heap": (*PLAIN, *FLAT),
    "dots/ten_minutes": (
        *PLAIN, *FLAT, "solver.degree=1", 'transient.duration="1 s"', 'transient.tolerance="5 mK"',
        'gain.recombination={kind="trion_biexciton", eta_X=0.99}',
        'gain.ageing=[{change=-0.02, dose="2e7 J/m^2"}]',
    ),
    "dots/photon_event": (*PLAIN, 'transient.tolerance="1 mK"'),
    "shapes/box_platelet": (*PLAIN, *SOLID),
    "shapes/cap_annealed": (*PLAIN, *FLAT),
    "shapes/cap_on_asperity": (*PLAIN, *FLAT),
    "shapes/ellipsoid_tilted": (*PLAIN, *SOLID),
    "shapes/grain_from_stl": (*PLAIN, *SOLID),
    "shapes/grain_ground": (*PLAIN, *SOLID),
    "shapes/hexagonal_prism": (*PLAIN, *SOLID),
    "shapes/rhombohedron_on_vertex": (*PLAIN, *SOLID),
    "shapes/rounded_platelet_step": (*PLAIN, *SOLID),
    "shapes/sphere_on_cantilever": (*PLAIN, *SOLID),
    "shapes/sphere_on_membrane": (*PLAIN, *FLAT),
    "shapes/sphere_on_pedestal": (*PLAIN, *FLAT),
    "shapes/spheroid_on_film": (*PLAIN, *FLAT),
    "shapes/three_spheres": (*PLAIN, *SOLID),
    "shapes/truncated_cube": (*PLAIN, *SOLID),
    "shapes/truncated_octahedron": (*PLAIN, *SOLID),
    "claims/cds_nanobelt_40K": (*PLAIN, *FLAT, "uncertainty.method=none"),
    "claims/cdse_cds_dots_0.68K": (*PLAIN, *FLAT, "uncertainty.method=none"),
    "claims/cspbbr3_nanocrystals_66K": (*PLAIN, *FLAT, "uncertainty.method=none"),
    "claims/yb_ylf_on_cantilever_20K": (*PLAIN, *SOLID, "uncertainty.method=none"),
    "verification/concentric_grey_spheres": (PLAIN[0], "enclosures.gap.patches=40"),
    "verification/nafems_axisymmetric_flux": (),
    "verification/nafems_t2_radiation": (),
    "verification/nafems_t3_transient": (
        'mesh.size="10 mm"', 'transient.tolerance="1e-2 delta_degC"',
    ),
    "verification/nafems_t4_convection": ('mesh.size="60 mm"', 'mesh.near={below_E="20 mm"}'),
    "verification/radiating_fin_N1": (PLAIN[0], 'mesh.size="0.4 mm"'),
    "verification/radiating_fin_N2": (PLAIN[0], 'mesh.size="0.4 mm"'),
    "verification/temperature_dependent_source": ('transient.tolerance="1e-5 delta_degC"',),
}  # fmt: skip

WARM_UP = 'transient={duration="0.6 ms", tolerance="5e-6 K", output_every="0.2 ms"'
FAR_GAS = 'chamber={pressure="1 Pa", gas="He"}'
GAP_GAS = 'chamber={pressure="100 Pa", gap_gas=true}'
FILM = 'films=[{boundary="substrate_top", material="gold", thickness="50 nm"}]'
BODY_START = 'initial={kind="temperature", temperature="300 K"}'

VARIANTS = {
    "sphere_on_slab": {
        "as_is": (ESTIMATE, THERMOMETER),
        "probes": (
            'probes=[{name="top", point=["0 um", "4 um"]}, {name="ground", region="substrate"}]',
        ),
        "perfect_contact": ('contact={kind="disk", radius="200 nm"}',),
        "target_error": (ESTIMATE, "mesh.target_error=2e-4"),
        "heating": ('laser.intensity="60 kW/cm^2"', 'solver.second_start="150 K"'),
        "quarter": (*SOLID, "symmetry=quarter"),
        "3d": (*SOLID, "symmetry=3d"),
        "3d_enclosure": (
            *SOLID, "symmetry=3d",
            "radiation={model='enclosure', patches=20, rays=256}", GAP_GAS,
        ),
        "gaussian": ("laser.profile=gaussian", 'laser.waist="3 um"', THERMOMETER),
        "quarter_gaussian": (
            *SOLID, "symmetry=quarter", "laser.profile=gaussian", 'laser.waist="3 um"',
        ),
        "speckle": (
            *SOLID, "symmetry=3d", 'laser.speckle={contrast=0.5, grain="3 um", seed=3}',
            'laser.tilt="10 deg"',
        ),
        "rays": (
            'optics={model="rays", n_rays=300, host_absorption="0.02 1/cm"}', 'laser.tilt="0 deg"',
        ),
        "rays_coupled": (
            'optics={model="rays", n_rays=300, temperature_coupling=true}', THERMOMETER,
        ),
        "rays_3d": (
            *SOLID, "symmetry=3d", 'optics={model="rays", n_rays=300}', 'laser.tilt="15 deg"',
            "laser.polarisation=linear",
        ),
        "mie": ('optics={model="mie", host_absorption="0.02 1/cm"}', ESTIMATE),
        "mie_coupled": ('optics={model="mie", temperature_coupling=true}',),
        "mie_on_substrate": (
            'optics={model="mie", substrate=true, gap="20 nm"}', 'laser.linewidth="20 meV"',
        ),
        "mie_polarised_quarter": (
            *SOLID, "symmetry=quarter", "optics.model=mie", "laser.polarisation=linear",
        ),
        "jkr_rough": (
            'contact={kind="jkr", work_of_adhesion="0.1 J/m^2", h_c={kind="rough", '
            'roughness="2 nm", slope=0.05, contact_pressure="5 MPa", hardness="500 MPa", '
            'k_1="0.5 W/(m*K)", k_2="0.5 W/(m*K)"}}',
        ),
        "enclosure": ("radiation={model='enclosure', patches=30}", ESTIMATE),
        "gas": (FAR_GAS,),
        "gap_gas": (GAP_GAS,),
        "film": (FILM,),
        "everything_at_once": ("radiation={model='enclosure', patches=30}", GAP_GAS, FILM),
        "ladder_bleaching": (
            'gain.recombination={kind="ladder", bleaching=true}',
            'optics={model="mie", saturation=true}',
        ),
        "ensemble": (
            'gain.absorption={kind="fermi_edge"}', 'gain.ensemble={gap={width="6 meV"}, '
            'sigma_abs={width=0.3, shape="lognormal", nodes=3}, dark={mean=1e-3, width=0.0}}',
            'gain.escape={kind="ergodic", refractive_index=1.7}', THERMOMETER,
        ),
        "sized": (
            'gain.size={diameter="14 nm"}', 'gain.ensemble={diameter={width="0.5 nm"}}', ESTIMATE,
        ),
        "ergodic_escape": (
            'gain.escape={kind="ergodic", refractive_index=1.7}',
            'gain.absorption={kind="fermi_edge", E_1="2.400 eV", E_U="15.5 meV"}',
            'gain.emission={kind="van_roosbroeck"}', THERMOMETER,
        ),
        "iterative": ("solver.linear=iterative",),
        "degree_3": ("solver.degree=3", "mesh.order=1"),
        "constant": (f"{WARM_UP}}}",),
        "steps": (
            f'{WARM_UP}, schedule={{kind="steps", every="0.2 ms", factors=[1.0, 0.2, 3.0]}}, '
            'probes={top={point=["0 um", "4 um"]}, ground={region="substrate"}}}',
            THERMOMETER,
        ),
        "chopped_lock_in": (
            'transient={duration="2 ms", tolerance="5e-6 K", '
            'lock_in={periods=2, harmonics=[1, 3]}, '
            'schedule={kind="chopped", frequency="2 kHz", duty=0.4, phase=0.1}}',
        ),
        "ramp": (f'{WARM_UP}, schedule={{kind="ramp", delay="0.1 ms", duration="0.3 ms"}}}}',),
        "pulses": (
            f'{WARM_UP}, schedule={{kind="pulses", width="0.1 ms", period="0.25 ms", count=2, '
            "background=0.1}, integrator='dirk2'}",
        ),
        "table": (
            f'{WARM_UP}, schedule={{kind="table", times=["0 s", "0.2 ms", "0.6 ms"], '
            "factors=[0.0, 2.0, 0.5]}, integrator='dirk3'}",
        ),
        "fixed_step": (f"{WARM_UP}, integrator='backward_euler', step=\"0.05 ms\"}}",),
        "from_305_to_steady": (
            'transient={duration="1 h", tolerance="5 mK", stop_when_steady="3e-8 K", '
            'initial={kind="temperature", temperature="305 K"}}', ESTIMATE, THERMOMETER,
        ),
        "from_steady": (
            f'{WARM_UP}, initial={{kind="steady", factor=1.0}}, '
            'schedule={kind="steps", times=["0 s", "0.2 ms"], factors=[1.0, 0.0]}}',
        ),
        "from_steady_intensity": (
            f'{WARM_UP}, initial={{kind="steady", intensity="1 kW/cm^2"}}}}',
        ),
        "mie_in_time": (f"{WARM_UP}}}", "optics.model=mie", ESTIMATE),
        "rays_in_time": (f"{WARM_UP}}}", 'optics={model="rays", n_rays=300}'),
        "everything_in_time": (
            f"{WARM_UP}}}", "radiation={model='enclosure', patches=30}", GAP_GAS, FILM,
        ),
        "quarter_in_time": (*SOLID, "symmetry=quarter", f"{WARM_UP}}}"),
    },
    "floating_sphere": {
        "as_is": (ESTIMATE, THERMOMETER),
        "gas": (FAR_GAS,),
        "rays": ('optics={model="rays", n_rays=300}',),
        "mie": ("optics.model=mie", 'laser.linewidth="20 meV"'),
        "mie_orientation": ('optics={model="mie", average="orientation"}',),
        "gaussian_3d": (
            *SOLID, "symmetry=3d", "laser.profile=gaussian", 'laser.waist="3 um"',
            'laser.aim=["1 um", "0 um", "2 um"]', 'laser.tilt="30 deg"',
        ),
        "in_time": ('transient={duration="0.05 s", tolerance="1 mK"}',),
    },
    "given_source": {
        "as_is": (ESTIMATE,),
        "enclosure": ("radiation={model='enclosure', patches=30}",),
        "in_time": ('transient={duration="0.2 ms", tolerance="10 mK"}',),
    },
    "stack_3d": {"as_is": ()},
    "membrane": {"as_is": ()},
    "cantilever": {"as_is": ()},
    "pedestal": {"as_is": ()},
    "plate": {
        "as_is": (ESTIMATE,),
        "target_error": (ESTIMATE, "mesh.target_error=1e-7"),
        "in_time": (
            f'transient={{duration="5 s", tolerance="10 mK", {BODY_START}, '
            'probes={late={point=["3 mm", "1 mm"]}}}',
            'boundaries.right={heat_flux={expression="2000*sin(2*t)", unit="W/m^2"}}',
            'boundaries.left={temperature={expression="300 + t*y*100", unit="K"}}',
        ),
        "steps_to_steady": (
            f'transient={{duration="1 h", tolerance="50 mK", {BODY_START}, '
            'stop_when_steady="5 mK", '
            'schedule={kind="steps", times=["0 s", "10 s"], factors=[0.5, 1.0]}}',
            ESTIMATE,
        ),
    },
    "tube": {
        "as_is": (ESTIMATE,),
        "in_time": (
            'transient={duration="100 s", tolerance="20 mK", initial={kind="steady", factor=0.5}, '
            'schedule={kind="ramp", duration="50 s", first=0.5}}',
        ),
    },
    "box": {"as_is": (ESTIMATE,)},
    "two_parts": {
        "as_is": (ESTIMATE,),
        "joined": ("contacts={}",),
        "swinging_lock_in": (
            f'transient={{duration="2 s", tolerance="20 mK", {BODY_START}, '
            'lock_in={period="1 s"}}',
            'regions.second.heat_source={expression="2e6*(1 + sin(2*pi*t))", unit="W/m^3"}',
        ),
        "in_time": (
            f'transient={{duration="2 s", tolerance="20 mK", {BODY_START}}}',
            'regions.second.heat_source={expression="2e6*(1 + sin(3*t))", unit="W/m^3"}',
            'films=[{boundary="above", material="n", thickness="10 um"}]',
        ),
    },
    "platelet_step": {"as_is": ()},
}  # fmt: skip

SHIPPED_VARIANTS = {
    "microparticle_on_mica": {"careful": (*PLAIN, *FLAT, "assumptions=careful")},
    "shapes/truncated_cube": {
        "careful": (*PLAIN, *SOLID, 'optics={model="rays", n_rays=300}', "assumptions=careful"),
    },
    "lit_cylinder": {
        "rays": (*PLAIN, 'mesh.size="0.8 um"', 'optics={model="rays", n_rays=300}'),
        "target_error": ("goal=summit", "mesh.target_error=2e-7", 'mesh.size="0.8 um"', PLAIN[1]),
        "chopped_lock_in": (
            *PLAIN, 'mesh.size="0.8 um"',
            'transient={duration="0.4 ms", tolerance="1e-5 K", lock_in={periods=1}, '
            f'schedule={{kind="chopped", frequency="5 kHz"}}, {BODY_START}}}',
        ),
    },
    "verification/concentric_grey_spheres": {
        "in_time": (
            PLAIN[0], "enclosures.gap.patches=20", 'mesh.size="0.2 m"',
            'materials.conductor={conductivity="50 W/(m*K)", density="1000 kg/m^3", '
            'specific_heat="100 J/(kg*K)"}',
            f'transient={{duration="2000 s", tolerance="0.1 K", {BODY_START}}}',
        ),
    },
}  # fmt: skip


def golden_cases():
    """Return file and overrides of every golden case, by name."""
    found = {name: (SHIPPED / f"{name}.toml", given) for name, given in SHIPPED_OVERRIDES.items()}
    for folder, table in ((SHIPPED, SHIPPED_VARIANTS), (EXTRA, VARIANTS)):
        for stem, variants in table.items():
            for variant, given in variants.items():
                found[f"{stem}:{variant}"] = (folder / f"{stem}.toml", given)
    return found


def ran(name, more=()):
    """Run a golden case and return its result.

    On a mesh made afresh, whatever meshes of other versions are kept on this machine.
    """
    file, given = golden_cases()[name]
    return simulate(load_case(file, ["mesh.cache=false", *given, *more]))


def found(result):
    """Return what is kept of the result of a golden case: summary, budget and notes."""
    kept = {
        "summary": without_machine(result.summary),
        "budget_W": result.budget,
        "notes": [note.replace(f"{ROOT}/", "") for note in result.notes],
    }
    return json.loads(json.dumps(kept))


def without_machine(summary):
    """Return a summary less times, memory, versions and hashes."""
    machine = {
        "memory_MB", "optics_memory_MB", "created", "case_hash", "mesh_hash", "n_ranks",
    }  # fmt: skip
    return {
        key: value
        for key, value in summary.items()
        if key not in machine and not key.startswith("wall_") and not key.endswith("_version")
    }


def made_with():
    """Return what meshes and numbers the unknowns, as far as it decides the numbers."""
    import dolfinx
    import gmsh

    return {
        "dolfinx": f"{'.'.join(dolfinx.__version__.split('.')[:2])}.*",
        "gmsh": gmsh.__version__,
    }
