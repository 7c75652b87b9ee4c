"""Cases with known answers: trees as a case file holds them, and what must come out.

Each entry of `CASES` makes a tree and a dictionary of exact numbers by their names in
``summary["errors"]``: temperatures [K] and heats [W].
"""

import math
from functools import cache

import numpy as np
from scipy.constants import Stefan_Boltzmann
from scipy.integrate import dblquad, quad
from scipy.optimize import brentq
from scipy.special import j0, j1

OUTPUT = {"pictures": False, "fields": False, "thermometer": False}
PLATE = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "1 m"]}
SIDES = ("left", "right", "top", "bottom")


def formula(text, unit="K"):
    return {"expression": text, "unit": unit}


def body(geometry, boundaries, size, degree=2, k="1 W/(m*K)", source=None, goal="body", **points):
    region = {"material": "m"} | ({"heat_source": source} if source else {})
    return {
        "goal": goal,
        "geometry": geometry,
        "materials": {
            "m": {"conductivity": k, "density": "1 kg/m^3", "specific_heat": "1 J/(kg*K)"}
        },
        "regions": {"body": region},
        "boundaries": boundaries,
        "mesh": {"size": f"{size} m"},
        "solver": {"degree": degree},
        "output": OUTPUT,
        "probes": [{"name": n, "point": [f"{x} m" for x in p]} for n, p in points.items()],
    }


def in_time(tree, duration, start=300.0, **settings):
    initial = {"kind": "temperature", "temperature": f"{start} K"}
    tree["transient"] = {"duration": f"{duration} s", "initial": initial, **settings}
    return tree


# a singularity like d^½, as at the rim of a contact: held to the left of the origin, insulated to
# its right, with the exact values on all other sides

SLIT = {
    "kind": "rectangle",
    "x": ["-1 m", "1 m"],
    "y": ["0 m", "1 m"],
    "parts": {"cold": {"side": "bottom", "between": ["-1 m", "0 m"]}},
}


def root(x, y):
    return 100 * math.sqrt((math.hypot(x, y) + x) / 2)


@cache
def mean_root():
    return dblquad(lambda y, x: root(x, y), -1, 1, 0, 1, epsabs=1e-9)[0] / 2


def slit(size, degree, goal):
    at = {"far": (0.31, 0.27), "near": (0.05, 0.03)}
    field = {"temperature": formula("300 + 100*sqrt((sqrt(x**2 + y**2) + x)/2)")}
    faces = dict.fromkeys(("cold", "left", "right", "top"), field)
    tree = body(SLIT, faces, size, degree, goal=goal, **({} if goal == "body" else at))
    exact = {"region_body_mean_K": 300 + mean_root(), "cold:held": 100.0}
    if goal != "body":
        exact = {f"probe_{goal}_K": 300 + root(*at[goal])}
    return tree, exact


# smooth solutions


def harmonic(size, degree):
    face = {"temperature": formula("300 + 20*exp(x)*sin(y)")}
    at = (0.43, 0.61)
    tree = body(PLATE, dict.fromkeys(SIDES, face), size, degree, goal="p", p=at)
    flux = 20 * (math.e - 1)
    return tree, {
        "region_body_mean_K": 300 + flux * (1 - math.cos(1)),
        "probe_p_K": 300 + 20 * math.exp(at[0]) * math.sin(at[1]),
        "bottom:held": flux,
        "top:held": -flux * math.cos(1),
    }


def bump(size, degree):
    face, at = {"temperature": "300 K"}, (0.43, 0.61)
    heat = formula("100*pi**2*sin(pi*x)*sin(pi*y)", "W/m^3")
    tree = body(PLATE, dict.fromkeys(SIDES, face), size, degree, source=heat, p=at)
    return tree, {
        "region_body_mean_K": 300 + 200 / math.pi**2,
        "probe_p_K": 300 + 50 * math.sin(at[0] * math.pi) * math.sin(at[1] * math.pi),
        "left:held": 100.0,
        "source:body": 400.0,
    }


def rising(k0, slope):
    """k0 (1 + slope (T - 300 K))."""
    law = {"kind": "polynomial", "value": f"{k0} W/(m*K)", "coefficients": [300 * slope]}
    return {"kind": "isotropic", "k": law}


def from_kirchhoff(S, k0, slope):
    """T where ∫ k dT from 300 K is S."""
    return 300 + (math.sqrt(1 + 2 * slope * S / k0) - 1) / slope


def tube(size, degree):
    wall = {
        "kind": "rectangle",
        "symmetry": "axisymmetric",
        "r": ["0.2 m", "1 m"],
        "z": ["0 m", "0.5 m"],
    }
    faces = {side: {"temperature": "300 K"} for side in ("left", "right")}

    def S(r):
        return 300 * ((1 - r**2) - 0.96 * math.log(r) / math.log(0.2))

    tree = body(wall, faces, size, degree, rising(1.3, 1e-3), "1200 W/m^3", p=(0.4, 0.2))
    mean = quad(lambda r: from_kirchhoff(S(r), 1.3, 1e-3) * r, 0.2, 1)[0] / 0.48
    return tree, {
        "probe_p_K": from_kirchhoff(S(0.4), 1.3, 1e-3),
        "region_body_mean_K": mean,
        "source:body": 1200 * math.pi * 0.96 * 0.5,
    }


