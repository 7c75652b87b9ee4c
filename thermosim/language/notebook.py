"""What a notebook shows of an object: a title, a line, a table; HTML without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_CELL = 'style="text-align:left;vertical-align:top;white-space:pre-line;padding:2px 12px 2px 0"'


def table_html(title: str, headline: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a title, a headline and a table of names and values as HTML."""
    lines = "".join(
        f"<tr><td {_CELL}>{escape(name)}</td><td {_CELL}>{escape(text)}</td></tr>"
        for name, text in rows
    )
    head = (
        f"<b>{escape(title)}</b><br>{escape(headline)}" if headline else f"<b>{escape(title)}</b>"
    )
    return f'<div class="thermosim">{head}<table>{lines}</table></div>'
