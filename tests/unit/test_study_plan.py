"""From a case and its study to validated points."""

import copy

import pytest

from thermosim.case.methods import methods
from thermosim.case.tree import merged, with_override
from thermosim.errors import CaseError
from thermosim.studies.plan import make_plan, parse_study, short_names
from thermosim.studies.sweep import plan_of

TREE = {
    "particle": {"shape": {"kind": "sphere", "radius": "5 um"}},
    "laser": {"intensity": "3 kW/cm^2"},
}
MICA = {"kind": "slab", "material": "muscovite", "radius": "1 mm", "thickness": "20 um"}


def plan(study, tree=TREE):
    return make_plan(tree, parse_study(study))


def test_a_grid_runs_over_every_combination_the_last_axis_fastest():
    found = plan({"vary": {"particle.shape.radius": "1um,2um", "laser.intensity": [
        "1 W/m^2", "2 W/m^2", "3 W/m^2"]}})  # fmt: skip
    assert [d.name for d in found.dimensions] == ["radius", "intensity"]
    values = [(p.case.particle.shape.radius, p.case.laser.intensity) for p in found.points]
    assert values == [(r, i) for r in (1e-6, 2e-6) for i in (1.0, 2.0, 3.0)]
    assert [p.index for p in found.points] == [(a, b) for a in (0, 1) for b in (0, 1, 2)]


def test_zipped_parameters_advance_together():
    study = {
        "vary": {"particle.shape.radius": "1um,2um", "laser.intensity": "1 W/m^2:2 W/m^2:2"},
        "zip": [["particle.shape.radius", "laser.intensity"]],
    }
    values = [(p.case.particle.shape.radius, p.case.laser.intensity) for p in plan(study).points]
    assert values == [(1e-6, 1.0), (2e-6, 2.0)]


def test_stages_add_up_or_stand_alone():
    stages = [
        {"name": "bare"},
        {"name": "gray", "set": {"particle.emissivity": 0.5}},
        {"name": "gas", "set": {"chamber": {"pressure": "1 Pa"}}},
    ]
    together = plan({"stages": stages}).points
    assert [p.case.particle.emissivity for p in together] == ["material", 0.5, 0.5]
    assert [p.case.chamber.pressure for p in together] == [0.0, 0.0, 1.0]
    alone = plan({"stages": stages, "cumulative": False}).points
    assert [p.case.particle.emissivity for p in alone] == ["material", 0.5, "material"]


def test_a_section_of_another_kind_starts_anew():
    disk = {"contact": {"kind": "disk", "radius": "1 nm", "h_c": "1e7 W/(m^2*K)"}}
    assert merged(disk, {"contact": {"kind": "none"}}) == {"contact": {"kind": "none"}}
    assert with_override(disk, "contact.kind", "jkr") == {"contact": {"kind": "jkr"}}
    assert with_override(disk, "contact.radius", "2 nm")["contact"]["h_c"] == "1e7 W/(m^2*K)"


def test_overrides_leave_the_tree_as_it_was():
    before = copy.deepcopy(TREE)
    changed = with_override(TREE, "particle.shape.radius", "1 um")
    changed["particle"]["shape"]["kind"] = "other"
    assert before == TREE


def test_equal_cases_share_a_key_and_different_ones_do_not():
    study = {"vary": {"particle.shape.radius": "1um,1000nm,2um"}}
    one, same, other = plan(study).points
    assert one.key == same.key != other.key
    assert len(plan(study).cases()) == 2


def test_every_bad_point_is_reported_before_anything_runs():
    study = {"vary": {"particle.shape.radius": "-1um,1um,-2um", "chamber.pressure": "1Pa,2Pa"}}
    with pytest.raises(CaseError) as error:
        plan(study)
    text = str(error.value)
    assert "-1um" in text
    assert "-2um" in text
    assert "and 1 more" in text
    assert "must be > 0" in text
    assert "nothing was run" in text


