"""Machine code of forms at many points, step by step for all points instead of point by point.

FFCx does all that a form needs at a point, then goes to the next; calls of exp and sums over nodes
on the way keep a compiler from working on several points at once. Here the loop over points is cut
where functions are called: in the parts between, each point is a line of products and sums, which
a compiler does for as many points at a time as registers hold. Large matrices of a cell are filled
row by row, as they lie in memory, where FFCx goes down their columns. The digits are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

_START = "\nvoid tabulate_tensor"
_MANY = 32  # points from which on it is worth it
_LOOP = re.compile(
    r"^for \(int iq = 0; iq < (?P<n>\d+); \+\+iq\)\n\{\n(?P<body>.*?)^\}\n", re.M | re.S
)
_NEW = re.compile(r"(?P<kind>double|bool) (?P<name>\w+) = [^;{}]*;")
_ADDED = re.compile(r"(?P<name>\w+) \+?= [^;{}]*;")
_SUM = re.compile(
    r"for \(int (?P<i>\w+) = 0; (?P=i) < (?P<n>\d+); \+\+(?P=i)\) \{(?P<body>[^{}]*)\}"
)
_MATRIX = re.compile(
    r"for \(int j = 0; j < (?P<m>\d+); \+\+j\)\s*\{\s*"
    r"for \(int i = 0; i < (?P<n>\d+); \+\+i\)\s*\{(?P<body>[^{}]*)\}\s*\}"
)
_LARGE = 50_000
"""Products of a cell's matrix, over all points, from which on a longer compilation is worth it."""
_CALL = re.compile(r"\b(?!fabs\b)[a-z]\w*\(")
WIDE = """
#undef FOR_EACH_PROCESSOR
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
"""
"""Defines what goes before a function in C that is compiled once for each width of registers.

Without contraction, which rounds once where others round twice, all have the same digits.
"""
_GCC = "#if defined(__GNUC__) && !defined(__clang__)\n{}\n#endif\n"
_FLAGS = ("O3", "no-trapping-math", "no-math-errno", "fp-contract=off")
_BETTER = _GCC.format(
    "#pragma GCC push_options\n#pragma GCC optimize (" + ", ".join(f'"{f}"' for f in _FLAGS) + ")"
)
_AS_BEFORE = _GCC.format("#pragma GCC pop_options")


@dataclass(frozen=True)
class _Step:
    """A statement; the name that it sets, with its type where it is new, and all of its words."""

    text: str
    name: str
    kind: str | None
    words: frozenset[str]

    @property
    def calls(self) -> bool:
        """Whether it calls a function that compilers do for one number only."""
        return bool(_CALL.search(self.text))


def in_lanes(function: str) -> str:
    """Return the C code of a function with its loops over many points cut, large matrices by rows.

    As it is where it does not look as expected.
    """
    changed = _LOOP.sub(_cut, _LOOP.sub(_by_rows, function))
    if changed == function or not changed.startswith(_START):
        return function
    wide = changed.replace(_START, "\nFOR_EACH_PROCESSOR" + _START, 1)
    return f"{WIDE}{_BETTER}{wide}\n{_AS_BEFORE}"


def _by_rows(loop: re.Match[str]) -> str:
    """Return a loop over points whose large matrices are filled row by row."""

    def turned(nest: re.Match[str]) -> str:
        m, n = nest["m"], nest["n"]
        added = re.compile(rf"A\[{m} \* \(i\) \+ \(j\)\] \+= [^;]*")
        terms = [term.strip() for term in nest["body"].split(";") if term.strip()]
        work = int(loop["n"]) * int(m) * int(n) * len(terms)
        if work < _LARGE or not all(added.fullmatch(term) for term in terms):
            return nest[0]
        body = "".join(f"{term};\n" for term in terms)
        return f"for (int i = 0; i < {n}; ++i)\n{{\nfor (int j = 0; j < {m}; ++j)\n{{\n{body}}}\n}}"

    return _MATRIX.sub(turned, loop[0])


def _cut(loop: re.Match[str]) -> str:
    """Return a loop over points as several."""
    n, steps, rest = int(loop["n"]), *_steps(loop["body"])
    if n < _MANY or not steps:
        return loop[0]
    parts = [list(part) for _, part in groupby(steps, key=lambda step: step.calls)]
    kinds = {step.name: step.kind for step in steps if step.kind}
    lines, known = list[str](), set[str]()
    for place, part in enumerate(parts):
        later = _words(rest).union(*(step.words for other in parts[place + 1 :] for step in other))
        kept = sorted({step.name for step in part} & later)
        taken = sorted(known & frozenset[str]().union(*(step.words for step in part)))
        lines += [f"{kinds[name]} {name}_at[{n}];" for name in kept if name not in known]
        puts = (f"{name}_at[iq] = {name};" for name in kept)
        lines += _loop(n, [*_taken(kinds, taken), *(step.text for step in part), *puts])
        known |= set(kept)
    lines += _loop(n, [*_taken(kinds, sorted(known & _words(rest))), rest])
    return "\n".join(lines) + "\n"


def _taken(kinds: dict[str, str], names: Iterable[str]) -> Iterator[str]:
    return (f"{kinds[name]} {name} = {name}_at[iq];" for name in names)


def _loop(n: int, body: list[str]) -> list[str]:
    return [f"for (int iq = 0; iq < {n}; ++iq)", "{", *(f"  {line}" for line in body), "}"]


def _steps(body: str) -> tuple[list[_Step], str]:
    """Return what is known of each point, and what adds it to the element; no steps: unexpected."""
    text = re.sub(r"^ *//.*\n", "", body, flags=re.M)
    start = text.rfind("\n  {\n", 0, max(text.find(" A["), 0))
    if start < 0:
        return [], ""
    head, rest = text[:start], text[start:].strip()
    flat = _SUM.sub(_written_out, " ".join(head.split()))
    found = []
    for statement in filter(None, (part.strip() for part in re.split(r"(?<=;)|[{}]", flat))):
        made = _NEW.fullmatch(statement) or _ADDED.fullmatch(statement)
        if made is None:
            return [], ""
        kind = made.groupdict().get("kind")
        found.append(_Step(statement, made["name"], kind, _words(statement)))
    return found, rest


def _written_out(loop: re.Match[str]) -> str:
    """Return a short loop as its statements, one round after the other."""
    at = re.compile(rf"\b{loop['i']}\b")
    return " ".join(at.sub(str(k), loop["body"]) for k in range(int(loop["n"])))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\b[A-Za-z_]\w*\b", text))
