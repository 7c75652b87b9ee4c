"""What field files hold: fields of cells that add up to the budget, names, all times."""

import numpy as np
import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

import thermosim  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

PARTICLE = {
    "title": "fields",
    "symmetry": "axisymmetric",
    "assumptions": "favourable",
    "particle": {"shape": {"kind": "sphere", "radius": "2 um"}, "emissivity": 1.0},
    "substrate": {"kind": "slab", "material": "muscovite", "radius": "20 um", "thickness": "5 um"},
    "contact": {"kind": "disk", "radius": "50 nm"},
    "laser": {"intensity": "3 kW/cm^2"},
    "optics": {"model": "mie"},
    "solver": {"error_estimate": False},
    "uncertainty": {"method": "none"},
}


@pytest.fixture(scope="module")
def lit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lit") / "r"
    return simulate(parse_case(PARTICLE), folder)


def volumes(grid):
    """Of rings about the axis of straight-sided cells [m³]."""
    corners = grid.points[grid.cells.reshape(grid.n_cells, -1)[:, 1:4]]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = 0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    return 2 * np.pi * corners[:, :, 0].mean(axis=1) * area


def test_the_source_adds_up_to_the_heat_released(lit):
    grid = lit.to_pyvista()
    heat = float((grid.cell_data["source_W_per_m3"] * volumes(grid)).sum())
    assert heat == pytest.approx(lit.heat_source_W, rel=0.02)  # cells have curved sides
    assert lit.source.attrs["units"] == "W/m^3"


def test_intensity_and_excitation_are_those_of_the_light(lit):
    grid = lit.to_pyvista()
    particle = grid.cell_data["region"] == lit.regions["particle"]
    light = grid.cell_data["intensity_W_per_m2"]
    assert light[~particle].max() == 0.0
    mean = np.average(light[particle], weights=volumes(grid)[particle])
    assert mean == pytest.approx(lit.intensity_mean_W_per_m2, rel=0.02)
    p = lit.case.gain.parameters(lit.case.laser.photon_energy)
    x = grid.cell_data["excitation"][particle]
    expected = p.sigma_abs * p.tau_X * light[particle] / p.photon_energy
    np.testing.assert_allclose(x, expected, rtol=0.01)


def test_regions_have_names_and_temperatures_are_absolute_too(lit):
    grid = lit.to_pyvista()
    assert list(grid.field_data["region_names"])[1:] == ["particle", "substrate"]
    np.testing.assert_allclose(
        grid.point_data["T_K"], grid.point_data["delta_T_K"] + lit.T_ref_K, rtol=0, atol=1e-9
    )
    assert lit.field("T").sel().dims == ("node",)
    assert {"r", "z"} <= set(lit.field("T").coords)


def test_the_flux_is_that_of_a_bar(tmp_path):
    """A bar of copper between 300 K and 310 K: k ΔT/L along it, nothing across."""
    tree = {
        "title": "bar",
        "goal": "middle",
        "geometry": {"kind": "rectangle", "x": ["0 um", "5 um"], "y": ["0 um", "10 um"]},
        "regions": {"body": {"material": "bar"}},
        "materials": {"bar": {"conductivity": {"kind": "isotropic", "k": "2 W/(m*K)"}}},
        "boundaries": {"bottom": {"temperature": "300 K"}, "top": {"temperature": "310 K"}},
        "probes": [{"name": "middle", "point": ["2.5 um", "5 um"]}],
    }
    result = simulate(parse_case(tree), tmp_path / "r")
    flux = result.flux()
    assert flux.dims == ("cell", "direction")
    assert list(flux.direction.values) == ["x", "y"]
    np.testing.assert_allclose(flux.sel(direction="y"), -2.0 * 10 / 10e-6, rtol=1e-9)
    np.testing.assert_allclose(flux.sel(direction="x"), 0.0, atol=1e-3)
    assert result.probe([[2.5e-6, 5e-6, 0]], "T") == pytest.approx(305.0, abs=1e-8)


def test_start_output_times_and_ends_of_levels_are_in_what_paraview_reads(tmp_path):
    tree = {
        **PARTICLE,
        "transient": {
            "duration": "4 ms", "output_every": "1 ms", "tolerance": "1 mK",
            "schedule": {"kind": "steps", "times": ["0 s", "1.5 ms"],
                         "intensities": ["1 kW/cm^2", "3 kW/cm^2"]},
        },
    }  # fmt: skip
    tree["optics"] = {"model": "uniform"}
    result = simulate(parse_case(tree), tmp_path / "r")
    fields = thermosim.fields(result)
    assert fields.times == [0.0, 1e-3, 1.5e-3, 2e-3, 3e-3, 4e-3]
    bright = [float(fields.at(t).intensity.max()) for t in fields.times]
    assert bright == pytest.approx([1e7, 1e7, 1e7, 3e7, 3e7, 3e7], rel=1e-6)
    # each field is the state of its row in the series, to the last digit but one
    series = thermosim.load_series(tmp_path / "r" / "series.csv")
    lowest = [float(fields.at(t).field("delta_T").min()) for t in fields.times]
    rows = np.searchsorted(series.time, fields.times)
    assert lowest == pytest.approx(series["delta_T_min_K"][rows], rel=1e-12, abs=0)
    from PIL import Image

    from thermosim.visual.animate import moments_in_words

    with Image.open(result.animate(tmp_path / "course.gif")) as moving:
        assert (moving.format, moving.n_frames) == ("GIF", 6)
    words = moments_in_words(result, fields.times)
    assert words[0] == "after 0 s, light 1 kW/cm²"
    assert words[2:4] == ["after 1.5 ms, light 1 kW/cm²", "after 2 ms, light 3 kW/cm²"]


def test_the_light_map_is_the_series_itself(lit):
    from thermosim.model.of_case import model_of
    from thermosim.visual.light_map import read_light_map

    light = read_light_map(lit.directory, lit)
    assert len(light.intensity) > 20_000
    assert light.intensity.max() == pytest.approx(lit.intensity_max_W_per_m2, rel=0.05)
    middle = 1e-6 * light.corners.mean(axis=1)[::500]
    points = np.column_stack([middle[:, 0], 0 * middle[:, 0], middle[:, 1]])
    model = model_of(lit.case).light
    from thermosim.gain.source import pump_absorption

    p = lit.case.gain.parameters(lit.case.laser.photon_energy)
    alpha = float(pump_absorption(0.0, 300.0, p))
    inside = model.in_sphere((0, 0, 2e-6), 2e-6, alpha).intensity(points)
    np.testing.assert_allclose(light.intensity[::500], inside, rtol=0.02, atol=1e-3 * inside.max())
    place, value = light.along(1, 0.0)
    assert np.diff(place).max() < 0.06  # µm: a third of a fringe of 156 nm
    assert value.max() == pytest.approx(light.intensity.max(), rel=0.2)
