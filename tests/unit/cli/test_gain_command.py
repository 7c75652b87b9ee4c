"""``thermosim gain``, ``limits`` and ``trpl``: numbers, JSON, folders."""

import csv
import json
from pathlib import Path

import pytest

from thermosim.cli import main
from thermosim.language.named import photon_energies, readable, shown, unit_of

CASES = Path(__file__).parents[3] / "cases"
MICA = (str(CASES / "microparticle_on_mica.toml"), "--set", "assumptions=favourable")
YAMADA = str(CASES / "yamada2024_radiation_limited.toml")
BODY = (str(CASES / "microparticle_on_mica.toml"),)
ROUGH = str(CASES / "gain_rough_grain.toml")
ESCAPE = ["--set", "gain.escape.kind=ergodic", "--set", "gain.escape.refractive_index=1.7"]


def printed(capsys, *arguments, status=0):
    assert main(list(arguments)) == status
    return capsys.readouterr()


def table(capsys, *arguments):
    """Return the table as one line, however it was wrapped."""
    return " ".join(printed(capsys, *arguments).out.split())


def document(capsys, *arguments):
    """Return what --json prints; nothing else may be on standard output."""
    return json.loads(printed(capsys, *arguments, "--json").out)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_gain_json_has_the_promised_keys_and_numbers(capsys, here):
    numbers = document(capsys, "gain", *MICA)
    assert set(numbers) >= {
        "mean_emission_eV", "eta_X", "eta_T", "eta_BX", "x_opt", "g_max_W", "x_crossover",
        "eta_ext_at_opt", "intensity_opt_W_per_m2", "intensity_crossover_W_per_m2",
        "best_photon_energy_eV", "n_dots_per_m3", "f_escape", "f_reabsorbed", "mean_escape_eV",
    }  # fmt: skip
    assert numbers["mean_emission_eV"] == pytest.approx(2.3871, rel=1e-12)
    assert numbers["x_opt"] == pytest.approx(0.01341, abs=5e-6)
    assert numbers["g_max_W"] == pytest.approx(2.1008e-15, rel=2e-5, abs=0)
    assert numbers["x_crossover"] == pytest.approx(0.02700, abs=5e-6)
    assert numbers["best_photon_energy_eV"] == pytest.approx(2.3871 - 0.0155, rel=1e-12)
    assert numbers["n_dots_per_m3"] == pytest.approx(1.66e22, rel=1e-12)
    ratio = numbers["intensity_crossover_W_per_m2"] / numbers["intensity_opt_W_per_m2"]
    assert ratio == pytest.approx(2.0 + numbers["x_opt"], rel=1e-9)
    assert not list(here.iterdir())


def test_gain_at_the_intensity_of_the_case(capsys):
    numbers = document(capsys, "gain", *MICA)
    assert numbers["case_intensity_peak_W_per_m2"] == 3e7
    product = -numbers["n_dots_per_m3"] * numbers["case_gain_per_dot_W"]
    assert numbers["case_heat_source_W_per_m3"] == pytest.approx(product, rel=1e-12)


def test_gain_table_names_the_optimum(capsys):
    captured = printed(capsys, "gain", *MICA)
    assert "x = 0.01341" in captured.out
    assert "2.101 fW" in captured.out
    assert "add -o DIR" in captured.err


def test_dots_that_cool_nowhere_have_no_best_intensity_in_a_body(capsys):
    """The shipped smooth sphere traps its light: no optimum, and no crash in looking for one."""
    case = Path(__file__).parents[3] / "cases" / "gain_smooth_sphere.toml"
    numbers = document(capsys, "gain", str(case))
    assert numbers["cools"] is False
    assert not [name for name in numbers if name.startswith("body_")]


