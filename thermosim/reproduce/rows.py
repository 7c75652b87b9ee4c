"""A printed number beside the computed one, and what to say of the difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    section : where the number belongs, such as "Fig. 3"
    quantity : what it is, with symbol
    unit : unit of both values
    printed : as printed by the paper (`source` "paper"), or our own expectation from a closed
        form or a stated target ("expected"); None where nothing is
    computed : by this package
    digits : significant digits to show of the computed value, at least one more than printed
    comment : rounding, inconsistency, missing input, or the arithmetic
    chosen : the parameter that was chosen so that the number agrees; empty where none was
    """

    section: str
    quantity: str
    unit: str
    printed: str | None
    computed: float
    digits: int = 4
    comment: str = ""
    source: str = "expected"
    chosen: str = ""

    @property
    def deviation(self) -> float | None:
        """Computed over printed, minus one; None where the printed text is no plain number."""
        value = plain_number(self.printed)
        return None if value in (None, 0.0) else self.computed / float(value or 1.0) - 1

    @property
    def agrees(self) -> bool | None:
        """Whether the computed value rounds to the printed one; None where nothing compares."""
        value = plain_number(self.printed)
        if value is None or self.printed is None:
            return None
        return abs(self.computed - value) <= half_of_last_digit(self.printed) * (1 + 1e-9)

    def as_dict(self) -> dict[str, Any]:
        """Return the row for JSON and CSV."""
        return {
            "section": self.section,
            "quantity": self.quantity,
            "unit": self.unit,
            "source": self.source,
            "printed": self.printed,
            "computed": self.computed,
            "deviation": self.deviation,
            "agrees": self.agrees,
            "chosen_for_it": self.chosen,
            "comment": self.comment,
        }

    @property
    def shown(self) -> str:
        """The computed value as text, with a digit more than the printed one."""
        number = plain_number(self.printed)
        digits = self.digits
        if self.printed is not None and number:
            digits = max(digits, significant_digits(self.printed) + 1)
        return f"{self.computed:#.{digits}g}".rstrip(".").replace("e+", "e").replace("e-0", "e-")


def counts(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Return, for the paper and for our own expectations, how many numbers agree, and by what.

    One that agrees because a parameter was chosen for it is no agreement of its own.
    """
    found = {}
    for source in ("paper", "expected"):
        judged = [row for row in rows if row.source == source and row.agrees is not None]
        chosen = sum(bool(row.agrees and row.chosen) for row in judged)
        agree = sum(bool(row.agrees) for row in judged) - chosen
        found[source] = {"compared": len(judged), "agree": agree, "agree_by_choice": chosen}
    return found


def plain_number(text: str | None) -> float | None:
    """Return the number that a printed text is, or None ("about 1", "hardly", nothing)."""
    if text is None:
        return None
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return None


def half_of_last_digit(printed: str) -> float:
    """Return half a unit of the last digit of a printed number: 0.0005 for "0.014"."""
    mantissa, _, exponent = printed.replace("−", "-").lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def significant_digits(printed: str) -> int:
    """Return how many digits of a printed number count: 2 for "0.014", 3 for "8.32e16"."""
    mantissa = printed.replace("−", "-").lower().partition("e")[0]
    return len(mantissa.lstrip("-+").replace(".", "").lstrip("0"))


def to_csv(rows: Iterable[Row]) -> str:
    """Return the rows as CSV text."""
    import csv
    import io

    stream = io.StringIO()
    writer: Any = None
    for row in rows:
        record = row.as_dict()
        if writer is None:
            writer = csv.DictWriter(stream, record, lineterminator="\n")
            writer.writeheader()
        writer.writerow(record)
    return stream.getvalue()
