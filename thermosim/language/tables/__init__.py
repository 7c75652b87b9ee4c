"""Files of numbers as instruments and spreadsheets write them: one reader for all commands."""

from thermosim.language.tables.axes import OPTICAL, Axis, axis_of, seconds_of
from thermosim.language.tables.columns import chosen_column
from thermosim.language.tables.decays import Decays, read_decays
from thermosim.language.tables.reader import Reading, Table, read_table, read_tables
from thermosim.language.tables.words import understood

__all__ = [
    "OPTICAL",
    "Axis",
    "Decays",
    "Reading",
    "Table",
    "axis_of",
    "chosen_column",
    "read_decays",
    "read_table",
    "read_tables",
    "seconds_of",
    "understood",
]
