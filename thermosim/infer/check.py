"""What follows from a case before anything is solved: ``thermosim check`` and ``case.check()``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thermosim.language.named import readable, shown
from thermosim.language.notebook import table_html

if TYPE_CHECKING:
    from thermosim.model.of_case import AnyCase


@dataclass(frozen=True)
class Check:
    """A valid case, the numbers that follow from it, and what a reader must know.

    Attributes
    ----------
    case : the case
    numbers : derived quantities by name, each with its unit as the end of the name
    notes : remarks, such as what the model leaves out
    """

    case: AnyCase
    numbers: dict[str, Any]
    notes: list[str]

    def __getitem__(self, name: str) -> Any:
        """Return a number by its name."""
        return self.numbers[name]

    def document(self) -> dict[str, Any]:
        """Return what ``thermosim check --json`` prints."""
        known = {"valid": True, "case_hash": self.case.digest(), **self.numbers}
        return {**known, "notes": self.notes, "case_SI": self.case.model_dump(mode="json")}

    def rows(self) -> dict[str, str]:
        """Return names and values as text."""
        found = {readable(name): shown(name, value) for name, value in self.numbers.items()}
        return {**found, "notes": "\n".join(self.notes)} if self.notes else found

    def __repr__(self) -> str:
        return f"Check({self.case.title!r}, valid, {len(self.numbers)} numbers)"

    def _repr_html_(self) -> str:
        return table_html(self.case.title or "Untitled case", "valid", self.rows().items())


def check(case: AnyCase) -> Check:
    """Return what follows from a case, without solving anything.

    Raises
    ------
    CaseError
        If the case names what is not there.
    """
    from thermosim.limits.intensity import unlike_a_run
    from thermosim.limits.of_case import derived_quantities
    from thermosim.model.of_case import model_of
    from thermosim.model.priors import given_priors

    given_priors(case)
    numbers = derived_quantities(case)
    # of the model: what a run would be made of
    model = model_of(case)
    notes = [*_turned(numbers), *unlike_a_run(model.light), *model.remarks(())]
    return Check(case, numbers, notes)


def _turned(numbers: dict[str, Any]) -> list[str]:
    """Warn where dots at the intensity of the beam cool and the lit body heats."""
    if not numbers.get("heat_source_W_per_m3", 0.0) < 0.0 < numbers.get("heating_power_W", 0.0):
        return []
    return [
        "WARNING: gain per dot and heat source are those of dots at the peak intensity of the "
        "beam, which cool; in the body hot spots turn that into heating (heating power)"
    ]
