"""Complex symmetric systems solved by MUMPS in complex arithmetic, beside PETSc in real numbers.

libzmumps comes with PETSc's packages (Debian: libmumps-dev, conda: mumps-mpi). A few functions of C
around it are compiled once and kept as forms are. Where the library is missing, SciPy's SuperLU
solves on one rank, ordered by minimum degree (its default order fills five times as much).
"""

from __future__ import annotations

import functools
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from thermosim.errors import SolveError
from thermosim.fem import compile as compiling
from thermosim.fem.parallel import all_agree, on_root

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Complexes = NDArray[np.complex128]

_DECLARED = """
void *solver_open(int comm, int symmetric);
int solver_factor(void *solver, int n, int64_t entries, int *rows, int *columns, void *values);
int solver_solve(void *solver, int n, int count, void *values);
int solver_set(void *solver, int which, int value);
int solver_info(void *solver, int which);
void solver_close(void *solver);
"""
_CODE = """
#include <stdint.h>
#include <stdlib.h>
#include <zmumps_c.h>

typedef char integers_of_four_bytes[sizeof(MUMPS_INT) == 4 ? 1 : -1];

void *solver_open(int comm, int symmetric) {
    ZMUMPS_STRUC_C *s = calloc(1, sizeof *s);
    if (!s) return 0;
    s->comm_fortran = comm; s->par = 1; s->sym = symmetric; s->job = -1;
    zmumps_c(s);
    s->icntl[0] = s->icntl[1] = s->icntl[2] = -1; s->icntl[3] = 0;
    s->icntl[17] = 3;
    return s;
}
int solver_set(void *p, int which, int value) {
    ((ZMUMPS_STRUC_C *)p)->icntl[which - 1] = value;
    return 0;
}
int solver_factor(void *p, int n, int64_t entries, int *rows, int *columns, void *values) {
    ZMUMPS_STRUC_C *s = p;
    s->n = n; s->nnz_loc = entries; s->irn_loc = rows; s->jcn_loc = columns; s->a_loc = values;
    s->job = 4;
    zmumps_c(s);
    return s->infog[0];
}
int solver_solve(void *p, int n, int count, void *values) {
    ZMUMPS_STRUC_C *s = p;
    s->rhs = values; s->nrhs = count; s->lrhs = n; s->job = 3;
    zmumps_c(s);
    return s->infog[0];
}
int solver_info(void *p, int which) { return ((ZMUMPS_STRUC_C *)p)->infog[which - 1]; }
void solver_close(void *p) {
    ((ZMUMPS_STRUC_C *)p)->job = -2;
    zmumps_c(p);
    free(p);
}
"""
_GROW = (30, 100, 300)  # work space beyond MUMPS's own estimate, in per cent, tried in turn
_NO_ROOM = (-8, -9, -11, -12, -14, -15, -17, -20)


@dataclass
class Triplets:
    """The entries of a symmetric matrix that this rank brings: rows, columns from 0, values.

    Only those with column ≤ row; entries given twice are added.
    """

    size: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Complexes


def lower_triangle(
    size: int, rows: NDArray[np.int64], columns: NDArray[np.int64], values: Complexes
) -> Triplets:
    """Return the lower triangle of the rows of a symmetric matrix that this rank owns."""
    low = columns <= rows
    return Triplets(size, rows[low], columns[low], values[low])


