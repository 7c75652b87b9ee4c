"""Distributed meshes on disk: what every rank holds of a mesh, kept for the next run.

An entry is a folder with one file per rank. It is written aside and renamed into place as a whole,
so that nobody meets half of it; the stamp in every file tells the entries of two runs apart.
Nothing in here needs DOLFINx or MPI; `thermosim.fem.kept` brings the ranks together.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 4
SMALLEST = 5_000
"""Meshes of fewer cells are not kept: they are distributed in less than a tenth of a second."""
LIMIT = 8 * 2**30
"""Bytes that the folder of cached meshes may hold; what was used longest ago goes first."""
DAMAGED = (OSError, ValueError, EOFError, BadZipFile, RuntimeError, TokenError, MemoryError)
"""What `read_npz` raises on a file that is missing, cut off, altered (checksum) or no archive."""


@dataclass(frozen=True)
class Part:
    """What one rank holds of a mesh: its arrays by name, and all else in a header (JSON)."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def entry_of(mesh_file: Path, ranks: int, version: str) -> Path:
    """Return the folder of a mesh, kept in `mesh_file`, as distributed by DOLFINx `version`."""
    return mesh_file.with_name(f"{mesh_file.stem}-{ranks}-dolfinx-{version}.native")


def private_folder(folder: Path) -> None:
    """Make a folder, or one that is there and ours, such that only this user may write to it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid == os.geteuid():
        folder.chmod(folder.stat().st_mode & ~0o022)


def belongs_to_us(path: Path) -> bool:
    """Whether nobody but this user may have written what a cache holds here."""
    status = path.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def read_part(entry: Path, rank: int, ranks: int) -> Part | None:
    """Return the part of a rank; None if there is none, or a damaged or foreign one."""
    try:
        arrays = read_cached(entry / f"{rank}.npz")
        header = json.loads(str(arrays.pop("header", "null")))
    except DAMAGED:
        return None
    if not isinstance(header, dict) or header.get("place") != [FORMAT, rank, ranks]:
        return None
    return Part(header, arrays)


def read_cached(path: Path) -> dict[str, Any]:
    """Return the arrays of a file of the cache.

    Raises
    ------
    DAMAGED
        If it is missing, damaged, or others may have written it.
    """
    if path.stat().st_uid != os.geteuid() or not belongs_to_us(path.parent):
        raise ValueError(f"others may write to {path}")
    return read_npz(path)


def read_npz(source: Path | BytesIO) -> dict[str, Any]:
    """Return the arrays of an archive as `write_arrays` makes them: neither packed nor pickled.

    Raises
    ------
    DAMAGED
        If it is damaged, or would take more memory than its size.
    """
    with ZipFile(source) as archive:
        if any(part.compress_type != ZIP_STORED for part in archive.infolist()):
            raise ValueError("is packed")
        if any(part.comment for part in archive.infolist()):  # an entry swallowed its neighbour
            raise ValueError("has a damaged list of contents")
        if archive.testzip():  # NumPy compares no checksum where an altered header says less
            raise ValueError("is altered")
        return {
            name.removesuffix(".npy"): np.load(part, allow_pickle=False)
            for name in archive.namelist()
            for part in [archive.open(name)]
        }


def begin(entry: Path) -> Path | None:
    """Return a new folder beside an entry to write into; None where nothing can be written."""
    try:
        private_folder(entry.parent)
        return Path(tempfile.mkdtemp(dir=entry.parent, suffix=".part"))
    except OSError:  # a cache that cannot be written is none, and no error
        return None


def write_part(aside: Path, rank: int, ranks: int, part: Part) -> bool:
    """Write the part of a rank; tell whether it worked."""
    header = json.dumps(part.header | {"place": [FORMAT, rank, ranks]})
    return write_arrays(aside / f"{rank}.npz", {"header": np.array(header), **part.arrays})


def write_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> bool:
    """Write arrays, uncompressed but with checksums; tell whether it worked."""
    named: dict[str, Any] = arrays
    try:
        np.savez(path, **named)
    except OSError:  # full, or on another machine's disk
        return False
    return True


def publish(aside: Path, entry: Path) -> None:
    """Rename a written folder into place, over a damaged one if need be."""
    try:
        if entry.exists():
            shutil.rmtree(entry.rename(aside.with_suffix(".old")), ignore_errors=True)
        aside.rename(entry)
    except OSError:  # another run was faster: its entry is as good
        discard(aside)


def discard(entry: Path) -> None:
    """Remove a folder; one that another run removes at the same time is no error."""
    shutil.rmtree(entry, ignore_errors=True)


def touch(entry: Path) -> None:
    """Note that an entry (a file or a folder) was used now."""
    try:
        os.utime(entry)
    except OSError:  # somebody else's cache
        return


def prune(folder: Path, limit: int = LIMIT) -> None:
    """Remove what was used longest ago until the cache of meshes holds at most `limit` bytes."""
    found = sorted(_used(path) for path in folder.iterdir())
    total = sum(size for _, size, _ in found)
    for _, size, path in found:
        if total <= limit:
            return
        _remove(path)
        total -= size


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError:  # gone by now, or somebody else's
        return


def _used(path: Path) -> tuple[float, int, Path]:
    """Return when an entry was last used, its bytes and its path; zeros if it is gone by now."""
    try:
        files = list(path.iterdir()) if path.is_dir() else [path]
        return path.stat().st_mtime, sum(file.stat().st_size for file in files), path
    except OSError:
        return 0.0, 0, path