SHELL = """
SetFactory("OpenCASCADE");
Point(1) = {0, 0, 0};
Point(2) = {%(a)s, 0, 0}; Point(3) = {%(b)s, 0, 0};
Point(4) = {0, %(b)s, 0}; Point(5) = {0, %(a)s, 0};
Line(1) = {2, 3}; Circle(2) = {3, 1, 4}; Line(3) = {4, 5}; Circle(4) = {5, 1, 2};
Curve Loop(1) = {1, 2, 3, 4}; Plane Surface(1) = {1};
Physical Surface("body") = {1};
Physical Curve("outer") = {2}; Physical Curve("inner") = {4};
"""


def shell(folder, a, b, *rest, **points):
    """The upper half of a spherical shell between radii a and b."""
    path = folder / f"shell_{a}_{b}.geo"
    path.write_text(SHELL % {"a": a, "b": b})
    geometry = {"file": str(path), "unit": "m", "symmetry": "axisymmetric"}
    return body(geometry, *rest, **points)


def moose_III_3(folder, size):
    """A shell with heat and k = 1 + 1e-3 (T - T_0) (Toptan et al., 10.2172/1614683, III.3)."""
    faces = {side: {"temperature": "300 K"} for side in ("inner", "outer")}
    tree = shell(
        folder, 0.2, 1.0, faces, size, 2, rising(1.0, 1e-3), "1200 W/m^3", goal="p", p=(0.4, 0.0)
    )
    exact = 300 + 1000 * (math.sqrt(1.192) - 1)
    assert abs(exact - 391.7875251) < 1e-7
    return tree, {"probe_p_K": exact}


def moose_III_2(folder, size):
    """A shell between 600 K and 300 K, k = 5 + 1e-3 (T - 300 K) (the same report, III.2)."""
    faces = {"inner": {"temperature": "600 K"}, "outer": {"temperature": "300 K"}}
    tree = shell(folder, 0.2, 1.0, faces, size, 2, rising(5.0, 2e-4), goal="p", p=(0.24, 0.32))
    total = (5.3 + 5.0) / 2 * 300
    at = total * (1 / 0.4 - 1) / (1 / 0.2 - 1)
    heat = 2 * math.pi * total / (1 / 0.2 - 1)
    published = 5 / 1e-3 * (math.sqrt(1 + 1e-3 * (5.3 + 5) * 300 * 0.375 / 5**2) - 1)
    assert abs(from_kirchhoff(at, 5.0, 2e-4) - 300 - published) < 1e-9
    return tree, {"probe_p_K": 300 + published, "inner:held": -heat, "outer:held": heat}


def kirchhoff_sphere(folder, size):
    """A hollow sphere whose conductivity doubles: 4π ∫k dT/(1/a - 1/b), half of it here."""
    faces = {"inner": {"temperature": "500 K"}, "outer": {"temperature": "300 K"}}
    tree = shell(folder, 0.1, 0.3, faces, size, 2, rising(2.0, 5e-3), goal="p", p=(0.12, 0.16))
    total = 2.0 * (200 + 2.5e-3 * 200**2)
    at = total * (1 / 0.2 - 1 / 0.3) / (1 / 0.1 - 1 / 0.3)
    heat = 2 * math.pi * total / (1 / 0.1 - 1 / 0.3)
    return tree, {
        "probe_p_K": from_kirchhoff(at, 2.0, 5e-3),
        "inner:held": -heat,
        "outer:held": heat,
    }


def pin_fin(size):
    """Copper rod in air (Incropera 3.9): 75 K, h = 100 W/(m² K), k = 398 W/(m K), radius 2.5 mm."""
    a, k, h = 2.5e-3, 398.0, 100.0
    roots = [
        brentq(lambda x: x * j1(x) - h * a / k * j0(x), low, high)
        for low, high in zip(
            [1e-9, *np.arange(1, 30) * np.pi], np.arange(1, 31) * np.pi, strict=True
        )
    ]
    x = np.array(roots)
    c = 2 * j1(x) / (x * (j0(x) ** 2 + j1(x) ** 2))
    heat = 75 * k * 2 * np.pi * a * float((c * j1(x)).sum())
    at = float((75 * c * np.exp(-x * 0.1 / a)).sum())
    assert abs(heat - 8.308909344) < 2e-6
    assert abs(at + 25 - 43.17403672) < 1e-7
    rod = {
        "kind": "rectangle",
        "symmetry": "axisymmetric",
        "r": ["0 m", f"{a} m"],
        "z": ["0 m", "1 m"],
    }
    air = {"convection": {"h": f"{h} W/(m^2*K)", "T_env": "298.15 K"}}
    faces = {"bottom": {"temperature": "373.15 K"}, "right": air}
    tree = body(rod, faces, size, 2, f"{k} W/(m*K)", goal="p", p=(0.0, 0.1))
    return tree, {"probe_p_K": 298.15 + at, "right:convection": heat, "bottom:held": -heat}


