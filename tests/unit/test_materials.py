import itertools
import pickle
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from thermosim.errors import CaseError
from thermosim.language.namespaces import NUMPY, ufl_namespace
from thermosim.materials import (
    Isotropic,
    LorentzInfrared,
    Material,
    RefractiveIndex,
    SizeTable,
    TableLaw,
    Uniaxial,
    load_material,
    material_names,
)
from thermosim.materials.laws import ConductivityLaw, DensityLaw
from thermosim.materials.report import varying_properties

LAW = TypeAdapter(ConductivityLaw)
T_TABLE = (100.0, 200.0, 300.0, 450.0)
F_TABLE = (482.0, 413.0, 401.0, 380.0)

LAWS = {
    "constant": {"kind": "constant", "value": 2.5},
    "power_law": {"kind": "power_law", "value": 148.0, "exponent": -1.3},
    "polynomial": {"kind": "polynomial", "value": 3.0, "coefficients": [0.5, -0.2, 0.1]},
    "linear": {
        "kind": "table",
        "temperatures": T_TABLE,
        "values": F_TABLE,
        "interpolation": "linear",
    },
    "smooth": {"kind": "table", "temperatures": T_TABLE, "values": F_TABLE},
    "spline": {
        "kind": "table",
        "temperatures": T_TABLE,
        "values": F_TABLE,
        "interpolation": "spline",
    },
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 1, 4)])
def test_laws_keep_the_shape_of_temperature(name, shape):
    law = LAW.validate_python(LAWS[name])
    assert law.at(np.full(shape, 310.0)).shape == shape


def test_formulas():
    T = np.array([77.0, 300.0, 1000.0])
    power = LAW.validate_python(LAWS["power_law"])
    np.testing.assert_allclose(power.at(T), 148 * (T / 300) ** -1.3, rtol=1e-15)
    polynomial = LAW.validate_python(LAWS["polynomial"])
    t = T / 300 - 1
    np.testing.assert_allclose(
        polynomial.at(T), 3 * (1 + 0.5 * t - 0.2 * t**2 + 0.1 * t**3), rtol=1e-14
    )


def test_linear_table_is_numpy_interp():
    T = np.linspace(20.0, 600.0, 301)
    law = LAW.validate_python(LAWS["linear"])
    np.testing.assert_allclose(law.at(T), np.interp(T, T_TABLE, F_TABLE), rtol=2e-15)


@pytest.mark.parametrize(
    ("name", "independent"), [("smooth", "PchipInterpolator"), ("spline", "CubicSpline")]
)
def test_cubic_tables_are_those_of_scipy_held_at_the_ends(name, independent):
    import scipy.interpolate

    law = LAW.validate_python(LAWS[name])
    T = np.linspace(T_TABLE[0], T_TABLE[-1], 500)
    expected = getattr(scipy.interpolate, independent)(T_TABLE, F_TABLE)(T)
    np.testing.assert_allclose(law.at(T), expected, rtol=2e-15)
    np.testing.assert_array_equal(law.at([1.0, 1e4]), [F_TABLE[0], law.at(T_TABLE[-1])])
    np.testing.assert_allclose(law.at(T_TABLE), F_TABLE, rtol=1e-15)


