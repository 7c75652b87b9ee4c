"""Points per minute of axisymmetric studies: one worker and more, careful and favourable light.

The first study, on all workers, fills the caches of meshes and forms and is not counted. Rates are
of whole sweeps, start of the processes included; phases are medians over the points.
"""

import csv
import os
import statistics
import tempfile
import time
from pathlib import Path

CASE = Path(__file__).parents[1] / "cases" / "microparticle_on_mica.toml"
SIZES = "particle.shape.radius", "0.5um:50um:{}log"
INTENSITIES = "laser.intensity", "0.3kW/cm^2:30kW/cm^2:{}log"
FAVOURABLE = {"assumptions": "favourable"}
KINDS = {
    "careful, new meshes": ({}, SIZES, 20),
    "careful, numbers only": ({}, INTENSITIES, 50),
    "favourable, new meshes": (FAVOURABLE, SIZES, 40),
    "favourable, numbers only": (FAVOURABLE, INTENSITIES, 100),
}
"""What is changed in the case, what varies, and over how many points."""


def run(sizes=6, intensities=10, workers=(1, 2), share=1.0):
    """Return rates by number of workers, their ratio, and where the time of a point goes.

    And those of one worker for each of `KINDS`, with that share of its points.
    """
    vary = varied((SIZES, sizes), (INTENSITIES, intensities))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = {"first, meshes not kept": study(vary, max(workers), folder / "first")}
        found = {n: study(vary, n, folder / str(n)) for n in workers}
        same = {(folder / str(n) / "study.nc").read_bytes() for n in (*workers, "first")}
        if len(same) != 1:
            raise RuntimeError("the datasets differ")
        for kind, (changed, what, points) in KINDS.items():
            few = varied((what, max(round(share * points), 2)))
            study(few, max(workers), folder / f"{kind}, first", changed)
            report[f"1 worker, {kind}"] = study(few, 1, folder / kind, changed)
    report.update({f"{n} workers": numbers for n, numbers in found.items()})
    rates = [found[n]["points_per_minute"] for n in workers]
    report["speed-up of the last over the first"] = rates[-1] / rates[0]
    return report


def varied(*axes):
    """Return what varies in a study, of paths with ranges and numbers of points."""
    return {path: values.format(points) for (path, values), points in axes}


def study(vary, n_workers, folder, changed=None):
    """Run one sweep and return its rate and the phases of its points."""
    from thermosim.studies import sweep
    from thermosim.studies.executors import local

    start = time.perf_counter()
    found = sweep(CASE, vary, overrides=changed, executor=local(n_workers), store=folder)
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
