"""``series.csv``: what a transient wrote down, one row per time, whole after any interruption."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from thermosim.errors import CaseError, StorageError

SERIES = "series.csv"
TIME = "time_s"


@dataclass(frozen=True)
class Series:
    """The columns of ``series.csv``, each of shape (n_rows,), by name."""

    columns: dict[str, NDArray[np.float64]]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return a column.

        Raises
        ------
        CaseError
            If there is none of this name.
        """
        if name not in self.columns:
            raise CaseError(f"{SERIES} has no column {name}; it has {', '.join(self.columns)}")
        return self.columns[name]

    @property
    def time(self) -> NDArray[np.float64]:
        """The times [s]."""
        return self[TIME]

    def __len__(self) -> int:
        return len(self.time)


def load_series(path: str | Path) -> Series:
    """Read the series of a result folder, or a file of this form.

    A last line that was cut short by an interruption is left out.

    Raises
    ------
    CaseError
        If there is none, or a row holds something else than numbers.
    """
    file = Path(path)
    file = file / SERIES if file.is_dir() else file
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CaseError("no such file: the result is no transient", str(file)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"cannot be read: {error}", str(file)) from error
    lines = text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
    if not lines:
        raise CaseError("is empty", str(file))
    names = lines[0].split(",")
    rows = [_numbers(line, len(names), file, i) for i, line in enumerate(lines[1:], start=2)]
    table = np.asarray(rows, float).reshape(-1, len(names))
    return Series({name: table[:, i].copy() for i, name in enumerate(names)})


def _numbers(line: str, width: int, file: Path, number: int) -> list[float]:
    parts = line.split(",")
    try:
        found = [float(part) for part in parts]
    except ValueError as error:
        raise CaseError(f"row {number} is no row of numbers: {line[:80]!r}", str(file)) from error
    if len(found) != width:
        raise CaseError(f"row {number} has {len(found)} entries, not {width}", str(file))
    return found


@dataclass(frozen=True)
class Mark:
    """How far a series was written: bytes, and the digest of those bytes."""

    size: int
    digest: str


class SeriesWriter:
    """Appends rows; numbers are written so that reading gives back the same floats."""

    def __init__(self, path: Path, columns: Sequence[str], content: bytes) -> None:
        self._path, self._columns = path, list(columns)
        self._digest, self._size = hashlib.sha256(content), len(content)
        self._stream: Any = None

    @classmethod
    def create(cls, path: Path, columns: Sequence[str]) -> Self:
        """Start a new file with a header."""
        header = (",".join(columns) + "\n").encode()
        writer = cls(path, columns, b"")
        writer._open("wb")
        writer._write(header)
        return writer

    @classmethod
    def resume(cls, path: Path, columns: Sequence[str], mark: Mark) -> Self:
        """Go on after `mark`; what was written later is dropped, since it is computed again.

        Raises
        ------
        StorageError
            If what stands before the mark is not what was written.
        """
        try:
            content = path.read_bytes()[: mark.size]
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != mark.digest:
            raise StorageError(
                f"{path} was changed or cut since it was written; it cannot be continued"
            )
        if content.partition(b"\n")[0].decode() != ",".join(columns):
            raise StorageError(f"{path} has other columns than this case writes")
        writer = cls(path, columns, content)
        writer._open("r+b")
        writer._stream.truncate(mark.size)
        writer._stream.seek(mark.size)
        return writer

    def _open(self, mode: str) -> None:
        try:
            self._stream = self._path.open(mode, buffering=0)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}") from error

    def append(self, row: Mapping[str, float]) -> None:
        """Write one row; it is in the file when this returns.

        Raises
        ------
        StorageError
            If the file system refuses (a full disk).
        """
        line = ",".join(repr(float(row[name])) for name in self._columns)
        self._write((line + "\n").encode())

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError as error:
            raise full(self._path, error) from error
        self._digest.update(data)
        self._size += len(data)

    def mark(self) -> Mark:
        """Make what was written durable and return how far that is."""
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise full(self._path, error) from error
        return Mark(self._size, self._digest.hexdigest())

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def full(path: Path, error: Exception) -> StorageError:
    """Return the error to raise when a file cannot be written to the end."""
    return StorageError(
        f"{path} cannot be written: {getattr(error, 'strerror', None) or error}; make room, then "
        "go on with `thermosim run --resume DIR`"
    )
