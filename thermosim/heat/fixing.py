"""What fixes the level of a steady temperature: every part of a body must give heat to something.

Parts are what the mesh connects, whatever their names; contacts and gas gaps join them. A part that
is held nowhere and whose heat depends nowhere on its temperature has no one steady state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import CaseError, Problem
from thermosim.fem import symbols
from thermosim.fem.domain import boundary_dofs
from thermosim.fem.spaces import cell_dofs
from thermosim.model.budget import STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from thermosim.heat.problem import HeatProblem

    Labels = NDArray[np.int64]


def check_fixed(problem: HeatProblem) -> None:
    """Refuse a steady problem in which nothing fixes the temperature of a part (collective).

    Raises
    ------
    CaseError
        Naming its region.
    """
    labels, n = _parts(problem)
    comm, fixed = problem.domain.comm, np.zeros(n, dtype=bool)
    for dofs in _fixing_dofs(problem):
        fixed[labels[dofs]] = True
    fixed = np.any(comm.allgather(fixed), axis=0)
    if fixed.all():
        return
    faults = []
    for body in problem.model.bodies:
        cells = problem.domain.cells(body.region)
        met = np.zeros(n, dtype=bool)
        met[labels[problem.space.dofmap.list[cells].ravel()]] = True
        met = np.any(comm.allgather(met), axis=0)
        if np.any(met & ~fixed):
            part = "" if np.all(~fixed[met]) else "of a part of it, "
            rule = f"{part}nothing fixes the temperature, so there is no one steady state"
            remedy = (
                "hold a boundary of it, give it convection or radiation, or a contact with a part "
                "that has them; or add a section [transient]"
            )
            faults.append(Problem(f'region "{body.region}"', "", rule, remedy))
    raise CaseError(faults)


def _fixing_dofs(problem: HeatProblem) -> list[NDArray[np.int32]]:
    """Return the local dofs on every face and in every region that fixes a temperature."""
    space, domain = problem.space, problem.domain
    found = [problem.held_dofs]
    for name, form in problem.residual_terms.items():
        kind, _, place = name.partition(":")
        if kind == "conduction" or place == STORED or not symbols.reads(form, problem.theta):
            continue
        if kind == "source":
            found.append(cell_dofs(space, domain.cells(place)))
        else:
            found.append(boundary_dofs(space, domain, [kind]))
    return found


def _parts(problem: HeatProblem) -> tuple[Labels, int]:
    """Return the number of the part of each local dof, and how many parts there are."""
    local, count = _local_parts(problem)
    comm = problem.domain.comm
    before = np.concatenate([[0], np.cumsum(comm.allgather(count))])
    mine = local + before[comm.rank]
    edges = [_across_ranks(problem, mine), *_joined(problem, mine)]
    pairs = np.concatenate(comm.allgather(np.concatenate(edges)))
    n, labels = _components(pairs, int(before[-1]))
    return labels[mine], n


def _local_parts(problem: HeatProblem) -> tuple[Labels, int]:
    # by vertices, whose numbers follow the cells: dofs are more, and in an order that takes thrice
    # as long
    topology, tdim = problem.domain.mesh.topology, problem.domain.tdim
    vertices = topology.connectivity(tdim, 0).array.reshape(-1, tdim + 1)
    pairs = np.stack([np.repeat(vertices[:, 0], tdim), vertices[:, 1:].ravel()], axis=1)
    index_map = topology.index_map(0)
    n, of_vertices = _components(pairs, index_map.size_local + index_map.num_ghosts)
    labels = np.zeros(len(problem.theta.x.array), dtype=np.int64)
    labels[np.asarray(problem.space.dofmap.list)] = of_vertices[vertices[:, :1]]
    return labels, n


def _components(pairs: NDArray[Any], n: int) -> tuple[int, Labels]:
    """Return how many parts the pairs of n nodes leave, and the number of each node's.

    Each part hangs on its lowest node in the end (Shiloach and Vishkin,
    10.1016/0196-6774(82)90008-6): SciPy's graphs take longer to import than a mesh takes here.
    """
    lowest, (one, other) = np.arange(n, dtype=pairs.dtype), pairs.T
    while len(one):
        one, other = lowest[one], lowest[other]
        apart = one != other
        one, other = one[apart], other[apart]
        lowest[np.maximum(one, other)] = np.minimum(one, other)  # any lower one will do
        while np.any(lowest[lowest] != lowest):
            lowest = lowest[lowest]
    roots, labels = np.unique(lowest, return_inverse=True)
    return len(roots), np.asarray(labels, dtype=np.int64).ravel()


def _across_ranks(problem: HeatProblem, mine: Labels) -> Labels:
    """Return pairs of parts that are one since a rank holds a node of another one's."""
    index_map, comm = problem.space.dofmap.index_map, problem.domain.comm
    ghosts = np.stack([index_map.ghosts, mine[index_map.size_local :]], axis=1)
    told = np.unique(np.concatenate(comm.allgather(ghosts)), axis=0)
    low, high = index_map.local_range
    told = told[(told[:, 0] >= low) & (told[:, 0] < high)]
    return np.stack([mine[told[:, 0] - low], told[:, 1]], axis=1)


def _joined(problem: HeatProblem, mine: Labels) -> list[Labels]:
    """Return pairs of parts that contacts and gas gaps join, over all ranks."""
    model, comm = problem.model, problem.domain.comm
    pairs = [(jump.side_1, jump.side_2) for jump in model.jumps]
    pairs += [(gap.upper, gap.lower) for gap in model.gaps]
    # a boundary that the mesh lacks is told by the gap that asks for it
    pairs = [pair for pair in pairs if all(problem.domain.has(name) for name in pair)]
    found = []
    for pair in pairs:
        # a face may belong to several parts: all that two faces touch are taken as joined
        dofs = boundary_dofs(problem.space, problem.domain, pair)
        parts = np.unique(np.concatenate(comm.allgather(np.unique(mine[dofs]))))
        found.append(np.stack([parts[:-1], parts[1:]], axis=1))
    return found
