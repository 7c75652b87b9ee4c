"""One particle, five models of the light: the table and the picture of docs/optics.md.

Run ``python3 benchmarks/optics_models.py [picture.png]`` in the checkout; about three minutes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from thermosim import load_case, load_result
from thermosim.run.simulate import simulate
from thermosim.visual.light_map import LightMap
from thermosim.visual.optics_plots import Cut, light_of, read_cut
from thermosim.visual.style import new_figure, save, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CASES = Path(__file__).parents[1] / "cases"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "optics_models.png"
DECADES = 4  # of light shown
KW_PER_CM2 = 1e7  # W/m²
INTENSITIES = ("0.05 kW/cm^2", "0.2 kW/cm^2", "1 kW/cm^2", "3 kW/cm^2")
SHOWN = "1 kW/cm^2"
MODELS = {
    "uniform": ("uniform", ()),
    "rays": ("rays", ()),
    "mie": ("mie", ()),
    "mie over mica": ("mie", ("optics.substrate=true",)),
    "full wave, cut flat": ("mie", ("optics.model=full_wave",)),
}


def compare_light(folders: Sequence[Path], path: Path) -> Path:
    """Draw light (above) and ΔT (below) of several results of one particle, scales shared."""
    results = [load_result(folder) for folder in folders]
    known = list(zip(folders, results, strict=True))
    cuts = [read_cut(folder, result) for folder, result in known]
    lights = [light_of(folder, result) for folder, result in known]
    high = max(float(light.intensity.max()) for light in lights)
    low = max(10.0**-DECADES * high, 0.2 * min(float(x.intensity.max()) for x in lights))
    extreme = max(float(np.abs(cut.delta_T).max()) for cut in cuts)
    with styled():
        figure = new_figure(2.0 * len(cuts) + 1.2, 5.0, layout="constrained")
        figure.get_layout_engine().set(hspace=0.12)
        grid = figure.subplots(2, len(cuts), squeeze=False, sharex=True, sharey=True)
        for pair, cut, lit, (folder, result) in zip(grid.T, cuts, lights, known, strict=True):
            light = draw_light(pair[0], lit, low, high)
            heat = draw_delta_T(pair[1], cut, extreme)
            pair[0].set_title(f"{folder.name}\n⟨I²⟩/⟨I⟩² = {result.hot_spot_factor:.1f}")
            pair[1].set_title(f"mean ΔT = {1e3 * result.delta_T_mean_K:.3g} mK")
            pair[1].set_xlabel("x (µm)")
        for row in grid:
            row[0].set_ylabel("z (µm)")
        figure.colorbar(light, ax=list(grid[0]), label="intensity (kW/cm²)")
        figure.colorbar(heat, ax=list(grid[1]), label="ΔT (mK)")
        return save(figure, path)


def draw_light(axes: Axes, light: LightMap, low: float, high: float) -> Any:
    """Draw the light of a half plane in kW/cm², twice; return what a colour bar needs."""
    from matplotlib.colors import LogNorm

    x, z = light.corners.reshape(-1, 2).T
    low, high = low / KW_PER_CM2, high / KW_PER_CM2
    style: dict[str, Any] = {"cmap": "inferno", "norm": LogNorm(low, high), "rasterized": True}
    shown, pieces = (
        np.clip(light.intensity / KW_PER_CM2, low, high),
        np.arange(len(x)).reshape(-1, 3),
    )
    for side in (1.0, -1.0):
        drawn = axes.tripcolor(side * x, z, pieces, facecolors=shown, **style)
    axes.set_aspect("equal")
    return drawn


def draw_delta_T(axes: Axes, cut: Cut, extreme: float) -> Any:
    """Draw ΔT [mK] of a half plane, twice; return what a colour bar needs."""
    x, z = cut.points.T
    style: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -1e3 * extreme, "vmax": 1e3 * extreme}
    style |= {"shading": "gouraud", "rasterized": True, "triangles": cut.triangles}
    for side in (1.0, -1.0):
        drawn = axes.tripcolor(side * x, z, 1e3 * cut.delta_T, **style)
    axes.set_aspect("equal")
    return drawn


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    folders = []
    print("| intensity | model | mean I/I₀ | ⟨I²⟩/⟨I⟩² | absorbed | gain lost | mean ΔT |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for intensity in INTENSITIES:
            for name, (model, more) in MODELS.items():
                shown = intensity == SHOWN
                finer = ["mesh.cells_per_radius=100"] if shown else []
                options = [f"laser.intensity={intensity}", *finer, *more]
                case = load_case(CASES / f"optics_{model}.toml", options)
                folder = Path(scratch) / name
                found = simulate(case, folder if shown else None).summary
                folders += [folder] if shown else []
                lost = found.get("gain_reduction_rel")
                print(
                    f"| {intensity} | {name} "
                    f"| {found['intensity_mean_W_per_m2'] / case.laser.peak_intensity:.3g} "
                    f"| {found['hot_spot_factor']:.3g} "
                    f"| {1e9 * found['absorbed_power_W']:.3g} nW "
                    f"| {'—' if lost is None else f'{100 * max(lost, 0):.0f} %'} "
                    f"| {1e3 * found['delta_T_mean_K']:+.3g} mK |",
                    flush=True,
                )
        path.parent.mkdir(parents=True, exist_ok=True)
        compare_light(folders, path)
    with Image.open(path) as picture:  # a palette: less than half the size
        picture.convert("RGB").quantize(192).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
