"""Make ``cooling_series.csv``: synthetic spectra of a particle that cools by 9 K in ten minutes."""

from pathlib import Path

import numpy as np
from scipy.constants import e

from thermosim.gain.emission import VanRoosbroeckEmission
from thermosim.thermometry import Spectra, emission_model, synthetic_spectra, write_spectra

SEED = 2024
GAP_SLOPE = 0.25e-3 * e  # J/K
TIMES = np.array([0.0, 60.0, 120.0, 240.0, 360.0, 480.0, 600.0])
COMMENT = f"""Synthetic photon counts in bins of 2 meV; made by make_example.py with seed {SEED}.
Edge at 2.400 eV (300 K) moving by 0.25 meV/K, Urbach energy 15.5 meV.
True temperature: 300 K - 9 K (1 - exp(-t/150 s)); photon noise, no background."""


def true_temperature(time: np.ndarray) -> np.ndarray:
    """Return the temperature [K] behind the spectrum at each time [s]."""
    return 300.0 - 9.0 * (1.0 - np.exp(-time / 150.0))


def example() -> Spectra:
    """Return the spectra of the file."""
    line = VanRoosbroeckEmission()
    model = emission_model(lambda E, T: line.spectrum(E, T, 300.0, GAP_SLOPE * (T - 300.0)))
    energy = (2.381 + 0.002 * np.arange(115)) * e
    return synthetic_spectra(energy, model, true_temperature(TIMES), TIMES, 1e7, seed=SEED)


if __name__ == "__main__":
    write_spectra(example(), Path(__file__).with_name("cooling_series.csv"), COMMENT)
