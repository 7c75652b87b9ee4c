"""Fits of one data set: truth recovered, noise, misfit, what cannot be told apart, the reader."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e

from thermosim import load_case
from thermosim.cli import main
from thermosim.errors import CaseError
from thermosim.gain.trpl import decay_terms, pulsed_decay
from thermosim.infer.fit.cooling import CoolingFit
from thermosim.infer.fit.data import Asked
from thermosim.infer.fit.excitation import ExcitationFit
from thermosim.infer.fit.parameters import Parameter, Wishes, plain_unit
from thermosim.infer.fit.result import fit
from thermosim.infer.fit.trpl import Response, folded
from thermosim.infer.fit.verdict import misfit

CASES = Path(__file__).parents[3] / "cases"
EXAMPLES = CASES.parent / "examples" / "fit"
CASE = CASES / "yamada2024_radiation_limited.toml"
sys.path.insert(0, str(EXAMPLES))
from make_examples import TRUTH  # noqa: E402


def document(capsys, *arguments, status=0):
    assert main(["fit", *map(str, arguments), "--json"]) == status
    captured = capsys.readouterr()
    return json.loads(captured.out) if status == 0 else captured.err


RUNS = {
    "trpl": ["trpl.csv", "--model", "trpl", "--response", "300 ps"],
    "efficiency": ["efficiency.csv", "--model", "efficiency"],
    "excitation": ["excitation.csv", "--model", "excitation"],
    "cooling": ["cooling.csv", "--model", "cooling", "--case", CASE],
    "course": ["cooling_in_time.csv", "--model", "cooling", "--case", CASE],
    "litmos": ["litmos.csv", "--model", "litmos"],
    "joint": ["joint.toml"],
}


@pytest.mark.parametrize("name", RUNS)
def test_examples_give_back_what_they_were_made_from(capsys, name):
    """They are made by other functions than those of the fit; 3.5 sigma for 30 numbers."""
    found = document(capsys, EXAMPLES / RUNS[name][0], *RUNS[name][1:])
    fitted = {k: p for k, p in found["parameters"].items() if not p["held"]}
    known = {**TRUTH, "excitons": TRUTH["excitons"], "offset": 0.1 if name == "cooling" else 0.0,
             "drift": -0.02, "resistance": 5e7, "time_zero": 10e-9}  # fmt: skip
    tested = [k for k in fitted if k in known]
    assert len(tested) >= 2
    for key in tested:
        p = fitted[key]
        assert abs(p["value"] - known[key]) < 3.5 * p["sigma"], key
        assert p["low_95"] < p["low_68"] < p["value"] < p["high_68"] < p["high_95"]
    assert found["chi2_reduced"] == pytest.approx(1.0, abs=0.4)
    assert not found["warnings"]


def test_data_of_two_kinds_tell_more_together(capsys):
    alone = document(capsys, EXAMPLES / "efficiency.csv", "--model", "efficiency")["parameters"]
    both = document(capsys, EXAMPLES / "joint.toml")
    assert both["model"] == "trpl + efficiency"
    for name in ("A", "C", "sigma_abs"):
        assert both["parameters"][name]["sigma"] < 0.5 * alone[name]["sigma"]


def test_what_cannot_be_told_apart_is_told(capsys):
    """Steady ΔT in which the contact takes most heat: density and conductance, their ratio only."""
    run = [EXAMPLES / "cooling.csv", "--model", "cooling", "--case", CASE]
    found = document(capsys, *run, "--free", "n_dots")
    pairs = [set(one["parameters"]) for one in found["degenerate"]]
    assert {"contact_conductance", "n_dots"} in pairs
    assert found["correlations"]["contact_conductance, n_dots"] > 0.99
    held = document(capsys, *run)["parameters"]["contact_conductance"]
    assert held["sigma"] < 0.1 * found["parameters"]["contact_conductance"]["sigma"]


def test_only_a_product_is_told(capsys, tmp_path):
    """Emission in any unit: eta_X and the scale are one number; neither interval has an end."""
    rng = np.random.default_rng(1)
    I = np.geomspace(1.0, 3e4, 30)
    y = 100.0 * I / (1.0 + I / 300.0) * (1.0 + 0.01 * rng.standard_normal(30))
    lines = [f"{a:.6g},{b:.6g},{0.01 * b:.6g}" for a, b in zip(I, y, strict=True)]
    path = tmp_path / "pl.csv"
    path.write_text("\n".join(["I (kW/cm2),PL (a.u.),error", *lines]))
    free = ["--free", "eta_X", "--fix", "A=0", "--fix", "C=0", "--fix", "eta_BX=0"]
    found = document(capsys, path, "--model", "efficiency", *free)
    told = [set(one["parameters"]) for one in found["degenerate"]]
    assert {"eta_X", "scale"} in told
    assert found["parameters"]["scale"]["sigma"] is None
    assert found["parameters"]["sigma_abs"]["sigma"] is not None


def test_a_prior_narrows_what_it_is_of(capsys):
    run = [EXAMPLES / "efficiency.csv", "--model", "efficiency"]
    wide = document(capsys, *run)["parameters"]
    found = document(capsys, *run, "--prior", "sigma_abs=6e-17 +- 1e-18 cm2")["parameters"]
    assert found["sigma_abs"]["sigma"] == pytest.approx(1e-22, rel=0.05)
    assert found["A"]["sigma"] < 0.4 * wide["A"]["sigma"]


def wrong_decays(tmp_path):
    """Counts of a decay by a power law: no sum of three exponentials and no chance to look so."""
    t = np.arange(0.5, 200.0, 0.5)
    y = np.random.default_rng(2).poisson(10.0 + 4e5 / (1.0 + t) ** 1.1)
    path = tmp_path / "wrong.csv"
    path.write_text(
        "\n".join(["time (ns),counts", *(f"{a},{b}" for a, b in zip(t, y, strict=True))])
    )
    return path


def test_a_wrong_model_gives_no_number_or_a_wide_one(capsys, tmp_path):
    """With four of its numbers held: the search for intervals of all of them takes long."""
    run = [wrong_decays(tmp_path), "--model", "trpl", "-o", tmp_path / "out"]
    for held in ("tau_T=3 ns", "tau_BX=1 ns", "excitons=1", "charged=0.5"):
        run += ["--fix", held]
    told = document(capsys, *run, status=2)
    assert "is not the model of the data" in told
    assert "residuals that run in one direction" in told
    assert len(told.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
    found = document(capsys, *run, "--misfit", "inflate")
    assert found["widened_by"] > 2.0
    assert "± is widened by" in found["warnings"][0]
    assert (tmp_path / "out" / "fit.html").stat().st_size > 50_000


def test_verdict_on_residuals():
    rng = np.random.default_rng(3)
    white = rng.standard_normal(400)
    assert misfit("a", white, 4, 0.0, estimated=False).factor == 1.0
    noisy = misfit("a", 2.0 * white, 4, 0.0, estimated=False)
    assert noisy.factor == pytest.approx(2.0, rel=0.1)
    assert not noisy.wrong
    bent = misfit("a", white + 2.0 * np.sin(np.arange(400) / 30.0), 4, 0.0, estimated=False)
    assert bent.wrong
    slow = misfit("a", white + 0.6 * np.sin(np.arange(400) / 60.0), 4, 0.0, estimated=True)
    assert slow.run > 4.0
    assert slow.factor > 1.5
    assert not slow.wrong


def test_noise_that_is_not_told_comes_from_the_scatter(capsys, tmp_path):
    """The same data with and without their errors: the same ±, by Student's t, a little wider."""
    lines = (EXAMPLES / "cooling.csv").read_text().splitlines()
    path = tmp_path / "bare.csv"
    path.write_text("\n".join(line.rpartition(",")[0] for line in lines[1:]))
    run = ["--model", "cooling", "--case", CASE]
    told = document(capsys, EXAMPLES / "cooling.csv", *run)
    bare = document(capsys, path, *run)
    ratio = bare["parameters"]["offset"]["sigma"] / told["parameters"]["offset"]["sigma"]
    assert ratio == pytest.approx(np.sqrt(told["chi2_reduced"]), rel=0.05)
    p = bare["parameters"]["offset"]
    wide = (p["high_95"] - p["low_95"]) / (2.0 * p["sigma"])
    assert wide == pytest.approx(2.160, rel=0.02)  # Student's t of 13 degrees of freedom
    assert bare["chi2_reduced"] == pytest.approx(1.0)


