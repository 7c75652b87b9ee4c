"""Measured speed: reports, asserts nothing."""
