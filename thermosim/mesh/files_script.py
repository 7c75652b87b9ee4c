"""gmsh scripts (.geo) are programs: those that do more than describe a geometry are refused.

gmsh's own language can start processes, read other scripts and write files. A script is split
into words as gmsh's lexer does it; words that do such things are refused before gmsh sees it.
``Merge`` and ``Include`` may name files beside the script or below: scripts, which are checked
alike, CAD files and meshes.
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

_READERS = ("Include", "Merge")
_NAMED = re.compile(r"""\s*(?:"([\w .()+/-]+)"|'([\w .()+/-]+)')\s*;""")
_BEGINS = {
    "step": (b"ISO-10303-21",),
    "stp": (b"ISO-10303-21",),
    "msh": (b"$MeshFormat",),
    "brep": (b"DBRep_DrawableShape", b"CASCADE Topology"),
    "iges": (b"",),
    "igs": (b"",),
    "stl": (b"",),
}
"""What files that a script may merge begin with, by their ending; gmsh goes by the ending."""
_MOST_SCRIPTS = 50
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
    """Refuse a .geo script, or one that it reads, that does more than describe a geometry.

    Raises
    ------
    MeshError
        Naming the line and the word.
    """
    _check(path, path.resolve().parent, (), [])


def _check(path: Path, root: Path, above: tuple[Path, ...], seen: list[Path]) -> None:
    """Check a script that those `above` it read, all files being inside `root`."""
    seen.append(path)
    if len(seen) > _MOST_SCRIPTS:
        raise MeshError(f"{path}: scripts read each other more than {_MOST_SCRIPTS} times")
    text = _text(path)
    code = _without_comments(path, text)
    for match in re.finditer(r"[A-Za-z_]\w*", code):
        if match[0] in FORBIDDEN:
            _refuse(path, code, match.start(), match[0], FORBIDDEN[match[0]])
        if match[0] in _READERS:
            line = code.count("\n", 0, match.start()) + 1
            where = f"{path}, line {line}: {match[0]}"
            other = _other_file(where, text[match.end() :], path.resolve().parent, root)
            if other.suffix.lower() == ".geo":
                if other in (*above, path.resolve()):
                    raise MeshError(f"{where}: {other.name} reads itself")
                _check(other, root, (*above, path.resolve()), seen)
            elif match[0] == "Include":
                raise MeshError(f"{where}: only another .geo can be included; write Merge")
            else:
                _check_begin(where, other)
    found = _TO_FILE.search(code)
    if found is not None:
        _refuse(path, code, found.start(), "Printf(…) >", "writes a file")


def _other_file(where: str, rest: str, folder: Path, root: Path) -> Path:
    """Return the file that is named after Merge or Include, if it is one beside the script."""
    named = _NAMED.match(rest)
    if named is None:
        raise MeshError(f'{where}: give the file as plain text, "part.step", and then ;')
    name = named[1] or named[2]
    other = (folder / name).resolve()
    if Path(name).is_absolute() or not other.is_relative_to(root):
        raise MeshError(f'{where}: "{name}" is not beside the script or below; put it there')
    if not other.is_file():
        raise MeshError(f'{where}: there is no file "{name}" beside the script')
    ending = Path(name).suffix[1:]
    if ending not in {e for known in ("geo", *_BEGINS) for e in (known, known.upper())}:
        known = ", ".join(f".{e}" for e in ("geo", *_BEGINS))
        raise MeshError(f'{where}: "{name}" must end in {known}')
    return folder / name


def _check_begin(where: str, other: Path) -> None:
    """Refuse a file whose content gmsh could take for something else, such as a script."""
    begins = _BEGINS[other.suffix[1:].lower()]
    with other.open("rb") as stream:
        head = stream.read(64).lstrip()
    if not head.startswith(begins):
        expected = " or ".join(b.decode() for b in begins)
        raise MeshError(f"{where}: {other.name} should begin with {expected}")


def _text(path: Path) -> str:
    """Return the text of a script, refused if gmsh would read it in another way."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise MeshError(f"{path}: is no text file (UTF-8)") from error
    text = text.replace("\r\n", "\n")
    if "\0" in text or "\r" in text:
        raise MeshError(f"{path}: holds control characters; save it with ordinary line ends")
    if not text.endswith("\n"):
        raise MeshError(f"{path}: add a line end after its last line, which gmsh would leave out")
    return text


def _without_comments(path: Path, text: str) -> str:
    """Return the script with comments and strings blanked out, every place kept."""
    parts = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup, match[0]
        too_long = kind == "string" and len(piece) > _LONGEST_STRING
        if kind == "open" or too_long:
            line = text.count("\n", 0, match.start()) + 1
            what = f"has over {_LONGEST_STRING} characters" if too_long else "does not end"
            raise MeshError(f"{path}, line {line}: a comment or string {what}")
        hidden = kind in ("comment", "string")
        parts.append(re.sub(r"[^\n]", " ", piece) if hidden else piece)
    return "".join(parts)


def _refuse(path: Path, code: str, at: int, word: str, what: str) -> None:
    line = code.count("\n", 0, at) + 1
    raise MeshError(
        f'{path}, line {line}: "{word}" {what}, which a geometry must not do; remove it '
        '(Merge "part.step"; reads a file beside the script)'
    )
