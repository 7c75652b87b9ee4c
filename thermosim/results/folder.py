"""A result folder that is never half written: filled aside, then renamed into place."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.results.result import CASE, FORMAT, LOG, SUMMARY, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thermosim.case import AnyCase


def check_target(directory: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a run must not write to.

    Raises
    ------
    CaseError
        If it is a file, holds something that is no result, or holds a result and `overwrite` is
        false.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise CaseError("is a file; name a folder for the result", str(directory))
    if not any(directory.iterdir()):
        return
    if not (directory / SUMMARY).exists():
        raise CaseError(
            "exists and holds no thermosim result; name another folder with -o", str(directory)
        )
    if not overwrite:
        raise CaseError(
            "holds a result already; name another folder with -o, or add --overwrite",
            str(directory),
        )


def staging_folder(directory: Path) -> Path:
    """Make the folder beside `directory` that a run fills."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))


def write_documents(folder: Path, result: Result, log: Sequence[str]) -> None:
    """Write the numbers, the resolved case and the log."""
    (folder / CASE).write_text(result.case.to_toml())
    (folder / LOG).write_text("\n".join([*log, ""]))
    text = json.dumps(result.document(), indent=2, allow_nan=False, default=_plain)
    (folder / SUMMARY).write_text(text + "\n")


def keep_failed(directory: Path, case: AnyCase, message: str, log: Sequence[str]) -> None:
    """Keep the case, the log and the reason of a run that found no solution, marked as failed."""
    staged = staging_folder(directory)
    summary = {"format": FORMAT, "title": case.title, "kind": "failed", "message": message}
    write_documents(staged, Result(summary, {}, case), [*log, message])
    publish(staged, directory)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def publish(staged: Path, directory: Path) -> None:
    """Put a filled folder in its place; an older result goes only once the new one is there."""
    staged.chmod(0o777 & ~_umask())
    if not directory.exists():
        staged.replace(directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old.", dir=directory.parent))
    directory.replace(old / "result")
    staged.replace(directory)
    shutil.rmtree(old)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
