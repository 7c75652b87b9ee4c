"""No number changes: every case gives what ``summaries.json`` says, to 1e-9.

Shapes and substrates are asked for closed sizes, balance and sign in the same runs. A number that
is meant to change is written anew by ``python3 -m tests.golden.write CASE``.
"""

import copy
import json

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")
pytest.importorskip("gmsh")

from golden.cases import GOLDEN, SHIPPED, found, golden_cases, made_with, ran  # noqa: E402
from golden.compare import differences  # noqa: E402

from thermosim.fem.domain import volume  # noqa: E402

KEPT = json.loads(GOLDEN.read_text())
# Another gmsh makes other meshes, another DOLFINx numbers and integrates them otherwise: other
# numbers, none of them wrong. The golden ones are for one line of DOLFINx and one gmsh.
HERE, THERE = made_with(), KEPT["made_with"]
OTHER = "" if HERE == THERE else f"golden numbers are for {THERE}; here are {HERE}"


@pytest.mark.parametrize("name", golden_cases())
def test_no_number_has_changed(name):
    """Shapes also have closed sizes, balance and sign, by whatever version they are meshed."""
    shape = name.startswith("shapes/")
    if OTHER and not shape:
        pytest.skip(OTHER)
    result = ran(name)
    if shape:
        has_its_size_and_balances(result, bent=name.endswith("_step"))
    if OTHER:
        pytest.skip(OTHER)
    changed = differences(KEPT["cases"][name], found(result))
    assert not changed, "\n".join([name, *changed])


def has_its_size_and_balances(result, *, bent):
    assert result.summary["energy_balance_rel"] < 1e-8
    assert result.summary["delta_T_mean_K"] < 0
    shape, domain = result.case.particle.shape, result.state.domain
    flat = not hasattr(shape, "radius") and result.case.symmetry == "3d"
    rel = 1e-10 if flat and not bent and shape.kind != "ellipsoid" else 5e-3
    exact = domain.exact["volume:particle"]
    assert volume(domain, "particle") == pytest.approx(exact, rel=rel, abs=0)


@pytest.mark.skipif(bool(OTHER), reason=OTHER)
@pytest.mark.parametrize("name", ["sphere_on_slab:3d", "two_parts:as_is"])
def test_nor_on_a_kept_mesh(name):
    """The mesh of the last run, from the cache: the first of two runs fills it."""
    for _ in range(2):
        changed = differences(KEPT["cases"][name], found(ran(name, ["mesh.cache=true"])))
        assert not changed, "\n".join([name, *changed])


def test_every_case_has_its_numbers():
    assert KEPT["cases"].keys() == golden_cases().keys()


def test_every_shipped_case_is_golden():
    shipped = {str(path.relative_to(SHIPPED).with_suffix("")) for path in SHIPPED.rglob("*.toml")}
    assert shipped <= golden_cases().keys()


SPOILT = {
    "a digit": ("summary", "delta_T_mean_K", lambda value: value * (1 + 3e-9)),
    "a flow": ("budget_W", "particle_surface:radiation", lambda value: value * (1 + 1e-8)),
    "a sign": ("summary", "heat_to_holder_W", lambda value: -value),
    "a count": ("summary", "newton_iterations", lambda value: value + 1),
    "a word": ("summary", "title", lambda value: f"{value}."),
    "no number": ("summary", "delta_T_mean_K", lambda value: float("nan")),
    "open balance": ("summary", "energy_balance_rel", lambda value: 1e-9),
    "a kind": ("summary", "n_cells", float),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_change_is_seen(name):
    golden = KEPT["cases"]["microparticle_on_mica"]
    assert not differences(golden, golden)
    section, key, spoil = SPOILT[name]
    new = copy.deepcopy(golden)
    new[section][key] = spoil(new[section][key])
    (line,) = differences(golden, new)
    assert key in line


def test_a_key_too_many_or_too_few_and_a_note_are_seen():
    golden = KEPT["cases"]["microparticle_on_mica"]
    new = copy.deepcopy(golden)
    new["summary"]["more"] = new["summary"].pop("heat_source_W")
    new["notes"].append("WARNING: more")
    assert len(differences(golden, new)) == 3