def test_one_fault_at_many_values_is_told_once():
    vary = {"particle.shape.radius": "-9um:-1um", "chamber.pressure": "1Pa:2Pa"}
    with pytest.raises(CaseError) as error:
        plan({"vary": vary, "method": "random", "samples": 1000, "seed": 1})
    text = str(error.value)
    assert "and 999 more" in text
    assert text.count("must be > 0") == 1


def test_bad_points_may_be_recorded_instead():
    found = plan({"vary": {"particle.shape.radius": "-1um,1um"}, "invalid": "record"})
    assert [p.case is None for p in found.points] == [True, False]
    assert "must be > 0" in found.points[0].problem


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("particle.shape.raduis", "1 um", "did you mean radius"),
        ("particle.shape.radius", "1 K", "wrong dimension"),
        ("particle.shape.radius", 5e-6, "needs a unit"),
        ("study.seed", 1, "study"),
    ],
)
def test_a_path_or_value_that_the_case_does_not_know_is_an_error(path, value, words):
    with pytest.raises(CaseError, match=words):
        plan({"vary": {path: [value]}})


def test_faults_of_the_section_carry_its_path():
    with pytest.raises(CaseError, match=r"unknown key study\.varry"):
        parse_study({"varry": {}})
    with pytest.raises(CaseError, match=r"study: vary\.a: .* first end"):
        parse_study({"vary": {"a": "2um:1um:3"}})
    with pytest.raises(CaseError, match=r"study\.samples"):
        parse_study({"vary": {"a": "1um:2um"}, "samples": 0})


def test_the_command_line_is_laid_over_the_file():
    tree = {**TREE, "study": {"vary": {"laser": {"intensity": ["1 W/m^2"]}}, "seed": 3}}
    found = plan_of(tree, {"particle.shape.radius": "1um,2um"}, {"seed": 4})
    assert list(found.study.vary) == ["laser.intensity", "particle.shape.radius"]
    assert found.study.seed == 4
    assert "study" not in found.base
    replaced = plan_of(tree, {"laser.intensity": "5 W/m^2,6 W/m^2"})
    assert [p.case.laser.intensity for p in replaced.points] == [5.0, 6.0]


def test_names_of_axes_are_short_and_unique():
    assert short_names(["particle.shape.radius", "laser.intensity"]) == {
        "particle.shape.radius": "radius",
        "laser.intensity": "intensity",
    }
    assert list(short_names(["particle.shape.radius", "contact.radius"]).values()) == [
        "shape_radius",
        "contact_radius",
    ]
    assert short_names(["stage"]) == {"stage": "case_stage"}


@pytest.mark.parametrize("method", ["random", "latin_hypercube", "sobol", "saltelli", "morris"])
def test_samples_are_the_same_for_the_same_seed(method):
    first, again = (methods()[method]().cube(8, 3, 5) for _ in range(2))
    assert (first == again).all()
    assert (first != methods()[method]().cube(8, 3, 6)).any()
    assert first.shape == ({"saltelli": 8 * 5, "morris": 8 * 4}.get(method, 8), 3)
    assert ((first >= 0) & (first <= 1)).all()


def test_a_latin_hypercube_has_one_sample_in_every_slice():
    cube = methods()["latin_hypercube"]().cube(16, 4, 0)
    assert all(sorted((column * 16).astype(int)) == list(range(16)) for column in cube.T)


def test_sampled_points_lie_in_their_ranges_and_share_zipped_coordinates():
    study = {
        "method": "sobol",
        "samples": 16,
        "vary": {
            "particle.shape.radius": "1um:100um:log",
            "laser.intensity": "1 W/m^2:100 W/m^2:log",
            "chamber.gas": "air,He",
        },
        "zip": [["particle.shape.radius", "laser.intensity"]],
    }
    points = plan(study).points
    assert len(points) == 16
    radii = [p.case.particle.shape.radius for p in points]
    assert min(radii) < 3e-6
    assert max(radii) > 3e-5
    for p in points:
        assert p.case.laser.intensity * 1e-6 == pytest.approx(p.case.particle.shape.radius)
    gases = [p.case.chamber.gas for p in points]
    assert gases.count("air") == gases.count("He") == 8
