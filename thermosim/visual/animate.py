"""The temperature of a transient as a moving picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thermosim.errors import CaseError
from thermosim.results.series import SERIES, load_series
from thermosim.results.words_pump import intensity_text
from thermosim.visual import style
from thermosim.visual.fields import frames, heading, paint, seen_range
from thermosim.visual.fields_cut import cut_of
from thermosim.visual.fields_read import read_field, read_times

if TYPE_CHECKING:
    from pathlib import Path

    from thermosim.results import Result
    from thermosim.visual.fields import Window
    from thermosim.visual.fields_cut import Cut


def write_animation(result: Result, path: Path, seconds: float) -> Path:
    """Write one picture per time of the fields, all in one colour scale; return the path.

    Raises
    ------
    CaseError
        If there is one time alone, or no program writes such a file.
    """
    from matplotlib.animation import FuncAnimation, writers

    folder = result.directory
    assert folder is not None
    times = read_times(folder)
    if len(times) < 2:
        raise CaseError("has fields at one time alone; see transient.field_times", str(folder))
    kind = "pillow" if path.suffix == ".gif" else "ffmpeg"
    if not writers.is_available(kind):
        raise CaseError(f"{kind} is not installed; name a .gif", str(path))
    cuts = [_cut(result, folder, step) for step in range(len(times))]
    window = _window(cuts[-1], result)
    spans = [seen_range(*cut.triangles(window)[::2], window) for cut in cuts]
    limits = min(low for low, _ in spans), max(high for _, high in spans)
    words = moments_in_words(result, times)
    with style.styled():
        figure = style.new_figure(6.4, 5.6)

        def draw(step: int) -> list[object]:
            figure.clear()
            axes = figure.add_axes((0.13, 0.1, 0.66, 0.75))
            paint(axes, cuts[step], window, "", limits=limits)
            heading(figure, result, words[step])
            return []

        moving = FuncAnimation(figure, draw, frames=len(times), interval=1e3 * seconds)  # type: ignore[arg-type]
        moving.save(path, writer=kind, fps=max(1, round(1 / seconds)), dpi=style.DPI)
    return path


def moments_in_words(result: Result, times: list[float]) -> list[str]:
    """Return for each time [s] how late it is and, if the series tells it, how bright the light."""
    assert result.directory is not None
    series, laser = load_series(result.directory / SERIES), result.case.laser
    told = []
    for time in times:
        row = int(np.abs(series.time - time).argmin())
        words = f"after {style.time_text(time)}"
        if laser is not None and abs(series.time[row] - time) <= 1e-9 * time:
            light = series["intensity_factor"][row] * laser.peak_intensity
            words += f", light {intensity_text(light, zeros=False) if light > 0 else 'off'}"
        told.append(words)
    return told


def _cut(result: Result, folder: Path, step: int) -> Cut:
    numbers, layout = result.summary, result.layout
    field = read_field(folder, step=step, unit=numbers["mesh_unit_m"])
    if layout.focus is None:
        field = replace(field, values=field.values + layout.T_ref)
    y = 0.0 if layout.focus is None else 1e6 * layout.focus.foot[1]
    symbol = "ΔT" if layout.focus is not None else "T"
    return replace(cut_of(field, layout.symmetry, y), numbers=numbers["regions"], symbol=symbol)


def _window(cut: Cut, result: Result) -> Window:
    return cut.extent() if result.layout.focus is None else frames(cut, result).middle