@given(
    st.lists(st.floats(0.1, 1e3), min_size=2, max_size=12),
    st.sampled_from(["linear", "smooth"]),
)
def test_tables_never_leave_the_range_of_their_values(values, interpolation):
    temperatures = tuple(np.linspace(100.0, 400.0, len(values)).tolist())
    law = TableLaw[float](
        temperatures=temperatures, values=tuple(values), interpolation=interpolation
    )
    found = law.at(np.linspace(50.0, 500.0, 200))
    assert found.min() >= min(values) - 1e-9 * max(values)
    assert found.max() <= max(values) * (1 + 1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_parameters_are_all_that_a_law_is_evaluated_from(name):
    law = LAW.validate_python(LAWS[name])
    numbers = law.parameters()
    assert all(type(number) is float for number in numbers)
    T = np.array([150.0, 320.0])
    # the value scales with the parameter(s) that carry the unit, so no number is baked in
    other = LAW.validate_python({**LAWS[name], **_scaled(LAWS[name], 3.0)})
    np.testing.assert_allclose(
        law.evaluate(T, NUMPY, other.parameters()) * np.ones(2), 3 * law.at(T), rtol=1e-13
    )


def _scaled(fields, factor):
    if fields["kind"] == "table":
        return {"values": tuple(factor * v for v in fields["values"])}
    return {"value": factor * fields["value"]}


@pytest.mark.parametrize("name", LAWS)
def test_ufl_and_numpy_agree(name):
    ufl = pytest.importorskip("ufl")
    law = LAW.validate_python(LAWS[name])
    T = ufl.variable(_coordinate())
    expression = ufl.as_ufl(law.evaluate(T, ufl_namespace()))
    slope = ufl.algorithms.apply_derivatives.apply_derivatives(ufl.diff(expression, T))
    for kelvin in (60.0, 150.0, 299.0, 321.7, 700.0):
        expected = float(law.at(kelvin))
        assert expression((kelvin,)) == pytest.approx(expected, rel=1e-13, abs=0)
        h = 1e-3
        secant = float(law.at(kelvin + h) - law.at(kelvin - h)) / (2 * h)
        assert slope((kelvin,)) == pytest.approx(secant, rel=1e-6, abs=1e-9)


def _coordinate():
    """Return a UFL expression that takes the value of the point it is evaluated at."""
    ufl = pytest.importorskip("ufl")
    basix_ufl = pytest.importorskip("basix.ufl")
    return ufl.SpatialCoordinate(
        ufl.Mesh(basix_ufl.element("Lagrange", "interval", 1, shape=(1,)))
    )[0]


@pytest.mark.parametrize(
    "formula",
    [
        lambda x, xp: xp.exp(x),
        lambda x, xp: xp.log(x),
        lambda x, xp: xp.sqrt(x),
        lambda x, xp: xp.power(x, 2.7),
        lambda x, xp: xp.maximum(x, 1.5),
        lambda x, xp: xp.minimum(x, 1.5),
        lambda x, xp: xp.where(xp.ge(x, 1.5), x, -x),
    ],
)
def test_namespaces_agree_on_elementary_functions(formula):
    expression = formula(_coordinate(), ufl_namespace())
    for x in (0.3, 1.5, 2.2):
        assert expression((x,)) == pytest.approx(float(formula(x, NUMPY)), rel=1e-15, abs=0)


def test_uniaxial_tensor_rotates():
    law = Uniaxial(k_par=3.9, k_perp=0.46)
    np.testing.assert_array_equal(law.at(300.0), np.diag([3.9, 3.9, 0.46]))
    axis = np.array([1.0, 2.0, -2.0]) / 3
    expected = 3.9 * np.eye(3) + (0.46 - 3.9) * np.outer(axis, axis)
    np.testing.assert_allclose(law.at(300.0, axis=(1.0, 2.0, -2.0)), expected, rtol=1e-14)
    np.testing.assert_allclose(
        Uniaxial(k_par=3.9, k_perp=0.46, axis=(1.0, 2.0, -2.0)).at(300.0), expected, rtol=1e-14
    )
    assert law.at([[300.0], [310.0]]).shape == (2, 1, 3, 3)


def test_uniaxial_parameters_are_split_between_the_components():
    law = Uniaxial(k_par=LAWS["power_law"], k_perp=LAWS["smooth"])
    k_par, k_perp = law.components(350.0, NUMPY, law.parameters())
    assert float(k_par) == float(law.k_par.at(350.0))
    assert float(k_perp) == float(law.k_perp.at(350.0))
    assert len(law.parameters()) == 3 + 1 + 5 * 3


def test_isotropic_tensor():
    law = Isotropic(k=LAWS["power_law"])
    np.testing.assert_allclose(law.at([300.0, 600.0])[1], 148 * 2**-1.3 * np.eye(3), rtol=1e-14)


@pytest.mark.parametrize("axis", [(0.0, 0.0, 0.0), (np.inf, 0.0, 0.0), (np.nan, 0.0, 1.0)])
def test_axis_must_be_a_direction(axis):
    with pytest.raises(ValidationError, match="must be a direction"):
        Uniaxial(k_par=1.0, k_perp=1.0, axis=axis)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("0.3 kg", "wrong dimension"),
        ("-0.3 W/(m*K)", "greater than 0"),
        (0.3, "needs a unit"),
        ({"kind": "constant", "value": "1 W/(m*K)", "valu": 1}, "Extra inputs"),
        ({"kind": "tabel"}, "does not match any of the expected tags"),
        (
            {
                "kind": "table",
                "temperatures": ["1 K", "2 K"],
                "values": ["1 W/(m*K)", "2 W/(m*K)", "3 W/(m*K)"],
            },
            "2 temperatures but 3 values",
        ),
        (
            {
                "kind": "table",
                "temperatures": ["2 K", "2 K"],
                "values": ["1 W/(m*K)", "2 W/(m*K)"],
            },
            "must increase",
        ),
        (
            {
                "kind": "constant",
                "value": "1 W/(m*K)",
                "low": "3 W/(m*K)",
                "high": "2 W/(m*K)",
            },
            "the first must be the smaller",
        ),
    ],
)
def test_bad_laws_say_what_is_wrong(given, message):
    with pytest.raises(ValidationError, match=message):
        LAW.validate_python(given, context={"case_file": True})


