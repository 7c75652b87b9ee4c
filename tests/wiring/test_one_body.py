"""One body written as slab, as stack of one layer and as own geometry gives one answer."""

import pytest

pytestmark = pytest.mark.fem
pytest.importorskip("dolfinx")

from thermosim import simulate  # noqa: E402

from .bodies import own_geometry, particle, pedestal, slab, stack  # noqa: E402
from .helpers import case_of, limits, mesh_of  # noqa: E402

NUMBERS = (
    "delta_T_mean_K", "delta_T_min_K", "delta_T_max_K", "delta_T_contact_particle_K",
    "delta_T_contact_substrate_K", "delta_T_error_K", "heat_source_W", "heat_to_chamber_W",
    "heat_to_substrate_W", "heat_substrate_to_chamber_W", "heat_to_holder_W",
)  # fmt: skip
QUICK = {"solver": {"error_estimate": False}}
LASER = {"laser": {"intensity": "3 kW/cm^2"}}
RAYS = {**LASER, "optics": {"model": "rays", "n_rays": 512}, **QUICK}
LIGHT = (
    "absorbed_power_W", "absorbed_by_dots_W", "absorbed_by_substrate_W", "incident_power_W",
    "reflected_fraction", "into_substrate_fraction", "delta_T_mean_K",
)  # fmt: skip


def told(notes):
    """Notes with the names of layers as of a slab."""
    return [note.replace("substrate_1", "substrate") for note in notes]


def test_limits_of_slab_and_stack():
    of_slab, of_stack = limits(particle(slab()), -9.0), limits(particle(stack()), -9.0)
    assert of_slab["conductance_contact_W_per_K"] > 0
    assert of_stack == pytest.approx(of_slab, rel=1e-9)


def test_limits_know_the_layer_under_the_contact():
    thick, top = (
        limits(particle(slab("fused_silica"))),
        limits(particle(stack("fused_silica", "mica"))),
    )
    assert top == pytest.approx(thick, rel=5e-3)  # mica 20 µm below a contact of 1 µm


@pytest.mark.parametrize("contact", [{}, {"h_c": "1e7 W/(m^2*K)"}], ids=["perfect", "interface"])
def test_heat_of_slab_and_stack(contact):
    touch = {"contact": {"kind": "disk", "radius": "1 um", **contact}}
    found = [simulate(case_of(particle(body, **touch))) for body in (slab(), stack())]
    one, two = (result.summary for result in found)
    assert one["delta_T_mean_K"] < 0
    assert one.keys() == two.keys()
    names = [name for name in NUMBERS if name in one]
    assert {n: two[n] for n in names} == pytest.approx({n: one[n] for n in names}, rel=1e-9)
    assert found[1].budget == pytest.approx(found[0].budget, rel=1e-9)


def test_heat_of_a_stack_of_equal_layers():
    """An interface that parts nothing changes the cells, and no more than those do."""
    one = simulate(case_of(particle(slab()))).summary
    two = simulate(case_of(particle(stack("mica", "mica", thickness="10 um")))).summary
    assert two["delta_T_mean_K"] == pytest.approx(one["delta_T_mean_K"], rel=5e-3)


def test_heat_of_the_pedestal_of_one_material_and_own_name():
    plain = simulate(case_of(particle(pedestal("mica"))))
    named = simulate(case_of(particle(pedestal("mica", "mica"))))
    assert named.budget == pytest.approx(plain.budget, rel=1e-12)


def test_rays_of_slab_and_stack():
    one, two = (
        simulate(case_of(particle(body, **RAYS))) for body in (slab("silicon"), stack("silicon"))
    )
    assert one.summary["into_substrate_fraction"] > 0.1
    assert two.summary["delta_T_mean_K"] == pytest.approx(one.summary["delta_T_mean_K"], rel=1e-6)
    for name in LIGHT:
        assert two.summary[name] == pytest.approx(one.summary[name], rel=1e-6), name
    assert told(two.notes) == told(one.notes)
    assert two.budget["source:substrate_1"] == pytest.approx(
        one.budget["source:substrate"], rel=1e-6
    )


def test_rays_meet_the_material_of_the_pillar():
    """The substrate of rays is a half-space of what is under the contact."""
    one, two = (
        simulate(case_of(particle(body, **RAYS))).summary
        for body in (slab("silicon"), pedestal("fused_silica", "silicon"))
    )
    names = ("into_substrate_fraction", "reflected_fraction", "transmitted_fraction",
             "absorbed_power_model_W")  # fmt: skip
    for name in names:
        assert two[name] == pytest.approx(one[name], rel=1e-6), name


def test_notes_of_materials_out_of_their_range():
    """Silicon is known above 200 K: slab and stack at 150 K say so alike."""
    cold = {"chamber": {"temperature": "150 K"}, **QUICK}
    one, two = (
        simulate(case_of(particle(body, **cold))).notes
        for body in (slab("silicon"), stack("silicon"))
    )
    assert any("silicon" in note for note in one)
    assert told(two) == told(one)


def test_notes_of_the_material_of_a_pillar():
    cold = {
        "chamber": {"temperature": "150 K"},
        **QUICK,
        "materials": {"steady": {"conductivity": "1 W/(m*K)"}},
    }
    notes = simulate(case_of(particle(pedestal("steady", "silicon"), **cold))).notes
    assert any("silicon" in note for note in notes)


@pytest.mark.parametrize("floating", [False, True], ids=["on slab", "floating"])
def test_heat_of_the_same_mesh_as_own_geometry(tmp_path, floating):
    tree = particle(None if floating else slab())
    ours = simulate(case_of(tree))
    same = own_geometry(mesh_of(case_of(tree)), tmp_path)
    theirs = simulate(case_of(same, tmp_path))
    names = ("delta_T_mean_K", "delta_T_min_K", "delta_T_max_K", "heat_source_W", "n_dofs")
    for name in names:
        assert theirs.summary[name] == pytest.approx(ours.summary[name], rel=1e-9), name
    flows = {name: heat for name, heat in ours.budget.items() if heat}
    assert {n: theirs.budget[n] for n in flows} == pytest.approx(flows, rel=1e-9)
    discretisation = abs(ours.summary["delta_T_error_discretisation_K"])
    error = abs(theirs.summary["delta_T_error_discretisation_K"])
    assert error == pytest.approx(discretisation, rel=1e-9)
    assert theirs.summary["delta_T_error_K"] >= error
    assert not theirs.notes


def test_notes_of_own_geometry_out_of_range(tmp_path):
    tree = particle(slab("silicon"), chamber={"temperature": "150 K"})
    one = simulate(case_of(tree))
    same = own_geometry(mesh_of(case_of(tree)), tmp_path)
    same["regions"]["substrate"]["material"] = "silicon"
    for boundary in same["boundaries"].values():
        if "radiation" in boundary:
            boundary["radiation"]["T_env"] = "150 K"
        else:
            boundary["temperature"] = "150 K"
    two = simulate(case_of(same, tmp_path))
    assert two.summary["delta_T_mean_K"] == pytest.approx(one.summary["delta_T_mean_K"], rel=1e-9)
    # own geometry tells the temperatures of each region, a particle those of all
    of_silicon, same_of_silicon = (
        [note.partition(", used")[0] for note in notes if "(silicon)" in note]
        for notes in (one.notes, two.notes)
    )
    assert of_silicon
    assert same_of_silicon == of_silicon