def test_gain_names_the_best_intensity_of_the_body_beside_that_of_its_dots(capsys):
    """What `limits` finds at it: most cooling power there, heating at the optimum of even light."""
    numbers = document(capsys, "gain", *BODY)
    dots, best = numbers["intensity_opt_W_per_m2"], numbers["body_intensity_opt_W_per_m2"]
    assert best < 0.2 * dots
    assert numbers["body_optics_model"] == "mie"
    found = {}
    for factor, I in ((1.0, best), (0.9, 0.9 * best), (1.1, 1.1 * best), (0.0, dots)):
        at = ("--set", f'laser.intensity="{I} W/m^2"')
        limits = document(capsys, "limits", *BODY, *at)
        found[factor] = limits.get("heating_power_W", -limits.get("cooling_power_W", 0.0))
    volume = document(capsys, "check", *BODY)["particle_volume_m3"]
    for factor, key in ((1.0, "opt"), (0.0, "opt_of_dots")):
        density = numbers[f"body_heat_source_at_{key}_W_per_m3"]
        assert found[factor] == pytest.approx(density * volume, rel=1e-3, abs=0)
    assert found[1.0] < min(found[0.9], found[1.1]) < 0.0 < found[0.0]
    lit = numbers["body_heat_source_of_case_W_per_m3"] * volume
    heats = document(capsys, "limits", *BODY)["heating_power_W"]
    assert lit == pytest.approx(heats, rel=1e-3, abs=0)
    said = " ".join(printed(capsys, "gain", *BODY).out.split())
    assert "heating; best 0.2" in said
    assert "in the body's, heating" in said
    off = ("--set", 'laser.intensity="0 W/m^2"')
    assert abs(document(capsys, "limits", *BODY, *off)["delta_T_all_paths_K"]) < 1e-12
    dark = document(capsys, "gain", *BODY, *off)
    assert not [name for name in dark if name.startswith("body_")]


def test_escape_reaches_gain_check_and_limits(capsys):
    """Rough grain of n = 1.7, 1/cm, 99 %: eta_ext 0.9892 and -2.86 meV (docs/escape.md)."""
    numbers = document(capsys, "gain", ROUGH)
    assert numbers["f_escape"] == pytest.approx(0.9266, abs=5e-5)
    assert numbers["eta_ext_low_intensity"] == pytest.approx(0.98922, abs=5e-6)
    shift = numbers["mean_escape_eV"] - numbers["mean_emission_eV"]
    assert shift == pytest.approx(-2.86e-3, abs=5e-6)
    checked = document(capsys, "check", ROUGH)
    for name in ("f_escape", "f_reabsorbed", "mean_escape_eV", "eta_ext_low_intensity"):
        assert checked[name] == numbers[name]
    assert checked["heat_source_W_per_m3"] == numbers["case_heat_source_W_per_m3"]
    limits = document(capsys, "limits", ROUGH, "--set", "optics.model=uniform")
    volume = checked["particle_volume_m3"]
    power = -numbers["case_heat_source_W_per_m3"] * volume
    assert limits["cooling_power_W"] == pytest.approx(power, rel=1e-12, abs=0)


def test_check_says_where_even_light_and_the_light_of_the_body_disagree(capsys):
    numbers = document(capsys, "check", *BODY)
    assert numbers["heat_source_W_per_m3"] < 0.0 < numbers["heating_power_W"]
    assert any("hot spots turn that into heating" in note for note in numbers["notes"])
    even = document(capsys, "check", *MICA)
    assert not any("hot spots" in note for note in even["notes"])


def test_escape_under_an_urbach_tail_is_doubted(capsys):
    assert 'use "fermi_edge"' in printed(capsys, "gain", *MICA, *ESCAPE).err
    assert document(capsys, "gain", *MICA)["problems"] == []


def test_gain_that_never_cools(capsys):
    worse = ["--set", "gain.recombination.kind=trion_biexciton"]
    worse += ["--set", "gain.recombination.eta_X=0.5"]
    numbers = document(capsys, "gain", *MICA, *worse)
    assert numbers["cools"] is False
    assert numbers["g_max_W"] == 0.0
    assert "heats at every intensity" in table(capsys, "gain", *MICA, *worse)


