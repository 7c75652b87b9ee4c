"""From any kind of case to its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thermosim.case.body_case import BodyCase
from thermosim.case.dot_case import DotCase
from thermosim.model.of_body import of_body
from thermosim.model.of_dot import of_dot
from thermosim.model.of_particle import of_particle

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase as AnyCase  # noqa: PLC0414
    from thermosim.model.model import Model


def model_of(case: AnyCase) -> Model:
    """Return what a case asks to be solved.

    Raises
    ------
    CaseError
        If a material lacks a property that the case asks for, or the light does not suit it.
    """
    if isinstance(case, DotCase):
        return of_dot(case)
    return of_body(case) if isinstance(case, BodyCase) else of_particle(case)
