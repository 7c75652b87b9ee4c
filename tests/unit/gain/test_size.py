"""Dots from their diameter: the laws, what measured values change, spreads and the size study."""

import numpy as np
import pytest
import tomli_w
from scipy.constants import e, nano

from thermosim.case.read import load_case
from thermosim.gain import GainModel
from thermosim.gain.absorption import FermiEdge, dot_cross_section
from thermosim.gain.cooling import closed_optimum, optimum
from thermosim.gain.ensemble import Ensemble
from thermosim.gain.maps import size_study
from thermosim.gain.recombination import TrionBiexciton
from thermosim.gain.size import (
    BULK_EDGE,
    RADIATIVE_LIFETIME,
    DotSize,
    auger_slowing,
    confinement_energy,
    paper_diameter,
)

PUMP, MEV = 2.33 * e, 1e-3 * e


def test_gap_falls_to_that_of_the_bulk():
    d = np.linspace(4.0, 60.0, 2000) * nano
    energy = confinement_energy(d) / e
    assert np.all(np.diff(energy) < 0.0)
    assert energy[-1] < 1.5e-3
    # strong confinement at 6 nm, by hand, with hbar²/m_0 = 0.0762 eV nm²
    by_hand = 9.8696 * 0.0762 / (2 * 0.126 * 9) - 1.786 * 1.43996 / 7.3 / 3.0 + 0.752 * 0.033
    assert float(confinement_energy(6 * nano)) / e == pytest.approx(by_hand, abs=3e-4)
    # weak at 20 nm: hbar² pi²/(2 M (R - 0.73 a)²) with a = 3.066 nm
    weak = 9.8696 * 0.0762 / (8 * 0.126 * (10 - 0.73 * 3.066) ** 2)
    assert float(confinement_energy(20 * nano)) / e == pytest.approx(weak, abs=2e-5)


def test_the_dots_of_the_paper_come_back():
    """Where the edge is at 2.400 eV: lifetimes printed, <E_PL> 2.3871 eV, the order of sigma."""
    assert paper_diameter() == pytest.approx(13.85 * nano, rel=1e-3, abs=0)
    model = GainModel(size={"diameter": paper_diameter()})
    edge = model.absorption.E_1
    assert edge == pytest.approx(2.400 * e, rel=1e-12, abs=0)
    assert float(model.mean_emission()) == pytest.approx(2.3871 * e, rel=1e-12, abs=0)
    decays = model.recombination
    assert (decays.tau_T, decays.tau_BX) == pytest.approx((3e-9, 0.5e-9), rel=1e-12, abs=0)
    assert decays.efficiencies()[1:] == pytest.approx((0.1655, 0.0552), abs=5e-5)
    assert 1.8e-21 < model.sigma_abs(PUMP) < 2e-19


def test_auger_law_is_linear_then_sublinear():
    d = np.array([4.0, 5.0, 7.0, 14.0]) * nano
    slowing = auger_slowing(d, 0.5)
    assert slowing == pytest.approx([(4 / 7) ** 3, (5 / 7) ** 3, 1.0, 8.0**0.5], rel=1e-12, abs=0)
    small, large = (DotSize(diameter=x).recombination() for x in (5 * nano, 6 * nano))
    auger = [1 / one.tau_BX - 4 / RADIATIVE_LIFETIME for one in (small, large)]
    assert auger[0] / auger[1] == pytest.approx((6 / 5) ** 3, rel=1e-12, abs=0)
    for one in (small, large):
        assert one.efficiencies()[2] == pytest.approx(4 * one.tau_BX / RADIATIVE_LIFETIME)


def test_cross_section_is_bulk_times_local_field_and_tail():
    size = DotSize(diameter=12 * nano, n_host=1.5)
    tail = FermiEdge(E_1=size.edge()).log_shape(PUMP, 300.0, 300.0)
    expected = dot_cross_section(4.58e6, 12 * nano, 2.292, 1.5) * np.exp(tail)
    assert size.cross_section().sigma_abs == pytest.approx(float(expected), rel=1e-12, abs=0)


def test_biexcitons_of_large_dots():
    """eta_BX = 0.8, as reported above 20 nm: about 10 fW a dot, 4.8 times more."""
    _, gain, _ = closed_optimum(PUMP, 2.3871 * e, 1.0, [0.09, 0.8], 29e-9)
    assert gain[1] == pytest.approx(10.04e-15, rel=1e-3, abs=0)
    assert gain[1] / gain[0] == pytest.approx(4.78, rel=1e-3, abs=0)
    size = {"diameter": 22 * nano, "gap": 2.400 * e, "eta_BX": 0.8}
    best = optimum(300.0, GainModel(size=size).parameters(PUMP))
    assert best.net_gain == pytest.approx(10.04e-15, rel=1e-3, abs=0)


def test_measured_values_and_sections_take_the_place_of_laws():
    size = DotSize(diameter=10 * nano, gap=2.41 * e, sigma_abs=7e-21, tau_BX=0.3e-9, eta_T=0.2)
    decays = size.recombination()
    assert (decays.tau_BX, decays.efficiencies()[1]) == pytest.approx(
        (0.3e-9, 0.2), rel=1e-12, abs=0
    )
    assert size.edge() == pytest.approx(2.41 * e, rel=1e-12, abs=0)
    assert size.cross_section().sigma_abs == 7e-21
    moved = size.at(12 * nano)
    shift = confinement_energy(12 * nano) - confinement_energy(10 * nano)
    assert moved.gap == pytest.approx(2.41 * e + float(shift), rel=1e-12, abs=0)
    assert moved.tau_BX > 0.3e-9
    assert moved.sigma_abs > 7e-21 * 1.2**3
    own = TrionBiexciton(eta_X=0.98)
    model = GainModel(size=size, recombination=own)
    assert model.recombination == own
    edge = model.absorption.E_1
    assert edge == pytest.approx(2.41 * e, rel=1e-12, abs=0)


