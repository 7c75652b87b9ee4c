"""DOLFINx and PETSc: domains, meshes on ranks, and the differences between versions."""
