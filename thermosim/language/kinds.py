"""Kinds of sections, and names of a register: each is entered where it is written.

The root of a family names the key that chooses among its kinds::

    class ShapeBase(Kind, chosen_by="kind"):
        kind: str

and a class below it that says its own value of that key is a kind of the family::

    class Sphere(ShapeBase):
        kind: Literal["sphere"] = "sphere"

A field annotated with the root takes any of them. What is accepted, the message "must be one of …",
the JSON Schema and the tables of docs/case.md are made from the register when they are asked for,
so a kind may be added at any time, by another package too.
"""

from __future__ import annotations

import functools
import importlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, Union

from pydantic import Field, TypeAdapter
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from thermosim.language.sections import Section

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler


class Kind(Section):
    """The root of a family of kinds, or one of its kinds.

    Parameters of the class statement, for a root alone: ``chosen_by``, the key whose value chooses
    a kind, and ``modules``, the names of the modules that hold kinds beside that of the root; they
    are imported when the kinds are first asked for.
    """

    _register: ClassVar[dict[str, type[Kind]]]
    _chosen_by: ClassVar[str]
    _modules: ClassVar[tuple[str, ...]]
    _root: ClassVar[type[Kind]]

    def __init_subclass__(cls, chosen_by: str = "", modules: tuple[str, ...] = ()) -> None:
        """Begin a family where ``chosen_by`` is given."""
        super().__init_subclass__()
        if chosen_by:
            cls._register, cls._chosen_by, cls._modules, cls._root = {}, chosen_by, modules, cls

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Enter a class that says a value of the key of its family, once its fields are known."""
        super().__pydantic_init_subclass__()
        if not cls.is_root() and cls._chosen_by in cls.__annotations__:
            cls._enter()

    @classmethod
    def _enter(cls) -> None:
        """Enter the class in the register, under every value of its key.

        Raises
        ------
        TypeError
            If another class has the value, or the class leaves out what its family is asked for.
        """
        field = cls.model_fields[cls._chosen_by]
        if missing := getattr(cls, "__abstractmethods__", ()):
            raise TypeError(f"{cls.__name__} has no {', '.join(sorted(missing))}")
        for value in typing.get_args(field.annotation):
            enter(cls._register, value, cls, f'{cls._chosen_by} = "{value}"')

    @classmethod
    def kinds(cls) -> tuple[type[Self], ...]:
        """Return the kinds of the family: those of the root's module, of ``modules``, of others."""
        root = cls._root.__module__
        places = cls._modules if root in cls._modules else (root, *cls._modules)
        for name in cls._modules:
            importlib.import_module(name)
        order = {name: place for place, name in enumerate(places)}
        found: Any = dict.fromkeys(cls._register.values())
        return tuple(sorted(found, key=lambda kind: order.get(kind.__module__, len(order))))

    @classmethod
    def is_root(cls) -> bool:
        """Whether this class stands for all kinds of its family."""
        return cls.__dict__.get("_root") is cls

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let a root stand for whatever kinds its family has when a value is read."""
        if not cls.is_root():
            return super().__get_pydantic_core_schema__(source, handler)
        return core_schema.with_info_plain_validator_function(cls._read)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the choice between all kinds."""
        if cls.is_root():
            kinds = cls.kinds()
            choice = handler(_adapter(kinds, cls._chosen_by).core_schema)
            about = {"description": (cls.__doc__ or "").split("\n\n")[0]}
            return choice if len(kinds) == 1 else {**about, **choice}
        return super().__get_pydantic_json_schema__(schema, handler)

    @classmethod
    def _read(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        if isinstance(value, cls):
            return value
        return _adapter(cls.kinds(), cls._chosen_by).validate_python(value, context=info.context)


@functools.lru_cache(maxsize=256)
def _adapter(kinds: tuple[type[Kind], ...], chosen_by: str) -> TypeAdapter[Any]:
    """Return what reads one of some kinds; made anew when a family has grown."""
    if len(kinds) == 1:
        return TypeAdapter(kinds[0])
    choice: Any = Annotated[Union[kinds], Field(discriminator=chosen_by)]  # noqa: UP007
    return TypeAdapter(choice)


def enter(register: dict[str, Any], name: str, entry: type, what: str) -> None:
    """Enter a class in a register under a name; a class that is written anew replaces itself.

    Raises
    ------
    TypeError
        If another class has the name; `what` says of what it is the name.
    """
    place = f"{entry.__module__}.{entry.__qualname__}"
    taken = register.get(name, entry)
    if (there := f"{taken.__module__}.{taken.__qualname__}") != place:
        raise TypeError(f"{what} is {there} already; {place} needs another")
    register[name] = entry


@dataclass(frozen=True)
class OneOf:
    """Pydantic annotation of a text that names an entry of a register, asked for when it is read.

    ``entries`` returns the register: names to what they stand for.
    """

    entries: Callable[[], Mapping[str, Any]]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Refuse what the register does not hold."""
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """List the names."""
        return {"type": "string", "enum": list(self.entries())}

    def _read(self, value: Any) -> str:
        names = [f"'{name}'" for name in self.entries()]
        if isinstance(value, str) and f"'{value}'" in names:
            return value
        expected = " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        raise PydanticKnownError("literal_error", {"expected": expected})
