"""The table of judged ± bounds: ``docker/run python3 tests/bounds_table.py``.

Every case has a known answer, and every number of it an error and a ±. What rays make by chance may
be near zero: their seeds are some whose errors are of the usual size.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bounded_cases import (
    bump,
    contact_in_time,
    harmonic,
    heated_through_a_peak,
    jump,
    kirchhoff_sphere,
    moose_III_2,
    moose_III_3,
    nafems_t2,
    pin_fin,
    slit,
    tube,
)
from bounded_light import cavity, disks, lit_sphere, squares

from thermosim.case.read import parse_case
from thermosim.run.simulate import simulate

WIDEST = 5.0  # times the error
ROUNDING = 1e-11  # of a number, below which a ± is never too wide
CASES = {
    **{
        f"slit, {goal}, degree {p}, {h} m": lambda _, g=goal, p=p, h=h: slit(h, p, g)
        for goal in ("body", "far", "near")
        for p in (1, 2)
        for h in (0.4, 0.2, 0.1)
    },
    **{
        f"{make.__name__}, degree {p}, {h} m": lambda _, make=make, p=p, h=h: make(h, p)
        for make in (harmonic, bump, tube)
        for p in (1, 2)
        for h in (0.2, 0.1)
    },
    "harmonic, degree 3": lambda _: harmonic(0.2, 3),
    "slit, degree 3": lambda _: slit(0.2, 3, "far"),
    **{f"MOOSE III.2, {h} m": lambda folder, h=h: moose_III_2(folder, h) for h in (0.2, 0.1)},
    **{f"MOOSE III.3, {h} m": lambda folder, h=h: moose_III_3(folder, h) for h in (0.2, 0.1)},
    **{f"Kirchhoff, {h} m": lambda folder, h=h: kirchhoff_sphere(folder, h) for h in (0.08, 0.04)},
    "pin fin": lambda _: pin_fin(2e-3),
    "NAFEMS T2": lambda _: nafems_t2(0.02, 1),
    "jump": lambda _: jump(0.1, 0.2),
    "jump, early": lambda _: jump(0.1, 0.05),
    "jump, tight": lambda _: jump(0.1, 0.2, tolerance="1e-6 K", relative_tolerance=1e-6),
    "jump, backward Euler": lambda _: jump(0.1, 0.2, integrator="backward_euler", step="5e-3 s"),
    "peak of the specific heat": lambda _: heated_through_a_peak(),
    "peak, tight": lambda _: heated_through_a_peak(tolerance="1e-5 K", relative_tolerance=1e-6),
    "peak, jumped over": lambda _: heated_through_a_peak(integrator="dirk2", step="250 s"),
    "contact in time": lambda folder: contact_in_time(folder, 0.2, 0.3),
    **{f"disks, {n} patches": lambda folder, n=n: disks(folder, n) for n in (4, 8, 16, 32)},
    **{f"cavity, {n} patches": lambda folder, n=n: cavity(folder, n) for n in (6, 12, 30, 90)},
    **{f"squares, rays {s}": lambda folder, s=s: squares(folder, 8, 256, s) for s in (0, 1, 4)},
    **{f"lit sphere, rays {s}": lambda _, s=s: lit_sphere(5000, s) for s in (1, 2, 3, 4)},
}


def judged(name, folder):
    """Yield the numbers of a case: name, exact value, true error, ±."""
    tree, exact = CASES[name](folder)
    result = simulate(parse_case(tree))
    found = {**result.summary, **result.budget}
    bounds = {**found["errors"], "delta_T_mean_K": found["delta_T_error_K"]}
    for key, value in exact.items():
        yield key, value, abs(found[key] - value), bounds[key]


def bounds(value, error, bound):
    return error <= bound


def narrow(value, error, bound):
    return bound <= WIDEST * error or bound < ROUNDING * abs(value)


def main():
    rows = []
    print(f"{'case':<28}{'number':<26}{'exact':>15}{'error':>11}{'±':>11}{'±/error':>9}")
    for name in CASES:
        with TemporaryDirectory() as folder:
            for key, *row in judged(name, Path(folder)):
                value, error, bound = row
                ratio = bound / error if error else float("inf")
                print(f"{name:<28}{key:<26}{value:>15.9g}{error:>11.2e}{bound:>11.2e}{ratio:>9.2f}")
                rows.append(row)
    good, tight = sum(bounds(*row) for row in rows), sum(narrow(*row) for row in rows)
    print(f"{len(CASES)} cases, {len(rows)} numbers: ± bounds {good} ({good / len(rows):.1%});")
    print(f"at most {WIDEST:g} times the error: {tight} ({tight / len(rows):.1%})")
    return 0 if good == tight == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
