"""Full wave optics: one, two and three ranks give the same light and the same heat."""

import json

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.fem]

CASE = """
title = "Light at a grain on mica"
symmetry = "axisymmetric"
particle = {material = "Cs4PbBr6", shape = {kind = "sphere", radius = "0.25 um"}}
contact = {kind = "jkr", work_of_adhesion = "0.1 J/m^2"}
optics = {model = "full_wave", cells_per_wavelength = 2.0}
gain = {density = {kind = "given", n_dots = "1.66e16 1/cm^3"}}
output = {pictures = false, fields = false}
solver = {error_estimate = false}
[laser]
wavelength = "532 nm"
intensity = "3 kW/cm^2"
profile = "gaussian"
waist = "0.4 um"
aim = ["0 um", "0 um", "0.25 um"]
[substrate]
kind = "slab"
material = "muscovite"
radius = "100 um"
thickness = "20 um"
rim = "held"
bottom = "radiating"
"""
NUMBERS = (
    "delta_T_mean_K", "optics_extinguished_W", "optics_absorbed_W", "optics_scattered_W",
    "hot_spot_factor", "intensity_mean_W_per_m2", "absorbed_power_W",
)  # fmt: skip


def test_ranks_agree(mpirun, tmp_path):
    case = tmp_path / "case.toml"
    case.write_text(CASE)
    found = []
    for n in (1, 2, 3):
        folder = tmp_path / f"n{n}"
        done = mpirun(n, "-m", "thermosim", "run", case, "-o", folder, "--json")
        assert done.returncode == 0, done.stderr
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["n_ranks"] == n
        assert abs(summary["light_on_mesh_error_rel"]) < 1e-4
        found.append([summary[name] for name in NUMBERS])
    assert found[1] == pytest.approx(found[0], rel=1e-8, abs=0)
    assert found[2] == pytest.approx(found[0], rel=1e-8, abs=0)
