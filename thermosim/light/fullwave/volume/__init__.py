"""Full wave optics of bodies without an axis: Maxwell's equations in three dimensions."""
