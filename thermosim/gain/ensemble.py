"""Dots that are not alike: the section ``[gain.ensemble]`` and the members that stand for it.

What a body absorbs, emits and draws is the sum over its members, each with a share of the dots.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
from numpy.polynomial import polynomial as poly
from pydantic import Field, model_validator

from thermosim.gain.efficiency import Coefficients
from thermosim.gain.recombination import Recombination
from thermosim.gain.size import LARGEST, SMALLEST, DotSize
from thermosim.gain.thermal import At, Follows, ThermalDecay, followed
from thermosim.language.sections import Section
from thermosim.language.spread import (
    FactorSpread,
    GapSpread,
    LengthSpread,
    Rule,
    ShareSpread,
    Spread,
)

MOST_MEMBERS = 200
_ALIKE = 1e-14


class Member(NamedTuple):
    """One kind of dot of an ensemble.

    ``share`` of all dots; ``gap`` offset [J] of its absorption and emission; ``factor`` on the
    mean cross-section but for a constant; lifetime of the exciton [s]; polynomials as in
    `source.DotGroup`, dark and charged dots counted in.
    """

    share: float
    gap: float
    factor: float
    tau_X: float
    emitted: Coefficients
    absorbed: Coefficients
    population: Coefficients | None


class Ensemble(Section):
    """Distributions of the dots of a body; each is independent of the others.

    ``gap``: offsets, with which absorption and emission of a dot move alike. ``sigma_abs``:
    factors on the cross-section. ``eta_X``: efficiencies of the exciton. ``dark``: shares of a
    dot's absorption that end in the dark; only the mean counts. ``charged``: shares of time that
    a dot holds a charge whatever the light (blinking) and emits as a trion. ``diameter``: with
    ``[gain.size]``, gap, cross-section, lifetimes and efficiencies of each dot follow from its own.
    ``line_of = "ensemble"``: the emission holds the spread already, and the line of one dot is
    narrower: its variance is that of the line less that of the gaps.
    """

    nodes: Annotated[int, Field(ge=2, le=64)] = Field(
        9, description="Gauss nodes of each distribution that does not say its own"
    )
    line_of: Literal["dot", "ensemble"] = Field(
        "dot", description="Whose line the emission is: of one dot, or measured on all of them"
    )
    gap: GapSpread | None = Field(None, description="Offsets of the gap")
    sigma_abs: FactorSpread | None = Field(None, description="Factors on the cross-section")
    eta_X: ShareSpread | None = Field(None, description="Efficiencies of the exciton")
    dark: ShareSpread | None = Field(None, description="Shares that never emit")
    charged: ShareSpread | None = Field(None, description="Shares of time with a charge")
    diameter: LengthSpread | None = Field(None, description="Diameters; needs [gain.size]")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("dark", "charged"):
            spread = getattr(self, name)
            if spread is not None and spread.file is None and spread.mean is None:
                raise ValueError(f"{name} needs a mean")
        if self.sigma_abs is not None:
            self.sigma_abs.refuse_outside("ensemble.sigma_abs", 1.0, 0.0, np.inf)
        return self

    def check(
        self, recombination: Recombination, dark_fraction: float, size: DotSize | None
    ) -> None:
        """Refuse efficiencies and shares that are none, and diameters that nothing follows from.

        Raises
        ------
        ValueError
            With the share of the dots that lies outside 0 to 1.
        """
        if self.dark is not None and dark_fraction:
            raise ValueError("dark_fraction and ensemble.dark are the same number; give one")
        eta_X = recombination.efficiencies()[0]
        for name, mean in (("eta_X", eta_X), ("dark", 0.0), ("charged", 0.0)):
            spread = getattr(self, name)
            if spread is not None:
                spread.refuse_outside(f"ensemble.{name}", mean, 0.0, 1.0)
        if self.diameter is not None:
            if size is None:
                raise ValueError("ensemble.diameter needs a section [gain.size]")
            self.diameter.refuse_outside("ensemble.diameter", size.diameter, SMALLEST, LARGEST)
        members(self, recombination, dark_fraction, size)

    def mean_of(self, spread: Spread | None, mean: float) -> float:
        """Return the mean of a distribution; ``mean`` is that of the model."""
        rule = _rule(spread, mean, self.nodes)
        return float(rule.values @ rule.shares)


def _rule(spread: Spread | None, mean: float, nodes: int) -> Rule:
    return Rule(np.array([mean]), np.ones(1)) if spread is None else spread.rule(mean, nodes)


@functools.lru_cache(maxsize=64)
def members(
    ensemble: Ensemble,
    recombination: Recombination,
    dark_fraction: float,
    size: DotSize | None = None,
    at: At | None = None,
) -> tuple[Member, ...]:
    """Return the members of an ensemble, ``at`` a temperature; the shares add up to 1.

    Dots that absorb alike and decay with the same rates are one member: their emission is linear
    in the efficiencies.

    Raises
    ------
    ValueError
        If there are too many.
    """
    dark = ensemble.mean_of(ensemble.dark, dark_fraction)
    charged = ensemble.mean_of(ensemble.charged, 0.0)
    gaps = _rule(ensemble.gap, 0.0, ensemble.nodes)
    factors = _rule(ensemble.sigma_abs, 1.0, ensemble.nodes)
    axes = [list(zip(*rule, strict=True)) for rule in (gaps, factors)]
    found = [
        Member(
            float(c * a * b * share), float(gap + moved), float(factor * larger), section.tau_X,
            *decay,
        )
        for c, moved, larger, section in _sizes(ensemble, recombination, size)
        for (gap, a), (factor, b), (share, *decay) in itertools.product(
            *axes, _decays(ensemble, section, 1.0 - dark, charged, at)
        )
    ]  # fmt: skip
    if len(found) > MOST_MEMBERS:
        raise ValueError(
            f"ensemble: {len(found)} kinds of dots, more than {MOST_MEMBERS}; lower the nodes of "
            "its distributions"
        )
    return tuple(found)


def follows_of(
    thermal: ThermalDecay,
    ensemble: Ensemble | None,
    recombination: Recombination,
    dark_fraction: float,
    size: DotSize | None,
    low: float,
    high: float,
    reference: float,
) -> tuple[Follows, ...]:
    """Return how the decay of each member, or of dots all alike, follows the temperature [K].

    Raises
    ------
    ValueError
        If an efficiency rises above 1, or a table does not reach all temperatures.
    """

    @functools.cache
    def at(T: float) -> tuple[Any, ...]:
        here = At(thermal, T, reference)
        if ensemble is None:
            return (here.in_x(here.of(recombination).polynomials()),)
        found = members.__wrapped__(ensemble, recombination, dark_fraction, size, here)
        return tuple((one.emitted, one.absorbed, one.population) for one in found)

    return tuple(
        followed(lambda T, i=i: at(T)[i], low, high, reference, thermal.tolerance)  # type: ignore[misc]
        for i in range(len(at(reference)))
    )


def _sizes(
    ensemble: Ensemble, recombination: Recombination, size: DotSize | None
) -> list[tuple[float, float, float, Recombination]]:
    """Return share, gap offset [J], factor on the cross-section and decay of each diameter."""
    if ensemble.diameter is None or size is None:
        return [(1.0, 0.0, 1.0, recombination)]
    # a recombination that was given holds at all diameters
    follows = recombination == size.recombination()
    values, shares = _rule(ensemble.diameter, size.diameter, ensemble.nodes)
    return [
        (
            float(share),
            size.edge(float(d)) - size.edge(),
            float(d / size.diameter) ** 3,
            size.recombination(float(d)) if follows else recombination,
        )
        for d, share in zip(values, shares, strict=True)
    ]


def _decays(
    ensemble: Ensemble, recombination: Recombination, bright: float, charged: float, at: At | None
) -> list[tuple[Any, ...]]:
    """Return shares, and emitted, absorbed and population polynomials, over the efficiencies."""
    eta_X = recombination.efficiencies()[0]
    eta_T = (recombination if at is None else at.of(recombination)).efficiencies()[1]
    found: list[list[Any]] = []
    rule = _rule(ensemble.eta_X, eta_X, ensemble.nodes)
    for eta, share in zip(*rule, strict=True):
        section = recombination
        if ensemble.eta_X is not None:
            section = recombination.model_copy(update={"eta_X": float(eta)})
        section = section if at is None else at.of(section)
        emitted, absorbed, population = section.polynomials()
        neutral = bright * (1.0 - charged) * np.asarray(emitted)
        light = poly.polyadd(neutral, bright * charged * eta_T * np.asarray(absorbed))
        alike = next((one for one in found if _same(one[2:], (absorbed, population))), None)
        if alike is None:
            found.append([share, share * light, absorbed, population])
        else:
            alike[0] += share
            alike[1] = poly.polyadd(alike[1], share * light)
    decays = [
        (share, (_trimmed(light / share), _trimmed(absorbed), population))
        for share, light, absorbed, population in found
    ]
    return [(share, *(one if at is None else at.in_x(one))) for share, one in decays]


def _trimmed(coefficients: Any) -> Coefficients:
    """Return a polynomial without the zeros at its end."""
    return tuple(float(c) for c in poly.polytrim(coefficients))


def gap_variance(found: Sequence[Member]) -> float:
    """Return the variance of the gaps [J²]."""
    gaps, shares = (np.array([getattr(one, name) for one in found]) for name in ("gap", "share"))
    return float(shares @ (gaps - shares @ gaps) ** 2)


def _same(one: Any, other: Any) -> bool:
    """Whether two pairs of polynomials (or None) agree to rounding."""
    for a, b in zip(one, other, strict=True):
        if (a is None) != (b is None):
            return False
        if a is not None and (len(a) != len(b) or not np.allclose(a, b, rtol=_ALIKE, atol=0.0)):
            return False
    return True