def test_gain_needs_a_laser(capsys, here):
    text = (
        '[particle.shape]\nkind = "sphere"\nradius = "5 um"\n[source]\nheat_source = "-1 W/m^3"\n'
    )
    (here / "case.toml").write_text(text)
    assert "laser: is missing; the gain needs" in printed(capsys, "gain", "case.toml", status=2).err


def test_gain_folder(capsys, here):
    printed(capsys, "gain", *MICA, "-o", "out")
    names = sorted(p.name for p in (here / "out").iterdir() if p.name[0] != ".")
    assert names == [
        "case.toml", "cooling_map.png", "gain.json", "gain_over_intensity.csv",
        "gain_over_intensity.png", "gain_spectrum.png",
    ]  # fmt: skip
    assert [p.name for p in here.iterdir()] == ["out"]
    numbers = json.loads((here / "out" / "gain.json").read_text())
    with (here / "out" / "gain_over_intensity.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    best = max(rows, key=lambda row: float(row["gain_per_dot_W"]))
    assert float(best["gain_per_dot_W"]) == pytest.approx(numbers["g_max_W"], rel=1e-3, abs=0)
    assert all((here / "out" / name).stat().st_size > 10_000 for name in names if "png" in name)
    printed(capsys, "check", "out/case.toml")


def test_folders_are_never_overwritten_in_silence(capsys, here):
    printed(capsys, "trpl", *MICA, "-o", "out")
    stamp = (here / "out" / "trpl.csv").stat().st_mtime_ns
    assert "add --overwrite" in printed(capsys, "trpl", *MICA, "-o", "out", status=2).err
    assert (
        "holds what thermosim trpl wrote"
        in printed(capsys, "gain", *MICA, "-o", "out", status=2).err
    )
    assert (here / "out" / "trpl.csv").stat().st_mtime_ns == stamp
    printed(capsys, "trpl", *MICA, "-o", "out", "--overwrite")
    assert (here / "out" / "trpl.csv").stat().st_mtime_ns != stamp
    (here / "file").write_text("mine")
    assert "is a file" in printed(capsys, "trpl", *MICA, "-o", "file", status=2).err
    assert (here / "file").read_text() == "mine"
    assert sorted(p.name for p in here.iterdir()) == ["file", "out"]


def test_limits_of_the_paper(capsys):
    """Of 18.3 nW 15.8 are left at -9 K, where 1.75 nW/K are allowed: not even radiation's 1.9."""
    black = document(capsys, "limits", YAMADA, "--claim", "-9 K")
    assert black["cooling_power_W"] == pytest.approx(18.3e-9, rel=5e-3, abs=0)
    assert black["cooling_power_at_claim_W"] == pytest.approx(15.8e-9, rel=5e-3, abs=0)
    assert black["largest_total_conductance_W_per_K"] == pytest.approx(1.753e-9, rel=1e-3, abs=0)
    assert black["delta_T_radiation_only_K"] == pytest.approx(-8.634, abs=1e-3)
    assert not {"largest_contact_conductance_W_per_K", "time_to_claimed_delta_T_s"} & {*black}
    assert black["isolated_black_dot_radius_for_minus_1K_m"] == pytest.approx(5.23e-9, rel=2e-3)
    assert black["isolated_dot_radius_for_minus_1K_m"] == pytest.approx(185e-9, rel=1e-2)
    reached = document(capsys, "limits", YAMADA, "--claim", "-8 K")
    assert reached["time_to_claimed_delta_T_s"] > 8 / 36.06  # slower than the initial rate
    mica = document(capsys, "limits", *MICA)
    assert mica["delta_T_all_paths_K"] == pytest.approx(-0.14608, abs=2e-5)
    assert "claimed_delta_T_K" not in mica


def test_limits_table_says_what_does_not_exist(capsys):
    out = table(capsys, "limits", YAMADA, "--claim", "-9 K")
    assert "none: the other paths alone bring" in out
    assert "never reached" in out
    assert "conductance gas" not in out  # vacuum
    heats = table(capsys, "limits", *MICA, "--set", "laser.intensity=100 kW/cm^2")
    assert "heating power" in heats
    assert "cooling power" not in heats
    assert "isolated" not in heats


@pytest.mark.parametrize("claim", ["-9 K", "-9 delta_degC", "-9000 mK"])
def test_units_of_a_claim(capsys, claim):
    assert document(capsys, "limits", YAMADA, "--claim", claim)["claimed_delta_T_K"] == -9.0


@pytest.mark.parametrize("claim", ["-9", "-9 m", "cold", "0 K", "nan K", "-9 degC"])
def test_broken_claim(capsys, claim):
    captured = printed(capsys, "limits", YAMADA, "--claim", claim, status=2)
    assert captured.err.startswith(f'thermosim: --claim = "{claim}": must')
    assert captured.out == ""


def test_limits_of_a_given_source_say_nothing_of_dots(capsys, here):
    text = '[particle.shape]\nkind = "sphere"\nradius = "5 um"\n'
    text += '[source]\nheat_source = "-3.5e7 W/m^3"\n'
    (here / "case.toml").write_text(text)
    numbers = document(capsys, "limits", "case.toml", "--claim", "-9 K")
    assert numbers["cooling_power_W"] == pytest.approx(18.33e-9, rel=1e-3, abs=0)
    assert not {"isolated_dot_radius_for_minus_1K_m", "n_R_for_claimed_delta_T_per_m2"} & {*numbers}


def test_trpl_gives_the_known_decay(capsys):
    """I tau_r/n at t = 0 is (p_X + 4 p_BX)/n: 1.0920 and 1.4248 for n = 0.1 and 1."""
    numbers = document(capsys, "trpl", *MICA, "--excitons", "0.1", "--excitons", "1")
    assert numbers["mean_excitons"] == [0.1, 1.0]
    signal = numbers["signal_times_tau_rad_per_exciton"]
    assert [row[0] for row in signal] == pytest.approx([1.0920, 1.4248], abs=5e-5)
    assert numbers["time_ns"][-1] == pytest.approx(145.0)
    assert len(signal[0]) == len(numbers["time_ns"])


def test_trpl_duration_and_charge(capsys, here):
    numbers = document(capsys, "trpl", *MICA, "--duration", "40 ns", "--charged", "1")
    assert numbers["time_ns"][-1] == pytest.approx(40.0)
    last = numbers["signal_times_tau_rad_per_exciton"][0][-1]
    assert 0.0 < last < 1e-4  # a trion of 3 ns has decayed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--excitons", "0"], "--excitons = 0: must be > 0"),
        (["--excitons", "nan"], "--excitons = nan: must be > 0"),
        (["--duration", "5 m"], "wrong dimension"),
        (["--duration", "-5 ns"], "must be > 0"),
        (["--charged", "2"], "--charged"),
    ],
)
def test_broken_trpl_options(capsys, options, words):
    captured = printed(capsys, "trpl", *MICA, *options, status=2)
    assert words in captured.err
    assert captured.out == ""


