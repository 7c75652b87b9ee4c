import json
from functools import partial
from math import erf, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from thermosim.language.formulas import (
    EmissivityExpression,
    Expression,
    FieldExpression,
    HeatFluxExpression,
    TemperatureExpression,
)
from thermosim.language.formulas.fields import to_si
from thermosim.language.namespaces import NUMPY
from thermosim.language.sections import Section

close = partial(pytest.approx, abs=0)  # the default, 1e-12, would hide what is in m² or m³

X = np.array([0.25, 0.5, 2.0])


def value(text, **values):
    return Expression.parse(text).evaluate(NUMPY, **values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*x - x/4", 1 + 2 * X - X / 4),
        ("-x**2", -(X**2)),
        ("x**-0.5 + 2**x", X**-0.5 + 2**X),
        ("(-x)**2", X**2),
        ("sin(x) + cos(x) + tan(x/4)", np.sin(X) + np.cos(X) + np.tan(X / 4)),
        ("exp(-x) + log(x) + sqrt(x)", np.exp(-X) + np.log(X) + np.sqrt(X)),
        ("abs(-x) + tanh(x) + erf(x)", X + np.tanh(X) + np.array([erf(v) for v in X])),
        ("min(x, 1, 0.3)", [0.25, 0.3, 0.3]),
        ("max(x, 1)", [1, 1, 2]),
        ("heaviside(x - 0.5)", [0, 1, 1]),
        ("pi*x", pi * X),
        ("where(x < 0.5, 1, 2)", [1, 2, 2]),
        ("where(x <= 0.5, 1, 2)", [1, 1, 2]),
        ("where(x > 0.5, 1, 2)", [2, 2, 1]),
        ("where(x >= 0.5, 1, 2)", [2, 1, 1]),
        ("where(0.3 < x <= 1, x, -1)", [-1, 0.5, -1]),
        ("where(x > 0.3 and x < 1, 1, 0)", [0, 1, 0]),
        ("where(x < 0.3 or x > 1, 1, 0)", [1, 0, 1]),
        ("where(not (x < 0.3 or x > 1), 1, 0)", [0, 1, 0]),
        ("where(x > 0.4, 1/(x - 0.25), 7)", [7, 4, 1 / 1.75]),
        ("+3", [3, 3, 3]),
        ("1e-3", [1e-3] * 3),
    ],
)
def test_values(text, expected):
    assert value(text, x=X) == close(np.asarray(expected, float), rel=1e-15)


def test_values_broadcast():
    result = value("x + T", x=X[:, None], T=np.array([300.0, 310.0]))
    assert result.shape == (3, 2)
    assert value("5").shape == ()
    assert value("5", x=X).shape == (3,)
    assert Expression.parse("x + 2*x*pi").names_used == {"x"}


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(0.1, 10))
@settings(max_examples=60)
def test_same_as_python(x, y, z):
    text = "(x - 2*y)/z + z**1.5*cos(x) - -y**3"
    expected = (x - 2 * y) / z + z**1.5 * np.cos(x) - -(y**3)
    assert value(text, x=x, y=y, z=z) == pytest.approx(expected, rel=1e-13, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", 'unknown function "__import__"; known: sin'),
        ("__import__('os').system('true')", "unknown function"),
        ("().__class__", "is not allowed in a formula; use numbers, x"),
        ("x.real", "is not allowed"),
        ("x[0]", "is not allowed"),
        ("[x for x in y]", "is not allowed"),
        ("lambda: 1", "is not allowed"),
        ("x if y else z", "is not allowed"),
        ("f'{x}'", "is not allowed"),
        ("x // 2", "is not allowed"),
        ("x % 2", "is not allowed"),
        ("x := 1", "is no formula"),
        ("x = 1", "is no formula"),
        ("1; 2", "is no formula"),
        ("0 if", "is no formula"),
        ("x\0", "is no formula"),
        ("(" * 300 + "x" + ")" * 300, "is no formula"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("'a'", "is no number"),
        ("True", "is no number"),
        ("1j", "is no number"),
        ("1e999", "too large a number"),
        ("1" * 400, "too large a number"),
        ("x^2", r"write \*\* for a power"),
        ("x < 1", r"a condition stands only first in where"),
        ("not x", r"a condition stands only first in where"),
        ("where(x, 1, 2)", "a condition compares with"),
        ("where(x == 1, 1, 2)", "a condition compares with"),
        ("where(x < 1, 2)", "where needs 3 arguments"),
        ("sin(x, y)", "sin needs 1 argument$"),
        ("sin(x=1)", "only plain arguments"),
        ("sin(*x)", "only plain arguments"),
        ("max(x)", "max needs two arguments or more"),
        ("sin", r"is a function: write sin"),
        ("sinn(x)", 'unknown function "sinn"; did you mean "sin"'),
        ("X + 1", 'unknown name "X"; did you mean "x"'),
        ("foo", 'unknown name "foo"; known: x, y, z, r, t, T, pi'),
        ("1/0", '"1 / 0" divides by zero'),
        ("x + 1/(2 - 2)", "divides by zero"),
        ("0**-1", "divides by zero"),
        ("sqrt(-1)", "is not defined"),
        ("log(0)", "is infinite"),
        ("exp(1000)", "is infinite"),
        ("9**9**9", "an exponent may be at most 64"),
        ("x**-65", "an exponent may be at most 64"),
        ("x" + "+x" * 499, "too long or too deeply nested"),
        ("x**" + "-" * 900 + "1", "too long or too deeply nested"),
        ("where(x < " + "-" * 900 + "1, 1, 2)", "too long or too deeply nested"),
        ("x" * 1001, "is 1001 characters long"),
    ],
)
def test_refused(text, message):
    with pytest.raises(ValueError, match=message) as error:
        Expression.parse(text)
    assert len(str(error.value)) < 400


