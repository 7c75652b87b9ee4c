"""Points per minute of an axisymmetric size x intensity study, over workers, warm caches.

The first study, on all workers, fills the caches of meshes and forms and is not counted. Rates are
of whole sweeps, start of the processes included; phases are medians over the points.
"""

import csv
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

CASE = Path(__file__).parents[1] / "cases" / "microparticle_on_mica.toml"
MESHES = {"particle.shape.radius": "0.5um:50um:{points}log"}
NUMBERS = {"laser.intensity": "0.3kW/cm^2:30kW/cm^2:{points}log"}
VARY = {
    "particle.shape.radius": "0.5um:50um:{sizes}log",
    "laser.intensity": "0.3kW/cm^2:30kW/cm^2:{intensities}log",
}


def run(sizes=20, intensities=10, workers=(1, 2), points=100):
    """Return rates by number of workers, their ratio, and where the time of a point goes.

    And those of one worker where each of `points` has a mesh of its own, or only numbers change.
    """
    vary = {k: v.format(sizes=sizes, intensities=intensities) for k, v in VARY.items()}
    with tempfile.TemporaryDirectory() as folder:
        cold = study(vary, max(workers), Path(folder) / "first")
        found = {n: study(vary, n, Path(folder) / str(n)) for n in workers}
        same = {(Path(folder) / str(n) / "study.nc").read_bytes() for n in (*workers, "first")}
        if len(same) != 1:
            raise RuntimeError("the datasets differ")
        kinds = {"new meshes": MESHES, "numbers only": NUMBERS}
        for name, varied in kinds.items():
            few = {k: v.format(points=points) for k, v in varied.items()}
            study(few, max(workers), Path(folder) / "warm")  # meshes and forms
            shutil.rmtree(Path(folder) / "warm")
            kinds[name] = study(few, 1, Path(folder) / name)
    report = {"first, meshes not kept": cold}
    report.update({f"1 worker, {name}": numbers for name, numbers in kinds.items()})
    report.update({f"{n} workers": numbers for n, numbers in found.items()})
    rates = [found[n]["points_per_minute"] for n in workers]
    report["speed-up of the last over the first"] = rates[-1] / rates[0]
    return report


def study(vary, n_workers, folder):
    """Run one sweep and return its rate and the phases of its points."""
    from thermosim.studies import sweep
    from thermosim.studies.executors import local

    start = time.perf_counter()
    found = sweep(CASE, vary, executor=local(n_workers), store=folder)
    seconds = time.perf_counter() - start
    with (folder / "times.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    phases = {
        name: statistics.median(float(row[name]) for row in rows if row[name])
        for name in rows[0]
        if name.startswith("wall_")
    }
    return {
        "points": found.computed,
        "failed": len(found.failed),
        "points_per_minute": 60 * found.computed / seconds,
        "load_average": os.getloadavg()[0],
        **phases,
    }


if __name__ == "__main__":
    from benchmarks.__main__ import show

    show("studies", run())
