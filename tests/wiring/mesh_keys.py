"""Whether the name of a kept mesh follows what shapes it."""

from .helpers import case_of, mesh_key

ASKED = {"min_quality", "max_cells"}
"""Whether a mesh is good enough: its name may hold them or not."""
NOT_THE_MESH = {"cache", "target_error"}


def changed(section, change):
    """A section with other values; None takes a key away."""
    found = section | change
    return {key: value for key, value in found.items() if value is not None}


def check(build, section, shaping, rest=None, folder=None):
    """Every change of `shaping` gives the mesh another name, and none of `rest` does."""

    def name(change):
        return mesh_key(case_of(build(changed(section, change)), folder))

    assert name({}) == name({})
    for table, shapes in ((shaping, True), (rest or {}, False)):
        for key, value in table.items():
            before, after = value if isinstance(value, tuple) else ({}, {key: value})
            assert (name(before) != name(after)) == shapes, key
