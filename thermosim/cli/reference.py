"""The JSON Schema of case files, and the tables of docs/case.md made from it.

``python3 -m thermosim.cli.reference docs/case.md`` writes the tables anew.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
_REF = "#/$defs/"
_LONGEST_NAME = 30
_CHOOSERS = ("kind", "model")
_STUDY = "study"
_CASES = {"Case": "of a particle", "BodyCase": "with `[geometry]`", "DotCase": "with `[dot]`"}
_ELECTRONVOLT = 1.602176634e-19
_PLAIN = {"number": "number", "integer": "whole number", "boolean": "true or false"}
_PLAIN |= {"string": "text", "null": ""}


def schema_document() -> Schema:
    """Return the JSON Schema of case files: of a particle, of a body, or of one dot."""
    from pydantic.json_schema import models_json_schema

    from thermosim.case.body_case import BodyCase
    from thermosim.case.dot_case import DotCase
    from thermosim.case.particle_case import Case
    from thermosim.case.study import Study

    models = [(model, "validation") for model in (Case, BodyCase, DotCase, Study)]
    tree = _renamed(models_json_schema(models)[1])  # type: ignore[arg-type]
    for name in _CASES:
        tree["$defs"][name]["properties"][_STUDY] = {"$ref": f"{_REF}Study"}
    either = [{"$ref": f"{_REF}{name}"} for name in _CASES]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Case file"}
    return {**head, "anyOf": either, **tree}


def _renamed(tree: Schema) -> Schema:
    """Give classes with long names the short ones of their titles: ``ConstantLaw_kg_per_m3``.

    The second class of one name is told apart by its room: ``bodies_Box``.
    """
    names: dict[str, str] = {}
    for name, definition in tree["$defs"].items():
        title = str(definition.get("title", name)).replace("/", "_per_")
        short = re.sub(r"_+", "_", re.sub(r"\W", "_", title)).strip("_")
        taken = {*tree["$defs"], *names.values()}
        room = name.split("__")[1] if name.startswith("thermosim__") else ""
        choices = [short, f"{room}_{short}"] if room else [short, name]
        long = len(name) > _LONGEST_NAME
        names[name] = (
            next(one for one in choices if one not in taken or one == name) if long else name
        )
    text = json.dumps({key: value for key, value in tree.items() if key != "$defs"})
    definitions = {names[name]: value for name, value in tree["$defs"].items()}
    text = json.dumps({**json.loads(text), "$defs": definitions})
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f'"{_REF}{name}"', f'"{_REF}{names[name]}"')
    renamed: Schema = json.loads(text)
    return renamed


def case_tables() -> str:
    """Return every section of a case file with its keys, as Markdown."""
    tree, seen, parts = schema_document(), dict[str, str](), list[str]()
    for name, title in _CASES.items():
        case = tree["$defs"][name]
        parts.append(_table(f"### Keys outside any section, {title}", case, tree, top=True))
        for key, property_ in case["properties"].items():
            if key != _STUDY:
                parts += list(_sections(key, property_, tree, seen))
    parts += list(_sections(_STUDY, {"$ref": f"{_REF}Study"}, tree, seen))
    return "\n".join(parts)


def _sections(path: str, property_: Schema, tree: Schema, seen: dict[str, str]) -> Iterator[str]:
    """Yield the table of each class that can stand at ``path``, then those of its own sections.

    A class is shown once, where it first stands; `seen` holds its title there.
    """
    for place, shown, names in _places(path, property_):
        known: list[str] = []
        for name in names:
            definition = tree["$defs"][name]
            title = f"{shown}{_choice(definition)}"
            title += f" {_CASES['BodyCase']}" if title in seen.values() else ""
            family, generic, _ = str(definition["title"]).partition("[")
            family = family if generic else name
            if family in seen:
                known.append(seen[family])
                continue
            seen[family] = title
            yield _table(f"{_level(title, place)} {title}", definition, tree)
            for key, inner in definition["properties"].items():
                yield from _sections(f"{place}.{key}", inner, tree, seen)
        if known and known != [shown]:
            told = ", ".join(f"`{title}`" for title in dict.fromkeys(known))
            yield f"#### {shown}\n\nKeys as in {told}.\n"


def _places(path: str, property_: Schema) -> Iterator[tuple[str, str, list[str]]]:
    """Yield where classes stand in a property: path, its title in a file, and their names."""
    if names := _classes(property_):
        yield path, f"[{path}]", names
    for one in [property_, *property_.get("anyOf", [])]:
        inner = one.get("patternProperties", {})
        by_name = [*inner.values(), one.get("additionalProperties")]
        if names := [n for each in by_name if isinstance(each, dict) for n in _classes(each)]:
            yield f"{path}.NAME", f"[{path}.NAME]", names
        if names := _classes(one.get("items") or {}):
            yield path, f"[[{path}]]", names


def _level(title: str, path: str) -> str:
    return "####" if "=" in title or path.replace(".NAME", "").count(".") else "###"


def _choice(definition: Schema) -> str:
    """Return the key and value that choose this class, such as ` kind = "sphere"`, or nothing."""
    for key in _CHOOSERS:
        value = definition["properties"].get(key, {})
        values = [value["const"]] if "const" in value else value.get("enum", [])
        if values and value.get("default") in values:
            return f" {key} = " + " or ".join(json.dumps(one) for one in values)
    return ""


def _classes(property_: Schema) -> list[str]:
    """Return the names of the classes that a property can hold."""
    if "$ref" in property_:
        return [property_["$ref"].removeprefix(_REF)]
    found = []
    for inner in [*property_.get("anyOf", []), *property_.get("oneOf", [])]:
        found += _classes(inner)
    return list(dict.fromkeys(found))


def _table(title: str, definition: Schema, tree: Schema, *, top: bool = False) -> str:
    required = definition.get("required", [])
    rows = [
        f"| `{key}` | {_type(value)} | {_default(value, key in required)} | "
        f"{_meaning(value, tree)} |"
        for key, value in definition["properties"].items()
        if (value.get("description") or not _choice({"properties": {key: value}}))
        and not (top and list(_places("", value)))
    ]
    about = str(definition.get("description", "")).split("\n\n")[0].replace("\n", " ")
    lines = [title, "", *([_plain(about), ""] if about and not top else [])]
    if rows:
        lines += ["| key | value | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|").replace("<", "&lt;")


def _meaning(value: Schema, tree: Schema) -> str:
    """Return what a key means: its description, or that of the section that it holds."""
    found = [value, *value.get("anyOf", [])]
    found += [tree["$defs"][name] for name in _classes(value)]
    texts = (str(one["description"]) for one in found if "description" in one)
    return _plain(next(texts, "").split("\n\n")[0].replace("\n", " "))


def _type(value: Schema) -> str:
    """Return what a key may hold, in words."""
    if "x-si-unit" in value:
        formula = "x-names" in value
        example = (value["anyOf"][0] if formula else value)["examples"][0]
        return f'`"{example}"`{" or formula" * formula}'
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    choices = [*value.get("anyOf", []), *value.get("oneOf", [])]
    if choices:
        return " or ".join(dict.fromkeys(filter(None, map(_type, choices))))
    if "$ref" in value:
        return "section"
    if value.get("format") == "path":
        return "file"
    return _type_of_many(value)


def _type_of_many(value: Schema) -> str:
    """Return what a list, a section with names of one's own, or a plain value may hold."""
    if value.get("type") == "array":
        inner = value.get("items") or (value.get("prefixItems") or [{}])[0]
        return f"list of {_type(inner) if isinstance(inner, dict) else 'values'}"
    by_name = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
    if isinstance(by_name[0], dict):
        return f"{_type(by_name[0])} by name"
    kinds = value.get("type", [])
    words = [_PLAIN.get(kind, "section") for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(filter(None, words)) + _bounds(value)


def _bounds(value: Schema) -> str:
    signs = {
        "exclusiveMinimum": ">",
        "minimum": "≥",
        "exclusiveMaximum": "<",
        "maximum": "≤",
    }
    found = [f"{sign} {value[name]:g}" for name, sign in signs.items() if name in value]
    return f" {', '.join(found)}" if found else ""


def _default(value: Schema, required: bool) -> str:
    if required:
        return "needed"
    default = value.get("default")
    if default is None or isinstance(default, dict):
        return _default_kind(default)
    unit = _unit(value)
    if unit == "J" and isinstance(default, float):
        return f"{default / _ELECTRONVOLT:.6g} eV"
    if unit and isinstance(default, float):
        return f"{default:.6g} {unit}"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def _default_kind(default: Schema | None) -> str:
    kind = (default or {}).get("kind")
    return f'`kind = "{kind}"`' if kind else ""


def _unit(value: Schema) -> str:
    units = [value.get("x-si-unit", "")]
    units += [inner.get("x-si-unit", "") for inner in value.get("anyOf", [])]
    return next(filter(None, units), "")


def written_into(text: str) -> str:
    """Return the text of docs/case.md with its tables made anew.

    Raises
    ------
    ValueError
        If it has not both markers of the tables.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there must be {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{case_tables()}{END}{after}"


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(written_into(document.read_text(encoding="utf-8")), encoding="utf-8")
