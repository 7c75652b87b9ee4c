"""Maxwell's equations around a body of revolution, by finite elements for each azimuthal mode."""