def test_name_of_another_field():
    with pytest.raises(ValueError, match='"t" is not known here; the names are r, z, pi'):
        Expression.parse("r*t", ("r", "z"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r**-1", r'"r \*\* \(-1\)" divides by zero at r = 0$'),
        ("2 + z/(r*z)", r'"z / \(r \* z\)" divides by zero at r = 0, z = 3'),
        ("sqrt(r - 1)", r'"sqrt\(r - 1\)" is not defined at r = 0'),
        ("log(r)", "is infinite at r = 0"),
        ("1e200**(r + 2)", "is infinite at r = 2"),
        ("where(r < 1, 1/r, 1/(r - 9))", r'"1 / r" divides by zero at r = 0'),
        ("exp(z*1000)", "is infinite at z = 3"),
    ],
)
def test_check_names_part_and_place(text, message):
    with pytest.raises(ValueError, match=message):
        Expression.parse(text).check(r=[2.0, 0.0], z=3.0)


def test_check_passes_what_where_keeps_out():
    checked = Expression.parse("where(r > 0, 1/r, 0)").check(r=[0.0, 2.0])
    assert checked == close([0, 0.5])


def test_missing_value():
    with pytest.raises(ValueError, match="needs a value of T, t"):
        value("x*T*t", x=1.0)


class Fields(Section):
    q: HeatFluxExpression | None = None
    T: TemperatureExpression | None = None
    eps: EmissivityExpression | None = None


def field(**table):
    fields = Fields.model_validate(table, context={"case_file": True})
    return getattr(fields, next(iter(table)))


def test_quantity_and_formula():
    q = field(q="5 kW/cm^2")
    assert (q.is_constant, q.constant) == (True, 5e7)
    T = field(T={"expression": "100*sin(pi*t/40)", "unit": "degC"})
    assert T.names_used == {"t"}
    assert T.evaluate(NUMPY, t=[0.0, 20.0]) == close([273.15, 373.15], rel=1e-15)
    assert T.check(t=32.0) == close(273.15 + 100 * np.sin(0.8 * pi), rel=1e-14)
    q = field(q={"expression": "x**2*y", "unit": "mW/mm^2", "length_unit": "um"})
    assert q.evaluate(NUMPY, x=[1e-6, 3e-6], y=2e-6) == close([2e3, 18e3], rel=1e-13)
    assert field(eps=0.9).constant == 0.9
    assert field(eps={"expression": "0.5 + T/1000"}).check(T=300.0) == close(0.8)
    assert Fields(q=3.0).q.constant == 3.0
    assert Fields(q=q).q is q


def test_constant_of_a_formula_that_varies():
    with pytest.raises(ValueError, match="needs a value of t"):
        _ = field(T={"expression": "t", "unit": "K"}).constant


