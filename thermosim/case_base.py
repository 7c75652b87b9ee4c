"""What every kind of case file has in common: a digest, and a way back to TOML."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from thermosim.sections import Section


class CaseBase(Section):
    """A whole case file, validated and resolved."""

    def digest(self) -> str:
        """Return a hash of the resolved parameters, and of the content of files they name."""
        text = json.dumps(self.model_dump(), sort_keys=True, default=_content)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """Return the resolved case as TOML that `load_case` reads back."""
        import tomli_w

        tree = self.model_dump(mode="json", exclude_none=True, context={"units": True})
        return tomli_w.dumps(tree)


def _content(value: Any) -> str:
    if not isinstance(value, Path):
        raise TypeError(f"{value!r} has no place in a case")
    return hashlib.sha256(value.read_bytes()).hexdigest()
