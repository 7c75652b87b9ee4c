"""Folders that this process is going to fill: a second one that wants the same is refused."""

from __future__ import annotations

import fcntl
import functools
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from thermosim.errors import CaseError

P = ParamSpec("P")
T = TypeVar("T")
_held: dict[Path, IO[str]] = {}


def _lock_file(place: Path) -> Path:
    return place.with_name(f".{place.name}.lock")


def claim(place: Path, shown: Path) -> bool:
    """Keep other processes from filling a folder until `release`, or until this process ends.

    `shown` is how the user called the folder. Returns whether others are kept out: not where the
    file system has no locks.

    Raises
    ------
    CaseError
        If another process has claimed it.
    """
    if place in _held:
        return True
    while True:
        stream = _lock_file(place).open("a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            owner = stream.read()
            stream.close()
            raise CaseError(
                f"another run ({owner}) is going to write there; name another folder with -o",
                str(shown),
            ) from error
        except OSError:  # no locks on this file system
            stream.close()
            return False
        if _is_current(stream, place):
            break
        stream.close()  # its owner has just removed it
    _held[place] = stream
    stream.truncate(0)
    os.write(stream.fileno(), f"{platform.node()} {os.getpid()}".encode())
    return True


def _is_current(stream: IO[str], place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), _lock_file(place).stat())
    except FileNotFoundError:
        return False


def release(place: Path) -> None:
    """Let others have a folder; no error if this process has not claimed it."""
    stream = _held.pop(place, None)
    if stream is not None:
        _lock_file(place).unlink(missing_ok=True)
        stream.close()


def ends_claims(work: Callable[P, T]) -> Callable[P, T]:
    """Make a function release what it claims, however it ends."""

    @functools.wraps(work)
    def working(*args: P.args, **kwargs: P.kwargs) -> T:
        before = set(_held)
        try:
            return work(*args, **kwargs)
        finally:
            for place in _held.keys() - before:
                release(place)

    return working