def test_only_what_was_given_is_written():
    model = GainModel(size={"diameter": 12 * nano}, recombination=TrionBiexciton(eta_X=0.98))
    tree = model.model_dump(mode="json", exclude_none=True, context={"units": True})
    assert "absorption" not in tree
    assert tree["recombination"]["eta_X"] == 0.98
    again = GainModel.model_validate(tree, context={"case_file": True})
    assert tomli_w.dumps(tree)
    assert again == model
    larger = GainModel.model_validate({**tree, "size": {"diameter": "14 nm"}})
    assert larger.absorption.E_1 < model.absorption.E_1


def test_a_spread_of_diameters_is_one_of_gaps_sections_and_decays():
    model = GainModel(size={"diameter": 14 * nano}, ensemble={"diameter": {"width": 0.5 * nano}})
    found = model.members()
    gaps = np.array([one.gap for one in found]) / MEV
    assert np.ptp(gaps) > 5.0
    big = max(found, key=lambda one: one.factor)
    assert big.gap == min(one.gap for one in found)
    # emitted[1] is the efficiency of the biexciton
    assert big.emitted[1] == max(one.emitted[1] for one in found)
    by_hand = [DotSize(diameter=x).edge() / e for x in (13.75 * nano, 14.25 * nano)]
    slope = (by_hand[1] - by_hand[0]) / 0.5
    width = np.sqrt(sum(one.share * one.gap**2 for one in found)) / e
    assert width == pytest.approx(abs(slope) * 0.5, rel=0.1, abs=0)
    narrow = model.model_copy(update={"ensemble": Ensemble(diameter={"width": 0.0})})
    alike = model.model_copy(update={"ensemble": None})
    gains = [optimum(300.0, one.parameters(PUMP)).net_gain for one in (narrow, alike)]
    assert gains[0] == pytest.approx(gains[1], rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"ensemble": {"diameter": {"width": nano}}}, r"needs a section \[gain.size\]"),
        (
            {"size": {"diameter": 5 * nano}, "ensemble": {"diameter": {"width": nano}}},
            r"diameter: 15\.9 % of the dots",
        ),
        ({"size": {"diameter": 2 * nano}}, "greater than or equal to"),
    ],
)
def test_bad_sizes(tree, message):
    with pytest.raises(ValueError, match=message):
        GainModel(**tree)


def test_size_study_has_an_optimum_where_dots_absorb_enough_but_not_too_much():
    model = GainModel(size={"diameter": 14 * nano}, alpha_background=0.1)
    d = np.linspace(9.0, 16.0, 57) * nano
    found = size_study(model, PUMP, 3e7, 300.0, d)
    assert d[0] < found.best < d[-1]
    assert found.net_cooling[0] > 0.0 > found.net_cooling[-1]
    assert np.all(np.diff(found.eta_BX) > 0.0)
    assert found.edge[0] - BULK_EDGE == pytest.approx(
        float(confinement_energy(d[0])), rel=1e-9, abs=0
    )
    weaker = size_study(model, PUMP, 3e6, 300.0, d)
    assert weaker.best > found.best  # weak light asks for dots that absorb more
    same = size_study(model, PUMP, 3e7, 300.0, [14 * nano])
    assert same.sigma_abs[0] == pytest.approx(float(model.sigma_abs(PUMP)), rel=1e-12, abs=0)
    with pytest.raises(ValueError, match=r"gain\.size"):
        size_study(GainModel(), PUMP, 3e7, 300.0, d)


@pytest.mark.parametrize("assumptions", ["careful", "favourable"])
def test_sizes_in_a_case_file_keep_their_edge(tmp_path, assumptions):
    """What a case leaves open is assumed about the edge of its own dots, and read back alike."""
    case = tmp_path / "case.toml"
    case.write_text(
        f'assumptions = "{assumptions}"\n[particle]\nmaterial = "Cs4PbBr6"\nemissivity = 1.0\n'
        'shape = { kind = "sphere", radius = "5 um" }\n'
        '[laser]\nphoton_energy = "2.33 eV"\nintensity = "1 kW/cm^2"\n'
        '[gain.size]\ndiameter = "12 nm"\n'
    )
    gain = load_case(case).gain
    edge = DotSize(diameter=12 * nano).edge()
    assert pytest.approx(edge, rel=1e-12, abs=0) == gain.absorption.E_1
    careful = assumptions == "careful"
    assert gain.absorption.E_U_model == ("einstein" if careful else "constant")
    assert gain.emission.kind == ("detailed_balance" if careful else "given")
    assert gain.line.edge.E_1 == gain.absorption.E_1
    resolved = tmp_path / "resolved.toml"
    resolved.write_text(load_case(case).to_toml())
    assert load_case(resolved).gain == gain
    larger = load_case(case, ["gain.size.diameter=14 nm"]).gain
    assert larger.absorption.E_1 < gain.absorption.E_1
