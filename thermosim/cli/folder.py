"""Folders of tables and figures: never mixed with other files, filled aside, then renamed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from thermosim.errors import CaseError


def check_folder(directory: Path, marker: str, *, overwrite: bool) -> None:
    """Refuse a folder that a command must not write to; `marker` is a file that it always writes.

    Raises
    ------
    CaseError
        If it is a file, holds something else, or holds a result and `overwrite` is false.
    """
    if directory.is_dir() and any(directory.iterdir()):
        if not (directory / marker).exists():
            raise CaseError(
                f"exists and holds no {marker}; name another folder with -o", str(directory)
            )
        if not overwrite:
            raise CaseError(
                f"holds a {marker} already; name another folder with -o, or add --overwrite",
                str(directory),
            )
    elif directory.exists() and not directory.is_dir():
        raise CaseError("is a file; name a folder with -o", str(directory))


@contextmanager
def filled_folder(directory: Path, marker: str, *, overwrite: bool) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `directory` when the block ends well.

    Raises
    ------
    CaseError
        If `directory` must not be written to (see `check_folder`) or cannot be.
    """
    from thermosim.results.folder import publish, staging_folder

    check_folder(directory.resolve(), marker, overwrite=overwrite)
    staged = staging_folder(directory)
    try:
        yield staged
        publish(staged, directory)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def write_columns(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    """Write columns of equal length as CSV, units in the names."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write one JSON object."""
    import json

    path.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")
