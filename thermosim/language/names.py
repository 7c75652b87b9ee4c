"""Names of regions and boundaries: as people and CAD programs write them."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_LONGEST = 60
_LEFT_OUT = r'\x00-\x1f\x7f-\x9f:"\\,$'  # what files of results and this language use themselves


def composed(name: Any) -> Any:
    """Return text with its accents as one character each (NFC), however it was typed."""
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name


Name = Annotated[
    str,
    BeforeValidator(composed),
    Field(pattern=rf"^[^{_LEFT_OUT}\s]([^{_LEFT_OUT}]{{0,{_LONGEST - 2}}}[^{_LEFT_OUT}\s])?$"),
]
"""Any text of up to 60 characters but for : " \\ , $ and control characters."""


def plain_name(text: str) -> str:
    """Return the name of a group of a file as a case can write it: what is left out becomes _."""
    name = re.sub(rf"[{_LEFT_OUT}]", "_", composed(text)).strip()
    return name[:_LONGEST].strip()


def toml_key(name: str) -> str:
    """Return a name as a key of TOML: in quotes unless it is bare."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
