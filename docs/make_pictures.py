#!/usr/bin/env python3
"""Draw the pictures of docs/gallery.md and docs/verification.md: ``docs/make_pictures.py [NAME…]``.

Those of the verification come from the functions of the tests: what is drawn is what is tested.
Run in the clone (make pictures); `-o DIR` writes elsewhere, `--quick` takes coarse meshes and few
points: so the tests draw all of them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import matplotlib as mpl  # noqa: E402

mpl.use("agg")

import numpy as np  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from PIL import Image  # noqa: E402

import thermosim  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CASES = ROOT / "cases"
DOTS_PER_INCH, WIDEST = 110, 1100
COARSE = {"mesh": {"cells_per_radius": 4, "cells_per_contact": 8}}
QUICK = "--quick" in sys.argv  # also in the workers of a sweep, which import this file


def few(usual: Any, quick: Any) -> Any:
    """Return the second of two where pictures are made quickly."""
    return quick if QUICK else usual


def case(name: str, **changes: Any) -> Any:
    """Return a shipped case with other values; `__` stands for the dot of a path."""
    found = thermosim.load_case(CASES / f"{name}.toml")
    found = found.with_({key.replace("__", "."): value for key, value in changes.items()})
    if not QUICK or not hasattr(found, "particle"):
        return found
    round_one = found.symmetry == "axisymmetric"
    coarse = COARSE if round_one else {"mesh": {"refinement": 0.4}}
    return found.with_({**coarse, "solver.error_estimate": False})


def picture_of_run(found: Any, name: str) -> Path:
    """Run a case and return one picture of its folder, in a folder of its own."""
    from thermosim.visual.report import draw_result

    folder = Path(tempfile.mkdtemp(prefix="thermosim-pictures-"))
    thermosim.simulate(found, output=folder / "run", uncertainty=False)
    draw_result(folder / "run")
    return folder / "run" / name


def gallery_contact() -> Path:
    """Draw ΔT of a particle on mica: the particle, its contact, the substrate."""
    return picture_of_run(case("microparticle_on_mica"), "temperature.png")


def gallery_light() -> Path:
    """Draw the light in a sphere of 2 µm, by the Mie series."""
    return picture_of_run(case("optics_mie"), "light.png")


def gallery_transient() -> Path:
    """Draw ΔT under a light that is chopped."""
    light = {"kind": "chopped", "frequency": "0.5 Hz"}
    found = case(
        "yamada2024_radiation_limited", mesh__cells_per_radius=5, mesh__cells_per_contact=20
    )
    changes = {
        "transient": {
            "duration": few("6 s", "2 s"),
            "output_every": few("25 ms", "0.5 s"),
            "field_times": ["0 s"],
            "schedule": light,
        }
    }
    return picture_of_run(found.with_(changes), "course.png")


def gallery_geometry() -> Path:
    """Draw the temperature of a lit cylinder on a cold plate."""
    return picture_of_run(case("lit_cylinder"), "temperature.png")


def gallery_crystal() -> Path:
    """Draw the cells of a truncated octahedron on its substrate."""
    return picture_of_run(case("shapes/truncated_octahedron", mesh__refinement=0.6), "mesh.png")


def gallery_sweep() -> Figure:
    """Draw ΔT over the size, one effect after the other."""
    found = case(
        "yamada2024_radiation_limited", contact={"kind": "none"}, solver__error_estimate=False,
        mesh__cells_per_radius=5, mesh__cells_per_contact=100,
    )  # fmt: skip
    stages = [
        {"name": "black, floating, all light leaves"},
        {"name": "light has to get out",
         "set": {"gain": {"escape": {"kind": "ergodic", "refractive_index": 1.7}}}},
        {"name": "emissivity of a small body", "set": {"particle": {"emissivity": "small_body"}}},
        {"name": "contact", "set": {"contact": {"kind": "jkr", "work_of_adhesion": "0.1 J/m^2"}}},
    ]  # fmt: skip
    vary = {"particle.shape.radius": few("0.5um:20um:7log", "2um:20um:2log")}
    return thermosim.sweep(found, vary, study={"stages": stages}).plot.line(
        "radius", family="stage"
    )


def gallery_thermometer() -> Figure:
    """Draw the temperatures that a series of spectra tells."""
    from thermosim.thermometry import ThermometrySettings, read_spectra, temperature_series
    from thermosim.visual.thermometry_plots import plot_series

    settings = ThermometrySettings(E_min="2.50 eV", E_max="2.60 eV", bin_width="2 meV")
    spectra = read_spectra(CASES / "spectra" / "cooling_series.csv")
    return plot_series(temperature_series(spectra, settings))


def fit_joint() -> Figure:
    """Draw decays and efficiencies with their common model."""
    return thermosim.fit(ROOT / "examples" / "fit" / "joint.toml").plot()


def fit_posterior() -> Figure:
    """Draw the posterior of efficiencies alone."""
    data = ROOT / "examples" / "fit" / "efficiency.csv"
    return thermosim.fit(data, "efficiency", posterior=True).plot_posterior()


def verification_cases() -> Figure:
    """Draw how far each case of cases/verification is from its closed form, and what is allowed."""
    from tests.cases.test_verification import CASES as TARGETS
    from tests.cases.test_verification import FOLDER

    figure = Figure(figsize=(7.5, 3.6), layout="constrained")
    axes = figure.subplots()
    names = few(list(TARGETS), list(TARGETS)[:2])
    for row, name in enumerate(names):
        probe, exact, _, _, allowed = TARGETS[name]
        found = thermosim.simulate(thermosim.load_case(FOLDER / f"{name}.toml"))
        off = abs(found.summary[f"probe_{probe}_K"] - exact())
        axes.plot(max(off, 1e-12), row, "o", color="tab:blue", label="found" if row == 0 else None)
        axes.plot(allowed, row, "|", ms=14, mew=2, color="tab:red",
                  label="allowed in the test" if row == 0 else None)  # fmt: skip
    axes.set(xscale="log", xlabel="deviation from the closed form or series (K)")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower left")
    return figure


def verification_orders() -> Figure:
    """Draw the error of the manufactured solution over the size of the cells."""
    from tests.fem.test_steady_manufactured import l2_error

    figure = Figure(figsize=(5.5, 3.8), layout="constrained")
    axes = figure.subplots()
    refinements = np.array(few([1.0, 2.0, 4.0, 8.0], [1.0, 2.0]))
    for degree, colour in ((1, "tab:orange"), (2, "tab:blue")):
        errors = np.array([l2_error("axisymmetric", degree, r) for r in refinements])
        axes.loglog(1 / refinements, errors, "o-", color=colour, label=f"degree {degree}")
        slope = errors[-1] * (refinements[-1] / refinements) ** (degree + 1)
        axes.loglog(1 / refinements, slope, ":", color=colour, label=f"order {degree + 1}")
    axes.set(xlabel="cell size, relative", ylabel="relative L2 error")
    axes.set_xticks(1 / refinements, [f"1/{r:g}" if r > 1 else "1" for r in refinements])
    axes.minorticks_off()
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    return figure


def verification_transient() -> Figure:
    """Draw NAFEMS T3 in time: the bar whose end swings, beside its series."""
    from tests.cases.test_verification import nafems_t3

    folder = Path(tempfile.mkdtemp(prefix="thermosim-pictures-"))
    found = thermosim.simulate(case("verification/nafems_t3_transient"), output=folder / "run")
    table = np.genfromtxt(folder / "run" / "series.csv", delimiter=",", names=True)
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        table["time_s"], table["probe_target_K"] - 273.15, label="finite elements, x = 0.08 m"
    )
    axes.plot(32.0, nafems_t3() - 273.15, "o", color="tab:red", label="series")
    axes.axhline(36.60, lw=0.8, ls="--", color="grey", label="NAFEMS: 36.60 °C")
    axes.set(xlabel="time (s)", ylabel="temperature (°C)")
    axes.grid(alpha=0.3)
    axes.legend()
    assert found.summary["energy_balance_rel"] < 1e-8
    return figure


def verification_mie() -> Figure:
    """Draw Mie efficiencies beside those of an independent code (miepython)."""
    import miepython

    x = np.geomspace(0.1, 100.0, 400)
    m = 1.69 + 0.001j
    ours = thermosim.mie_efficiencies(m, x)[0]
    other = np.array(miepython.efficiencies_mx(m.conjugate(), x)[0])
    figure = Figure(figsize=(6.5, 4.2), layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(2, 1))
    above.semilogx(x, ours, label="thermosim")
    above.semilogx(x[::8], other[::8], ".", color="tab:red", label="miepython")
    above.set(ylabel="extinction efficiency")
    above.legend()
    below.loglog(x, np.maximum(abs(ours / other - 1.0), 1e-17))
    below.set(xlabel="size parameter 2πR/λ", ylabel="relative difference")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    return figure


PICTURES: dict[str, Callable[[], Path | Figure]] = {
    draw.__name__: draw
    for draw in (
        gallery_contact, gallery_light, gallery_transient, gallery_geometry, gallery_crystal,
        gallery_sweep, gallery_thermometer, fit_joint, fit_posterior,
        verification_cases, verification_orders, verification_transient, verification_mie,
    )
}  # fmt: skip


def written(name: str, folder: Path) -> Path:
    """Draw a picture into a folder and return its path."""
    found, target = PICTURES[name](), folder / f"{name}.png"
    if isinstance(found, Path):
        shutil.copyfile(found, target)
        shutil.rmtree(found.parents[1])
    else:
        found.savefig(target, dpi=DOTS_PER_INCH)
    with Image.open(target) as picture:  # a clone should stay small
        size = (WIDEST, round(picture.height * WIDEST / picture.width))
        small = picture.convert("RGB").resize(size) if picture.width > WIDEST else picture
        whole = small.convert("RGB")
        # 256 colours, mixed by dots where a ramp has more: without, ramps are bands
        palette = whole.quantize(256, kmeans=3)
        colours = np.reshape(palette.getpalette() or [], (-1, 3))
        colours[colours.min(axis=1) >= 248] = 255  # white stays white
        palette.putpalette(colours.ravel().tolist())
        dotted = whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        dotted.save(target, optimize=True)
    return target


def main() -> None:
    """Draw what is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--quick", action="store_true", help="coarse meshes, few points")
    parser.add_argument("-o", "--output", type=Path, default=IMAGES)
    asked = parser.parse_args()
    unknown = set(asked.names) - set(PICTURES)
    if unknown:
        parser.error(f"no such picture: {', '.join(sorted(unknown))}")
    for name in asked.names or PICTURES:
        print(written(name, asked.output))


if __name__ == "__main__":  # workers of the sweep import this file
    main()
