r"""thermosim beside its peers: NGSolve, scikit-fem with pyamg, FreeFEM, plain DOLFINx; optics too.

    python3 -m benchmarks peers --sizes 30k 200k \
        --fem-python 'docker/run python3' --peers-python /path/to/python

Each peer is optional; what is not installed is said in the table. This process needs the standard
library only. ``--fem-python`` runs thermosim, plain DOLFINx and gmsh, ``--peers-python`` the
others, ``--freefem`` is the command of FreeFEM. What is counted is told in `benchmarks.peers.heat`
and `benchmarks.peers.optics`.
"""

from benchmarks.peers import heat, optics
from benchmarks.peers.launch import Places


def run(repeats=3, sizes=("30k", "200k"), **where):
    """Return every figure as one dictionary."""
    places = Places.of(**where)
    load = heat.machine_load()
    rows = heat.run(places, sizes, repeats)
    return {"load_average": load, "heat": rows, "optics": optics.run(places)}


def show(found):
    """Print all tables."""
    print(f"\nload average at the start: {found['load_average']}\n")
    rows = found["heat"]
    heats = heat.table(rows), heat.table_in_time(rows), heat.table_of_errors(rows)
    print(*heats, optics.table(found["optics"]), sep="\n\n")
