"""Meshes of gmsh (.msh 4.1, text) read without gmsh: ten times as fast, and no crash to fear.

`MshFile` answers the questions of `thermosim.mesh` as a gmsh session with that file does, node for
node. Only plain files are read: nodes and simplices of first or second order on entities that the
file names. For anything else, and for anything that is wrong, there is gmsh and its messages.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_SECTIONS = ["MeshFormat", "PhysicalNames", "Entities", "Nodes", "Elements"]
_HEAD = [b"4.1", b"0", b"8"]  # version, text, bytes of a number
_LARGEST = 2**31  # of a tag: nodes are read as floats, and tables are as long

_LINE = ((0, 1),)
_TRIANGLE = ((0, 1), (1, 2), (2, 0))
_TETRAHEDRON = (*_TRIANGLE, (3, 0), (3, 2), (3, 1))
_KINDS: dict[int, tuple[str, int, int, tuple[tuple[int, int], ...]]] = {
    15: ("Point", 0, 0, ()),
    1: ("Line 2", 1, 1, ()),
    2: ("Triangle 3", 2, 1, ()),
    4: ("Tetrahedron 4", 3, 1, ()),
    8: ("Line 3", 1, 2, _LINE),
    9: ("Triangle 6", 2, 2, _TRIANGLE),
    11: ("Tetrahedron 10", 3, 2, _TETRAHEDRON),
}
"""Name, dimension, order, and the edges that have a node in their middle, by gmsh's number."""


class OtherwiseError(ValueError):
    """The file is none that is read here."""


@dataclass(frozen=True)
class _Read:
    """What a file holds.

    Attributes
    ----------
    names : of physical groups, by dimension and tag
    groups : tags of entities of each physical group, by dimension and tag
    tags, points : of all nodes, entity by entity, shape (n,) and (n, 3)
    elements : type, tags and nodes of the elements of each entity, by its dimension and tag
    """

    names: dict[tuple[int, int], str]
    groups: dict[tuple[int, int], list[int]]
    tags: Ints
    points: Floats
    elements: dict[tuple[int, int], tuple[int, Ints, Ints]]


@dataclass(frozen=True)
class MshFile:
    """A file that was read: `model` has the functions of gmsh that ask for meshes and groups."""

    model: Any


def plain_msh(path: Path) -> MshFile | None:
    """Return a file that was read; None if gmsh has to read it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # a text that is no number
            return _session(_read(path.read_bytes()))
    except (OtherwiseError, DeprecationWarning, ValueError, IndexError, OverflowError):
        return None


def _session(read: _Read) -> MshFile:
    """Return functions that answer as gmsh's do."""

    def of(dim: int, tag: int = -1) -> dict[int, list[tuple[Ints, Ints]]]:
        found: dict[int, list[tuple[Ints, Ints]]] = {}
        for entity, (kind, tags, nodes) in sorted(read.elements.items(), key=lambda e: e[0]):
            if entity[0] == dim and tag in (-1, entity[1]):
                found.setdefault(kind, []).append((tags, nodes))
        return found

    def elements(dim: int, tag: int = -1) -> tuple[list[int], list[Ints], list[Ints]]:
        found = of(dim, tag)
        parts = [[np.concatenate(part) for part in zip(*f, strict=True)] for f in found.values()]
        return list(found), [tags for tags, _ in parts], [nodes for _, nodes in parts]

    mesh = SimpleNamespace(
        getNodes=lambda: (read.tags, read.points.ravel(), np.empty(0)),
        getElements=elements,
        getElementTypes=lambda dim: list(of(dim)),
        getElementProperties=_properties,
    )
    model = SimpleNamespace(
        mesh=mesh,
        getPhysicalGroups=lambda dim: [group for group in sorted(read.groups) if group[0] == dim],
        getEntitiesForPhysicalGroup=lambda dim, tag: read.groups[dim, tag],
        getPhysicalName=lambda dim, tag: read.names.get((dim, tag), ""),
    )
    return MshFile(model)


def _properties(kind: int) -> tuple[str, int, int, int, Floats, int]:
    """Return name, dimension, order, nodes, their places in the unit simplex, and corners."""
    name, dim, order, edges = _KINDS[kind]
    low = -1.0 if dim == 1 else 0.0  # gmsh's line goes from -1 to 1
    corners = np.vstack([np.full((1, dim), low), np.eye(dim)]) if dim else np.zeros((1, 0))
    middles = [corners[list(edge)].mean(axis=0) for edge in edges]
    places = np.vstack([corners, *middles])
    return name, dim, order, len(places), places.ravel(), len(corners)


def _read(content: bytes) -> _Read:
    """Return what a file holds.

    Raises
    ------
    OtherwiseError, ValueError, IndexError, OverflowError, DeprecationWarning
        If it is not plain, or not whole.
    """
    sections = _sections(content)
    if sections["MeshFormat"].split() != _HEAD:
        raise OtherwiseError
    names = _names(sections.get("PhysicalNames", b"0"))
    entities = _entities(sections["Entities"])
    tags, points = _nodes(sections["Nodes"], entities)
    elements = _elements(sections["Elements"], entities)
    known = np.zeros(int(tags.max()) + 1, dtype=bool)
    known[tags] = True
    if not all(known[used].all() for _, _, used in elements.values()):
        raise OtherwiseError
    groups: dict[tuple[int, int], list[int]] = {}
    for (dim, entity), physical in sorted(entities.items()):
        for group in physical:
            groups.setdefault((dim, group), []).append(entity)
    return _Read(names, groups, tags, points, elements)


