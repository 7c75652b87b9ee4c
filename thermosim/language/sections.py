"""The base class of every section of a case file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_KINDS = {"float": "must be a number", "int": "must be a whole number"}
_INNER = ("schema", "items_schema", "values_schema")


class Section(BaseModel):
    """A strict, frozen parameter class: unknown keys are errors, values and defaults SI floats.

    Subclasses live in the module that owns their physics. Cross-field rules raise ``ValueError``
    in a ``model_validator(mode="after")``; ``case.py`` turns them into a message with the path.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make plain numbers refuse true, false and text, which pydantic would convert."""
        schema = handler(source)
        inner: Any = schema
        while inner.get("type") != "model-fields" and "schema" in inner:
            inner = inner["schema"]
        for field in inner.get("fields", {}).values():
            _only_numbers(field["schema"])
        return schema


def beside_case(file: Path, info: ValidationInfo) -> Path:
    """Return ``file``, taken from the folder of the case file when that is known."""
    folder = info.context.get("directory") if info.context else None
    path = file.expanduser()
    return Path(folder, path) if folder is not None else path


def _only_numbers(schema: Any) -> None:
    """Change number schemas inside the schema of a field, in place; sections have done theirs."""
    kind = schema.get("type")
    if kind in _KINDS:
        number = dict(schema)
        schema.clear()
        check = core_schema.no_info_before_validator_function(_refuser(_KINDS[kind]), number)
        schema.update(check)
    elif kind == "bool":
        schema["strict"] = True
    elif kind not in ("model", "function-before", "function-plain", "definition-ref"):
        for name in _INNER:
            inner = schema.get(name)
            for one in inner if isinstance(inner, list) else [inner]:
                if isinstance(one, dict):
                    _only_numbers(one)
        choices = schema.get("choices", [])
        for choice in choices.values() if isinstance(choices, dict) else choices:
            one = choice[0] if isinstance(choice, tuple) else choice
            if isinstance(one, dict):
                _only_numbers(one)


def _refuser(rule: str) -> Any:
    def refuse(value: Any) -> Any:
        if isinstance(value, bool | str):
            raise PydanticCustomError("not_a_number", rule)
        return value

    return refuse
