"""Checkpoints of a transient: readable on any number of ranks, checked, and two of them.

A field is kept as pairs (key, value), one per node of the space. The key is the number of a cell in
the mesh as it was built, times the nodes per cell, plus the node's place in that cell: it depends
on no partition, no numbering of the solver, and tells apart nodes that share a place at a contact.
The file is a line of JSON (with the SHA-256 of what follows) and an npz archive; it is written
aside, synced and renamed, and the one before it stays until the next.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermosim.errors import StorageError
from thermosim.fem.native import DAMAGED, read_npz
from thermosim.fem.statemap import NodalValues
from thermosim.results.series import full

if TYPE_CHECKING:
    pass

FORMAT = 1
CURRENT, PREVIOUS = "checkpoint.npz", "checkpoint.previous.npz"
_MAGIC = "thermosim checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """Numbers and fields of one moment."""

    header: dict[str, Any]
    fields: dict[str, NodalValues]


def write_checkpoint(
    path: Path, header: Mapping[str, Any], fields: Mapping[str, NodalValues]
) -> None:
    """Write one file so that it is whole or not there.

    Raises
    ------
    StorageError
        If the file system refuses (a full disk); what was there before stays.
    """
    data = _encode(header, fields)
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise full(path, error) from error


def rotate_and_write(
    folder: Path, header: Mapping[str, Any], fields: Mapping[str, NodalValues]
) -> None:
    """Write the current checkpoint of a folder; the one before it becomes the previous.

    Raises
    ------
    StorageError
        If the file system refuses; the checkpoints that were there stay.
    """
    fresh = folder / (CURRENT + ".next")
    write_checkpoint(fresh, header, fields)
    try:
        if (folder / CURRENT).exists():
            (folder / CURRENT).replace(folder / PREVIOUS)
        fresh.replace(folder / CURRENT)
        _sync_folder(folder)
    except OSError as error:
        raise full(folder / CURRENT, error) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _encode(header: Mapping[str, Any], fields: Mapping[str, NodalValues]) -> bytes:
    arrays: dict[str, Any] = {}
    for name, field in fields.items():
        arrays[f"{name}.keys"], arrays[f"{name}.values"] = field.keys, field.values
    stream = io.BytesIO()
    np.savez(stream, header=np.array(json.dumps(dict(header))), **arrays)
    payload = stream.getvalue()
    seal = {
        "magic": _MAGIC,
        "format": FORMAT,
        "sha256": hashlib.sha256(payload).hexdigest(),
        "size": len(payload),
    }
    return json.dumps(seal).encode() + b"\n" + payload


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one file.

    Raises
    ------
    StorageError
        If it is missing, cut short, altered, or of a newer format.
    """
    try:
        line, _, payload = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error
    try:
        seal = json.loads(line)
        right = seal["magic"] == _MAGIC and seal["sha256"] == hashlib.sha256(payload).hexdigest()
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is no checkpoint, or a damaged one") from error
    if not right:
        raise StorageError(
            f"{path} is damaged: {len(payload)} of {seal.get('size')} bytes, or altered"
        )
    if seal["format"] > FORMAT:
        raise StorageError(f"{path} was written by a newer thermosim (format {seal['format']})")
    try:
        arrays = read_npz(io.BytesIO(payload))
    except DAMAGED as error:
        raise StorageError(f"{path} is damaged: {error}") from error
    header = json.loads(str(arrays.pop("header")))
    names = [name.removesuffix(".keys") for name in arrays if name.endswith(".keys")]
    fields = {n: NodalValues(arrays[f"{n}.keys"], arrays[f"{n}.values"]) for n in names}
    return Checkpoint(header, fields)


def latest_checkpoint(folder: Path, tell: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest checkpoint that is whole; None if the folder holds none at all.

    Raises
    ------
    StorageError
        If there are checkpoints and all are damaged.
    """
    present = [folder / name for name in (CURRENT, PREVIOUS) if (folder / name).exists()]
    causes = []
    for path in present:
        try:
            return read_checkpoint(path)
        except StorageError as error:
            tell(f"WARNING: {error}; trying the one before")
            causes.append(str(error))
    if causes:
        raise StorageError("no checkpoint can be used: " + "; ".join(causes))
    return None


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a finished run."""
    for name in (CURRENT, PREVIOUS, CURRENT + ".next", CURRENT + ".next.part"):
        (folder / name).unlink(missing_ok=True)
