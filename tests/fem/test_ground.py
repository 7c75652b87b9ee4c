"""The beam in the layers under a particle: every watt, where it goes, and what it heats."""

import numpy as np
import pytest
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402

from thermosim import simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.light import absorbed_light  # noqa: E402
from thermosim.mesh.build import domain_of  # noqa: E402
from thermosim.model.of_case import model_of  # noqa: E402

WAIST, RADIUS, THICKNESS = 30e-6, 200e-6, 20e-6
K, N, EXTINCTION, WAVELENGTH = 2.0, 1.5, 1e-3, 532e-9
TINTED = {
    "conductivity": f"{K} W/(m*K)",
    "refractive_index": {"wavelengths": ["500 nm", "560 nm"], "n": [N, N],
                         "k": [EXTINCTION, EXTINCTION]},
}  # fmt: skip
BEAM = {"profile": "gaussian", "waist": f"{WAIST} m", "intensity": "1 kW/cm^2",
        "wavelength": f"{WAVELENGTH} m"}  # fmt: skip
DARK = {"density": {"kind": "given", "n_dots": "1 1/m^3"}}
SHEET = {"material": "tinted", "thickness": f"{THICKNESS} m"}


def case(substrate=None, **sections):
    plan = {"radius": f"{RADIUS} m", "bottom": "insulated", "emissivity": 0.0}
    return parse_case(
        {
            "assumptions": "favourable",
            "particle": {"shape": {"kind": "sphere", "radius": "1 um"}, "emissivity": 0.0},
            "substrate": {"kind": "slab", **SHEET, **plan} if substrate is None
            else {**plan, **substrate},
            "contact": {"kind": "disk", "radius": "50 nm"},
            "materials": {"tinted": TINTED},
            "laser": BEAM,
            "gain": DARK,
            "mesh": {"cells_per_contact": 20.0, "cells_per_radius": 5.0, "cache": False},
            "solver": {"error_estimate": False},
            **sections,
        }
    )  # fmt: skip


def light_of(case):
    model = model_of(case)
    domain, _ = domain_of(model.drawing, MPI.COMM_WORLD)
    return absorbed_light(model.light, domain, 5)


def power(radius=RADIUS):
    """Power of the beam within a radius [W]."""
    return np.pi * WAIST**2 / 2 * 1e7 * -np.expm1(-2 * (radius / WAIST) ** 2)


@pytest.mark.parametrize("model", ["uniform", "mie"])
def test_every_watt_is_somewhere(model):
    optics = {"model": model, "refractive_index": 1.7}
    beam = light_of(case(optics=optics)).beam
    assert beam.incident == pytest.approx(power(), rel=1e-6)
    parts = beam.reflected + beam.transmitted + sum(beam.absorbed.values())
    assert parts == pytest.approx(beam.incident, rel=1e-10)
    alpha = 4 * np.pi * EXTINCTION / WAVELENGTH
    through = np.exp(-alpha * THICKNESS)
    R = ((N - 1) / (N + 1)) ** 2
    share = (1 - R) * (1 - through) * (1 + R * through) / (1 - (R * through) ** 2)
    assert beam.absorbed["substrate"] == pytest.approx(share * power(), rel=1e-5)


def test_rays_and_beam_share_the_light():
    """What meets the particle is left to the rays; together they are the whole beam."""
    optics = {"model": "rays", "refractive_index": 1.7, "n_rays": 2000}
    light = light_of(case(optics=optics))
    shade = np.pi * (1e-6) ** 2 * 1e7  # the beam is even over the particle
    assert power() - light.beam.incident == pytest.approx(shade, rel=0.01)
    assert light.ledger.incident == pytest.approx(shade, rel=0.01)


