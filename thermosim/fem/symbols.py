"""Weak forms written down before UFL, fast to make and exact to compare.

A form of a case that differs from another only in numbers, in the state or in the mesh is the same
machine code. UFL finds that out by a signature, which takes longer than a solve in two dimensions.
Here a form is a tree of `Symbol`; its `reading` lists every operation and every kind of leaf, so
that equal readings are equal forms, and only a new one is handed to UFL (`lowered`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ufl

from thermosim.fem.library import dolfinx

fem = dolfinx.fem
_SCALAR = np.dtype(dolfinx.default_scalar_type)
_COMPILED = getattr(dolfinx.cpp.fem, f"Constant_{_SCALAR.name}")
_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "**": operator.pow, "neg": operator.neg, "abs": abs, "at": operator.getitem,
}  # fmt: skip


class Symbol:
    """An operation on other symbols, or a leaf with the object that it stands for."""

    __slots__ = ("args", "op", "what")
    __array_ufunc__ = None  # NumPy's numbers leave operations with symbols to these

    def __init__(self, op: str, args: tuple[Any, ...] = (), what: Any = None) -> None:
        self.op, self.args, self.what = op, args, what

    def __add__(self, other: Any) -> Symbol:
        return Symbol("+", (self, symbol(other)))

    def __radd__(self, other: Any) -> Symbol:
        begins_sum = isinstance(other, int) and other == 0
        return self if begins_sum else Symbol("+", (symbol(other), self))

    def __sub__(self, other: Any) -> Symbol:
        return Symbol("-", (self, symbol(other)))

    def __rsub__(self, other: Any) -> Symbol:
        return Symbol("-", (symbol(other), self))

    def __mul__(self, other: Any) -> Symbol:
        return Symbol("*", (self, symbol(other)))

    def __rmul__(self, other: Any) -> Symbol:
        return Symbol("*", (symbol(other), self))

    def __truediv__(self, other: Any) -> Symbol:
        return Symbol("/", (self, symbol(other)))

    def __rtruediv__(self, other: Any) -> Symbol:
        return Symbol("/", (symbol(other), self))

    def __pow__(self, other: Any) -> Symbol:
        return Symbol("**", (self, symbol(other)))

    def __rpow__(self, other: Any) -> Symbol:
        return Symbol("**", (symbol(other), self))

    def __neg__(self) -> Symbol:
        return Symbol("neg", (self,))

    def __abs__(self) -> Symbol:
        return Symbol("abs", (self,))

    def __getitem__(self, index: int) -> Symbol:
        return Symbol("at", (self, symbol(index)))

    def __iter__(self) -> Any:
        raise TypeError("a symbol of a form has no parts to go through")


class Constant(Symbol):
    """A number that a compiled form reads at assembly: changing it recompiles nothing."""

    __slots__ = ("_compiled", "_mesh", "_ufl")

    def __init__(self, mesh: Any, value: float) -> None:
        super().__init__("constant")
        self._mesh = mesh
        self._ufl: Any = None
        self._compiled = _COMPILED(np.asarray(value, dtype=_SCALAR))

    @property
    def value(self) -> Any:
        """The number now."""
        return self.compiled.value

    @value.setter
    def value(self, value: float) -> None:
        self.compiled.value[...] = value

    @property
    def compiled(self) -> Any:
        """What compiled forms hold."""
        return self._compiled

    @property
    def ufl(self) -> Any:
        """What UFL's forms hold; it has the same memory."""
        if self._ufl is None:
            self._ufl = fem.Constant(self._mesh, _SCALAR.type(self.value))
            self._ufl._cpp_object = self._compiled
        return self._ufl


def symbol(value: Any) -> Any:
    """Return a number, a function or what UFL makes as a symbol."""
    if isinstance(value, Symbol):
        return value
    if isinstance(value, int | float):
        return Symbol("number", (value if isinstance(value, int) else float(value),))
    if isinstance(value, np.generic):
        return Symbol("number", (value.item(),))
    if isinstance(value, fem.Function):
        return Symbol("function", what=value)
    return Symbol("ufl", what=value)


def applied(name: str, *args: Any) -> Symbol:
    """Return UFL's function `name` of the arguments."""
    return Symbol(name, tuple(symbol(arg) for arg in args))


