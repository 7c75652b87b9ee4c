"""One particle, three models of the light: the table and the picture of docs/optics.md.

Run ``python3 benchmarks/optics_models.py [picture.png]`` in the checkout; about two minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from thermosim import load_case
from thermosim.run.simulate import simulate
from thermosim.visual.optics_plots import compare_light

CASES = Path(__file__).parents[1] / "cases"
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "optics_models.png"
INTENSITIES = ("0.05 kW/cm^2", "0.2 kW/cm^2", "1 kW/cm^2", "3 kW/cm^2")
SHOWN = "1 kW/cm^2"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    folders = []
    print("| intensity | model | mean I/I₀ | ⟨I²⟩/⟨I⟩² | absorbed | gain lost | mean ΔT |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for intensity in INTENSITIES:
            for model in ("uniform", "rays", "mie"):
                shown = intensity == SHOWN
                finer = ["mesh.cells_per_radius=100"] if shown else []
                options = [f"laser.intensity={intensity}", *finer]
                case = load_case(CASES / f"optics_{model}.toml", options)
                folder = Path(scratch) / model
                found = simulate(case, folder if shown else None).summary
                folders += [folder] if shown else []
                lost = found.get("gain_reduction_rel")
                print(
                    f"| {intensity} | {model} "
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
