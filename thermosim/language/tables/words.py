"""What the reader understands, as the table of docs/thermometry.md."""

from __future__ import annotations

from thermosim.language.tables.axes import UNITS, WORDS
from thermosim.language.tables.dialects import DIALECTS
from thermosim.language.tables.layout import COMMENTS, SEPARATORS

BEGIN, END = "<!-- reader: begin -->", "<!-- reader: end -->"


def understood() -> str:
    """Return the table of what `read_table` understands, as Markdown."""
    rows = {
        "encoding": "UTF-8, UTF-16 (with or without a mark), Latin-1, Shift JIS",
        "columns": f"separated by {', '.join(SEPARATORS.values())}; empty cells at the end, quotes",
        "decimals": "points, commas; commas between thousands where asked for",
        "comments": f"lines that begin with {' '.join(f'`{mark}`' for mark in COMMENTS)}",
        "around the numbers": "any text before and after; empty lines",
        "headings": "none, one line, names and units on two lines, Origin's three",
    }
    for kind, words in WORDS.items():
        units = ", ".join(UNITS[kind])
        rows[kind] = f"{', '.join(words)}; in {units}"
    rows["intensity"] = f"any name with a unit; in {', '.join(UNITS['intensity'])}, as W cm⁻² too"
    rows["errors"] = "a column called error, err, std, sd, ± … is the error of the column before it"
    for dialect in DIALECTS:
        rows[dialect.name] = dialect.what
    lines = [f"| {name} | {what.replace('|', '/')} |" for name, what in rows.items()]
    return "\n".join(["| what | understood |", "|---|---|", *lines, ""])


def written_into(text: str) -> str:
    """Return the text of a document with the table between its markers made anew."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there must be {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{understood()}{END}{after}"
