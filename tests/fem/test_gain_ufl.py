"""The heat source as a UFL expression gives the numbers of NumPy."""

import numpy as np
import pytest
from scipy.constants import e

from thermosim.gain import GainModel, cooling_gain, external_efficiency, heat_source
from thermosim.language.namespaces import ufl_namespace

pytestmark = pytest.mark.fem

MODELS = {
    "default": {},
    "losses": {
        "dark_fraction": 0.02,
        "alpha_background": 0.5,
        "escape": {"kind": "given", "f_escape": 0.6, "f_reabsorbed": 0.38, "red_shift": 0.01 * e},
        "recombination": {"kind": "trion_biexciton", "eta_X": 0.99, "A": 0.02, "C": 3.0},
    },
    "ladder": {
        "recombination": {"kind": "ladder", "ionisation": 0.1, "bleaching": True},
        "absorption": {"kind": "fermi_edge"},
    },
    "quenching": {
        "quenching": {"activation_energy": 0.2 * e, "ratio": 5.0},
        "recombination": {"kind": "trion_biexciton", "eta_X": 0.99},
    },
    "gaps": {"ensemble": {"gap": {"width": 8e-3 * e}}},
    "ensemble": {
        "absorption": {"kind": "fermi_edge"},
        "escape": {"kind": "given", "f_escape": 0.6, "f_reabsorbed": 0.38, "red_shift": 0.01 * e},
        "ensemble": {
            "nodes": 5,
            "gap": {"width": 8e-3 * e},
            "sigma_abs": {"width": 0.3, "shape": "lognormal"},
        },
        "recombination": {"kind": "ladder", "ionisation": 0.1, "bleaching": True},
    },
    "upconversion": {
        "upconversion": {"kind": "activated", "full_energy": 2.4 * e, "ratio": 1e-3},
        "ensemble": {"gap": {"width": 2e-3 * e}},
    },
    "thermal": {
        "thermal": {
            "tau_X": {"kind": "power", "exponent": 0.5},
            "eta_X": {"kind": "activated", "activation_energy": 0.2 * e, "ratio": 5.0},
        },
        "recombination": {"kind": "trion_biexciton", "eta_X": 0.98, "A": 0.02, "C": 3.0},
        "ensemble": {"gap": {"width": 8e-3 * e}, "nodes": 3},
    },
    "einstein": {
        "absorption": {"kind": "fermi_edge", "E_U_model": "einstein"},
        "ensemble": {"gap": {"width": 8e-3 * e}, "nodes": 5},
    },
    "detailed_balance": {"emission": {"kind": "van_roosbroeck"}, "temperature_min": 240.0},
}


def constants(p, domain):
    """Return ``p`` with every float turned into a constant of a form."""
    from dolfinx import fem

    from thermosim.light.source import as_constants

    return as_constants(p, lambda value: fem.Constant(domain, float(value)))


@pytest.fixture(scope="module")
def domain():
    from dolfinx import mesh
    from mpi4py import MPI

    return mesh.create_unit_interval(MPI.COMM_SELF, 1)


def evaluate(expression, domain):
    from dolfinx import fem

    compiled = fem.Expression(expression, np.array([[0.5]]))
    return float(compiled.eval(domain, np.array([0], dtype=np.int32)).ravel()[0])


@pytest.mark.parametrize("name", MODELS)
def test_ufl_and_numpy_agree(name, domain):
    from dolfinx import fem

    xp = ufl_namespace()
    p = GainModel(**MODELS[name]).parameters(2.33 * e)
    q = constants(p, domain)
    intensity, temperature = fem.Constant(domain, 1.0), fem.Constant(domain, 300.0)
    compiled = {
        function: fem.Expression(function(intensity, temperature, q, xp), np.array([[0.5]]))
        for function in (cooling_gain, heat_source)
    }
    cell = np.array([0], dtype=np.int32)
    for I in (1e2, 3e6, 4e8):
        for T in (150.0, 291.0, 300.0, 444.0, 1300.0):
            intensity.value, temperature.value = I, T
            for function, expression in compiled.items():
                found = float(expression.eval(domain, cell).ravel()[0])
                expected = float(function(I, T, p))
                scale = abs(I * p.sigma_abs) if function is cooling_gain else abs(expected)
                assert abs(found - expected) <= 1e-13 * max(abs(expected), scale), (I, T)


@pytest.mark.parametrize("name", ["losses", "ensemble"])
def test_efficiency_agrees(name, domain):
    p = GainModel(**MODELS[name]).parameters(2.33 * e)
    q = constants(p, domain)
    from dolfinx import fem

    x, T = fem.Constant(domain, 0.3), fem.Constant(domain, 310.0)
    found = evaluate(external_efficiency(x, q, T, ufl_namespace()), domain)
    assert found == pytest.approx(float(external_efficiency(0.3, p, 310.0)), rel=1e-13, abs=0.0)


@pytest.mark.parametrize("name", ["losses", "ensemble", "quenching"])
def test_symbolic_derivative_matches_a_difference(name, domain):
    import ufl
    from dolfinx import fem

    p = GainModel(**MODELS[name]).parameters(2.33 * e)
    T = fem.Constant(domain, 310.0)
    variable = ufl.variable(T)
    source = heat_source(fem.Constant(domain, 2e7), variable, constants(p, domain), ufl_namespace())
    slope = evaluate(ufl.diff(source, variable), domain)
    step = 1e-2
    sides = [float(heat_source(2e7, 310.0 + s * step, p)) for s in (-2, -1, 1, 2)]
    difference = (sides[0] - 8 * sides[1] + 8 * sides[2] - sides[3]) / (12 * step)
    assert slope == pytest.approx(difference, rel=1e-8, abs=0.0)


def depth(expression):
    return 1 + max((depth(part) for part in expression.ufl_operands), default=0)


def test_long_tables_and_interpolants_stay_shallow(domain):
    """DOLFINx from 0.10 on goes down a form by recursion: some 190 levels are its end."""
    import ufl
    from dolfinx import fem

    from thermosim.gain.source import chebyshev
    from thermosim.materials import TableLaw

    T = ufl.variable(ufl.SpatialCoordinate(domain)[0])
    table = TableLaw(temperatures=range(100, 1100), values=range(1000), interpolation="linear")
    numbers = [fem.Constant(domain, value) for value in table.parameters()]
    assert depth(table.evaluate(T, ufl_namespace(), numbers)) < 40
    coefficients = tuple(fem.Constant(domain, 0.5) for _ in range(129))
    assert depth(ufl.diff(chebyshev(T, coefficients), T)) < 40
