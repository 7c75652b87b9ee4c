"""Numbers of the reference problem (SI; the meshes are in µm, 1 µm being L)."""

SIGMA, T0, EPSILON, Q = 5.670374419e-8, 300.0, 0.9, -2e7
K_PARTICLE, K_PAR, K_PERP = 0.42, 4.05, 0.46
L = 1e-6
C_PARTICLE, C_SHEET = 1600.0 * 1000.0, 2400.0 * 1000.0
STEP = 1e-3  # s of backward Euler from T_env, where the problem is solved in time
