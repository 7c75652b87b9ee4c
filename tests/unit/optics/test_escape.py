import subprocess
import sys
from math import pi

import numpy as np
import pytest
from closed_forms import BoxSurface
from pydantic import TypeAdapter, ValidationError
from scipy.constants import e

from thermosim import shapes
from thermosim.gain.escape import closed
from thermosim.gain.escape.curve import escape_versus_size
from thermosim.gain.escape.mc import ESCAPED, SUBSTRATE, Emitter
from thermosim.gain.escape.methods import (
    ErgodicEscape,
    EscapeModel,
    MonteCarloEscape,
    SphereEscape,
    escape_of_fates,
)

UM = 1e-6
ENERGY = np.linspace(2.2, 2.6, 81) * e
EMISSION = np.exp(-(((ENERGY / e - 2.4) / 0.04) ** 2))
ALPHA = 1e4 * np.exp((ENERGY / e - 2.4) / 0.03)
SPECTRA = (ENERGY, EMISSION, ALPHA)
MODELS = [
    ErgodicEscape(refractive_index=1.9),
    SphereEscape(refractive_index=1.9),
    MonteCarloEscape(refractive_index=1.9, roughness=0.3, photons=20_000),
]


@pytest.mark.parametrize("model", MODELS)
def test_every_method_answers_alike(model):
    found = model.evaluate(5 * UM, *SPECTRA)
    assert found.f_escape + found.f_reabsorbed + found.f_lost == pytest.approx(1, abs=1e-14)
    assert found.f_lost == pytest.approx(0, abs=1e-15)
    assert found.shift < 0
    assert found.mean_emission == pytest.approx(2.4 * e, rel=1e-4, abs=0)
    assert 0 < found.eta_ext(0.9) < 0.9
    assert found.recycling(0.9) == pytest.approx(
        0.9 * found.f_reabsorbed / (1 - 0.9 * found.f_reabsorbed)
    )
    assert found.eta_ext([0.5, 1.0])[1] == pytest.approx(1.0)


@pytest.mark.parametrize("model", MODELS)
def test_parasitic_absorption_takes_its_part(model):
    lossy = model.model_copy(update={"parasitic_absorption": 1e3})
    found, clean = lossy.evaluate(5 * UM, *SPECTRA), model.evaluate(5 * UM, *SPECTRA)
    assert found.f_lost > 0.005
    assert found.f_escape < clean.f_escape
    assert found.eta_ext(1.0) < 1
    assert clean.eta_ext(1.0) == pytest.approx(1.0)


def test_ergodic_grain_needs_volume_and_area_only():
    box = BoxSurface((UM, 2 * UM, 3 * UM))
    model = ErgodicEscape(refractive_index=1.7)
    found = model.evaluate(box, [2.4 * e], [1.0], 1e5)
    chord = 4 * 6 / 22 * UM
    T = float(closed.mean_transmittance(1.7))
    assert found.f_escape == pytest.approx(T / (T + 1e5 * chord), rel=1e-13, abs=0)
    shape = shapes.Box(a=UM, b=2 * UM, c=3 * UM)
    assert model.evaluate(shape, [2.4 * e], [1.0], 1e5).f_escape == pytest.approx(found.f_escape)
    sphere = model.evaluate(UM, [2.4 * e], [1.0], 1e5).f_escape
    assert sphere == pytest.approx(T / (T + 4 / 3 * 0.1), rel=1e-13, abs=0)


def test_ergodic_contact_agrees_with_photons():
    """A cube on dense glass, all reflections Lambertian."""
    line = ([2.4 * e], [1.0], 2e4)
    radius = 0.5 * UM
    given = {"refractive_index": 1.9, "substrate_index": 1.9}
    closed_form = ErgodicEscape(**given).evaluate(
        BoxSurface((UM,) * 3), *line, contact_radius=radius
    )
    photons = MonteCarloEscape(**given, roughness=1.0, photons=40_000)
    found = photons.evaluate(BoxSurface((UM,) * 3), *line, contact_radius=radius)
    assert found.f_escape == pytest.approx(closed_form.f_escape, abs=0.02)
    share = found.f_substrate / found.f_escape
    assert share == pytest.approx(closed_form.f_substrate / closed_form.f_escape, abs=0.03)
    T = float(closed.mean_transmittance(1.9))
    disk = pi * radius**2 / (6 * UM**2)
    assert closed_form.f_substrate / closed_form.f_escape == pytest.approx(
        disk / (disk + (1 - disk) * T), rel=1e-6
    )


def test_contact_must_fit():
    line = ([2.4 * e], [1.0], 1e4)
    with pytest.raises(ValueError, match="half"):
        ErgodicEscape(refractive_index=1.9).evaluate(UM, *line, contact_radius=3 * UM)
    model = MonteCarloEscape(refractive_index=1.9, photons=100)
    with pytest.raises(ValueError, match="radius of the sphere"):
        model.evaluate(UM, *line, contact_radius=2 * UM)
    box = shapes.Box(a=UM, b=UM, c=UM)
    with pytest.raises(ValueError, match="contact radius"):
        model.evaluate(box, *line, contact_radius=2 * UM)


