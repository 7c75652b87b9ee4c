"""A result folder that is never half written: filled aside, then renamed into place."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError, StorageError
from thermosim.results.claims import claim, release
from thermosim.results.manifest import check_replaceable, command_of, seal, unknown_in
from thermosim.results.result import CASE, FORMAT, LOG, SUMMARY, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thermosim.case.read import AnyCase


RUN, FAILED = "thermosim run", "a failed thermosim run"
"""Who seals a folder of results (`manifest`)."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
CONTAINERS = ("bwrap", "docker", "podman")
"""Routes of docker/run whose root folder is not the computer's."""


def check_target(directory: Path, *, overwrite: bool, command: str = RUN) -> None:
    """Claim a folder; refuse one that a command must not, or cannot, write to.

    Raises
    ------
    CaseError
        If it is a file, holds anything but a result of `command`, holds one and `overwrite` is
        false, cannot be made, or another run is going to write there.
    StorageError
        If there is no room.
    """
    place = directory.resolve()  # `new/../file` is the file before `new` is there, too
    try:
        _check_free(place, command, overwrite=overwrite, shown=directory)
        staging_folder(directory).rmdir()  # better told now than after the computation
        if claim(place, directory):
            _mend(place)
        _check_free(place, command, overwrite=overwrite, shown=directory)  # filled in between
    except OSError as error:
        release(place)
        raise _cannot_be_written(directory, error) from error


def _mend(place: Path) -> None:
    """Clear up after a killed run: half-filled folders go, a result moved aside comes back."""
    half = re.compile(rf"\.{re.escape(place.name)}\.(old\.)?[a-z0-9_]{{8}}")
    for path in place.parent.iterdir():
        if not half.fullmatch(path.name) or not path.is_dir():
            continue
        moved = path / "result"
        if moved.is_dir() and not place.exists():
            moved.replace(place)
        shutil.rmtree(path, ignore_errors=True)


def _check_free(place: Path, command: str, *, overwrite: bool, shown: Path) -> None:
    if place.is_symlink():
        raise CaseError("is a link that leads back to itself; name a folder", str(shown))
    if not place.exists():
        return
    if not place.is_dir():
        raise CaseError("is a file; name a folder for the result", str(shown))
    check_replaceable(place, command, overwrite=overwrite, shown=shown)


def make_folder(place: Path) -> None:
    """Make a folder and those above it, however many: pathlib's own way recurs once for each."""
    for folder in (*reversed(place.parents), place):
        folder.mkdir(exist_ok=True)


def staging_folder(directory: Path) -> Path:
    """Make the folder beside `directory` that a run fills.

    Raises
    ------
    CaseError
        If the file system refuses.
    """
    place = directory.resolve()
    try:
        make_folder(place.parent)
        return Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    except OSError as error:
        raise _cannot_be_written(directory, error) from error


def _cannot_be_written(directory: Path, error: OSError) -> CaseError | StorageError:
    if error.errno in _NO_ROOM:
        return not_stored(directory, error)
    blocked = isinstance(error, FileExistsError | NotADirectoryError)
    reason = "a file stands in the way" if blocked else (error.strerror or str(error)).lower()
    if error.errno == errno.EROFS and os.environ.get("THERMOSIM_ROUTE") in CONTAINERS:
        reason += (
            " (docker/run shows the folders of this computer that were there when it began, not "
            "all of them: docs/install.md)"
        )
    return CaseError(f"cannot be written: {reason}; name another folder with -o", str(directory))


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


@contextmanager
def numbers_kept(directory: Path, result: Result, log: Sequence[str]) -> Iterator[None]:
    """Keep the numbers where there is room if the result cannot be written in the block.

    In a folder beside the one named, or else among the temporary files.

    Raises
    ------
    StorageError
        That of the block, with the result and where its numbers are.
    """
    try:
        yield
    except StorageError as failure:
        failure.result = result
        name = f"{directory.name}.numbers"
        for folder in (directory.parent, Path(tempfile.gettempdir())):
            try:
                kept = _keep_numbers(folder / name, result, log)
            except (OSError, CaseError):  # no room there either
                continue
            failure.args = (f"{failure}; its numbers (without fields and pictures) are in {kept}",)
            break
        raise


def _keep_numbers(place: Path, result: Result, log: Sequence[str]) -> Path:
    staged = staging_folder(place)
    try:
        write_documents(staged, result, log)
        place = _free_name(place.resolve())
        publish(staged, place)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return place


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
    else:
        _replace(staged, directory)
    release(directory)


def _replace(staged: Path, directory: Path) -> None:
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
