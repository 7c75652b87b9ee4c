"""Numbers of the reference problem (SI; the meshes are in µm, 1 µm being L)."""

SIGMA, T0, EPSILON, Q = 5.670374419e-8, 300.0, 0.9, -2e7
K_PARTICLE, K_PAR, K_PERP = 0.42, 4.05, 0.46
L = 1e-6
