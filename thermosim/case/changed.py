"""A case with other values, validated anew: ``case.with_({"laser.intensity": "5 kW/cm^2"})``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from thermosim.case.assumptions import unassumed
from thermosim.case.errors import problems_of
from thermosim.case.tree import expanded, merged
from thermosim.errors import CaseError

C = TypeVar("C", bound=BaseModel)


def changed(case: C, changes: Mapping[str, Any]) -> C:
    """Return a validated copy of a case with other values at dotted paths.

    Values are text with a unit, quantities of pint, numbers in SI units, or whole sections as
    mappings; None goes back to the default.

    Raises
    ------
    CaseError
        Listing every fault at once, each with its path.
    """
    tree = case.model_dump(mode="json", exclude_none=True, context={"units": True})
    # what the case leaves to defaults stays so: a default may follow from what changes
    given = {key: value for key, value in tree.items() if key in case.model_fields_set}
    wanted = expanded(_plain(changes))
    if "assumptions" in wanted:
        given = unassumed(given)
    laid = _without_none(merged(given, wanted))
    try:
        return type(case).model_validate(laid)
    except CaseError as error:
        raise CaseError(error.problems, "with_") from error
    except ValidationError as error:
        raise CaseError(problems_of(error, laid, type(case)), "with_") from error


def _plain(value: Any) -> Any:
    """Return a value as a case file could hold it: quantities as text, arrays as lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "to_base_units"):
        base = value.to_base_units()
        return f"{float(base.magnitude)!r} {base.units}".removesuffix(" dimensionless")
    return _plain(value.tolist()) if hasattr(value, "tolist") else value


def _without_none(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree without the keys that were set to None."""
    return {
        key: _without_none(value) if isinstance(value, Mapping) else value
        for key, value in tree.items()
        if value is not None
    }