def _sections(content: bytes) -> dict[str, bytes]:
    """Return the text of the sections, each of which is there once, in gmsh's order."""
    found: dict[str, bytes] = {}
    end = 0
    while (start := content.find(b"$", end)) >= 0:
        line = content.index(b"\n", start)
        name = content[start + 1 : line].strip().decode("ascii")
        close = content.index(b"$", line)
        mark = f"$End{name}".encode()
        between = content[end:start].strip()
        if between or name in found or not content.startswith(mark, close):
            raise OtherwiseError
        found[name], end = content[line:close], close + len(mark)
    known = [name for name in _SECTIONS if name in found or name != "PhysicalNames"]
    if list(found) != known or content[end:].strip():
        raise OtherwiseError
    return found


def _names(text: bytes) -> dict[tuple[int, int], str]:
    lines = text.decode("utf-8").strip().splitlines()
    found = {}
    for line in lines[1:]:
        dim, tag, name = line.split(maxsplit=2)
        name = name.strip()
        if len(name) < 2 or name[0] != '"' or name[-1] != '"' or '"' in name[1:-1]:
            raise OtherwiseError
        found[int(dim), int(tag)] = name[1:-1]
    if len(found) != int(lines[0]) or len(found) != len(lines) - 1:
        raise OtherwiseError
    return found


def _entities(text: bytes) -> dict[tuple[int, int], list[int]]:
    """Return the physical groups of each entity by its dimension and tag."""
    words = text.split()
    found: dict[tuple[int, int], list[int]] = {}
    at = 4
    for dim, count in enumerate(map(int, words[:4])):
        for _ in range(count):
            tag = int(words[at])
            at += 4 if dim == 0 else 7
            n_groups = _count(words[at])
            groups = [int(word) for word in words[at + 1 : at + 1 + n_groups]]
            at += 1 + n_groups
            if dim:
                at += 1 + _count(words[at])
            if (dim, tag) in found or min([tag, *groups]) < 1 or len(set(groups)) < len(groups):
                raise OtherwiseError
            found[dim, tag] = sorted(groups)
    if at != len(words):
        raise OtherwiseError
    return found


def _count(word: bytes) -> int:
    number = int(word)
    if number < 0:
        raise OtherwiseError
    return number


def _nodes(text: bytes, entities: dict[tuple[int, int], list[int]]) -> tuple[Ints, Floats]:
    """Return tags and places of all nodes in gmsh's order: by dimension and tag of the entity."""
    numbers = np.fromstring(text, sep=" ")
    n_blocks, n_nodes = (int(n) for n in numbers[:2])
    blocks, at = [], 4
    for _ in range(n_blocks):
        dim, tag, parametric, count = (int(n) for n in numbers[at : at + 4])
        start, at = at + 4, at + 4 + 4 * count
        if parametric or count < 0 or (dim, tag) not in entities:
            raise OtherwiseError
        blocks.append((dim, tag, start, count))
    if at != len(numbers) or not np.isfinite(numbers).all():
        raise OtherwiseError
    blocks.sort()
    if any(one[:2] == other[:2] for one, other in pairwise(blocks)):
        raise OtherwiseError
    named = np.concatenate([numbers[start : start + count] for _, _, start, count in blocks])
    places = [numbers[start + count : start + 4 * count] for _, _, start, count in blocks]
    tags = named.astype(np.int64)
    once = len(tags) and tags.min() >= 1 and tags.max() < _LARGEST and (tags == named).all()
    if not once or len(tags) != n_nodes or len(np.unique(tags)) != n_nodes:
        raise OtherwiseError
    return tags, np.concatenate(places).reshape(-1, 3)


def _elements(
    text: bytes, entities: dict[tuple[int, int], list[int]]
) -> dict[tuple[int, int], tuple[int, Ints, Ints]]:
    """Return type, tags and nodes of the elements of each entity, which has one type of them."""
    numbers = np.fromstring(text, dtype=np.int64, sep=" ")
    found: dict[tuple[int, int], tuple[int, Ints, Ints]] = {}
    at, total = 4, 0
    for _ in range(int(numbers[0])):
        dim, tag, kind, count = (int(n) for n in numbers[at : at + 4])
        if kind not in _KINDS or (dim, tag) not in entities or (dim, tag) in found or count < 1:
            raise OtherwiseError
        _, of_dim, _, n_nodes, _, _ = _properties(kind)
        if of_dim != dim:
            raise OtherwiseError
        end = at + 4 + count * (1 + n_nodes)
        rows = numbers[at + 4 : end].reshape(count, 1 + n_nodes)
        found[dim, tag] = kind, rows[:, 0], rows[:, 1:].ravel()
        at, total = end, total + count
    if at != len(numbers) or total != numbers[1] or not found or numbers[4:].min() < 0:
        raise OtherwiseError
    return found