@pytest.mark.parametrize(
    ("unit", "target", "factor", "offset"),
    [
        ("degC", "K", 1.0, 273.15),
        ("degF", "K", 5 / 9, 459.67 * 5 / 9),
        ("kW/cm^2", "W/m^2", 1e7, 0.0),
        ("dimensionless", "", 1.0, 0.0),
        ("percent", "", 0.01, 0.0),
    ],
)
def test_units_of_the_result(unit, target, factor, offset):
    assert to_si(unit, target) == pytest.approx((factor, offset), rel=2e-15, abs=0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"q": 5}, 'must be a quantity such as "100 W/m\\^2", or a formula, { expression = "…"'),
        ({"q": True}, "must be a quantity"),
        ({"q": [1]}, "must be a quantity"),
        ({"q": "5 K"}, "wrong dimension"),
        ({"q": "sin(x)"}, 'write a formula as { expression = "…", unit = "W/m\\^2" }'),
        ({"q": {"expression": "x"}}, 'needs the unit of the result, such as unit = "W/m\\^2"'),
        ({"q": {"unit": "W/m^2"}}, "is empty"),
        ({"q": {"expresion": "x", "unit": "W/m^2"}}, 'did you mean "expression"'),
        ({"q": {"expression": 3, "unit": "W/m^2"}}, "expression must be text"),
        ({"q": {"expression": "x", "unit": "K"}}, "wrong dimension"),
        ({"q": {"expression": "x", "unit": "W/m^2", "length_unit": "s"}}, "wrong dimension"),
        ({"q": {"expression": "__import__('os')", "unit": "W/m^2"}}, "unknown function"),
        ({"q": {"expression": "1/0", "unit": "W/m^2"}}, "divides by zero"),
        ({"T": "-300 degC"}, "is -26.85 K; must be > 0"),
        ({"eps": 1.2}, "is 1.2; must be <= 1"),
    ],
)
def test_bad_fields(table, message):
    with pytest.raises(ValidationError, match=message) as error:
        Fields.model_validate(table, context={"case_file": True})
    assert len(error.value.errors()) == 1


def test_number_that_is_not_finite():
    with pytest.raises(ValidationError, match="must be finite"):
        Fields(q=float("nan"))


def test_limits_at_points():
    T = field(T={"expression": "300 - x", "unit": "K", "length_unit": "um"})
    assert T.check(x=[0.0, 100e-6]) == close([300, 200])
    with pytest.raises(ValueError, match='"300 - x" at x = 400 is -100 K; must be > 0'):
        T.check(x=[0.0, 400e-6])


def test_written_and_read_again():
    table = {
        "q": {"expression": "x*2", "unit": "W/m^2", "length_unit": "um"},
        "T": {"expression": "20 + t", "unit": "degC"},
        "eps": 0.5,
    }
    fields = Fields.model_validate(table, context={"case_file": True})
    written = json.loads(fields.model_dump_json(context={"units": True}))
    again = Fields.model_validate(written, context={"case_file": True})
    assert again.q == fields.q
    assert again.T == fields.T
    assert float(again.eps.constant) == 0.5
    assert Fields(q="2 kW/m^2").model_dump(context={"units": True})["q"] == "2 kW/m^2"
    assert Fields(q="2 kW/m^2").model_dump()["q"] == 2000.0


def test_schema_lists_both_forms():
    schema = Fields.model_json_schema()["properties"]["q"]
    forms = next(form for form in schema["anyOf"] if "anyOf" in form)["anyOf"]
    assert [f["type"] for f in forms] == ["string", "object"]
    assert isinstance(field(q="1 W/m^2"), FieldExpression)


def test_same_values_in_ufl():
    ufl = pytest.importorskip("ufl")
    from thermosim.language.namespaces import ufl_namespace

    text = (
        "where(0.3 < x <= 1 and not y > 3, x**3, -1) + max(x, y, 1)*min(x, 0.4) - abs(-y)/x"
        " + sin(x) + cos(x) + tan(x) + exp(x) + log(x) + sqrt(x) + tanh(x) + erf(x)"
        " + heaviside(x - 0.5) + 2**x + x**-2.5 + pi"
    )
    formula = Expression.parse(text)
    x, y = (ufl.Coefficient(_space(ufl), count=i) for i in (1, 2))
    form = formula.evaluate(ufl_namespace(), x=x, y=y)
    for point in ((0.25, 0.5), (0.5, 4.0), (0.75, 1.0), (2.0, 1.0)):
        mapping = dict(zip((x, y), point, strict=True))
        expected = float(formula.evaluate(NUMPY, x=point[0], y=point[1]))
        assert form((), mapping) == close(expected, rel=1e-14)


def _space(ufl):
    import basix.ufl

    mesh = ufl.Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,)))
    return ufl.FunctionSpace(mesh, basix.ufl.element("P", "triangle", 1))
