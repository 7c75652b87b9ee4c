"""Optics: points of a Mie field, rays and emitted photons per second, on one core.

The tools compute the same of the same sphere (`optics_case`): mean |E|² at the first 500 points,
to 1e-6; absorbed share of the light on an icosphere, to 2 % (the plain loop around embreex takes
unpolarised light at each reflection, 0.4 % more on a true sphere); escaping share of photons born
in a sphere, to five standard deviations. Else `RuntimeError` is raised. The best of three runs
counts (of slow ones, one), imports not.
"""

import math
from typing import Any

from benchmarks.peers.launch import HERE, ROOT, ToolError, not_installed, numbers, timed

PEERS = {
    "scattnlay": ("mie", ["scattnlay"]),
    "miepython": ("mie", ["miepython"]),
    "embreex": ("rays", ["trimesh", "embreex"]),
    "pvtrace": ("escape", ["pvtrace", "pandas"]),
}
UNITS = {"mie": "points", "rays": "rays", "escape": "photons"}


def run(places):
    """Return a row for each tool and quantity."""
    script = ("{python}", HERE / "optics_thermosim.py")
    rows: list[dict[str, Any]] = numbers(timed(places.fem, script, PYTHONPATH=ROOT))
    for name, (what, modules) in PEERS.items():
        row: dict[str, Any] = {"tool": name, "what": what}
        lacks = not_installed(places.peers, modules)
        if lacks is None:
            try:
                rows += numbers(timed(places.peers, ("{python}", HERE / "optics_peers.py", name)))
                continue
            except ToolError as error:
                lacks = f"failed: {error}"
        rows.append(row | {"lacks": lacks})
    check_agreement(rows)
    return rows


def check_agreement(rows):
    """Raise unless each quantity is that of thermosim, within what it is known to."""
    ours = {row["what"]: row for row in reversed(rows) if row["tool"].startswith("thermosim")}
    for row in rows:
        if "lacks" in row or row["tool"] == "thermosim, mesh":
            continue
        mine = ours[row["what"]]
        allowed = {"mie": 1e-6, "rays": 0.02}.get(row["what"])
        if allowed is None:
            share = mine["value"]
            spread = math.sqrt((1 - share) / share * (1 / row["count"] + 1 / mine["count"]))
            allowed = 5 * spread
        off = abs(row["value"] / mine["value"] - 1)
        if not off <= allowed:
            raise RuntimeError(
                f"{row['what']}: {row['tool']} is off thermosim by {off:.1e}, "
                f"more than {allowed:.1e}"
            )


def table(rows):
    """Return the rows as a table in Markdown."""
    lines = ["| what | tool | a second | found |", "|---|---|---|---|"]
    for what, unit in UNITS.items():
        for row in rows:
            if row["what"] == what and "lacks" in row:
                lines.append(f"| {what} | {row['tool']} | {row['lacks']} | |")
            elif row["what"] == what:
                digits = float(f"{row['per_second']:.2g}")
                speed = f"{digits:,.0f} {unit}".replace(",", " ")
                tool = f"{row['tool']} ({row['version']})"
                lines.append(f"| {what} | {tool} | {speed} | {row['value']:.5g} |")
    return "\n".join(lines)
