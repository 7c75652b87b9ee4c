"""Errors that reach a user: one clear message each, and the exit status it ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ThermosimError(Exception):
    """Base of every error that thermosim raises on purpose; ``str()`` is the message to print."""

    exit_status = 1


@dataclass(frozen=True)
class Problem:
    """One fault of a case: where it is, what stands there, which rule it breaks, what to do."""

    path: str
    value: str
    rule: str
    remedy: str = ""

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.path}{shown}: {self.rule}{remedy}"


class CaseError(ThermosimError):
    """Bad input: holds every fault found, so that a user mends a file in one go."""

    exit_status = 2

    def __init__(self, problems: list[Problem] | str, source: str = "") -> None:
        self.problems = [Problem("case", "", problems)] if isinstance(problems, str) else problems
        self.source = source
        lines = [problems] if isinstance(problems, str) else [str(p) for p in problems]
        if source:
            lines = [f"{source}: {line}" for line in lines]
        super().__init__("\n".join(lines))


class MeshError(ThermosimError):
    """A geometry that cannot be meshed, or a mesh below the quality threshold."""

    exit_status = 2


class SolveError(ThermosimError):
    """A solve that failed: what failed and what to try."""

    exit_status = 3


class MissingDependencyError(ThermosimError):
    """A part of the environment that this command needs is not installed."""

    exit_status = 4


class StorageError(ThermosimError):
    """A file that could not be written or read back: which, why, and what to do.

    `result` is what could not be written, where it was computed all the same.
    """

    exit_status = 5
    result: Any = None
