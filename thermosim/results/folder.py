"""A result folder that is never half written: filled aside, then renamed into place."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, StorageError
from thermosim.results.manifest import check_replaceable, command_of, seal, unknown_in
from thermosim.results.result import CASE, FORMAT, LOG, SUMMARY, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thermosim.case.read import AnyCase


RUN, FAILED = "thermosim run", "a failed thermosim run"
"""Who seals a folder of results (`manifest`)."""


def check_target(directory: Path, *, overwrite: bool, command: str = RUN) -> None:
    """Refuse a folder that a command must not, or cannot, write to.

    Raises
    ------
    CaseError
        If it is a file, holds anything but a result of `command`, holds one and `overwrite` is
        false, or cannot be made.
    """
    place = directory.resolve()  # `new/../file` is the file before `new` is there, too
    if place.exists():
        if not place.is_dir():
            raise CaseError("is a file; name a folder for the result", str(directory))
        check_replaceable(place, command, overwrite=overwrite, shown=directory)
    staging_folder(directory).rmdir()  # better told now than after the computation


def staging_folder(directory: Path) -> Path:
    """Make the folder beside `directory` that a run fills.

    Raises
    ------
    CaseError
        If the file system refuses.
    """
    place = directory.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        blocked = isinstance(error, FileExistsError | NotADirectoryError)
        reason = "a file stands in the way" if blocked else (error.strerror or str(error)).lower()
        raise CaseError(
            f"cannot be written: {reason}; name another folder with -o", str(directory)
        ) from error


def not_stored(directory: Path, error: Exception) -> StorageError:
    """Return the error to raise when a result cannot be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return StorageError(
        f"{directory} cannot be written: {reason}; make room (is the disk full?) and run again"
    )


def write_documents(folder: Path, result: Result, log: Sequence[str]) -> None:
    """Write the numbers, the resolved case and the log."""
    (folder / CASE).write_text(result.case.to_toml())
    (folder / LOG).write_text("\n".join([*log, ""]))
    text = json.dumps(result.document(), indent=2, allow_nan=False, default=_plain)
    (folder / SUMMARY).write_text(text + "\n")


def keep_failed(directory: Path, case: AnyCase, message: str, log: Sequence[str]) -> None:
    """Keep the case, the log and the reason of a run that found no solution, marked as failed.

    An earlier record of a failure is replaced. Anything else that is there stays: then the name
    gets a number.
    """
    directory = _free_name(directory, lambda path: path.exists() and not _is_failure(path))
    staged = staging_folder(directory)
    summary = {"format": FORMAT, "title": case.title, "kind": "failed", "message": message}
    write_documents(staged, Result(summary, {}, case), [*log, message])
    publish(staged, directory, FAILED)


def _is_failure(directory: Path) -> bool:
    """Whether a folder holds the record of a failed run and nothing else."""
    sealed = directory.is_dir() and command_of(directory) == FAILED
    return sealed and not unknown_in(directory)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def publish(staged: Path, directory: Path, command: str = RUN) -> None:
    """Put a filled folder in its place; an older result goes only once the new one is there.

    It is sealed as written by `command`. What has come into the older folder meanwhile and is not
    of its result is taken over.

    Raises
    ------
    CaseError
        If a file has come to stand there meanwhile; the filled folder stays.
    """
    directory = directory.resolve()
    seal(staged, command)
    staged.chmod(0o777 & ~_umask())
    if directory.exists() and not directory.is_dir():
        raise CaseError(f"is a file; the result is in {staged}", str(directory))
    if not directory.exists():
        staged.replace(directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old.", dir=directory.parent))
    directory.replace(old / "result")
    staged.replace(directory)
    for path in unknown_in(old / "result"):
        path.replace(_free_name(directory / path.name))
    shutil.rmtree(old)


def _free_name(path: Path, is_taken: Callable[[Path], bool] = Path.exists) -> Path:
    """Return a path that is not taken: that, or with a number at its end."""
    found, number = path, 1
    while is_taken(found):
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
