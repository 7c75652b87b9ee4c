"""Dots that radiate faster: rates of every state, and what a gain keeps."""

import pytest

from thermosim.case.read import parse_case
from thermosim.errors import CaseError
from thermosim.gain import GainModel
from thermosim.gain.purcell import faster_efficiency, faster_recombination, radiating_faster

LADDER = {"kind": "ladder", "eta_X": 0.8, "tau_X": 29e-9}
MEASURED = [
    {"excitons": 2, "tau": "0.4 ns", "eta": 0.1},
    {"excitons": 1, "charged": True, "eta": 0.3},
]
MODELS = [
    {"kind": "trion_biexciton", "eta_X": 0.8, "A": 0.1, "C": 2.0},
    {"kind": "trion_biexciton", "eta_X": 0.8, "multi": {"kind": "scaled"}},
    {**LADDER, "ionisation": 0.01},
    {**LADDER, "measured": MEASURED},
]


def rates(section):
    """Radiative and other rates [1/s] of exciton, trion and biexciton."""
    states = ("tau_X", "tau_T", "tau_BX")
    if section.kind == "ladder":
        taus = [section.lifetime(n, c) for n, c in ((1, 0), (1, 1), (2, 0))]
    else:
        taus = [getattr(section, name) for name in states]
    etas = section.efficiencies()
    pairs = list(zip(etas, taus, strict=True))
    return [eta / tau for eta, tau in pairs], [(1 - eta) / tau for eta, tau in pairs]


@pytest.mark.parametrize("factor", [0.13, 0.6, 1.7])
@pytest.mark.parametrize("recombination", MODELS)
def test_radiative_rates_alone_change(recombination, factor):
    before = GainModel.model_validate({"recombination": recombination}).recombination
    after = faster_recombination(before, factor)
    light, heat = rates(before)
    assert rates(after)[0] == pytest.approx([factor * rate for rate in light], rel=1e-9)
    assert rates(after)[1] == pytest.approx(heat, rel=1e-9)


def test_ionising_competes_with_light():
    """``A`` is a rate of ionisation times the lifetime of the biexciton; ``C = A/(k_n tau_X)``."""
    before = GainModel.model_validate({"recombination": MODELS[0]}).recombination
    after = faster_recombination(before, 2.0)
    assert after.A / after.tau_BX == pytest.approx(before.A / before.tau_BX)
    assert after.C * after.tau_X / after.A == pytest.approx(before.C * before.tau_X / before.A)


def test_what_a_gain_keeps():
    """Absorption stays, also where it follows from the lifetime; a perfect dot stays perfect."""
    section = {"cross_section": {"kind": "optimum"}, "recombination": MODELS[0]}
    quenching = {"activation_energy": "200 meV", "ratio": 10.0}
    before = GainModel.model_validate({**section, "quenching": quenching})
    after = radiating_faster(before, 0.3)
    E = before.cross_section.photon_energy
    assert after.sigma_abs(E) == pytest.approx(before.sigma_abs(E), rel=1e-12)
    assert after.n_dots == pytest.approx(before.n_dots, rel=1e-12)
    assert after.recombination.efficiencies()[0] == pytest.approx(0.3 * 0.8 / (0.3 * 0.8 + 0.2))
    assert after.quenching.ratio == pytest.approx(10.0 / 0.3)
    assert radiating_faster(before, 1.0) is before
    assert faster_efficiency(1.0, 0.1) == 1.0


@pytest.mark.parametrize("index", ["1.5+0.1i", "1.5 + 0.1j", 1.5 + 0.1j])
def test_coatings_that_absorb_are_refused(index):
    coat = {"thickness": "20 nm", "refractive_index": index}
    with pytest.raises(CaseError, match=r"refractive_index.*absorbs nothing.*real part alone"):
        parse_case({"optics": {"model": "full_wave", "coatings": [coat]}})


def test_lifetimes_that_follow_the_temperature_are_refused():
    law = {"eta_X": {"kind": "power", "exponent": -0.05}}
    model = GainModel.model_validate({"recombination": MODELS[0], "thermal": law})
    with pytest.raises(ValueError, match="in a large crystal"):
        radiating_faster(model, 2.0)


@pytest.mark.parametrize("key", ["purcell_in_gain", "escape_in_gain"])
def test_places_are_needed(key):
    with pytest.raises(CaseError, match=f"{key} = true takes the mean over purcell_places"):
        parse_case({"optics": {"model": "full_wave", key: True}})
