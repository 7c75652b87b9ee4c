"""Bodies and what acts on them: particle, substrate, geometry, contact, chamber, radiation."""