# models


def test_a_decay_is_three_exponentials():
    t = np.linspace(0.0, 100e-9, 400)
    for numbers in ((0.1, 29e-9, 3e-9, 0.5e-9, 0.0, 0.0), (3.0, 20e-9, 5e-9, 1e-9, 0.4, 0.3),
                    (1.0, 9e-9, 3e-9, 9e-9, 0.2, 0.1)):  # fmt: skip
        n, X, T, BX, phi, f = numbers
        amplitudes, lifetimes = decay_terms(n, X, T, BX, phi, f)
        total = sum(a * np.exp(-t / tau) for a, tau in zip(amplitudes, lifetimes, strict=True))
        expected = pulsed_decay(t, n, X, T, BX, phi, f)
        # two equal lifetimes are taken as a millionth apart
        assert total == pytest.approx(expected, rel=3e-5 if X == BX else 1e-12, abs=0)


@pytest.mark.parametrize("sampled", [False, True])
def test_folding_with_the_response(sampled):
    """Against a sum over a grid 200 times as fine; the pulse begins within a channel."""
    step, fine = 0.2e-9, 1e-12
    edges = np.arange(0.0, 20.1e-9, step)
    time, tau, zero = edges[:-1] + step / 2, 1.1e-9, 3.03e-9
    lag = np.arange(-3000, 3001) * fine
    grid = np.arange(0.0, edges[-1], fine) + fine / 2
    if sampled:
        samples = np.array([0.2, 0.5, 0.3])
        response = Response(time=0.0, samples=samples)
        late = [grid - zero - k * step for k in range(3)]
        curve = sum(w * np.exp(-s / tau) * (s > 0) for w, s in zip(samples, late, strict=True))
        # samples at time 0, of data whose first channel is at time[0]: lags of whole channels
        response = Response(time=0.0, samples=samples)
    else:
        sigma = 0.3e-9
        response = Response(sigma=sigma)
        kernel = np.exp(-0.5 * (lag / sigma) ** 2)
        plain = np.exp(-(grid - zero) / tau) * (grid > zero)
        curve = np.convolve(plain, kernel / kernel.sum(), "same")
    expected = curve.reshape(len(time), -1).mean(axis=1)
    one = np.ones((1, 1))
    found = folded(edges, time, zero * one, [one], [tau * one], response)[0]
    assert found == pytest.approx(expected, abs=2e-3)
    assert found.sum() == pytest.approx(expected.sum(), rel=1e-3)


