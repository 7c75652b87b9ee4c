"""Fits of measured decays, efficiencies, spectra and temperatures; intervals and a verdict."""