def function_of_ufl(name: str) -> Callable[..., Any]:
    """Return UFL's function, on symbols where one of its arguments is one."""
    plain = getattr(ufl, name)

    def function(*args: Any) -> Any:
        lazy = any(isinstance(arg, Symbol) for arg in args)
        return applied(name, *args) if lazy else plain(*args)

    return function


def grad(u: Any) -> Symbol:
    """Return the gradient."""
    return applied("grad", u)


def dot(a: Any, b: Any) -> Symbol:
    """Return the product over the inner index."""
    return applied("dot", a, b)


def inner(a: Any, b: Any) -> Symbol:
    """Return the product over all indices."""
    return applied("inner", a, b)


def derivative(F: Any, function: Any, direction: Any) -> Symbol:
    """Return the derivative of a form by a function."""
    return applied("derivative", F, function, direction)


def as_matrix(rows: list[list[Any]]) -> Symbol:
    """Return a matrix."""
    entries = [symbol(entry) for row in rows for entry in row]
    return Symbol("matrix", (symbol(len(rows)), *entries))


def test_function(space: Any) -> Symbol:
    """Return the test function v of a space."""
    return Symbol("argument", (0,), space)


def trial_function(space: Any) -> Symbol:
    """Return the trial function u of a space."""
    return Symbol("argument", (1,), space)


def coordinate(mesh: Any) -> Symbol:
    """Return the coordinates of a mesh."""
    return Symbol("x", what=mesh)


def normal(mesh: Any) -> Symbol:
    """Return the outward normal of facets."""
    return Symbol("n", what=mesh)


def measure(kind: str, mesh: Any, domain: Any, number: int | None, degree: int | None) -> Symbol:
    """Return the measure "dx" or "ds" over the cells or facets of a number; None: over all.

    Numbers are those of the tags of a `domain.Domain`, which may be None without.
    """
    return Symbol(kind, (number, degree), (mesh, domain))


@dataclass
class Reading:
    """A form as a list of its operations (`lines`), and what its leaves stand for.

    Attributes
    ----------
    known : whether nothing in it is known to UFL alone, and there is one mesh
    numbers : kind of measure -> the numbers of cells or facets that it is asked for
    """

    lines: list[tuple[Any, ...]] = field(default_factory=list)
    constants: list[Constant] = field(default_factory=list)
    functions: list[Any] = field(default_factory=list)
    spaces: dict[int, Any] = field(default_factory=dict)
    meshes: list[Any] = field(default_factory=list)
    domain: Any = None
    numbers: dict[str, set[int]] = field(default_factory=dict)
    known: bool = True
    _places: dict[int, int] = field(default_factory=dict)
    _words: dict[int, str] = field(default_factory=dict)

    def place(self, leaf: Any, among: list[Any]) -> int:
        """Return the place of an object in its list, put there, and so kept, if it is new."""
        place = self._places.get(id(leaf))
        if place is None:
            place = self._places[id(leaf)] = len(among)
            among.append(leaf)
        return place

    def mesh(self, mesh: Any) -> str:
        """Return the element of the coordinates of a mesh in words."""
        place = self.place(mesh, self.meshes)
        words = self._words.get(place)
        if words is None:
            words = self._words[place] = repr(mesh.ufl_domain().ufl_coordinate_element())
        return words


def reading(form: Symbol) -> Reading:
    """Return what a form consists of; equal `lines` mean equal machine code."""
    found = Reading()
    seen: dict[Symbol, int] = {}  # symbols are equal to themselves alone
    lines, leaf_of, place_of = found.lines, _LEAVES.get, seen.get

    def visit(part: Symbol) -> int:
        leaf = leaf_of(part.op)
        if leaf is None:
            line: list[Any] = [part.op]
            for arg in part.args:
                known = place_of(arg)
                line.append(visit(arg) if known is None else known)
            lines.append(tuple(line))
        else:
            lines.append(leaf(part, found))
        place = seen[part] = len(lines) - 1
        return place

    visit(form)
    found.known &= len(found.meshes) == 1
    return found


def _constant(part: Symbol, found: Reading) -> tuple[Any, ...]:
    return ("constant", found.place(part, found.constants))


