"""What every picture shares: colours, sizes, numbers in words, and writing without half files."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from math import inf, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thermosim.language.units import si_prefix
from thermosim.language.units import si_text as si_text  # noqa: PLC0414  the names are for others, too
from thermosim.language.units import time_text as time_text  # noqa: PLC0414

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

COLOURS = "viridis"
"""The colour map of all fields, perceptually uniform: dark is cold or small, bright is warm."""
DIVERGING = "RdBu_r"
"""The colour map of a ΔT that is cold here and warm there: white is 0."""
COOLS, WARMS, NEUTRAL = "#2b6ca3", "#d1602a", "#5f6670"
INK, GRID = "#22262b", "#d9dde2"
SERIES = ("#2b6ca3", "#d1602a", "#3a8f5c", "#8a5aa8", "#b8901f", "#4a9fb5", "#a8456a", "#6b7280")
"""Colours of lines and groups of bars, in this order."""
DPI = 110
_FEW_DECADES = 3.0

_RC: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": NEUTRAL,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.6,
    "image.cmap": COLOURS,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Apply the style inside a ``with`` block; nothing outside of it changes."""
    import matplotlib

    with matplotlib.rc_context(_RC):  # type: ignore[arg-type]
        yield


def new_figure(width: float = 6.4, height: float = 4.2, *, layout: str | None = None) -> Figure:
    """Return a figure of its own, without pyplot's state; size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")  # type: ignore[arg-type]
    FigureCanvasAgg(figure)
    return figure


def shades(count: int) -> list[tuple[float, ...]]:
    """Return `count` colours from dark to light, without the lightest, hard to see on white."""
    from matplotlib import colormaps

    return [tuple(shade) for shade in colormaps[COLOURS](np.linspace(0.0, 0.85, max(count, 1)))][
        :count
    ]


def title_size(text: str, width: float, largest: float = 13.0) -> float:
    """Return the font size with which a bold line fits into a figure of this width [inches]."""
    return min(largest, 72 * (width - 0.5) / (0.68 * max(len(text), 1)))  # 0.68 em per letter


def clean_axes(axes: Axes, *, grid: str = "") -> None:
    """Take away the frame's upper and right side; `grid` is "", "x", "y" or "both"."""
    axes.spines[["top", "right"]].set_visible(False)
    if grid:
        axes.grid(visible=True, axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
        axes.set_axisbelow(True)


def readable_decades(axis: Any) -> None:
    """Label a logarithmic axis at 1, 2, 5 (or 1, 3) of each decade where few decades are shown."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = sorted(axis.get_view_interval())
    decades = log10(high / low) if low > 0 else inf
    if decades > _FEW_DECADES or not 1e-4 <= low <= high <= 1e5:
        return
    subs = (1.0, 2.0, 5.0) if decades <= 0.6 * _FEW_DECADES else (1.0, 3.0)
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def power_of_ten(value: float, digits: int = 6) -> str:
    """Return a number with so many digits, very large and small ones as ``3.5 × 10⁷``."""
    number, _, power = f"{value:.{digits}g}".replace("-", "−").partition("e")
    if not power:
        return number
    raised = str(int(power.replace("−", "-"))).translate(
        str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    )
    return f"{number} × 10{raised}"


def printed_unit(unit: str) -> str:
    """Return a unit as it is printed: ``um`` as ``µm``, ``uJ/cm2`` as ``µJ/cm²``."""
    plain = re.sub(r"\bu(?=[a-zA-Z])", "µ", unit).replace("delta_degC", "K").replace("deg", "°")
    raised = re.sub(r"(?:\^|\*\*|(?<=[a-zA-Z]))([23])\b", lambda m: "²³"[int(m[1]) - 2], plain)
    return raised.replace("*", " ")


def si_scale(values: ArrayLike, unit: str) -> tuple[float, str]:
    """Return the factor and the unit that make the largest of `values` read between 1 and 1000.

    ``si_scale([1.8e-8], "W")`` gives ``(1e-9, "nW")``: divide by the factor. Values that are not
    finite do not count; all zero gives the unit itself.
    """
    sizes = np.abs(np.asarray(values, dtype=float)).ravel()
    sizes = sizes[np.isfinite(sizes)]
    largest = float(sizes.max()) if sizes.size else 0.0
    factor, prefix = si_prefix(largest)
    return factor, f"{prefix}{unit}"


def temperature_scale(values: Floats, symbol: str = "ΔT") -> tuple[float, float, str]:
    """Return offset [K], factor and axis label of temperatures, shown as ``(ΔT − offset)/factor``.

    The offset is 0 unless the values differ by less than a thousandth of their size, where an
    axis of ΔT itself could not tell them apart. Absolute ones, `symbol` "T", stay in K: no kK.
    """
    low, high = float(np.min(values)), float(np.max(values))
    size = max(abs(low), abs(high))
    if size == 0.0 or high - low >= 1e-3 * size:
        factor, unit = si_scale([low, high], "K") if symbol == "ΔT" else (1.0, "K")
        return 0.0, factor, f"{symbol} ({unit})"
    offset = float(f"{0.5 * (low + high):.5g}")
    spread = max(high - offset, offset - low)
    factor, unit = si_scale(max(spread, 1e-12 * size), "K")
    sign = "+" if offset < 0 else "−"
    return offset, factor, f"{symbol} {sign} {si_text(abs(offset), 'K', 5)} ({unit})"


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG aside and rename it into place; return the path."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi, pil_kwargs={"compress_level": 1})
    return write_bytes(path, stream.getvalue())


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file aside and rename it into place, so that nobody reads half of it."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as stream:
        part = Path(stream.name)
        try:
            stream.write(content)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    part.chmod(0o666 & ~_umask())
    part.replace(path)
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def colour_of(index: int) -> str:
    """Return the colour of the series with this number."""
    return SERIES[index % len(SERIES)]


def require_same_length(**arrays: Sequence[Any]) -> None:
    """Refuse arguments of different lengths.

    Raises
    ------
    ValueError
        Naming each argument with its length.
    """
    if len({len(a) for a in arrays.values()}) > 1:
        found = ", ".join(f"{name} has {len(a)}" for name, a in arrays.items())
        raise ValueError(f"must have the same length: {found}")