def test_names_with_units():
    assert (readable("delta_T_all_paths_K"), unit_of("delta_T_all_paths_K")) == (
        "ΔT all paths",
        "K",
    )
    assert shown("conductance_total_W_per_K", 1.92e-9) == "1.92 nW/K"
    assert shown("n_R_for_claimed_delta_T_per_m2", 8.32e16) == "8.32e+12 1/cm²"
    assert shown("eta_ext", 0.5) == "0.5"


def test_numbers_are_told_in_the_units_of_the_field():
    assert shown("intensity_peak_W_per_m2", 3e7) == "3 kW/cm²"
    assert shown("n_dots_per_m3", 1.66e22) == "1.66e+16 1/cm³"
    assert shown("sigma_abs_m2", 6e-21) == "6e-17 cm²"
    assert shown("particle_free_area_m2", 3.14e-10) == "314 µm²"
    assert shown("particle_volume_m3", 5.236e-16) == "523.6 µm³"
    assert shown("delta_T_all_paths_K", -0.0146) == "-14.6 mK"
    assert shown("reference_temperature_K", 300.0) == "300 K"
    assert shown("crossings_nm", [530.07, 561.2]) == "530.07 nm, 561.2 nm"
    assert shown("eta_ext_from_crossings", None) == "none"
    assert readable("isolated_dot_radius_for_minus_1K_m") == "isolated dot radius for -1 K"


