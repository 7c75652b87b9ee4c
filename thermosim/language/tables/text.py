"""The text of a file of numbers, whatever wrote it: encodings, and files that are no text."""

from __future__ import annotations

import re
from pathlib import Path

from thermosim.errors import CaseError
from thermosim.language.files import read_bounded

MAX_BYTES = 100_000_000
_BINARY = {
    b"PK\x03\x04": "a spreadsheet (.xlsx, .ods)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls)",
    b"Andor Technology": "an Andor .sif",
    b"PQTTTR": "a PicoQuant .ptu",
    b"PQHISTO": "a PicoQuant .phu",
    b"WDF1": "a Renishaw .wdf",
}
_JAPANESE = re.compile("[ぁ-ヿ一-鿿]{2}")
_SAMPLE = 4096
_MANY_ZEROS = 0.3  # share of zero bytes at odd or even places that makes text UTF-16


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    Raises
    ------
    CaseError
        If the file cannot be read, is too large, or is no text; it says what to export instead.
    """
    source = str(path)
    try:
        data = read_bounded(path, MAX_BYTES)
    except OSError as error:
        raise CaseError(f"cannot be read: {error.strerror or error}", source) from error
    if len(data) > MAX_BYTES:
        raise CaseError(f"is too large: it may have {MAX_BYTES} bytes", source)
    for start, what in _BINARY.items():
        if data.startswith(start):
            raise CaseError(f"is {what} file, no text: export it as text (ASCII, CSV)", source)
    text, encoding = decoded(data)
    if "\0" in text:
        raise CaseError("is no text: export the numbers as text (ASCII, CSV)", source)
    return text, encoding


def decoded(data: bytes) -> tuple[str, str]:
    """Return text and encoding of bytes: UTF-8, UTF-16 (with or without a mark), or a code page."""
    utf16 = _utf16(data)
    if utf16:
        return data.decode(utf16, errors="replace").removeprefix("\ufeff"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:  # an older code page: Japanese where the text then is Japanese
        japanese = data.decode("cp932", errors="replace")
        if _JAPANESE.search(japanese) and "\ufffd" not in japanese:
            return japanese, "Shift JIS"
        return data.decode("latin-1"), "Latin-1"


def _utf16(data: bytes) -> str:
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if data.startswith(b"\xfe\xff"):
        return "utf-16-be"
    sample = data[:_SAMPLE]
    if len(sample) < 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < _MANY_ZEROS * len(sample) / 2 or min(even, odd) > 0.1 * max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"
