# ruff: noqa: E501  one row, one case
"""Case files that nobody should get past the door, each with what its message must say."""

from __future__ import annotations

GOOD = """\
title = "good"
symmetry = "axisymmetric"

assumptions = "favourable"
[particle]
material = "Cs4PbBr6"
emissivity = 0.9

[particle.shape]
kind = "sphere"
radius = "5 um"

[substrate]
kind = "slab"
material = "muscovite"
radius = "1 mm"
thickness = "20 um"

[contact]
kind = "disk"
radius = "100 nm"

[laser]
photon_energy = "2.33 eV"
intensity = "3 kW/cm^2"

[gain.density]
kind = "given"
n_dots = "1.66e16 1/cm^3"

[chamber]
temperature = "300 K"
"""


def changed(old: str, new: str) -> str:
    """Return the good case with one place changed; that place must be there once."""
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def added(text: str) -> str:
    """Return the good case with more at its end."""
    return f"{GOOD}\n{text}\n"


RADIUS = 'radius = "5 um"'
DENSITY = '[gain.density]\nkind = "given"\nn_dots = "1.66e16 1/cm^3"\n'
LASER = '[laser]\nphoton_energy = "2.33 eV"\nintensity = "3 kW/cm^2"\n'
SHAPE = 'kind = "sphere"\nradius = "5 um"'
CONTACT = 'kind = "disk"\nradius = "100 nm"'

CAP = 'kind = "spherical_cap"\nbase_radius = "5 um"\ncontact_angle = "70 deg"'
ONE_DOT = f"""{LASER}
[dot]
diameter = "8 nm"
material = "CsPbBr3"
"""
NO_WAY_OUT = """\
[particle]
emissivity = 0
shape = { kind = "sphere", radius = "5 um" }
[substrate]
kind = "slab"
radius = "1 mm"
thickness = "20 um"
rim = "insulated"
bottom = "insulated"
emissivity = 0
[contact]
kind = "disk"
radius = "100 nm"
[source]
heat_source = "1e6 W/m^3"
"""
FILM = '[[films]]\nboundary = "particle_surface"\nmaterial = "gold"\nthickness = "50 nm"'
BODY = """\
[geometry]
kind = "rectangle"
x = ["0 um", "5 um"]
y = ["0 um", "10 um"]

[regions.body]
material = "copper"

[boundaries.top]
radiation = { emissivity = 0.8, T_env = "300 K" }
"""

