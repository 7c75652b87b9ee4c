"""Forms compiled to machine code and kept between runs, whatever ends the run that compiles them.

DOLFINx marks a form that it compiles by an empty file, which a signal leaves behind for good, and
gives up on another process after 10 s. Here each form has a folder of its own. One process compiles
it aside, under a lock that falls with the process, seals it with checksums and renames it into
place: what is there is whole, and what has been damaged since is compiled anew.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from thermosim.errors import MissingDependencyError, StorageError
from thermosim.fem import points
from thermosim.fem.native import belongs_to_us, private_folder
from thermosim.fem.parallel import on_root
from thermosim.fem.pieces import COMPILER, install_all, lacks_compiler
from thermosim.fem.points import unit_tables_left_out

SEAL = "seal.json"
_PATIENCE = 86_400  # DOLFINx's own limit [s]: it never waits, since nobody else is in the folder


def compile_form(form: Any, *, complex_numbers: bool = False) -> Any:
    """Return a UFL form, of real or of complex numbers, as machine code (collective)."""
    import dolfinx
    from dolfinx import fem

    number = "complex128" if complex_numbers else np.dtype(dolfinx.default_scalar_type).name
    if form.empty():
        return fem.form(form, dtype=np.dtype(number).type)
    comm = form.ufl_domain().ufl_cargo().comm

    def folder_on_root() -> Path:
        signature = form.signature() + (number if complex_numbers else "")
        return kept(signature, lambda aside: _compile(form, aside, number))

    folder = on_root(comm, folder_on_root)
    return fem.form(form, dtype=np.dtype(number).type, jit_options=_options(folder))


def compile_expression(
    expression: Any, points: Any, comm: Any, *, complex_numbers: bool = False
) -> Any:
    """Return a UFL expression at points of the reference cell as machine code (collective)."""
    import dolfinx
    import ffcx.naming
    from dolfinx import fem

    def folder_on_root() -> Path:
        signature = ffcx.naming.compute_signature([(expression, points)], "")
        exact = hashlib.sha256(points.tobytes()).hexdigest()
        name = np.dtype(number).name
        signature += exact + (name if complex_numbers else "")
        return kept(signature, lambda aside: _compile((expression, points), aside, name))

    # the type as a form has it: DOLFINx would take that of a function, which has another name
    number = np.complex128 if complex_numbers else dolfinx.default_scalar_type
    folder = on_root(comm, folder_on_root)
    return fem.Expression(expression, points, comm, jit_options=_options(folder), dtype=number)


def compile_c(
    comm: Any, name: str, declared: str, code: str, what: str, *, key: str = "", **options: Any
) -> Any:
    """Return functions of C as a module of cffi, compiled if need be (collective).

    Parameters
    ----------
    name
        Of the module.
    declared, code
        What can be called, and all of the code.
    what
        It is for, for the message of a compiler that does not work.
    key
        What else decides what the machine code is.
    options
        Of cffi's ``set_source``.
    """

    def build(aside: Path) -> None:
        import cffi

        builder = cffi.FFI()
        builder.cdef(declared)
        builder.set_source(name, code, **options)
        by_compiler(lambda: builder.compile(tmpdir=str(aside)), aside, what)

    signature = ";".join((declared, code, key, str(sorted(options.items()))))
    return _loaded(on_root(comm, lambda: kept(signature, build)))


def loaded(folder: Path) -> Any:
    """Return the module of machine code in a folder."""
    (library,) = folder.glob("*.so")
    spec = importlib.util.spec_from_file_location(library.name.partition(".")[0], library)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_loaded = functools.cache(loaded)


def _options(folder: Path) -> dict[str, Any]:
    return {"cache_dir": str(folder), "timeout": _PATIENCE}


def kept(signature: str, make: Callable[[Path], None]) -> Path:
    """Return the folder with machine code of a signature; let `make` fill one if need be.

    `make` raises OSError where there is no room, and `MissingDependencyError` where the compiler
    does not do its work.
    """
    folder = cache_folder() / key_of(signature)
    if is_whole(folder):
        return folder
    with _alone(folder):
        if not is_whole(folder):  # nobody made it while this waited
            _make(make, folder)
    return folder


def key_of(signature: str) -> str:
    """Return a name that differs wherever the machine code would."""
    import dolfinx
    import ffcx

    options = {k: v for k, v in dolfinx.jit.get_options().items() if k != "cache_dir"}
    parts = [
        signature, dolfinx.__version__, ffcx.__version__, platform.machine(),
        str(sysconfig.get_config_var("SOABI")), str(sysconfig.get_config_var("CFLAGS")),
        points.VERSION, str(sorted(options.items())), str(sorted(ffcx.get_options().items())),
    ]  # fmt: skip
    return hashlib.sha256(";".join(parts).encode()).hexdigest()[:40]


@functools.cache
def cache_folder() -> Path:
    """Return the folder of all compiled forms: machine code, so nobody else may write to it.

    One of this process alone where that cannot be had.
    """
    import dolfinx

    kept = Path(dolfinx.jit.get_options()["cache_dir"]) / "thermosim"
    try:
        private_folder(kept)
        tempfile.TemporaryFile(dir=kept).close()
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        if belongs_to_us(kept):
            return kept
        reason = "others may write to it, so it is not read"
    aside = Path(tempfile.mkdtemp(prefix="thermosim-forms-"))
    atexit.register(shutil.rmtree, aside, ignore_errors=True)
    _say(f"compiled forms are not kept in {kept}: {reason}")
    return aside


def is_whole(folder: Path) -> bool:
    """Whether the folder of a form holds what was sealed there, unaltered, and is ours."""
    try:
        sums = json.loads((folder / SEAL).read_text())
        return belongs_to_us(folder) and bool(sums) and sums == _checksums(folder)
    except (OSError, ValueError):
        return False


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.iterdir() if path.name != SEAL)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a form, which falls with the process however that ends.

    Where the file system has no locks two processes may both compile: the first to finish counts.
    """
    with folder.with_suffix(".lock").open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            owner = stream.read() or "of another machine"
            _say(f"another process ({owner}) compiles forms that this run needs; waiting for it")
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError:  # no locks on this file system
            yield
            return
        stream.truncate(0)
        stream.write(f"{platform.node()} {os.getpid()}")
        stream.flush()
        yield


