"""Machine code of functions that live at the points of a rule, without products by zeros.

FFCx takes the value of such a function at point q of the rule for a sum over all points, with the
unit matrix as its table: q² products a cell, and a table of as many numbers. Of 171 points that is
more work than the rest of a form. Here the sum becomes its one term; the digits are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from thermosim.fem.lanes import in_lanes

_TABLE = re.compile(
    r"static const \w+ (?P<name>FE\w+)\[1\]\[1\]\[(?P<n>\d+)\]\[(?P=n)\] = (?P<rows>\{[^;]*\});\n?"
)
_FEW = 2  # points up to which FFCx's way is as good
VERSION = "4"
"""Goes up with every change of what this makes of a code; part of the name of compiled forms."""


def at_points(code: str) -> str:
    """Return the C code of forms with every sum over a unit matrix as its one term."""
    functions = re.split(r"(?=\nvoid tabulate_tensor)", code)
    return "".join(in_lanes(_of_function(function)) for function in functions)


def _of_function(code: str) -> str:
    for table in list(_TABLE.finditer(code)):
        name, n = table["name"], int(table["n"])
        if n <= _FEW or not _is_unit(table["rows"], n):
            continue
        sums = re.compile(
            rf"for \(int (?P<i>\w+) = 0; (?P=i) < {n}; \+\+(?P=i)\)\s*\{{\s*"
            r"(?P<left>[^;{}]*?) \+= (?P<factor>[^;{}]*?) \* "
            rf"{name}\[0\]\[0\]\[iq\]\[(?P=i)\];\s*\}}"
        )
        shorter = sums.sub(_its_term, code)
        if len(re.findall(rf"\b{name}\b\[", shorter)) == 1:  # the table alone
            code = shorter.replace(table[0], "")
    return code


def _its_term(found: re.Match[str]) -> str:
    at = re.compile(rf"\b{found['i']}\b")
    return f"{at.sub('iq', found['left'])} += {at.sub('iq', found['factor'])};"


def _is_unit(rows: str, n: int) -> bool:
    """Whether the rows of a table, as C writes them, are the unit matrix."""
    words = rows.replace("{", " ").replace("}", " ").split(",")
    try:
        values = np.array(words, dtype=float)
    except ValueError:
        return False
    return values.size == n * n and np.array_equal(values.reshape(n, n), np.eye(n))


@contextmanager
def unit_tables_left_out() -> Iterator[None]:
    """Let FFCx compile what `at_points` makes of its code; as it is where it answers otherwise."""
    import ffcx.compiler

    plain = ffcx.compiler.compile_ufl_objects

    def shorter(*args: Any, **options: Any) -> Any:
        made = plain(*args, **options)
        if not isinstance(made, tuple):
            return made
        if all(isinstance(part, str) for part in made):  # FFCx 0.9: (header, source)
            return tuple(at_points(part) for part in made)
        sources, *rest = made  # FFCx 0.11: ([header, source], suffixes)
        known = isinstance(sources, list) and all(isinstance(part, str) for part in sources)
        return ([at_points(part) for part in sources], *rest) if known else made

    ffcx.compiler.compile_ufl_objects = shorter
    try:
        yield
    finally:
        ffcx.compiler.compile_ufl_objects = plain
