"""Make the files of this folder: synthetic data of the models that ``thermosim fit`` knows.

Run it in this folder. Each is made by the functions of the package, not by those of the fit, from
the numbers of TRUTH, with noise of one seed.
"""

from pathlib import Path

import numpy as np
from scipy.constants import c, e, h

from thermosim import load_case
from thermosim.gain.absorption import FermiEdge
from thermosim.gain.efficiency import quantum_efficiency
from thermosim.gain.maps import litmos
from thermosim.gain.model import GainModel
from thermosim.gain.trpl import pulsed_decay
from thermosim.limits.lumped import Lumped, first_root
from thermosim.model.of_case import model_of

HERE = Path(__file__).parent
CASE = HERE.parent / "yamada2024_radiation_limited.toml"
SEED = 16
TRUTH = {
    "tau_X": 29e-9, "tau_T": 5e-9, "tau_BX": 0.8e-9, "charged": 0.3, "A": 0.4, "excitons": 2.0,
    "eta_X": 0.95, "C": 0.8, "sigma_abs": 6e-21, "E_U": 15.5e-3, "E_1": 2.4,
    "contact_conductance": 2e-9, "n_dots": 1.66e22, "eta_ext": 0.985, "alpha_background": 0.05,
}  # fmt: skip


def write(name: str, heading: str, *columns: np.ndarray) -> None:
    """Write columns as CSV."""
    lines = [",".join(f"{v:.7g}" for v in row) for row in zip(*columns, strict=True)]
    (HERE / name).write_text("\n".join([f"# synthetic: make_examples.py, seed {SEED}",
                                        heading, *lines, ""]), encoding="utf-8")  # fmt: skip


def decays(rng: np.random.Generator) -> None:
    """Counts of three decays through a response of 300 ps; 0.5 ns a channel, pulse at 10 ns."""
    fine = np.arange(0.0, 150e-9, 10e-12)
    sigma = 300e-12 / 2.3548
    response = np.exp(-0.5 * (np.arange(-80, 81) * 10e-12 / sigma) ** 2)
    t = TRUTH
    columns = []
    for fluence in (0.2, 1.0, 5.0):
        n = t["excitons"] * fluence / 5.0
        decay = pulsed_decay(fine, n, t["tau_X"], t["tau_T"], t["tau_BX"], t["A"], t["charged"])
        late = np.concatenate([np.zeros(1000), decay])[: len(fine)]
        folded = np.convolve(late, response / response.sum(), "same")
        columns.append(rng.poisson(40.0 + 2e4 * folded.reshape(-1, 50).mean(axis=1)))
    time = (np.arange(len(columns[0])) * 50 + 24.5) * 0.01  # centres of the channels, in ns
    write("trpl.csv", "time (ns),0.2 uJ/cm2,1 uJ/cm2,5 uJ/cm2", time, *columns)


def efficiencies(rng: np.random.Generator) -> None:
    """External efficiency over intensity, 0.5 % noise."""
    t = TRUTH
    I = np.geomspace(1e3, 3e7, 30)  # W/cm²
    x = t["sigma_abs"] * I * 1e4 * t["tau_X"] / (2.33 * e)
    eta = quantum_efficiency(x, t["eta_X"], 0.26, 0.09, t["A"], t["C"])
    noise = 0.003 * np.ones_like(I)
    write("efficiency.csv", "intensity (kW/cm2),efficiency (%),error (%)", I / 1e3,
          100 * (eta + noise * rng.standard_normal(30)), 100 * noise)  # fmt: skip


def excitation(rng: np.random.Generator) -> None:
    """Counts over the photon energy of the pump."""
    t = TRUTH
    E = np.arange(2.26, 2.48, 0.004)
    edge = FermiEdge(E_1=t["E_1"] * e, E_U=t["E_U"] * e)
    shape = np.exp(edge.log_shape(E * e, 300.0, 300.0))
    write("excitation.csv", "photon energy (eV),PLE (counts)", E, rng.poisson(25.0 + 2e4 * shape))


def temperatures(rng: np.random.Generator) -> None:
    """Steady ΔT over intensity of the case, on a contact of 2 nW/K."""
    I = np.geomspace(30.0, 12e3, 16)  # W/cm²
    found = []
    for one in I:
        case = load_case(CASE, [f'laser.intensity="{float(one)!r} W/cm^2"'])
        model = model_of(case)
        lumped = Lumped.of(model, model.lump)
        own = lumped.conductance("contact")
        extra = TRUTH["contact_conductance"] - own
        found.append(first_root(lambda th: lumped.net(th) - extra * th, -300.0))  # noqa: B023
    noise = 0.04 * np.ones_like(I)
    y = np.array(found) + 0.1 + noise * rng.standard_normal(16)
    write("cooling.csv", "intensity (W/cm2),ΔT (mK),error (mK)", I, 1e3 * y, 1e3 * noise)


def course(rng: np.random.Generator) -> None:
    """ΔT over time of the case, on a contact of 2 nW/K, with a drift of -20 mK/s."""
    from scipy.integrate import solve_ivp

    model = model_of(load_case(CASE))
    lumped = Lumped.of(model, model.lump)
    extra = TRUTH["contact_conductance"] - lumped.conductance("contact")
    capacity = lumped.heat_capacity()
    t = np.arange(-0.2, 2.0, 0.03)
    run = solve_ivp(lambda _, y: [(lumped.net(float(y[0])) - extra * y[0]) / capacity], (0.0, 2.0),
                    [0.0], t_eval=t[t > 0], rtol=1e-9, atol=1e-12)  # fmt: skip
    y = np.zeros_like(t)
    y[t > 0] = run.y[0]
    noise = 0.05 * np.ones_like(t)
    y = y - 0.02 * (t - t[0]) + noise * rng.standard_normal(len(t))
    write("cooling_in_time.csv", "time (s),ΔT (mK),error (mK)", t, 1e3 * y, 1e3 * noise)


def crossings(rng: np.random.Generator) -> None:
    """ΔT per absorbed power over the wavelength of weak light."""
    nm = np.arange(510.0, 572.0, 1.0)
    E = h * c / (nm * 1e-9)
    t = TRUTH
    base = GainModel(alpha_background=t["alpha_background"])
    recombination = base.recombination.model_copy(update={"eta_X": t["eta_ext"]})
    model = base.model_copy(update={"recombination": recombination})
    y = 5e7 * litmos(model, 1e-6, 300.0, E).heating
    noise = 5e4 * np.ones_like(nm)
    write("litmos.csv", "wavelength (nm),ΔT/P (K/W),error (K/W)", nm,
          y + noise * rng.standard_normal(len(nm)), noise)  # fmt: skip


if __name__ == "__main__":
    for made in (decays, efficiencies, excitation, temperatures, course, crossings):
        made(np.random.default_rng(SEED))
