"""Finite substrates under a contact, and the light that they take, against closed forms."""

import math

import numpy as np
import pytest
from scipy.special import exp1

from thermosim.case.read import parse_case
from thermosim.limits.support import support_of
from thermosim.model.of_case import model_of

K, B = 2.0, 50e-9
GLASS = {"conductivity": f"{K} W/(m*K)", "refractive_index": {
    "kind": "table", "wavelengths": ["400 nm", "800 nm"], "n": [1.5, 1.5], "k": [1e-5, 1e-5],
}}  # fmt: skip


def support(radius, thickness, rim, bottom, **more):
    model = model_of(parse_case({
        "symmetry": "axisymmetric",
        "particle": {"shape": {"kind": "sphere", "radius": "5 um"}, "emissivity": 0.0},
        "substrate": {"kind": "slab", "material": "plain", "radius": f"{radius} m",
                      "thickness": f"{thickness} m", "rim": rim, "bottom": bottom,
                      "emissivity": 0.0, **more.pop("substrate", {})},
        "contact": {"kind": "disk", "radius": f"{B} m"},
        "materials": {"plain": GLASS},
        "laser": {"intensity": "1 kW/cm^2", **more.pop("laser", {})}, **more,
    }))  # fmt: skip
    heat = model.heat((*model.layout.boundaries, *model.layout.insulated))
    return support_of(heat, model.lump, model.light, 300.0)


def test_a_wide_thick_slab_is_a_half_space():
    assert support(1e-2, 1e-3, "held", "held").resistance == pytest.approx(
        1 / (4 * K * B), rel=3e-5
    )


def test_a_slab_on_a_held_face_by_images():
    """1/(4kb) - ln 2/(2πkt): images of alternating sign at distances 2nt."""
    t = 2e-6
    expected = 1 / (4 * K * B) - math.log(2) / (2 * math.pi * K * t)
    assert support(2e-4, t, "insulated", "held").resistance == pytest.approx(expected, rel=2e-5)


def test_a_sheet_held_at_its_rim():
    """Ten times as wide: ln 10/(2πkt) more."""
    t = 2e-6
    wide, narrow = (support(R, t, "held", "insulated").resistance for R in (1e-3, 1e-4))
    assert wide - narrow == pytest.approx(math.log(10) / (2 * math.pi * K * t), rel=2e-3)


def test_an_insulated_sheet_leaves_heat_by_radiation_alone():
    sheet = support(1e-4, 2e-6, "insulated", "radiating", substrate={"emissivity": 0.5})
    out = 0.5 * 4 * 5.670374e-8 * 300**3 * 2 * math.pi * 1e-8
    spreading = 1 / (4 * K * B)
    assert sheet.resistance == pytest.approx(1 / out + spreading, rel=2e-2)
    assert sheet.resistance > 1 / out + spreading


def test_a_film_spreads_heat():
    film = {"boundary": "substrate_top", "material": "gold", "thickness": "50 nm"}
    plain = support(1e-4, 2e-6, "held", "insulated")
    filmed = support(1e-4, 2e-6, "held", "insulated", films=[film])
    assert filmed.resistance < plain.resistance - 1e4


def test_a_held_face_is_where_the_heat_ends():
    cold = {"held_temperature": "290 K"}
    assert support(1e-4, 2e-6, "held", "held", substrate=cold).temperature == 290.0


def test_light_on_a_pillar_and_beside_it():
    """All light in a black film on a pillar: through its foot. No pillar: the film on the slab."""
    pillar = {"kind": "pedestal", "pedestal_radius": "2 um", "pedestal_height": "10 um"}
    beam = {"profile": "top_hat", "radius": "1 um", "intensity": "1 kW/cm^2"}
    found = support(1e-4, 2e-5, "held", "held", laser=beam, substrate=pillar)
    # absorbed weakly and evenly: on the average it goes half way down the pillar
    on_pillar = found.absorbed * 10 / (10 + 20)
    area = math.pi * 4e-12
    middle = 5e-6 / (K * area) + 1 / (4 * K * 2e-6)
    assert found.lit == pytest.approx(on_pillar * middle, rel=0.15)
    wide = support(1e-4, 2e-5, "held", "held", substrate=pillar,
                   laser={**beam, "radius": "10 um"})  # fmt: skip
    assert wide.absorbed == pytest.approx(
        found.absorbed * (4 + 96 * 2 / 3), rel=2e-2
    )  # beside it light meets the slab alone


def test_light_in_a_sheet():
    """Gaussian, thin sheet: P/(4πkt) (ln(2R²/w²) + γ + E1(2R²/w²)) in the middle."""
    R, t, w = 1e-3, 2.5e-6, 50e-6
    beam = {"profile": "gaussian", "waist": f"{w} m"}
    found = support(R, t, "held", "insulated", laser=beam)
    x = 2 * R**2 / w**2
    rise = found.absorbed / (4 * math.pi * K * t) * (math.log(x) + np.euler_gamma + exp1(x))
    assert found.absorbed > 0
    assert found.lit == pytest.approx(rise, rel=2e-3)
    assert support(R, t, "held", "insulated").lit == 0.0  # a plane wave has no width
