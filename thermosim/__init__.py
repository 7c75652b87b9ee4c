"""thermosim: finite-element simulation of laser cooling and heating of small particles."""

__version__ = "0.1.0"
