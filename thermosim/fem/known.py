"""Forms that are known from before: by their symbols, without asking UFL what they are.

In a process a form is known once it was compiled; between processes a note beside the compiled
forms says which of them a reading is. Notes carry the versions of all that makes machine code, and
of the code that turns symbols into UFL: where one differs there is no note.
"""

from __future__ import annotations

import functools
import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thermosim.fem import compile as compiling
from thermosim.fem.library import dolfinx
from thermosim.fem.native import belongs_to_us
from thermosim.fem.parallel import on_root
from thermosim.fem.symbols import Reading, Symbol, lowered, reading


@dataclass(frozen=True)
class Plan:
    """Which leaf of a reading the machine code takes where.

    Attributes
    ----------
    folder : name of the folder of the compiled form
    functions, constants : places in the reading, in the order of the machine code
    """

    folder: str
    functions: tuple[int, ...]
    constants: tuple[int, ...]


@dataclass(frozen=True)
class Known:
    """A compiled form, without the mesh and the numbers that it is used with."""

    plan: Plan
    ufcx_form: Any
    module: Any


_KNOWN: dict[Any, Known] = {}


def compile_form(form: Any, found: Reading | None = None) -> Any:
    """Return a form, of symbols or UFL's, as machine code (collective).

    `found` is its reading, where that is known.
    """
    if not isinstance(form, Symbol):
        return compiling.compile_form(form)
    found = found or reading(form)
    if not (found.known and _is_made_by_hand()):
        return compiling.compile_form(lowered(form))
    comm = found.meshes[0].comm
    key = (comm.size, *found.lines)
    known = _KNOWN.get(key)
    if known is None:
        note = _note_of(found.lines)
        known = _recalled(note, comm)
        if known is None:
            made, known = _learned(form, found)
            if known is None:
                return made
            plan = known.plan
            on_root(comm, lambda: _write(note, plan))
        _KNOWN[key] = known
    return _made(known, found)


@functools.cache
def _is_made_by_hand() -> bool:
    """Whether `_made` fits this version of DOLFINx, and its numbers are real ones."""
    real = np.dtype(dolfinx.default_scalar_type) == np.float64
    return bool(dolfinx.__version__.startswith("0.9.") and real)


def _learned(form: Symbol, found: Reading) -> tuple[Any, Known | None]:
    """Return a form that UFL compiles, and what to keep of it; None of one that is empty."""
    ufl_form = lowered(form)
    if ufl_form.empty():
        return compiling.compile_form(ufl_form), None
    made = compiling.compile_form(ufl_form)
    code, functions = made.ufcx_form, ufl_form.coefficients()
    order = [
        functions[code.original_coefficient_positions[i]] for i in range(code.num_coefficients)
    ]
    places = {id(function): i for i, function in enumerate(found.functions)}
    numbers = {id(constant.ufl): i for i, constant in enumerate(found.constants)}
    plan = Plan(
        Path(made.module.__file__).parent.name,
        tuple(places[id(function)] for function in order),
        tuple(numbers[id(constant)] for constant in ufl_form.constants()),
    )
    return made, Known(plan, code, made.module)


def _made(known: Known, found: Reading) -> Any:
    """Return the form on the mesh of a reading, with its numbers (of DOLFINx 0.9)."""
    forms = dolfinx.fem.forms
    mesh, domain, code = found.meshes[0], found.domain, known.ufcx_form
    domains = {}
    for kind, numbers in found.numbers.items():
        tags = [] if domain is None else [domain.entities(kind, n) for n in sorted(numbers)]
        domains[forms._ufl_to_dolfinx_domain[_KINDS[kind]]] = tags
    made = forms.form_cpp_class(dolfinx.default_scalar_type)(
        known.module.ffi.cast("uintptr_t", known.module.ffi.addressof(code)),
        [found.spaces[number]._cpp_object for number in sorted(found.spaces)],
        [found.functions[place]._cpp_object for place in known.plan.functions],
        [found.constants[place].compiled for place in known.plan.constants],
        domains,
        {},
        mesh._cpp_object,
    )
    return forms.Form(made, code, None, known.module)


_KINDS = {"dx": "cell", "ds": "exterior_facet"}


def _note_of(lines: list[tuple[Any, ...]]) -> Path:
    """Return the file of the note of a form."""
    name = hashlib.sha256(f"{_versions()}{lines!r}".encode()).hexdigest()[:40]
    return compiling.cache_folder() / f"{name}.note"


@functools.cache
def _versions() -> str:
    """Return what else decides what machine code symbols become."""
    import basix
    import ufl

    here = Path(__file__).parent
    code = b"".join((here / name).read_bytes() for name in ("symbols.py", "known.py"))
    parts = (ufl.__version__, basix.__version__, hashlib.sha256(code).hexdigest())
    return compiling.key_of(";".join(parts))


def _write(note: Path, plan: Plan) -> None:
    """Keep a note; where it cannot be kept, UFL is asked again."""
    text = json.dumps(asdict(plan))
    aside = note.with_suffix(f".{uuid.uuid4().hex}")
    try:
        aside.write_text(json.dumps([text, _sum(text)]))
        aside.replace(note)
    except OSError:
        aside.unlink(missing_ok=True)


def _recalled(note: Path, comm: Any) -> Known | None:
    """Return what a note tells of, if it and the compiled form are whole (collective)."""
    plan = on_root(comm, lambda: _read(note))
    if plan is None:
        return None
    module = compiling.loaded(compiling.cache_folder() / plan.folder)
    (name,) = (name for name in dir(module.lib) if name.startswith("form_"))
    return Known(plan, getattr(module.lib, name), module)


def _read(note: Path) -> Plan | None:
    try:
        text, checksum = json.loads(note.read_text())
        if checksum != _sum(text) or not belongs_to_us(note):
            return None
        fields = json.loads(text)
    except (OSError, ValueError):
        return None
    plan = Plan(fields["folder"], tuple(fields["functions"]), tuple(fields["constants"]))
    return plan if compiling.is_whole(compiling.cache_folder() / plan.folder) else None


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
