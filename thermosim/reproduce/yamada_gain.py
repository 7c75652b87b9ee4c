"""Yamada et al. 2024 (arXiv:2406.10641): efficiencies, gain, spectra, kinetics."""

from __future__ import annotations

import numpy as np
from scipy.constants import e

from thermosim.gain import GainModel
from thermosim.gain.absorption import cross_section_from_optimum
from thermosim.gain.cooling import break_even_eta, closed_optimum, peak_gain_ratio
from thermosim.gain.efficiency import radiative_lifetime, radiative_scaling, scaled_efficiency
from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.gain.tables import trpl_table
from thermosim.reproduce.rows import Row

PUMP = 2.33 * e
TAU_X, TAU_T, TAU_BX = 29e-9, 3.0e-9, 0.5e-9
ETA_BX = 0.09
E_U = 15.5e-3 * e
THRESHOLD = 2.38 * e


def efficiency_rows() -> list[Row]:
    """Radiative lifetimes and the efficiencies of trion and biexciton, by both conventions."""
    section, rows = "Text, efficiencies", []
    times = radiative_lifetime(TAU_X, 0.8, "tau_times_eta")
    over = radiative_lifetime(TAU_X, 0.8, "tau_over_eta")
    rows.append(
        Row(section, "τ_X^rad by τ_X η_X", "ns", "23", times * 1e9, 3,
            "the paper multiplies: 29 ns × 0.8", "paper")
    )  # fmt: skip
    rows.append(
        Row(section, "τ_X^rad by τ_X/η_X", "ns", None, over * 1e9, 4,
            "consistent: the observed rate is the radiative rate over η, so τ_rad = 29 ns/0.8")
    )  # fmt: skip
    for name, tau, scaling, printed in (
        ("η_T", TAU_T, radiative_scaling(1, 1), "0.26"),
        ("η_BX", TAU_BX, radiative_scaling(2), "0.09"),
    ):
        rows.append(
            Row(section, f"{name} from {times * 1e9:.1f} ns", "1", printed,
                float(scaled_efficiency(tau, times, scaling)), 4, "with τ η", "paper")
        )  # fmt: skip
        rows.append(
            Row(section, f"{name} from {over * 1e9:.2f} ns", "1", None,
                float(scaled_efficiency(tau, over, scaling)), 4,
                "with τ/η: the printed efficiencies are 1.56 times too high")
        )  # fmt: skip
    return rows


def gain_rows() -> list[Row]:
    """Optimum and crossover for three readings of the mean emission energy."""
    section, rows = "Fig. 3", []
    readings = (
        (2.3871, "meets the printed gain; x* prints as 0.013"),
        (2.38, "the threshold that Fig. 1f prints; misses both"),
        (2.3896, "meets the printed x*; the gain prints as 2.3"),
    )
    for mean, comment in readings:
        told = (4, comment, "paper", "⟨E_PL⟩")
        x_opt, gain, x_cross = closed_optimum(PUMP, mean * e, 1.0, ETA_BX, TAU_X)
        name = f"⟨E_PL⟩ = {mean} eV"
        rows += [
            Row(section, f"x* at {name}", "1", "0.014", float(x_opt), *told),
            Row(section, f"g_max at {name}", "fW", "2.1", float(gain) * 1e15, *told),
        ]
        if mean == 2.3871:
            rows.append(
                Row(section, f"crossover x0 at {name}", "1", None, float(x_cross), 4,
                    "cooling turns into heating at about twice the optimum")
            )  # fmt: skip
    consistent = float(scaled_efficiency(TAU_BX, radiative_lifetime(TAU_X, 1.0, "tau_over_eta"),
                                         radiative_scaling(2)))  # fmt: skip
    rows.append(
        Row(section, "g_max with the η_BX that belongs to η_X = 1", "fW", "2.053",
            float(closed_optimum(PUMP, 2.3871 * e, 1.0, consistent, TAU_X)[1]) * 1e15, 4,
            f"η_BX = {consistent:.3f} from τ_X^rad = 29 ns; the printed 0.09 belongs to η_X = 0.8")
    )  # fmt: skip
    p = GainModel().parameters(PUMP)
    rows.append(
        Row(section, "η_X needed to cool at 2.33 eV", "1", "0.97", break_even_eta(300.0, p), 3,
            "E_ex/⟨E_PL⟩; the paper says about 97 %", "paper")
    )  # fmt: skip
    return [*rows, *_cross_sections(section)]


def _cross_sections(section: str) -> list[Row]:
    rows = []
    for kilowatts in (1, 3, 10):
        sigma = cross_section_from_optimum(0.014, PUMP, TAU_X, kilowatts * 1e7)
        rows.append(
            Row(section, f"σ_abs(2.33 eV) if I_opt = {kilowatts} kW/cm²", "cm²", None,
                float(sigma) * 1e4, 2, "the paper prints only “~ kW/cm²”; σ_abs is missing input")
        )  # fmt: skip
    return rows


def spectrum_rows() -> list[Row]:
    """Peaks of the gain spectrum, and the emission line that detailed balance gives."""
    rows = []
    for eta, target in ((0.99, "0.215"), (0.98, "0.046"), (0.97, "0.010"), (0.96, "0.002")):
        rows.append(
            Row("Fig. 1f", f"peak of G at EQE {100 * eta:.0f} %, relative to 100 %", "1", target,
                float(peak_gain_ratio(THRESHOLD, eta, E_U)), 3,
                "e^(-(1-η)E/E_U); the paper: “hardly achievable” below 97 %")
        )  # fmt: skip
    line = VanRoosbroeckEmission()
    E = np.linspace(2.2, 2.6, 40_001) * e
    spectrum = line.spectrum(E, 300.0, 300.0, 0.0)
    width = float(np.ptp(E[spectrum >= 0.5 * spectrum.max()])) / e * 1e3
    mean = float(line.mean_at(300.0, 300.0, 0.0)) / e
    peak = float(E[np.argmax(spectrum)]) / e
    comment = "Fermi edge 2.400 eV, E_U = 15.5 meV, van Roosbroeck-Shockley at 300 K"
    rows += [
        Row("Fig. 1d", "⟨E_PL⟩ by detailed balance", "eV", "2.3864", mean, 5, comment),
        Row("Fig. 1d", "peak of the emission", "eV", "2.3946", peak, 5, comment),
        Row("Fig. 1d", "full width at half maximum", "meV", "83", width, 3, comment),
    ]
    return rows


_DECAYS = {
    0.1: ("1.0920", "0.9875", "0.9390", "0.8592", "0.6747", "0.2398"),
    1.0: ("1.4248", "0.9158", "0.7218", "0.5761", "0.4510", "0.1603"),
}
DECAY_TIMES = np.array([0.0, 0.5, 1.0, 3.0, 10.0, 40.0]) * 1e-9


def kinetics_rows() -> list[Row]:
    """Decays after a pulse, in units of n/τ_rad."""
    decays = trpl_table(GainModel(), DECAY_TIMES, list(_DECAYS))
    return [
        Row("Fig. 2", f"I τ_rad/n at {t * 1e9:g} ns, n = {n:g}", "1", target, float(value), 4,
            "closed form: Poisson start, biexcitons feed excitons")
        for (n, targets), signal in zip(_DECAYS.items(), decays.signal, strict=True)
        for t, target, value in zip(DECAY_TIMES, targets, signal, strict=True)
    ]  # fmt: skip