def test_plain_text_is_shorthand_in_a_case_file():
    material = Material.model_validate(
        {"conductivity": "1.4 W/(m*K)", "density": "2.2 g/cm^3", "emissivity": 0.8},
        context={"case_file": True},
    )
    assert material.conductivity == Isotropic(k=1.4)
    assert material.density == TypeAdapter(DensityLaw).validate_python(2200.0)
    assert float(material.emissivity.at(300.0)) == 0.8


@pytest.mark.parametrize("name", material_names())
def test_library_survives_dump_pickle_and_carries_its_sources(name):
    material = load_material(name)
    assert Material.model_validate(material.model_dump()) == material
    assert pickle.loads(pickle.dumps(material)) == material
    entries = [*material.laws().values(), material.refractive_index, material.emissivity]
    for entry in filter(None, entries):
        assert entry.source
        assert entry.low is not None
        assert entry.high is not None
        factor = getattr(entry, "uncertainty_factor", None)
        assert entry.relative_uncertainty or factor
    for law in material.laws().values():
        assert law.low <= float(law.at(300.0)) <= law.high
    assert material.refractive_index.low <= material.refractive_index.at(532e-9).real
    assert material.refractive_index.high >= material.refractive_index.at(532e-9).real


@pytest.mark.parametrize("name", material_names())
def test_library_survives_writing_to_a_case_file(name):
    import tomllib

    import tomli_w

    material = load_material(name)
    tree = material.model_dump(mode="json", exclude_none=True, context={"units": True})
    read = tomllib.loads(tomli_w.dumps(tree))
    assert Material.model_validate(read, context={"case_file": True}) == material


def test_thermal_mass():
    material = Material(conductivity=1.0, density=2000.0, specific_heat=LAWS["polynomial"])
    expected = 2000 * 3 * (1 + 0.5 * 0.1 - 0.2 * 0.01 + 0.1 * 0.001)
    assert float(material.volumetric_heat_capacity(330.0)) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(ValueError, match="no specific_heat"):
        Material(conductivity=1.0, density=2000.0).volumetric_heat_capacity(300.0)
    with pytest.raises(ValueError, match="no density"):
        Material(conductivity=1.0, specific_heat=1.0).thermal_mass_laws()


def test_use_outside_the_known_range_is_reported():
    gold = load_material("gold")
    assert gold.outside_range(299.0, 301.0) == []
    notes = gold.outside_range(20.0, 301.0)
    assert notes == [
        "conductivity.k: known for 250 to 400 K, used from 20 to 301 K",
        "specific_heat: known for 100 to 1000 K, used from 20 to 301 K",
    ]


def test_unknown_material_names_the_nearest():
    with pytest.raises(CaseError) as caught:
        load_material("muscovit", path="substrate.material")
    message = str(caught.value)
    assert message.startswith('substrate.material = "muscovit": no such material')
    assert "did you mean muscovite?" in message
    assert "[materials.muscovit]" in message
    assert caught.value.exit_status == 2
    with pytest.raises(CaseError, match="did you mean CsPbBr3"):
        load_material("cspbbr3")


def test_own_materials_come_first_and_aliases_last():
    own = Material(conductivity=7.0)
    assert load_material("mica", {"mica": own}) is own
    assert load_material("mica") is load_material("muscovite")
    with pytest.raises(CaseError, match="did you mean my_film"):
        load_material("my_fil", {"my_film": own})


def test_a_path_is_no_material():
    with pytest.raises(CaseError):
        load_material("../library/gold")


@pytest.mark.parametrize(
    "text",
    [
        "Wavelength (nm);n;k\n500;2,0;0,1\n550;1,9;0,05\n600;1,8;0,0\n",
        "wl,n\n0.5,2.0\n0.55,1.9\n0.6,1.8\n\nwl,k\n0.5,0.1\n0.55,0.05\n0.6,0\n",
        "E (eV)\tn\tk\n2.0664032\t1.8\t0\n2.2542581\t1.9\t.05\n2.4796839\t2\t.1\n",
    ],
)
def test_refractive_index_from_a_file(tmp_path, text):
    (tmp_path / "n.csv").write_text(text)
    context = {"case_file": True, "directory": tmp_path}
    index = RefractiveIndex.model_validate({"file": "n.csv"}, context=context)
    assert index.at(525e-9) == pytest.approx(1.95 + 0.075j, rel=1e-6)
    again = RefractiveIndex.model_validate(index.model_dump())
    assert again.n == index.n == (2.0, 1.9, 1.8)


