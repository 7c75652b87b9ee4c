"""Cases with known answers of radiation between bodies and of rays of light, as `bounded_cases`."""

import math
from functools import cache

import numpy as np
from bounded_cases import body, formula
from closed_forms import geometric_sphere_absorption
from scipy.constants import Stefan_Boltzmann

GOOD = "1e7 W/(m*K)"  # conductor: each body has one temperature

# radiation between bodies

DISKS = """
SetFactory("OpenCASCADE");
Rectangle(1) = {0, 0, 0, 1, 0.1};
Rectangle(2) = {0, 0.5, 0, 1, 0.1};
Physical Surface("low") = {1};
Physical Surface("high") = {2};
Physical Curve("low_bottom") = {1}; Physical Curve("low_top") = {3};
Physical Curve("high_bottom") = {5}; Physical Curve("high_top") = {7};
"""


def disks(folder, patches):
    """Two disks of 1 m, 0.4 m apart, the lower one hot in its middle.

    322.7327 K is what 50, 100 and 200 facets, each a patch, lead to: 322.7273, .7314, .7324.
    """
    hot = formula("400 + 200*exp(-(r/0.3)**2)")
    tree = two_disks(folder, patches, 0.8, "0.5 W/(m*K)", low_bottom={"temperature": hot})
    return tree, {"region_high_mean_K": 322.7327}


def two_disks(folder, patches, emissivity, k, **faces):
    path = folder / "disks.geo"
    path.write_text(DISKS)
    sky = {"radiation": {"emissivity": emissivity, "T_env": "300 K"}}
    faces = dict.fromkeys(("low_top", "high_bottom", "high_top"), sky) | faces
    geometry = {"file": str(path), "unit": "m", "symmetry": "axisymmetric"}
    tree = body(geometry, faces, 0.04, k=k, goal="high")
    tree["regions"] = {"low": {"material": "m"}, "high": {"material": "m"}}
    seen = {"boundaries": ["low_top", "high_bottom"], "patches": patches}
    return tree | {"enclosures": {"gap": seen}}


CORNERS = np.array([(0.0, 0.0), (0.0, 3.0), (4.0, 0.0)])  # of sides of 3, 4 and 5 m
SIDES = ((0, 1), (2, 0), (1, 2))
GREY, FLUX = (0.6, 0.4, 0.8), (2000.0, None, 1000.0)  # emissivity, W/m² (None: held at 300 K)


def cavity(folder, patches):
    """Three sides that see each other: two are heated, the third is held.

    Good conductors outside the sides 3, 4 and 5 m, which touch in the corners alone.
    """
    lines = ["Mesh.MeshSizeMax = 0.1;"]
    for i, ends in enumerate(SIDES):
        a, b = CORNERS[list(ends)]
        out = 0.02 * np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a)
        p = 10 * (i + 1)
        for k, x in enumerate((a, b, b + out, a + out)):
            lines.append(f"Point({p + k}) = {{{x[0]}, {x[1]}, 0}};")
        lines += [f"Line({p + k}) = {{{p + k}, {p + (k + 1) % 4}}};" for k in range(4)]
        lines.append(f"Curve Loop({p}) = {{{p}:{p + 3}}}; Plane Surface({p}) = {{{p}}};")
        lines.append(f"Transfinite Curve{{{p}, {p + 2}}} = 61 Using Bump 0.05;")
        lines.append(f'Physical Surface("plate{i + 1}") = {{{p}}};')
        lines.append(f'Physical Curve("in{i + 1}") = {{{p}}};')
        lines.append(f'Physical Curve("back{i + 1}") = {{{p + 2}}};')
    path = folder / "cavity.geo"
    path.write_text("\n".join([*lines, ""]))
    sides = {
        f"in{i + 1}": {"radiation": {"emissivity": e, "T_env": "300 K"}} for i, e in enumerate(GREY)
    }
    backs = {
        f"back{i + 1}": {"heat_flux": f"{q} W/m^2"} if q else {"temperature": "300 K"}
        for i, q in enumerate(FLUX)
    }
    geometry = {"file": str(path), "unit": "m", "symmetry": "planar"}
    tree = body(geometry, sides | backs, 0.1, k=GOOD, goal="plate1")
    tree["regions"] = {f"plate{i}": {"material": "m"} for i in (1, 2, 3)}
    tree["enclosures"] = {"cavity": {"boundaries": list(sides), "patches": patches}}
    T = triangle()
    return tree, {"region_plate1_mean_K": T[0], "region_plate3_mean_K": T[2]}


