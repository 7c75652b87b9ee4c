"""What a command wrote into a folder: only that may be replaced later.

Every folder that is published holds ``.thermosim.json``: the command and the names in the folder.
What is there besides belongs to the user.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from thermosim.errors import CaseError

MANIFEST = ".thermosim.json"
FORMAT = 1
_NAMED = 3


def seal(folder: Path, command: str) -> None:
    """Write down that `command` wrote all that is in a folder."""
    names = sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)
    document = {"format": FORMAT, "command": command, "names": names}
    (folder / MANIFEST).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def add(folder: Path, names: Iterable[str]) -> None:
    """Add names to what is known to be written in a sealed folder."""
    found = _read(folder)
    if found is not None:
        command, known = found
        document = {"format": FORMAT, "command": command, "names": sorted({*known, *names})}
        (folder / MANIFEST).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def command_of(folder: Path) -> str | None:
    """Return which command sealed a folder; None if none did."""
    found = _read(folder)
    return None if found is None else found[0]


def unknown_in(folder: Path) -> list[Path]:
    """Return what is in a folder that no command wrote, sorted."""
    found = _read(folder)
    known = {MANIFEST, *(found[1] if found else ())}
    return sorted(path for path in folder.iterdir() if path.name not in known)


def check_replaceable(folder: Path, command: str, *, overwrite: bool, shown: Path) -> None:
    """Refuse a folder that `command` must not replace; an empty one is free.

    `shown` is how the user called the folder.

    Raises
    ------
    CaseError
        If something in it is not of that command, or is and `overwrite` is false.
    """
    if not any(folder.iterdir()):
        return
    writer, name = command_of(folder), str(shown)
    if writer is None:
        raise CaseError("exists and holds no thermosim result; name another folder with -o", name)
    if writer != command:
        raise CaseError(f"holds what {writer} wrote; name another folder with -o", name)
    others = [path.name for path in unknown_in(folder)]
    if others:
        listed = ", ".join(others[:_NAMED]) + (" …" if len(others) > _NAMED else "")
        raise CaseError(
            f"holds more than the result: {listed}; move that, or name another folder with -o",
            name,
        )
    if not overwrite:
        raise CaseError(
            "holds a result already; name another folder with -o, or add --overwrite", name
        )


def _read(folder: Path) -> tuple[str, list[str]] | None:
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    return str(document["command"]), [str(name) for name in document["names"]]
