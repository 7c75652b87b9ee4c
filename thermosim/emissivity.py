"""The field type of emissivities: a number, or a word that says where the number comes from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WrapValidator
from pydantic_core import PydanticCustomError, ValidationError


def _one_message(*words: str) -> WrapValidator:
    choices = " or ".join(f'"{word}"' for word in words)
    rule = f"must be a number from 0 to 1 (no unit), or {choices}"

    def validate(value: Any, handler: Any) -> Any:
        if isinstance(value, bool):
            raise PydanticCustomError("emissivity", rule)
        try:
            return handler(value)
        except ValidationError as error:
            raise PydanticCustomError("emissivity", rule) from error

    return WrapValidator(validate)


_Number = Annotated[float, Field(ge=0, le=1, strict=True)]

SurfaceEmissivity = Annotated[_Number | Literal["material"], _one_message("material")]
"""Of a large body: ``"material"`` takes the value of the material."""

ParticleEmissivity = Annotated[
    _Number | Literal["material", "small_body"], _one_message("material", "small_body")
]
"""Of a particle: ``"small_body"`` is the Planck average of its absorption efficiency."""
