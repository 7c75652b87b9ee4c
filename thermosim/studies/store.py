"""The folder of a study: one file per finished point, written aside and renamed into place."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from thermosim.errors import CaseError
from thermosim.results.folder import make_folder

FORMAT = 1
MARK, POINTS, LOCK = "study.toml", "points", ".lock"


@dataclass
class Record:
    """What is known of one point: its numbers, or why there are none.

    Status "disturbed" blames the machine and not the point: it is never kept.
    """

    key: str
    status: Literal["done", "failed", "disturbed"]
    message: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    traceback: str = ""
    wall_s: float = 0.0
    format: int = FORMAT


def keep_record(folder: Path, record: Record) -> None:
    """Write a record into the folder of points; a reader never sees half of it."""
    document = asdict(record)
    document["summary"] = {name: _written(value) for name, value in record.summary.items()}
    text = json.dumps(document, indent=1, allow_nan=False)
    write_aside(folder / f"{record.key}.json", text.encode())


def _written(value: Any) -> Any:
    """Return a number JSON can hold; nan and inf as text."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def write_aside(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it, so that it is there whole or not at all."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part = Path(stream.name)
    part.chmod(0o644)
    part.replace(path)


def read_record(path: Path) -> Record | None:
    """Return a kept record; None if there is none that can be read, so that it is made anew."""
    try:
        document = json.loads(path.read_text())
        record = Record(**document)
    except (OSError, ValueError, TypeError):
        return None
    good = record.format == FORMAT and record.key == path.stem
    return record if good and isinstance(record.summary, dict) else None


@dataclass(frozen=True)
class Store:
    """The folder of one study."""

    folder: Path

    @property
    def points(self) -> Path:
        """Folder of the records."""
        return self.folder / POINTS

    def read(self, key: str) -> Record | None:
        """Return the record of a point, if it is there."""
        return read_record(self.points / f"{key}.json")

    def keep(self, record: Record) -> None:
        """Write a record unless its worker did, or it says nothing of the point."""
        if record.status != "disturbed" and not (self.points / f"{record.key}.json").exists():
            keep_record(self.points, record)

    def forget(self, key: str) -> None:
        """Remove a record, so that its point is run again."""
        (self.points / f"{key}.json").unlink(missing_ok=True)

    def write(self, name: str, content: bytes) -> Path:
        """Write a file of the study whole, and return its path."""
        write_aside(self.folder / name, content)
        return self.folder / name


@contextlib.contextmanager
def open_store(folder: Path, *, anew: bool = False, shared: bool = False) -> Iterator[Store]:
    """Open the folder of a study; make it if needed; forget all points if `anew`.

    Alone, or `shared` with sweeps that each compute another part of the study.

    Raises
    ------
    CaseError
        If the folder holds something else, or a sweep is at work in it that does not share it.
    """
    check_folder(folder)
    store = Store(folder)
    try:
        make_folder(store.points.absolute())
    except OSError as error:
        raise CaseError(f"cannot be made: {error.strerror}", str(folder)) from error
    with _locked(folder, shared=shared):
        if anew:
            shutil.rmtree(store.points)
            store.points.mkdir()
        if not shared:  # what others are writing has these names
            for unfinished in [*store.points.glob(".*.part"), *folder.glob(".*.part")]:
                unfinished.unlink(missing_ok=True)
        yield store


def check_folder(folder: Path) -> None:
    """Refuse a folder that is a file, or holds something other than a study.

    Raises
    ------
    CaseError
        Saying which.
    """
    if folder.exists() and not folder.is_dir():
        raise CaseError("is a file; name a folder for the study", str(folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / POINTS).is_dir():
        raise CaseError("exists and holds no study; name another folder with -o", str(folder))


@contextlib.contextmanager
def _locked(folder: Path, *, shared: bool) -> Iterator[None]:
    """Hold the lock of the folder; it falls with the process, however that ends."""
    import fcntl

    with (folder / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            raise CaseError(
                "another sweep is at work in this folder; wait for it or name another folder",
                str(folder),
            ) from error
        yield
