"""The ladder: rungs in order, each on top of the one before, and the one that decides."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import load_case, simulate  # noqa: E402
from thermosim.case.read import parse_case  # noqa: E402
from thermosim.cli.run import run_case  # noqa: E402
from thermosim.errors import CaseError, SolveError  # noqa: E402
from thermosim.infer.ladder import Ladder, Rung, favourable, ladder, variants  # noqa: E402
from thermosim.infer.quick import quick_ladder  # noqa: E402

TREE = {
    "particle": {"shape": {"kind": "sphere", "radius": "1 um"}, "emissivity": 0.9},
    "substrate": {"kind": "slab", "material": "muscovite", "radius": "50 um",
                  "thickness": "20 um"},
    "contact": {"kind": "disk", "radius": "60 nm"},
    "laser": {"intensity": "3 kW/cm^2"},
    "mesh": {"cells_per_contact": 20.0, "cells_per_radius": 4.0},
    "solver": {"error_estimate": False},
}  # fmt: skip


@pytest.fixture(scope="module")
def climbed():
    return ladder(parse_case(TREE), simulate)


def test_rungs_and_verdict(climbed):
    names = [rung.name for rung in climbed.rungs]
    assert names == ["favourable limit", "real light", "escape", "efficiency", "emissivity",
                     "contact", "near field"]  # fmt: skip
    best, lit = climbed.rungs[0], climbed.rungs[1]
    assert best.delta_T_mean_K < 0 < lit.delta_T_mean_K
    assert "mie" in lit.words
    assert climbed.decides is lit
    written = simulate(parse_case(TREE)).summary["delta_T_mean_K"]
    assert climbed.as_written_K == pytest.approx(written, rel=1e-9)


def test_the_favourable_limit_is_a_black_ball_in_even_light(climbed):
    best = parse_case(
        {
            **{key: TREE[key] for key in ("laser", "mesh", "solver")},
            "particle": {**TREE["particle"], "emissivity": 1.0},
            "optics": {"model": "uniform"},
            "gain": {"escape": {"kind": "none"}},
        }
    )
    expected = simulate(best).summary["delta_T_mean_K"]
    assert climbed.rungs[0].delta_T_mean_K == pytest.approx(expected, rel=1e-9)


def test_what_a_case_says_itself_is_its_rung():
    own = {"escape": {"kind": "given", "f_escape": 0.9, "f_reabsorbed": 0.05},
           "recombination": {"kind": "trion_biexciton", "eta_X": 0.95}}  # fmt: skip
    tree = {**TREE, "gain": own, "optics": {"model": "rays", "n_rays": 100}}
    found = {name: case for name, _, case in variants(parse_case(tree))}
    assert found["real light"].optics.model == "rays"
    assert found["escape"].gain.escape.kind == "given"
    assert found["escape"].gain.recombination.eta_X == 1.0
    assert found["efficiency"].gain.recombination.eta_X == 0.95
    assert favourable(parse_case(tree)).gain.escape.kind == "none"


def test_an_escape_by_full_wave_is_the_rung_of_the_escape():
    optics = {"model": "full_wave", "purcell_places": 2, "escape_in_gain": True}
    rungs = {
        name: (words, case)
        for name, words, case in variants(parse_case({**TREE, "optics": optics}))
    }
    assert not rungs["real light"][1].optics.escape_in_gain
    words, case = rungs["escape"]
    assert case.optics.escape_in_gain
    assert "optics.escape_in_gain" in words


def test_a_substrate_of_unknown_extinction_is_tried_tinted():
    beam = {"profile": "gaussian", "waist": "5 um", "intensity": "3 kW/cm^2"}
    (*_, (name, words, tinted)) = variants(parse_case({**TREE, "laser": beam}))
    assert name == "substrate in the light"
    assert "not measured" in words
    assert tinted.material("muscovite").refractive_index.k[0] == 1e-6


def test_a_rung_without_a_state_is_told():
    def run(case):
        if case.optics.model == "auto":
            raise SolveError("no steady state")
        return simulate(case)

    found = ladder(parse_case(TREE), run)
    assert found.rungs[1].delta_T_mean_K is None
    assert found.document()["steps"][1]["message"] == "no steady state"


def test_the_largest_change_decides_where_no_sign_turns():
    rungs = (Rung("a", "", -3.0), Rung("b", "", -2.5), Rung("c", "", -0.1))
    assert Ladder(rungs, None).decides is rungs[2]
    assert Ladder(rungs[:1], None).decides is None
    dark = (Rung("a", "", 0.0), Rung("b", "", 0.0))
    assert Ladder(dark, None).decides is None


def test_without_light_there_is_no_ladder():
    dark = {key: value for key, value in TREE.items() if key != "laser"}
    with pytest.raises(CaseError, match=r"no \[laser\]"):
        ladder(parse_case({**dark, "source": {"heat_source": "1 W/m^3"}}), simulate)


def test_own_geometry_is_refused():
    path = Path(__file__).parents[2] / "cases" / "lit_cylinder.toml"
    with pytest.raises(CaseError, match="of a particle"):
        ladder(load_case(path), simulate)


def test_command(tmp_path):
    from thermosim.cli import commands
    from thermosim.cli.app import app

    commands.register(app)
    path = tmp_path / "case.toml"
    path.write_text(parse_case(TREE).to_toml())
    done = CliRunner().invoke(app, ["ladder", str(path), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert [step["name"] for step in document["steps"]][:2] == ["favourable limit", "real light"]
    assert document["decides"] == "real light"
    shown = CliRunner().invoke(app, ["ladder", str(path), "--quiet"], catch_exceptions=False)
    assert "decides: real light" in shown.stdout


def test_the_ladder_of_the_report_is_that_of_finite_elements(climbed):
    """By one temperature in the particle, in seconds; every rung within 3 %."""
    quick = quick_ladder(parse_case(TREE))
    assert [step["name"] for step in quick["steps"]] == [rung.name for rung in climbed.rungs]
    for step, rung in zip(quick["steps"], climbed.rungs, strict=True):
        assert step["words"] == rung.words
        assert step["delta_T_mean_K"] == pytest.approx(rung.delta_T_mean_K, rel=0.03)
    assert quick["decides"] == climbed.decides.name
    assert quick["as_written_delta_T_mean_K"] == pytest.approx(climbed.as_written_K, rel=0.03)


def test_cases_in_time_and_bodies_have_no_quick_ladder():
    assert quick_ladder(parse_case({**TREE, "transient": {"duration": "1 ms"}})) is None


def test_a_run_writes_its_ladder_and_draws_it(tmp_path):
    run_case(parse_case(TREE), tmp_path / "out", overwrite=False, quiet=True)
    kept = json.loads((tmp_path / "out" / "ladder.json").read_text())
    page = (tmp_path / "out" / "report.html").read_text()
    # a bar for each step and one for the case as it is written, which no step stands for
    assert page.count('class="bar ') == len(kept["steps"]) + 1
    assert "<td>case as written</td>" in page
    assert f"Decides: {kept['decides']}" in page
