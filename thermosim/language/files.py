"""Files that a user names: found without surprises, read within limits of size and time."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from pathlib import Path

PATIENCE = 10.0
"""Seconds that a pipe may stay silent before something is said."""
_PIECE = 1 << 20


def named_file(folder: str | Path, name: str | Path) -> Path:
    """Return the path of a file as a case names it: below `folder`, or with ``~`` in front.

    Raises
    ------
    ValueError
        If it cannot be a path, or nobody has such a home.
    """
    try:
        path = Path(folder) / Path(name).expanduser()
        path.stat()
    except FileNotFoundError:
        return path
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"cannot be found: {_reason(error)}") from error
    return path


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def read_bounded(path: Path, most: int) -> bytes:
    """Return what a file or pipe holds, at most `most` + 1 bytes of it.

    Raises
    ------
    OSError
        If it cannot be read, or is a pipe into which nobody writes for `PATIENCE`.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            with open(handle, "rb", closefd=False) as stream:
                return stream.read(most + 1)
        return _read_pipe(handle, most)
    finally:
        os.close(handle)


def _read_pipe(handle: int, most: int) -> bytes:
    found = b""
    heard = time.monotonic()
    while len(found) <= most:
        try:
            piece = os.read(handle, min(_PIECE, most + 1 - len(found)))
        except BlockingIOError:
            piece = None
        if piece:
            found, heard = found + piece, time.monotonic()
        elif piece == b"" and found:
            break
        elif time.monotonic() - heard > PATIENCE:
            words = f"is a pipe into which nobody has written for {PATIENCE:.0f} s"
            raise OSError(errno.ETIMEDOUT, words)
        elif piece is None:
            select.select([handle], [], [], 0.1)
        else:
            time.sleep(0.05)  # nobody has opened the other end yet
    return found
