"""Samples of a study: what points of the unit cube stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thermosim.case.study import Study, Variable


def sample_columns(
    study: Study, groups: tuple[tuple[Variable, ...], ...]
) -> dict[str, tuple[Any, ...]]:
    """Return the values of each path at every sample; grouped paths share one coordinate."""
    assert study.samples is not None
    cube = study.sampling.cube(study.samples, len(groups), study.seed)
    return {
        variable.path: variable.at(shares)
        for shares, group in zip(cube.T, groups, strict=True)
        for variable in group
    }