def test_a_window_may_be_given_in_wavelengths():
    low, high = photon_energies("477 nm", "496 nm")
    assert (float(low.split()[0]), float(high.split()[0])) == pytest.approx((2.499681, 2.599249))
    assert photon_energies("2.5 eV", "2.6 eV") == ("2.5 eV", "2.6 eV")
    assert photon_energies("477 nm", "2.6 eV") == ("477 nm", "2.6 eV")
    assert photon_energies("0 nm", "1 nm") == ("0 nm", "1 nm")


def test_documentation_names_every_command():
    import typer.main

    from thermosim.cli.app import app
    from thermosim.cli.commands import register

    register(app)
    text = (CASES.parent / "docs" / "cli.md").read_text(encoding="utf-8")
    commands = set(typer.main.get_group(app).commands)
    assert {name for name in commands if f"| `{name}" not in text} == set()


EDGE = ["--set", "gain.absorption.kind=fermi_edge"]


def test_sharp_edge(capsys):
    """An Urbach energy of 3 meV: the pump far below the edge is hardly absorbed, but all works."""
    numbers = document(capsys, "gain", *MICA, *EDGE, "--set", "gain.absorption.E_U=3 meV")
    assert numbers["cools"] is True


def test_edge_without_balance_is_no_reason_to_stop(capsys):
    """At 300 K detailed balance has no peak above E_U = 24.6 meV."""
    numbers = document(capsys, "gain", *MICA, *EDGE, "--set", "gain.absorption.E_U=30 meV")
    assert numbers["second_law_margin_eV"] is None
    assert "no check against thermodynamics" in numbers["problems"][0]


def test_a_body_that_keeps_all_light(capsys):
    shut = ["--set", "gain.escape.kind=given", "--set", "gain.escape.f_escape=0"]
    shut += ["--set", "gain.escape.f_reabsorbed=0"]
    assert document(capsys, "gain", *MICA, *shut)["eta_X_break_even"] is None
    assert "break-even none" in table(capsys, "gain", *MICA, *shut)


def test_dark_dots_give_null_not_infinity(capsys):
    dark = ["--set", "gain.recombination.kind=ladder", "--set", "gain.recombination.eta_X=0"]
    numbers = document(capsys, "gain", *MICA, *dark)
    assert numbers["eta_ext_low_intensity"] == 0.0
    assert numbers["cools"] is False


def test_trpl_lays_measured_decays_beside(capsys, here):
    rows = "".join(f"{max(0, 900 - 3 * i)}\t\n" for i in range(256))
    head = "#PicoHarp 300  Histogram Data\n#ns/channel\n0.0640\t\n#counts\n"
    Path("decay.dat").write_text(head + rows)
    captured = printed(capsys, "trpl", *MICA, "--data", "decay.dat", "--json")
    measured = json.loads(captured.out)["measured"]
    assert measured["time_ns"][:2] == pytest.approx([0.0, 0.064])
    assert measured["counts"][0][:2] == [900.0, 897.0]
    assert measured["peak_ns"] == [0.0]
    assert "written by PicoQuant" in measured["reading"]
    captured = printed(capsys, "trpl", *MICA, "--data", "decay.dat", "-o", "with_data")
    assert "0.064 ns from row to row" in captured.err
    assert len((here / "with_data" / "measured.csv").read_text().splitlines()) == 257


def test_a_dot_has_its_own_row_and_no_claim_that_it_has_no_steady_state():
    from thermosim.cli.gain import limit_rows

    assert not any("none" in text for text in limit_rows({"dot_delta_T_closed_K": -31.5}).values())
    assert any("no steady state" in text for text in limit_rows({}).values())