# name: (text of the file, words that the message must hold)
BROKEN: dict[str, tuple[str, tuple[str, ...]]] = {
    # keys
    "typo_in_key": (changed(RADIUS, 'raduis = "5 um"'), ("particle.shape.raduis", "did you mean radius?")),
    "typo_in_section": (changed("[chamber]", "[chambre]"), ("unknown key chambre", "did you mean chamber?")),
    "unknown_top_key": (changed('title = "good"', 'author = "me"'), ("unknown key author", "known here: title")),
    "key_of_another_kind": (changed(RADIUS, RADIUS + '\nedge = "1 um"'), ("particle.shape.edge",)),
    "key_in_wrong_section": (changed('temperature = "300 K"', 'waist = "5 um"'), ("chamber.waist", "[laser]")),
    "typo_in_deep_union": (changed("n_dots =", "n_dot ="), ("gain.density.n_dot", "did you mean n_dots?")),
    "missing_radius": (changed(RADIUS, ""), ("particle.shape.radius: is missing",)),
    "missing_particle": ('[laser]\nintensity = "1 W/m^2"\n', ("particle: is missing",)),
    "missing_kind": (changed('kind = "sphere"\n', ""), ("particle.shape.kind: is missing",)),
    "empty_file": ("", ("particle: is missing",)),
    "only_comments": ("# nothing\n", ("particle: is missing",)),
    "empty_key": (changed(RADIUS, RADIUS + '\n"" = 1'), ("particle.shape.",)),
    # units
    "no_unit": (changed(RADIUS, 'radius = "5"'), ('particle.shape.radius = "5": has no unit', "m\"")),
    "bare_number": (changed(RADIUS, "radius = 5e-6"), ("particle.shape.radius = 5e-06: needs a unit", '"5 um"')),
    "wrong_dimension": (changed(RADIUS, 'radius = "5 s"'), ('particle.shape.radius = "5 s": has the wrong dimension',)),
    "unknown_unit": (changed(RADIUS, 'radius = "5 micorns"'), ("particle.shape.radius", "no known unit")),
    "unit_only": (changed(RADIUS, 'radius = "um"'), ("particle.shape.radius", "a number with a unit")),
    "arithmetic": (changed(RADIUS, 'radius = "2 * 5 um"'), ("particle.shape.radius",)),
    "code_as_unit": (changed(RADIUS, 'radius = "5 __import__(os)"'), ("particle.shape.radius",)),
    "comma_decimal": (changed(RADIUS, 'radius = "5,0 um"'), ("particle.shape.radius",)),
    "long_text": (changed(RADIUS, f'radius = "{"5" * 500} um"'), ("particle.shape.radius", "…")),
    "intensity_as_power": (changed('"3 kW/cm^2"', '"3 kW"'), ("laser.intensity", "wrong dimension")),
    "density_per_area": (changed("1/cm^3", "1/cm^2"), ("gain.density.n_dots", "wrong dimension")),
    "difference_for_temperature": (changed('"300 K"', '"300"'), ("chamber.temperature", "has no unit")),
    # values
    "negative_radius": (changed(RADIUS, 'radius = "-5 um"'), ('particle.shape.radius = "-5 um": must be > 0',)),
    "zero_radius": (changed(RADIUS, 'radius = "0 um"'), ("particle.shape.radius", "must be > 0")),
    "below_absolute_zero": (changed('"300 K"', '"-300 degC"'), ("chamber.temperature", "must be > 0")),
    "infinite_text": (changed(RADIUS, 'radius = "inf um"'), ("particle.shape.radius",)),
    "overflow": (changed(RADIUS, 'radius = "1e999 m"'), ("particle.shape.radius", "must be finite")),
    "nan_text": (changed(RADIUS, 'radius = "nan um"'), ("particle.shape.radius",)),
    "nan": (changed("emissivity = 0.9", "emissivity = nan"), ("particle.emissivity", "0 to 1")),
    "inf": (added("[mesh]\nrefinement = inf"), ("mesh.refinement = inf", "≤ 64")),
    "nan_setting": (added("[mesh]\nrefinement = nan"), ("mesh.refinement = nan",)),
    "emissivity_above_one": (changed("0.9", "1.9"), ("particle.emissivity = 1.9", "0 to 1")),
    "emissivity_word": (changed("0.9", '"black"'), ('particle.emissivity = "black"', '"small_body"')),
    "emissivity_section": (changed("emissivity = 0.9", "emissivity = {}"), ("particle.emissivity.infrared: is missing",)),
    "efficiency_above_one": (added('[gain.recombination]\nkind = "trion_biexciton"\neta_X = 1.2'), ("gain.recombination.eta_X = 1.2", "≤ 1")),
    "degree": (added("[solver]\ndegree = 9"), ("solver.degree = 9", "≤ 3")),
    "fractional_degree": (added("[solver]\ndegree = 1.5"), ("solver.degree = 1.5", "whole number")),
    "order": (added("[mesh]\norder = 3"), ("mesh.order = 3", "must be 1 or 2")),
    "symmetry": (changed('"axisymmetric"', '"axisymetric"'), ("symmetry", "did you mean axisymmetric?")),
    "gas": (changed('temperature = "300 K"', 'gas = "Helium"'), ('chamber.gas = "Helium"', "did you mean")),
    # types
    "text_for_number": (added('[mesh]\nrefinement = "two"'), ('mesh.refinement = "two": must be a number',)),
    "gap_without_substrate": (added('[optics]\nmodel = "mie"\ngap = "10 nm"'), ("optics", "gap = 1e-08 m", "add substrate = true")),
    "tilt_over_substrate": (GOOD.replace('symmetry = "axisymmetric"', 'symmetry = "3d"').replace("[laser]", '[laser]\ntilt = "10 deg"') + '\n[optics]\nmodel = "mie"\nsubstrate = true\n', ("optics.substrate = true", "straight down")),
    "rays_in_several": (GOOD.replace('symmetry = "axisymmetric"', 'symmetry = "3d"') + '\n[particle.arrangement]\nkind = "positions"\npositions = [["0 um", "0 um"], ["30 um", "0 um"]]\n\n[optics]\nmodel = "rays"\n', ("optics.model = \"rays\"", "there are several")),
    "light_without_dots": ('[geometry]\nkind = "box"\nx = ["0 m", "1 m"]\ny = ["0 m", "1 m"]\nz = ["0 m", "1 m"]\n\n[regions.body]\nmaterial = "gold"\n\n[boundaries.top]\ntemperature = "300 K"\n\n[laser]\nintensity = "1 W/m^2"\n', ("gain: is missing", "[laser] alone")),
    "light_in_the_plane": ('[geometry]\nkind = "rectangle"\nx = ["0 m", "1 m"]\ny = ["0 m", "1 m"]\n\n[regions.body]\nmaterial = "gold"\n\n[boundaries.top]\ntemperature = "300 K"\n\n[laser]\nintensity = "1 W/m^2"\n\n[gain]\n', ("laser:", "per metre of depth")),
    "dots_of_no_region": ('[geometry]\nkind = "box"\nx = ["0 m", "1 m"]\ny = ["0 m", "1 m"]\nz = ["0 m", "1 m"]\n\n[regions.body]\nmaterial = "gold"\n\n[boundaries.top]\ntemperature = "300 K"\n\n[laser]\nintensity = "1 W/m^2"\n\n[gain]\nregion = "bodi"\n', ("gain.region = \"bodi\"", "did you mean body?")),
    "thermometer_in_the_dark": ('[geometry]\nkind = "box"\nx = ["0 m", "1 m"]\ny = ["0 m", "1 m"]\nz = ["0 m", "1 m"]\n\n[regions.body]\nmaterial = "gold"\n\n[boundaries.top]\ntemperature = "300 K"\n\n[output]\nthermometer = true\n', ("output.thermometer", "nothing emits")),
    "number_for_text": (changed('title = "good"', "title = 3"), ("title = 3: must be text in quotes",)),
    "text_for_section": (changed('[chamber]\ntemperature = "300 K"', "") + '\n[materials]\nX = "gold"', ("materials.X", "must be a section")),
    "number_for_section": ("laser = 3\n" + changed(LASER, ""), ("laser = 3: must be a section",)),
    "text_for_union": ('contact = "jkr"\n' + changed(f"[contact]\n{CONTACT}\n", ""), ('contact = "jkr"',)),
    "list_for_section": (changed("[chamber]", "[[chamber]]"), ("chamber", "must be a section")),
    "text_for_bool": (added('[output]\nfields = "perhaps"'), ("output.fields", "must be true or false")),
    "bool_for_quantity": (changed(RADIUS, "radius = true"), ("particle.shape.radius = true", "needs a unit")),
    "date_for_quantity": (changed(RADIUS, "radius = 2024-01-01"), ("particle.shape.radius",)),
    "short_list": (added('[substrate.layers]\n'), ("substrate.layers",)),
    "short_vector": (changed("[laser]\n", '[laser]\naim = ["0 m", "0 m"]\n'), ("laser.aim",)),
    "unit_in_vector": (changed("[laser]\n", '[laser]\naim = ["0 m", "0 m", 0]\n'), ("laser.aim[2] = 0", "needs a unit")),
    "number_for_path": (changed(SHAPE, 'kind = "surface"\npath = 3\nunit = "1 um"'), ("particle.shape.path",)),
    # choices
    "unknown_shape": (changed(SHAPE, 'kind = "ball"'), ('particle.shape.kind = "ball"', "'sphere'")),
    "kind_in_capitals": (changed('kind = "sphere"', 'kind = "Sphere"'), ("did you mean sphere?",)),
    "kind_is_a_number": (changed('kind = "sphere"', "kind = 3"), ("particle.shape.kind",)),
    "unknown_contact": (changed('kind = "disk"', 'kind = "jrk"'), ("contact.kind", "did you mean jkr?")),
    "unknown_escape": (added('[gain.escape]\nkind = "montecarlo"'), ("gain.escape.kind", "did you mean monte_carlo?")),
    "unknown_law": (added('[materials.M.conductivity]\nkind = "isotropic"\nk = {kind = "cubic"}'), ("materials.M.conductivity.k.kind", "'power_law'")),
    "unit_of_law": (added('[materials.M]\nconductivity = "3 W/m"'), ('materials.M.conductivity = "3 W/m"', "wrong dimension")),
    "law_incomplete": (added('[materials.M.conductivity]\nkind = "isotropic"\nk = {kind = "power_law", value = "1 W/(m*K)"}'), ("materials.M.conductivity.k.exponent: is missing",)),
    "unknown_material": (changed('"Cs4PbBr6"', '"Cs4PbBr"'), ('particle.material = "Cs4PbBr"', "did you mean Cs4PbBr6?")),
    "unknown_own_material": (changed('"muscovite"', '"grit"') + '\n[materials.grid]\nconductivity = "1 W/(m*K)"', ('substrate.material = "grit"', "did you mean grid?")),
    "unknown_layer": (changed('kind = "slab"\nmaterial = "muscovite"\nradius = "1 mm"\nthickness = "20 um"', 'kind = "stack"\nradius = "1 mm"\nlayers = [{material = "glas", thickness = "1 um"}]'), ('substrate.layers[0].material = "glas"', "did you mean glass?")),
    "empty_material": (changed('"Cs4PbBr6"', '""'), ("particle.material", "must not be empty")),
    # contradictions
    "contact_larger_than_particle": (changed('"100 nm"', '"6 um"'), ("contact", "between 0 and the radius of the sphere")),
    "contact_on_nothing": (GOOD.replace('[substrate]\nkind = "slab"\nmaterial = "muscovite"\nradius = "1 mm"\nthickness = "20 um"\n', ""), ("contact.kind", "nothing to touch")),
    "contact_larger_than_substrate": (changed('"1 mm"', '"50 nm"'), ("contact", "substrate")),
    "nothing_drives": (changed(LASER, ""), ("laser: is missing",)),
    "laser_and_source": (added('[source]\nheat_source = "-1 W/m^3"'), ("source: stands beside [laser]",)),
    "energy_and_wavelength": (changed("[laser]\n", '[laser]\nwavelength = "600 nm"\n'), ("laser:", "contradict")),
    "intensity_and_power": (changed("[laser]\n", '[laser]\npower = "1 mW"\n'), ("laser:", "twice")),
    "no_strength": (changed('intensity = "3 kW/cm^2"', ""), ("laser:", "strength of the beam is missing")),
    "gaussian_without_waist": (changed("[laser]\n", '[laser]\nprofile = "gaussian"\n'), ("laser:", "needs waist")),
    "plane_with_waist": (changed("[laser]\n", '[laser]\nwaist = "1 um"\n'), ("laser:", "waist")),
    "rays_in_a_focus": (changed("[laser]\n", '[optics]\nmodel = "rays"\n\n[laser]\nprofile = "gaussian"\nwaist = "300 nm"\n'), ("laser.waist = 300 nm", "narrower than the wavelength (532.1 nm)", "rays are parallel")),
    "focus_beside": (changed("[laser]\n", '[optics]\nmodel = "auto"\n\n[laser]\nprofile = "gaussian"\nwaist = "300 nm"\naim = ["3 um", "0 m", "0 m"]\n').replace("axisymmetric", "3d"), ("laser.waist", "narrower than the wavelength")),
    "tilt_in_axisymmetry": (changed("[laser]\n", '[laser]\ntilt = "10 deg"\n'), ("laser:", 'symmetry = "3d"')),
    "cube_in_axisymmetry": (changed(SHAPE, 'kind = "box"\nedge = "5 um"'), ("particle.shape", )),
    "disk_and_width": (changed('radius = "1 mm"', 'radius = "1 mm"\nwidth = "1 mm"'), ("substrate:", "radius")),
    "macroscopic_twice": (changed(DENSITY, '[gain.density]\nkind = "macroscopic"\nalpha = "1 1/cm"\n[gain.cross_section]\nkind = "macroscopic"\nalpha = "1 1/cm"\n'), ("gain:", "macroscopic")),
    "escape_above_one": (added('[gain.escape]\nkind = "given"\nf_escape = 0.9\nf_reabsorbed = 0.2'), ("gain.escape:", "above 1")),
    "reference_outside": (added('[gain]\nreference_temperature = "100 K"').replace(DENSITY, ""), ("gain:", "reference_temperature")),
    "table_lengths": (added('[materials.M.conductivity]\nkind = "isotropic"\nk = {kind = "table", temperatures = ["1 K", "2 K"], values = ["1 W/(m*K)"]}'), ("materials.M.conductivity.k.values",)),
    "table_not_rising": (added('[materials.M.conductivity]\nkind = "isotropic"\nk = {kind = "table", temperatures = ["2 K", "1 K"], values = ["1 W/(m*K)", "1 W/(m*K)"]}'), ("materials.M.conductivity.k:", "increase")),
    "overlapping_particles": (changed("[particle.shape]", '[particle.arrangement]\nkind = "positions"\npositions = [["0 m", "0 m"], ["1 um", "0 m"]]\n\n[particle.shape]'), ("particle:", "overlap")),
    "too_large_for_a_particle": (changed(RADIUS, 'radius = "5e6 m"'), ("particle.shape: the radius", "between 1e-10 m and 1000 m")),
    "too_large_for_numbers": (changed(RADIUS, 'radius = "1e300 m"'), ("particle.shape: cannot be computed",)),
    "too_small_for_a_particle": (changed(RADIUS, 'radius = "1e-12 m"'), ("particle.shape: the radius", "between 1e-10 m and 1000 m")),
    "too_thin_to_compute": (changed(SHAPE, 'kind = "box"\na = "1e300 m"\nb = "1 um"\nc = "1 um"').replace("axisymmetric", "3d"), ("particle.shape",)),
    "too_cold_for_the_gain": (changed('"300 K"', '"77 K"'), ("chamber.temperature = 77 K: the gain is made for 200 K to 1000 K", "gain.temperature_min")),
    "pump_far_above_the_tail": (changed('"2.33 eV"', '"3.5 eV"'), ("laser.photon_energy = 3.5 eV", "fermi_edge")),
    "pump_in_keV": (changed('"2.33 eV"', '"2.33 keV"'), ("laser.photon_energy", "2.33 keV", "at most 100 eV")),
    "numbers_out_of_range": (added('[gain.recombination]\nkind = "trion_biexciton"\nA = 1e300'), ("gain: ",)),
    "lifetimes_out_of_range": (added('[gain.recombination]\nkind = "ladder"\ntau_X = "1e300 s"'), ("gain: ",)),
    "no_dots": (changed(DENSITY, '[gain.density]\nkind = "volume_fraction"\nvolume_fraction = 0\ndot_diameter = "8 nm"\n'), ("gain.density.volume_fraction = 0: must be > 0",)),
    "material_without_emissivity": (changed('emissivity = 0.9', 'emissivity = "material"').replace('"Cs4PbBr6"', '"M"') + '\n[materials.M]\nconductivity = "1 W/(m*K)"\n', ('particle.emissivity = "material": material M has no emissivity',)),
    "small_body_without_infrared": (changed('emissivity = 0.9', 'emissivity = "small_body"').replace('"Cs4PbBr6"', '"M"') + '\n[materials.M]\nconductivity = "1 W/(m*K)"\n', ('particle.emissivity = "small_body": material M has no infrared',)),
    "near_field_of_nothing": (changed('[contact]\nkind = "disk"\nradius = "100 nm"', '[radiation]\nnear_field = true'), ("radiation.near_field = true: but the particle touches no substrate", "[contact]")),
    "near_field_without_infrared": (changed('"Cs4PbBr6"', '"copper"') + "\n[radiation]\nnear_field = true\n", ("radiation.near_field = true: but material copper has no infrared constants",)),
    "gap_below_atoms": (added('[radiation]\nnear_field = true\ngap = "0.1 nm"'), ('radiation.gap = "0.1 nm"', "≥ 3e-10")),
    # files that a case names
    "missing_spectrum": (added('[gain.emission]\nkind = "spectrum"\nfile = "none.csv"'), ("gain.emission.file", "none.csv")),
    "missing_surface": (changed(SHAPE, 'kind = "surface"\npath = "none.stl"\nunit = "1 um"'), ("particle.shape.path", "no such file")),
    "surface_of_wrong_type": (changed(SHAPE, 'kind = "surface"\npath = "none.docx"'), ("particle.shape.path", ".stl")),
    # TOML
    "unquoted_quantity": (changed(RADIUS, "radius = 5 um"), ("is not valid TOML: line 11", '"5 um"')),
    "unquoted_word": (changed('kind = "sphere"', "kind = sphere"), ("is not valid TOML: line 10", '"sphere"')),
    "duplicate_key": (changed(RADIUS, RADIUS + "\n" + RADIUS), ("is not valid TOML", "a key stands twice")),
    "duplicate_section": (added("[laser]"), ("is not valid TOML", "section [laser] stands twice")),
    "unclosed_quote": (changed(RADIUS, 'radius = "5 um'), ("is not valid TOML: line 11",)),
    "unclosed_bracket": (changed("[laser]", "[laser"), ("is not valid TOML: line 23",)),
    "no_equals": (changed(RADIUS, "radius"), ("is not valid TOML: line 11",)),
    "yaml": ("particle:\n  shape: sphere\n", ("is not valid TOML: line 1",)),
    "json": ('{"particle": {}}', ("is not valid TOML: line 1",)),
    "huge_integer": ("x = " + "9" * 5000, ("is not valid TOML",)),
    "nested_too_deeply": ("x = " + "[" * 20000, ("is not valid TOML", "deep")),
    "nested_tables": ("x = " + "{a=" * 3000 + "1" + "}" * 3000, ("is not valid TOML", "deep")),
    "bad_date": ("x = 2024-13-45", ("is not valid TOML",)),
    "control_character": ("title = \"a\x07b\"", ("is not valid TOML: line 1",)),
    # films and bodies of any geometry
    "film_that_is_a_body": (added(FILM.replace("50 nm", "1 m")), ('films[0].thickness = "1 m": must be at most 1 cm',)),
    "film_of_nothing": (added(FILM.replace("gold", "unobtainium")), ('films[0].material = "unobtainium"',)),
    "film_of_nothing_on_a_body": (BODY + FILM.replace("particle_surface", "top").replace("gold", "x"), ('films[0].material = "x": no such material',)),
    "formula_in_quotes": (BODY.replace("0.8", '"T/300"'), ('must be a number, such as "1"; write a formula as {',)),
    "enclosure_twice": (BODY + '[enclosures.gap]\nboundaries = ["top", "top"]', ('enclosures.gap.boundaries = "top": stands twice',)),
    "true_for_a_number": (added("[mesh]\nrefinement = true"), ("mesh.refinement = true: must be a number",)),
    "true_for_a_whole_number": (added("[solver]\ndegree = true"), ("solver.degree = true: must be a whole number",)),
    "text_for_a_number": (added('[mesh]\nrefinement = "2"'), ('mesh.refinement = "2": must be a number',)),
    "one_for_true": (added("[output]\nfields = 1"), ("output.fields = 1: must be true or false",)),
    "adhesion_of_a_facet": (changed(SHAPE, CAP).replace(CONTACT, 'kind = "jkr"'), ('contact.kind = "jkr"', "lies flat on a facet")),
    "no_way_out_for_heat": (NO_WAY_OUT, ("particle.emissivity = 0", "heat has no way out")),
    "thinner_than_an_atom": (changed('thickness = "20 um"', 'thickness = "1e-20 m"'), ('substrate.thickness = "1e-20 m": must be ≥ 1e-10',)),
    "enclosure_of_nothing": (BODY + "[enclosures.gap]\nboundaries = []", ("enclosures.gap.boundaries = []: must not be empty",)),
    "many_unknown_keys": (added("\n".join(f"key_{i} = {i}" for i in range(500))), ("unknown key chamber.key_0", "more faults")),
    # dots that are not alike
    "gaps_below_pump": (added('[gain.ensemble.gap]\nwidth = "25 meV"'), ("gain.ensemble.gap = 25 meV", "0.256 % of the dots", "lower laser.photon_energy")),
    "efficiencies_above_1": (added('[gain.ensemble.eta_X]\nmean = 0.99\nwidth = 0.01'), ("ensemble.eta_X", "15.9 % of the dots", '"beta"')),
    "spread_without_width": (added('[gain.ensemble.gap]\nshape = "normal"'), ("gain.ensemble.gap", "give either width")),
    "histogram_not_there": (added('[gain.ensemble.gap]\nfile = "nowhere.csv"'), ("gain.ensemble.gap", "nowhere.csv: cannot be read")),
    "dots_that_age_in_no_time": (added('[[gain.ageing]]\nchange = -0.1\ndose = "1e9 J/m^2"'), ("gain.ageing: is for transients", "add a section [transient]")),
    "dots_that_age_and_end_steady": (added('[[gain.ageing]]\nchange = -0.1\ndose = "1e9 J/m^2"\n[transient]\nduration = "1 s"\nstop_when_steady = "1 mK"'), ("transient.stop_when_steady", "dots age")),
    "dots_too_bright": (added('[[gain.ageing]]\nchange = 0.1\ndose = "1e9 J/m^2"'), ("gain", "brightens to 1.1")),
    "law_of_no_lifetime": (added('[gain.thermal]\ntau_Y = { kind = "power", exponent = 1.5 }'), ("unknown key gain.thermal.tau_Y", "did you mean tau_X?")),
    "law_of_no_kind": (added('[gain.thermal]\ntau_X = { kind = "arrhenius" }'), ("gain.thermal.tau_X.kind", "activated")),
    "law_too_bright": (added('[gain.thermal]\neta_X = { kind = "power", exponent = 1 }'), ("gain", "eta_X")),
    "law_without_table": (added('[gain.thermal]\ntau_X = { kind = "table", file = "nowhere.csv" }'), ("gain.thermal.tau_X", "nowhere.csv: cannot be read")),
    "share_of_no_diameter": (changed(DENSITY, '[gain.density]\nkind = "volume_fraction"\nvolume_fraction = 0.01\n'), ("density.dot_diameter: is missing", "[gain.size]")),
    "sizes_of_no_spheres": (changed(SHAPE, CAP) + '[particle.sizes]\nwidth = 0.1', ("particle", 'sizes: for spheres only, and this is a "spherical_cap"')),
    "sizes_below_nothing": (added('[particle.sizes]\nwidth = 0.5'), ("particle.sizes: 2.28 % of the particles", "lognormal")),
    "heap_of_no_spheres": (changed(SHAPE, CAP) + '[particle.heap]\ncount = 9\nradius = "20 um"', ("particle", 'heap: for spheres only')),
    "heap_of_too_many": (added('[particle.heap]\ncount = 2000\nradius = "20 um"'), ("particle.heap.count = 2000", "1000")),
    "heap_that_stands_apart": (added('[particle.heap]\ncount = 9\nradius = "20 um"\n[particle.arrangement]\nkind = "random"\ncount = 3\nradius = "1 mm"'), ("particle", "heap: says where all particles are")),
    # one dot
    "dot_without_diameter": (ONE_DOT.replace('diameter = "8 nm"', ''), ("dot.diameter: is missing", "[gain.size]")),
    "dot_of_nothing": (ONE_DOT.replace('"CsPbBr3"', '"unobtainium"'), ("dot.material", "unobtainium", "CsPbBr3")),
    "dot_beside_a_particle": (added('[dot]\ndiameter = "8 nm"'), ("particle: stands beside [dot]", "remove one")),
    "dot_without_light": (ONE_DOT.replace(LASER, ""), ("laser: is missing",)),
    "dot_in_a_body": (ONE_DOT + '[gain.escape]\nkind = "ergodic"\nrefractive_index = 1.7', ('gain.escape = "ergodic"', "all that one dot emits leaves it")),
    "dots_of_many_gaps": (ONE_DOT + '[gain.ensemble.gap]\nwidth = "5 meV"', ("gain.ensemble.gap", "there is one")),
    "dot_of_a_density": (ONE_DOT + '[gain.cross_section]\nkind = "macroscopic"\nalpha = "1 1/cm"', ("gain.cross_section.kind", "needs a density of dots")),
    "dot_under_its_contact": (ONE_DOT + '[dot.surroundings]\nkind = "substrate"\ncontact_radius = "5 nm"', ("dot.surroundings.contact_radius", "below the radius of the dot")),
    "contact_through_a_shell": (ONE_DOT + '[dot.shell]\nmaterial = "gold"\nthickness = "1 nm"\n[dot.surroundings]\nkind = "substrate"\ncontact_radius = "3.5 nm"', ("dot.surroundings.contact_radius", "cuts through the shell")),
}  # fmt: skip
