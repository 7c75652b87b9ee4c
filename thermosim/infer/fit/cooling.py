"""ΔT against intensity or time: contact conductance, cross-section, density, drift.

The balance is that of `limits.lumped` at one temperature, with the conductance of the contact (and
near field) as one number, for a whole batch of parameters at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from thermosim.bodies.chamber import radiative_flux
from thermosim.errors import CaseError, Problem
from thermosim.gain.source import heat_source
from thermosim.infer.fit.base import FitModel, Values
from thermosim.infer.fit.data import Asked, Wanted, read_measured, setting_of
from thermosim.infer.fit.dots import dots_of, gathered
from thermosim.infer.fit.likelihood import Array
from thermosim.infer.fit.parameters import Parameter
from thermosim.language.units import parse_quantity
from thermosim.limits.lumped import Lumped
from thermosim.model.of_case import model_of

if TYPE_CHECKING:
    from thermosim.case.read import AnyCase

_WORDS = ("δt", "delta t", "delta_t", "dt", "temperature", "t", "cooling", "deltat")
_WANTED = Wanted(("intensity", "time"), _WORDS, "K", "scatter")
_STEPS = 60
_LARGEST = 30.0  # K, of a step of Newton's
_CLOSE = 1e-10  # of ΔT
_NODES = 6
_SMALL = 1e-12  # K


class CoolingFit(FitModel):
    """The temperature of a lit particle, steady over intensity or over time since the light."""

    name: ClassVar[str] = "cooling"
    equation: ClassVar[str] = (
        "C dΔT/dt = V <heat_source(I, T)> - G_contact (ΔT - ΔT_below) - radiation - gas; "
        "+ offset + drift t"
    )

    def __init__(
        self, paths: list[Path], asked: Asked, case: AnyCase | None, case_path: Path | None
    ) -> None:
        if case is None:
            rule = "is needed: shape, dots, chamber and light of the particle"
            raise CaseError([Problem("--case", "", rule)])
        model = model_of(case)
        if model.lump is None:
            raise CaseError([Problem("--case", "", "must be about a particle")], str(case_path))
        self.notes = []
        self.lumped = Lumped.of(model, model.lump)
        self.sets = read_measured(paths, _WANTED, asked)
        self.dots = replace(dots_of(case, case_path, self.notes), T=self.lumped.T_env)
        warmth = self.lumped.warmth if self.lumped.support is not None else None
        if warmth is not None and self.lumped.lit is not None and case.laser is not None:
            light = gathered(self.lumped.lit, case.laser.peak_intensity, warmth)
            self.dots = replace(self.dots, light=light)
        self.in_time = [one.x_name == "time" for one in self.sets]
        self.peak = float(case.laser.peak_intensity) if case.laser is not None else 0.0
        self.intensity = [self._intensity(i) for i in range(len(self.sets))]
        self.emissivity = self._emissivity()
        support = self.lumped.support
        self.below = 0.0 if support is None else support.lit / self.peak
        self.base = 0.0 if support is None else support.temperature - self.lumped.T_env
        self.capacity = self._capacity()

    def _intensity(self, i: int) -> Array:
        """Return the intensities [W/m²] of a set: its axis, the name of its column, the case's."""
        one = self.sets[i]
        if not self.in_time[i]:
            return one.x
        told = setting_of(one.y_name)
        try:
            value = self.peak if told is None else parse_quantity(f"{told[0]} {told[1]}", "W/m^2")
        except ValueError:  # a column named by something else: the light is that of the case
            value = self.peak
        self.notes.append(f'"{one.label}": intensity {value / 1e7:.4g} kW/cm²')
        return np.array([value])

    def _capacity(self) -> float:
        found = self.lumped.heat_capacity()
        if any(self.in_time) and found is None:
            raise CaseError([Problem("--case", "", "the material has no heat capacity")])
        return found or 1.0

    def _emissivity(self) -> Callable[[Array], Array]:
        """Return the emissivity against temperature [K]."""
        T = np.linspace(0.5 * self.lumped.T_env, 2.0 * self.lumped.T_env, 61)
        table = np.array([self.lumped.emissivity(float(t)) for t in T])
        return lambda at: np.interp(at, T, table)

    def parameters(self, i: int = 0) -> list[Parameter]:
        """Return conductance, numbers of the dots, offset; drift and capacity where time counts."""
        several = len({float(I) for values in self.intensity for I in values}) > 1
        timed = any(self.in_time)
        free = ({"sigma_abs"} if several else set()) | ({"n_dots"} if timed else set())
        G = self._conductance()
        size = float(np.median([np.ptp(one.y) for one in self.sets])) or 1e-3
        found = [
            Parameter.positive("contact_conductance", "W/K", G, "of contact and near field"),
            *self.dots.parameters(frozenset(free)),
            Parameter.level("offset", "K", 0.1 * size, "what is read without light"),
        ]
        if timed:
            longest = max(float(np.ptp(one.x)) for one in self.sets)
            zero = min(float(one.x.min()) for one in self.sets)
            found += [
                Parameter.level("drift", "K/s", 0.1 * size / longest, "change of another cause"),
                Parameter.positive("heat_capacity", "J/K", self.capacity, "of the body", held=True),
                Parameter.level("light_on", "s", 0.01 * longest, "when the light begins",
                                max(zero, 0.0)),
            ]  # fmt: skip
            found[-1] = replace(found[-1], held=True, own=False)
        return found

    def _conductance(self) -> float:
        """Return the conductance [W/K] of the contact of the case; a little of the rest if none."""
        paths = [p for p in ("contact", "near_field") if p in self.lumped.leaving(0.0)]
        found = sum(self.lumped.conductance(path) for path in paths)
        return found or 0.1 * self.lumped.conductance("radiation")

    def starts(self) -> list[dict[str, float]]:
        """Return conductances and cross-sections about those of the case."""
        G, sigma = self._conductance(), self.dots.numbers()["sigma_abs"]
        return [
            {"contact_conductance": G * g, "sigma_abs": sigma * s}
            for g in (0.01, 0.1, 1.0, 10.0)
            for s in (0.3, 1.0, 3.0)
        ]

    def net(self, theta: Array, I: Array, v: Values) -> Array:
        """Return the heat left to warm the body [W] at ΔT = ``theta`` [K], (B, m)."""
        light, body = self.dots.light, self.lumped
        p = self.dots.at(v, 2)
        local = I[:, None] * light.factor
        q = heat_source(local, (body.T_env + theta)[..., None], p) + body.host * local
        source = np.asarray(q @ light.weight) * body.volume
        drive = theta - self.base - self.below * I
        if light.warmth is not None:  # hot spots near the contact warm it over the mean
            k = body.k(body.T_env)
            near = np.asarray(q @ (light.weight * light.warmth)) * body.volume
            drive = drive + near / (4.0 * np.pi * k * body.radius)
        leaving = v["contact_conductance"] * drive
        eps = self.emissivity(body.T_env + theta)
        return np.asarray(
            source - leaving - body.gas * theta
            - body.area * radiative_flux(theta, body.T_env, eps)
        )  # fmt: skip

    def steady(self, I: Array, v: Values) -> Array:
        """Return ΔT [K] of the steady state from ΔT = 0 on, (B, m)."""
        theta: Array = np.zeros((len(v["contact_conductance"]), len(I)))
        coldest = -0.9 * self.lumped.T_env
        for _ in range(_STEPS):
            h = 1e-4 * (1.0 + np.abs(theta))
            f = self.net(theta, I, v)
            slope = (self.net(theta + h, I, v) - f) / h
            slope = np.where(slope < 0.0, slope, -np.abs(slope) - 1e-300)
            step = np.clip(-f / slope, -_LARGEST, _LARGEST)
            theta = np.maximum(theta + step, coldest)
            if np.all(np.abs(step) <= _CLOSE * (1.0 + np.abs(theta))):
                break
        return theta

    def course(self, t: Array, I: Array, v: Values) -> Array:
        """Return ΔT [K] at times [s] after the light begins, (B, n), at one intensity.

        With ``net = k(ΔT) (ΔT_end - ΔT)`` and ``u = -ln(1 - ΔT/ΔT_end)``, ``t = C ∫ du/k``; 1/k is
        smooth in ``y = ΔT/ΔT_end``, so a polynomial of few nodes gives t(u), which is inverted.
        """
        end = self.steady(I, v)
        end = np.where(np.abs(end) < _SMALL, _SMALL, end)
        y = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
        net = np.concatenate([self.net(end * one, I, v) for one in y], axis=1)
        inverse = end * (1.0 - y) / net  # K/W
        c = inverse @ np.linalg.inv(np.vander(y, increasing=True)).T * v["heat_capacity"]
        s = np.maximum(t - v["light_on"], 0.0)
        u = np.minimum(s / c.sum(axis=1, keepdims=True), 500.0)
        for _ in range(8):
            gone, rate = _elapsed(u, c)
            off = (gone - s) / rate
            u = np.maximum(u - off, 0.0)
            if np.max(np.abs(off)) < _CLOSE:
                break
        return np.asarray(-end * np.expm1(-u))

    def predict(self, values: Values, i: int) -> Array:
        """Return ΔT as it is read [K], (B, n)."""
        if not self.in_time[i]:
            return self.steady(self.intensity[i], values) + values["offset"]
        t = self.sets[i].x
        found = self.course(t, self.intensity[i], values)
        return np.asarray(found + values["offset"] + values["drift"] * (t - t[0]))


def _elapsed(u: Array, c: Array) -> tuple[Array, Array]:
    """Return ``∫ sum_m c_m (1 - e^-u)^m du`` and its derivative; c (B, m)."""
    y = -np.expm1(-u)
    total, rate, integral = c[:, :1] * u, c[:, :1] + 0.0 * u, u
    power: Any = 1.0
    for m in range(1, c.shape[1]):
        power = power * y
        integral = integral - power / m  # ∫ y^m du = ∫ y^(m-1) du - y^m/m
        total = total + c[:, m : m + 1] * integral
        rate = rate + c[:, m : m + 1] * power
    return total, rate
