"""`Result`: what a run found, in memory and in its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.errors import CaseError
from thermosim.language.notebook import table_html

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase
    from thermosim.model.layout import Layout

FORMAT = 1
OF_FIELDS = frozenset(
    [
        "field",
        "flux",
        "source",
        "intensity",
        "probe",
        "line",
        "to_pyvista",
        "show",
        "plot",
        "animate",
    ]
)
"""What `thermosim.fields` of a result gives as attributes of the result."""
SUMMARY, CASE, FIELDS, LOG = "summary.json", "case.toml", "fields.pvd", "log.txt"


@dataclass(repr=False)
class Result:
    """One run: its numbers, its heat budget and its case.

    Attributes
    ----------
    summary : numbers by name, each with its unit as the end of the name
    budget : heat [W] by path: ``source:REGION`` released, ``BOUNDARY:PATH`` leaving
    case : the case as resolved
    directory : where the files are; None if nothing was written
    notes : what a reader must know, such as a property used outside its range
    state : the discrete solution (`heat.problem.HeatProblem`), only in the run that made it
    """

    summary: dict[str, Any]
    budget: dict[str, float]
    case: AnyCase
    directory: Path | None = None
    notes: list[str] = field(default_factory=list)
    state: Any = None

    def __getattr__(self, name: str) -> Any:
        """Return a number of the summary (``result.delta_T_mean_K``), or what its fields give."""
        summary = self.__dict__.get("summary", {})
        if name in summary:
            return summary[name]
        if name in OF_FIELDS:
            import thermosim  # the public names: fields stand above this module

            return getattr(thermosim.fields(self), name)
        raise AttributeError(f"Result has no {name}; the summary holds {', '.join(summary)}")

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.summary, *OF_FIELDS})

    @cached_property
    def layout(self) -> Layout:
        """How the result is told and shown."""
        from thermosim.model.of_case import model_of

        return model_of(self.case).layout

    def __repr__(self) -> str:
        where = f", {str(self.directory)!r}" if self.directory is not None else ""
        return f"Result({self.case.title!r}: {self._headline()}{where})"

    def _rows(self) -> list[tuple[str, str]]:
        """Return the rows of the closing table; those of a failed run say why it failed."""
        import thermosim  # the public names: `results.words` stands above this module

        if self.summary.get("kind") == "failed":
            return [("failed", str(self.summary["message"]))]
        return list(thermosim.result_rows(self))

    def _headline(self) -> str:
        return " ".join(self._rows()[0])

    def _repr_html_(self) -> str:
        notes = [("notes", "\n".join(self.notes))] if self.notes else []
        title = self.case.title or "Untitled case"
        return table_html(title, self._headline(), self._rows() + notes)

    def document(self) -> dict[str, Any]:
        """Return the content of ``summary.json``."""
        return {**self.summary, "budget_W": self.budget, "notes": self.notes}


def load_result(directory: str | Path) -> Result:
    """Read a result from its folder.

    Raises
    ------
    CaseError
        If the folder holds no result, or one of a newer format.
    """
    from thermosim.case.read import load_case

    folder = Path(directory)
    try:
        document = json.loads((folder / SUMMARY).read_text())
    except FileNotFoundError as error:
        raise CaseError(f"holds no {SUMMARY}; it is no result folder", str(folder)) from error
    except (OSError, ValueError) as error:
        raise CaseError(f"{SUMMARY} cannot be read: {error}", str(folder)) from error
    if not isinstance(document, dict) or document.get("format", 0) > FORMAT:
        raise CaseError(
            f"was written by a newer thermosim (format {document.get('format')})", str(folder)
        )
    budget, notes = document.pop("budget_W", {}), document.pop("notes", [])
    return Result(document, budget, load_case(folder / CASE), folder, notes)