@pytest.mark.parametrize("name", ["yamada2024_radiation_limited", "microparticle_on_mica"])
def test_the_balance_is_that_of_limits(tmp_path, name):
    """With the conductance of the case's own contact: ΔT of `limits`, to the bunched light."""
    case = load_case(CASES / f"{name}.toml")
    path = tmp_path / "dt.csv"
    I = case.laser.peak_intensity
    path.write_text("\n".join(["I (W/m2),ΔT (K)", *(f"{I * f!r},{f}" for f in (0.1, 0.3, 0.5, 1))]))
    model = CoolingFit([path], Asked(), case, None)
    values = {p.name: np.array([[p.start]]) for p in model.parameters()}
    steady = float(model.steady(np.array([I]), values)[0, 0])
    assert steady == pytest.approx(model.lumped.steady(), rel=4e-3)


def test_the_course_solves_the_balance_in_time(tmp_path):
    """Against an integrator of SciPy."""
    from scipy.integrate import solve_ivp

    case = load_case(CASE)
    path = tmp_path / "dt.csv"
    path.write_text("\n".join(["time (s),ΔT (K)", *(f"{t},{-t}" for t in (0.0, 1, 2, 3))]))
    model = CoolingFit([path], Asked(), case, None)
    v = {p.name: np.array([[p.start]]) for p in model.parameters()}
    I, t = model.intensity[0], np.array([1e-3, 0.03, 0.3, 1.0, 10.0])
    C = float(v["heat_capacity"][0, 0])
    run = solve_ivp(lambda _, y: model.net(y[None], I, v)[0] / C, (0, 10), [0.0], t_eval=t,
                    method="LSODA", rtol=1e-10, atol=1e-13)  # fmt: skip
    assert model.course(t, I, v)[0] == pytest.approx(run.y[0], rel=1e-7, abs=0)


# parameters and data


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("kW/cm²", "kW/cm^2"),
        ("W cm⁻²", "W/cm^2"),
        ("uJ/cm2", "uJ/cm^2"),
        ("m^2", "m^2"),
        ("ns", "ns"),
    ],
)
def test_units_as_people_write_them(written, plain):
    assert plain_unit(written) == plain


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        (Wishes(fix=["tau=3 ns"]), "is no parameter of this fit; they are E_U, share"),
        (Wishes(fix=["E_U=3 nm"]), "has the wrong dimension"),
        (Wishes(fix=["share=1.5"]), "must lie between 0 and 1"),
        (Wishes(prior=["E_U=15 meV"]), "must be value ± sigma"),
        (Wishes(prior=["E_U=15 +- -1 meV"]), "sigma must be > 0"),
        (Wishes(start=["E_U=-3 meV"]), "must be > 0"),
    ],
)
def test_wishes_that_cannot_be_met(wishes, words):
    parameters = [Parameter.positive("E_U", "eV", 0.015, ""), Parameter.share("share", 0.1, "")]
    with pytest.raises(CaseError, match=re.escape(words)):
        wishes.applied(parameters)