def test_a_sheet_in_a_gaussian_beam_against_finite_differences():
    """Temperatures of the sheet far from the particle, which hardly matters: 1 %."""
    probes = [{"name": f"r{i}", "point": [f"{r} um", f"{z} um"], "region": "substrate"}
              for i, (r, z) in enumerate([(15, 0), (15, -19), (60, -10), (150, -5)])]  # fmt: skip
    found = simulate(case(probes=probes)).summary
    T = finite_differences()
    for i, (r, z) in enumerate([(15, 0), (15, -19), (60, -10), (150, -5)]):
        expected = T(r * 1e-6, -z * 1e-6)
        assert found[f"probe_r{i}_K"] - 300 == pytest.approx(expected, rel=0.01)
    heat = found["absorbed_by_substrate_W"]
    assert found["heat_to_holder_W"] == pytest.approx(heat, rel=1e-3)


def finite_differences(n_r=400, n_z=40):
    """The temperature [K] of the sheet alone, rim at 0, faces insulated, by finite volumes."""
    dr, dz = RADIUS / n_r, THICKNESS / n_z
    r = (np.arange(n_r) + 0.5) * dr
    z = (np.arange(n_z) + 0.5) * dz
    alpha = 4 * np.pi * EXTINCTION / WAVELENGTH
    R = ((N - 1) / (N + 1)) ** 2
    x = np.exp(-alpha * THICKNESS)
    down = (1 - R) / (1 - (R * x) ** 2)
    up = down * x * R
    depth = alpha * (down * np.exp(-alpha * z) + up * np.exp(-alpha * (THICKNESS - z)))
    q = 1e7 * np.exp(-2 * (r[:, None] / WAIST) ** 2) * depth[None, :]
    volume = 2 * np.pi * r * dr * dz
    A, b = lil_matrix((n_r * n_z, n_r * n_z)), np.zeros(n_r * n_z)
    at = np.arange(n_r * n_z).reshape(n_r, n_z)
    for i in range(n_r):
        outer = K * 2 * np.pi * (i + 1) * dr * dz / dr
        across = K * 2 * np.pi * r[i] * dr / dz
        for j in range(n_z):
            me = at[i, j]
            b[me] = q[i, j] * volume[i]
            if i + 1 < n_r:
                A[me, me] += outer
                A[me, at[i + 1, j]] -= outer
                A[at[i + 1, j], at[i + 1, j]] += outer
                A[at[i + 1, j], me] -= outer
            else:
                A[me, me] += 2 * outer
            if j + 1 < n_z:
                A[me, me] += across
                A[me, at[i, j + 1]] -= across
                A[at[i, j + 1], at[i, j + 1]] += across
                A[at[i, j + 1], me] -= across
    T = spsolve(A.tocsr(), b).reshape(n_r, n_z)
    return lambda rr, zz: T[min(int(rr / dr), n_r - 1), min(int(zz / dz), n_z - 1)]


@pytest.mark.parametrize(("symmetry", "mesh"), [("quarter", 0.02), ("3d", 0.02)])
def test_symmetries_agree(symmetry, mesh):
    coarse = {"cells_per_contact": 4.0, "cells_per_radius": 3.0, "growth": 0.5, "cache": False}
    flat = light_of(case()).beam
    solid = light_of(case(symmetry=symmetry, mesh=coarse)).beam
    assert solid.incident == pytest.approx(flat.incident, rel=mesh)
    for name in ("reflected", "transmitted"):
        share = getattr(flat, name) / flat.incident
        assert getattr(solid, name) / solid.incident == pytest.approx(share, rel=1e-9)


def test_gold_takes_what_it_does_not_reflect():
    gold = {"kind": "slab", "material": "gold", "thickness": "20 um"}
    beam = light_of(case(gold, laser={**BEAM, "waist": "50 um"})).beam
    assert beam.transmitted == 0.0
    assert beam.absorbed["substrate"] / beam.incident == pytest.approx(0.30, abs=0.02)


def test_light_from_below_enters_at_the_lower_face():
    lasers = ({**BEAM, "tilt": tilt} for tilt in ("0 deg", "180 deg"))
    above, below = (light_of(case(laser=laser)).beam for laser in lasers)
    # the waist is at the upper face in both, and the beam hardly spreads over the sheet
    assert below.incident == pytest.approx(above.incident, rel=1e-3)
    assert below.absorbed["substrate"] == pytest.approx(above.absorbed["substrate"], rel=1e-3)