class Factors:
    """A factored matrix; `solve` is collective. Close it, or use it in a ``with``.

    Attributes
    ----------
    memory
        Of the factors and of the work on them, all ranks together [bytes].
    name
        Of the library that made them.
    """

    memory: float
    name: str

    def solve(self, b: Complexes) -> Complexes:
        """Return on every rank the solutions of right-hand sides on rank 0, (n,) or (n, k)."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the memory back (collective)."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def factorise(entries: Triplets, comm: Any, library: str | None = None) -> Factors:
    """Return the factors of a complex symmetric matrix (collective).

    `library` is "mumps" or "superlu"; by default MUMPS where it is installed on every rank.

    Raises
    ------
    SolveError
        If the matrix is singular, or its factors do not fit into memory.
    """
    if library is None:
        library = "mumps" if all(comm.allgather(_place() is not None)) else "superlu"
    return Mumps(entries, comm) if library == "mumps" else SuperLU(entries, comm)


class Mumps(Factors):
    """Factors that MUMPS holds, distributed over the ranks (SYM = 2, ICNTL(18) = 3)."""

    name = "mumps"

    def __init__(self, entries: Triplets, comm: Any) -> None:
        module = _module(comm)
        self._lib, self._ffi, self.comm, self.size = module.lib, module.ffi, comm, entries.size
        # MUMPS keeps the addresses until it is closed
        self._rows = np.ascontiguousarray(entries.rows + 1, dtype=np.int32)
        self._columns = np.ascontiguousarray(entries.columns + 1, dtype=np.int32)
        self._values = np.ascontiguousarray(entries.values, dtype=np.complex128)
        self._solver = self._lib.solver_open(comm.py2f(), 2)
        try:
            self._factor()
        except SolveError:
            self.close()
            raise
        self.memory = 1e6 * self._lib.solver_info(self._solver, 22)

    def _pointer(self, array: NDArray[Any], kind: str) -> Any:
        return self._ffi.cast(kind, self._ffi.from_buffer(array))

    def _factor(self) -> None:
        status = 0
        for room in _GROW:
            self._lib.solver_set(self._solver, 14, room)
            status = self._lib.solver_factor(
                self._solver, self.size, len(self._values), self._pointer(self._rows, "int *"),
                self._pointer(self._columns, "int *"), self._pointer(self._values, "void *"),
            )  # fmt: skip
            if status not in _NO_ROOM:
                break
        self._check(status)

    def _check(self, status: int) -> None:
        if status >= 0:
            return
        if status in (-6, -10):
            raise SolveError(f"MUMPS: the matrix of the light is singular (INFOG(1) = {status})")
        detail = self._lib.solver_info(self._solver, 2)
        what = "needs more memory than there is" if status == -13 else "failed"
        raise SolveError(
            f"MUMPS {what} with {self.size} unknowns of the light "
            f"(INFOG(1) = {status}, INFOG(2) = {detail})"
        )

    def solve(self, b: Complexes) -> Complexes:
        """Return on every rank the solutions of right-hand sides on rank 0, (n,) or (n, k)."""
        shape = self.comm.bcast(np.shape(b), root=0)
        x = np.empty((shape[1] if len(shape) > 1 else 1, self.size), dtype=np.complex128)
        if self.comm.rank == 0:
            x[:] = np.asarray(b).reshape(self.size, -1).T
        pointer = self._pointer(x, "void *")
        self._check(self._lib.solver_solve(self._solver, self.size, len(x), pointer))
        self.comm.Bcast(x, root=0)
        return x.T.reshape(shape)

    def close(self) -> None:
        """Give the memory back (collective)."""
        if self._solver is not None:
            self._lib.solver_close(self._solver)
            self._solver = None


class SuperLU(Factors):
    """Factors that SciPy holds on rank 0."""

    name = "superlu"

    def __init__(self, entries: Triplets, comm: Any) -> None:
        self.comm = comm
        parts = comm.gather((entries.rows, entries.columns, entries.values), root=0)
        error: Exception | None = None
        self._factors: Any = None
        if comm.rank == 0:
            rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
            try:
                self._factors = _superlu(Triplets(entries.size, rows, columns, values))
            except (RuntimeError, MemoryError) as raised:
                error = SolveError(
                    f"SuperLU failed with {entries.size} unknowns of the light: {raised}; "
                    "libzmumps takes a third of the memory"
                )
        all_agree(comm, error)
        filled = self._factors.nnz if comm.rank == 0 else 0
        self.memory = 20.0 * comm.bcast(filled, root=0)  # a complex number and a row number

    def solve(self, b: Complexes) -> Complexes:
        """Return on every rank the solutions of right-hand sides on rank 0, (n,) or (n, k)."""
        x = self._factors.solve(np.asarray(b)) if self.comm.rank == 0 else None
        found: Complexes = self.comm.bcast(x, root=0)
        return found

    def close(self) -> None:
        """Give the memory back (collective)."""
        self._factors = None


def _superlu(entries: Triplets) -> Any:
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    place = (entries.rows, entries.columns)
    lower = coo_array((entries.values, place), shape=(entries.size,) * 2).tocsc()
    whole = lower + lower.T - diags_array(lower.diagonal(), format="csc")
    return splu(
        whole.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01,
        options={"SymmetricMode": True},
    )  # fmt: skip


def has_mumps() -> bool:
    """Whether MUMPS for complex numbers is installed here."""
    return _place() is not None


@functools.cache
def _place() -> tuple[Path, Path] | None:
    """Return the folders of zmumps_c.h and of libzmumps; None where they are not."""
    for root in dict.fromkeys((Path(sys.prefix), Path("/usr/local"), Path("/usr"))):
        include = root / "include"
        for lib in (root / "lib", *root.glob("lib/*-linux-gnu"), root / "lib64"):
            if (include / "zmumps_c.h").exists() and (lib / "libzmumps.so").exists():
                return include, lib
    return None


def _module(comm: Any) -> Any:
    """Return the functions of C around MUMPS, compiled if need be (collective)."""
    include, lib = on_root(comm, _found)
    header = hashlib.sha256((include / "zmumps_c.h").read_bytes()).hexdigest()
    target = (lib / "libzmumps.so").resolve()
    # the compiler's own folders need no naming, and named they would change their order
    own = {} if include == Path("/usr/include") else {"include_dirs": [str(include)]}
    return compiling.compile_c(
        comm, "thermosim_zmumps", _DECLARED, _CODE, "what calls MUMPS",
        key=";".join((header, str(include), str(target))),
        libraries=["zmumps"], library_dirs=[str(lib)],
        runtime_library_dirs=[] if str(lib).startswith("/usr/") else [str(lib)], **own,
    )  # fmt: skip


def _found() -> tuple[Path, Path]:
    place = _place()
    assert place is not None, "factorise asks whether MUMPS is here"
    return place
