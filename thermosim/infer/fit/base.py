"""What a model of a fit is: parameters, starts, and predictions for each of its data sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

from thermosim.infer.fit.data import Measured
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter

Values = Mapping[str, Array]
"""Parameters by name, each of shape (B, 1)."""


class FitModel(ABC):
    """A model with its data sets.

    ``equation`` is what people read; ``sets`` the data; ``notes`` say what was taken for granted.
    """

    name: ClassVar[str]
    equation: ClassVar[str]
    sets: list[Measured]
    notes: list[str]

    @abstractmethod
    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return the parameters of data set ``i``, with starts that the data suggest."""

    @abstractmethod
    def predict(self, values: Values, i: int) -> Array:
        """Return what is expected of data set ``i``, shape (B, n)."""

    def starts(self) -> list[dict[str, float]]:
        """Return places to start from, beside the starts of the parameters: name to value."""
        return [{}]

    def derived(self) -> dict[str, tuple[str, Callable[[Values], Array]]]:
        """Return what follows from the parameters: name to unit and a function of them (B, 1)."""
        return {}