def nafems_t2(size, degree):
    bar = {"kind": "rectangle", "x": ["0 m", "0.1 m"], "y": ["0 m", "0.02 m"]}
    sky = {"radiation": {"emissivity": 0.98, "T_env": "300 K"}}
    faces = {"left": {"temperature": "1000 K"}, "right": sky}

    def balance(T):
        return 55.563 * (1000 - T) / 0.1 - 0.98 * Stefan_Boltzmann * (T**4 - 300.0**4)

    T = brentq(balance, 300, 1000, xtol=1e-11)
    tree = body(bar, faces, size, degree, "55.563 W/(m*K)", goal="end", end=(0.1, 0.01))
    heat = 0.02 * 0.98 * Stefan_Boltzmann * (T**4 - 300.0**4)
    return tree, {"probe_end_K": T, "right:radiation": heat}


# in time


@cache
def bar_after_jump(x, t):
    """A bar of 1 m whose ends jump from 300 K to 400 K."""
    n = np.arange(1, 4001, 2)
    waves = np.sin(n * np.pi * x) * np.exp(-((n * np.pi) ** 2) * t) / n
    return 400 - 400 / np.pi * float(waves.sum())


def jump(size, t, **settings):
    bar = {"kind": "rectangle", "x": ["0 m", "1 m"], "y": ["0 m", "0.2 m"]}
    faces = {side: {"temperature": "400 K"} for side in ("left", "right")}
    tree = body(bar, faces, size, goal="p", p=(0.37, 0.1))
    return in_time(tree, t, **settings), {"probe_p_K": bar_after_jump(0.37, t)}


def heated_through_a_peak(**settings):
    """An insulated block, 90 kW/m³, through a peak of 14 K in the specific heat.

    36 kJ/kg take it from 290 K to 363.125 K, 12.6 kJ/kg of them in the peak.
    """
    points = ((250, 320), (345, 320), (352, 2120), (359, 320), (500, 320))
    tree = body(PLATE, {}, 0.5, k="40 W/(m*K)", source="9e4 W/m^3")
    tree["materials"]["m"] |= {
        "density": "2500 kg/m^3",
        "specific_heat": {
            "kind": "table",
            "temperatures": [f"{T} K" for T, _ in points],
            "values": [f"{cp} J/(kg*K)" for _, cp in points],
            "interpolation": "linear",
        },
    }
    return in_time(tree, 1000.0, 290.0, **settings), {"region_body_mean_K": 363.125}


TWO = """
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 0.2};
Rectangle(2) = {1, 0, 0, 1, 0.2};
BooleanFragments{ Surface{1, 2}; Delete; }{}
Physical Surface("first") = {1};
Physical Surface("second") = {2};
end() = Curve In BoundingBox {-1e-3, -1, -1, 1e-3, 1, 1};
Physical Curve("hot") = end();
"""


def contact_in_time(folder, size, t, h=2.0):
    """Two bars of 1 m, one end jumps to 400 K, the contact between them conducts h [W/(m² K)].

    Modes sin λx in the first and cot λ cos λ(2 - x) in the second, with
    -λ cos λ = h (sin λ - cot λ cos λ) at the contact.
    """
    path = folder / "two.geo"
    path.write_text(TWO)

    def at_contact(q):
        return q * math.cos(q) * math.sin(q) + h * (math.sin(q) ** 2 - math.cos(q) ** 2)

    grid = np.linspace(1e-6, 60, 60_001)
    values = [at_contact(q) for q in grid]
    modes = np.array(
        [
            brentq(at_contact, a, b)
            for a, b, u, v in zip(grid, grid[1:], values, values[1:], strict=False)
            if u * v < 0
        ]
    )
    cot = 1 / np.tan(modes)
    whole = (1 - np.cos(modes)) / modes + cot * np.sin(modes) / modes
    square = (0.5 - np.sin(2 * modes) / (4 * modes)) + cot**2 * (
        0.5 + np.sin(2 * modes) / (4 * modes)
    )
    part = 100 * whole / square * np.exp(-(modes**2) * t)
    first = 400 - float((part * np.sin(modes * 0.8)).sum())
    second = 400 - float((part * cot * np.cos(modes * 0.7)).sum())
    tree = body(
        {"file": str(path), "unit": "m", "symmetry": "planar"},
        {"hot": {"temperature": "400 K"}}, size, goal="b", a=(0.8, 0.1), b=(1.3, 0.1),
    )  # fmt: skip
    tree["regions"] = {"first": {"material": "m"}, "second": {"material": "m"}}
    tree["contacts"] = {"joint": {"between": ["first", "second"], "h_c": f"{h} W/(m^2*K)"}}
    return in_time(tree, t), {"probe_a_K": first, "probe_b_K": second}
