"""Thermal conductivity as a tensor: isotropic or uniaxial (layered crystals such as mica)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from thermosim.language.namespaces import NUMPY, Namespace
from thermosim.language.sections import Section
from thermosim.materials.laws import ConductivityLaw
from thermosim.materials.shorthand import Shorthand

Axis = tuple[float, float, float]
Tensor = tuple[tuple[Any, Any, Any], tuple[Any, Any, Any], tuple[Any, Any, Any]]
Z_AXIS: Axis = (0.0, 0.0, 1.0)


def unit_axis(direction: Axis) -> Axis:
    """Return ``direction`` at length 1.

    Raises
    ------
    ValueError
        If it is the zero vector or not finite.
    """
    length = float(np.linalg.norm(direction))
    if not 0 < length < np.inf:
        raise ValueError("must be a direction: three finite numbers, not all zero")
    x, y, z = (float(c) / length for c in direction)
    return x, y, z


class Isotropic(Section):
    """The same conductivity in all directions."""

    kind: Literal["isotropic"] = "isotropic"
    k: ConductivityLaw = Field(description="Thermal conductivity")

    def laws(self) -> dict[str, ConductivityLaw]:
        """Return the components by name, each a scalar law."""
        return {"k": self.k}

    def parameters(self) -> tuple[float, ...]:
        """Return the numbers of all components, in the order of `laws`."""
        return self.k.parameters()

    def components(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> tuple[Any, Any]:
        """Return conductivity across and along the axis [W/(m K)]: here the same."""
        k = self.k.evaluate(T, xp, parameters)
        return k, k

    def tensor(
        self,
        T: Any,
        xp: Namespace = NUMPY,
        parameters: Sequence[Any] | None = None,
        axis: Axis | None = None,
    ) -> Tensor:
        """Return ``k`` times the identity; ``axis`` has no effect."""
        k = self.k.evaluate(T, xp, parameters)
        return (k, 0.0, 0.0), (0.0, k, 0.0), (0.0, 0.0, k)

    def at(self, T: npt.ArrayLike, axis: Axis | None = None) -> npt.NDArray[np.float64]:
        """Return the tensor [W/(m K)], shape ``T.shape + (3, 3)``."""
        return _stack(self.tensor(np.asarray(T, dtype=float), axis=axis), np.shape(T))


class Uniaxial(Section):
    """``k_perp`` along the axis (across the layers), ``k_par`` in the two other directions."""

    kind: Literal["uniaxial"] = "uniaxial"
    k_par: ConductivityLaw = Field(description="Conductivity along the layers")
    k_perp: ConductivityLaw = Field(description="Conductivity across the layers, along the axis")
    axis: Axis = Field(default=Z_AXIS, description="Direction across the layers")

    @field_validator("axis")
    @classmethod
    def _unit(cls, value: Axis) -> Axis:
        return unit_axis(value)

    def laws(self) -> dict[str, ConductivityLaw]:
        """Return the components by name, each a scalar law."""
        return {"k_par": self.k_par, "k_perp": self.k_perp}

    def parameters(self) -> tuple[float, ...]:
        """Return the numbers of all components, in the order of `laws`."""
        return self.k_par.parameters() + self.k_perp.parameters()

    def components(
        self, T: Any, xp: Namespace = NUMPY, parameters: Sequence[Any] | None = None
    ) -> tuple[Any, Any]:
        """Return ``(k_par, k_perp)`` [W/(m K)] at ``T`` [K]."""
        split = len(self.k_par.parameters())
        first = None if parameters is None else parameters[:split]
        second = None if parameters is None else parameters[split:]
        return self.k_par.evaluate(T, xp, first), self.k_perp.evaluate(T, xp, second)

    def tensor(
        self,
        T: Any,
        xp: Namespace = NUMPY,
        parameters: Sequence[Any] | None = None,
        axis: Axis | None = None,
    ) -> Tensor:
        """Return ``k_par I + (k_perp - k_par) a aᵀ`` with ``a`` the axis (argument, or own).

        Entries that the axis makes zero are the float 0.0, so that forms stay short.
        """
        k_par, k_perp = self.components(T, xp, parameters)
        a = self.axis if axis is None else unit_axis(axis)

        def entry(i: int, j: int) -> Any:
            weight = a[i] * a[j]
            if i == j:
                return k_par if weight == 0 else k_perp if weight == 1 else _mix(weight)
            return 0.0 if weight == 0 else weight * (k_perp - k_par)

        def _mix(weight: float) -> Any:
            return (1.0 - weight) * k_par + weight * k_perp

        rows = [(entry(i, 0), entry(i, 1), entry(i, 2)) for i in range(3)]
        return rows[0], rows[1], rows[2]

    def at(self, T: npt.ArrayLike, axis: Axis | None = None) -> npt.NDArray[np.float64]:
        """Return the tensor [W/(m K)], shape ``T.shape + (3, 3)``."""
        return _stack(self.tensor(np.asarray(T, dtype=float), axis=axis), np.shape(T))


def _stack(tensor: Tensor, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    found = np.empty((*shape, 3, 3))
    for i, row in enumerate(tensor):
        for j, entry in enumerate(row):
            found[..., i, j] = entry
    return found


ConductivityTensor: TypeAlias = Annotated[
    Annotated[Isotropic | Uniaxial, Field(discriminator="kind")], Shorthand("isotropic", "k")
]