@cache
def triangle(panels=800):
    """Temperatures [K] of the sides of `cavity`, by the radiosity of panels graded to the corners.

    Crossed strings give what panels see of each other; 642.641 and 599.606 K.
    """
    s = (1 - np.cos(np.pi * np.linspace(0, 1, panels + 1))) / 2
    ends = [CORNERS[a] + np.outer(s, CORNERS[b] - CORNERS[a]) for a, b in SIDES]
    start, stop = (np.concatenate([e[cut] for e in ends]) for cut in (slice(-1), slice(1, None)))

    def between(x, y):
        return np.linalg.norm(x[:, None] - y[None], axis=2)

    length = np.linalg.norm(stop - start, axis=1)
    strings = between(start, start) + between(stop, stop)
    F = abs(strings - between(start, stop) - between(stop, start)) / 2 / length[:, None]
    side = np.repeat(np.arange(3), panels)
    F[side[:, None] == side] = 0.0
    grey = np.array(GREY)[side]
    # columns: side i alone emits 1 W/m² as a black one would
    alone = side[:, None] == np.arange(3)
    emitted = grey[:, None] * alone
    J = emitted.copy()
    for _ in range(80):  # reflections, each of which leaves at most 0.6: 0.6**80 = 2e-18
        J = emitted + (1 - grey)[:, None] * (F @ J)
    net = emitted - grey[:, None] * (F @ J)
    A = alone.T.astype(float) @ (length[:, None] * net)  # heat that each side gives off
    given = np.array([q or 0.0 for q in FLUX]) * np.linalg.norm(
        [CORNERS[b] - CORNERS[a] for a, b in SIDES], axis=1
    )
    cold = Stefan_Boltzmann * 300.0**4
    warm = np.linalg.solve(A[np.ix_([0, 2], [0, 2])], given[[0, 2]] - cold * A[[0, 2], 1])
    T = (warm / Stefan_Boltzmann) ** 0.25
    assert abs(T - (642.641, 599.606)).max() < 2e-3
    return float(T[0]), 300.0, float(T[1])


# light


def lit_sphere(rays, seed):
    """Rays in a floating sphere of 5 µm whose dots turn all light into heat, ΔT by a balance.

    The light is so weak that neither dots nor their absorption change."""
    n_dots, sigma, R, light = 2e22, 2e-19, 5e-6, 0.03
    tree = {
        "assumptions": "favourable",
        "symmetry": "quarter",
        "particle": {"shape": {"kind": "sphere", "radius": f"{R} m"}, "emissivity": 1.0},
        "laser": {"photon_energy": "2.33 eV", "intensity": f"{light} W/m^2"},
        "optics": {"model": "rays", "refractive_index": 1.9, "n_rays": rays, "seed": seed},
        "gain": {
            "density": {"kind": "given", "n_dots": f"{n_dots} 1/m^3"},
            "cross_section": {"kind": "given", "sigma_abs": f"{sigma} m^2"},
            "recombination": {"kind": "trion_biexciton", "eta_X": 0.0},
        },
    }
    heat = light * math.pi * R**2 * geometric_sphere_absorption(1.9, n_dots * sigma * R)
    T = (300.0**4 + heat / (Stefan_Boltzmann * 4 * math.pi * R**2)) ** 0.25
    return tree, {"source:particle": heat, "delta_T_mean_K": T - 300.0}


SQUARES = """
SetFactory("OpenCASCADE");
Mesh.MeshSizeMax = 0.25;
Box(1) = {0, 0, -0.1, 1, 1, 0.1};
Box(2) = {0, 0, 1, 1, 1, 0.1};
Physical Volume("low") = {1};
Physical Volume("high") = {2};
Physical Surface("low_back") = {5}; Physical Surface("low_in") = {6};
Physical Surface("high_in") = {11}; Physical Surface("high_back") = {12};
"""


def squares(folder, patches, rays, seed=0):
    """Black unit squares 1 m apart at 600 K and 300 K see 0.199825 of each other (Howell C-11)."""
    path = folder / "squares.geo"
    path.write_text(SQUARES)
    black = {"radiation": {"emissivity": 1.0, "T_env": "300 K"}}
    held = {"low_back": {"temperature": "600 K"}, "high_back": {"temperature": "300 K"}}
    geometry = {"file": str(path), "unit": "m", "symmetry": "3d"}
    tree = body(
        geometry,
        held | dict.fromkeys(("low_in", "high_in"), black),
        0.25,
        1,
        k="1e9 W/(m*K)",
        goal="high",
    )
    tree["regions"] = {"low": {"material": "m"}, "high": {"material": "m"}}
    tree["enclosures"] = {
        "gap": {"boundaries": ["low_in", "high_in"], "patches": patches, "rays": rays, "seed": seed}
    }
    root = math.sqrt(2)
    seen = 2 / math.pi * (math.log(2 / math.sqrt(3)) + 2 * root * math.atan(1 / root) - math.pi / 2)
    heat = seen * Stefan_Boltzmann * (600.0**4 - 300.0**4)
    return tree, {"low_in:exchange": heat, "high_in:exchange": -heat}
