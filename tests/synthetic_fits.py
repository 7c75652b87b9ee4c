"""Synthetic data of every model of a fit, and how often intervals hold what they came from."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from thermosim import load_case
from thermosim.infer.fit.cooling import CoolingFit
from thermosim.infer.fit.data import Asked
from thermosim.infer.fit.efficiency import EfficiencyFit
from thermosim.infer.fit.excitation import ExcitationFit
from thermosim.infer.fit.joint import Joint
from thermosim.infer.fit.litmos import LitmosFit
from thermosim.infer.fit.minimum import Minimum, minimised, spread_at
from thermosim.infer.fit.parameters import Wishes
from thermosim.infer.fit.profile import interval_ends
from thermosim.infer.fit.trpl import TrplFit

CASE = Path(__file__).parents[1] / "cases" / "yamada2024_radiation_limited.toml"
RISES = np.array([1.0, 3.8414588])  # of the deviance: 68.27 % and 95 % of chi² with one degree


def write(path, heading, *columns):
    rows = zip(*(np.broadcast_to(c, np.shape(columns[0])) for c in columns), strict=True)
    path.write_text("\n".join([heading, *(",".join(f"{v:.9g}" for v in row) for row in rows)]))
    return path


def trpl(folder, channels=120, response="", columns=("0.3 uJ/cm2", "4 uJ/cm2")):
    t = np.linspace(0.0, 120.0, channels)
    seen = np.round(1e3 * np.exp(-np.maximum(t - 6.0, 0.0) / 20.0)) * (t > 6.0)
    path = write(
        folder / "trpl.csv", ",".join(["time (ns)", *columns]), t, *(seen for _ in columns)
    )
    truth = {"tau_X": 29e-9, "tau_T": 5e-9, "tau_BX": 0.8e-9, "charged": 0.35, "A": 0.4,
             "excitons": 2.0, "time_zero": 6.3e-9, "scale": 4e5, "background": 40.0}  # fmt: skip
    return TrplFit([path], Asked(response=response)), truth, Wishes(fix=["time_zero=6.3 ns"])


def efficiency(folder):
    I = np.geomspace(1e3, 3e7, 40)
    path = write(folder / "eff.csv", "I (W/cm2),efficiency,error", I, 0.5, 1e-3)
    truth = {"eta_X": 0.95, "A": 0.4, "C": 0.8, "sigma_abs": 6e-21}
    return EfficiencyFit([path], Asked(), None, None), truth, Wishes()


def excitation(folder):
    path = write(folder / "ple.csv", "E (eV),PLE", np.linspace(2.25, 2.48, 60), 1000.0)
    truth = {"E_U": 15.5e-3, "E_1": 2.4, "scale": 2e4, "background": 30.0}
    return ExcitationFit([path], Asked()), truth, Wishes()


def cooling(folder):
    I = np.geomspace(30.0, 1.2e4, 16)
    path = write(folder / "dt.csv", "I (W/cm2),ΔT (mK),error (mK)", I, -np.sqrt(I), 40.0)
    model = CoolingFit([path], Asked(), load_case(CASE), CASE)
    return model, {"contact_conductance": 2e-9, "sigma_abs": 6e-21, "offset": 0.1}, Wishes()


def course(folder):
    t = np.linspace(-0.2, 2.0, 60)
    path = write(folder / "course.csv", "t (s),ΔT (mK),error (mK)", t, -100.0 * t, 50.0)
    model = CoolingFit([path], Asked(), load_case(CASE), CASE)
    truth = {"contact_conductance": 2e-9, "n_dots": 1.66e22, "offset": 0.1, "drift": -0.02}
    return model, truth, Wishes()


def litmos(folder):
    nm = np.linspace(510.0, 570.0, 60)
    path = write(folder / "lit.csv", "wavelength (nm),ΔT/P,error", nm, np.linspace(-1, 1, 60), 2e-3)
    truth = {"eta_ext": 0.985, "alpha_background": 0.05, "resistance": 50.0}
    return LitmosFit([path], Asked(), None, None), truth, Wishes()


ALL = (trpl, efficiency, excitation, cooling, course, litmos)


def coverage(made, sets=200, seed=1):
    """Return names of the free parameters and how often 68 % and 95 % hold the truth, (p, 2)."""
    model, truth, wishes = made
    joint = Joint.of([model], wishes)
    found = joint.likelihood()
    true = np.array([truth.get(p.name.split(" (")[0], p.start) for p in joint.parameters])
    inner = found.inner(true[None])
    mean, rng = found.predicted(inner)[0], np.random.default_rng(seed)
    gauss = mean + rng.standard_normal((sets, found.size)) * np.sqrt(found.variance)
    counted = rng.poisson(np.where(found.counts, mean, 0.0), (sets, found.size))
    found = replace(found, data=np.where(found.counts, counted, gauss))
    free = np.repeat(joint.free[None], sets, axis=0)
    best = minimised(found, np.repeat(inner, sets, axis=0), free)
    for _ in range(3):
        ends = interval_ends(found, best, spread_at(found, best.inner, free), free,
                             np.tile(RISES, (sets, 1)))  # fmt: skip
        if np.all(ends.lower > best.deviance - 1e-2):
            break
        best = minimised(found, ends.lower_at, free)
    assert isinstance(best, Minimum)
    assert best.converged.all()
    low, high = ends.ends[:, joint.free, 0], ends.ends[:, joint.free, 1]
    at = inner[0, joint.free, None]
    held = (low <= at) & (at <= high)  # an end that was not found (NaN) holds nothing
    return [n for n, f in zip(joint.names, joint.free, strict=True) if f], held.mean(axis=0)
