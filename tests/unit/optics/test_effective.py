"""Maxwell Garnett: limits, energy, and the same dots in the gain and in the optics."""

import math

import numpy as np
import pytest
from scipy.constants import c, e, hbar, pi

from thermosim import load_case
from thermosim.case.particle_case import Case
from thermosim.errors import CaseError
from thermosim.gain import GainModel
from thermosim.gain.absorption import dot_cross_section
from thermosim.optics.effective import maxwell_garnett

HOST, DOT, PUMP, ALPHA, D = 1.69, 2.292 + 0.0169j, 2.33 * e, 4e5, 8e-9


def test_ends():
    assert maxwell_garnett(HOST, DOT, 0.0) == pytest.approx(HOST, rel=1e-15)
    assert maxwell_garnett(HOST, DOT, 1.0) == pytest.approx(DOT, rel=1e-15)
    assert maxwell_garnett(HOST, HOST, 0.3) == pytest.approx(HOST, rel=1e-15)


def test_few_dots_are_the_dipoles_of_clausius_and_mossotti():
    """To first order in f: eps_h (1 + 3 f b), and beyond it f² b² times 3."""
    b = (DOT**2 - HOST**2) / (DOT**2 + 2 * HOST**2)
    for f in (1e-6, 1e-3):
        rest = maxwell_garnett(HOST, DOT, f) ** 2 / HOST**2 - 1 - 3 * f * b
        assert rest == pytest.approx(3 * (f * b) ** 2, rel=2 * f * abs(b) + 1e-3)


@pytest.mark.parametrize("f", [1e-4, 0.05, 0.3])
def test_what_the_mixture_absorbs_is_absorbed_in_the_dots(f):
    """Im eps_eff |E|² = f Im eps_d |E_d|², with E = f E_d + (1 - f) E_h about each dot."""
    eps_h, eps_d = HOST**2, DOT**2
    inside = 3 * eps_h / (eps_d + 2 * eps_h)  # E_d over E_h
    mean = f * inside + (1 - f)
    absorbed = f * eps_d.imag * abs(inside / mean) ** 2
    found = (maxwell_garnett(HOST, DOT, f) ** 2).imag
    assert found == pytest.approx(absorbed, rel=1e-10, abs=0)


def test_bounds_of_hashin_and_shtrikman():
    """Clear spheres: between both mixtures, in which one or the other phase is the host."""
    f = np.linspace(0.01, 0.6, 13)
    mixed = maxwell_garnett(HOST, 2.292, f).real
    turned = maxwell_garnett(2.292, HOST, 1 - f).real
    assert np.all((mixed > HOST) & (mixed < turned) & (turned < 2.292))


def test_cross_section_in_a_crowd():
    alone = float(dot_cross_section(ALPHA, D, 2.292, HOST))
    kind = {"kind": "bulk", "alpha_bulk": ALPHA, "dot_diameter": D, "n_dot": 2.292, "n_host": HOST}

    def sigma(f):
        section = {**kind, "volume_fraction": f}
        return float(GainModel(cross_section=section).sigma_abs(PUMP))

    assert sigma(0.0) == alone
    assert sigma(1e-7) == pytest.approx(alone, rel=1e-4, abs=0)  # k² beside n² is left out there
    assert alone < sigma(0.05) < sigma(0.3) < 1.2 * alone
    # all of the absorption of the mixture is that of its dots
    f, k = 0.05, 0.5 * hbar * c * ALPHA / PUMP
    mixed = maxwell_garnett(HOST, 2.292 + 1j * k, f).imag * 2 * PUMP / (hbar * c)
    assert f / (pi / 6 * D**3) * sigma(f) == pytest.approx(float(mixed), rel=1e-12, abs=0)


def grain(**optics):
    from pathlib import Path

    case = load_case(Path(__file__).parents[3] / "cases" / "optics_mie.toml")
    return case.with_({f"optics.{key}": value for key, value in optics.items()})


def test_the_light_meets_the_mixture():
    plain, mixed = grain(), grain(dots={"material": "CsPbBr3", "volume_fraction": 0.05})
    index = mixed.material("CsPbBr3").refractive_index.at(mixed.laser.wavelength)
    expected = maxwell_garnett(plain.particle_index, index, 0.05).real
    assert mixed.particle_index == pytest.approx(float(expected), rel=1e-14)
    assert 0.01 < mixed.particle_index - plain.particle_index < 0.05
    assert grain(
        dots={"material": "CsPbBr3", "volume_fraction": 1e-9}
    ).particle_index == pytest.approx(plain.particle_index, rel=1e-8)
    assert isinstance(mixed, Case)
    assert math.isfinite(mixed.check()["eta_ext"])


def test_what_is_refused():
    with pytest.raises(CaseError, match=r"volume_fraction.*≤ 0\.64"):
        grain(dots={"volume_fraction": 0.7})
    with pytest.raises(CaseError, match="unobtainium"):
        grain(dots={"material": "unobtainium", "volume_fraction": 0.1})
