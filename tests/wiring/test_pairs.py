"""Two ways to compute one thing agree: symmetries, models of light, times, closed forms."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402

from .bodies import particle, slab  # noqa: E402
from .helpers import case_of, limits  # noqa: E402

QUICK = {"solver": {"error_estimate": False}}
LASER = {"laser": {"intensity": "3 kW/cm^2"}}


@pytest.mark.parametrize("drive", ["source", "laser"])
def test_half_plane_quarter_and_whole(drive):
    """On rings of the same half plane the three differ by the sectors of a turn alone."""
    light = LASER if drive == "laser" else {}
    mesh = {"cells_per_radius": 3, "cells_per_contact": 4, "growth": 0.8, "sectors": 16}
    flat, quarter, whole = (
        simulate(
            case_of(
                particle(slab(), symmetry=symmetry, mesh=mesh | {"cache": False}, **light, **QUICK)
            )
        )
        for symmetry in ("axisymmetric", "quarter", "3d")
    )
    names = ["delta_T_mean_K", "heat_source_W", "heat_to_chamber_W", "heat_to_holder_W"]
    names += ["absorbed_power_W", "emitted_photons_per_s"] if light else []
    for name in names:
        assert quarter.summary[name] == pytest.approx(whole.summary[name], rel=2e-3), name
        assert whole.summary[name] == pytest.approx(flat.summary[name], rel=1e-2), name
    assert quarter.budget.keys() == whole.budget.keys() == flat.budget.keys()
    for name, heat in whole.budget.items():
        assert quarter.budget[name] == pytest.approx(heat, rel=5e-3), name
        assert flat.budget[name] == pytest.approx(heat, rel=2e-2), name


@pytest.mark.parametrize("model", ["mie", "rays"])
def test_a_body_that_does_not_refract_leaves_the_beam_as_it_is(model):
    """As n → 1 every model of the light ends in the undisturbed plane wave."""
    small = {"particle": {"shape": {"kind": "sphere", "radius": "1 um"}, "emissivity": 1.0}}
    faint = {"density": {"kind": "given", "n_dots": "1e12 1/cm^3"}}
    weak = {"laser": {"intensity": "1 W/cm^2"}, "gain": faint}
    even, other = (
        simulate(case_of(particle(optics={"model": m, "refractive_index": 1 + 1e-7}, **small,
                                  **weak, **QUICK))).summary
        for m in ("uniform", model)
    )  # fmt: skip
    assert even["delta_T_mean_K"] < 0
    rel = {"mie": 1e-5, "rays": 2e-2}[model]  # rays: by the number of them
    for name in ("absorbed_power_W", "intensity_mean_W_per_m2", "heat_source_W", "delta_T_mean_K"):
        assert other[name] == pytest.approx(even[name], rel=rel), name


@pytest.mark.parametrize("substrate", [None, slab()], ids=["floating", "on slab"])
def test_a_long_transient_ends_in_the_steady_state(substrate):
    steady = simulate(case_of(particle(substrate, **LASER, **QUICK)))
    long = {"duration": "100 s", "tolerance": "1e-7 delta_degC", "relative_tolerance": 1e-3}
    last = simulate(case_of(particle(substrate, transient=long, **LASER, **QUICK)))
    names = ("delta_T_mean_K", "delta_T_min_K", "heat_source_W", "absorbed_power_W",
             "emitted_photons_per_s", "delta_T_thermometer_K")  # fmt: skip
    for name in names:
        assert last.summary[name] == pytest.approx(steady.summary[name], rel=1e-5), name
    total = abs(steady.budget["source:particle"])
    for name, heat in steady.budget.items():
        assert last.budget[name] == pytest.approx(heat, abs=1e-5 * total), name


def test_closed_form_of_a_floating_particle():
    """A particle without inner differences is what `limits` takes it for."""
    iron = {"iron": {"conductivity": "1e6 W/(m*K)"}}
    tree = particle(materials=iron, chamber={"pressure": "10 Pa"}, **QUICK)
    tree["particle"]["material"] = "iron"
    tree["mesh"]["cells_per_radius"] = 6
    found, form = simulate(case_of(tree)), limits(tree)
    assert found.delta_T_mean_K == pytest.approx(form["delta_T_all_paths_K"], rel=1e-4)
    by_gas = form["heat_leaving_by_gas_W"]
    assert found.budget["particle_surface:gas"] == pytest.approx(by_gas, rel=1e-4)


def test_closed_form_of_a_small_contact():
    """A contact much smaller than sphere and slab conducts as between two half-spaces."""
    touch = {"contact": {"kind": "disk", "radius": "0.05 um", "h_c": "1e6 W/(m^2*K)"}}
    wide = slab(radius="200 um", thickness="100 um")
    mesh = {"cells_per_radius": 4, "cells_per_contact": 20, "growth": 0.4, "cache": False}
    tree = particle(wide, mesh=mesh, **touch, **QUICK)
    found, form = simulate(case_of(tree)), limits(tree)
    assert form["conductance_contact_W_per_K"] > form["conductance_radiation_W_per_K"]
    assert found.delta_T_mean_K == pytest.approx(form["delta_T_all_paths_K"], rel=0.03)
