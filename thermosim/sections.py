"""The base class of every section of a case file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A strict, frozen parameter class: unknown keys are errors, values and defaults SI floats.

    Subclasses live in the module that owns their physics. Cross-field rules raise ``ValueError``
    in a ``model_validator(mode="after")``; ``case.py`` turns them into a message with the path.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)