def _make(make: Callable[[Path], None], folder: Path) -> None:
    """Compile aside, seal, and rename into place."""
    _check_compiler()
    for left in folder.parent.glob(f".{folder.name}.*"):  # of processes that were killed
        shutil.rmtree(left, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        make(aside)
        for path in aside.glob("*.o"):
            path.unlink()
        (aside / SEAL).write_text(json.dumps(_checksums(aside)))
        if folder.exists():  # damaged
            shutil.rmtree(folder.rename(aside.with_suffix(".damaged")), ignore_errors=True)
        aside.rename(folder)
    except OSError as error:
        if not is_whole(folder):
            raise _no_room(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _compile(what: Any, aside: Path, number: str) -> None:
    import dolfinx
    from mpi4py import MPI

    def with_ffcx() -> None:
        with unit_tables_left_out(), packages_asked_once():
            dolfinx.jit.ffcx_jit(
                MPI.COMM_SELF,
                what,
                form_compiler_options={"scalar_type": np.dtype(number).type},
                jit_options=_options(aside),
            )

    by_compiler(with_ffcx, aside, "a form")


@contextmanager
def packages_asked_once() -> Iterator[None]:
    """Keep what installed packages register, which setuptools asks them six times for each form.

    cffi compiles by setuptools, and its questions cost more than FFCx and the compiler beside them.
    """
    asked: Any = importlib.metadata
    plain = asked.entry_points
    asked.entry_points = _registered
    try:
        yield
    finally:
        asked.entry_points = plain


_registered = functools.cache(importlib.metadata.entry_points)


def by_compiler(work: Callable[[], object], aside: Path, what: str) -> None:
    """Let cffi compile, and tell a full disk from a compiler that does not work."""
    import cffi

    try:
        work()
    except cffi.VerificationError as error:
        try:
            (aside / "room").write_bytes(bytes(1_000_000))
        except OSError as full:
            raise _no_room(aside, full) from error
        raise MissingDependencyError(
            f"the C compiler does not compile {what} ({error}); what it says stands above: is it "
            f"whole? Run:  {install_all(COMPILER)}"
        ) from error


def _no_room(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"a compiled form cannot be kept in {folder.parent}: {error.strerror or error}; make room "
        "or set XDG_CACHE_HOME to a folder that has some"
    )


def _check_compiler() -> None:
    """Refuse an environment that cannot compile, before its tools say so in 40 lines."""
    lack = lacks_compiler()
    if lack:
        raise MissingDependencyError(
            f"forms are compiled on the first run, and {lack}. Run:  {install_all(COMPILER)}"
        )


@functools.cache  # once
def _say(text: str) -> None:
    sys.stderr.write(f"thermosim: {text}\n")
    sys.stderr.flush()
