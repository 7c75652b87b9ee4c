"""Plain values where a table of keys could stand: ``conductivity = "0.3 W/(m*K)"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler


@dataclass(frozen=True)
class Shorthand:
    """Pydantic annotation: a bare text or number ``v`` stands for ``{kind = KIND, KEY = v}``."""

    kind: str
    key: str = "value"

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Widen bare values before the section itself is validated."""
        return core_schema.no_info_before_validator_function(self._widen, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Allow the bare text beside the full form."""
        full = handler(schema)
        return {"anyOf": [{"type": ["string", "number"]}, full]}

    def _widen(self, given: Any) -> Any:
        if isinstance(given, str | int | float) and not isinstance(given, bool):
            return {"kind": self.kind, self.key: given}
        return given
