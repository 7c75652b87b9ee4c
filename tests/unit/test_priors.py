"""Priors: what is known of the numbers of a case, and cases with one number changed."""

import math

import pytest

from thermosim.case.read import parse_case
from thermosim.errors import CaseError
from thermosim.model.priors import priors, value_at, with_value

DEMO = {
    "particle": {"material": "Cs4PbBr6", "shape": {"kind": "sphere", "radius": "5 um"}},
    "substrate": {"kind": "slab", "material": "mica", "radius": "100 um", "thickness": "20 um"},
    "contact": {"kind": "jkr"},
    "laser": {"intensity": "3 kW/cm^2", "photon_energy": "2.33 eV"},
}


def case(**uncertainty):
    return parse_case(DEMO | ({"uncertainty": uncertainty} if uncertainty else {}))


def test_every_prior_names_a_number_that_can_be_changed():
    base = case()
    for prior in priors(base):
        assert prior.value == pytest.approx(value_at(base, prior.path), rel=1e-15, abs=0)
        assert prior.sigma > 0.0
        changed = with_value(base, prior.path, prior.at(-0.5))
        assert value_at(changed, prior.path) == pytest.approx(prior.at(-0.5), rel=1e-12, abs=0)
        assert value_at(base, prior.path) == prior.value  # the case itself is as it was


def test_an_alias_of_the_library_is_changed_where_the_case_names_it():
    changed = with_value(case(), "materials.mica.conductivity.k_perp", 0.5)
    assert float(changed.material("mica").conductivity.k_perp.at(300.0)) == 0.5
    assert changed.material("muscovite").conductivity.k_perp.value == 0.46


def test_priors_of_the_library_carry_bounds_and_source():
    found = {p.path: p for p in priors(case())}
    k = found["materials.Cs4PbBr6.conductivity.k"]
    assert (k.value, k.sigma, k.low, k.high) == pytest.approx((0.3, 0.09, 0.2, 0.5))
    assert k.unit == "W/(m*K)"
    assert k.kind == "estimate"
    assert "octahedra" in k.source
    assert k.at(5.0) == 0.5  # no further than is plausible


def test_emission_stays_in_balance_with_the_edge():
    changed = with_value(case(), "gain.absorption.E_1", 3.86e-19)
    assert changed.gain.emission.edge == changed.gain.absorption
    assert changed.gain.absorption.E_1 == 3.86e-19


def test_the_case_says_how_well_it_knows_a_number():
    given = {
        "laser.intensity": {"relative": 0.02, "kind": "measured", "source": "calibrated"},
        "particle.shape.radius": {"low": "4 um", "high": "6 um"},
        "gain.density.n_dots": {"factor": 2.0},
    }
    found = {p.path: p for p in priors(case(parameters=given))}
    assert found["laser.intensity"].sigma == pytest.approx(6e5)
    assert found["laser.intensity"].kind == "measured"
    radius = found["particle.shape.radius"]
    assert radius.shape == "uniform"
    assert radius.sigma == pytest.approx(2e-6 / math.sqrt(12.0), rel=1e-12, abs=0)
    density = found["gain.density.n_dots"]
    assert density.at(1.0) == pytest.approx(2.0 * density.value)
    assert density.distance(density.value / 4.0) == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("path", "entry", "words"),
    [
        ("laser.colour", {"relative": 0.1}, "is no number of this case"),
        ("laser.intensity", {"low": "1 um", "high": "2 um"}, "wrong dimension"),
        ("laser.intensity", {"low": "2 W/m^2", "high": "2 W/m^2"}, "leaves no spread"),
    ],
)
def test_what_the_case_does_not_have_is_refused(path, entry, words):
    with pytest.raises(CaseError, match=words):
        priors(case(parameters={path: entry}))


def test_one_way_to_say_it_is_asked_for():
    with pytest.raises(CaseError, match="give one of relative, sigma, factor"):
        case(parameters={"laser.intensity": {"relative": 0.1, "factor": 2.0}})
