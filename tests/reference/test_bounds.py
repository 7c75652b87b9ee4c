"""The ± bounds: on cases with known answers no error is larger, and none five times smaller.

Measured: between 1.04 (singular, unresolved) and 4.4 times the error. Where an error goes through
zero by luck a ± is wider; such points are not among the cases.
"""

import pytest
from bounded_cases import (
    bump,
    contact_in_time,
    disks,
    harmonic,
    jump,
    kirchhoff_sphere,
    moose_III_3,
    nafems_t2,
    pin_fin,
    slit,
    tube,
)

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from thermosim.case.read import parse_case  # noqa: E402
from thermosim.run.simulate import simulate  # noqa: E402

WIDEST = 5.0  # times the error
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
    **{f"MOOSE III.3, {h} m": lambda folder, h=h: moose_III_3(folder, h) for h in (0.2, 0.1)},
    **{f"Kirchhoff, {h} m": lambda folder, h=h: kirchhoff_sphere(folder, h) for h in (0.08, 0.04)},
    "pin fin": lambda _: pin_fin(2e-3),
    "NAFEMS T2": lambda _: nafems_t2(0.02, 1),
    "jump": lambda _: jump(0.2, 0.2),
    "jump, early": lambda _: jump(0.1, 0.05),
    "jump, tight": lambda _: jump(0.1, 0.2, tolerance="1e-6 K", relative_tolerance=1e-6),
    "jump, backward Euler": lambda _: jump(0.1, 0.2, integrator="backward_euler", step="5e-3 s"),
    **{f"disks, {n} patches": lambda folder, n=n: disks(folder, n) for n in (4, 8, 16, 32)},
    "contact in time": lambda folder: contact_in_time(folder, 0.2, 0.3),
}


@pytest.mark.parametrize("name", CASES)
def test_no_error_is_larger_than_its_bound(name, tmp_path):
    tree, exact = CASES[name](tmp_path)
    result = simulate(parse_case(tree))
    found, bounds = {**result.summary, **result.budget}, result.summary["errors"]
    for key, value in exact.items():
        error, bound = abs(found[key] - value), bounds[key]
        assert error <= bound, (key, error, bound)
        rounding = 1e-11 * abs(value)
        assert bound <= WIDEST * error or bound < rounding, (key, error, bound)


def test_there_are_enough_of_them(tmp_path):
    numbers = [key for make in CASES.values() for key in make(tmp_path)[1]]
    assert len(CASES) >= 25
    assert len(numbers) >= 60