def test_photons_run_in_shapes_of_a_case():
    model = MonteCarloEscape(refractive_index=1.6, substrate_index=1.5, photons=5000)
    line = ([2.4 * e], [1.0], 1e5)
    for shape in (
        shapes.Sphere(radius=UM),
        shapes.Ellipsoid(a=UM, b=2 * UM, c=UM),
        shapes.Grain(diameter=2 * UM, seed=1),
    ):
        found = model.evaluate(shape, *line, contact_radius=0.1 * UM)
        assert 0.1 < found.f_escape < 1
        assert 0 < found.f_substrate < 0.2


def test_standard_errors_are_the_scatter_of_seeds():
    """Shares, efficiency and mean energy over 60 seeds, with re-emission (correlated chains)."""
    runs = [
        MonteCarloEscape(
            refractive_index=1.9, parasitic_absorption=2e3, photons=1500, seed=seed
        ).evaluate(5 * UM, *SPECTRA, eta_int=0.9)
        for seed in range(60)
    ]
    reported = {
        "f_escape": runs[0].f_escape_error,
        "f_reabsorbed": runs[0].f_reabsorbed_error,
        "f_lost": runs[0].f_lost_error,
        "mean_escape": runs[0].mean_escape_error,
    }
    for name, error in reported.items():
        scatter = np.std([getattr(run, name) for run in runs], ddof=1)
        assert scatter == pytest.approx(error, rel=0.35, abs=0)  # 60 draws know it to 9 %
    scatter = np.std([run.eta_ext(0.9) for run in runs], ddof=1)
    assert scatter == pytest.approx(float(runs[0].eta_ext_error(0.9)), rel=0.35)
    scatter = np.std([run.recycling(0.9) for run in runs], ddof=1)
    assert scatter == pytest.approx(float(runs[0].recycling_error(0.9)), rel=0.35)


def test_pooled_shares_give_the_efficiency_of_the_chains():
    """eta f_e/(1 - eta f_r) against the plain count of chains that got out."""
    model = MonteCarloEscape(refractive_index=1.9, photons=50_000, parasitic_absorption=2e3)
    emitter = Emitter(*SPECTRA)
    fates = model.transport(5 * UM, emitter, eta_int=0.9).run(50_000, 0)
    plain = 0.9 * fates.count(ESCAPED, SUBSTRATE) / 50_000
    found = escape_of_fates(fates, emitter)
    assert found.eta_ext(0.9) == pytest.approx(plain, rel=0.005)
    assert found.recycling(0.9) == pytest.approx(0.9 * fates.reabsorbed.mean(), rel=0.01)
    first = model.evaluate(5 * UM, *SPECTRA)
    # in a smooth sphere light is absorbed, and emitted again, where it stays trapped
    assert found.f_escape < first.f_escape - 5 * first.f_escape_error


@pytest.mark.parametrize("model", MODELS)
def test_larger_grains_reabsorb_more(model):
    sizes = np.array([1, 5, 20, 80]) * UM
    curve = escape_versus_size(model, sizes, *SPECTRA, eta_int=0.95)
    assert np.all(np.diff(curve.f_escape) < 0)
    assert np.all(np.diff(curve.eta_ext) < 0)
    assert np.all(np.diff(curve.shift) < 0)
    assert np.all(np.diff(curve.recycling) > 0)
    assert curve.size.shape == curve.eta_ext_error.shape == curve.mean_escape.shape == (4,)
    assert np.all(curve.f_escape_error > 0) == isinstance(model, MonteCarloEscape)
    boxes = escape_versus_size(model, [5.0], *SPECTRA, eta_int=0.95, body=BoxSurface((UM,) * 3))
    assert 0 < boxes.f_escape[0] < 1


def test_sections_are_chosen_by_kind():
    adapter = TypeAdapter(EscapeModel)
    given = {"kind": "monte_carlo", "refractive_index": 1.7, "parasitic_absorption": "2 1/cm"}
    model = adapter.validate_python(given, context={"case_file": True})
    assert isinstance(model, MonteCarloEscape)
    assert model.parasitic_absorption == 200.0
    for bad in ({"refractive_index": 0.5}, {"roughness": 2.0}, {"photons": 1}, {"rough": 1.0}):
        with pytest.raises(ValidationError):
            adapter.validate_python({**given, **bad})
    ergodic = adapter.validate_python({"kind": "ergodic", "refractive_index": 1.7})
    assert isinstance(ergodic, ErgodicEscape)


def test_import_is_light():
    heavy = ("trimesh", "embreex", "scipy.spatial", "scipy.optimize", "dolfinx", "matplotlib")
    code = (
        f"import sys, thermosim.gain.escape.methods;print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