def test_wishes_that_are_met():
    parameters = [Parameter.positive("E_U", "eV", 0.015, ""), Parameter.share("share", 0.1, "")]
    found, priors = Wishes(fix=["share=20 %"], prior=["E_U=15 ± 1 meV"]).applied(parameters)
    assert (found[1].start, found[1].held) == (0.2, True)
    assert (priors[0].value, priors[0].sigma) == (0.015, 0.001)


DIALECTS = {
    "decimal commas": ("E / eV;PLE\n", ";", ","),
    "two lines": ("E\tPLE\n[eV]\t[counts]\n", "\t", "."),
    "bare": ("", "\t", "."),
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_one_spectrum_in_many_dialects(tmp_path, name, encoding):
    heading, separator, decimal = DIALECTS[name]
    E = np.arange(2.26, 2.48, 0.004)
    y = np.random.default_rng(5).poisson(25.0 + 2e4 / (1.0 + np.exp((2.4 - E) / 0.0155)))
    rows = "\n".join(f"{a:.4f}{separator}{b}" for a, b in zip(E, y, strict=True))
    path = tmp_path / "ple.txt"
    path.write_bytes(("# slit 50 µm\n" + heading + rows.replace(".", decimal)).encode(encoding))
    found = fit([ExcitationFit([path], Asked())], curves=False)
    assert found.value("E_U") * e == pytest.approx(15.5e-3 * e, rel=0.03, abs=0)
    assert found.joint.sets[0].counts


BAD = {
    "no unit": ("intensity,efficiency\n1,.5\n2,.4\n3,.3\n4,.3\n", "efficiency", "--axis W/cm^2"),
    "percent?": ("I (W/cm2),efficiency\n1,50\n2,40\n3,30\n4,30\n", "efficiency", "--unit %"),
    "not there": (None, "litmos", "No such file"),
    "negative": ("time (ns),a\n1,5\n2,-3\n3,2\n4,1\n", "trpl", "counts cannot be negative"),
    "few": ("time (ns),a\n1,5\n2,3\n3,2\n", "trpl", "a fit needs at least 4"),
    "too few": ("time (ns),a\n1,5\n2,3\n3,2\n4,2\n", "trpl", "are 4 numbers for"),
    "errors": (
        "I (W/cm2),eta,error\n1,.5,0\n2,.4,1\n3,.3,1\n4,.3,1\n",
        "efficiency",
        "must be > 0",
    ),
    "which": ("I (W/cm2),a,b\n1,.5,0\n2,.4,1\n3,.3,1\n4,.3,1\n", "efficiency", "--column"),
    "axis": ("E (eV),dT\n1,5\n2,3\n9,2\n10,2\n", "litmos", "the dots emit at 2.387 eV"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_end_in_one_message(capsys, tmp_path, name):
    text, model, words = BAD[name]
    path = tmp_path / "data.csv"
    if text is not None:
        path.write_text(text)
    told = document(capsys, path, "--model", model, "-o", tmp_path / "out", status=2)
    assert words in told
    assert len(told.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_file_of_a_fit_names_all_its_faults(capsys, tmp_path):
    path = tmp_path / "fit.toml"
    path.write_text('[fit]\nmisft = "inflate"\n[[fit.data]]\nmodel = "decay"\nfiles = ["a.csv"]\n')
    told = document(capsys, path, status=2)
    assert "misft" in told
    assert "data" in told
    assert len(told.strip().splitlines()) == 2


def test_pages_and_folders(capsys, tmp_path):
    run = [EXAMPLES / "excitation.csv", "--model", "excitation"]
    document(capsys, *run, "-o", tmp_path / "fit.html")
    page = (tmp_path / "fit.html").read_text()
    assert page.count("data:image/png") == 2
    assert "Urbach energy of the tail" in page
    assert "add --overwrite" in document(capsys, *run, "-o", tmp_path / "fit.html", status=2)
    document(capsys, *run, "-o", tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").iterdir() if p.name[0] != ".")
    assert names == ["fit.html", "fit.json", "fit.png", "profiles.png", "residuals.csv"]
    rows = (tmp_path / "out" / "residuals.csv").read_text().splitlines()
    assert len(rows) == 1 + len(np.arange(2.26, 2.48, 0.004))
