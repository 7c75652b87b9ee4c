"""Imports point downward only: the layers of CONTRIBUTING.md, imports inside functions too."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "thermosim"
LAYERS = {
    "units": 0, "errors": 0, "sections": 0, "namespaces": 0, "expressions": 0,
    "cad": 0,
    "materials": 1, "shapes": 1, "gain": 1, "chamber": 1, "contact": 1, "limits": 1,
    "thermometry": 1, "emissivity": 1, "particle": 1, "substrates": 1, "settings": 1,
    "optics": 1, "schedule": 1, "transient_settings": 1, "lockin": 1, "starter": 1,
    "viewfactors": 1, "viewfactors_rays": 1, "viewfactors_revolved": 1, "radiation_settings": 1,
    "films": 1,
    "geometry": 1, "study_settings": 1,
    "case": 2, "case_base": 2, "case_errors": 2, "general_case": 2, "derived": 2,
    "mesh": 3, "fem": 3, "fem_mesh": 3, "parallel": 3,
    "heat": 4, "optics.absorbed": 4, "optics.wave": 4, "observables": 4,
    "results": 5,
    "simulation": 6, "simulate_transient": 6, "simulate_general": 6, "adapt": 6,
    "adapt_body": 6,
    "studies": 7, "visual": 7, "reproduce": 7,
    "cli": 8, "__main__": 8, "doctor": 8,
}  # fmt: skip
ANYWHERE = {"thermosim"}  # `from thermosim import __version__`


def layer_of(module: str) -> int | None:
    parts = module.split(".")[1:]
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        if name in LAYERS:
            return LAYERS[name]
    return None


def module_name(path: Path) -> str:
    parts = list(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.AST) -> list[tuple[str, int]]:
    """Every thermosim module that is imported at run time, with its line."""
    skipped = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for statement in block.body
        for node in ast.walk(statement)
    }
    found = []
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node.lineno))
    return [(name, line) for name, line in found if name.split(".")[0] == "thermosim"]


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=[module_name(path) for path in FILES])
def test_imports_point_downward(path):
    name = module_name(path)
    own = layer_of(name)
    assert own is not None, f"{name} has no layer: add it to LAYERS and to CONTRIBUTING.md"
    upward = [
        f"line {line}: {target}"
        for target, line in imports_of(ast.parse(path.read_text()))
        if target not in ANYWHERE and (layer_of(target) is None or layer_of(target) > own)
    ]
    assert not upward, f"{name} (layer {own}) imports upward: {upward}"


def test_the_check_sees_an_upward_import():
    tree = ast.parse("def f():\n    from thermosim.simulation import simulate\n")
    assert imports_of(tree) == [("thermosim.simulation", 2)]
    assert layer_of("thermosim.simulation") > layer_of("thermosim.gain.model")
    assert layer_of("thermosim.optics.absorbed") > layer_of("thermosim.optics.beam")


DOORS = {
    "thermosim.namespaces",
    "thermosim.cad",
}  # ufl and gmsh, inside the function that needs them
HEAVY = ("dolfinx", "gmsh", "pyvista", "petsc4py", "ufl", "mpi4py", "vtk")


@pytest.mark.parametrize("path", FILES, ids=[module_name(path) for path in FILES])
def test_low_layers_need_no_finite_elements(path):
    name = module_name(path)
    if layer_of(name) is None or layer_of(name) > 2 or name in DOORS:
        pytest.skip("may import finite elements")
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        assert not [n for n in names if n.split(".")[0] in HEAVY], f"{name}:{node.lineno}"
