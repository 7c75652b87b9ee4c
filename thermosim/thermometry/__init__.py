"""Temperature from luminescence: the ratio of high-energy tails, its noise and its bias."""

from thermosim.thermometry.model import (
    SpectrumModel,
    WindowErrors,
    corrected_temperature,
    escaping,
    expected_counts,
    model_fit,
    reading_bias,
    simulated_readings,
    synthetic_spectra,
    window_errors,
)
from thermosim.thermometry.particle import VirtualReading, particle_spectrum, virtual_reading
from thermosim.thermometry.series import (
    ThermometrySeries,
    WindowCounts,
    reference_index,
    summary,
    temperature_series,
    window_counts,
)
from thermosim.thermometry.settings import ThermometrySettings, Weights, bin_centres
from thermosim.thermometry.spectra import (
    Spectra,
    photon_energy_from_wavelength,
    read_spectra,
    write_spectra,
)
from thermosim.thermometry.tail import (
    Line,
    TailFit,
    fit_tail,
    log_ratio_variance,
    photon_noise_sigma,
    ratio_slope,
    temperature_from_slope,
    temperature_sigma,
    weighted_line,
)

__all__ = [
    "Line",
    "Spectra",
    "SpectrumModel",
    "TailFit",
    "ThermometrySeries",
    "ThermometrySettings",
    "VirtualReading",
    "Weights",
    "WindowCounts",
    "WindowErrors",
    "bin_centres",
    "corrected_temperature",
    "escaping",
    "expected_counts",
    "fit_tail",
    "log_ratio_variance",
    "model_fit",
    "particle_spectrum",
    "photon_energy_from_wavelength",
    "photon_noise_sigma",
    "ratio_slope",
    "read_spectra",
    "reading_bias",
    "reference_index",
    "simulated_readings",
    "summary",
    "synthetic_spectra",
    "temperature_from_slope",
    "temperature_series",
    "temperature_sigma",
    "virtual_reading",
    "weighted_line",
    "window_counts",
    "window_errors",
    "write_spectra",
]
