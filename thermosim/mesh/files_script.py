"""gmsh scripts (.geo) are programs: those that do more than describe a geometry are refused.

gmsh's own language can start processes, read other scripts and write files. A script is split
into words as gmsh's lexer does it; words that do such things are refused before gmsh sees it.
"""

from __future__ import annotations

import re
from pathlib import Path

from thermosim.errors import MeshError

FORBIDDEN = {
    "System": "starts a process",
    "SystemCall": "starts a process",
    "NonBlockingSystemCall": "starts a process",
    "ExternalProcess": "starts a process",
    "OnelabRun": "starts a process",
    "OnelabAction": "talks to other programs",
    "SendToServer": "talks to other programs",
    "Include": "runs another file",
    "Merge": "runs another file",
    "MergeWithBoundingBox": "runs another file",
    "Print": "writes a file",
    "Save": "writes a file",
    "CreateDir": "writes to the disk",
    "Plugin": "runs a plugin",
    "GetEnv": "reads the environment",
    "StringToName": "makes commands out of text",
    "S2N": "makes commands out of text",
    "Exit": "ends the program",
    "Abort": "ends the script",
    "Sleep": "waits",
}
"""Words of the language by what they do."""

_LONGEST_STRING = 1000  # gmsh cuts a string at 1023 characters and reads on inside it
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<string>\"[^\"]*\"|'[^']*')"
    r"|(?P<word>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<open>/\*|\"|')"
    r"|(?P<other>[^\w\s]|\s+|\d)",
    re.DOTALL,
)
_TO_FILE = re.compile(r"\b(?:Printf|Warning|Error)\b[^;]*>")


def check_script(path: Path) -> None:
    """Refuse a .geo script that does more than describe a geometry.

    Raises
    ------
    MeshError
        Naming the line and the word.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise MeshError(f"{path}: is no text file (UTF-8)") from error
    text = text.replace("\r\n", "\n")
    if "\0" in text or "\r" in text:
        raise MeshError(f"{path}: holds control characters; save it with ordinary line ends")
    if not text.endswith("\n"):
        raise MeshError(f"{path}: add a line end after its last line, which gmsh would leave out")
    code = _without_comments(path, text)
    for match in re.finditer(r"[A-Za-z_]\w*", code):
        if match[0] in FORBIDDEN:
            _refuse(path, code, match.start(), match[0], FORBIDDEN[match[0]])
    found = _TO_FILE.search(code)
    if found is not None:
        _refuse(path, code, found.start(), "Printf(…) >", "writes a file")


def _without_comments(path: Path, text: str) -> str:
    """Return the script with comments and strings blanked out, line ends kept."""
    parts = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match[0]
        too_long = kind == "string" and len(piece) > _LONGEST_STRING
        if kind == "open" or too_long:
            line = text.count("\n", 0, match.start()) + 1
            what = f"has over {_LONGEST_STRING} characters" if too_long else "does not end"
            raise MeshError(f"{path}, line {line}: a comment or string {what}")
        hidden = kind in ("comment", "string")
        parts.append("\n" * piece.count("\n") + " " if hidden else piece)
    return "".join(parts)


def _refuse(path: Path, code: str, at: int, word: str, what: str) -> None:
    line = code.count("\n", 0, at) + 1
    raise MeshError(
        f'{path}, line {line}: "{word}" {what}, which a geometry must not do; remove it '
        '(ShapeFromFile("part.step") reads CAD files, one .geo holds all commands)'
    )