def _number(part: Symbol, found: Reading) -> tuple[Any, ...]:
    return ("number", repr(part.args[0]))  # 1 and 1.0 are two things to UFL


def _function(part: Symbol, found: Reading) -> tuple[Any, ...]:
    space = part.what.function_space
    element = repr(space.ufl_element())
    return ("function", found.place(part.what, found.functions), element, found.mesh(space.mesh))


def _argument(part: Symbol, found: Reading) -> tuple[Any, ...]:
    (number,), space = part.args, part.what
    found.known &= found.spaces.setdefault(number, space) is space
    return ("argument", number, repr(space.ufl_element()), found.mesh(space.mesh))


def _of_mesh(part: Symbol, found: Reading) -> tuple[Any, ...]:
    return (part.op, found.mesh(part.what))


def _measure(part: Symbol, found: Reading) -> tuple[Any, ...]:
    (number, degree), (mesh, domain) = part.args, part.what
    if domain is not None:
        found.known &= found.domain is None or found.domain is domain
        found.domain = domain
    numbers = found.numbers.setdefault(part.op, set())
    if number is not None:
        numbers.add(number)
    return (part.op, number, degree, found.mesh(mesh))


def _only_ufl(part: Symbol, found: Reading) -> tuple[Any, ...]:
    found.known = False
    return ("ufl", id(part.what))


_LEAVES: dict[str, Callable[[Symbol, Reading], tuple[Any, ...]]] = {
    "constant": _constant, "number": _number, "function": _function, "argument": _argument,
    "x": _of_mesh, "n": _of_mesh, "dx": _measure, "ds": _measure, "ufl": _only_ufl,
}  # fmt: skip


def reads(form: Any, function: Any) -> bool:
    """Whether a form holds a function of a space."""
    if not isinstance(form, Symbol):
        return function in ufl.algorithms.extract_coefficients(ufl.as_ufl(form))
    if form.op == "function":
        return form.what is function
    if form.op == "ufl":
        found = form.what
        return not isinstance(found, ufl.Measure) and function in (
            found.coefficients()
            if isinstance(found, ufl.Form)
            else ufl.algorithms.extract_coefficients(ufl.as_ufl(found))
        )
    if form.op in _LEAVES:
        return False
    return any(reads(arg, function) for arg in form.args)


def lowered(form: Any) -> Any:
    """Return a symbol as UFL."""
    made: dict[int, Any] = {}

    def lower(part: Symbol) -> Any:
        if id(part) not in made:
            made[id(part)] = _lower_leaf(part) if part.op in _LEAVES else _lower(part)
        return made[id(part)]

    def _lower(part: Symbol) -> Any:
        if part.op == "matrix":
            n, *entries = [lower(arg) for arg in part.args]
            width = len(entries) // n
            rows = [entries[i * width : (i + 1) * width] for i in range(n)]
            return ufl.as_matrix([[ufl.as_ufl(entry) for entry in row] for row in rows])
        function = _OPERATORS.get(part.op) or getattr(ufl, part.op)
        return function(*[lower(arg) for arg in part.args])

    return lower(form) if isinstance(form, Symbol) else form


def _lower_leaf(part: Symbol) -> Any:
    if isinstance(part, Constant):
        return part.ufl
    match part.op:
        case "number":
            return part.args[0]
        case "argument":
            return ufl.TrialFunction(part.what) if part.args[0] else ufl.TestFunction(part.what)
        case "x":
            return ufl.SpatialCoordinate(part.what)
        case "n":
            return ufl.FacetNormal(part.what)
        case "dx" | "ds":
            return _lower_measure(part)
    return part.what


def _lower_measure(part: Symbol) -> Any:
    (number, degree), (mesh, domain) = part.args, part.what
    metadata = {} if degree is None else {"quadrature_degree": degree}
    tags = None
    if domain is not None:
        tags = domain.cell_tags if part.op == "dx" else domain.facet_data
    found = ufl.Measure(part.op, mesh, subdomain_data=tags, metadata=metadata)
    return found if number is None else found(number)


def __getattr__(name: str) -> Any:
    """Return any other function of UFL by its name, on symbols where an argument is one."""
    if name.startswith("_"):
        raise AttributeError(name)
    return function_of_ufl(name)
