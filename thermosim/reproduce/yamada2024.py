"""``thermosim reproduce yamada2024``: every computable number and figure of arXiv:2406.10641."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thermosim.reproduce import yamada_gain as gain
from thermosim.reproduce import yamada_heat as heat
from thermosim.reproduce.rows import Row, counts, to_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from thermosim.reproduce.yamada_experiment import Experiment, Measured

TITLE = "Yamada et al. 2024, computed again"
SOURCE = (
    "Y. Yamada et al., Optical cooling of dot-in-crystal halide perovskites: challenges of "
    "nonlinear exciton recombination, Nano Lett. 24 (2024), arXiv:2406.10641"
)
FINDINGS = (
    "No single mean emission energy meets the three printed numbers of Figs. 1f and 3: 2.38 eV "
    "(threshold) gives 1.6 fW at x = 0.012; 2.1 fW needs 2.387 eV; x = 0.014 needs 2.390 eV.",
    "The gain of 2.1 fW takes η_X = 1 with an η_BX of 0.09 that belongs to η_X = 0.8; the η_BX of "
    "η_X = 1 is 0.069, and the gain 2.05 fW.",
    "The radiative lifetime is computed as τ η (29 ns × 0.8 = 23 ns); consistent is τ/η = 36 ns. "
    "The efficiencies of trion and biexciton, 0.26 and 0.09, are then 0.17 and 0.06.",
    "A particle of 5 µm that only radiates reaches its temperature in a quarter of a second; 10 "
    "minutes were observed. Something other than the particle is slow, for instance its support.",
    "-9 K leaves room for a contact of 0.1 nW/K; adhesion alone makes one of about 130 nW/K. On "
    "mica the same light cools such a particle by 0.15 K, were it even; as the sphere refracts it, "
    "it heats by 1.4 K.",
    "A 5 µm particle is no black body: it emits some 3 % of one (uncertain by a factor 3), which "
    "helps cooling, but matters only without contact.",
)


def table() -> list[Row]:
    """Return every comparison that needs no finite elements."""
    return [
        *gain.spectrum_rows(),
        *gain.kinetics_rows(),
        *gain.efficiency_rows(),
        *gain.gain_rows(),
        *heat.limit_rows(),
        *heat.escape_rows(),
        *heat.thermometry_rows(),
        *heat.clock_rows(),
        *heat.contact_rows(),
        *heat.emissivity_rows(),
    ]


def reproduce(
    folder: Path, tell: Callable[[str], None], measured: Measured | None = None
) -> dict[str, Any]:
    """Compute everything into `folder`: tables, figures, one page; return the document.

    The folder must be empty or new: the caller stages it. Measured points are drawn into Fig. 5e.
    """
    from thermosim.reproduce.yamada_experiment import experiment_rows, run_experiments

    tell("tables: gain, kinetics, limits, escape, thermometry")
    rows = table()
    experiments = list(run_experiments(folder, tell))
    rows += experiment_rows(experiments)
    tell("figures")
    pictures = draw(folder, experiments, measured)
    document = {
        "title": TITLE,
        "source": SOURCE,
        "findings": list(FINDINGS),
        "counts": counts(rows),
        "rows": [row.as_dict() for row in rows],
        "figures": [path.name for path, _ in pictures],
    }
    (folder / "table.csv").write_text(to_csv(rows))
    (folder / "summary.json").write_text(json.dumps(document, indent=2, default=float) + "\n")
    (folder / "index.html").write_text(page(rows, pictures))
    return document


def draw(
    folder: Path, experiments: list[Experiment], measured: Measured | None = None
) -> list[tuple[Path, str]]:
    """Draw the figures; return their files with captions."""
    from thermosim.reproduce.figures import draw_courses, draw_steady
    from thermosim.visual import style

    figures = {
        **gain_figures(),
        "fig5d": (draw_courses(experiments), "Fig. 5d: steps of intensity every 15 minutes."),
        "fig5e": (draw_steady(experiments, measured), "Fig. 5e: ΔT reached against intensity."),
    }
    return [
        (style.save(figure, folder / f"{name}.png"), caption)
        for name, (figure, caption) in figures.items()
    ]


def gain_figures() -> dict[str, tuple[Figure, str]]:
    """Draw the figures about single dots; return each with its caption, by file name."""
    import numpy as np
    from scipy.constants import e

    from thermosim.gain import GainModel, tables
    from thermosim.visual import gain_plots as plots

    model = GainModel()
    spectra = tables.spectrum_curves(model, tables.PAPER_EFFICIENCIES)
    decays = tables.trpl_table(model, np.linspace(0.0, 40e-9, 401), [0.1, 0.3, 1.0, 3.0])
    curve = tables.intensity_curve(model, gain.PUMP)
    net = tables.net_cooling_map(model, (2.2 * e, 2.4 * e), (1e5, 1e9), 300.0, (161, 161))
    return {
        "fig1f": (
            plots.draw_gain_spectrum(spectra),
            "Fig. 1f: cooling gain against photon energy for several efficiencies.",
        ),
        "fig2": (
            plots.draw_decays(decays),
            "Fig. 2a: decay of the emission after a pulse, for several mean excitations per dot.",
        ),
        "fig3": (
            plots.draw_intensity_curve(curve),
            "Fig. 3: efficiency and gain per dot against intensity, with and without Auger.",
        ),
        "fig3_map": (
            plots.draw_cooling_map(net),
            "Net cooling over photon energy and intensity; the line is break-even.",
        ),
    }


def page(rows: list[Row], pictures: list[tuple[Path, str]]) -> str:
    """Return the page: findings, table, figures."""
    from thermosim.visual.html import embedded, render

    return render(
        "reproduce.html.j2",
        title=TITLE,
        source=SOURCE,
        findings=FINDINGS,
        tables=[
            ("Printed in the paper", [row for row in rows if row.source == "paper"]),
            ("Our own expectation", [row for row in rows if row.source != "paper"]),
        ],
        counts=counts(rows),
        pictures=[(embedded(path), caption) for path, caption in pictures],
    )
