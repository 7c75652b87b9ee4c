"""``python3 -m benchmarks.profile_point KIND [-o PICTURE.png] [--cells 1e6]``: where time goes.

KIND is a warm point of a study (`KINDS`), or "cold": the first run of the reference problem with
that many cells, its mesh made anew. The picture has a bar for each of the functions that take
longest themselves, what they call in C included, in processor time of this process alone. Profiling
makes functions that are called often look longer.
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
CASE = HERE.parent / "cases" / "microparticle_on_mica.toml"
SIZE, INTENSITY = "particle.shape.radius={} um", "laser.intensity={} kW/cm^2"
KINDS = {
    "careful-mesh": ([], SIZE),
    "careful-numbers": ([], INTENSITY),
    "favourable-mesh": (["assumptions=favourable"], SIZE),
    "favourable-numbers": (["assumptions=favourable"], INTENSITY),
}
VALUES = (3.0, 5.0, 8.0)  # of size or intensity
REFINEMENT = {"1e5": 0.92, "1e6": 2.08, "1e7": 4.59}  # of the reference problem
STRAIGHT = ("mesh.order=1", "solver.degree=1", "symmetry=3d", "solver.error_estimate=false",
            "mesh.min_quality=0", "mesh.cache=false")  # fmt: skip
BARS = 14


def warm_points(kind):
    """Return the profile of points that were computed once before, and how many they are."""
    from thermosim import load_case
    from thermosim.studies.worker import run_alone

    always, varied = KINDS[kind]
    cases = [load_case(CASE, [*always, varied.format(value)]) for value in VALUES]
    for case in cases:
        run_alone(case)
    profile = cProfile.Profile(time.process_time, builtins=False)
    with profile:
        for case in cases:
            run_alone(case)
    return profile, len(cases)


def cold_run(cells):
    """Return the profile of a first run of the reference problem, and 1: one run."""
    from thermosim import load_case
    from thermosim.studies.worker import run_alone

    options = [*STRAIGHT, f"mesh.refinement={REFINEMENT[cells]}"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # forms are compiled, too
        profile = cProfile.Profile(time.process_time, builtins=False)
        with profile:
            run_alone(load_case(HERE / "reference_problem.toml", options))
    return profile, 1


def longest(profile, count):
    """Return names and seconds of the functions that take longest themselves, and of the rest."""
    rows = pstats.Stats(profile).stats
    own = sorted(((row[2] / count, spoken(where)) for where, row in rows.items()), reverse=True)
    return own[:BARS], sum(seconds for seconds, _ in own[BARS:]), len(own) - BARS


def spoken(where):
    """Return the name of a function and of its module."""
    path, _, name = where
    return f"{name.lstrip('_')} ({'/'.join(Path(path).with_suffix('').parts[-2:])})"


def draw(title, bars, rest, others):
    """Return the picture of a profile."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 0.3 * len(bars) + 1.2), layout="constrained")
    axes = figure.subplots()
    names = [*(name for _, name in bars), f"{others} others"]
    seconds = [*(seconds for seconds, _ in bars), rest]
    drawn = axes.barh(names, [1e3 * value for value in seconds], color="#2b6ca3")
    axes.bar_label(drawn, [f"{value / sum(seconds):.0%}" for value in seconds], padding=3)
    axes.invert_yaxis()
    axes.set_xlabel("own processor time (ms)")
    axes.set_title(f"{title}: {sum(seconds):.3g} s", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*KINDS, "cold"])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--cells", choices=list(REFINEMENT), default="1e6", help="of a cold run")
    asked = parser.parse_args()
    cold = asked.kind == "cold"
    bars, rest, others = longest(*(cold_run(asked.cells) if cold else warm_points(asked.kind)))
    for seconds, name in (*bars, (rest, f"{others} others")):
        print(f"{1e3 * seconds:9.1f} ms  {name}")
    if asked.output:
        title = f"first run, {asked.cells} cells" if cold else f"warm point, {asked.kind}"
        draw(title, bars, rest, others).savefig(asked.output, dpi=110)


if __name__ == "__main__":
    main()
