"""Pump light and emitted light: beam, Mie series, ray optics, escape of the emission."""
