"""Files that programs of instruments write: how each is known, what it says of its numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from thermosim.language.tables.axes import Axis, axis_of

Lines = Sequence[tuple[int, str]]
_PREAMBLE = 400  # lines at each end that are looked at


@dataclass(frozen=True)
class Dialect:
    """A way to write a file: its name, a pattern that it alone has, what it says of the axis.

    ``begin`` and ``end`` bound the numbers; ``what`` and ``example`` are for the documentation.
    """

    name: str
    pattern: str
    what: str
    example: str
    axis: Axis | None = None
    begin: str = ""
    end: str = ""


@dataclass
class Found:
    """What a dialect says of one file: its lines with numbers, the axis, steps and times."""

    name: str
    lines: Lines
    before: Lines
    axis: Axis | None = None
    channel: float | None = None  # s, of decays that give counts alone
    frame: float | None = None  # s, between the columns of a kinetic series
    notes: list[str] = field(default_factory=list)


_NM = Axis("wavelength", "nm")
DIALECTS = (
    Dialect(
        "Ocean Optics / Ocean Insight", r">>>>>Begin.*Spectral Data<<<<<",
        "SpectraSuite, OceanView text: preamble, then wavelength in nm and counts",
        "Data from FLAME.txt Node\n\nIntegration Time (sec): 1.0E-1\n"
        ">>>>>Begin Spectral Data<<<<<\n490.1\t10\n490.5\t12\n490.9\t15\n"
        ">>>>>End Spectral Data<<<<<\n",
        _NM, begin=r">>>>>Begin.*Spectral Data<<<<<", end=r">>>>>End",
    ),
    Dialect(
        "Avantes", r"^\s*Wave\w*\s*;",
        "AvaSoft text: names, then units in brackets; a column Dark is taken off",
        "sample 1\nIntegration time: 100 ms\nWave   ;Sample  ;Dark\n[nm]   ;[counts];[counts]\n"
        "490.1;110.0;100.0\n490.5;112.0;101.0\n490.9;115.0;99.0\n",
    ),
    Dialect(
        "Andor Solis", r"^(?:Pre-Amplifier Gain|Acquisition Mode|Kinetic Cycle Time \(secs\)):",
        "ASCII export: numbers, then (or before) settings; a kinetic series gets its times",
        "490.1,10,11\n490.5,12,14\n490.9,15,16\n\nDate and Time:\tFri Sep 22 2023\n"
        "Acquisition Mode:\tKinetics\nKinetic Cycle Time (secs):\t60\n",
    ),
    Dialect(
        "Horiba LabSpec", r"^#\s*AxisUnit\[",
        "text with settings behind #; the unit of the axis is read from them",
        "#Acq. time (s)=\t1\n#AxisType[0]=\tIntens\n#AxisUnit[0]=\tCnt\n#AxisType[1]=\tSpectr\n"
        "#AxisUnit[1]=\tnm\n490.1\t10\n490.5\t12\n490.9\t15\n",
    ),
    Dialect(
        "PicoQuant", r"^#\s*ns/channel",
        "PicoHarp, TimeHarp, HydraHarp ASCII histograms: counts alone, ns per channel above",
        "#PicoHarp 300  Histogram Data\n#channels per curve\n4\n#display curve no.\n0\n"
        "#memory block no.\n0\n#ns/channel\n0.0040\n#counts\n0\n900\n500\n250\n",
        begin=r"^#\s*counts",
    ),
    Dialect(
        "Becker & Hickl", r"^\s*\*(?:BLOCK|IDENTIFICATION|SETUP)|\bSP_TAC_(?:TC|R)\b",
        "SPCM ASCII: *BLOCK … *END; time per channel from SP_TAC_TC, or range/(gain × channels)",
        "*IDENTIFICATION\n  ID : SPCM Data\n*END\n*SETUP\n  #SP [SP_TAC_R,F,5e-08]\n"
        "  #SP [SP_TAC_G,I,4]\n  #SP [SP_ADC_RE,I,1024]\n*END\n"
        "*BLOCK 1 Decay\n 0\n 900\n 500\n*END\n",
        begin=r"^\s*\*BLOCK", end=r"^\s*\*END",
    ),
)  # fmt: skip


def recognise(lines: Lines) -> Found:
    """Return the dialect of numbered lines, the lines that can hold numbers, and what it says."""
    ends = [*lines[:_PREAMBLE], *lines[-_PREAMBLE:]]
    for dialect in DIALECTS:
        pattern = re.compile(dialect.pattern, re.IGNORECASE)
        if any(pattern.search(text) for _, text in ends):
            found = _cut(dialect, lines)
            _settings(found, [text for _, text in ends])
            return found
    return Found("", lines, ())


def _cut(dialect: Dialect, lines: Lines) -> Found:
    first = _first(dialect.begin, lines, 0)
    begin = first + 1 if first is not None else 0
    last = _first(dialect.end, lines, begin)
    return Found(dialect.name, lines[begin:last], lines[:begin], dialect.axis)


def _first(pattern: str, lines: Lines, start: int) -> int | None:
    if not pattern:
        return None
    search = re.compile(pattern, re.IGNORECASE).search
    return next((i for i in range(start, len(lines)) if search(lines[i][1])), None)


def _settings(found: Found, texts: Sequence[str]) -> None:
    """Read from the settings of a file what its numbers need: unit of the axis, times."""
    values: dict[str, str] = {}
    for text, after in zip(texts, [*texts[1:], ""], strict=True):
        key, _, value = text.strip().lstrip("#").partition("=" if "=" in text else ":")
        values.setdefault(key.strip().lower(), value.strip())
        if text.strip().lower().replace(" ", "") == "#ns/channel":
            values["ns/channel"] = after
    found.channel = _channel(values, "\n".join(texts))
    cycle = values.get("kinetic cycle time (secs)")
    if cycle and "kinetic" in values.get("acquisition mode", "kinetic").lower():
        found.frame = _positive(cycle)
    for name, value in values.items():
        if name.startswith("axisunit[") and axis_of(value) is not None:
            found.axis = found.axis or axis_of(value)


def _channel(values: dict[str, str], text: str) -> float | None:
    """Return the time of a channel [s]; all curves of a file must share it."""
    steps = {_positive(one) for one in values.get("ns/channel", "").split()}
    if len(steps) == 1 and None not in steps:
        return float(f"{1e-9 * (steps.pop() or 0.0):.15g}")
    found = re.findall(r"\bSP_(TAC_\w+|ADC_RE),[FIL],([-+.\deE]+)", text)
    setup = {name: value for name, one in found if (value := _positive(one)) is not None}
    if "TAC_TC" in setup:
        return setup["TAC_TC"]
    if {"TAC_R", "ADC_RE"} <= setup.keys():
        return setup["TAC_R"] / (setup.get("TAC_G", 1.0) * setup["ADC_RE"])
    return None


def _positive(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:  # a setting in words: it says nothing of the numbers
        return None
    return value if value > 0.0 else None
