"""Imports point downward only, in-function and type-only ones too; the layers are the folders."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "thermosim"
# Rooms of the house, top to bottom: a room may use what stands below it (CONTRIBUTING.md).
ROOMS = (
    "cli", "reproduce", "infer", "studies", "run", "visual", "light", "heat", "mesh", "results",
    "limits", "model", "case", "gain", "bodies", "optics", "thermometry", "schedule", "shapes",
    "materials", "language", "fem", "errors",
)  # fmt: skip
TOP = {"__init__", "__main__", "errors"}  # modules that are no room
MOST_AT_TOP = 8
MOST_ARROWS = 140  # from room to room
WITHOUT_FEM = ROOMS[ROOMS.index("results") :]
HEAVY = ("dolfinx", "gmsh", "pyvista", "petsc4py", "ufl", "mpi4py", "vtk")
DOORS = {"thermosim.language.namespaces": "ufl", "thermosim.shapes.cad": "gmsh"}


def module_name(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The folder of a module below the package, or the module itself at top level."""
    return [*module.split("."), "__init__"][1]


def imports_of(tree: ast.AST) -> list[tuple[str, int]]:
    """Every module that is imported, at run time or for types alone, with its line."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = {module_name(path): path for path in FILES}


def own_imports(path: Path) -> list[tuple[str, int]]:
    """Modules of the package that a file imports, names of things in modules cut off."""
    found = []
    for name, line in imports_of(ast.parse(path.read_text())):
        if name.split(".")[0] == "thermosim":
            module = name if name in NAMES else name.rpartition(".")[0]
            found.append((module, line))
    return found


@pytest.mark.parametrize("name", NAMES, ids=list(NAMES))
def test_imports_point_downward(name):
    own = room_of(name)
    if own in ("__init__", "__main__"):
        return
    assert own in ROOMS, f"{name}: the room {own} has no place in ROOMS and CONTRIBUTING.md"
    upward = [
        f"line {line}: {target}"
        for target, line in own_imports(NAMES[name])
        if target != "thermosim" and ROOMS.index(room_of(target)) < ROOMS.index(own)
    ]
    assert not upward, f"{name} imports upward: {upward}"


def test_no_circle_between_modules():
    """A depth-first walk over all imports finds no module that leads back to itself."""
    arrows = {name: sorted({t for t, _ in own_imports(path)}) for name, path in NAMES.items()}
    done: set[str] = set()
    circles = []

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            circles.append(" > ".join([*path[path.index(name) :], name]))
        elif name not in done:
            for target in arrows.get(name, []):
                # a package stands for what its __init__ imports; its modules name themselves
                if target not in (name, "thermosim"):
                    visit(target, [*path, name])
            done.add(name)

    for name in arrows:
        visit(name, [])
    assert not circles, circles


def test_the_checks_see_what_they_look_for():
    tree = ast.parse("def f():\n    from thermosim.run.simulate import simulate\n")
    assert imports_of(tree) == [("thermosim.run.simulate.simulate", 2)]
    assert room_of("thermosim.run.simulate") == "run"
    assert ROOMS.index("run") < ROOMS.index("gain")


def test_few_arrows_from_room_to_room():
    arrows = {
        (room_of(name), room_of(target))
        for name, path in NAMES.items()
        for target, _ in own_imports(path)
    }
    rooms = {(a, b) for a, b in arrows if a != b and not {a, b} & {"__init__", "__main__"}}
    assert len(rooms) <= MOST_ARROWS, sorted(rooms)


def test_few_modules_stand_at_top_level():
    top = sorted(path.stem for path in PACKAGE.glob("*.py"))
    assert set(top) == TOP
    assert len(top) <= MOST_AT_TOP


KINDS = {"Case", "ParticleCase", "BodyCase", "AnyCase", "CaseBase"}
OF_A_KIND = {"particle", "substrate", "geometry", "regions", "boundaries"}


def asks_for_the_kind(tree: ast.AST) -> list[int]:
    """Lines that ask which kind of case there is: plainly, or in one of the disguises."""

    def names(*nodes: ast.AST | None) -> set[str]:
        found = [n for node in nodes if node is not None for n in ast.walk(node)]
        return {n.id for n in found if isinstance(n, ast.Name)} | {
            n.attr for n in found if isinstance(n, ast.Attribute)
        }

    lines = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kind, *_]):
                asks = bool(names(kind) & KINDS)
            case ast.Call(func=ast.Name(id="hasattr" | "getattr"), args=[whom, what, *_]):
                known = isinstance(what, ast.Constant) and what.value in OF_A_KIND
                asks = known and "case" in names(whom)
            case ast.Call(func=ast.Name(id="type"), args=[whom]):
                asks = any("case" in name for name in names(whom))
            case ast.Attribute(value=whom, attr="__class__"):
                asks = any("case" in name for name in names(whom))
            case ast.Compare(left=left, comparators=others):
                asks = bool(names(left, *others) & KINDS)
            case ast.Dict(keys=keys):
                asks = bool(names(*keys) & KINDS)
            case ast.MatchClass(cls=kind):
                asks = bool(names(kind) & KINDS)
            case ast.FunctionDef(name=name):
                asks = name.endswith("_case") and name.split("_")[-2] in ("particle", "general")
            case _:
                asks = False
        if asks:
            lines.append(node.lineno)
    return lines


def test_only_model_and_case_ask_for_the_kind_of_a_case():
    asking = [
        f"{name}:{line}"
        for name, path in NAMES.items()
        if room_of(name) not in ("model", "case")
        for line in asks_for_the_kind(ast.parse(path.read_text()))
    ]
    assert not asking, asking


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(case, Case)",
        "isinstance(result.case, particle_case.Case | str)",
        "type(case) is BodyCase",
        "type(result.case) in table",
        "case.__class__.__name__",
        "hasattr(case, 'geometry')",
        "getattr(result.case, 'particle', None)",
        "{Case: 1, BodyCase: 2}",
        "match case:\n    case BodyCase():\n        pass",
        "def load_particle_case(path): ...",
        "def general_case(result): ...",
    ],
)
def test_disguises_are_seen(source):
    assert asks_for_the_kind(ast.parse(source))


@pytest.mark.parametrize("name", NAMES, ids=list(NAMES))
def test_low_rooms_need_no_finite_elements(name):
    if room_of(name) not in WITHOUT_FEM or room_of(name) == "fem":
        return
    loaded = {n.split(".")[0] for n, _ in imports_of(ast.parse(NAMES[name].read_text()))}
    heavy = loaded & set(HEAVY) - {DOORS.get(name, "")}
    assert not heavy, f"{name} imports {sorted(heavy)}"


# These of DOLFINx take a facet between two ranks for the outside of a mesh from the cache.
BLIND = ("exterior_facet_indices", "locate_entities_boundary", "interprocess_facets")


@pytest.mark.parametrize("name", NAMES, ids=list(NAMES))
def test_the_outside_of_a_mesh_is_asked_of_its_domain(name):
    if name == "thermosim.fem.facets":
        return
    words = {
        getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
        for node in ast.walk(ast.parse(NAMES[name].read_text()))
    }
    assert not words & set(BLIND), f"{name}: ask Domain.outer_facets()"
