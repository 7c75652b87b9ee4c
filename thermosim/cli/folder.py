"""Folders of tables and figures: never mixed with other files, filled aside, then renamed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def filled_folder(directory: Path, command: str, *, overwrite: bool) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `directory` when the block ends well.

    Raises
    ------
    CaseError
        If `directory` must not be written to, or cannot be (see `check_target`).
    """
    from thermosim.results.claims import release
    from thermosim.results.folder import check_target, not_stored, publish, staging_folder

    command = f"thermosim {command}"
    check_target(directory, overwrite=overwrite, command=command)
    staged = staging_folder(directory)
    try:
        yield staged
        publish(staged, directory, command)
    except OSError as error:
        raise not_stored(directory, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        release(directory.resolve())


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
