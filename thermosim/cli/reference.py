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
_ELECTRONVOLT = 1.602176634e-19
_PLAIN = {"number": "number", "integer": "whole number", "boolean": "true or false"}
_PLAIN |= {"string": "text", "null": ""}


def schema_document() -> Schema:
    """Return the JSON Schema of a case file."""
    from thermosim.case.particle_case import Case

    tree = _renamed(Case.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tree}


def _renamed(tree: Schema) -> Schema:
    """Give generic classes the short names of their titles, such as ``ConstantLaw_kg_per_m3``."""
    names: dict[str, str] = {}
    for name, definition in tree["$defs"].items():
        title = str(definition.get("title", name)).replace("/", "_per_")
        short = re.sub(r"_+", "_", re.sub(r"\W", "_", title)).strip("_")
        taken = {*tree["$defs"], *names.values()}
        names[name] = short if len(name) > _LONGEST_NAME and short not in taken else name
    text = json.dumps({key: value for key, value in tree.items() if key != "$defs"})
    definitions = {names[name]: value for name, value in tree["$defs"].items()}
    text = json.dumps({**json.loads(text), "$defs": definitions})
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f'"{_REF}{name}"', f'"{_REF}{names[name]}"')
    renamed: Schema = json.loads(text)
    return renamed


def case_tables() -> str:
    """Return every section of a case file with its keys, as Markdown."""
    tree = schema_document()
    parts, seen = [_table("Keys outside any section", tree, "")], dict[str, str]()
    for name, property_ in tree["properties"].items():
        parts += list(_sections(name, property_, tree, seen))
    return "\n".join(parts)


def _sections(path: str, property_: Schema, tree: Schema, seen: dict[str, str]) -> Iterator[str]:
    """Yield the table of each class that can stand at ``path``, then those of its own sections.

    A class is shown once, where it first stands; `seen` holds its title there.
    """
    if path == "materials":
        property_, path = property_["additionalProperties"], "materials.NAME"
    known: list[str] = []
    for name in _classes(property_):
        definition = tree["$defs"][name]
        title = f"[{path}]{_choice(definition)}"
        family = str(definition["title"]).partition("[")[0]
        if family in seen:
            known.append(seen[family])
            continue
        seen[family] = title
        yield _table(title, definition, path)
        for key, inner in definition["properties"].items():
            yield from _sections(f"{path}.{key}", inner, tree, seen)
    if known:
        yield f"#### [{path}]\n\nKeys as in {', '.join(f'`{title}`' for title in known)}.\n"


def _choice(definition: Schema) -> str:
    """Return the key and value that choose this class, such as ` kind = "sphere"`, or nothing."""
    for key in _CHOOSERS:
        value = definition["properties"].get(key, {})
        values = [value["const"]] if "const" in value else value.get("enum", [])
        if values:
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


def _table(title: str, definition: Schema, path: str) -> str:
    required = definition.get("required", [])
    rows = [
        f"| `{key}` | {_type(value)} | {_default(value, key in required)} | {_meaning(value)} |"
        for key, value in definition["properties"].items()
        if key not in _CHOOSERS and (path or not _classes(value)) and key != "materials"
    ]
    level = "####" if "=" in title or path.count(".") else "###"
    about = str(definition.get("description", "")).split("\n\n")[0].replace("\n", " ")
    lines = [f"{level} {title}", "", *([_plain(about), ""] if about and path else [])]
    if rows:
        lines += ["| key | value | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|").replace("<", "&lt;")


def _meaning(value: Schema) -> str:
    return _plain(str(value.get("description", "")).split("\n\n")[0].replace("\n", " "))


def _type(value: Schema) -> str:
    """Return what a key may hold, in words."""
    if "x-si-unit" in value:
        return f'`"{value["examples"][0]}"`'
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    choices = [*value.get("anyOf", []), *value.get("oneOf", [])]
    if choices:
        return " or ".join(dict.fromkeys(filter(None, map(_type, choices))))
    if "$ref" in value:
        return "section"
    if value.get("type") == "array":
        inner = value.get("items") or (value.get("prefixItems") or [{}])[0]
        return f"list of {_type(inner) if isinstance(inner, dict) else 'values'}"
    if value.get("format") == "path":
        return "file"
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
