"""Full wave optics in a case: the heat that it brings, its numbers, and what it refuses."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from mpi4py import MPI  # noqa: E402

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.errors import CaseError  # noqa: E402
from thermosim.light.changed import ChangedLight  # noqa: E402
from thermosim.light.fullwave.heat import full_wave_light  # noqa: E402
from thermosim.light.fullwave.media import stack_of  # noqa: E402
from thermosim.model.of_case import model_of  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

SPHERE = {"kind": "sphere", "radius": "0.3 um"}
FOCUS = {"profile": "gaussian", "waist": "0.4 um", "aim": ["0 um", "0 um", "0.3 um"]}
SLAB = {"kind": "slab", "material": "muscovite", "radius": "50 um", "thickness": "20 um"}
CUBE = {"kind": "box", "a": "1 um", "b": "1 um", "c": "1 um"}
COAT = {"thickness": "50 nm", "refractive_index": 1.0}
QUICK = {"model": "full_wave", "error_estimate": False, "cells_per_wavelength": 2.0}


def case_of(optics=None, shape=None, laser=None, **sections):
    return parse_case(
        {
            "assumptions": "favourable",
            "particle": {"shape": shape or SPHERE, "emissivity": 1.0},
            "laser": {"wavelength": "532 nm", "intensity": "3 kW/cm^2", **(laser or {})},
            "optics": {"refractive_index": 1.9, **(optics or QUICK)},
            "gain": {"density": {"kind": "given", "n_dots": "1.66e16 1/cm^3"}},
            "solver": {"error_estimate": False},
            "substrate": SLAB,
            "contact": {"kind": "none"},
            **sections,
        }
    )


@pytest.mark.parametrize("laser", [{}, FOCUS], ids=["plane wave", "focus"])
def test_above_mica_as_the_series_has_it(laser):
    """Absorbed power and ΔT of a floating sphere, by finite elements and by the T-matrix."""
    gap = {"gap": "50 nm"}
    ours = simulate(case_of({"model": "full_wave", **gap}, laser=laser))
    exact = simulate(case_of({"model": "mie", "substrate": True, **gap}, laser=laser)).summary
    found = ours.summary
    for name in ("absorbed_power_W", "intensity_mean_W_per_m2", "hot_spot_factor"):
        assert found[name] == pytest.approx(exact[name], rel=1e-3), name
    assert found["delta_T_mean_K"] == pytest.approx(exact["delta_T_mean_K"], rel=5e-3)
    # the transfer to the mesh of heat loses nothing
    assert abs(found["light_on_mesh_error_rel"]) < 1e-3
    assert found["optics_unknowns"] > 5000
    assert 5 < found["optics_memory_MB"] < 200
    assert abs(found["optics_balance_rel"]) < 3e-4
    # I/c is 0.1 Pa, on a disk of 0.3 µm
    assert -1e-13 < found["optics_force_N"] < -1e-15
    for name in ("Q_ext", "Q_abs", "Q_sca") if not laser else ("absorbed", "scattered"):
        key = f"optics_{name}" if not laser else f"optics_{name}_W"
        assert found[key] > 0
        assert 0 < found[f"optics_{name}_error_rel"] < 0.02
    if not laser:
        assert found["optics_Q_ext"] == pytest.approx(exact["optics_Q_ext"], rel=3e-4)


def test_the_error_of_the_light_is_in_that_of_the_temperature():
    """Coarse elements of the light against the series, on the same mesh of heat."""
    coarse = {"model": "full_wave", "degree": 3, "cells_per_wavelength": 3.0, "gap": "50 nm"}
    exact = simulate(case_of({"model": "mie", "substrate": True, "gap": "50 nm"})).summary
    found = simulate(case_of(coarse, solver={"error_estimate": True})).summary
    wrong = abs(found["delta_T_mean_K"] - exact["delta_T_mean_K"])
    assert wrong > 1e-5 * abs(exact["delta_T_mean_K"])
    assert wrong < found["delta_T_error_light_K"] < 30 * wrong
    assert found["delta_T_error_K"] > found["delta_T_error_light_K"]


def test_another_substrate_is_another_light():
    """What layers reflect changes the field: it must not be taken for that of the mesh."""
    light = model_of(case_of()).light
    thinner = [replace(layer, index=layer.index + 0.1) for layer in light.ground]
    changed = ChangedLight(SimpleNamespace(light=light, ground=None, outline=None), 4)
    assert changed.is_costly(replace(light, ground=tuple(thinner)))
    assert not changed.is_costly(replace(light))


def test_coatings_of_a_case():
    """Light alone knows them: they lift the body off the substrate by what they are thick."""
    coatings = [{"thickness": "50 nm", "refractive_index": 1.0}]
    case = case_of({**QUICK, "gap": "10 nm", "coatings": coatings})
    lifted, apart = simulate(case).summary, simulate(case_of({**QUICK, "gap": "60 nm"})).summary
    for name in ("optics_Q_ext", "optics_Q_abs", "delta_T_mean_K"):
        assert lifted[name] == pytest.approx(apart[name], rel=0.01), name
    light = model_of(case).light
    assert any("coatings, 50 nm in all" in note for note in stack_of(light, light.optics)[1])


def test_a_flat_contact_lets_more_light_through():
    """Cut flat on mica, where neither rays nor series have an answer."""
    touching = simulate(case_of(contact={"kind": "disk", "radius": "50 nm"})).summary
    assert abs(touching["optics_balance_rel"]) < 1e-3
    assert "optics_force_N" not in touching  # the substrate takes a part that nobody knows
    assert touching["optics_scattered_down_fraction"] > 0.6
    assert abs(touching["light_on_mesh_error_rel"]) < 1e-3


def test_shapes_of_revolution():
    """A round ellipsoid is a sphere; a cap and an oblate one have their own answer."""
    found = {}
    for name, shape in {
        "sphere": SPHERE,
        "round": {"kind": "ellipsoid", "a": "0.3 um", "b": "0.3 um", "c": "0.3 um"},
        "oblate": {"kind": "ellipsoid", "a": "0.3 um", "b": "0.3 um", "c": "0.2 um"},
        "cap": {"kind": "spherical_cap", "base_radius": "0.3 um", "cap_height": "0.2 um"},
    }.items():
        contact = {"kind": "disk", "radius": "50 nm"} if name == "cap" else {"kind": "none"}
        found[name] = simulate(case_of(shape=shape, contact=contact)).summary
        assert abs(found[name]["optics_balance_rel"]) < 5e-3
    assert found["round"]["optics_Q_ext"] == pytest.approx(
        found["sphere"]["optics_Q_ext"], rel=1e-3
    )
    # its phase shift, 2 k c (n - 1) = 4.3, is that of the first maximum; the sphere's is 6.4
    assert found["oblate"]["optics_Q_ext"] > 1.3 * found["sphere"]["optics_Q_ext"]


def test_light_at_the_temperature_found():
    """The light follows the temperature of the body where that is asked for."""
    coupled = {**QUICK, "temperature_coupling": True}
    found = simulate(case_of(coupled)).summary
    plain = simulate(case_of()).summary
    assert found["absorbed_power_W"] != plain["absorbed_power_W"]
    assert found["absorbed_power_W"] == pytest.approx(plain["absorbed_power_W"], rel=0.2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"laser": {"speckle": {"grain": "1 um"}}, "symmetry": "3d"}, "laser.speckle"),
        ({"laser": {"profile": "top_hat", "radius": "5 um"}}, "top_hat"),
        ({"laser": {**FOCUS, "tilt": "10 deg"}, "symmetry": "3d"}, "laser.tilt"),
        ({"laser": {**FOCUS, "aim": ["1 um", "0 um", "0 um"]}, "symmetry": "3d"}, "laser.aim"),
        ({"laser": {"linewidth": "10 meV"}}, "one wavelength"),
        ({"laser": {"polarisation": "linear"}}, "polarisation"),
        (
            {"shape": CUBE, "symmetry": "3d", "optics": {**QUICK, "solution": "revolution"}},
            "a sphere of 0.6204 um has the same volume",
        ),
        (
            {"optics": {**QUICK, "solution": "3d", "purcell_places": 3}},
            "purcell_places = 3: is for bodies of revolution",
        ),
        (
            {"shape": CUBE, "symmetry": "3d", "optics": {**QUICK, "coatings": [COAT]}},
            "optics.coatings: is for bodies of revolution",
        ),
        ({"shape": CUBE, "laser": {**FOCUS, "tilt": "10 deg"}, "symmetry": "3d"}, "laser.tilt"),
    ],
)
def test_refused_by_name(changes, told):
    with pytest.raises(CaseError, match=told.replace(".", r"\.")):
        case_of(**changes)


def test_a_platelet_lies_on_mica():
    """A body without axis goes to three dimensions by itself, and its heat takes the light."""
    plate = {"kind": "box", "a": "0.16 um", "b": "0.16 um", "c": "0.1 um"}
    optics = {"model": "full_wave", "degree": 2}
    touching = {"kind": "disk", "radius": "50 nm"}
    case = case_of(optics, shape=plate, symmetry="quarter", contact=touching)
    found = simulate(case).summary
    for name in ("Q_ext", "Q_abs", "Q_sca"):
        assert found[f"optics_{name}"] > 0
        assert 0 < found[f"optics_{name}_error_rel"] < 0.3
    assert 0 < found["optics_field_error_rel"] < 0.3
    assert 2000 < found["optics_unknowns"] < 20_000
    assert abs(found["optics_balance_rel"]) < 0.05
    assert abs(found["light_on_mesh_error_rel"]) < 1e-3
    assert found["absorbed_power_W"] > 0
    assert "optics_force_N" not in found  # the substrate takes a part
    # the whole of the area of a disk of equal volume is what efficiencies are counted in
    area = np.pi * (0.75 / np.pi * 0.16e-6 * 0.16e-6 * 0.1e-6) ** (2 / 3)
    power = found["optics_Q_abs"] * area * 3e7
    assert found["absorbed_power_model_W"] == pytest.approx(power, rel=1e-6)


def test_a_sphere_in_three_dimensions():
    """Asked for by its key, it brings the heat that azimuthal modes bring."""
    shape, gap = {"kind": "sphere", "radius": "0.1 um"}, {"gap": "50 nm", "error_estimate": False}
    modes = simulate(case_of({"model": "full_wave", **gap}, shape=shape)).summary
    space = {"model": "full_wave", "solution": "3d", "cells_per_wavelength": 2.5, **gap}
    found = simulate(case_of(space, shape=shape)).summary
    names = ("absorbed_power_W", "optics_Q_ext", "optics_Q_abs", "optics_scattered_up_fraction")
    for name in (*names, "intensity_mean_W_per_m2", "hot_spot_factor"):
        assert found[name] == pytest.approx(modes[name], rel=2e-2), name
    assert found["optics_Q_ext"] != modes["optics_Q_ext"]


def test_a_large_box_is_refused():
    light = model_of(case_of(shape={**CUBE, "a": "9 um", "b": "9 um"}, symmetry="quarter")).light
    with pytest.raises(CaseError, match="in three dimensions takes about"):
        full_wave_light(light, 1.0, MPI.COMM_SELF)


def test_too_large_and_too_narrow():
    with pytest.raises(CaseError, match="max_unknowns"):
        simulate(case_of(shape={"kind": "sphere", "radius": "23 um"}))
    narrow = {
        "kind": "pedestal", "material": "muscovite", "thickness": "10 um", "radius": "50 um",
        "pedestal_radius": "0.5 um", "pedestal_height": "5 um",
    }  # fmt: skip
    contact = {"kind": "disk", "radius": "50 nm"}
    with pytest.raises(CaseError, match="takes layers as endless"):
        simulate(case_of(substrate=narrow, contact=contact))