def test_layers_take_their_own_light():
    """A tinted film on clear glass on gold: a stack of three, each with its account."""
    layers = [SHEET, {"material": "fused_silica", "thickness": "5 um"},
              {"material": "gold", "thickness": "1 um"}]  # fmt: skip
    light = light_of(case({"kind": "stack", "layers": layers}))
    taken = light.beam.absorbed
    assert set(taken) == {"substrate_1", "substrate_3"}
    parts = light.beam.reflected + light.beam.transmitted + sum(taken.values())
    assert parts == pytest.approx(light.beam.incident, rel=1e-10)
    assert set(light.sources()) == {"particle", "substrate_1", "substrate_2", "substrate_3"}


def test_slab_and_one_layer_stack_take_the_same():
    slab, stack = (
        simulate(case(s)).summary
        for s in ({"kind": "slab", **SHEET}, {"kind": "stack", "layers": [SHEET]})
    )
    for name in ("delta_T_mean_K", "absorbed_by_substrate_W", "substrate_transmitted_W"):
        assert stack[name] == pytest.approx(slab[name], rel=1e-9)


def test_a_plane_wave_has_no_width():
    wide = {"intensity": "1 kW/cm^2", "wavelength": f"{WAVELENGTH} m"}
    assert light_of(case(laser=wide)).beam is None


def film(boundary="substrate_top", material="gold", thickness="500 nm"):
    return {"films": [{"boundary": boundary, "material": material, "thickness": thickness}]}


CLEAR = {"conductivity": "2 W/(m*K)",
         "refractive_index": {"wavelengths": ["500 nm", "560 nm"], "n": [N, N]}}  # fmt: skip


@pytest.mark.parametrize("model", ["uniform", "rays"])
def test_a_thick_film_of_gold_is_as_gold(model):
    """Of a film that lets nothing through, the clear sheet under it does not matter."""
    clear = {"material": "clear", "thickness": f"{THICKNESS} m", "kind": "slab"}
    few = {"n_rays": 4000} if model == "rays" else {}  # the same rays for both
    more = {"materials": {"clear": CLEAR}, "laser": {**BEAM, "waist": "50 um"},
            "optics": {"model": model, "refractive_index": 1.7, **few}}  # fmt: skip
    gold = light_of(case({"kind": "slab", "material": "gold", "thickness": "20 um"}, **more))
    coated = light_of(case(clear, **film(), **more))
    for name in ("incident", "reflected"):
        bulk = getattr(gold.beam, name)
        assert getattr(coated.beam, name) == pytest.approx(bulk, rel=1e-6)
    assert coated.beam.absorbed["substrate"] == pytest.approx(
        gold.beam.absorbed["substrate"], rel=1e-5
    )
    assert sum(coated.beam.absorbed.values()) + coated.beam.transmitted == pytest.approx(
        coated.beam.incident - coated.beam.reflected, rel=1e-10
    )


def test_a_film_is_heated_where_it_lies():
    """The same film above or below, lit from its own side: all its light becomes heat."""
    found = {}
    for side, tilt in (("top", "0 deg"), ("bottom", "180 deg")):
        clear = {"material": "clear", "thickness": f"{THICKNESS} m", "kind": "slab"}
        tree = case(clear, materials={"clear": CLEAR}, laser={**BEAM, "tilt": tilt},
                    **film(f"substrate_{side}"))  # fmt: skip
        summary = simulate(tree).summary
        found[side] = summary["absorbed_by_substrate_W"]
        assert summary["heat_to_holder_W"] == pytest.approx(found[side], rel=1e-3)
    assert found["top"] == pytest.approx(found["bottom"], rel=1e-6)
    assert found["top"] / power() == pytest.approx(0.30, abs=0.02)
