"""What acts on a boundary of a body: ``[boundaries.NAME]`` of a case with ``[geometry]``."""

from __future__ import annotations

import functools
import importlib
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, create_model, model_validator

from thermosim.bodies.chamber import radiative_flux
from thermosim.language.formulas import (
    EmissivityExpression,
    FieldExpression,
    HeatFluxExpression,
    HeatTransferExpression,
    SurroundingsExpression,
    TemperatureExpression,
)
from thermosim.language.kinds import Kind, enter
from thermosim.language.sections import Section

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MODULES: tuple[str, ...] = ()
"""Modules of this folder that hold exchanges besides those here."""


class Exchange(Section):
    """Heat that leaves a boundary to surroundings at ``T_env``; every field is a formula.

    A class below with ``key="name"`` adds the section ``[boundaries.NAME.name]``.
    """

    known: ClassVar[dict[str, type[Exchange]]] = {}

    T_env: TemperatureExpression = Field(description="Temperature of the surroundings")

    def __init_subclass__(cls, key: str) -> None:
        """Enter the exchange under its key."""
        super().__init_subclass__()
        enter(Exchange.known, key, cls, f"[boundaries.NAME.{key}]")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Take no parameters: ``key`` is used up."""

    @abstractmethod
    def leaving(self, excess: Any, **values: Any) -> Any:
        """Return the heat flux out of the body [W/m²] where it is `excess` K above ``T_env``.

        `values` are those of the formulas by key [SI], as arrays or in UFL.
        """

    def expressions(self) -> Iterator[tuple[str, FieldExpression]]:
        """Yield the formulas by key."""
        for key in type(self).model_fields:
            yield key, getattr(self, key)


class Convection(Exchange, key="convection"):
    """Heat transfer to a fluid: h (T - T_env)."""

    h: HeatTransferExpression = Field(description="Heat transfer coefficient")

    def leaving(self, excess: Any, **values: Any) -> Any:
        """Return ``h (T - T_env)`` [W/m²]."""
        return values["h"] * excess


class SurfaceRadiation(Exchange, key="radiation"):
    """Thermal radiation to black surroundings: emissivity σ (T⁴ - T_env⁴)."""

    T_env: SurroundingsExpression = Field(
        description="Temperature of the surroundings; 0 K: nothing comes back"
    )
    emissivity: EmissivityExpression = Field(description="Hemispherical total emissivity")

    def leaving(self, excess: Any, **values: Any) -> Any:
        """Return `radiative_flux` [W/m²]."""
        return radiative_flux(excess, values["T_env"], values["emissivity"])


class Boundary(Kind, chosen_by="boundary"):
    """What acts on a boundary; heat flux, convection and radiation add up."""

    temperature: TemperatureExpression | None = Field(default=None, description="Held at this")
    heat_flux: HeatFluxExpression | None = Field(
        default=None, description="Into the body; negative where it is drawn out"
    )
    convection: Convection | None = Field(default=None, description="Heat transfer to a fluid")
    radiation: SurfaceRadiation | None = Field(
        default=None, description="Thermal radiation to black surroundings"
    )
    insulated: bool = Field(default=False, description="Nothing flows through it")
    symmetry: bool = Field(default=False, description="A mirror plane: nothing flows through it")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the JSON Schema hold it as one definition."""
        schema = super().__get_pydantic_core_schema__(source, handler)
        return {**schema, "ref": f"{__name__}.Boundary:{id(cls)}"} if cls.is_root() else schema

    @classmethod
    def kinds(cls) -> tuple[type[Self], ...]:
        """Return the one class that has a key for every exchange known by now."""
        for name in MODULES:
            importlib.import_module(name)
        return (_with_exchanges(tuple(Exchange.known.items())),)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        exchanges = dict(self.exchanges())
        flows = [*(["heat_flux"] if self.heat_flux is not None else []), *exchanges]
        closed = [n for n in ("insulated", "symmetry") if getattr(self, n)]
        held = ["temperature"] if self.temperature is not None else []
        if not (flows or closed or held):
            raise ValueError(
                f"says nothing; give temperature, heat_flux, {', '.join(Exchange.known)}, "
                "insulated = true or symmetry = true"
            )
        if bool(flows) + bool(closed) + bool(held) > 1 or len(closed) > 1:
            given = ", ".join([*held, *flows, *closed])
            raise ValueError(f"{given} contradict each other; keep one of them")
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the values: the class is made anew where they are read."""
        return _restored, (self.model_fields_set, dict(self))

    def exchanges(self) -> Iterator[tuple[str, Exchange]]:
        """Yield what takes heat to the surroundings, by key."""
        for key in Exchange.known:
            value = getattr(self, key, None)
            if value is not None:
                yield key, value

    @property
    def fixes_temperature(self) -> bool:
        """Whether the level of the temperature follows from this boundary."""
        return self.temperature is not None or any(True for _ in self.exchanges())

    def expressions(self) -> Iterator[tuple[str, FieldExpression]]:
        """Yield the formulas by key."""
        for key in ("temperature", "heat_flux"):
            if getattr(self, key) is not None:
                yield key, getattr(self, key)
        for key, exchange in self.exchanges():
            for inner, field in exchange.expressions():
                yield f"{key}.{inner}", field


@functools.lru_cache(maxsize=16)
def _with_exchanges(known: tuple[tuple[str, type[Exchange]], ...]) -> Any:
    fields: dict[str, Any] = {
        key: (kind | None, Field(default=None, description=(kind.__doc__ or "").split("\n")[0]))
        for key, kind in known
        if key not in Boundary.model_fields
    }
    return create_model("Boundary", __base__=Boundary, __doc__=Boundary.__doc__, **fields)


def _restored(given: set[str], values: dict[str, Any]) -> Boundary:
    return Boundary.kinds()[0].model_construct(given, **values)
