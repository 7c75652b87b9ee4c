"""The starter case that ``thermosim init`` writes."""

STARTER = """\
# A thermosim case. Quantities are text with a unit. What is left out takes its default:
# `thermosim check FILE` prints every value in use, `thermosim schema` lists every key.
title = "A Cs4PbBr6 microparticle with CsPbBr3 dots on mica"

# "axisymmetric" (fast), "quarter" or "3d" from the same description
symmetry = "axisymmetric"

[particle]
material = "Cs4PbBr6"            # a library material, or one of [materials.NAME] below
emissivity = "material"          # a number, "material" or "small_body" (Mie, thermal light)

[particle.shape]
kind = "sphere"
radius = "5 um"

[substrate]
kind = "slab"                    # "none": the particle floats
material = "muscovite"
radius = "1 mm"
thickness = "20 um"
rim = "held"                     # "held", "radiating" or "insulated"
bottom = "radiating"

[contact]
kind = "jkr"                     # adhesion; or "disk" with a radius; or "none"
work_of_adhesion = "0.1 J/m^2"
# h_c = "1e8 W/(m^2*K)"          # conductance of the interface; left out: perfect contact

[laser]
photon_energy = "2.33 eV"        # or wavelength = "532 nm"
profile = "plane"                # or "gaussian" with waist, or "top_hat" with radius
intensity = "3 kW/cm^2"          # or, for finite beams, power = "1 mW"

[optics]
model = "auto"                   # Mie series for a sphere, rays for others; or "uniform"

# Auger-aware gain of the dots. The efficiencies are the most favourable ones of Yamada et al.
# (arXiv:2406.10641), every lone exciton a photon; measured was eta_X = 0.8. The emission has to get
# out of a rough grain. `thermosim ladder FILE` tells which of these assumptions ΔT hangs on.
[gain.escape]
kind = "auto"                    # or "none": all light leaves

[gain.recombination]
kind = "trion_biexciton"
eta_X = 1.0
tau_X = "29 ns"
tau_T = "3 ns"
tau_BX = "0.5 ns"

[gain.density]
kind = "given"
n_dots = "1.66e16 1/cm^3"

[chamber]
temperature = "300 K"
pressure = "0 Pa"

[mesh]
refinement = 1.0                 # 2 halves every cell

[solver]
degree = 2
"""
