"""thermosim beside other packages: `heat` and `optics`; needs the standard library only."""