def test_refractive_index_from_a_file_that_does_not_do(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("wl,n\n0.5,2.0\n0.6,1.8\n0.7,1.7\n\nwl,k\n0.5,0\n0.6,0\n0.8,0\n")
    with pytest.raises(ValidationError, match="at the same wavelengths"):
        RefractiveIndex(file=path)
    with pytest.raises(ValidationError, match="cannot be read"):
        RefractiveIndex(file=tmp_path / "none.csv")
    with pytest.raises(ValidationError, match="give file or n, not both"):
        RefractiveIndex(file=path, n=(1.0,))
    with pytest.raises(ValidationError, match="give wavelengths and n, or a file"):
        RefractiveIndex()


def test_refractive_index_interpolates_and_guards_its_range():
    index = RefractiveIndex(wavelengths=(500e-9, 600e-9), n=(2.0, 1.8), k=(0.1, 0.0))
    np.testing.assert_allclose(index.at([500e-9, 550e-9]), [2 + 0.1j, 1.9 + 0.05j], rtol=1e-14)
    assert complex(index.at(680e-9)) == 1.8
    with pytest.raises(ValueError, match="tabulated from 500 to 600 nm, asked from 1064"):
        index.at(1064e-9)
    with pytest.raises(ValidationError, match="one n"):
        RefractiveIndex(wavelengths=(500e-9, 600e-9), n=(2.0, 1.8), k=(0.1,))
    with pytest.raises(ValidationError, match="must increase"):
        RefractiveIndex(wavelengths=(600e-9, 500e-9), n=(2.0, 1.8))


def test_lorentz_limits():
    crystal = LorentzInfrared(
        eps_inf=2.5, oscillators=({"frequency": 3e12, "damping": 1e11, "strength": 4.0},)
    )
    assert complex(crystal.at(1e-6)) == pytest.approx(np.sqrt(2.5), rel=1e-4)
    assert complex(crystal.at(1.0)) == pytest.approx(np.sqrt(6.5), rel=1e-4)
    on_resonance = complex(crystal.at(299792458 / 3e12)) ** 2
    assert on_resonance == pytest.approx(2.5 + 4j * 3e12 / 1e11, rel=1e-12)
    spectrum = crystal.at(np.geomspace(1e-6, 1e-2, 500))
    assert np.all(spectrum.imag > 0)
    assert np.all(spectrum.real > 0)


def test_size_table():
    film = SizeTable(size="thickness", sizes=(1e-6, 4e-6), values=(0.2, 0.8))
    np.testing.assert_allclose(
        film.at_size([1e-6, 2e-6, 4e-6, 1e-3, 1e-7]), [0.2, 0.4, 0.8, 0.8, 0.02], rtol=1e-12
    )
    with pytest.raises(ValueError, match="must be > 0"):
        film.at_size([1e-6, 0.0])
    with pytest.raises(ValidationError, match="one value for each size"):
        SizeTable(size="radius", sizes=(1e-6, 4e-6), values=(0.2, 0.8, 0.9))


def test_schema_names_units_and_allows_the_short_form():
    schema = Material.model_json_schema()
    assert schema["properties"]["conductivity"]["anyOf"][0] == {"type": ["string", "number"]}
    names = list(itertools.chain(schema["$defs"]))
    assert any("TableLaw" in name for name in names)


def test_polynomial_of_the_documentation_is_the_law_it_is_said_to_be():
    text = (Path(__file__).parents[2] / "docs" / "materials.md").read_text(encoding="utf-8")
    block = next(b for b in text.split("```toml\n") if "my_glass" in b.partition("```")[0])
    tree = tomllib.loads(block.partition("```")[0])["materials"]["my_glass"]
    glass = Material.model_validate(tree, context={"case_file": True})
    T = np.array([200.0, 300.0, 700.0])
    assert np.allclose(glass.conductivity.k.at(T), 1.0 + 1e-3 * T, rtol=1e-8)
    shown = varying_properties({"my_glass": glass}, 300.0)
    assert shown == {
        "my_glass_conductivity_k_at_300_K_W_per_m_K": pytest.approx(1.3),
        "my_glass_conductivity_k_at_400_K_W_per_m_K": pytest.approx(1.4),
    }


def test_constants_are_not_shown_as_varying():
    plain = Material(conductivity="1 W/(m*K)", density="2 kg/m^3", emissivity=0.5)
    assert varying_properties({"plain": plain}, 300.0) == {}
